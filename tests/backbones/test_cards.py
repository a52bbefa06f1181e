"""Every layer has the geometry of Simonyan and Zisserman's column E, and the network really has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pincel.backbones import CARDS
from pincel.backbones.cards import Card
from pincel.errors import UnknownNameError
from tests.backbones.stand_ins import positive_vgg, random_vgg
from tests.tensors import assert_close

CARD: Card = CARDS["vgg19"]

# name: receptive field, stride, channels
GEOMETRY = {
    "conv1_1": (3, 1, 64),
    "conv1_2": (5, 1, 64),
    "pool1": (6, 2, 64),
    "conv2_1": (10, 2, 128),
    "conv2_2": (14, 2, 128),
    "pool2": (16, 4, 128),
    "conv3_1": (24, 4, 256),
    "conv3_4": (48, 4, 256),
    "pool3": (52, 8, 256),
    "conv4_1": (68, 8, 512),
    "conv4_2": (84, 8, 512),
    "conv4_4": (116, 8, 512),
    "pool4": (124, 16, 512),
    "conv5_1": (156, 16, 512),
    "conv5_4": (252, 16, 512),
    "pool5": (268, 32, 512),
}


def test_the_37_layers_in_order() -> None:
    names = CARD.names
    assert len(names) == 37
    assert names[:5] == ("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1")
    assert names[-3:] == ("conv5_4", "relu5_4", "pool5")
    assert [sum(name.startswith(kind) for name in names) for kind in ("conv", "relu", "pool")] == [16, 16, 5]
    # Where torchvision's features, numbered from 0, have the same layers.
    places = {
        "conv1_1": 0,
        "conv2_1": 5,
        "conv3_1": 10,
        "conv3_4": 16,
        "conv4_2": 21,
        "conv5_1": 28,
        "conv5_4": 34,
        "pool3": 18,
        "pool5": 36,
    }
    assert {name: names.index(name) for name in places} == places


@pytest.mark.parametrize("name", GEOMETRY)
def test_geometry(name: str) -> None:
    layer = CARD.layer(name)
    assert (layer.receptive_field, layer.stride, layer.channels) == GEOMETRY[name]


def test_a_relu_sees_what_its_convolution_sees() -> None:
    for convolution, relu in zip(CARD.layers, CARD.layers[1:], strict=False):
        if relu.kind == "relu":
            geometry = (convolution.receptive_field, convolution.stride, convolution.channels)
            assert (relu.receptive_field, relu.stride, relu.channels) == geometry


@pytest.mark.parametrize("name", ["conv1_1", "relu1_2", "pool1", "conv2_1", "pool2", "relu3_1", "conv3_4", "pool3", "relu4_1", "relu5_1"])
def test_receptive_field_and_stride_are_where_the_gradient_is(name: str) -> None:
    layer = CARD.layer(name)
    vgg = positive_vgg([(2, 1), (2, 2), (4, 1), (4, 1), (4, 1)], "avg")
    pixels = torch.full((1, 3, 32, 400), 255.0, requires_grad=True)
    activation = vgg.features(pixels, [name])[name]
    middle = activation.shape[3] // 2
    edges = []
    for place in (middle, middle + 1):
        (slope,) = torch.autograd.grad(activation[0, 0, activation.shape[2] // 2, place], pixels, retain_graph=True)
        seen = slope[0].abs().sum((0, 1)).nonzero().flatten()
        edges.append(int(seen[0]))
        assert len(seen) == int(seen[-1]) - int(seen[0]) + 1 == layer.receptive_field
    assert edges[1] - edges[0] == layer.stride


@pytest.mark.parametrize(
    ("names", "deepest"), [([], None), (["conv1_1"], "conv1_1"), (["relu3_1", "relu1_1"], "relu3_1"), (["pool5", "conv4_2"], "pool5")]
)
def test_up_to_ends_at_the_deepest_layer_asked_for(names: list[str], deepest: str | None) -> None:
    needed = CARD.up_to(names)
    assert needed == CARD.layers[: len(needed)]
    assert (needed[-1].name if needed else None) == deepest


def test_unknown_layer_is_told_with_the_closest_match() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown layer of backbone vgg19 'relu4-2' .*37 in all.* Did you mean 'relu4_2'\?$"):
        CARD.layer("relu4-2")


def test_unknown_layer_is_told_with_the_option_it_was_given_to() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown style layer of backbone vgg19 'x'"):
        CARD.layer("x", "style layer")


def test_every_card_says_where_its_weights_come_from() -> None:
    for name in CARDS:
        card = CARDS[name]
        assert card.name == name
        assert all([card.summary, card.source, card.licence, card.origin])
        # Read from a file, of a package or downloaded, or drawn at random.
        assert (len(card.sha256), len(card.md5)) in ([(0, 0)] if card.filters else [(64, 0), (0, 32)])
        assert [bool(card.package), bool(card.url), bool(card.filters)].count(True) == 1
        assert card.file in card.origin


def test_torchvision_is_fed_what_it_was_trained_on() -> None:
    card: Card = CARDS["vgg19-torchvision"]
    vgg = replace(random_vgg([(1, 4)]), card=card)
    pixels = torch.tensor([0.0, 51.0, 255.0]).view(1, 3, 1, 1)
    assert_close(vgg.fed(pixels).flatten(), torch.tensor([-0.485 / 0.229, (0.2 - 0.456) / 0.224, (1 - 0.406) / 0.225]))
    undivided = replace(vgg, card=CARDS["vgg19-torchvision-255"])
    assert_close(undivided.fed(pixels).flatten(), torch.tensor([-123.675, 51 - 116.28, 255 - 103.53]))
    assert replace(vgg, card=CARD).fed(pixels).equal(pixels - torch.tensor(CARD.mean).view(1, 3, 1, 1))
