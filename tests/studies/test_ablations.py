"""What each part of AlexNet is worth, on very little."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pincel.classify.recipes import ABLATIONS
from pincel.engine.events import Event, Notice
from pincel.errors import OptionError, UnknownNameError
from pincel.studies.ablations import AblationsOptions, steps_to, study
from pincel.studies.ablations_page import PARTS, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Table
from pincel.studies.write import write_report


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.classify.textures.COUNT", 50)


def found(part: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "part": part, "top1_error": 0.5, "center_error": 0.55, "top5_error": 0.1, "train_error": 0.2, "steps_to_target": 60, "steps": 90,
        "seconds": 3.0, "parameters": 10, "classes": 10, "pictures": {"train": 40, "val": 10}, "train_errors": [0.9, 0.4, 0.2],
        "val_errors": [0.9, 0.6, 0.5], "stopped": "epochs",
    }  # fmt: skip
    return {**plain, **changes}


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


def test_parts_are_named_once() -> None:
    assert AblationsOptions("x", without="tanh, tanh,no-lrn,").parts == ("tanh", "no-lrn")
    assert AblationsOptions("x").parts == tuple(ABLATIONS)
    assert AblationsOptions("x", without="").parts == ()
