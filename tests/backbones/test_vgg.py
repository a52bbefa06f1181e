"""Our VGG-19 is VGG-19."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.vgg import VGG, Pooling
from pincel.errors import UnknownNameError
from pincel.functional.gram import gram_matrix
from tests.backbones.stand_ins import positive_vgg, random_vgg
from tests.tensors import assert_close, picture

BGR_MEAN = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


def reference_name(layer: str) -> str:
    """``conv4_2`` → ``block4_conv2``, ``pool4`` → ``block4_pool``."""
    kind, block, index = layer[:4], layer[4], layer[6:]
    return f"block{block}_{kind}{index}"


def reference_input(pixels: Tensor) -> Tensor:
    return pixels.flip(1) - BGR_MEAN


def test_weights_are_the_published_ones(vgg: VGG) -> None:
    weight, bias = vgg.weights["conv1_1"]
    # Published in BGR order.
    assert_close(weight[0, [2, 1, 0], 0, 0], torch.tensor([0.3406, 0.4642, 0.3936]), atol=5e-5, rtol=0)
    assert_close(bias[:4], torch.tensor([0.7302, 0.0649, 0.0343, 0.8260]), atol=5e-5, rtol=0)


def test_weights_have_the_shapes_of_the_spec(vgg: VGG) -> None:
    before = 3
    for layer in vgg.spec.layers:
        if layer.kind == "conv":
            weight, bias = vgg.weights[layer.name]
            assert weight.shape == (layer.channels, before, 3, 3)
            assert bias.shape == (layer.channels,)
            assert weight.dtype == bias.dtype == torch.float32
            assert weight.is_contiguous(memory_format=torch.channels_last)
            before = layer.channels


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_every_layer_agrees_with_an_independent_program(pooling: Pooling, vgg: VGG, reference_vgg: Callable[[str], Any]) -> None:
    # Odd sizes on the way down: 53, 26, 13, 6, 3, 1.
    pixels = picture(53, 40)
    expected = reference_vgg(pooling)(reference_input(pixels))
    found = replace(vgg, pooling=pooling).features(pixels, vgg.spec.names)
    assert len(found) == len(expected) == 37
    for layer, activation in found.items():
        reference = expected[reference_name(layer)]
        scale = float(reference.abs().max())
        assert_close(activation, reference, rtol=1e-4, atol=1e-5 * scale, msg=f"{layer} differs")


@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_gradient_of_the_pixels_agrees_with_an_independent_program(pooling: Pooling, vgg: VGG, reference_vgg: Callable[[str], Any]) -> None:
    ours, other = replace(vgg, pooling=pooling), reference_vgg(pooling)
    first, second = picture(48, 48).requires_grad_(), picture(48, 48).requires_grad_()
    found = ours.features(first, ["relu3_1", "conv4_2"])
    expected = other(reference_input(second), ["block3_relu1", "block4_conv2"])
    slopes = [
        torch.autograd.grad([activation.square().mean() for activation in activations.values()], leaf)[0]
        for activations, leaf in ((found, first), (expected, second))
    ]
    scale = float(slopes[1].abs().max())
    assert scale > 0
    assert_close(slopes[0], slopes[1], rtol=1e-3, atol=1e-4 * scale)


def test_a_batch_is_looked_at_picture_by_picture(vgg: VGG) -> None:
    pixels = torch.cat([picture(32, 32, seed=0), picture(32, 32, seed=1)])
    both = vgg.features(pixels, ["relu2_1"])["relu2_1"]
    for index in range(2):
        alone = vgg.features(pixels[index : index + 1], ["relu2_1"])["relu2_1"]
        assert_close(both[index : index + 1], alone, rtol=1e-4, atol=1e-2)


def test_a_convolution_asked_for_is_not_overwritten_by_its_relu() -> None:
    vgg = random_vgg([(2, 4), (1, 4)])
    pixels = picture(16, 16)
    alone = {layer: vgg.features(pixels, [layer])[layer] for layer in vgg.spec.names}
    together = vgg.features(pixels, vgg.spec.names)
    for layer in vgg.spec.names:
        assert_close(together[layer], alone[layer], rtol=0, atol=0)
    assert float(together["conv1_2"].min()) < 0 == float(together["relu1_2"].min())


def test_the_pixels_given_are_not_written_to() -> None:
    pixels = picture(16, 16).contiguous(memory_format=torch.channels_last)
    before = pixels.clone()
    random_vgg([(1, 4)]).features(pixels, ["relu1_1", "pool1"])
    assert torch.equal(pixels, before)


@pytest.mark.parametrize(
    ("layer", "needed"), [("conv1_1", 1), ("relu1_1", 1), ("relu1_2", 2), ("pool1", 2), ("conv2_1", 3), ("relu3_1", 5)]
)
def test_nothing_above_the_deepest_layer_is_computed(layer: str, needed: int, vgg: VGG) -> None:
    # A network without its deeper convolutions cannot compute them.
    stump = replace(vgg, weights=dict(list(vgg.weights.items())[:needed]))
    assert stump.features(picture(16, 16), [layer]).keys() == {layer}
    with pytest.raises(KeyError):
        stump.features(picture(16, 16), ["conv3_2"])


def test_no_layer_costs_nothing(vgg: VGG) -> None:
    assert replace(vgg, weights={}).features(picture(16, 16), []) == {}


def test_gradients_flow_to_the_pixels_and_to_nothing_else(vgg: VGG) -> None:
    pixels = picture(16, 16).requires_grad_()
    vgg.features(pixels, ["relu2_1"])["relu2_1"].sum().backward()  # type: ignore[no-untyped-call]
    assert pixels.grad is not None
    assert bool(pixels.grad.any())
    assert all(not tensor.requires_grad and tensor.grad is None for pair in vgg.weights.values() for tensor in pair)


def test_unknown_layer_is_told_with_the_closest_match(vgg: VGG) -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'relu4_2'\?"):
        vgg.features(picture(16, 16), ["relu1_1", "relu4-2"])


@pytest.mark.parametrize(("rounding", "sides"), [("down", [(18, 11), (9, 5), (4, 2)]), ("up", [(19, 12), (10, 6), (5, 3)])])
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_pool_rounding_of_odd_sizes(pooling: Pooling, rounding: Any, sides: list[tuple[int, int]]) -> None:
    vgg = replace(positive_vgg([(1, 1), (1, 1), (1, 1)], pooling), pool_rounding=rounding)
    found = vgg.features(picture(37, 23), ["pool1", "pool2", "pool3"])
    assert [tuple(activation.shape[2:]) for activation in found.values()] == sides


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("max", [[5, 6], [8, 9]]),
        # What lies outside does not count in an average.
        ("avg", [[(1 + 2 + 4 + 5) / 4, (3 + 6) / 2], [(7 + 8) / 2, 9]]),
    ],
)
def test_pooling_up_keeps_the_last_row(pooling: Pooling, expected: list[list[float]]) -> None:
    pixels = torch.arange(1.0, 10.0).view(1, 1, 3, 3).expand(1, 3, 3, 3) + torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
    # A convolution that only takes the mean of the colors.
    weight = torch.zeros(1, 3, 3, 3)
    weight[0, :, 1, 1] = 1 / 3
    vgg = positive_vgg([(1, 1)], pooling)
    vgg = replace(vgg, weights={"conv1_1": (weight, torch.zeros(1))}, pool_rounding="up")
    assert_close(vgg.features(pixels, ["pool1"])["pool1"][0, 0], torch.tensor(expected).float(), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("wanted", [["pool2"], ["relu1_2", "pool2"], ["conv1_2", "pool2"], ["pool1", "conv2_1", "relu2_2"]])
def test_a_relu_behind_its_pooling_is_the_same_with_the_same_gradient(wanted: list[str], up: bool) -> None:
    vgg = replace(random_vgg([(2, 4), (2, 6)]).to(dtype=torch.float64), pooling="max", pool_rounding="up" if up else "down")
    pixels = picture(13, 10).double()
    # Where all is one color, all four of a pooling are equal, and the first is meant.
    pixels[..., :6, :6] = 100
    slopes: list[Tensor] = []
    for look in (vgg.features, partial(plainly, vgg)):
        leaf = pixels.clone().requires_grad_()
        found = look(leaf, wanted)
        (slope,) = torch.autograd.grad(sum((seen.square().sum() for seen in found.values()), leaf.sum()), leaf)
        slopes.append(slope)
    assert_close(slopes[0], slopes[1])
    for layer, seen in plainly(vgg, pixels, wanted).items():
        assert_close(vgg.features(pixels, wanted)[layer], seen)


def plainly(vgg: VGG, pixels: Tensor, wanted: Sequence[str]) -> dict[str, Tensor]:
    """Apply one layer after the other, each by torch, and keep all."""
    x, found = pixels - torch.tensor(vgg.spec.mean, dtype=pixels.dtype).view(1, 3, 1, 1), {}
    for layer in vgg.spec.layers:
        if layer.kind == "conv":
            x = functional.conv2d(x, *vgg.weights[layer.name], padding=1)
        elif layer.kind == "relu":
            x = functional.relu(x)
        else:
            x = functional.max_pool2d(x, 2, ceil_mode=vgg.pool_rounding == "up")
        found[layer.name] = x
    return {name: found[name] for name in wanted}


def test_what_is_kept_for_the_way_back(vgg: VGG) -> None:
    # Floats a pixel: the result of each ReLU, 64 + 32 + 3·16 + 3·8 + 2; behind poolings, 16 + 8 + 4 + 2, and as much for who won;
    # three colors. Not 128 + 64 + 64 + 32, nor 8 bytes for who won.
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    style = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    fewer = replace(vgg, pooling="max").with_winograd(style)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        grams = [gram_matrix(seen) for _, seen in fewer.iter_features(picture(32, 32).requires_grad_(), style)]
    weights = {tensor.untyped_storage().data_ptr() for pair in vgg.weights.values() for tensor in pair}
    floats = sum(size for where, size in kept.items() if where not in weights) / 4 / 32**2
    assert len(grams) == 5
    assert floats == 64 + 32 + 48 + 24 + 2 + 2 * (16 + 8 + 4 + 2) + 3


def test_to_changes_precision_and_leaves_the_original() -> None:
    vgg = random_vgg([(2, 4)])
    exact = vgg.to(dtype=torch.float64)
    pixels = picture(16, 16)
    found = exact.features(pixels.double(), ["relu1_2"])["relu1_2"]
    assert found.dtype == torch.float64
    assert vgg.weights["conv1_1"][0].dtype == torch.float32
    assert_close(vgg.features(pixels, ["relu1_2"])["relu1_2"], found.float(), rtol=1e-4, atol=1e-3)


def side_by_side(vgg: VGG, layers: Iterable[str], height: int = 53, width: int = 40) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the features of some layers by the direct sum, and with fewer multiplications."""
    pixels, wanted = picture(height, width), list(layers)
    return vgg.features(pixels, wanted), vgg.with_winograd(wanted).features(pixels, wanted)


def assert_same_features(found: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float = 1e-5) -> None:
    assert found.keys() == expected.keys()
    for layer, activation in expected.items():
        assert found[layer].shape == activation.shape
        assert found[layer].dtype == torch.float32
        assert float((found[layer] - activation).norm()) < tolerance * float(activation.norm()), layer


@pytest.mark.parametrize("pooling", ["max", "avg"])
@pytest.mark.parametrize("kind", ["conv", "relu", "pool"])
def test_fewer_multiplications_give_the_same_features(kind: str, pooling: Pooling, vgg: VGG) -> None:
    # Odd sizes on the way down, to a single pixel.
    direct, fewer = side_by_side(replace(vgg, pooling=pooling), [layer.name for layer in vgg.spec.layers if layer.kind == kind])
    assert_same_features(fewer, direct)


def test_fewer_multiplications_give_the_same_features_of_all_layers_at_once(vgg: VGG) -> None:
    direct, fewer = side_by_side(vgg, vgg.spec.names, 33, 47)
    assert_same_features(fewer, direct)
    for name in vgg.with_winograd(vgg.spec.names).winograd:
        assert float(fewer[name].min()) < 0 == float(fewer[name.replace("conv", "relu")].min())


@pytest.mark.parametrize("layers", [["conv3_1"], ["conv3_1", "relu3_1"], ["conv3_2", "relu4_1", "pool2"]])
def test_a_convolution_asked_for_is_seen_before_its_relu_however_it_is_multiplied(layers: list[str], vgg: VGG) -> None:
    direct, fewer = side_by_side(vgg, layers)
    assert_same_features(fewer, direct)
    assert all(float(fewer[name].min()) < 0 for name in layers if name.startswith("conv"))


@pytest.mark.parametrize("layers", [["relu3_1", "conv4_2"], ["conv2_1", "relu2_1", "conv3_1", "pool3"], ["relu5_4"]])
def test_fewer_multiplications_give_the_same_gradient_of_the_pixels(layers: list[str], vgg: VGG) -> None:
    def slope(network: VGG) -> Tensor:
        pixels = torch.cat([picture(41, 50, seed=1), picture(41, 50, seed=2)]).requires_grad_()
        found = network.features(pixels, layers)
        return torch.autograd.grad([activation.square().mean() for activation in found.values()], pixels)[0]

    direct, fewer = slope(vgg), slope(vgg.with_winograd(layers))
    assert fewer.dtype == torch.float32
    for found, expected in zip(fewer, direct, strict=True):
        assert float(torch.cosine_similarity(found.flatten(), expected.flatten(), dim=0)) > 0.9999
        assert float(found.norm()) == pytest.approx(float(expected.norm()), rel=1e-4)


def test_fewer_multiplications_keep_pictures_of_a_batch_apart(vgg: VGG) -> None:
    fewer = vgg.with_winograd(["relu3_1"])
    pixels = [picture(30, 21, seed=seed) for seed in range(3)]
    together = fewer.features(torch.cat(pixels), ["relu3_1"])["relu3_1"]
    for index, alone in enumerate(pixels):
        assert_same_features({"relu3_1": together[index : index + 1]}, vgg.features(alone, ["relu3_1"]))


@pytest.mark.parametrize("size", [(16, 16), (16, 100), (100, 16), (17, 31)])
def test_fewer_multiplications_of_pictures_that_shrink_to_a_line(size: tuple[int, int], vgg: VGG) -> None:
    direct, fewer = side_by_side(vgg, ["relu2_2", "relu5_1"], *size)
    assert_same_features(fewer, direct)


@pytest.mark.parametrize(
    ("layers", "deepest"),
    [
        ([], None),
        (["relu1_2"], None),
        (["pool1"], None),
        (["conv2_1"], "conv2_1"),
        (["relu5_1", "relu1_1"], "conv5_1"),
        (["pool3"], "conv3_4"),
    ],
)
def test_convolutions_from_the_second_block_to_the_deepest_layer_are_replaced(layers: list[str], deepest: str | None, vgg: VGG) -> None:
    names = list(vgg.weights)
    expected = names[names.index("conv2_1") : names.index(deepest) + 1] if deepest else []
    assert list(vgg.with_winograd(layers).winograd) == expected
    assert not vgg.winograd


@pytest.mark.parametrize(("channels", "first"), [(128, "conv2_1"), (256, "conv3_1"), (512, "conv4_1"), (513, None)])
def test_convolutions_are_replaced_from_a_width_on(channels: int, first: str | None, vgg: VGG) -> None:
    names = list(vgg.weights)
    expected = names[names.index(first) : names.index("conv5_1") + 1] if first else []
    assert list(vgg.with_winograd(["relu5_1"], channels).winograd) == expected


def test_half_precision_keeps_what_was_replaced_and_rounds_it(vgg: VGG) -> None:
    layers = ["relu1_2", "relu4_2", "conv5_1"]
    exact = vgg.features(picture(53, 40), layers)
    half, fewer = vgg.to_bfloat16(), vgg.with_winograd(layers, 512).to_bfloat16()
    assert {layer.kernels.dtype for layer in fewer.winograd.values()} == {torch.bfloat16}
    for network, least in ((half, 1e-4), (fewer, 1e-3)):
        found = network.features(picture(53, 40), layers)
        for layer in layers[1:]:
            apart = float((found[layer] - exact[layer]).norm() / exact[layer].norm())
            assert least < apart < 0.05, layer
    assert torch.equal(fewer.features(picture(53, 40), layers)["relu1_2"], half.features(picture(53, 40), layers)["relu1_2"])


def test_what_was_replaced_is_what_computes(vgg: VGG) -> None:
    fewer = vgg.with_winograd(["relu3_1"])
    kept = replace(fewer, weights={name: vgg.weights[name] for name in ("conv1_1", "conv1_2")})
    assert_same_features(kept.features(picture(24, 24), ["relu3_1"]), vgg.features(picture(24, 24), ["relu3_1"]))


def test_layers_above_those_named_are_still_there(vgg: VGG) -> None:
    found = vgg.with_winograd(["relu2_1"]).features(picture(32, 32), ["relu4_1"])
    assert_same_features(found, vgg.features(picture(32, 32), ["relu4_1"]))


def test_another_precision_drops_what_was_made_for_this_one(vgg: VGG) -> None:
    fewer = vgg.with_winograd(["relu2_2"])
    assert fewer.winograd
    assert not fewer.to(dtype=torch.bfloat16).winograd
    assert not fewer.to().winograd
    assert fewer.winograd


def test_half_precision_is_for_multiplying_only() -> None:
    half = random_vgg([(2, 4), (1, 4)]).to_bfloat16()
    assert [weight.dtype for weight, _ in half.weights.values()] == [torch.float32, torch.bfloat16, torch.bfloat16]
    pixels = picture(16, 16).requires_grad_()
    found = half.features(pixels, half.spec.names)
    assert {activation.dtype for activation in found.values()} == {torch.float32}
    (slope,) = torch.autograd.grad([activation.sum() for activation in found.values()], pixels)
    assert slope.dtype == torch.float32
