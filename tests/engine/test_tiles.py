"""A tile at a time gives what the whole picture gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from pincel.backbones.vgg import VGG, Pooling, PoolRounding
from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.layout import WHOLE, Layout, Tile, parse_layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem
from pincel.engine.tiles import LocalWork, forward_tiled
from pincel.errors import OptionError
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.variation import squared_variation
from pincel.losses.base import Loss
from pincel.losses.content import ContentLoss
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from pincel.losses.windows import FeatureBuffer
from pincel.types import Window
from tests.backbones.stand_ins import random_vgg
from tests.grams import gram_loss, gram_sums
from tests.tensors import assert_close, picture

BLOCKS = [(2, 4), (2, 6), (3, 8), (2, 8), (1, 8)]
SLIDES = CONVENTIONS["slides"]
STYLE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


def make_problem(vgg: VGG, content_layers: list[str], style_layers: list[str], size: tuple[int, int], layout: Layout) -> Evaluator:
    """Measure the targets in tiles too."""
    dtype = next(iter(vgg.weights.values()))[0].dtype
    content, style = (shift + picture(*size).to(dtype).roll(shift, -1) for shift in (1, 5))
    losses: list[Loss] = [VariationLoss(squared_variation, 1)]
    with torch.no_grad():
        if content_layers:
            buffer = FeatureBuffer()
            forward_tiled(vgg, content, frozenset(content_layers), buffer, layout)
            losses.append(ContentLoss(buffer.layers, dict.fromkeys(content_layers, 1.0), 10, SLIDES))
        if style_layers:
            grams = forward_tiled(vgg, style, frozenset(style_layers), gram_sums, layout)
            losses.append(gram_loss(grams, dict.fromkeys(style_layers, 0.5), 40, SLIDES))
    return Evaluator(Problem(vgg, Objective(losses), PixelCanvas()), FP32, layout)


def furthest(found: Tensor, expected: Tensor) -> float:
    """Largest error, as a share of the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


layouts = st.builds(
    lambda names, cuts, tight, keep: Layout(dict(zip(names, cuts, strict=False)), tight, keep),
    st.lists(st.sampled_from(["pool1", "pool2", "pool3", "pool4", "rest"]), unique=True, min_size=1).map(sorted),
    st.lists(st.integers(1, 80) | st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=5, max_size=5),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=60)
@given(
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    layout=layouts,
    pooling=st.sampled_from(["max", "avg"]),
    rounding=st.sampled_from(["down", "up"]),
    content=st.lists(st.sampled_from(["relu2_2", "conv3_2", "relu4_2", "pool3"]), unique=True, max_size=2),
    style=st.lists(st.sampled_from([*STYLE, "conv1_2", "pool2"]), unique=True, max_size=4),
)
@example(height=71, width=50, layout=Layout({"rest": 32}), pooling="max", rounding="up", content=["relu4_2"], style=STYLE)
@example(height=71, width=50, layout=Layout({"pool2": 16, "pool3": 32}), pooling="max", rounding="down", content=["relu4_2"], style=STYLE)
def test_tiles_give_the_totals_and_slopes_of_the_whole(
    height: int, width: int, layout: Layout, pooling: Pooling, rounding: PoolRounding, content: list[str], style: list[str]
) -> None:
    vgg = replace(random_vgg(BLOCKS, pooling).to(dtype=torch.float64), pool_rounding=rounding)
    x = picture(height, width).double().flip(-1)
    whole, tiled = (make_problem(vgg, content, style, (height, width), each).gradient(x) for each in (WHOLE, layout))
    assert float(tiled[0].total) == pytest.approx(float(whole[0].total), rel=1e-12)
    assert furthest(tiled[1], whole[1]) < 1e-9


@pytest.mark.parametrize("layout", ["pool2=64", "pool2=32,pool3=64", "pool1=16,pool4=64,rest=64", "rest=48"])
@pytest.mark.parametrize("precision", [FP32, Precision("fp32", "winograd")], ids=str)
def test_single_precision(precision: Precision, layout: str, vgg: VGG) -> None:
    network = precision.applied(vgg, frozenset(STYLE))
    x = picture(100, 140).flip(-1)
    whole, tiled = (make_problem(network, ["relu4_2"], STYLE, (100, 140), each).gradient(x) for each in (WHOLE, parse_layout(layout)))
    assert float(tiled[0].total) == pytest.approx(float(whole[0].total), rel=1e-6)
    assert furthest(tiled[1], whole[1]) < 1e-5


@pytest.mark.parametrize(
    ("layout", "size", "pooling", "rounding", "precision"),
    [
        ("pool2=256", (134, 390), "max", "down", FP32),
        ("pool2=256", (70, 390), "avg", "up", Precision("fp32", "winograd")),
        ("pool2=256,pool3=512,rest=256", (66, 523), "max", "up", Precision("fp32", "winograd")),
        ("rest=256", (67, 531), "max", "down", Precision("bf16")),
        ("pool2=256", (390, 70), "max", "down", Precision("bf16", "winograd")),
    ],
    ids=str,
)
def test_tiles_of_whole_blocks_give_the_same_bits(
    layout: str, size: tuple[int, int], pooling: Pooling, rounding: PoolRounding, precision: Precision, vgg: VGG
) -> None:
    network = precision.applied(replace(vgg, pooling=pooling, pool_rounding=rounding), frozenset(STYLE))
    x = picture(*size).flip(-1)
    whole, tiled = (make_problem(network, ["relu4_2"], STYLE, size, each).gradient(x) for each in (WHOLE, parse_layout(layout)))
    assert len(parse_layout(layout).parts(network, frozenset(STYLE))[0].tiles(*size)) > 1
    assert tiled[0].numbers() == pytest.approx(whole[0].numbers(), rel=1e-14)
    assert torch.equal(tiled[1], whole[1])


@settings(max_examples=20)
@given(height=st.integers(16, 70), width=st.integers(16, 70), layout=layouts, pooling=st.sampled_from(["max", "avg"]))
def test_what_is_kept_is_what_would_be_computed_again(height: int, width: int, layout: Layout, pooling: Pooling) -> None:
    vgg = random_vgg(BLOCKS, pooling).with_winograd(["relu5_1"])
    x = picture(height, width).flip(-1)
    again, kept = (
        make_problem(vgg, ["relu4_2"], STYLE, (height, width), replace(layout, tight=True, keep=keep)).gradient(x) for keep in (False, True)
    )
    assert torch.equal(again[0].total, kept[0].total)
    assert torch.equal(again[1], kept[1])


def kept_bytes(layout: Layout, x: Tensor) -> int:
    """Look at a picture, and count what stays in memory for the way back, but the picture."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        forward_tiled(random_vgg(BLOCKS), x, frozenset(["relu1_1", "relu2_1"]), gram_sums, layout)
    return sum(kept.values())


def test_only_with_slopes_is_anything_kept() -> None:
    again, kept = Layout({"rest": (2, 2)}), Layout({"rest": (2, 2)}, keep=True)
    assert kept_bytes(kept, picture(64, 64).requires_grad_()) > 3 * kept_bytes(again, picture(64, 64).requires_grad_())
    assert kept_bytes(kept, picture(64, 64)) == 0
    with torch.no_grad():
        assert kept_bytes(kept, picture(64, 64).requires_grad_()) == 0


def test_a_tile_without_its_margin_would_be_another_picture(vgg: VGG, monkeypatch: pytest.MonkeyPatch) -> None:
    from pincel.engine import layout

    monkeypatch.setattr(layout, "_margin", lambda *_: 0)
    x = picture(64, 192)
    whole, tiled = (make_problem(vgg, [], STYLE, (64, 192), each).gradient(x)[1] for each in (WHOLE, Layout({"rest": 64})))
    assert furthest(tiled, whole) > 1e-3


@pytest.mark.parametrize(
    ("layout", "margins"),
    [
        # (1 + 1) + 2·(1 + 1) of blocks 1 and 2; at a quarter, 4; at an eighth, 4 + 2.
        ("pool2=64,pool3=64,rest=64", [6, 4, 6]),
        # 2 + 2·2 + 4·4 + 8·4 + 16: relu5_1 sees 156 pixels, 15 of them because of poolings, at whose borders tiles begin.
        ("rest=64", [70]),
    ],
)
def test_margins_come_from_the_receptive_fields(layout: str, margins: list[int], vgg: VGG) -> None:
    parts = parse_layout(layout).parts(vgg, frozenset(STYLE))
    assert [part.margin for part in parts] == margins


def test_margins_take_in_whole_tiles_of_winograd(vgg: VGG) -> None:
    # Block 2: 1, of a tile 4, and 1: 5; twice that, and 1 + 1.
    (first, _) = Layout({"pool2": 64}).parts(vgg.with_winograd(STYLE), frozenset(STYLE))
    assert first.margin == 2 * (4 + 1) + 2


def test_tiles_cover_everything_once() -> None:
    for length in range(16, 200, 7):
        (part,) = Layout({"rest": 48}).parts(random_vgg(BLOCKS), frozenset(["relu3_1"]))
        seen = torch.zeros(length, 50)
        for tile in part.tiles(length, 50):
            tile.of(seen).add_(1)
            outer = part.padded(tile, length, 50)
            assert outer.top % 16 == outer.left % 16 == 0
            assert outer.top <= max(0, tile.top - part.margin)
            assert outer.bottom >= min(length, tile.bottom + part.margin)
        assert bool((seen == 1).all())


def test_nothing_is_kept_of_a_tile() -> None:
    # Of 4·2 + … numbers a pixel, the graph keeps the picture and what goes on behind the second pooling.
    assert kept_bytes(Layout({"pool2": 32}), picture(64, 64).requires_grad_()) == 4 * 3 * 64 * 64


def test_who_has_no_tile_adds_nothing() -> None:
    class Idle(LocalWork):
        def local_tiles(self, everything: Sequence[Tile]) -> Sequence[Tile]:
            return ()

    vgg, layers, layout = random_vgg(BLOCKS), frozenset(["relu1_1", "relu3_1"]), Layout({"pool1": 32, "rest": 32})
    busy = forward_tiled(vgg, picture(50, 71), layers, gram_sums, layout)
    leaf = picture(50, 71).requires_grad_()
    idle = forward_tiled(vgg, leaf, layers, gram_sums, layout, Idle())
    assert {name: value.shape for name, value in idle.items()} == {name: value.shape for name, value in busy.items()}
    assert not any(value.any() for value in idle.values())
    (slope,) = torch.autograd.grad(torch.stack([value.sum() for value in idle.values()]).sum(), leaf)
    assert not slope.any()


@given(length=st.integers(4, 200), count=st.integers(2, 9))
def test_grids_are_of_as_many_tiles_alike(length: int, count: int) -> None:
    (part,) = Layout({"rest": (count, 1)}, tight=True).parts(random_vgg(BLOCKS), frozenset(["relu2_1"]))
    rows = [tile.bottom - tile.top for tile in part.tiles(length, 50)]
    assert sum(rows) == length
    assert len(rows) == (min(count, length // 2))
    # Tiles begin where poolings do; an odd last row is left over.
    assert max(rows) - min(rows) <= 2 + length % 2


def test_layers_put_together_again() -> None:
    vgg = random_vgg(BLOCKS)
    buffer = FeatureBuffer()
    with torch.no_grad():
        forward_tiled(vgg, picture(50, 70), frozenset(["relu2_1", "pool3"]), buffer, Layout({"pool1": 16, "rest": 32}))
    expected = vgg.features(picture(50, 70), ["relu2_1", "pool3"])
    assert buffer.layers.keys() == expected.keys()
    for layer, seen in expected.items():
        assert_close(buffer.layers[layer], seen, rtol=1e-5, atol=1e-4)


def test_work_shared_out_is_done_once() -> None:
    class Half(LocalWork):
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def local_tiles(self, everything: Any) -> Any:
            return everything[self.rank :: 2]

    vgg, layout, layers = random_vgg(BLOCKS), Layout({"pool2": 16}), frozenset(["relu1_1", "relu2_1"])
    halves: list[Mapping[Any, Tensor]] = [forward_tiled(vgg, picture(70, 90), layers, gram_sums, layout, Half(rank)) for rank in (0, 1)]
    for layer, whole in forward_tiled(vgg, picture(70, 90), layers, gram_sums).items():
        assert_close(halves[0][layer] + halves[1][layer], whole, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "text", ["whole", "pool2=512", "pool2=512,pool3=1024,rest=2048", "rest=64", "rest=64,keep", "pool2=3x1,tight,keep"]
)
def test_a_layout_is_what_it_says(text: str) -> None:
    assert str(parse_layout(text)) == text


@given(layouts)
def test_a_layout_says_what_it_is(layout: Layout) -> None:
    assert parse_layout(str(layout)) == layout


@pytest.mark.parametrize(
    "text",
    [
        *("", "pool2", "pool2=x", "pool2=0", "pool3=64,pool2=64", "rest=64,pool2=64", "relu1_1=64"),
        *("keep", "keep,rest=64", "rest=64,keep,tight", "rest=2x", "rest=0x2", "rest=2x2x2", "rest=-2", "whole,keep"),
    ],
)
def test_no_layout(text: str) -> None:
    with pytest.raises(OptionError, match="Tiles are given as whole, or pool2=512"):
        parse_layout(text)


def test_windows_say_where_they_are() -> None:
    window = Window(2, 3, 4, 5, (10, 20))
    assert (window.rows, window.columns) == (slice(2, 6), slice(3, 8))
    assert Tile(1, 3, 0, 2).of(torch.arange(16.0).view(4, 4)).tolist() == [[4, 5], [8, 9]]
