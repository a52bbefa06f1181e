"""Figures that take minutes: ``make study`` prints them."""

from __future__ import annotations

import pytest

from _speed.pastiche_runner import PasticheRunner
from pincel import transfer
from pincel.backbones import BACKBONES
from pincel.backbones.calibrate import _calibration_pixels, calibration_pictures, normalized_vgg
from pincel.backbones.normalize import mean_activations
from pincel.backbones.vgg import Pooling, load_vgg
from pincel.samples import find_sample

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings(
    "ignore:Image.Image.getdata:DeprecationWarning", "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(("content", "style"), [("harbour", "impasto"), ("lighthouse", "woodcut")])
def test_a_hundred_steps_go_at_least_as_far_as_those_of_pastiche(content: str, style: str) -> None:
    pair = (str(find_sample(content)), str(find_sample(style)))
    losses = transfer(*pair, recipe="pastiche", size=256, steps=100).losses
    our_start, our_end = losses[0]["total"], losses[-1]["total"]
    peer = PasticheRunner()
    peer.open(*pair, size=256, device="cpu")
    their_start = peer.terms()["total"]
    for _ in range(100):
        peer.step()
    their_end = peer.terms()["total"]
    print(
        f"{content} × {style}: start differs by {our_start / their_start - 1:+.1e}, after 100 steps ours ÷ theirs {our_end / their_end:.3f}"
    )
    assert our_start == pytest.approx(their_start, rel=1e-4)
    assert our_end <= 1.02 * their_end


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_every_filter_of_the_normalized_network_has_mean_one(pooling: Pooling) -> None:
    vgg = normalized_vgg(load_vgg(BACKBONES["vgg19"], pooling=pooling), "samples", print, print)
    means = mean_activations(vgg, (_calibration_pixels(path) for path in calibration_pictures("samples")))
    low, high = min(float(m.min()) for m in means.values()), max(float(m.max()) for m in means.values())
    print(f"{pooling} pooling, {sum(m.numel() for m in means.values())} filters: means from {low:.6f} to {high:.6f}")
    assert 0.999 <= low <= high <= 1.001


def test_the_deck_from_noise() -> None:
    losses = transfer("sample:harbour", "sample:impasto", recipe="slides", size=192, steps=200).losses
    for loss in losses[::40]:
        print({name: f"{value:.4g}" for name, value in loss.items() if isinstance(value, float)})
    assert losses[-1]["total"] < 0.1 * losses[0]["total"]
