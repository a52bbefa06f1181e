"""Our AlexNet is the AlexNet of 2012, and of torchvision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

import pincel
from pincel.backbones import BACKBONES, alexnet_specs
from pincel.backbones.alexnet import AlexNet, load_alexnet
from pincel.backbones.alexnet_specs import NORM_FIRST, POOL_FIRST, krizhevsky_layers, one_tower_layers
from pincel.backbones.lrn import local_response
from pincel.backbones.specs import LayerSpec, ModelSpec, Response, build_layers, conv, fully_connected, pool
from pincel.backbones.vgg import Padding, Pooling
from pincel.backbones.weights import read_weights
from pincel.engine.estimate import CostModel
from pincel.errors import OptionError, PictureSizeError, UnknownNameError, WeightsError
from tests.backbones import numpy_alexnet
from tests.backbones.stand_ins import drawn_weights, matconvnet_layers, save_as_matconvnet, torchvision_state
from tests.runs import make_run
from tests.tensors import assert_close, normal, picture

NAMES = ("alexnet", "caffenet", "alexnet-torchvision")
# The same plans with few channels; the stride, the fields and the borders are those of the networks.
FEW = (4, 6, 8, 8, 6)
THIN: dict[str, ModelSpec] = {
    "alexnet": replace(BACKBONES["alexnet"], layers=krizhevsky_layers(NORM_FIRST, FEW, fully_connected(6, 5, 7))),
    "caffenet": replace(BACKBONES["caffenet"], layers=krizhevsky_layers(POOL_FIRST, FEW, fully_connected(6, 5, 7))),
    "alexnet-torchvision": replace(BACKBONES["alexnet-torchvision"], layers=one_tower_layers(FEW, fully_connected(6, 5, 7))),
}
# Of the published network, by the paper's own table; 224 pixels for torchvision's.
SIDES = {"conv1": 55, "pool1": 27, "conv2": 27, "pool2": 13, "conv3": 13, "conv5": 13, "pool5": 6, "fc6": 1, "fc8": 1}


def thin(name: str, pooling: Pooling = "max", **given: Any) -> AlexNet:
    """Return a network of random weights, in float64."""
    weights = {key: (weight.double(), bias.double()) for key, (weight, bias) in drawn_weights(THIN[name]).items()}
    return AlexNet(THIN[name], weights, pooling, **given)


# --- Geometry ---------------------------------------------------------------------------------------------------------------------------


def test_layers_in_the_order_of_the_paper_and_of_caffe() -> None:
    middle = "conv3 relu3 conv4 relu4 conv5 relu5 pool5 fc6 relu6 fc7 relu7 fc8"
    assert " ".join(BACKBONES["alexnet"].names) == f"conv1 relu1 norm1 pool1 conv2 relu2 norm2 pool2 {middle}"
    assert " ".join(BACKBONES["caffenet"].names) == f"conv1 relu1 pool1 norm1 conv2 relu2 pool2 norm2 {middle}"
    assert " ".join(BACKBONES["alexnet-torchvision"].names) == f"conv1 relu1 pool1 conv2 relu2 pool2 {middle}"


def test_parameters_of_each_layer_of_2012() -> None:
    published = {
        "conv1": 34_944,
        "conv2": 307_456,
        "conv3": 885_120,
        "conv4": 663_936,
        "conv5": 442_624,
        "fc6": 37_752_832,
        "fc7": 16_781_312,
        "fc8": 4_097_000,
    }
    spec: ModelSpec = BACKBONES["alexnet"]
    assert {layer.name: layer.products + layer.channels for layer in spec.layers if layer.products} == published
    assert [layer.name for layer in spec.layers if layer.groups == 2] == ["conv2", "conv4", "conv5"]


@pytest.mark.parametrize("name", NAMES)
def test_sizes_of_maps_are_as_published(name: str) -> None:
    spec, side = BACKBONES[name], 224 if name == "alexnet-torchvision" else 227
    assert {layer: spec.positions(side, layer) for layer in SIDES} == SIDES
    fields = {
        layer: (spec.layer(layer).receptive_field, spec.layer(layer).stride) for layer in ("conv1", "conv2", "conv3", "conv5", "pool5")
    }
    assert fields == {"conv1": (11, 4), "conv2": (51, 8), "conv3": (99, 16), "conv5": (163, 16), "pool5": (195, 32)}


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_sees_its_box_and_nothing_else(name: str) -> None:
    # No weight is 0 or less, and averages leave nobody out.
    spec = THIN[name]
    weights = {
        key: (torch.full_like(weight, 1 / weight[0].numel()).double(), bias.double().abs())
        for key, (weight, bias) in drawn_weights(spec).items()
    }
    # Groups see half of the channels each, so all answers are added up; responses divide, and may not turn the sign.
    network = AlexNet(replace(spec, mean=(0.0, 0.0, 0.0), response=Response(k=1.0, alpha=1e-9)), weights, "avg")
    # Larger than what the deepest layer sees, and nothing is left over by any pooling.
    side = spec.smallest("fc8") + 6 * 32
    pixels = (1 + picture(side, side).double() / 255).requires_grad_()
    for layer, answer in network.features(pixels, [each for each in spec.names if not each.startswith("relu")]).items():
        last = answer.shape[-1] - 1
        assert last + 1 == spec.positions(side, layer)
        for row, column in ((last // 2, last // 2), (0, last)):
            (slope,) = torch.autograd.grad(answer[0, :, row, column].sum(), pixels, retain_graph=True)
            expected = torch.zeros(side, side, dtype=torch.bool)
            field, stride = spec.layer(layer).receptive_field, spec.layer(layer).stride
            top, left = (spec.start(layer) + place * stride for place in (row, column))
            expected[max(top, 0) : top + field, max(left, 0) : left + field] = True
            assert torch.equal(slope[0].abs().sum(0) > 0, expected), (layer, row, column)


@pytest.mark.parametrize("name", [*NAMES, "vgg19", "vgg19-torchvision-fc", "random-cnn"])
def test_the_smallest_picture_of_a_layer_has_one_position_and_a_smaller_one_none(name: str) -> None:
    spec: ModelSpec = BACKBONES[name]
    for layer in spec.names:
        least = spec.smallest(layer)
        assert spec.positions(least, layer) == 1
        assert least == 1 or spec.positions(least - 1, layer) == 0


def test_smallest_pictures_by_hand() -> None:
    # Windows of three, two apart, three times over: 3, 2·2+3 = 7, 2·6+3 = 15; filters of eleven pixels, four apart: 4·14+11 = 67.
    assert [BACKBONES["alexnet"].smallest(name) for name in ("conv1", "pool1", "pool2", "pool5", "fc6", "fc8")] == [
        11,
        19,
        35,
        67,
        227,
        227,
    ]
    assert [BACKBONES["vgg19"].smallest(name) for name in ("relu1_2", "pool1", "conv4_2", "pool5")] == [1, 2, 8, 32]
    assert BACKBONES["vgg19-torchvision-fc"].smallest("fc8") == 224
    assert (BACKBONES["alexnet"].start("conv2"), BACKBONES["alexnet-torchvision"].start("conv1")) == (-16, -2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rounding", ["down", "up"])
def test_maps_have_the_sizes_the_spec_says(name: str, rounding: Any) -> None:
    network = thin(name, pool_rounding=rounding)
    for height, width in ((227, 260), (234, 301)):
        found = network.features(picture(height, width).double(), network.spec.names)
        for layer, seen in found.items():
            assert tuple(seen.shape[-2:]) == tuple(network.spec.positions(side, layer, up=rounding == "up") for side in (height, width))
            if network.spec.layer(layer).stride < 32 or layer == "pool5":
                assert tuple(seen.shape[-2:]) == tuple(
                    network.output_size(side, network.spec.layer(layer).stride) for side in (height, width)
                )


@pytest.mark.parametrize(("layer", "side"), [("conv1", 10), ("pool2", 34), ("relu4", 34), ("fc6", 226), ("fc8", 226)])
def test_a_picture_too_small_for_a_layer_is_told_how_large_it_must_be(layer: str, side: int) -> None:
    network = thin("alexnet")
    with pytest.raises(PictureSizeError, match=rf"is left in \w+ of alexnet · .* accepted: {side + 1} pixels or more on each side · try"):
        network.features(picture(side, 300).double(), [layer])
    assert network.features(picture(side + 1, 300).double(), [layer])[layer].shape[2] == 1


# --- What is computed -------------------------------------------------------------------------------------------------------------------


def plainly(network: AlexNet, pixels: Tensor) -> dict[str, Tensor]:
    """Apply one layer after the other, each by torch; groups one by one, and fully connected layers as matrices, at their one place."""
    x, found = network.preprocess(pixels), {}
    for layer in network.spec.layers:
        if layer.kind == "conv":
            weight, bias = network.weights[layer.name]
            parts = zip(x.chunk(layer.groups, 1), weight.chunk(layer.groups), bias.chunk(layer.groups), strict=True)
            x = torch.cat([functional.conv2d(part, w, b, layer.step, layer.pad) for part, w, b in parts], 1)
        elif layer.kind == "fc":
            weight, bias = network.weights[layer.name]
            x = functional.linear(x.flatten(1), weight.flatten(1), bias)[..., None, None]
        elif layer.kind == "relu":
            x = x.clamp_min(0)
        elif layer.kind == "norm":
            x = functional.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1)
        else:
            x = functional.max_pool2d(x, 3, 2) if network.pooling == "max" else functional.avg_pool2d(x, 3, 2)
        found[layer.name] = x
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_every_layer_is_that_of_plain_torch(name: str, pooling: Pooling) -> None:
    network = thin(name, pooling)
    side = network.spec.smallest("fc8")
    pixels = picture(side, side).double()
    expected = plainly(network, pixels)
    together = network.features(pixels, network.spec.names)
    for layer in network.spec.names:
        assert_close(together[layer], expected[layer], msg=layer)
        # Whoever asks for one alone sees the same, though what nobody asked for is overwritten.
        assert_close(network.features(pixels, [layer])[layer], expected[layer], msg=layer)


def test_the_gradient_of_the_pixels_is_that_of_plain_torch() -> None:
    network = thin("alexnet")
    slopes = []
    for look in (partial(AlexNet.features, network, layers=network.spec.names), partial(plainly, network)):
        leaf = picture(227, 227).double().requires_grad_()
        found = look(pixels=leaf)
        slopes.append(torch.autograd.grad([found[layer].square().mean() for layer in ("relu1", "conv3", "fc8")], leaf)[0])
    assert float(slopes[0].abs().max()) > 0
    assert_close(slopes[0], slopes[1], atol=1e-9)


def test_the_network_of_torchvision_is_its_own_module() -> None:
    # As torchvision.models.AlexNet is written, adaptive pooling and dropout included.
    network = thin("alexnet-torchvision")
    one, two, three, four, five = FEW
    pools: dict[str, Any] = {"kernel_size": 3, "stride": 2}
    features = nn.Sequential(
        nn.Conv2d(3, one, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(**pools), nn.Conv2d(one, two, 5, padding=2), nn.ReLU(), nn.MaxPool2d(**pools),
        nn.Conv2d(two, three, 3, padding=1), nn.ReLU(), nn.Conv2d(three, four, 3, padding=1), nn.ReLU(),
        nn.Conv2d(four, five, 3, padding=1), nn.ReLU(), nn.MaxPool2d(**pools),
    )  # fmt: skip
    top = nn.Sequential(nn.Dropout(), nn.Linear(36 * five, 5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 7))
    whole = nn.ModuleDict({"features": features, "classifier": top}).double().eval()
    whole.load_state_dict(torchvision_state(network.spec, dict(network.weights)))
    mean, std = (torch.tensor(each).double().view(1, 3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    for side in (224, 230, 254):
        pixels = picture(side, side).double()
        expected = top(functional.adaptive_avg_pool2d(features((pixels / 255 - mean) / std), 6).flatten(1))
        assert_close(network.features(pixels, ["fc8"])["fc8"].flatten(1), expected)


def test_a_larger_picture_gives_a_map_of_the_answers_to_its_parts() -> None:
    # Of the convolutions with a border only the first has none; answers of parts agree where none of them looks beyond their edge.
    network = thin("alexnet")
    weights = {key: (weight, bias) for key, (weight, bias) in network.weights.items()}
    for name in ("conv2", "conv3", "conv4", "conv5"):
        only_middle = torch.zeros_like(weights[name][0])
        middle = only_middle.shape[-1] // 2
        only_middle[..., middle, middle] = weights[name][0][..., middle, middle]
        weights[name] = only_middle, weights[name][1]
    network = replace(network, weights=weights)
    pixels = picture(227 + 32, 227 + 64).double()
    whole = network.features(pixels, ["fc8"])["fc8"]
    assert whole.shape == (1, 7, 2, 3)
    for row in range(2):
        for column in range(3):
            part = pixels[..., 32 * row : 32 * row + 227, 32 * column : 32 * column + 227]
            assert_close(network.features(part, ["fc8"])["fc8"][..., 0, 0], whole[..., row, column])


# Wide as published but for fc6 and fc7, whose millions of products tell nothing more.
LOGITS: dict[str, tuple[ModelSpec, Callable[[numpy_alexnet.Array, numpy_alexnet.Weights], dict[str, numpy_alexnet.Array]]]] = {
    "alexnet2012": (
        replace(BACKBONES["alexnet2012"], layers=krizhevsky_layers(NORM_FIRST, top=fully_connected(6, 256))),
        partial(numpy_alexnet.krizhevsky, order="norm pool", k=2.0, alpha=1e-4),
    ),
    # Caffe divides α by n = 5.
    "alexnet": (
        replace(BACKBONES["alexnet"], layers=krizhevsky_layers(NORM_FIRST, top=fully_connected(6, 256))),
        partial(numpy_alexnet.krizhevsky, order="norm pool", k=1.0, alpha=2e-5),
    ),
    "caffenet": (
        replace(BACKBONES["caffenet"], layers=krizhevsky_layers(POOL_FIRST, top=fully_connected(6, 256))),
        partial(numpy_alexnet.krizhevsky, order="pool norm", k=1.0, alpha=2e-5),
    ),
    "alexnet-torchvision": (
        replace(BACKBONES["alexnet-torchvision"], layers=one_tower_layers(top=fully_connected(6, 256))),
        numpy_alexnet.one_weird_trick,
    ),
}


@pytest.mark.parametrize("name", LOGITS)
def test_logits_are_those_of_another_implementation(name: str) -> None:
    spec, theirs = LOGITS[name]
    weights = drawn_weights(spec)
    network = AlexNet(spec, weights).to()
    assert spec.crop == (224 if name == "alexnet-torchvision" else 227)
    pixels = picture(spec.crop, spec.crop)
    mean, std = (np.array(each)[:, None, None] for each in (spec.mean, spec.std))
    expected = theirs(
        (pixels[0].double().numpy() - mean) / std, {key: (w.double().numpy(), b.double().numpy()) for key, (w, b) in weights.items()}
    )
    found = network.features(pixels, spec.names)
    assert set(found) == set(expected) - {"relu8"}
    for layer, seen in found.items():
        error = np.abs(seen[0].double().numpy().squeeze() - expected[layer]).max() / np.abs(expected[layer]).max()
        assert error < 1e-5, (layer, error)
    assert seen.shape == (1, 1000, 1, 1)


# --- Other kinds of layers --------------------------------------------------------------------------------------------------------------


def test_tanh_and_poolings_of_any_kernel_and_step() -> None:
    plan = (
        conv("conv1", 4, 5, step=2),
        LayerSpec("tanh1", "tanh", 0, 0, 0),
        pool("pool1", 4, 3),
        conv("conv2", 6, 3, pad=1),
        pool("pool2", 2, 2),
    )
    spec = replace(THIN["alexnet"], layers=build_layers(plan))
    network = AlexNet(spec, {key: (w.double(), b.double()) for key, (w, b) in drawn_weights(spec).items()})
    pixels = picture(40, 51).double()
    found = network.features(pixels, spec.names)
    assert_close(found["tanh1"], found["conv1"].tanh())
    assert_close(found["pool1"], functional.max_pool2d(found["tanh1"], 4, 3))
    assert_close(found["pool2"], functional.max_pool2d(found["conv2"], 2, 2))
    assert not spec.rescalable
    for layer, seen in found.items():
        assert_close(network.features(pixels, [layer])[layer], seen)
        assert tuple(seen.shape[2:]) == tuple(spec.positions(side, layer) for side in (40, 51))


def test_a_pooling_may_keep_what_is_left_over_whatever_others_do() -> None:
    spec = replace(THIN["alexnet"], layers=build_layers((conv("conv1", 4, 3, step=2), pool("pool1", 3, 2, up=True), pool("pool2", 3, 2))))
    network = AlexNet(spec, drawn_weights(spec))
    for side in (9, 10, 11, 12, 40, 43):
        found = network.features(picture(side, side + 1), ["conv1", "pool1"])
        assert_close(found["pool1"], functional.max_pool2d(found["conv1"], 3, 2, ceil_mode=True))
        assert tuple(found["pool1"].shape[2:]) == tuple(spec.positions(each, "pool1") for each in (side, side + 1))
    # Two positions are enough for one window that is left over, three of those for the next pooling; 3 + 2 pixels for two.
    assert [spec.smallest(name) for name in spec.names] == [3, 5, 13]
    assert [spec.positions(side, "pool2") for side in (12, 13)] == [0, 1]


# --- Local response normalization -------------------------------------------------------------------------------------------------------


def looped(x: Tensor, response: Response) -> Tensor:
    """The definition, one number at a time."""
    result = torch.zeros_like(x)
    channels, half = x.shape[1], response.size // 2
    for i in range(channels):
        for place in np.ndindex(x.shape[0], x.shape[2], x.shape[3]):
            batch, row, column = place
            total = sum(float(x[batch, j, row, column]) ** 2 for j in range(max(0, i - half), min(channels - 1, i + half) + 1))
            result[batch, i, row, column] = x[batch, i, row, column] / (response.k + response.alpha * total) ** response.beta
    return result


@given(channels=st.integers(1, 9), k=st.floats(0.5, 3), alpha=st.floats(0, 2), beta=st.floats(0.1, 1.5), seed=st.integers(0, 99))
def test_responses_are_divided_as_defined(channels: int, k: float, alpha: float, beta: float, seed: int) -> None:
    x, response = normal(2, channels, 2, 3, seed=seed), Response(k, alpha, beta)
    assert_close(local_response(x, response), looped(x, response))


def test_responses_by_hand() -> None:
    # k = 2, α = 1, β = 1. The first channel sees itself and the two after it, 2 + 1 + 4 + 9; the third two on each side, 2 + 1 + … + 25.
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).double().view(1, 6, 1, 1)
    expected = torch.tensor([1 / 16, 2 / 32, 3 / 57, 4 / 92, 5 / 88, 6 / 79]).double().view(1, 6, 1, 1)
    assert_close(local_response(x, Response(k=2.0, alpha=1.0, beta=1.0)), expected)


def test_responses_have_the_constants_of_their_weights() -> None:
    for name in ("alexnet", "caffenet"):
        response = BACKBONES[name].response
        assert response is not None
        # Param of the file, as the importer from Caffe writes it: n, κ, α/n, β.
        assert (response.size, response.k, response.alpha, response.beta) == (5, 1.0, 1e-4 / 5, 0.75)
    assert BACKBONES["alexnet-torchvision"].response is None
    assert BACKBONES["alexnet2012"].response == Response(k=2.0, alpha=1e-4, beta=0.75, size=5)
    paper = Response(k=2.0, alpha=1e-4)
    x = 100 * normal(1, 8, 3, 3)
    assert_close(local_response(x, paper), functional.local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2))


def test_the_gradient_of_responses_is_that_of_finite_differences() -> None:
    x = normal(1, 6, 2, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda leaf: local_response(leaf, Response(k=1.0, alpha=0.5)), x)


# --- Options ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["replicate", "reflect", "replicate-first"])
def test_borders_are_those_of_torch(padding: Padding) -> None:
    network = thin("alexnet-torchvision", padding=padding)
    pixels = picture(100, 90).double()
    found = network.features(pixels, ["conv1", "pool1", "conv2"])
    mode = "reflect" if padding == "reflect" else "replicate"
    for layer, before in (("conv1", network.preprocess(pixels)), ("conv2", found["pool1"])):
        weight, bias = network.weights[layer]
        zeros = padding == "replicate-first" and layer == "conv2"
        wide = functional.pad(before, (2, 2, 2, 2), "constant" if zeros else mode)
        assert_close(found[layer], functional.conv2d(wide, weight, bias, 4 if layer == "conv1" else 1))


def test_a_convolution_without_a_border_has_none_whatever_is_asked_for() -> None:
    pixels = picture(80, 70).double()
    plain, other = (thin("alexnet", padding=padding).features(pixels, ["conv1", "conv2"]) for padding in ("zero", "replicate"))
    assert torch.equal(plain["conv1"], other["conv1"])
    assert not torch.equal(plain["conv2"], other["conv2"])


def test_a_map_smaller_than_its_border_is_mirrored_as_far_as_that_goes() -> None:
    assert thin("alexnet", padding="reflect").features(picture(19, 19).double(), ["conv2"])["conv2"].shape[-2:] == (1, 1)


def test_half_precision_is_for_multiplying_only() -> None:
    network = replace(thin("alexnet"), weights=drawn_weights(THIN["alexnet"]))
    half = network.to_bfloat16()
    assert [weight.dtype for weight, _ in half.weights.values()] == [torch.float32, *[torch.bfloat16] * 7]
    pixels = picture(227, 227).requires_grad_()
    found, exact = half.features(pixels, half.spec.names), network.features(pixels, network.spec.names)
    assert {seen.dtype for seen in found.values()} == {torch.float32}
    for layer in ("norm1", "norm2", "relu5", "fc8"):
        assert float((found[layer] - exact[layer]).detach().norm()) < 0.03 * float(exact[layer].detach().norm()), layer
    (slope,) = torch.autograd.grad([seen.sum() for seen in found.values()], pixels)
    assert slope.dtype == torch.float32


def test_it_is_not_cut_and_has_no_quicker_convolutions() -> None:
    network = thin("alexnet")
    assert not network.tileable
    assert network.with_winograd(["relu5"]) is network
    assert {network.block_size(layer) for layer in network.spec.names} == {1}


@pytest.mark.parametrize("layers", [["relu4"], ["relu1", "pool5"], ["fc8"]])
def test_what_a_look_takes_is_counted(layers: list[str]) -> None:
    network = replace(thin("alexnet"), weights=drawn_weights(THIN["alexnet"]))
    cost_model = CostModel(network, frozenset(layers), torch.device("cpu"))
    need, there = cost_model.cost((300, 280)), cost_model.cost((300, 280), grad=False)
    found = network.features(picture(300, 280), network.spec.names)
    work = sum(layer.products * found[layer.name][0, 0].numel() for layer in network.spec.up_to(layers))
    assert there.work == work
    assert need.work == pytest.approx(2.9 * work)
    assert need.memory > there.memory > 0
    assert list(map(str, cost_model.layouts())) == ["whole"]


# --- Weights ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new, empty cache of torch."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def md5_of(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def trusted(name: str, cache: Path, monkeypatch: pytest.MonkeyPatch, *, old: bool = False) -> ModelSpec:
    """Write a stand-in with few channels where the weights of a spec are looked for, and have it trusted."""
    spec = THIN[name]
    path = save_as_matconvnet(spec, drawn_weights(spec), cache / spec.file, old=old)
    found = replace(spec, md5=md5_of(path))
    monkeypatch.setattr(alexnet_specs, name.upper(), found)
    return found


@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("name", ["alexnet", "caffenet"])
def test_files_of_matconvnet_are_read(name: str, old: bool, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = trusted(name, cache, monkeypatch, old=old)
    network = load_alexnet(BACKBONES[name], pooling="avg")
    expected = drawn_weights(spec)
    assert network.pooling == "avg"
    assert list(network.weights) == list(expected)
    for layer, pair in expected.items():
        assert all(torch.equal(found, wanted) for found, wanted in zip(network.weights[layer], pair, strict=True)), layer
    assert network.weights["fc6"][0].shape == (5, 6, 6, 6)


def test_rows_of_a_filter_stay_rows_and_its_colors_are_red_green_blue(cache: Path) -> None:
    # As a file has it, (H, W, I, O): row 2, column 1, of the green of filter 3.
    spec = replace(THIN["alexnet"], layers=THIN["alexnet"].layers[:1])
    filters = np.zeros((11, 11, 3, 4), np.float32)
    filters[2, 1, 1, 3] = 7
    weight = torch.from_numpy(filters).permute(3, 2, 0, 1)
    path = save_as_matconvnet(spec, {"conv1": (weight, torch.arange(4.0))}, cache / "one.mat")
    read = read_weights(path, spec)
    assert read["conv1"][0][3, 1, 2, 1] == 7
    assert read["conv1"][0].count_nonzero() == 1
    assert read["conv1"][1].tolist() == [0, 1, 2, 3]


def test_a_struct_array_is_read_as_a_cell_array_is(cache: Path) -> None:
    from scipy.io import savemat

    spec = THIN["alexnet"]
    weights = drawn_weights(spec)
    fields = ("name", "type", "weights")
    rows = [tuple(layer.get(field, np.zeros((0, 0))) for field in fields) for layer in matconvnet_layers(spec, weights)]
    array = np.empty((1, len(rows)), dtype=[(field, object) for field in fields])
    for index, row in enumerate(rows):
        array[0, index] = row
    cache.mkdir(parents=True)
    savemat(cache / "array.mat", {"layers": array})
    read = read_weights(cache / "array.mat", spec)
    assert all(torch.equal(read[layer][0], weights[layer][0]) for layer in weights)


def test_a_damaged_file_is_told_by_its_md5(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = trusted("alexnet", cache, monkeypatch)
    data = bytearray((cache / spec.file).read_bytes())
    data[5000] ^= 1
    (cache / spec.file).write_bytes(data)
    message = (
        r"^The weights of alexnet are damaged: .*imagenet-caffe-alex\.mat has MD5 .*…, expected .*…\. Try: remove that file, and it is "
    )
    with pytest.raises(
        WeightsError, match=message + r"downloaded again from https://www\.vlfeat\.org/matconvnet/models/imagenet-caffe-alex\.mat$"
    ):
        load_alexnet(spec)


def of_another_network(layers: list[dict[str, Any]]) -> Iterator[tuple[list[dict[str, Any]], str]]:
    yield layers[1:], r"conv1 has shapes None and None, conv1 needs \(4, 3, 11, 11\) and \(4,\)"
    turned = {**layers[0], "weights": np.array([[np.zeros((4, 11, 11, 3)), np.zeros((1, 4))]], dtype=object)}
    yield [turned, *layers[1:]], r"conv1 has shapes \(3, 11, 4, 11\) and \(4,\), conv1 needs"
    one = np.empty((1, 1), dtype=object)
    one[0, 0] = np.zeros((11, 11, 3, 4))
    yield [{**layers[0], "weights": one}, *layers[1:]], r"conv1 has shapes \(4, 3, 11, 11\) and None, conv1 needs"


@pytest.mark.parametrize("case", range(3))
def test_a_file_of_another_network_is_refused(case: int, cache: Path) -> None:
    from scipy.io import savemat

    spec = THIN["alexnet"]
    layers, message = list(of_another_network(matconvnet_layers(spec, drawn_weights(spec))))[case]
    cells = np.empty((1, len(layers)), dtype=object)
    cells[0, :] = layers
    cache.mkdir(parents=True)
    savemat(cache / "other.mat", {"layers": cells})
    with pytest.raises(WeightsError, match=rf"^The weights of alexnet are of another network: in .*other\.mat, {message}"):
        read_weights(cache / "other.mat", spec)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no matrices",
        b"MATLAB 7.3 MAT-file" + bytes(105) + b"\x00\x02IM",
        b"MATLAB 5.0 MAT-file" + bytes(105) + b"\x00\x01IM" + b"\x0f\0\0\0\x20\0\0\0" + bytes(32),
    ],
)
def test_what_is_no_matlab_file_is_told_in_one_line(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "text.mat").write_bytes(data)
    with pytest.raises(WeightsError, match=r"^weights: cannot be read[^\n]* · given '.*text\.mat' · accepted: a whole file [^\n]*$"):
        read_weights(tmp_path / "text.mat", BACKBONES["alexnet"])
    with pytest.raises(WeightsError, match=r"^weights: cannot be read, no such file or directory · given '.*gone\.mat' "):
        read_weights(tmp_path / "gone.mat", BACKBONES["alexnet"])


def test_missing_and_offline(cache: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_alexnet(BACKBONES["caffenet"])
    url = "https://www.vlfeat.org/matconvnet/models/imagenet-caffe-ref.mat"
    assert str(caught.value) == (
        f"The weights of caffenet are not here and cannot be downloaded (PINCEL_OFFLINE is set). "
        f"Try again without it, or download {url} elsewhere and save it as {cache / 'imagenet-caffe-ref.mat'}"
    )
    assert not cache.exists()


# --- In a run ---------------------------------------------------------------------------------------------------------------------------

LAYERS: dict[str, Any] = {"content_layers": "relu4", "style_layers": "relu1,relu2,relu3,relu4,relu5"}
QUICK: dict[str, Any] = {"size": 96, "scales": "none", "precision": "fp32"}


def test_it_paints(cache: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> None:
    trusted("alexnet", cache, monkeypatch)
    result = pincel.transfer(photographs[0], photographs[1], backbone="alexnet", steps=3, **LAYERS, **QUICK)
    totals = [loss["total"] for loss in result.losses]
    assert len(totals) >= 3
    assert totals[-1] < totals[0]
    assert result.record["recipe"]["backbone"] == "alexnet"


@pytest.mark.parametrize(
    "changed",
    [
        {"precision": "bf16"},
        {"gradients": "normalized", "pooling": "max"},
        {"pool_rounding": "up", "padding": "reflect"},
        {"style_terms": "gram=1,mean-std=1,sliced-wasserstein=1,correlation-chain=1"},
        {"content_terms": "features=1,self-similarity=1e4", "scales": "0.6=2"},
        {"style_layers": "conv1,norm1,pool1,conv5,pool2", "memory": "1M"},
    ],
    ids=str,
)
def test_it_goes_with_other_options(changed: dict[str, Any], cache: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> None:
    trusted("alexnet", cache, monkeypatch)
    result = pincel.transfer(photographs[0], photographs[1], **{**LAYERS, **QUICK, "backbone": "alexnet", "steps": 2, **changed})
    assert all(np.isfinite(loss["total"]) for loss in result.losses)


def test_a_region_is_where_it_is_in_its_layers(
    cache: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path], tmp_path: Path
) -> None:
    from PIL import Image

    trusted("alexnet", cache, monkeypatch)
    mask = Image.new("L", (96, 96))
    mask.paste(255, (0, 0, 48, 96))
    mask.save(tmp_path / "mask.png")
    given: dict[str, Any] = {**LAYERS, **QUICK, "backbone": "alexnet", "steps": 2, "content_mask": str(tmp_path / "mask.png")}
    result = pincel.transfer(photographs[0], [photographs[1], photographs[2]], **given)
    assert all(np.isfinite(loss["total"]) for loss in result.losses)
    with pytest.raises(OptionError, match="fc6 sees a picture as a whole and knows no regions"):
        make_run(photographs[0], photographs[1], **{**given, "style_layers": "relu1,fc6"})


def test_what_it_cannot_be_asked_for(cache: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> None:
    trusted("alexnet", cache, monkeypatch)
    given: dict[str, Any] = {**LAYERS, **QUICK, "backbone": "alexnet"}
    with pytest.raises(UnknownNameError, match=r"^Unknown content layer of backbone alexnet 'relu4_2' .*Did you mean 'relu4'"):
        make_run(photographs[0], photographs[1], backbone="alexnet")
    with pytest.raises(OptionError, match=r"^With --backbone alexnet a picture is looked at as a whole: no --tiles, and one process"):
        make_run(photographs[0], photographs[1], tiles="rest=64", **given)
    with pytest.raises(OptionError, match=r"^The network alexnet is more than convolutions, ReLUs and poolings"):
        make_run(photographs[0], photographs[1], activations="normalized", **given)
    with pytest.raises(OptionError, match=r"^padding: alexnet cannot wrap around the border"):
        make_run(photographs[0], photographs[1], padding="circular", **given)
    with pytest.raises(PictureSizeError, match="the deepest layer asked for needs at least 227 on each side"):
        make_run(photographs[0], photographs[1], **{**given, "content_layers": "fc6"})
    assert BACKBONES["alexnet"].origin.startswith("file imagenet-caffe-alex.mat, downloaded from https://www.vlfeat.org/matconvnet/models/")


def test_layers_come_from_shallow_to_deep() -> None:
    network = thin("alexnet")
    asked = ["relu5", "conv1", "norm2"]
    assert [name for name, _ in network.iter_features(picture(100, 100).double(), asked)] == ["conv1", "norm2", "relu5"]
    strides = [layer.stride for layer in network.spec.layers]
    assert all(before <= after for before, after in pairwise(strides))


def test_nobody_published_the_weights_of_2012() -> None:
    spec = BACKBONES["alexnet2012"]
    assert spec.layers == BACKBONES["alexnet"].layers
    assert "nobody published" in spec.summary
    assert spec.origin == "nobody published them"
    message = (
        r"^weights: nobody published those of alexnet2012 · given 'alexnet2012' · .* · try: 'pincel train DATA --recipe alexnet2012 -o RUN'"
    )
    with pytest.raises(WeightsError, match=message):
        load_alexnet(spec)
