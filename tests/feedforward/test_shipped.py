"""The network that comes with pincel."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.backbones.vgg import VGG
from pincel.feedforward.file import SHIPPED, load_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.operations import ChannelStatistics
from pincel.feedforward.stylize import stylize
from pincel.images.io import load_picture
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture
from pincel.samples import find_sample

LAYERS = ("relu1_1", "relu2_1", "relu3_1")


@pytest.fixture(scope="module")
def shipped() -> Network:
    return load_stylizer(SHIPPED)


def apart(network: Network, shown: LoadedImage, other: LoadedImage) -> float:
    """Return how far means and deviations of two pictures are apart, over the layers it was taught by, in shares of the second's."""
    assert network.encoder is not None
    vgg: VGG = network.encoder.vgg
    mine, theirs = (vgg.features(255 * each.pixels, LAYERS) for each in (shown, other))
    total = 0.0
    for layer in LAYERS:
        one, two = ChannelStatistics.of(mine[layer]), ChannelStatistics.of(theirs[layer])
        pairs = ((one.mean, two.mean), (one.variance.sqrt(), two.variance.sqrt()))
        total += sum(float((a - b).square().mean() / b.square().mean()) for a, b in pairs)
    return total


@pytest.mark.parametrize("style", ["impasto", "woodcut"])
def test_it_paints_after_a_painting(style: str, shipped: Network, photographs: list[Path]) -> None:
    painting = resize_picture(load_picture(find_sample(f"sample:{style}")), (144, 192), "lanczos")
    for path in photographs:
        photograph = load_picture(path)
        stylize_pixels = LoadedImage(stylize(shipped, photograph, [(painting, 1.0)]), None, "stylize_pixels", "")
        assert apart(shipped, stylize_pixels, painting) < 0.5 * apart(shipped, photograph, painting)


def test_it_knows_what_it_sees(shipped: Network, photographs: list[Path]) -> None:
    for path in photographs:
        photograph = load_picture(path)
        copied = stylize(shipped, photograph, [(photograph, 1.0)])
        assert float((copied - photograph.pixels).square().mean().sqrt()) < 0.15


def test_it_says_how_it_was_taught(shipped: Network) -> None:
    spec = shipped.spec
    assert (spec.kind, spec.recipe["name"], spec.encoder, spec.layer) == ("any-style", "wct-small", "vgg19", "relu3_1")
    assert spec.trained["steps"] == spec.recipe["steps"]
    assert spec.trained["stopped"] == "steps"
    assert SHIPPED.stat().st_size < 1_000_000
