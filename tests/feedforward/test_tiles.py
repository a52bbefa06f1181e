"""Tiles give the same picture as the whole, and memory is told beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pincel.backbones.vgg import VGG
from pincel.errors import MemoryLimitError
from pincel.feedforward.network import Network
from pincel.feedforward.stages import TileGeometry
from pincel.feedforward.tiles import SIDES, choose_side, estimate_memory, stylize_pixels, tile_spans
from pincel.feedforward.transforms import Covariance
from tests.feedforward.nets import any_style, one_style


@settings(max_examples=5)
@given(st.integers(24, 60), st.integers(24, 60), st.sampled_from(["reflect", "reflect-start"]), st.sampled_from([16, 32]))
def test_tiles_paint_the_same_picture(height: int, width: int, padding: str, side: int) -> None:
    network = one_style(padding=padding)
    pixels = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height * width))
    whole = stylize_pixels(network, pixels, None, 1.0, 0)
    assert torch.allclose(stylize_pixels(network, pixels, None, 1.0, side), whole, atol=1e-5)


@pytest.mark.parametrize("transform", ["adain", "wct"])
def test_tiles_of_an_any_style_network(vgg: VGG, transform: Literal["adain", "wct"]) -> None:
    network = any_style(vgg)
    network = replace(network, spec=replace(network.spec, transform=transform))
    pixels = torch.rand(1, 3, 61, 75, generator=torch.Generator().manual_seed(3))
    target = network.transform.target(Covariance.of(torch.rand(1, 128, 20, 20)))
    whole = stylize_pixels(network, pixels, target, 0.6, 0)
    told: list[tuple[int, int]] = []
    tiled = stylize_pixels(network, pixels, target, 0.6, 32, lambda done, total: told.append((done, total)))
    assert torch.allclose(tiled, whole, atol=1e-5)
    # Six tiles, once to measure and once to paint.
    assert told == [(done, 12) for done in range(1, 13)]


@given(st.integers(1, 2000), st.sampled_from([16, 64, 128]))
def test_windows_have_every_pixel_once(length: int, side: int) -> None:
    network = one_style()
    found = tile_spans(length, side, network)
    assert [pixel for window in found for pixel in range(window.begin, window.end)] == list(range(length))
    assert all(window.padded_begin % network.tile_geometry.stride == 0 for window in found)
    assert [window.last for window in found] == [False] * (len(found) - 1) + [True]


def test_a_margin_that_is_too_narrow_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    network = one_style(norm="none")
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    whole = stylize_pixels(network, pixels, None, 1.0, 0)
    assert torch.allclose(stylize_pixels(network, pixels, None, 1.0, 16), whole, atol=1e-3)
    monkeypatch.setattr(Network, "tile_geometry", TileGeometry(4, 4))
    assert not torch.allclose(stylize_pixels(network, pixels, None, 1.0, 16), whole, atol=1e-2)


def test_memory_by_hand() -> None:
    # The second padding: 6 channels in, 6 out, twice, of 100×100 in float32. Convolutions have 3 + 6, and 6 + 3.
    network = one_style(stages="c3s1-6,c3s1-3", norm="none", output="linear")
    assert estimate_memory(network, 100, 100) == int(4 * (6 + 12) * 100 * 100 * 1.25)


def test_sides_of_tiles_follow_the_memory() -> None:
    network = one_style()
    sides = [choose_side(network, 3000, 2000, budget) for budget in (10**10, 4 * 10**8, 2 * 10**8 + 5 * 10**7)]
    assert sides[0] == 0
    assert sides[0] < sides[2] < sides[1]
    with pytest.raises(MemoryLimitError, match=r"^memory: too little to paint with, even in tiles · given 0\.01 GB for 3000×2000 pixels"):
        choose_side(network, 2000, 3000, 10**7)
    assert sides[2] >= SIDES[-1]
