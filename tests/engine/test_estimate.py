"""What a look takes is known before, from the specs and a small picture."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pincel.backbones.vgg import VGG
from pincel.engine.estimate import BACKWARD_FACTOR, CostModel
from pincel.engine.layout import WHOLE, Layout, parse_layout
from pincel.engine.precision import Precision
from pincel.engine.tiles import forward_tiled
from tests.backbones.stand_ins import random_vgg
from tests.grams import gram_sums
from tests.tensors import picture

CPU = torch.device("cpu")
STYLE = frozenset(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"])
SMALL = CostModel(random_vgg([(2, 4), (2, 6), (3, 8), (2, 8), (1, 8)]), STYLE, CPU)


def test_the_arithmetic_is_that_of_the_layers(vgg: VGG) -> None:
    # 361,152 multiply-adds a pixel up to relu5_1, there; BACKWARD_FACTOR times as many back.
    need = CostModel(vgg, STYLE, CPU).cost((64, 96))
    assert need.work == pytest.approx((1 + BACKWARD_FACTOR) * 361_152 * 64 * 96)
    assert CostModel(vgg, STYLE, CPU).cost((64, 96), grad=False).work == pytest.approx(361_152 * 64 * 96)


@pytest.mark.parametrize("precision", [Precision("fp32"), Precision("fp32", "winograd"), Precision("bf16")], ids=str)
def test_what_is_kept_for_the_way_back_is_counted_right(precision: Precision, vgg: VGG) -> None:
    network = precision.applied(vgg, STYLE)
    counted = CostModel(network, STYLE, CPU)
    (part,) = WHOLE.parts(network, STYLE)

    def held(height: int, width: int) -> int:
        blocks: dict[int, int] = {}

        def note(tensor: torch.Tensor) -> torch.Tensor:
            blocks[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor.detach()

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            seen = forward_tiled(network, picture(height, width).requires_grad_(), STYLE, gram_sums)
        assert seen
        return sum(blocks.values())

    # The difference is without the weights.
    found = (held(192, 320) - held(192, 160)) / (192 * 160)
    assert counted._keeps(part) == pytest.approx(found, rel=0.02)


@settings(max_examples=25)
@given(height=st.integers(16, 5000), width=st.integers(16, 5000), layout=st.sampled_from(["pool2=512", "pool3=512,rest=1024", "rest=2048"]))
def test_tiles_cost_work_and_never_memory_by_the_picture(height: int, width: int, layout: str) -> None:
    cut = parse_layout(layout)
    whole, tiled = SMALL.cost((height, width)), SMALL.cost((height, width), cut)
    assert tiled.work > whole.work
    larger = SMALL.cost((2 * height, 2 * width), cut)
    assert larger.memory >= tiled.memory
    assert SMALL.cost((2 * height, 2 * width)).memory > 2 * whole.memory


def test_the_ways_to_cut_begin_with_the_whole_and_are_all_different() -> None:
    ways = list(SMALL.layouts())
    assert ways[0] == WHOLE
    assert len({str(way) for way in ways}) == len(ways)
    assert {name for way in ways for name in way.cuts} == {"pool2", "pool3", "rest"}


def test_a_network_without_poolings_is_cut_as_one() -> None:
    ways = list(CostModel(SMALL.backbone, frozenset(["relu1_1"]), CPU).layouts())
    assert {name for way in ways for name in way.cuts} == {"rest"}


def test_thriftier_and_thriftier_until_nothing_is_left() -> None:
    size = (3000, 4000)
    seen: list[Layout] = [WHOLE]
    while (lighter := SMALL.smaller_tiling(size, seen[-1])) is not None:
        assert SMALL.cost(size, lighter).memory <= 0.7 * SMALL.cost(size, seen[-1]).memory
        seen.append(lighter)
    assert 3 <= len(seen) <= 10
