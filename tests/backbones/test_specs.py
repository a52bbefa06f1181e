"""Every layer has the geometry of Simonyan and Zisserman's column E, and the network really has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pincel.backbones import BACKBONES
from pincel.backbones.formats import FORMATS
from pincel.backbones.model_registry import imported_names
from pincel.backbones.specs import ModelSpec, vgg_layers
from pincel.errors import UnknownNameError
from tests.backbones.stand_ins import positive_vgg, random_vgg
from tests.tensors import assert_close

CARD: ModelSpec = BACKBONES["vgg19"]
# Not those that somebody imported on this machine.
NAMES = [name for name in BACKBONES if name not in imported_names()]

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


# Weights and biases: of VGG, Simonyan and Zisserman 2014, table 2, 138 and 144 millions; of the others, torchvision's numbers.
VGG16, VGG16_FC, VGG19, VGG19_FC, ALEXNET = 14_714_688, 138_357_544, 20_024_384, 143_667_240, 60_965_224
OTHERS = {"alexnet-torchvision": 61_100_840, "squeezenet": 1_235_496, "random-cnn": 2_056_192, "random-cnn-11": 46_592}


def published(name: str) -> int:
    """Return how many parameters a network has."""
    if name in OTHERS:
        return OTHERS[name]
    whole = name.endswith("-fc")
    return {"vgg16": VGG16_FC if whole else VGG16, "vgg19": VGG19_FC if whole else VGG19}.get(name[:5], ALEXNET)


@pytest.mark.parametrize("name", NAMES)
def test_parameters(name: str) -> None:
    assert BACKBONES[name].parameters == published(name)


def test_parameters_are_counted_by_hand() -> None:
    # 3·3·3·4 + 4, then 3·3·4·6 + 6.
    assert replace(CARD, layers=vgg_layers([(1, 4), (1, 6)])).parameters == 112 + 222
    assert replace(CARD, counted=7).parameters == 7


@pytest.mark.parametrize("name", NAMES)
def test_every_spec_says_where_its_weights_come_from(name: str) -> None:
    spec = BACKBONES[name]
    assert spec.name == name
    assert all([spec.summary, spec.source, spec.licence, spec.origin])
    # Read from a file, of a package or downloaded, or drawn at random, or not to be had.
    assert [bool(spec.package), bool(spec.url), bool(spec.filters), spec.name == "alexnet2012"].count(True) == 1
    assert bool(spec.file) == bool(spec.package or spec.url)
    assert spec.file in spec.origin
    # One hash at most, whole; or the first digits of a SHA-256, as some makers name their files after them.
    assert [bool(spec.sha256), bool(spec.sha1), bool(spec.md5)].count(True) <= 1
    assert (len(spec.sha256) in (0, 8, 64), len(spec.sha1) in (0, 40), len(spec.md5) in (0, 32)) == (True, True, True)
    assert all(set(digest) <= set("0123456789abcdef") for digest in (spec.sha256, spec.sha1, spec.md5))
    if len(spec.sha256) == 8:
        assert spec.sha256 in spec.file
    assert all(url.startswith(("https://", "http://dl.caffe.berkeleyvision.org/")) for url in (spec.url, *spec.mirrors) if url)
    if spec.url:
        assert spec.url.rpartition("/")[2] in (spec.file, spec.file.replace("-beta16", ""))
        assert spec.format in FORMATS
        assert spec.channels in ("rgb", "bgr")
        # A number takes four bytes, and what is written around them little; but MatConvNet compresses.
        read = 4 * spec.parameters
        assert spec.size == 0 or spec.size >= read


def test_files_of_one_name_are_one_file() -> None:
    known: dict[str, tuple[str, ...]] = {}
    for name in NAMES:
        spec = BACKBONES[name]
        if spec.file:
            said = (spec.url, spec.sha256, spec.sha1, spec.md5, str(spec.size), spec.format)
            assert known.setdefault(spec.file, said) == said, name


def test_what_no_one_published_a_hash_of() -> None:
    without = {name for name in NAMES if not BACKBONES[name].fingerprint[1] and not BACKBONES[name].filters}
    normalized = {"vgg19-normalized", "vgg19-normalized-lasagne", "vgg19-normalized-torch7", "vgg19-normalized-adain"}
    assert without == {"alexnet2012", "vgg19-gatys", "vgg19-stylecontrol", *normalized}


def test_vgg16_is_column_d() -> None:
    spec: ModelSpec = BACKBONES["vgg16"]
    blocks = {1: "1 2", 2: "1 2", 3: "1 2 3", 4: "1 2 3", 5: "1 2 3"}
    expected = [
        name
        for block, convolutions in blocks.items()
        for name in [*(f"{kind}{block}_{each}" for each in convolutions.split() for kind in ("conv", "relu")), f"pool{block}"]
    ]
    assert list(spec.names) == expected
    geometry = {
        name: (spec.layer(name).receptive_field, spec.layer(name).stride, spec.layer(name).channels) for name in ("conv5_3", "pool5")
    }
    assert geometry == {"conv5_3": (196, 16, 512), "pool5": (212, 32, 512)}
    # Where torchvision's features, numbered from 0, have the same layers.
    assert [place for place, name in enumerate(spec.names) if name.startswith("pool")] == [4, 9, 16, 23, 30]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-fc")])
def test_with_a_classifier_it_is_the_same_network_and_more(name: str) -> None:
    whole, bottom = BACKBONES[name], BACKBONES[name.removesuffix("-fc")]
    assert whole.layers[: len(bottom.layers)] == bottom.layers
    assert whole.names[len(bottom.layers) :] == ("fc6", "relu6", "fc7", "relu7", "fc8")
    assert (whole.crop, bottom.crop) == (224, 0)
    assert whole.smallest("fc8") == 224
    assert (whole.mean, whole.std, whole.channels, whole.format) == (bottom.mean, bottom.std, bottom.channels, bottom.format)
    # Keras publishes the convolutions as a file of their own.
    assert (whole.file == bottom.file) == ("keras" not in name)


def test_classifiers_say_what_they_were_trained_on() -> None:
    crops = {name: BACKBONES[name].crop for name in NAMES if BACKBONES[name].crop}
    caffe = {"alexnet2012", "alexnet", "alexnet-caffe", "caffenet", "caffenet-caffe"}
    assert {name for name, crop in crops.items() if crop == 227} == caffe
    assert {name for name, crop in crops.items() if crop == 224} == {*crops} - caffe
    assert all(BACKBONES[name].layers[-1].channels == 1000 or BACKBONES[name].names[-1] == "relu10" for name in crops)
    assert all(BACKBONES[name].positions(crop, BACKBONES[name].names[-1]) in (1, 13) for name, crop in crops.items())


@pytest.mark.parametrize(
    ("name", "mean", "channels"),
    [
        ("vgg19-caffe", (123.68, 116.779, 103.939), "bgr"),
        ("vgg19-matconvnet", (123.68, 116.779, 103.939), "rgb"),
        ("vgg19-keras-fc", (123.68, 116.779, 103.939), "bgr"),
        ("vgg19-gatys", (123.68, 116.779, 103.939), "bgr"),
        ("vgg19-normalized-lasagne", (123.0, 117.0, 104.0), "bgr"),
        ("vgg16-amdegroot", (123.0, 117.0, 104.0), "rgb"),
        ("vgg16-jcjohnson", (123.68, 116.779, 103.939), "bgr"),
        ("alexnet-caffe", (122.679, 116.669, 104.007), "bgr"),
        ("squeezenet", (123.675, 116.28, 103.53), "rgb"),
    ],
)
def test_what_is_subtracted(name: str, mean: tuple[float, ...], channels: str) -> None:
    spec = BACKBONES[name]
    assert spec.mean == pytest.approx(mean, abs=1e-3)
    assert spec.channels == channels


def test_torchvision_is_fed_what_it_was_trained_on() -> None:
    spec: ModelSpec = BACKBONES["vgg19-torchvision"]
    vgg = replace(random_vgg([(1, 4)]), spec=spec)
    pixels = torch.tensor([0.0, 51.0, 255.0]).view(1, 3, 1, 1)
    assert_close(vgg.preprocess(pixels).flatten(), torch.tensor([-0.485 / 0.229, (0.2 - 0.456) / 0.224, (1 - 0.406) / 0.225]))
    undivided = replace(vgg, spec=BACKBONES["vgg19-torchvision-255"])
    assert_close(undivided.preprocess(pixels).flatten(), torch.tensor([-123.675, 51 - 116.28, 255 - 103.53]))
    assert replace(vgg, spec=CARD).preprocess(pixels).equal(pixels - torch.tensor(CARD.mean).view(1, 3, 1, 1))
