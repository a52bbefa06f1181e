"""Masks: read, resized, and brought to layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.errors import PictureUnreadableError
from pincel.images.masks import downsample_mask, load_mask
from tests.backbones.stand_ins import random_vgg
from tests.tensors import assert_close


def saved(path: Path, values: Any) -> str:
    Image.fromarray(values.astype(np.uint8)).save(path)
    return str(path)


def test_gray_masks_have_soft_edges(tmp_path: Path) -> None:
    mask = load_mask(saved(tmp_path / "gray.png", np.array([[0, 51], [204, 255]])), "content mask")
    assert list(mask.regions) == ["white", "black"]
    assert_close(mask.regions["white"], torch.tensor([[[[0.0, 0.2], [0.8, 1.0]]]]))
    assert_close(mask.regions["white"] + mask.regions["black"], torch.ones(1, 1, 2, 2))
    assert mask.size == (2, 2)


def test_regions_without_a_pixel_are_left_out(tmp_path: Path) -> None:
    assert list(load_mask(saved(tmp_path / "ones.png", np.full((3, 4), 255)), "mask").regions) == ["white"]


def test_indexed_masks_have_regions_by_color(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1], [2, 1]], dtype=np.uint8)).convert("P")
    image.putdata([0, 1, 2, 1])
    image.putpalette([255, 0, 0, 0, 0, 255, 0, 255, 0])
    image.save(tmp_path / "indexed.png")
    mask = load_mask(str(tmp_path / "indexed.png"), "mask")
    assert list(mask.regions) == ["#0000ff", "#00ff00", "#ff0000"]
    assert_close(mask.regions["#0000ff"], torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]]))


def test_a_photograph_is_no_mask(photographs: list[Path]) -> None:
    with pytest.raises(PictureUnreadableError, match=r"content mask: has [\d,]+ colors .*accepted: gray, or at most 16 flat colors"):
        load_mask(str(photographs[0]), "content mask")


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), height=st.integers(1, 12), width=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_shares_add_up_at_any_size(rows: int, columns: int, height: int, width: int) -> None:
    white = torch.rand(1, 1, rows, columns, generator=torch.Generator().manual_seed(rows * columns))
    parts = [downsample_mask(share, 1, 1, (height, width), "simple") for share in (white, 1 - white)]
    assert_close(parts[0] + parts[1], torch.ones(1, 1, height, width), atol=1e-5)
    assert parts[0].min() >= 0


def probed(vgg: VGG, layer: LayerSpec, size: tuple[int, int], region: Tensor) -> Tensor:
    """Tell which positions of a layer change when a region does: those that see it."""
    pixels = torch.full((1, 3, *size), 100.0, dtype=torch.float64)
    before = vgg.features(pixels, [layer.name])[layer.name]
    after = vgg.features(pixels + 50 * region, [layer.name])[layer.name]
    return (before != after).any(1, keepdim=True).double()


@pytest.mark.parametrize("name", ["conv1_1", "conv2_1", "pool2", "conv3_1"])
def test_all_and_inside_are_what_the_network_sees(name: str) -> None:
    vgg = random_vgg([(1, 32), (1, 32), (1, 32)], pooling="avg").to(dtype=torch.float64)
    region = torch.zeros(1, 1, 36, 44, dtype=torch.float64)
    region[..., 8:30, 5:21] = 1
    layer = vgg.spec.layer(name)
    size = vgg.features(torch.zeros(1, 3, 36, 44, dtype=torch.float64), [name])[name].shape[-2:]
    touched = probed(vgg, layer, (36, 44), region)
    places = {
        how: downsample_mask(region, layer.stride, layer.receptive_field, (size[0], size[1]), how) for how in ("all", "inside", "simple")
    }
    assert_close(places["all"], touched)
    assert_close(places["inside"], 1 - probed(vgg, layer, (36, 44), 1 - region))
    assert bool((places["inside"] <= places["simple"]).all())
    assert bool((places["simple"] <= places["all"]).all())
