"""The study of the process: the same noise and the same J under every rule, pictures on the way, and the film of them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from pincel.engine.events import SetupProgress
from pincel.errors import OptionError
from pincel.studies import process
from pincel.studies.animation import PLAYS, as_webp
from pincel.studies.declarations import ProcessOptions
from pincel.studies.process_page import Way, _finding, _reached
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Animation, Paragraph, Report, Sheet
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from pincel.translation import untranslated

SMALL = StudySettings(size=32, steps=4)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> ProcessOptions:
    """Return a recipe whose network need not be calibrated."""
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text('base = "gatys2015"\nactivations = "raw"\n')
    return ProcessOptions(recipe=str(path))


@pytest.fixture(scope="module")
def report(options: ProcessOptions) -> Report:
    return process.study("sample:harbour", "sample:impasto", options, SMALL, ProgressReporter())


def test_all_rules_begin_with_the_same_noise(report: Report) -> None:
    (film,) = (block for block in report.blocks if isinstance(block, Animation))
    assert [len(frame) for frame in film.frames] == [3] * (SMALL.steps + 1)
    first, last = ([image.tobytes() for _, image in film.frames[place]] for place in (0, -1))
    assert len(set(first)) == 1
    assert len(set(last)) == 3
    ways = report.numbers["ways"]
    assert [way["optimizer"] for way in ways] == ["gradient-descent", "adam", "lbfgs"]
    assert len({way["first"] for way in ways}) == 1
    for way in ways:
        assert len(way["terms"]) == SMALL.steps + 1
        assert way["first"] == pytest.approx(sum(way["terms"][0].values()))
        assert set(way["terms"][0]) == {"content", "style", "tv"}
    assert min(way["last"] for way in ways) < ways[0]["first"]


def test_the_first_step_of_gradient_descent_is_as_long_as_was_said(options: ProcessOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FIRST", 0.5)
    one = process.study("sample:harbour", "sample:impasto", options, StudySettings(size=32, steps=1), ProgressReporter())
    (film,) = (block for block in one.blocks if isinstance(block, Animation))
    before, after = (list(frame[0][1].convert("RGB").tobytes()) for frame in film.frames)
    moved = (sum((b - a) ** 2 for a, b in zip(before, after, strict=True)) / len(before)) ** 0.5
    # Rounded to whole gray levels.
    assert moved == pytest.approx(0.5, abs=0.2)
    given = ProcessOptions(recipe=options.recipe, rate=0.25)
    assert process.study("sample:harbour", "sample:impasto", given, StudySettings(32, steps=1), ProgressReporter()).settings["rate"] == 0.25


def test_it_is_written_with_a_film(report: Report, tmp_path: Path) -> None:
    text = write_report(report, tmp_path, "es")[0].read_text(encoding="utf-8")
    assert "reprodúzcalo o llévelo a un paso" in text
    # A frame for each step, three of which are printed.
    assert len(re.findall(r'class="sheet frame[ "]', text)) == SMALL.steps + 1
    assert text.count('class="sheet frame kept"') == 3
    with Image.open(tmp_path / "process.webp") as film:
        assert (film.format, film.n_frames) == ("WEBP", SMALL.steps + 1)  # type: ignore[attr-defined]
    strip = next(block for block in report.blocks if isinstance(block, Sheet) and block.name == "strip")
    assert len(strip.cells) == 18


def test_a_film_rests_on_its_last_frame() -> None:
    frames = [[(untranslated(f"{place}"), Image.new("RGB", (16, 12), (place, 0, 200)))] for place in (10, 120, 250)]
    with Image.open(io.BytesIO(as_webp(Animation("a", frames, untranslated("b"), milliseconds=100), "en"))) as film:
        durations = []
        for number in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(number)
            film.load()
            durations.append(film.info["duration"])
        assert durations == [100, 100, 800]
        assert film.info["loop"] == PLAYS


def test_steps_shown_are_closer_at_the_start() -> None:
    shown = process.shown_steps(60)
    assert (shown[0], shown[1], shown[-1]) == (0, 1, 60)
    gaps = [after - before for before, after in pairwise(shown)]
    assert gaps[0] < gaps[-1]
    assert process.shown_steps(1) == [0, 1]


def test_it_ends_early_with_what_is_there(options: ProcessOptions, tmp_path: Path) -> None:
    reporter = ProgressReporter(lambda event: reporter.stop() if isinstance(event, SetupProgress) and event.done == 2 else None)
    report = process.study("sample:harbour", "sample:impasto", options, SMALL, reporter)
    assert [note.text("en") for note in report.notes] == ["The study was ended early: 1 of 3 optimizers, the last one unfinished."]
    write_report(report, tmp_path, "es")


def way(optimizer: str, totals: Sequence[float]) -> Way:
    return Way(optimizer, 1.0, (), [{"content": total} for total in totals])


def test_what_is_said_follows_the_numbers() -> None:
    assert _reached(way("adam", [9, 5, 4, 2]), 4) == 2
    assert _reached(way("adam", [9, 5]), 4) is None
    names = {"gradient-descent": 3.0, "adam": 2.0, "lbfgs": 1.0}
    rows = [
        {"optimizer": name, "first": 9.0, "tenth": 1 / last, "last": last, "lowest": last, "reached": 7} for name, last in names.items()
    ]
    said = _finding(rows).text("en")
    assert said.startswith("L-BFGS comes lowest: J falls from 9.00 to 1.00. The lowest J of gradient descent, 3.00, it had")
    assert said.endswith("after 7 steps. After a tenth of the steps the order was another one: gradient descent was ahead.")
    assert _finding([{**rows[0], "last": 0.5}, *rows[1:]]).text("en") == "gradient descent comes lowest: J falls from 9.00 to 5.00·10⁻¹."


@pytest.mark.parametrize("given", [{"ratio": 0.0}, {"rate": 0.0}, {"gamma": -1.0}, {"ratio": float("nan")}])
def test_numbers_out_of_range_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(OptionError, match="no such"):
        ProcessOptions(**given)  # type: ignore[arg-type]


def test_the_page_says_something(report: Report) -> None:
    assert any("comes lowest" in block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))
