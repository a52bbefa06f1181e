"""The study of the objective: one picture for each ratio of α, β and γ, its terms, and their sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pincel
from pincel.errors import OptionError
from pincel.studies import objective
from pincel.studies.declarations import ObjectiveOptions
from pincel.studies.objective import Weights, painted_for, parse_weights, representative
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report, Sheet, WeightSliders
from pincel.studies.settings import StudySettings
from pincel.studies.slider_view import SliderView, number

SMALL = StudySettings(size=32, steps=2, device="cpu")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a recipe whose network need not be calibrated."""
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text('base = "gatys2015"\nactivations = "raw"\n')
    return str(path)


@pytest.fixture(scope="module")
def options(recipe: str) -> ObjectiveOptions:
    return ObjectiveOptions("0,1", "0,10", "0,1", "relu1_1", recipe)


@pytest.fixture(scope="module")
def report(options: ObjectiveOptions) -> Report:
    return objective.study("sample:harbour", "sample:impasto", options, SMALL, ProgressReporter())


def sliders(report: Report) -> WeightSliders:
    (block,) = (block for block in report.blocks if isinstance(block, WeightSliders))
    return block


def test_choices_of_one_ratio_are_painted_once() -> None:
    choices: list[Weights] = [(a, b, c) for a in (0.0, 100.0, 1000.0) for b in (0.0, 100.0, 1000.0) for c in (0.0, 2.0, 20.0)]
    assert len(painted_for(choices)) == 20
    assert representative((1000.0, 1000.0, 20.0), choices) == (100.0, 100.0, 2.0)
    assert representative((1000.0, 0.0, 0.0), choices) == (100.0, 0.0, 0.0)
    assert representative((1000.0, 100.0, 20.0), choices) == (1000.0, 100.0, 20.0)
    # Thirds are alike although they are rounded.
    assert painted_for([(1 / 3, 1.0, 0.0), (1.0, 3.0, 0.0)]) == [(1 / 3, 1.0, 0.0)]


def test_the_bars_add_up_to_j_and_are_what_evaluate_measures(report: Report, recipe: str) -> None:
    block = sliders(report)
    view = SliderView(block)
    assert len(view.choices) == 8 == len(report.numbers["choices"])
    for choice, row in zip(view.choices, report.numbers["choices"], strict=True):
        assert tuple(choice.weights) == (row["alpha"], row["beta"], row["gamma"])
        assert choice.total == pytest.approx(row["total"])
        assert sum(choice.shares) == pytest.approx(100 if any(choice.weights) else 0)
        judged = pincel.evaluate(
            block.pictures[choice.picture][0],
            "sample:harbour",
            "sample:impasto",
            recipe=recipe,
            device="cpu",
            content_layers="relu1_1",
            style_layers="relu1_1,relu2_1,relu3_1,relu4_1",
            size=32,
            size_of="long",
            content_weight=choice.weights[0] or 1e-15,
            style_weight=choice.weights[1] or 1e-15,
            tv_weight=choice.weights[2] or 1e-15,
        )
        assert [judged["terms"][name] for name in ("content", "style", "tv")] == pytest.approx(list(choice.costs), rel=1e-4)
        assert judged["total"] == pytest.approx(choice.total, rel=1e-4, abs=1e-5)


def test_nothing_asked_for_leaves_the_start(report: Report) -> None:
    view = SliderView(sliders(report))
    assert view.choices[0].weights == (0.0, 0.0, 0.0)
    assert (view.choices[0].total, view.choices[0].sum_line) == (0.0, "J = 0 + 0 + 0 = 0")
    start = view.block.pictures[view.choices[0].picture][0]
    assert np.ptp(np.asarray(start)) < 100
    # Smoothed alone, it becomes smoother.
    assert view.choices[1].costs[2] < view.choices[0].costs[2]


def test_ended_early_the_pictures_are_there_without_sliders(options: ObjectiveOptions) -> None:
    progress = ProgressReporter(lambda event: progress.stop("interrupted") if getattr(event, "done", 0) == 2 else None)
    report = objective.study("sample:harbour", "sample:impasto", options, SMALL, progress)
    assert [block.name for block in report.blocks if isinstance(block, Sheet)] == ["originals", "weights"]
    assert not any(isinstance(block, WeightSliders) for block in report.blocks)
    assert "of 8 pictures" in report.notes[0].text("en")


@pytest.mark.parametrize("text", ["", "1", "1,1", "-1,2", "1,x", "0,inf", "1,2,3,4,5,6,7"])
def test_what_is_no_row_of_weights_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="alphas: no such weights"):
        parse_weights("alphas", text, (0.0, 1.0))
    assert parse_weights("alphas", "10,0", ()) == [0.0, 10.0]


def test_numbers_are_written_as_they_are_added() -> None:
    written = {0: "0", 0.006864: "0.006864", 47.41: "47.41", 294.6: "294.6", 12345.6: "12346", 1.2e9: "1.2e+09", 1e-9: "1e-09"}
    assert {value: number(value) for value in written} == written


def test_its_page_is_whole_and_small(report: Report, tmp_path: Path) -> None:
    page = report.save(tmp_path, language="es")
    text = page.read_text(encoding="utf-8")
    assert len(text) < 3_000_000
    assert text.count('type="range"') == 3
    assert "Mueva" in text
    assert (tmp_path / "weights.png").exists()
