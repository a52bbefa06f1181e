"""Pictures in, stylize_pixels pictures out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pincel.backbones.vgg import VGG
from pincel.errors import OptionError, PictureSizeError
from pincel.feedforward.network import Network
from pincel.feedforward.stylize import Color, StylizeOptions, match_colors, measure_style, style_target, stylize
from pincel.functional.color import color_statistics, luma
from pincel.images.picture import LoadedImage
from tests.feedforward.nets import any_style, one_style


def picture(seed: int, height: int = 40, width: int = 48) -> LoadedImage:
    pixels = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * (0.4 + 0.1 * seed)
    return LoadedImage(pixels, None, f"{seed}", f"{seed}")


@pytest.fixture(scope="module")
def network(vgg: VGG) -> Network:
    return any_style(vgg)


def test_a_mixture_is_between(network: Network) -> None:
    one, other = picture(1), picture(2)
    mixed = style_target(network, [(one, 3.0), (other, 1.0)])
    apart = [network.transform.target(measure_style(network, each)) for each in (one, other)]
    assert torch.allclose(mixed.mean, 0.75 * apart[0].mean + 0.25 * apart[1].mean, rtol=1e-5, atol=1e-6)
    assert torch.allclose(mixed.spread, 0.75 * apart[0].spread + 0.25 * apart[1].spread, rtol=1e-4, atol=1e-5)


def test_a_style_of_no_weight_is_not_looked_at(network: Network) -> None:
    tiny = LoadedImage(torch.rand(1, 3, 1, 1), None, "tiny", "")
    alone = stylize(network, picture(0), [(picture(1), 1.0)])
    assert torch.equal(stylize(network, picture(0), [(picture(1), 2.0), (tiny, 0.0)]), alone)


def test_strength_goes_from_the_photograph_to_the_style(network: Network) -> None:
    content, style = picture(0), picture(3)
    none, half, full, more = (stylize(network, content, [(style, 1.0)], StylizeOptions(strength)) for strength in (0.0, 0.5, 1.0, 2.0))
    # Without strength its features are its own: the same picture whatever the style.
    assert torch.allclose(none, stylize(network, content, [(picture(4), 1.0)], StylizeOptions(0.0)), atol=1e-5)
    assert torch.allclose(none, stylize(network, content, [(content, 1.0)]), atol=1e-4)
    distances = [float((each - none).abs().mean()) for each in (more, full, half)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] > 1e-3


def test_colors(network: Network) -> None:
    content, style = picture(0), picture(3)
    plain = stylize(network, content, [(style, 1.0)])
    kept = stylize(network, content, [(style, 1.0)], StylizeOptions(color="luminance"))
    offsets = kept - content.pixels
    # Only brightness was repainted: all channels were moved alike.
    assert torch.allclose(offsets, offsets.mean(1, keepdim=True).expand_as(offsets), atol=1e-5)
    inside = (plain.amin() > 0) & (luma(kept) - luma(plain)).abs().le(0.02)
    assert inside.shape == (1, 1, 40, 48)
    one = match_colors([(style, 1.0)], content)[0][0]
    assert torch.allclose(color_statistics(one.pixels).mean, color_statistics(content.pixels).mean, atol=0.02)
    assert not torch.equal(stylize(network, content, [(style, 1.0)], StylizeOptions(color="content")), plain)


def test_tiles_where_memory_is_short(network: Network) -> None:
    content, styles = picture(0, 300, 280), [(picture(1), 1.0)]
    told: list[int] = []
    tiled = stylize(network, content, styles, budget=40_000_000, on_tile=lambda done, total: told.append(total))
    assert len(set(told)) == 1
    assert torch.allclose(tiled, stylize(network, content, styles), atol=1e-5)


@pytest.mark.parametrize(
    ("strength", "color", "styles", "said"),
    [
        (2.5, "style", 1, "strength: is out of range · given 2.5"),
        (float("nan"), "style", 1, "strength: is out of range · given nan"),
        (1.0, "gray", 1, "color: is none of ours · given gray"),
        (1.0, "style", 0, "style: the network any paints after a picture · given none"),
    ],
)
def test_what_cannot_be(strength: float, color: Color, styles: int, said: str, network: Network) -> None:
    with pytest.raises(OptionError, match=rf"^{said}"):
        stylize(network, picture(0), [(picture(1), 1.0)] * styles, StylizeOptions(strength, color))


def test_what_a_network_of_one_style_cannot() -> None:
    small = one_style()
    with pytest.raises(OptionError, match=r"^style: the network small has learned one and takes no other"):
        stylize(small, picture(0), [(picture(1), 1.0)])
    with pytest.raises(OptionError, match=r"^network: small has learned one style, as it is"):
        stylize(small, picture(0), options=StylizeOptions(0.5))
    assert stylize(small, picture(0), options=StylizeOptions(color="luminance")).shape == (1, 3, 40, 48)


def test_pictures_too_small(network: Network) -> None:
    paper = one_style(stages="c9s1-6,d8,d10,R10,R10,R10,R10,R10,u8,u6,c9s1-3", padding="reflect-start")
    with pytest.raises(PictureSizeError, match=r"^picture: too small for the network small · given 41×40 pixels · accepted: 41 pixels"):
        stylize(paper, picture(0, 40, 41))
    with pytest.raises(PictureSizeError, match=r"^picture: too small for the network any"):
        stylize(network, replace(picture(0), pixels=torch.rand(1, 3, 1, 9)), [(picture(1), 1.0)])


@pytest.mark.parametrize("weights", [(0.0, 0.0), (-1.0, 2.0), (float("nan"), 1.0)])
def test_weights_that_cannot_be(weights: tuple[float, float], network: Network) -> None:
    with pytest.raises(OptionError, match=r"^style: weights that cannot be"):
        style_target(network, [(picture(1), weights[0]), (picture(2), weights[1])])
