"""What each part of AlexNet is worth, on very little."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pincel.classify.recipes import ABLATIONS
from pincel.engine.events import Event, Notice
from pincel.errors import OptionError, UnknownNameError
from pincel.studies.ablation_trainings import Ablation, Training, judge
from pincel.studies.ablations import AblationsOptions, steps_to, study
from pincel.studies.ablations_page import PARTS, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Table
from pincel.studies.write import write_report


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.classify.textures.COUNT", 50)


def training(**changes: Any) -> Training:
    plain: dict[str, Any] = {
        "top1_error": 0.5, "center_error": 0.55, "top5_error": 0.1, "steps_to_target": 60, "steps": 90, "seconds": 3.0, "parameters": 10,
        "classes": 10, "pictures": {"train": 40, "val": 10}, "train_errors": (0.9, 0.4, 0.2), "val_errors": (0.9, 0.6, 0.5),
        "stopped": "epochs",
    }  # fmt: skip
    return Training(**{**plain, **changes})


def found(part: str, **changes: Any) -> Ablation:
    return Ablation(part, 0.01, (training(**changes),))


def test_networks_are_trained_kept_and_not_trained_again(tmp_path: Path) -> None:
    asked = AblationsOptions("sample:textures", without="tanh,no-lrn", epochs=1, seed=3)
    report = study(asked, tmp_path / "trained", ProgressReporter())
    networks = report.numbers["networks"]
    assert [each["part"] for each in networks] == ["", "tanh", "no-lrn"]
    for part, each in zip(("whole", "tanh", "no-lrn"), networks, strict=True):
        record = json.loads((tmp_path / "trained" / part / "record.json").read_text())
        assert record["top1_error"] == each["top1_error"]
        assert record["recipe"]["seed"] == 3
    assert networks[0]["pictures"] == {"train": 40, "val": 10}
    told: list[Event] = []
    again = study(asked, tmp_path / "trained", ProgressReporter(told.append))
    assert again.numbers == report.numbers
    assert sum(isinstance(event, Notice) and "trained before" in event.text for event in told) == 3


def test_ctrl_c_shows_the_networks_that_are_done(tmp_path: Path) -> None:
    progress = ProgressReporter()
    part = progress.update

    def stop_in_the_second(what: str, done: int, total: int) -> None:
        part(what, done, total)
        if what == "training tanh":
            progress.stop("interrupted")

    progress.update = stop_in_the_second  # type: ignore[method-assign]
    report = study(AblationsOptions("sample:textures", without="tanh,no-lrn", epochs=2), tmp_path, progress)
    assert [each["part"] for each in report.numbers["networks"]] == [""]
    assert report.notes[0].text("en") == "Ended early: 1 of 3 networks."
    assert report.notes[0].text("es") == "Terminado antes de tiempo: 1 de 3 redes."
    # Called again, it goes on.
    whole = study(AblationsOptions("sample:textures", without="tanh", epochs=2), tmp_path, ProgressReporter())
    assert [each["part"] for each in whole.numbers["networks"]] == ["", "tanh"]


@pytest.mark.parametrize(
    ("relu", "tanh", "said"),
    [
        (60, 180, "takes 60 steps, the one with tanh 180: 3.0 times as many"),
        (60, None, "after 60 steps; the one with tanh does not get there, and ends at 20%"),
        (None, 90, "after 90 steps; the one with ReLU does not get there, and ends at 20%"),
        (None, None, "does not get to a training error of 25%, and ends at 20%"),
    ],
)
def test_steps_of_relu_and_tanh_are_compared_in_words(relu: int | None, tanh: int | None, said: str) -> None:
    networks = [found("", steps_to_target=relu), found("tanh", steps_to_target=tanh)]
    report = page(networks, {"target": 0.25}, 2)
    texts = [block.text.text("en") for block in report.blocks if isinstance(block, Paragraph)]
    assert said in texts[0]
    assert "known to some 31.6%" in texts[1]


def test_the_page_has_a_row_for_each_part_in_both_languages(tmp_path: Path) -> None:
    assert set(PARTS) == {"", *ABLATIONS}
    report = page([found(part) for part in PARTS], {"target": 0.25}, len(PARTS))
    table = next(block for block in report.blocks if isinstance(block, Table))
    assert [row["name"].text("es") for row in table.rows][:2] == ["entera", "tanh, no ReLU"]
    for language in ("en", "es"):
        html = write_report(report, tmp_path / language, language)[0].read_text()
        assert "tanh" in html


def test_without_any_network_the_page_says_so() -> None:
    report = page([], {"target": 0.25}, 2)
    assert [block.text.text("en") for block in report.blocks if isinstance(block, Paragraph)] == ["No network was trained to its end."]


def test_each_network_has_its_best_rate_and_several_seeds(tmp_path: Path) -> None:
    asked = AblationsOptions("sample:textures", without="tanh", epochs=1, seed=3, seeds=2, rates="0.003,30")
    report = study(asked, tmp_path, ProgressReporter())
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{part}-rate{rate}" for part in ("whole", "tanh") for rate in ("0.003", "30", "0.003-seed4", "30-seed4")
    } - {f"{each['part'] or 'whole'}-rate{'30' if each['rate'] < 1 else '0.003'}-seed4" for each in report.numbers["networks"]}
    for each in report.numbers["networks"]:
        seeds = [f"rate{each['rate']:g}", f"rate{each['rate']:g}-seed4"]
        records = [json.loads((tmp_path / f"{each['part'] or 'whole'}-{name}" / "record.json").read_text()) for name in seeds]
        assert [record["recipe"]["seed"] for record in records] == [3, 4]
        assert each["top1_error"] == pytest.approx(sum(record["top1_error"] for record in records) / 2)
    table = next(block for block in report.blocks if isinstance(block, Table))
    assert {"top1_spread", "claim"} <= set(table.columns)


@pytest.mark.parametrize(
    ("part", "whole", "less", "verdict"),
    [
        # Apart by 0.1, each known to 0.01 / √2: twice the standard error is 0.02.
        ("no-lrn", (0.29, 0.30, 0.31), (0.39, 0.40, 0.41), "holds"),
        ("no-lrn", (0.39, 0.40, 0.41), (0.29, 0.30, 0.31), "opposite"),
        # Apart by 0.1, and twice the standard error is 0.1155.
        ("no-overlap", (0.2, 0.3, 0.4), (0.39, 0.40, 0.41), "open"),
        ("one-gpu", (0.29, 0.30, 0.31), (0.39, 0.40, 0.41), None),
        ("no-lrn", (0.3,), (0.4,), None),
    ],
)
def test_a_claim_holds_beyond_two_standard_errors(part: str, whole: Any, less: Any, verdict: str | None) -> None:
    networks = [Ablation(name, 0.01, tuple(training(top1_error=error) for error in errors)) for name, errors in ((part, less), ("", whole))]
    assert judge(networks[0], networks[1]) == verdict


def test_tanh_is_judged_by_its_steps() -> None:
    def network(part: str, *steps: int | None) -> Ablation:
        return Ablation(part, 0.01, tuple(training(steps_to_target=number) for number in steps))

    assert judge(network("tanh", 60, 70, 65), network("", 20, 25, 22)) == "holds"
    # What is never there takes all 90 steps and more.
    assert judge(network("tanh", None, None, None), network("", 20, 25, 22)) == "holds"
    assert judge(network("tanh", 20, 25, 22), network("", None, None, None)) == "opposite"
    assert judge(network("tanh", 20, 70, 45), network("", 30, 60, 45)) == "open"


def test_steps_are_those_after_the_first_epoch_below() -> None:
    rows = [{"steps": 30, "train_top1_error": 0.5}, {"steps": 60, "train_top1_error": 0.25}, {"steps": 90, "train_top1_error": 0.4}]
    assert steps_to(rows, 0.25) == 60
    assert steps_to(rows, 0.2) is None


def test_mistakes_are_told() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'no-lrn'"):
        AblationsOptions("sample:textures", without="no-lnr")
    with pytest.raises(UnknownNameError, match="alexnet-small"):
        AblationsOptions("sample:textures", recipe="alexnet-smal")
    with pytest.raises(OptionError, match="--target 1"):
        AblationsOptions("sample:textures", target=1.0)
    with pytest.raises(OptionError, match="seeds: so many trainings cannot be · given 0 · accepted: 1 to 100"):
        AblationsOptions("sample:textures", seeds=0)
    with pytest.raises(OptionError, match=r"rates: no list of numbers · given '0\.1,x'"):
        AblationsOptions("sample:textures", rates="0.1,x")
    with pytest.raises(OptionError, match="learning_rate"):
        AblationsOptions("sample:textures", rates="0.1,-1")


def test_parts_are_named_once() -> None:
    assert AblationsOptions("x", without="tanh, tanh,no-lrn,").parts == ("tanh", "no-lrn")
    assert AblationsOptions("x").parts == tuple(ABLATIONS)
    assert AblationsOptions("x", without="").parts == ()
