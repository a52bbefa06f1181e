"""Several processes see what one sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from pincel.engine.process_group import LeaderGroup, TorchGroup
from pincel.errors import WorkerError
from pincel.run.worker import _Worker
from pincel.sources import open_picture
from pincel.version import __version__
from tests.torchrun import run


@pytest.mark.parametrize("processes", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.timeout(150)
def test_totals_and_slopes_are_those_of_one_process(processes: int, tmp_path: Path) -> None:
    done = run(processes, "tests.engine.shared_work", tmp_path / "out.json", seconds=120)
    assert done.returncode == 0, done.stderr
    differences = json.loads((tmp_path / "out.json").read_text())
    assert len(differences) == 8
    assert max(max(each[:3]) for each in differences.values()) < 1e-9, differences
    # Ten steps of Adam, and of L-BFGS: what rounding leaves is small enough not to grow here.
    assert max(curve for each in differences.values() for curve in each[3:]) < 1e-5, differences


class Script:
    """A team that says what it is told to say, and remembers what it hears."""

    rank, processes = 1, 2

    def __init__(self, *replies: str) -> None:
        self.told: list[Any] = []
        self._replies = list(replies)

    def broadcast(self, order: Any) -> None:
        self.told.append(order)

    def all_gather(self, text: str) -> list[str]:
        self.told.append(text)
        return [text, *self._replies]


def loading(photographs: list[Path], **changed: Any) -> str:
    """Return what a process answers that is to load a picture."""
    content, style = ({"path": str(path), "sha256": open_picture(path, "picture").sha256, "weight": 1.0} for path in photographs[:2])
    order = {
        "pincel": __version__,
        "recipe": {"name": "mine", "summary": "", **_recipe()},
        "content": content,
        "styles": [style],
        "calibration": {},
        "device": "cpu",
        "precision": ["fp32", "direct"],
        "tiles": ["whole"],
        **changed,
    }
    script = Script()
    _Worker(cast("TorchGroup", script), 0).load(json.loads(json.dumps(order)))
    (answer,) = script.told
    return str(answer)


def _recipe() -> dict[str, Any]:
    from pincel.recipes import RECIPES
    from pincel.recipes.schema import NAMES

    return {key: value for key, value in RECIPES["pincel"].recipe.model_dump().items() if key not in NAMES}


def test_a_process_that_has_the_same_is_ready(photographs: list[Path]) -> None:
    assert loading(photographs) == ""


@pytest.mark.parametrize(
    ("what", "changed", "message"),
    [
        ("another picture", {"content": {"path": "{0}", "sha256": "0" * 64}}, "the content picture '{0}' is another one there"),
        ("no picture", {"content": {"path": "/nowhere/x.png", "sha256": "0" * 64}}, "content: no such file"),
        ("no file", {"styles": [{"path": "", "sha256": "0" * 64, "weight": 1}]}, "the style picture is no file"),
        ("another version", {"pincel": "0.0.0"}, "process 0 has 0.0.0"),
    ],
)
def test_one_that_has_not_says_what_and_where(what: str, changed: dict[str, Any], message: str, photographs: list[Path]) -> None:
    path = str(photographs[0])
    filled = json.loads(json.dumps(changed).replace("{0}", path))
    answer = loading(photographs, **filled)
    assert message.replace("{0}", path) in answer
    assert answer.startswith("Process 1 on ")
    assert "\n" not in answer


def test_the_leader_ends_the_run_if_one_cannot_help() -> None:
    script = Script("", "Process 2 on there cannot help: why")
    with pytest.raises(WorkerError, match="Process 2 on there cannot help: why"):
        LeaderGroup(cast("TorchGroup", script)).broadcast_config(lambda: {"size": [1, 2]})
    assert script.told == [{"do": "load", "size": [1, 2]}, ""]


def test_what_torch_says_becomes_one_line() -> None:
    from pincel.engine.process_group import _one_line_errors

    said = "[../gloo/pair.cc:1] Connection closed by peer [127.0.0.1]:1. This is typically\ncaused by bugs."
    with pytest.raises(WorkerError) as caught, _one_line_errors():
        raise RuntimeError(said)
    assert str(caught.value) == "Another process of this run has died or cannot be reached (Connection closed by peer [127.0.0.1]:1)."


def test_what_is_sent_lies_in_memory_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, ...]] = []
    monkeypatch.setattr("torch.distributed.all_reduce", lambda tensor: sent.append(tensor.stride()))
    layer = torch.arange(24.0).view(1, 2, 3, 4)
    for each in (layer, layer.contiguous(memory_format=torch.channels_last), layer[..., :4]):
        assert torch.equal(TorchGroup(0, 2).all_reduce(each), layer)
    assert sent == [(24, 8, 2, 1)] * 3
