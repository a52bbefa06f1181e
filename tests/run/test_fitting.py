"""A run that gets less memory than planned goes on in smaller tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from torch import Tensor

from pincel import Notice
from pincel.engine.evaluator import Evaluator
from pincel.errors import MemoryLimitError
from pincel.losses.objective import Evaluation
from pincel.run.objective import make_objective
from tests.runs import make_run


@pytest.fixture
def strips(photographs: list[Path], tmp_path: Path) -> list[Path]:
    """Return two pictures that have many tiles one way and few pixels the other."""
    for path in photographs[:2]:
        with Image.open(path) as image:
            image.crop((0, 20, 96, 44)).save(tmp_path / f"{path.stem}.png")
    return sorted(tmp_path.iterdir())


def test_targets_that_do_not_fit_are_measured_in_tiles(strips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def cramped(*given: Any, **more: Any) -> Any:
        asked.append(str(given[5].layout))
        if asked[-1] == "whole":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return make_objective(*given, **more)

    monkeypatch.setattr("pincel.run.scales.make_objective", cramped)
    run = make_run(strips[0], strips[1], size=400, steps=1, scales="none", precision="fp32")
    notices = [event.text for event in run if isinstance(event, Notice)]
    assert asked[0] == "whole"
    assert f"Out of memory: continuing with tiles {asked[1]}." in notices
    assert run.result.stopped == "steps"


def test_targets_that_fit_in_no_way(photographs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def cramped(*given: Any, **more: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("pincel.run.scales.make_objective", cramped)
    with pytest.raises(MemoryLimitError, match=r"Out of memory at 300×\d+, even with tiles .*Try a smaller --size"):
        list(make_run(photographs[0], photographs[1], size=300, steps=1, scales="none", precision="fp32"))


def test_a_picture_is_judged_with_the_memory_there_is(strips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def saved() -> Any:
        return make_run(strips[0], strips[1], size=400, steps=1, scales="none", precision="fp32", tiles="whole").result.record["saved"]

    expected = saved()
    evaluated, asked = Evaluator.evaluate, []

    def cramped(evaluator: Evaluator, pixels: Tensor) -> Evaluation:
        asked.append(str(evaluator.layout))
        if asked[-1] == "whole":
            raise MemoryError
        return evaluated(evaluator, pixels)

    monkeypatch.setattr(Evaluator, "evaluate", cramped)
    assert saved()["total"] == pytest.approx(expected["total"], rel=1e-6)
    assert asked[0] == "whole"
    assert asked[1] != "whole"
    # If nothing helps, the picture is still worth having.
    monkeypatch.setattr(Evaluator, "reduce_memory", lambda _: None)
    assert saved() is None
