"""What is told within a step that takes many tiles, and leaving it in the middle."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pincel import Result, Run, progress, resume
from pincel.engine.events import Event, ScaleStart, SetupProgress, Step, TileProgress
from pincel.progress import Bar
from tests.runs import make_run

GIVEN: dict[str, Any] = {"size": 64, "recipe": "pastiche", "precision": "fp32", "scales": "none"}
# 2 × 2 tiles, which several parts of the network are looked at in.
TILES = "pool2=32,rest=32"


class Witness:
    """Keeps what is told from within, and asks a run to stop at some of it."""

    def __init__(self, stop_at: int = 0) -> None:
        self.told: list[Event] = []
        self.steps = self.stop_at = 0
        self.stop_at = stop_at
        self.run: Run | None = None

    def __call__(self, event: Event) -> None:
        """Keep an event."""
        self.told.append(event)
        if self.run and isinstance(event, TileProgress) and self.steps and self.steps == self.stop_at and event.done == 5:
            self.run.stop("interrupted")

    def paint(self, content: Path, style: Path, **given: Any) -> Result:
        """Make a run."""
        self.run = make_run(content, style, **GIVEN, on_event=self, tiles=TILES, **given)
        for event in self.run:
            self.steps += isinstance(event, Step)
        result, self.run = self.run.result, None
        return result


def test_each_tile_is_told_there_and_back(photographs: list[Path]) -> None:
    witness = Witness()
    witness.paint(*photographs[:2], steps=2)
    looks = [event for event in witness.told if isinstance(event, TileProgress)]
    total = looks[0].total
    first = [event.done for event in looks[: total + 1]]
    assert total > 8
    assert first == list(range(total + 1))
    # The last picture is looked at once, without slopes.
    assert {event.total for event in looks} == {total, total // 2}
    targets = [event.what for event in witness.told if isinstance(event, SetupProgress)]
    assert [name for name in dict.fromkeys(targets) if "looking" in name or "judging" in name] == [
        "looking at astronaut.png, 64×64",
        "looking at chelsea.png, 78×52",
        "judging the picture",
    ]


def test_a_picture_looked_at_as_a_whole_tells_nothing(photographs: list[Path]) -> None:
    told: list[Event] = []
    list(make_run(*photographs[:2], **GIVEN, steps=1, on_event=told.append))
    assert not [event for event in told if isinstance(event, TileProgress)]


def test_a_look_is_left_in_the_middle_and_gone_on_with_to_the_same_bytes(photographs: list[Path], tmp_path: Path) -> None:
    whole = Witness().paint(*photographs[:2], steps=4)
    # After the steps 0 and 1; within the look at step 2.
    witness = Witness(stop_at=2)
    cut = witness.paint(*photographs[:2], steps=4, checkpoint=tmp_path / "kept")
    looks = [event.done for event in witness.told if isinstance(event, TileProgress)]
    assert looks[-1] == 5
    assert cut.stopped == "interrupted"
    assert [row["step"] for row in cut.losses] == [0, 1]
    assert cut.record["best_step"] == 1
    resumed = resume(tmp_path / "kept")
    assert resumed.losses == whole.losses
    assert resumed.image.tobytes() == whole.image.tobytes()


def test_an_interrupted_judge_costs_no_picture(photographs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    run = make_run(*photographs[:2], **GIVEN, steps=1)
    list(run)
    monkeypatch.setattr("pincel.run.scales.evaluate_picture", interrupted)
    assert run.result.record["saved"] is None
    assert run.result.image.size == (64, 64)


def test_a_result_is_judged_once(photographs: list[Path]) -> None:
    run = make_run(*photographs[:2], **GIVEN, steps=1)
    before = run.result
    list(run)
    assert run.result is run.result
    assert run.result is not before


def test_the_bar_moves_within_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    out = io.StringIO()
    bar = Bar(console=Console(file=out, width=100))
    step = Step(3, 9, (48, 64), 5.0, 1.0, 0, preview=lambda: None, fetch_terms=dict)  # type: ignore[arg-type,return-value]
    for event in (ScaleStart(1, 1, (48, 64), 9), TileProgress(1, 8), step, TileProgress(2, 8)):
        bar.show(event)
    assert out.getvalue().splitlines()[-1] == "step 4: 25%"
