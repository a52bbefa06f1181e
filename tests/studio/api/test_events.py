"""Events: numbered, heard again by who was away, thinned, and told as the process of a run says them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pincel.cli.painting import as_json
from pincel.engine.events import Notice, SetupProgress
from pincel.studio import event_stream
from pincel.studio.commands import RunSpec
from pincel.studio.event_parser import EventParser, note_step
from pincel.studio.event_stream import BOOT, Events, EventStream
from pincel.studio.history import POINTS, downsample, read_history, thin
from pincel.studio.models import RunView
from pincel.studio.records import Record, now
from pincel.translation import Note
from pincel.translation import gettext_lazy as _
from tests.studio.api.conftest import Visitor, events_of


def alone(story: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: the browser of other tests may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


async def nothing() -> Events:
    return [("snapshot", 0)]


async def heard(stream: EventStream, last: str | None, count: int, end: str = "") -> list[tuple[str, Any, str]]:
    """Listen until so many events have come."""
    text = ""
    lines = stream.listen(last, nothing, end)
    async with asyncio.timeout(10):
        async for line in lines:
            text += line.decode()
            if len(events_of(text)) >= count:
                break
    await lines.aclose()  # type: ignore[attr-defined]
    return events_of(text)


def test_who_was_away_is_told_what_was_missed() -> None:
    async def story() -> None:
        stream = EventStream(keep=3)
        for n in range(3):
            stream.publish("step", n)
        assert [data for _, data, _ in await heard(stream, f"{BOOT}-1", 2)] == [1, 2]
        # Who knows nothing, or what is of another day, or too long ago, is told where things stand.
        stream.publish("step", 3)
        stream.publish("step", 4)
        for last in (None, "", "else-3", f"{BOOT}-1", f"{BOOT}-99", f"{BOOT}-x", f"{BOOT}-{'9' * 30}", f"{BOOT}-²"):
            assert await heard(stream, last, 1) == [("snapshot", 0, f"{BOOT}-5")], last
        assert stream.replay(f"{BOOT}-5") == []
        stream.clear()
        assert stream.replay(f"{BOOT}-4") is None
        assert stream.replay(f"{BOOT}-5") == []

    alone(story())


def test_events_are_heard_as_they_come_by_all() -> None:
    async def story() -> None:
        stream = EventStream()
        listeners = [asyncio.create_task(heard(stream, None, 3, end="end")) for _ in range(3)]
        await asyncio.sleep(0.01)
        stream.publish("step", {"n": 1})
        await asyncio.sleep(0.01)
        stream.publish("end", None)
        stream.publish("after", None)
        for told in await asyncio.gather(*listeners):
            assert [name for name, _, _ in told] == ["snapshot", "step", "end"]
            assert len({number for _, _, number in told}) == 3

    alone(story())


def test_who_is_too_slow_is_told_where_things_stand() -> None:
    async def story() -> None:
        stream = EventStream(keep=2)
        lines = stream.listen(None, nothing)
        await anext(lines)
        assert b"snapshot" in await anext(lines)
        for n in range(10):
            stream.publish("step", n)
        assert b"snapshot" in await anext(lines)
        stream.close()
        with pytest.raises(StopAsyncIteration):
            await anext(lines)

    alone(story())


def test_a_silent_line_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.01)

    async def story() -> None:
        lines = EventStream().listen(None, nothing)
        assert [await anext(lines) for _ in range(4)][2:] == [b": still here\n\n"] * 2

    alone(story())


def record(**view: Any) -> Record:
    told = RunView(id="20260131-142501-3f9a", kind="transfer", state="running", created=now(), title="x").model_copy(update=view)
    return Record(view=told, order=RunSpec(verb=["transfer"], arguments=[], output="o.png"))


def step(n: int, of: int = 10, **more: Any) -> str:
    event = {"event": "step", "step": n, "steps": of, "scale": [48, 64], "total": 1.0, "seconds": float(n), "memory": 1, "terms": {}}
    return json.dumps({**event, **more})


def shown(parser: EventParser, language: str = "en") -> str:
    message = parser.record.view.message
    assert message is not None
    return message.text if language == "en" else message.translations[language]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_steps_are_told_ten_times_a_second_and_the_last_one_in_any_case() -> None:
    told: list[Any] = []
    clock = Clock()
    parser = EventParser(record(), lambda name, data: told.append((name, data)), [], clock)
    for n in range(41):
        clock.now += 0.04
        parser.stdout(step(n, 100))
    shown = [data["step"] for name, data in told if name == "step"]
    assert shown == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39]
    parser.stdout(json.dumps({"event": "stopped", "reason": "interrupted", "step": 40, "best_step": 40}))
    assert told[-1][1]["step"] == 40
    assert parser.record.view.step == 40
    assert [entry["step"] for entry in parser.history.steps] == [*shown, 40]
    assert [json.loads(line)["step"] for line in parser.history.take_unwritten().splitlines()] == [*shown, 40]
    assert (parser.take_log(), parser.history.take_unwritten()) == ("", "")


def test_numbers_that_are_none_are_not_told() -> None:
    parser = EventParser(record(), lambda *_: None, [], Clock())
    parser.stdout(step(0, total=float("inf"), terms={"content": float("nan"), "style": 2.0, "style:relu1_1": 1.0}))
    view = parser.record.view
    assert (view.total, view.terms) == (None, {"style": 2.0})
    json.dumps(parser.history.steps, allow_nan=False)


def test_the_time_left_counts_the_scales_to_come() -> None:
    told: list[Any] = []
    mine = record()
    mine.plan = [(0.25, 40.0), (0.5, 20.0), (1.0, 10.0)]
    clock = Clock()
    parser = EventParser(mine, lambda name, data: told.append((name, data)), [], clock)
    # The coarsest is left out, as it is of a small picture.
    parser.stdout(json.dumps({"event": "scale", "index": 1, "count": 2, "size": [24, 32], "steps": 20}))
    for n in (0, 4):
        clock.now += 1
        parser.stdout(step(n, 20, scale=[24, 32], seconds=5 + n))
    # A second a step here, 16 to go; ten steps of four times the pixels to come.
    assert mine.view.seconds_left == 16 + 10 * 4
    assert (mine.view.scale.index, mine.view.scale.count, mine.view.size) == (1, 2, (32, 24))  # type: ignore[union-attr]
    parser.stdout(json.dumps({"event": "scale", "index": 2, "count": 2, "size": [48, 64], "steps": 10}))
    for n in (0, 5):
        clock.now += 1
        parser.stdout(step(n, 10, seconds=30 + 3 * n))
    assert mine.view.seconds_left == 15
    assert [name for name, _ in told] == ["run", "step", "step"] * 2


def test_what_a_run_says_is_told_but_not_what_only_a_terminal_needs() -> None:
    told: list[Any] = []
    parser = EventParser(record(), lambda name, data: told.append((name, data)), [], Clock())
    parser.stdout(json.dumps(as_json(Notice("Painting on cpu; 64×48 takes about 1 s."))))
    parser.stdout(json.dumps(as_json(Notice("Of whatever wording.", topic="resume"))))
    assert shown(parser) == "Painting on cpu; 64×48 takes about 1 s."
    parser.stdout(json.dumps(as_json(Notice("Checkpoints are written every day: said of something else."))))
    assert shown(parser) == "Checkpoints are written every day: said of something else."
    parser.stdout(json.dumps(as_json(SetupProgress("measuring", 0, 2))))
    assert (shown(parser), parser.record.view.step) == ("measuring …", None)
    parser.stderr("downloading: 1.0 of 2.0 MiB")
    assert shown(parser) == "downloading: 1.0 of 2.0 MiB"
    parser.stdout(step(0))
    assert parser.record.view.message is None
    parser.stderr("downloading: 2.0 of 2.0 MiB")
    parser.stdout(json.dumps(as_json(SetupProgress("judging", 0, 1))))
    assert parser.record.view.message is None
    parser.stdout(json.dumps({"event": "notice", "text": "Step 5 led to a total of nan: back to step 3, with half the step size."}))
    assert shown(parser) == "Step 5 led to a total of nan: back to step 3, with half the step size."
    parser.stdout(json.dumps({"event": "stopped", "reason": "diverged", "step": 5, "best_step": 3}))
    assert "ended early" in shown(parser)
    assert "antes de tiempo" in shown(parser, "es")
    parser.stdout("no JSON at all")
    parser.stdout('{"event": 5}')
    parser.stdout("[1]")
    log = parser.take_log().splitlines()
    assert (log[1], log[-1]) == ("Of whatever wording.", "[1]")
    assert [name for name, _ in told] == [*["notice"] * 4, "run", "step", "notice", "notice"]


def test_what_a_run_says_is_shown_in_the_language_of_the_reader() -> None:
    events: list[Any] = []
    parser = EventParser(record(), lambda name, data: events.append((name, data)), [], Clock())
    looking = Note(_("looking at {name}, {width}×{height}"), name="{a}.png", width=64, height=48)
    parser.stdout(json.dumps(as_json(SetupProgress(looking, 0, 2))))
    assert (shown(parser), shown(parser, "es")) == ("looking at {a}.png, 64×48 …", "examinando {a}.png, 64×48 …")
    scales = Note(_("--{option} changes nothing: {reason}."), option="tolerance", reason=_("there are no coarser scales"))
    parser.stdout(json.dumps(as_json(Notice(scales))))
    spanish = {"es": "--tolerance no cambia nada: no hay escalas más gruesas."}
    assert events[-1] == ("notice", {"text": "--tolerance changes nothing: there are no coarser scales.", "translations": spanish})
    # As it is on the disk.
    stored = Record.model_validate_json(parser.record.model_dump_json()).view.message
    assert stored is not None
    assert stored.translations == spanish
    parser.stderr("downloading: 1.0 of 2.0 MiB")
    assert events[-1][1]["translations"] == {}


def test_a_study_is_followed_by_its_events() -> None:
    parser = EventParser(record(kind="study"), lambda *_: None, [], Clock())
    for done in (29, 30):
        parser.stdout(json.dumps(as_json(SetupProgress("relu3_1", done, 70))))
    assert (parser.record.view.step, parser.record.view.steps, shown(parser)) == (30, 70, "relu3_1 …")
    parser.stderr("step 40/90: only a line")
    view = parser.record.view
    assert (view.step, view.steps, shown(parser)) == (30, 70, "step 40/90: only a line")


def test_histories_are_thinned_evenly_and_keep_their_ends(tmp_path: Any) -> None:
    steps: list[dict[str, Any]] = []
    for n in range(20_000):
        steps.append({"step": n})
        thin(steps)
    assert len(steps) < 2 * POINTS
    assert (steps[0]["step"], steps[-1]["step"]) == (0, 19_999)
    for count in (0, 1, 2, 499, 500, 501, 998, 1000, 12_345):
        chosen = downsample(list(range(count)))
        assert len(chosen) <= POINTS
        assert chosen[:1] + chosen[-1:] == ([0, count - 1] if count else [])
        assert chosen == sorted(set(chosen))
        assert count > POINTS or 2 * len(chosen) >= count
    path = tmp_path / "events.jsonl"
    path.write_text("".join(f'{{"step": {n}}}\n' for n in range(3)) + '{"step": ')
    assert read_history(path) == [{"step": 0}, {"step": 1}, {"step": 2}]
    assert read_history(tmp_path / "none") == []


def test_how_far_a_run_came_is_known_by_its_history() -> None:
    first, again = record(), record()
    parser = EventParser(first, lambda *_: None, [], Clock())
    parser.stdout(json.dumps({"event": "scale", "index": 2, "count": 3, "size": [24, 32], "steps": 20}))
    parser.stdout(step(0, 20, scale=[24, 32]))
    note_step(again, json.loads(parser.history.take_unwritten()))
    names = ("step", "steps", "scale", "size", "total", "terms", "seconds")
    assert {name: getattr(again.view, name) for name in names} == {name: getattr(first.view, name) for name in names}


def test_after_the_end_a_browser_is_told_to_stop_asking(visitor: Visitor) -> None:
    key = visitor.painted()["id"]
    told = events_of(visitor.client.get(f"/api/runs/{key}/events").text)
    assert [name for name, _, _ in told] == ["run", "history", "preview", "end"]
    assert told[-1][1]["state"] == "done"
    again = visitor.client.get(f"/api/runs/{key}/events", headers={"Last-Event-ID": told[-1][2]})
    assert (again.status_code, again.content) == (204, b"")
    assert visitor.client.get("/api/runs/20260131-142501-3f9a/events").status_code == 404
