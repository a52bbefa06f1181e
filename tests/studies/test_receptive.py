"""What a position sees is what it depends on."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.random_filters import load_random_filters
from pincel.backbones.specs import ModelSpec, vgg_layers
from pincel.backbones.vgg import VGG, Pooling
from pincel.backbones.vgg_specs import VGG19
from pincel.studies.receptive_field import PixelBox, ReceptiveField, receptive_field

# One channel a layer: of VGG-19, the geometry is left.
THIN = ModelSpec("thin", "", vgg_layers([(2, 1), (2, 1), (4, 1), (4, 1), (4, 1)]), (0.0, 0.0, 0.0), "", "", "", "", "")
# Larger than what the deepest layer sees.
SIDE = 320


def ones(spec: ModelSpec, pooling: Pooling) -> VGG:
    """Return a network that only adds: every pixel seen counts, and none cancels another."""
    weights, before = {}, 3
    for layer in spec.layers:
        if layer.kind == "conv":
            weights[layer.name] = torch.ones(layer.channels, before, 3, 3).double(), torch.zeros(layer.channels).double()
            before = layer.channels
    return VGG(spec, weights, pooling)


@cache
def looked_at(pooling: Pooling) -> tuple[Tensor, dict[str, Tensor]]:
    pixels = (1 + torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).requires_grad_()
    return pixels, ones(THIN, pooling).features(pixels, THIN.names)


def support(pixels: Tensor, answer: Tensor, row: int, column: int) -> PixelBox:
    """Return the smallest box around all pixels on which one position depends."""
    (slope,) = torch.autograd.grad(answer[0, 0, row, column], pixels, retain_graph=True)
    touched = slope[0].abs().sum(0) > 0
    rows, columns = (touched.any(side).nonzero().flatten() for side in (1, 0))
    return PixelBox(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


@pytest.mark.parametrize("name", VGG19.names)
def test_every_layer_of_vgg19_sees_its_box_and_nothing_else(name: str) -> None:
    field = receptive_field(VGG19, name)
    pixels, answers = looked_at("avg")
    last = answers[name].shape[-1] - 1
    middle = (last + 1) // 2
    inner = field.box(middle, middle)
    # In the middle nothing is clipped.
    assert inner == inner.clipped(SIDE, SIDE)
    for row, column in ((middle, middle), (0, 0), (last, 0), (middle, last), (last, last)):
        (slope,) = torch.autograd.grad(answers[name][0, 0, row, column], pixels, retain_graph=True)
        expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
        box = field.box(row, column).clipped(SIDE, SIDE)
        expected[box.top : box.bottom, box.left : box.right] = True
        assert torch.equal(slope[0, 0] > 0, expected), (row, column)


@pytest.mark.parametrize("name", ["relu1_1", "pool2", "conv3_4", "relu5_1"])
def test_the_largest_of_four_depends_on_some_of_the_box(name: str) -> None:
    pixels, answers = looked_at("max")
    middle = answers[name].shape[-1] // 2
    found, box = support(pixels, answers[name], middle, middle), receptive_field(VGG19, name).box(middle, middle)
    assert box.top <= found.top
    assert box.left <= found.left
    assert box.bottom >= found.bottom
    assert box.right >= found.right


def test_a_filter_of_eleven_pixels_sees_eleven() -> None:
    spec = BACKBONES["random-cnn-11"]
    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)).requires_grad_()
    answer = load_random_filters(spec).features(pixels, ["conv1_1"])["conv1_1"]
    field = receptive_field(spec, "conv1_1")
    assert field == ReceptiveField(start=-5, jump=1, size=11)
    for place in ((16, 16), (0, 0), (31, 2)):
        assert support(pixels, answer, *place) == field.box(*place).clipped(32, 32)


def test_fields_by_hand() -> None:
    # conv1_1 sees one pixel on each side; conv1_2 two; pool1 joins two of those; conv2_1 looks two pixels farther on each side.
    assert receptive_field(VGG19, "relu1_1") == ReceptiveField(-1, 1, 3)
    assert receptive_field(VGG19, "conv1_2") == ReceptiveField(-2, 1, 5)
    assert receptive_field(VGG19, "pool1") == ReceptiveField(-2, 2, 6)
    assert receptive_field(VGG19, "relu2_1") == ReceptiveField(-4, 2, 10)


def test_a_box_that_begins_at_a_pooling_window() -> None:
    assert PixelBox(5, 8, 20, 20).aligned(4) == PixelBox(4, 8, 20, 20)
    assert PixelBox(-3, 0, 9, 9).clipped(6, 30) == PixelBox(0, 0, 6, 9)
