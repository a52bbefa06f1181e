"""Runs: asked for, listed, cancelled, resumed, continued, forgotten."""

from __future__ import annotations

import io
import shlex
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.studio.api.conftest import Visitor, events_of, file_of


def test_a_run_is_made_and_all_it_made_can_be_had(visitor: Visitor) -> None:
    photograph = visitor.upload(file_of(), "my photo.png").json()["id"]
    view = visitor.painted(content=photograph, styles=[{"picture": "sample:impasto", "weight": 0.7}, {"picture": "sample:glass"}])
    assert view["state"] == "done"
    assert (view["step"], view["steps"], view["size"]) == (3, 3, [64, 48])
    assert view["terms"] == {"content": 1.5, "style": 25.0}
    assert view["title"] == "my photo × impasto + glass"
    assert view["has_result"]
    assert not view["has_checkpoint"]
    assert view["message"] is None
    key = view["id"]
    for name, kind in (
        ("result.png", "PNG"),
        ("result.jpg", "JPEG"),
        ("result.tif", "TIFF"),
        ("preview.jpg", "PNG"),
        ("thumb.webp", "WEBP"),
    ):
        answer = visitor.client.get(f"/api/runs/{key}/{name}")
        assert answer.status_code == 200, name
        if name != "preview.jpg":
            assert Image.open(io.BytesIO(answer.content)).format == kind
            assert answer.headers["content-type"] == f"image/{kind.lower()}"
    png, tiff = (Image.open(io.BytesIO(visitor.client.get(f"/api/runs/{key}/result.{s}").content)) for s in ("png", "tif"))
    assert png.tobytes() == tiff.tobytes()
    assert visitor.client.get(f"/api/runs/{key}/record.json").json() == {"losses": []}
    named = visitor.client.get(f"/api/runs/{key}/result.png?download=true").headers["content-disposition"]
    assert f"my%20photo-painted-{key}.png" in named
    command = visitor.client.get(f"/api/runs/{key}/command").json()
    words = ["pincel", "transfer", "my photo.png", "sample:impasto=0.7", "sample:glass", "-o", "my photo-painted.png", "--steps", "3"]
    assert shlex.split(command["cli"]) == words


def test_runs_wait_for_one_another_in_order(visitor: Visitor) -> None:
    first = visitor.begin(settings={"steps": 60})
    second, third = visitor.begin(), visitor.begin()
    visitor.until(first, lambda view: view["state"] == "running")
    assert [visitor.run(key)["queue_position"] for key in (first, second, third)] == [None, 1, 2]
    assert visitor.ended(third)["state"] == "done"
    times = [visitor.run(key)["started"] for key in (first, second, third)]
    assert times == sorted(times)
    assert visitor.run(first)["ended"] <= times[1]


def test_a_run_under_way_is_cancelled_and_keeps_its_picture(visitor: Visitor) -> None:
    key = visitor.begin(settings={"steps": 5000})
    visitor.until(key, lambda view: (view["step"] or 0) > 3)
    answer = visitor.client.post(f"/api/runs/{key}/cancel")
    assert (answer.status_code, answer.json()["stopping"]) == (200, True)
    # Once more, by an impatient hand: that ends nothing by force.
    assert visitor.client.post(f"/api/runs/{key}/cancel").status_code == 200
    view = visitor.ended(key)
    assert (view["state"], view["has_result"], view["has_checkpoint"], view["stopping"]) == ("cancelled", True, True, False)
    again = visitor.client.post(f"/api/runs/{key}/cancel")
    assert again.status_code == 409
    assert "it is cancelled" in again.json()["error"]["message"]


def test_a_run_that_waits_is_cancelled_at_once(visitor: Visitor) -> None:
    first, second, third = (visitor.begin(settings={"steps": 5000}) for _ in range(3))
    assert visitor.client.post(f"/api/runs/{second}/cancel").json()["state"] == "cancelled"
    assert visitor.run(third)["queue_position"] == 1
    assert not visitor.run(second)["has_result"]
    assert visitor.client.delete(f"/api/runs/{third}").status_code == 204
    visitor.client.post(f"/api/runs/{first}/cancel")
    assert visitor.ended(first)["state"] == "cancelled"


def test_a_cancelled_run_goes_on_where_it_was(visitor: Visitor) -> None:
    key = visitor.begin(settings={"steps": 200})
    visitor.until(key, lambda view: view["size"] == [64, 48] and (view["step"] or 0) > 3)
    visitor.client.post(f"/api/runs/{key}/cancel")
    was = visitor.ended(key)["step"]
    assert visitor.client.post(f"/api/runs/{key}/resume").json()["state"] in ("queued", "running")
    view = visitor.ended(key)
    text = f"Goes on from step {was} of 64×48, 1 s into the run."
    assert (view["state"], view["step"], view["message"]["text"]) == ("done", 200, text)
    told = events_of(visitor.client.get(f"/api/runs/{key}/events").text)
    assert [name for name, _, _ in told] == ["run", "history", "preview", "end"]
    steps = told[1][1]["steps"]
    assert steps[0]["step"] == 0
    assert steps[-1]["step"] == 200
    assert visitor.client.post(f"/api/runs/{key}/resume").status_code == 409


def test_a_waiting_run_that_was_cancelled_begins_when_it_is_resumed(visitor: Visitor) -> None:
    first, second = visitor.begin(settings={"steps": 5000}), visitor.begin()
    visitor.client.post(f"/api/runs/{second}/cancel")
    visitor.client.post(f"/api/runs/{second}/resume")
    visitor.client.post(f"/api/runs/{first}/cancel")
    assert visitor.ended(second)["state"] == "done"


@pytest.mark.parametrize(
    ("seed", "state", "message", "checkpoint"),
    [
        (1, "failed", "style: there is something wrong with it · given 'x' · accepted: y · try: z", False),
        (2, "failed", "ZeroDivisionError: float division by zero", True),
        (3, "interrupted", "The process of the run was ended by the signal SIGKILL, as when memory runs out: try a smaller size.", True),
        (4, "failed", "The process of the run was ended by the signal SIGKILL, as when memory runs out: try a smaller size.", False),
    ],
)
def test_a_run_that_comes_to_grief_is_told_and_harms_no_other(
    seed: int, state: str, message: str, checkpoint: bool, visitor: Visitor
) -> None:
    bad, good = visitor.begin(settings={"steps": 20, "seed": seed}), visitor.begin()
    view = visitor.ended(bad)
    assert (view["state"], view["message"]["text"], view["has_checkpoint"]) == (state, message, checkpoint)
    assert visitor.ended(good)["state"] == "done"
    log = visitor.home / "runs" / bad / "log.txt"
    assert message.split(",", maxsplit=1)[0] in log.read_text() or seed in (3, 4)
    if checkpoint:
        visitor.client.post(f"/api/runs/{bad}/resume")
        assert visitor.ended(bad)["state"] == "done"


def test_a_picture_is_painted_on(visitor: Visitor) -> None:
    photograph, mask = visitor.picture(), visitor.picture(seed=5)
    first = visitor.painted(content=photograph, settings={"steps": 3, "scales": "1/2=2", "init": "noise"}, content_mask=mask)
    answer = visitor.client.post(f"/api/runs/{first['id']}/continue", json={"steps": 7})
    assert answer.status_code == 201
    view = visitor.ended(answer.json()["id"])
    assert (view["state"], view["steps"], view["continued_from"]) == ("done", 7, first["id"])
    assert view["settings"] == {"steps": 7}
    started = visitor.home / "runs" / view["id"] / "inputs" / "start.png"
    assert started.read_bytes() == (visitor.home / "runs" / first["id"] / "result.png").read_bytes()
    cli = visitor.client.get(f"/api/runs/{view['id']}/command").json()["cli"]
    assert f"--init photo-painted-{first['id']}.png --scales none --steps 7" in cli
    # And on again: the first picture may be gone.
    visitor.client.delete(f"/api/runs/{first['id']}")
    again = visitor.client.post(f"/api/runs/{view['id']}/continue", json={"steps": 2}).json()
    assert visitor.ended(again["id"])["state"] == "done"
    assert visitor.client.get(f"/api/runs/{again['id']}/command").json()["cli"].count("--init") == 1


def test_without_a_picture_there_is_nothing_to_paint_on_from(visitor: Visitor) -> None:
    failed = visitor.painted(settings={"seed": 1})
    answer = visitor.client.post(f"/api/runs/{failed['id']}/continue", json={"steps": 5})
    assert answer.status_code == 409
    assert "no result" in answer.json()["error"]["message"]


def test_a_run_outlives_the_pictures_it_began_with(visitor: Visitor) -> None:
    photograph = visitor.picture()
    blocking = visitor.begin(settings={"steps": 5000})
    key = visitor.begin(content=photograph)
    assert visitor.client.delete(f"/api/pictures/{photograph}").status_code == 204
    visitor.client.post(f"/api/runs/{blocking}/cancel")
    assert visitor.ended(key)["state"] == "done"
    assert (visitor.home / "runs" / key / "inputs" / "content.png").is_file()


def test_runs_are_found_by_what_they_are(visitor: Visitor) -> None:
    keys = [visitor.begin(styles=[{"picture": f"sample:{name}"}]) for name in ("impasto", "glass", "woodcut")]
    keys.append(visitor.begin(recipe="slides"))
    for key in keys:
        visitor.ended(key)
    study = visitor.client.post("/api/studies", json={"study": "maximize"}).json()["id"]
    visitor.ended(study)
    created = [visitor.run(key)["created"] for key in keys]

    def found(query: str) -> list[str]:
        answer = visitor.client.get(f"/api/runs?{query}")
        assert answer.status_code == 200, answer.text
        return [view["id"] for view in answer.json()["runs"]]

    order = sorted([*keys, study], reverse=True)
    assert found("") == order
    assert found("q=GLASS") == [keys[1]]
    assert found("q=harbour woodcut") == [keys[2]]
    assert found("recipe=slides") == [keys[3]]
    assert found("kind=study") == [study]
    assert found("state=failed&state=queued") == []
    assert found(f"since={created[2].replace('+', '%2B')}&kind=transfer") == sorted(keys[2:], reverse=True)
    assert sorted(found(f"until={created[1].replace('+', '%2B')}")) == [keys[0]]
    first = visitor.client.get("/api/runs?limit=2").json()
    assert first["more"]
    rest = visitor.client.get(f"/api/runs?limit=10&before={first['runs'][-1]['id']}").json()
    assert [view["id"] for view in first["runs"] + rest["runs"]] == order
    assert not rest["more"]


def test_a_run_is_forgotten_but_not_while_it_is_under_way(visitor: Visitor) -> None:
    key = visitor.begin(settings={"steps": 5000})
    visitor.until(key, lambda view: view["state"] == "running")
    refused = visitor.client.delete(f"/api/runs/{key}")
    assert (refused.status_code, refused.json()["error"]["message"]) == (409, "The run is under way; cancel it first.")
    visitor.client.post(f"/api/runs/{key}/cancel")
    visitor.ended(key)
    assert visitor.client.delete(f"/api/runs/{key}").status_code == 204
    assert visitor.client.get(f"/api/runs/{key}").status_code == 404
    assert list((visitor.home / "runs").iterdir()) == []


def test_the_oldest_runs_go_when_there_are_too_many(visit: Callable[..., Visitor]) -> None:
    visitor = visit(runs=2)
    keys = [visitor.painted()["id"] for _ in range(4)]
    visitor.until(keys[3], lambda _: len(list((visitor.home / "runs").iterdir())) <= 2)
    kept = [view["id"] for view in visitor.client.get("/api/runs").json()["runs"]]
    assert len(kept) == 2
    assert set(kept) <= set(keys)
    assert "newest 2 runs" in visitor.client.get("/api/about").json()["prune_rule"]


def test_so_many_may_wait_and_no_more(visit: Callable[..., Visitor]) -> None:
    visitor = visit(waiting=2)
    first = visitor.begin(settings={"steps": 5000})
    visitor.until(first, lambda view: view["state"] == "running")
    visitor.begin()
    visitor.begin()
    refused = visitor.paint()
    assert refused.status_code == 429
    assert "2 runs wait already" in refused.json()["error"]["message"]
    assert len(list((visitor.home / "runs").iterdir())) == 3
    for view in visitor.client.get("/api/runs").json()["runs"]:
        visitor.client.post(f"/api/runs/{view['id']}/cancel")


def test_the_queue_survives_the_studio(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit(tmp_path / "kept")
    running = visitor.begin(settings={"steps": 5000})
    waiting = [visitor.begin(), visitor.begin()]
    done = visitor.until(running, lambda view: (view["step"] or 0) > 3)
    visitor.client.__exit__(None, None, None)
    visitor.client.__exit__ = lambda *_: None  # type: ignore[method-assign]
    again = visit(tmp_path / "kept")
    view = again.run(running)
    assert (view["state"], view["has_result"], view["has_checkpoint"]) == ("interrupted", True, True)
    assert view["message"]["text"] == "The studio ended while this run was under way."
    assert view["message"]["translations"] == {"es": "El taller se cerró mientras esta ejecución estaba en curso."}
    assert view["step"] >= done["step"]
    assert [again.ended(key)["state"] for key in waiting] == ["done", "done"]


def test_a_disk_that_is_full_is_told(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pincel.files.os.fsync", full)
    answer = visitor.paint()
    assert answer.status_code == 507
    assert "the disk is full" in answer.json()["error"]["message"]
    assert list((visitor.home / "runs").iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr("pincel.studio.pictures.shutil.copyfileobj", full)
    answer = visitor.upload()
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"]["message"].lower()
    assert list((visitor.home / "incoming").iterdir()) == []
    monkeypatch.undo()
    # Larger uploads come by way of the system's temporary folder.
    monkeypatch.setattr("starlette.formparsers.UploadFile.write", full)
    assert visitor.upload().status_code == 507


def test_the_thumbnail_of_a_run_that_waits_is_its_photograph(visitor: Visitor) -> None:
    blocking = visitor.begin(settings={"steps": 5000})
    key = visitor.begin(content=visitor.picture())
    assert visitor.client.get(f"/api/runs/{key}/thumb.webp").headers["content-type"] == "image/webp"
    sample = visitor.begin()
    assert visitor.client.get(f"/api/runs/{sample}/thumb.webp").status_code == 200
    study = visitor.client.post("/api/studies", json={"study": "maximize"}).json()["id"]
    assert visitor.client.get(f"/api/runs/{study}/thumb.webp").status_code == 404
    for view in visitor.client.get("/api/runs").json()["runs"]:
        visitor.client.post(f"/api/runs/{view['id']}/cancel")
    visitor.ended(blocking)


@pytest.mark.parametrize("name", ["result.png", "result.jpg", "result.tif", "record.json", "preview.jpg"])
def test_what_a_run_does_not_have_is_missing(name: str, visitor: Visitor) -> None:
    failed = visitor.painted(settings={"seed": 1})
    answer = visitor.client.get(f"/api/runs/{failed['id']}/{name}")
    assert answer.status_code == 404
    assert "or not yet" in answer.json()["error"]["message"]


def test_a_preview_that_is_replaced_while_it_is_sent_is_whole(visitor: Visitor) -> None:
    key = visitor.painted()["id"]
    place = visitor.home / "runs" / key / "preview.jpg"
    known = [bytes([number]) * (1 + 5000 * number) for number in (1, 2)]
    over = threading.Event()

    def replace() -> None:
        while not over.is_set():
            for number, content in enumerate(known):
                fresh = place.with_name(f"fresh-{number}")
                fresh.write_bytes(content)
                fresh.replace(place)

    place.write_bytes(known[0])
    painter = threading.Thread(target=replace)
    painter.start()
    try:
        for _ in range(100):
            answer = visitor.client.get(f"/api/runs/{key}/preview.jpg")
            assert answer.content in known
            assert int(answer.headers["content-length"]) == len(answer.content)
    finally:
        over.set()
        painter.join()
