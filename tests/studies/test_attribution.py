"""What Captum makes of our network is what the papers say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pincel.backbones.random_filters import load_random_filters
from pincel.backbones.random_specs import RANDOM_CNN_11
from pincel.backbones.specs import ModelSpec, vgg_layers
from pincel.backbones.vgg import VGG, Pooling
from pincel.errors import UnknownNameError
from pincel.studies.attribution import METHODS, CaptumModel, attribute, attribute_in_field
from tests.tensors import assert_close, normal

SMALL = ModelSpec("small", "", vgg_layers([(2, 3), (2, 4), (1, 5)]), (120.0, 110.0, 100.0), "", "", "", "", "")


def small(pooling: Pooling = "max") -> VGG:
    weights, before = {}, 3
    for number, layer in enumerate(SMALL.layers):
        if layer.kind == "conv":
            weights[layer.name] = normal(layer.channels, before, 3, 3, seed=number) / 3, normal(layer.channels, seed=number + 50)
            before = layer.channels
    return VGG(SMALL, weights, pooling)


def pixels(height: int, width: int, seed: int = 0) -> Tensor:
    return 120 + 60 * normal(1, 3, height, width, seed=seed)


# What the papers do with a slope on its way back through a ReLU whose input was ``before``.
RULES = {
    "gradient": lambda slope, before: slope * (before > 0),
    "deconvolution": lambda slope, before: slope.clamp(min=0),
    "guided": lambda slope, before: slope.clamp(min=0) * (before > 0),
}


def by_hand(backbone: VGG, layer: str, picture: Tensor, unit: tuple[int, int, int], method: str) -> Tensor:
    """Go there, and back layer by layer."""
    inputs, x = [], backbone.preprocess(picture)
    layers = backbone.spec.up_to((layer,))
    for each in layers:
        inputs.append(x)
        x = x.relu() if each.kind == "relu" else dict(backbone.forward_layers([each], x, frozenset({each.name})))[each.name]
    slope = torch.zeros_like(x)
    slope[(0, *unit)] = 1
    for each, before in zip(reversed(layers), reversed(inputs), strict=True):
        if each.kind == "relu":
            slope = RULES[method](slope, before)
        else:
            leaf = before.detach().requires_grad_()
            answer = dict(backbone.forward_layers([each], leaf, frozenset({each.name})))[each.name]
            (slope,) = torch.autograd.grad(answer, leaf, slope)
    return slope


@pytest.mark.parametrize("layer", SMALL.names)
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_the_module_answers_what_the_network_does(layer: str, pooling: Pooling) -> None:
    backbone, picture = small(pooling), pixels(17, 14)
    assert torch.equal(CaptumModel(backbone, layer)(picture), backbone.features(picture, [layer])[layer])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["conv1_1", "relu1_2", "pool1", "conv2_2", "relu3_1"])
def test_each_method_is_that_of_its_paper(method: str, layer: str) -> None:
    backbone, picture = small(), pixels(16, 20)
    answer = backbone.features(picture, [layer])[layer][0]
    # A unit that answers: of a silent one, no method has anything to say but deconvolution.
    channel = int(answer.amax((1, 2)).argmax())
    row, column = divmod(int(answer[channel].argmax()), answer.shape[-1])
    found = attribute(CaptumModel(backbone, layer), picture, (channel, row, column), method)
    assert float(found.abs().max()) > 0
    assert_close(found, by_hand(backbone, layer, picture, (channel, row, column), method))


def test_the_methods_differ() -> None:
    eye, picture = CaptumModel(small(), "relu3_1"), pixels(16, 20)
    answer = eye(picture)[0, 0]
    unit = (0, *divmod(int(answer.argmax()), answer.shape[-1]))
    maps = [attribute(eye, picture, unit, method) for method in METHODS]
    assert all(float((a - b).abs().max()) > 1e-6 for number, a in enumerate(maps) for b in maps[:number])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["relu1_1", "relu2_1", "pool2", "relu3_1"])
def test_looking_at_a_part_changes_nothing(method: str, layer: str) -> None:
    # 27 and 30: the last rows and columns are dropped by a pooling.
    eye, picture = CaptumModel(small(), layer), pixels(27, 30, seed=3)
    rows, columns = eye(picture).shape[-2:]
    for row in range(0, rows, 2):
        for column in {0, columns // 2, columns - 1}:
            whole = attribute(eye, picture, (1, row, column), method)
            box, part = attribute_in_field(eye, picture, (1, row, column), method)
            inside = whole[..., box.top : box.bottom, box.left : box.right]
            assert_close(part, inside)
            assert float(whole.abs().sum()) == pytest.approx(float(inside.abs().sum()))


def test_a_bank_of_filters_is_explained_too() -> None:
    eye, picture = CaptumModel(load_random_filters(RANDOM_CNN_11), "conv1_1"), pixels(20, 20).float()
    filters = next(iter(eye.backbone.weights.values()))[0]
    box, found = attribute_in_field(eye, picture, (7, 9, 9), "gradient")
    assert (box.top, box.bottom) == (4, 15)
    assert_close(found[0], filters[7])


def test_the_picture_and_its_gradient_flag_stay_as_they_were() -> None:
    picture = pixels(8, 8)
    before = picture.clone()
    attribute(CaptumModel(small(), "relu1_2"), picture, (0, 4, 4), "guided")
    assert torch.equal(picture, before)
    assert not picture.requires_grad
    assert picture.grad is None


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown explanation 'guded' .* Did you mean 'guided'"):
        attribute(CaptumModel(small(), "relu1_1"), pixels(8, 8), (0, 0, 0), "guded")
