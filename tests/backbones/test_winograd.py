"""Convolutions through fewer multiplications are the same convolutions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from pincel.backbones import winograd
from pincel.backbones.winograd import Winograd, make_winograd
from tests.tensors import assert_close, normal

# (batch, channels in, channels out, height, width)
Shape = tuple[int, int, int, int, int]
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 19), st.integers(1, 19))
# A single pixel, single rows and columns, whole tiles, one pixel more than them, one less.
CORNERS: tuple[Shape, ...] = ((1, 1, 1, 1, 1), (2, 3, 5, 1, 9), (1, 4, 2, 13, 1), (1, 2, 3, 8, 12), (2, 2, 2, 5, 9), (1, 3, 1, 7, 3))


def drawn(shape: Shape, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Return (x, weight, bias)."""
    batch, before, after, height, width = shape
    x = normal(batch, before, height, width, seed=1, dtype=dtype).contiguous(memory_format=torch.channels_last)
    return x, normal(after, before, 3, 3, seed=2, dtype=dtype), normal(after, seed=3, dtype=dtype)


def direct(x: Tensor, weight: Tensor, bias: Tensor, *, relu: bool) -> Tensor:
    y = functional.conv2d(x, weight, bias, padding=1)
    return functional.relu(y) if relu else y


def slope_of(y: Tensor, x: Tensor, towards: Tensor) -> Tensor:
    (slope,) = torch.autograd.grad(y, x, towards)
    return slope


def apart(actual: Tensor, expected: Tensor) -> float:
    """Return the norm of the difference, relative to that of what was expected."""
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    return float((actual - expected).norm() / expected.norm().clamp_min(1e-30))


def with_corners(test: Any) -> Any:
    """Try hypothesis' own shapes, with and without a ReLU, and all corners."""
    for corner in CORNERS:
        for relu in (False, True):
            test = example(shape=corner, relu=relu)(test)
    return given(shape=SHAPES, relu=st.booleans())(test)


@with_corners
def test_the_result_is_that_of_the_direct_sum(shape: Shape, relu: bool) -> None:
    x, weight, bias = drawn(shape)
    expected = direct(x, weight, bias, relu=relu)
    assert apart(make_winograd(weight, bias)(x, relu=relu), expected) < 1e-11


@with_corners
def test_single_precision_loses_little(shape: Shape, relu: bool) -> None:
    exact = direct(*drawn(shape), relu=False)
    x, weight, bias = drawn(shape, torch.float32)
    found = make_winograd(weight, bias)(x, relu=relu)
    assert found.dtype == torch.float32
    expected = functional.relu(exact) if relu else exact
    # Of the sum before the ReLU, which may have left next to nothing.
    assert float((found.double() - expected).norm()) < 1e-5 * float(exact.norm())


@pytest.mark.parametrize(("before", "after"), [(64, 128), (128, 128), (256, 256)])
def test_single_precision_of_wide_layers_is_what_the_docstring_says(before: int, after: int) -> None:
    x, weight, bias = drawn((1, before, after, 22, 17))
    rounded = make_winograd(weight.float(), bias.float())(x.float(), relu=False)
    exact = functional.conv2d(x.float().double(), weight.float().double(), bias.float().double(), padding=1)
    assert apart(rounded.double(), exact) < 4e-6


@pytest.mark.parametrize("channels", [64, 512])
def test_bf16_of_wide_layers_is_what_the_docstring_says(channels: int) -> None:
    x, weight, bias = drawn((1, channels, channels, 22, 17))
    exact = functional.conv2d(x, weight, bias, padding=1)
    layer = make_winograd(weight.float(), bias.float()).to_bfloat16()
    found = layer(x.bfloat16(), relu=False)
    assert found.dtype == torch.bfloat16
    direct = functional.conv2d(x.bfloat16(), weight.bfloat16(), bias.bfloat16(), padding=1)
    assert 0.002 < apart(direct.double(), exact) < 0.004
    assert 0.01 < apart(found.double(), exact) < 0.025
    assert torch.equal(layer(x.bfloat16(), relu=True), functional.relu(found))


@with_corners
def test_the_gradient_in_bf16_is_near_that_of_the_direct_sum(shape: Shape, relu: bool) -> None:
    x, weight, bias = drawn(shape)
    layer, leaf = make_winograd(weight.float(), bias.float()).to_bfloat16(), x.bfloat16().requires_grad_()
    towards = normal(shape[0], shape[2], *shape[3:], seed=4)
    y = layer(leaf, relu=relu)
    # Where the ReLU cuts is decided by the sum in bf16.
    seen = towards * (y > 0) if relu else towards
    exact = x.clone().requires_grad_()
    expected = slope_of(direct(exact, weight, bias, relu=False), exact, seen)
    found = slope_of(y, leaf, towards.bfloat16())
    assert found.dtype == torch.bfloat16
    assert float((found.double() - expected).norm()) < 0.05 * float(weight.norm() * towards.norm())


def test_bases_lose_nothing_in_bf16() -> None:
    weight = torch.zeros(1, 1, 3, 3)
    exact, half = make_winograd(weight.double(), torch.zeros(1)), make_winograd(weight, torch.zeros(1)).to_bfloat16()
    for of_double, of_half in ((exact.forward, half.forward), (exact.backward, half.backward)):
        assert torch.equal(of_double.output, of_half.output.double())
        # Row by row a multiple of the row it was, undivided.
        turned = of_half.input.double()
        ratios = turned.norm(dim=1) / of_double.input.norm(dim=1)
        assert_close(turned, turned.sign() * (ratios[:, None] * of_double.input).abs(), rtol=1e-12, atol=1e-12)
        # With so few bits that a product with another of eight is exact in float32.
        bits = torch.frexp(turned)[0] * 2**8
        assert torch.equal(bits, bits.round())


@with_corners
def test_the_gradient_is_that_of_the_direct_sum(shape: Shape, relu: bool) -> None:
    x, weight, bias = drawn(shape)
    leaf = x.clone().requires_grad_()
    towards = normal(shape[0], shape[2], *shape[3:], seed=4)
    expected = slope_of(direct(leaf, weight, bias, relu=relu), leaf, towards)
    assert apart(slope_of(make_winograd(weight, bias)(leaf, relu=relu), leaf, towards), expected) < 1e-10


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("shape", [(1, 2, 3, 5, 6), (2, 1, 2, 1, 4), (1, 2, 1, 3, 1), (1, 1, 1, 1, 1)])
def test_the_gradient_is_that_of_finite_differences(shape: Shape, relu: bool) -> None:
    x, weight, bias = drawn(shape)
    layer = make_winograd(weight, bias)
    if relu:
        # Differences across the bend of a ReLU are not its gradient.
        assert float(layer(x, relu=False).abs().min()) > 1e-4
    assert torch.autograd.gradcheck(lambda leaf: layer(leaf, relu=relu), x.requires_grad_(), eps=1e-6)


def test_a_convolution_worked_by_hand() -> None:
    # The pixel below right of each, and ten times the one to the left; nothing beyond the border.
    weight = torch.tensor([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64).view(1, 1, 3, 3)
    x = torch.arange(1.0, 17.0, dtype=torch.float64).view(1, 1, 4, 4)
    bias = torch.tensor([-40.0], dtype=torch.float64)
    expected = torch.tensor(
        [
            [6.0, 10 + 7, 20 + 8, 30],
            [10, 50 + 11, 60 + 12, 70],
            [14, 90 + 15, 100 + 16, 110],
            [0, 130, 140, 150],
        ],
        dtype=torch.float64,
    ).view(1, 1, 4, 4)
    assert_close(make_winograd(weight, bias)(x, relu=False), expected - 40, rtol=0, atol=1e-10)
    assert_close(make_winograd(weight, bias)(x, relu=True), (expected - 40).clamp_min(0), rtol=0, atol=1e-10)


def test_a_gradient_worked_by_hand() -> None:
    # Of the result at (1, 1): one for the pixel below right, ten for that to the left. The others are behind the ReLU.
    weight = torch.tensor([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).view(1, 1, 3, 3)
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 0] = 1
    leaf = x.requires_grad_()
    y = make_winograd(weight, torch.tensor([-5.0]))(leaf, relu=True)
    expected = torch.zeros(1, 1, 4, 4)
    expected[0, 0, 1, 0], expected[0, 0, 2, 2] = 10, 1
    assert_close(slope_of(y, leaf, torch.ones_like(y)), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("tiles", [1, 3, 7])
@pytest.mark.parametrize("shape", [(2, 3, 4, 17, 30), (1, 2, 5, 3, 50), (1, 5, 2, 41, 2), (1, 2, 2, 16, 16)])
def test_blocks_add_up_to_the_whole(tiles: int, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight, bias = drawn(shape)
    towards = normal(shape[0], shape[2], *shape[3:], seed=4)

    def both() -> tuple[Tensor, Tensor]:
        leaf = x.clone().requires_grad_()
        y = make_winograd(weight, bias)(leaf, relu=True)
        return y.detach(), slope_of(y, leaf, towards)

    whole, whole_slope = both()
    monkeypatch.setattr(winograd, "TILES", tiles)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    parts, parts_slope = both()
    assert apart(parts, whole) < 1e-12
    assert apart(parts_slope, whole_slope) < 1e-12


def layer_and_leaf(shape: Shape = (2, 3, 4, 6, 9)) -> tuple[Winograd, Tensor, tuple[Tensor, Tensor]]:
    x, weight, bias = drawn(shape)
    return make_winograd(weight, bias), x.requires_grad_(), (weight, bias)


@pytest.mark.parametrize("relu", [False, True])
def test_a_gradient_spread_from_one_number_is_taken_as_it_comes(relu: bool) -> None:
    # Of strides 0: one number seen everywhere.
    layer, leaf, weights = layer_and_leaf()
    expected = slope_of(direct(leaf, *weights, relu=relu).sum(), leaf, torch.tensor(2.0).double())
    assert_close(slope_of(layer(leaf, relu=relu).sum(), leaf, torch.tensor(2.0).double()), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("relu", [False, True])
def test_pictures_and_gradients_in_any_order_of_memory_are_the_same(relu: bool) -> None:
    layer, leaf, _ = layer_and_leaf()
    towards = normal(2, 4, 6, 9, seed=4)
    expected = layer(leaf, relu=relu)
    expected_slope = slope_of(expected, leaf, towards)
    for x in (leaf.detach().contiguous(), leaf.detach().permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)):
        other = x.requires_grad_()
        y = layer(other, relu=relu)
        backwards = towards.permute(2, 0, 3, 1).contiguous().permute(1, 3, 0, 2)
        assert torch.equal(y, expected)
        assert torch.equal(slope_of(y, other, backwards), expected_slope)


def test_what_was_given_is_not_written_to() -> None:
    layer, leaf, _ = layer_and_leaf()
    towards = normal(2, 4, 6, 9, seed=4)
    before = [tensor.detach().clone() for tensor in (leaf, towards, layer.kernels, layer.bias)]
    y = layer(leaf, relu=True)
    kept = y.detach().clone()
    slope_of(y, leaf, towards)
    assert all(torch.equal(a, b) for a, b in zip((leaf, towards, layer.kernels, layer.bias), before, strict=True))
    assert torch.equal(y, kept)


def test_a_slope_is_cut_off_where_the_relu_was_even_if_it_is_no_number() -> None:
    # As torch does: what comes from behind a ReLU that gave 0 counts for nothing, whatever it is.
    layer, leaf, weights = layer_and_leaf((1, 2, 3, 6, 6))
    y = layer(leaf, relu=True)
    towards = torch.where(y > 0, normal(*y.shape, seed=4), torch.full_like(y, torch.nan))
    found = slope_of(y, leaf, towards)
    assert bool(torch.isfinite(found).all())
    assert apart(found, slope_of(direct(leaf, *weights, relu=True), leaf, towards)) < 1e-10


def test_a_slope_that_is_no_number_is_not_hidden() -> None:
    layer, leaf, _ = layer_and_leaf((1, 2, 3, 6, 6))
    y = layer(leaf, relu=True)
    towards = torch.zeros_like(y)
    towards[torch.unravel_index(y.argmax(), y.shape)] = torch.nan
    assert not bool(torch.isfinite(slope_of(y, leaf, towards)).all())


def test_a_pixel_that_is_no_number_is_not_hidden() -> None:
    layer, leaf, weights = layer_and_leaf((1, 2, 3, 9, 9))
    x = leaf.detach()
    x[0, 0, 4, 4] = torch.nan
    for relu in (False, True):
        lost = direct(x, *weights, relu=relu).isnan()
        assert bool(lost.any())
        assert bool(layer(x, relu=relu).isnan()[lost].all())


def test_nothing_is_left_over_from_the_block_before(monkeypatch: pytest.MonkeyPatch) -> None:
    # A wide white picture, in blocks of one tile: at the right border, zeros must stand where white was.
    monkeypatch.setattr(winograd, "TILES", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    x, weight = torch.full((1, 1, 6, 10), 255.0), torch.ones(1, 1, 3, 3)
    expected = functional.conv2d(x, weight, padding=1)
    assert_close(make_winograd(weight, torch.zeros(1))(x, relu=False), expected, rtol=1e-5, atol=0)


def test_pictures_of_a_batch_do_not_mix() -> None:
    layer, leaf, _ = layer_and_leaf((3, 2, 4, 7, 5))
    together = layer(leaf, relu=True)
    for index in range(3):
        assert torch.equal(together[index : index + 1], layer(leaf[index : index + 1], relu=True))
    # What the second picture changes, the first and third do not feel.
    slope = slope_of(together[1].sum(), leaf, torch.tensor(1.0).double())
    assert not bool(slope[0].any())
    assert bool(slope[1].any())
    assert not bool(slope[2].any())


def test_weights_never_get_a_gradient() -> None:
    layer, leaf, weights = layer_and_leaf()
    layer(leaf, relu=True).sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    tensors = (*weights, layer.kernels, layer.bias, layer.forward.input, layer.forward.output, layer.backward.input, layer.backward.output)
    assert all(not tensor.requires_grad and tensor.grad is None for tensor in tensors)


def test_a_picture_that_is_not_moved_needs_no_graph() -> None:
    layer, leaf, _ = layer_and_leaf()
    assert layer(leaf, relu=True).requires_grad
    assert not layer(leaf.detach(), relu=True).requires_grad
    with torch.no_grad():
        assert not layer(leaf, relu=True).requires_grad


def test_a_second_derivative_is_refused() -> None:
    layer, leaf, _ = layer_and_leaf()
    with pytest.raises(RuntimeError, match="once_differentiable"):
        torch.autograd.grad(layer(leaf, relu=True).square().sum(), leaf, create_graph=True)
