"""Fully connected layers are convolutions, and give what they gave as matrices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

import pincel
from pincel.backbones import BACKBONES, alexnet_specs, vgg_specs
from pincel.backbones.alexnet import load_alexnet
from pincel.backbones.alexnet_specs import one_tower_layers
from pincel.backbones.specs import ModelSpec, fully_connected, vgg_layers
from pincel.backbones.vgg import VGG, load_vgg
from pincel.backbones.weights import read_weights
from pincel.engine.precision import Precision
from pincel.errors import OptionError, PictureSizeError, WeightsError
from pincel.files import sha256_of
from tests.backbones.stand_ins import drawn_weights, torchvision_state
from tests.tensors import assert_close, picture

# Few channels, and two poolings, so that 12 pixels are the smallest picture: 3 positions of the last.
SMALL: ModelSpec = replace(
    BACKBONES["vgg19-torchvision-fc"], name="small", layers=vgg_layers([(1, 4), (2, 6)], fully_connected(3, 5, 7)), classifier=(0, 3, 6)
)


def saved(spec: ModelSpec, path: Path) -> ModelSpec:
    """Write random weights as torchvision's file is, and return the spec that trusts it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(torchvision_state(spec, drawn_weights(spec)), path)
    return replace(spec, sha256=sha256_of(path))


def linear(state: dict[str, torch.Tensor], pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Compute the small network as torchvision does: convolutions, then a vector through matrices."""
    x = pixels
    for index, kind in enumerate("crpcrcrp"):
        if kind == "c":
            x = functional.conv2d(x, state[f"features.{index}.weight"], state[f"features.{index}.bias"], padding=1)
        else:
            x = x.relu() if kind == "r" else functional.max_pool2d(x, 2)
    found, x = {}, torch.flatten(x, 1)
    for place, name in ((0, "fc6"), (3, "fc7"), (6, "fc8")):
        x = functional.linear(x, state[f"classifier.{place}.weight"], state[f"classifier.{place}.bias"])
        found[name] = x
        x = found[name.replace("fc", "relu")] = x.relu()
    return found


def test_a_fully_connected_layer_is_a_matrix_times_a_flat_map(tmp_path: Path) -> None:
    spec = saved(SMALL, tmp_path / "small.pth")
    network = VGG(spec, read_weights(tmp_path / "small.pth", spec)).to(dtype=torch.float64)
    state = {name: each.double() for name, each in torchvision_state(SMALL, drawn_weights(SMALL)).items()}
    assert state["classifier.0.weight"].shape == (5, 6 * 3 * 3)
    pixels = picture(12, 12).double()
    expected = linear(state, network.preprocess(pixels))
    for names in (["fc6", "relu6", "fc7", "relu7", "fc8"], ["relu6"], ["relu7"], ["fc8"]):
        for name, seen in network.features(pixels, names).items():
            assert_close(seen.flatten(1), expected[name], msg=name)
    assert float(expected["fc8"].min()) < 0


def test_the_order_of_the_flat_map_is_channels_rows_columns(tmp_path: Path) -> None:
    state = torchvision_state(SMALL, drawn_weights(SMALL))
    state["classifier.0.weight"] = torch.arange(5 * 54.0).view(5, 54)
    torch.save(state, tmp_path / "counted.pth")
    weight, _ = read_weights(tmp_path / "counted.pth", replace(SMALL, sha256=sha256_of(tmp_path / "counted.pth")))["fc6"]
    assert weight.shape == (5, 6, 3, 3)
    # Filter 2, channel 4, row 1, column 2.
    assert float(weight[2, 4, 1, 2]) == 2 * 54 + 4 * 9 + 1 * 3 + 2


def test_a_larger_picture_gives_a_map(tmp_path: Path) -> None:
    network = VGG(SMALL, drawn_weights(SMALL))
    found = network.features(picture(20, 24), ["pool2", "fc6", "fc8"])
    assert [tuple(seen.shape[1:]) for seen in found.values()] == [(6, 5, 6), (5, 3, 4), (7, 3, 4)]
    assert (SMALL.positions(20, "fc8"), SMALL.positions(24, "fc8"), SMALL.smallest("fc8")) == (3, 4, 12)
    weight, bias = network.weights["fc6"]
    part = found["pool2"][..., 1:4, 2:5]
    assert_close(found["fc6"][..., 1, 2], functional.linear(part.flatten(1), weight.flatten(1), bias), rtol=1e-4, atol=1e-3)


def test_the_classifier_of_vgg19_is_as_published() -> None:
    spec: ModelSpec = BACKBONES["vgg19-torchvision-fc"]
    assert spec.names == (*BACKBONES["vgg19"].names, "fc6", "relu6", "fc7", "relu7", "fc8")
    assert spec.layers[:37] == BACKBONES["vgg19"].layers
    shapes = {layer.name: (layer.kernel, layer.channels) for layer in spec.layers if layer.kind == "fc"}
    assert shapes == {"fc6": (7, 4096), "fc7": (1, 4096), "fc8": (1, 1000)}
    # Simonyan and Zisserman 2014, table 2: 144 million.
    assert sum(layer.products + layer.channels for layer in spec.layers if layer.products) == 143_667_240
    assert (spec.sha256, spec.file) == (BACKBONES["vgg19-torchvision"].sha256, BACKBONES["vgg19-torchvision"].file)
    assert not BACKBONES["vgg19-torchvision"].classifies


def test_a_network_without_a_classifier_does_not_keep_it(tmp_path: Path) -> None:
    spec = saved(SMALL, tmp_path / "small.pth")
    plain = replace(spec, layers=SMALL.layers[:8], classifier=())
    assert list(read_weights(tmp_path / "small.pth", plain)) == ["conv1_1", "conv2_1", "conv2_2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classifier.0.weight": torch.zeros(5, 50)}, r"classifier\.0 has shapes \(5, 50\) and \(5,\), fc6 needs \(5, 54\) and \(5,\)\.$"),
        ({"classifier.6.bias": None}, r"classifier\.6 has shapes \(7, 5\) and None, fc8 needs \(7, 5\) and \(7,\)\.$"),
    ],
)
def test_a_classifier_of_another_network_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    state = {**torchvision_state(SMALL, drawn_weights(SMALL)), **change}
    torch.save({name: each for name, each in state.items() if each is not None}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"^The weights of small are of another network: in .*other\.pth, " + message):
        read_weights(tmp_path / "other.pth", replace(SMALL, sha256=sha256_of(tmp_path / "other.pth")))


def test_the_numbers_of_torchvisions_alexnet_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    thin = replace(BACKBONES["alexnet-torchvision"], layers=one_tower_layers((2, 3, 4, 4, 3), fully_connected(6, 5, 7)))
    state = torchvision_state(thin, drawn_weights(thin))
    # Dropout stands before the first two of the three.
    assert sorted(name for name in state if name.endswith("weight")) == sorted(
        [f"features.{place}.weight" for place in (0, 3, 6, 8, 10)] + [f"classifier.{place}.weight" for place in (1, 4, 6)]
    )
    spec = saved(thin, tmp_path / "hub" / "checkpoints" / thin.file)
    monkeypatch.setattr(alexnet_specs, "ALEXNET_TORCHVISION", spec)
    network = load_alexnet(BACKBONES["alexnet-torchvision"])
    for name, (weight, bias) in drawn_weights(thin).items():
        assert torch.equal(network.weights[name][0], weight)
        assert torch.equal(network.weights[name][1], bias)


def test_precisions_and_poolings_reach_the_classifier() -> None:
    network = VGG(SMALL, drawn_weights(SMALL)).to()
    pixels = picture(16, 16)
    exact = network.features(pixels, SMALL.names)
    for other in (Precision("fp32", "winograd").applied(network, frozenset(SMALL.names)), network.to_bfloat16()):
        found = other.features(pixels, SMALL.names)
        for name, seen in exact.items():
            assert found[name].dtype == torch.float32
            assert float((found[name] - seen).norm()) < 0.03 * float(seen.norm()), name
    assert network.to_bfloat16().weights["fc8"][0].dtype == torch.bfloat16
    averaged = replace(network, pooling="avg").features(pixels, ["pool2", "fc6"])
    weight, bias = network.weights["fc6"]
    assert_close(averaged["fc6"], functional.conv2d(averaged["pool2"], weight, bias), rtol=1e-4, atol=1e-3)


def test_the_gradient_of_a_class_reaches_the_pixels() -> None:
    network = VGG(SMALL, drawn_weights(SMALL)).to(dtype=torch.float64)
    pixels = picture(12, 12).double().requires_grad_()
    found = network.features(pixels, ["pool2", "fc8"])
    x = found["pool2"].flatten(1)
    for name in ("fc6", "fc7", "fc8"):
        weight, bias = network.weights[name]
        x = functional.linear(x if name == "fc6" else x.relu(), weight.flatten(1), bias)
    slopes = [torch.autograd.grad(answer.flatten(1)[0, 3], pixels, retain_graph=True)[0] for answer in (found["fc8"], x)]
    assert float(slopes[0].abs().max()) > 0
    assert_close(slopes[0], slopes[1])


# --- In a run ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """Have a small VGG with a classifier read for the large one, and return its spec."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    spec = saved(replace(SMALL, name="vgg19-torchvision-fc"), tmp_path / "hub" / "checkpoints" / SMALL.file)
    monkeypatch.setattr(vgg_specs, "VGG19_TORCHVISION_FC", spec)
    return spec


GIVEN: dict[str, Any] = {
    "backbone": "vgg19-torchvision-fc",
    "style_layers": "relu1_1,relu2_1",
    "size": 64,
    "scales": "none",
    "precision": "fp32",
}


def test_a_picture_is_painted_after_what_a_classifier_sees(trusted: ModelSpec, photographs: list[Path]) -> None:
    assert load_vgg(trusted).spec.classifies
    result = pincel.transfer(photographs[0], photographs[1], content_layers="relu6,fc8", steps=3, **GIVEN)
    totals = [loss["total"] for loss in result.losses]
    assert totals[-1] < totals[0]


@pytest.mark.usefixtures("trusted")
def test_what_a_network_with_a_classifier_cannot_be_asked_for(photographs: list[Path]) -> None:
    asked: dict[str, Any] = {**GIVEN, "content_layers": "fc6"}
    with pytest.raises(OptionError, match=r"^With --backbone vgg19-torchvision-fc a picture is looked at as a whole"):
        pincel.transfer(photographs[0], photographs[1], tiles="rest=32", **asked)
    with pytest.raises(OptionError, match=r"^The network vgg19-torchvision-fc is more than convolutions"):
        pincel.transfer(photographs[0], photographs[1], activations="normalized", **asked)
    with pytest.raises(PictureSizeError, match="the deepest layer asked for needs at least 12 on each side"):
        pincel.transfer(photographs[0], photographs[1], **{**asked, "size": 14})


def test_a_picture_too_small_for_a_class_is_told_how_large_it_must_be() -> None:
    network = VGG(SMALL, drawn_weights(SMALL))
    with pytest.raises(PictureSizeError, match=r"nothing of it is left in fc6 of small · .* · accepted: 12 pixels or more on each side"):
        network.features(picture(11, 30), ["fc8"])
    with pytest.raises(PictureSizeError, match=r"nothing of it is left in pool2 of small · .* · accepted: 4 pixels or more"):
        network.features(picture(3, 30), ["pool2"])
