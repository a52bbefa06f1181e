"""Our SqueezeNet is that of torchvision, read from a file as torchvision writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import pincel
from pincel.backbones import BACKBONES, NETWORKS, squeezenet_specs
from pincel.backbones.alexnet import AlexNet
from pincel.backbones.formats import open_weights
from pincel.backbones.formats.fuse_fire import fuse_fire
from pincel.backbones.formats.weight_file import StoredLayer
from pincel.backbones.normalize import mean_activations, normalize
from pincel.backbones.specs import ModelSpec
from pincel.backbones.squeezenet_specs import squeezenet_layers
from pincel.errors import OptionError, WeightsError
from pincel.files import sha256_of
from tests.backbones import numpy_alexnet
from tests.tensors import assert_close, normal, picture

FEW = {number: (3, 2 * number) for number in range(2, 10)}
SMALL: ModelSpec = replace(BACKBONES["squeezenet"], layers=squeezenet_layers(FEW, 7))


def drawn_state(fires: dict[int, tuple[int, int]] = squeezenet_specs.FIRES, classes: int = 1000) -> dict[str, torch.Tensor]:
    """Draw He's random weights under torchvision's names."""
    shapes, before = {"features.0": (64, 3, 3)}, 64
    for number, (squeezed, expanded) in fires.items():
        place = f"features.{number + 1 + (number > 3) + (number > 5)}"
        shapes |= {f"{place}.squeeze": (squeezed, before, 1), f"{place}.expand1x1": (expanded, squeezed, 1)}
        shapes[f"{place}.expand3x3"] = (expanded, squeezed, 3)
        before = 2 * expanded
    shapes["classifier.1"] = (classes, before, 1)
    state = {}
    for seed, (name, (after, seen, kernel)) in enumerate(shapes.items()):
        weight = normal(after, seen, kernel, kernel, seed=seed, dtype=torch.float32)
        state[f"{name}.weight"] = weight * (2 / (seen * kernel**2)) ** 0.5
        state[f"{name}.bias"] = normal(after, seed=seed + 1000, dtype=torch.float32)
    return state


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Have a SqueezeNet of few channels read for the real one, and return what is in its file."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / SMALL.file
    path.parent.mkdir(parents=True)
    state = drawn_state(FEW, 7)
    torch.save(state, path)
    monkeypatch.setattr(squeezenet_specs, "SQUEEZENET", replace(SMALL, sha256=sha256_of(path), size=path.stat().st_size))
    return state


def loaded() -> AlexNet:
    spec = BACKBONES["squeezenet"]
    found = NETWORKS[spec.network](spec)
    assert isinstance(found, AlexNet)
    return found


def test_layers_and_their_geometry() -> None:
    spec: ModelSpec = BACKBONES["squeezenet"]
    fires = " ".join(
        f"fire{number}_squeeze fire{number}_relu fire{number}_expand fire{number}" + {3: " pool3", 5: " pool5"}.get(number, "")
        for number in range(2, 10)
    )
    assert " ".join(spec.names) == f"conv1 relu1 pool1 {fires} conv10 relu10"
    # What torchvision's network gives for 224 pixels.
    sides = {"conv1": 111, "pool1": 55, "fire3": 55, "pool3": 27, "fire5": 27, "pool5": 13, "fire9": 13, "conv10": 13}
    assert {name: spec.positions(224, name) for name in sides} == sides
    channels = {"conv1": 64, "fire2": 128, "fire5": 256, "fire7": 384, "fire9": 512, "conv10": 1000}
    assert {name: spec.layer(name).channels for name in channels} == channels
    assert (spec.layer("fire9").stride, spec.layer("fire9").receptive_field) == (16, 3 + 4 + 2 * 8 + 8 + 2 * 16 + 16 + 4 * 32)
    # A stack of convolutions, ReLUs and poolings, so that it can be rescaled like VGG.
    assert spec.rescalable


@pytest.mark.usefixtures("trusted")
def test_rescaled_each_filter_answers_1_in_the_mean() -> None:
    network, pixels = loaded().to(dtype=torch.float64), picture(64, 70).double()
    means = mean_activations(network, [pixels])
    rescaled = normalize(network, means)
    relus = [layer.name for layer in network.spec.layers if layer.kind == "relu"]
    found, before = (each.features(pixels, relus) for each in (rescaled, network))
    assert len(relus) == len(means) == 18
    for name in relus:
        mean = before[name].mean((2, 3), keepdim=True)
        awake = mean > 1e-8
        assert_close(found[name], torch.where(awake, before[name] / mean.where(awake, torch.ones(())), before[name]))


def test_every_layer_is_that_of_another_implementation(trusted: dict[str, torch.Tensor]) -> None:
    network = loaded().to(dtype=torch.float64)
    # Windows that are left over, at every pooling: (100 - 3) / 2 + 1 = 49 positions are whole, (118 - 3) / 2 + 1 = 58 are not.
    for height, width in ((100, 118), (121, 95)):
        pixels = picture(height, width).double()
        expected = numpy_alexnet.squeezed(
            network.preprocess(pixels)[0].numpy(), {key: each.double().numpy() for key, each in trusted.items()}
        )
        found = network.features(pixels, network.spec.names)
        assert set(found) == set(expected) - {"logits"}
        for name, seen in found.items():
            assert_close(seen[0], torch.from_numpy(expected[name]), msg=name)
            assert tuple(seen.shape[2:]) == tuple(network.spec.positions(side, name) for side in (height, width))
        assert_close(found["relu10"].mean((2, 3))[0], torch.from_numpy(expected["logits"]))


def test_the_whole_network_in_single_precision() -> None:
    state = drawn_state()
    assert sum(each.numel() for each in state.values()) == 1_235_496
    held = fuse_fire(
        tuple(StoredLayer(name[:-7], each, state[name[:-7] + ".bias"]) for name, each in state.items() if name.endswith("weight"))
    )
    spec: ModelSpec = BACKBONES["squeezenet"]
    convolutions = [layer.name for layer in spec.layers if layer.kind == "conv"]
    weights = {name: (layer.weight, layer.bias) for name, layer in zip(convolutions, held, strict=True) if layer.bias is not None}
    network = AlexNet(spec, weights).to()
    pixels = picture(224, 224)
    expected = numpy_alexnet.squeezed(
        network.preprocess(pixels)[0].double().numpy(), {key: each.double().numpy() for key, each in state.items()}
    )
    found = network.features(pixels, ["relu10"])["relu10"].mean((2, 3))[0].double().numpy()
    assert np.abs(found - expected["logits"]).max() < 1e-5 * np.abs(expected["logits"]).max()


@pytest.mark.usefixtures("trusted")
def test_poolings_keep_what_is_left_over_whatever_is_asked_for() -> None:
    pixels = picture(118, 118)
    down, up = loaded(), NETWORKS["alexnet"](BACKBONES["squeezenet"], pool_rounding="up")
    assert torch.equal(down.features(pixels, ["fire9"])["fire9"], up.features(pixels, ["fire9"])["fire9"])
    with pytest.raises(OptionError, match=r"^padding: squeezenet cannot wrap around the border"):
        NETWORKS["alexnet"](BACKBONES["squeezenet"], padding="circular")


def test_halves_are_joined_where_they_stand_side_by_side() -> None:
    narrow = StoredLayer("a.expand1x1", normal(2, 3, 1, 1), normal(2))
    broad = StoredLayer("a.expand3x3", normal(4, 3, 3, 3), normal(4))
    other = StoredLayer("b", normal(1, 1, 1, 1), None)
    # In whichever order the file has them.
    for layers in ((narrow, broad, other), (broad, narrow, other)):
        first, last = fuse_fire(layers)
        assert (first.name, last) == ("a.expand", other)
        assert first.bias is not None
        assert first.weight.shape == (6, 3, 3, 3)
        assert torch.equal(first.weight[:2, :, 1, 1], narrow.weight[..., 0, 0])
        assert int(first.weight[:2].count_nonzero()) == 6
        assert torch.equal(first.weight[2:], broad.weight)
        assert torch.equal(first.bias[:2], narrow.bias if narrow.bias is not None else first.bias)
    # One alone is a layer like any other.
    assert fuse_fire((narrow, other)) == (narrow, other)
    assert fuse_fire((broad,)) == (broad,)


def test_a_file_of_another_network_is_refused(trusted: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub" / "checkpoints" / SMALL.file
    torch.save({name: each for name, each in trusted.items() if "features.6.expand1x1" not in name}, path)
    monkeypatch.setattr(squeezenet_specs, "SQUEEZENET", replace(SMALL, sha256=sha256_of(path)))
    assert len(open_weights(path).layers) == 18
    with pytest.raises(WeightsError, match=r"^The weights of squeezenet are of another network: .* features\.6\.expand3x3 has shapes"):
        loaded()


@pytest.mark.usefixtures("trusted")
def test_it_paints(photographs: list[Path]) -> None:
    result = pincel.transfer(
        photographs[0],
        photographs[1],
        backbone="squeezenet",
        content_layers="fire5",
        style_layers="relu1,fire3,fire5",
        size=80,
        scales="none",
        precision="fp32",
        steps=4,
    )
    totals = [loss["total"] for loss in result.losses]
    assert totals[-1] < totals[0]
