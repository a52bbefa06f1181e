"""Networks of timm are eyes like ours; with a stand-in for timm, and with timm itself where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import pincel
from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.timm import TimmSpec, timm_spec
from pincel.backbones.timm_backbone import TimmBackbone, load_timm
from pincel.errors import OptionError, PictureSizeError, UnknownNameError, WeightsError
from pincel.studies.inversion_options import read_representations
from pincel.studies.settings import StudySettings
from tests.backbones import timm_stand_in
from tests.backbones.timm_stand_in import make, pretend
from tests.cli.run import pincel as run
from tests.cli.run import refused
from tests.tensors import assert_close, picture


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    timm_spec.cache_clear()


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a stand-in for timm."""
    pretend(monkeypatch)


def tiny(**given: Any) -> TimmBackbone:
    spec = BACKBONES["timm:tiny"]
    found = NETWORKS[spec.network](spec, **given)
    assert isinstance(found, TimmBackbone)
    return found


def plainly(pixels: Tensor) -> dict[str, Tensor]:
    """Compute the small network step by step."""
    network = make("tiny", pretrained=True).eval().to(pixels.dtype).requires_grad_(requires_grad=False)
    mean, std = (torch.tensor(each).to(pixels).view(1, 3, 1, 1) for each in ((0.5, 0.25, 0.125), (0.5, 0.25, 0.2)))
    parts: Any = network
    found = {"stem": parts.stem((pixels / 255 - mean) / std)}
    found["bn"] = parts.bn(found["stem"])
    found["act"] = found["bn"].clamp_min(0)
    found["pool"] = functional.max_pool2d(found["act"], 3, 2, 1)
    found["block.conv"] = parts.block.conv(found["pool"])
    found["block.act"] = found["block"] = (found["block.conv"] + found["pool"]).clamp_min(0)
    found["head"] = parts.head(found["block"].mean((2, 3)))[..., None, None]
    return found


# --- The spec ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("timm")
def test_a_spec_is_made_by_looking() -> None:
    spec = BACKBONES["timm:tiny"]
    assert isinstance(spec, TimmSpec)
    assert spec.names == ("stem", "bn", "act", "pool", "block.conv", "block.act", "block", "head")
    assert [layer.kind for layer in spec.layers] == ["conv", "module", "relu", "pool", "conv", "relu", "module", "fc"]
    geometry = {layer.name: (layer.channels, layer.stride, layer.receptive_field, spec.start(layer.name)) for layer in spec.layers[:-1]}
    assert geometry["stem"] == geometry["act"] == (6, 2, 5, -2)
    assert geometry["pool"] == (6, 4, 9, -4)
    assert geometry["block.conv"] == geometry["block"] == (6, 4, 17, -8)
    assert spec.layer("stem").products == 3 * 6 * 25
    # The classifier sees all of a picture, and was trained on 64 pixels of it.
    assert (spec.layer("head").channels, spec.layer("head").whole, spec.layer("head").receptive_field) == (10, True, 64)
    assert spec.parameters == sum(each.numel() for each in make("tiny").parameters())
    assert spec.mean == (127.5, 63.75, 31.875)
    assert spec.std == (127.5, 63.75, 51.0)
    assert (spec.crop, spec.licence, spec.multiple) == (64, "apache-2.0", 1)
    assert spec.origin == "nobody/tiny, through the Python package timm"
    assert not spec.rescalable
    assert spec.classifies
    assert BACKBONES["timm:tiny"] is spec


@pytest.mark.usefixtures("timm")
@pytest.mark.parametrize("size", [(64, 64), (65, 131), (34, 47), (7, 5)])
def test_maps_have_as_many_positions_as_the_spec_says(size: tuple[int, int]) -> None:
    network = tiny()
    for name, seen in network.features(picture(*size), network.spec.names).items():
        assert tuple(seen.shape[2:]) == tuple(network.spec.positions(side, name) for side in size), name
    assert [network.output_size(side, 4) for side in size] == [network.spec.positions(side, "block") for side in size]
    assert network.output_size(100, 1) == 100


# --- Looking ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("timm")
def test_every_layer_is_what_the_network_computes() -> None:
    network = tiny().to(dtype=torch.float64)
    pixels = picture(37, 50).double()
    expected = plainly(pixels)
    together = network.features(pixels, network.spec.names)
    assert list(together) == list(network.spec.names)
    for name in network.spec.names:
        # Some of them are overwritten by what comes next.
        assert_close(together[name], expected[name], msg=name)
        assert_close(network.features(pixels, [name])[name], expected[name], msg=name)
    assert network.features(pixels, []) == {}
    assert [name for name, _ in network.iter_features(pixels, ["block", "act"])] == ["act", "block"]


@pytest.mark.usefixtures("timm")
def test_gradients_flow_to_the_pixels_and_to_nothing_else() -> None:
    network, slopes = tiny().to(dtype=torch.float64), []
    for look in (partial(network.features, layers=network.spec.names), plainly):
        leaf = picture(24, 31).double().requires_grad_()
        found = look(leaf)
        slopes.append(torch.autograd.grad([found[name].square().mean() for name in ("bn", "block", "head")], leaf)[0])
    assert float(slopes[0].abs().max()) > 0
    assert_close(slopes[0], slopes[1], atol=1e-9)
    assert not any(each.requires_grad for each in network.model.parameters())


@pytest.mark.usefixtures("timm")
def test_nothing_behind_the_deepest_layer_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError

    network = tiny()
    monkeypatch.setattr(network.model.get_submodule("block.conv"), "forward", forbidden)
    assert set(network.features(picture(30, 30), ["stem", "pool"])) == {"stem", "pool"}
    with pytest.raises(AssertionError):
        network.features(picture(30, 30), ["block"])
    assert all(not module._forward_hooks for module in network.model.modules())


@pytest.mark.usefixtures("timm")
def test_averages_may_stand_for_maxima() -> None:
    pixels = picture(33, 40)
    found = tiny(pooling="avg").features(pixels, ["act", "pool"])
    assert_close(found["pool"], functional.avg_pool2d(found["act"], 3, 2, 1, count_include_pad=False))
    assert not torch.equal(found["pool"], tiny().features(pixels, ["pool"])["pool"])


@pytest.mark.usefixtures("timm")
def test_precisions() -> None:
    network, pixels = tiny(), picture(64, 64)
    exact, half = network.features(pixels, ["block", "head"]), network.to_bfloat16().features(pixels, ["block", "head"])
    for name, seen in exact.items():
        assert half[name].dtype == torch.float32
        assert float((half[name] - seen).norm()) < 0.03 * float(seen.norm())
    assert network.with_winograd(["block"]) is network
    assert (network.tileable, network.block_size("block")) == (False, 1)
    assert set(network.weights) == {"stem", "block.conv"}
    assert not network.weights["stem"][1].any()


# --- What is refused --------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("timm")
@pytest.mark.parametrize("given", [{"padding": "reflect"}, {"pool_rounding": "up"}])
def test_borders_and_rounding_are_those_of_the_network(given: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=r"^backbone: poolings and borders of timm:tiny are as timm has them · given .*reflect|up"):
        tiny(**given)


@pytest.mark.usefixtures("timm")
def test_it_is_not_entered_in_the_middle() -> None:
    network = tiny()
    assert list(network.forward_layers([], picture(9, 9), frozenset())) == []
    with pytest.raises(OptionError, match=r"^backbone: timm:tiny can only be computed from the picture on · given layer pool · "):
        list(network.forward_layers(network.spec.layers[3:], picture(9, 9), frozenset({"pool"})))


@pytest.mark.usefixtures("timm")
def test_sizes_it_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny()
    spec = network.spec
    assert isinstance(spec, TimmSpec)
    demanding = replace(network, spec=replace(spec, multiple=32))
    with pytest.raises(PictureSizeError, match=r"^picture: timm:tiny does not take its size · given .* 40×64 pixels · .*multiples of 32 "):
        demanding.features(picture(64, 40), ["pool"])
    assert BACKBONES["timm:tiny_even"].smallest("pool") == 32
    short = replace(spec, overs=(-6, *spec.overs[1:]))
    with pytest.raises(PictureSizeError, match=r"^picture: nothing of it is left in pool of timm:tiny · .* accepted: 8 pixels or more"):
        replace(network, spec=short).features(picture(7, 40), ["pool"])


@pytest.mark.usefixtures("timm")
@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("timm:tinny", UnknownNameError, r"^Unknown network of timm 'timm:tinny' \(known: timm:tiny, .*\)\. Did you mean 'timm:tiny'\?$"),
        ("timm:", UnknownNameError, r"^Unknown network of timm 'timm:' "),
        (
            "timm:tiny_fixed",
            OptionError,
            r"^backbone: it does not take pictures of any size, Input height \(256\) doesn't match model \(64\) · ",
        ),
        (
            "timm:tiny_tokens",
            OptionError,
            r"^backbone: it makes no maps of a picture.* · given 'timm:tiny_tokens' · .* try: timm:resnet18$",
        ),
    ],
)
def test_networks_that_are_no_eyes(name: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        timm_spec(name)


@pytest.mark.usefixtures("timm")
def test_weights_that_cannot_be_had() -> None:
    spec = BACKBONES["timm:tiny_even"]
    message = r"^weights: timm cannot load timm:tiny_even, Cannot reach the Hub · given 'timm:tiny_even' · accepted: [^\n]*$"
    with pytest.raises(WeightsError, match=message):
        load_timm(spec)


def test_without_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(
        WeightsError, match=r"^backbone: timm is not installed · given 'timm:resnet18' · .* try: .* pip install .*\[timm\]'$"
    ):
        BACKBONES["timm:resnet18"]


def test_a_timm_that_does_not_go_with_this_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    with pytest.raises(WeightsError, match=r"^backbone: timm cannot be imported, operator torchvision::nms does not exist · .*torchvision"):
        BACKBONES["timm:resnet18"]


# --- In a run ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("timm")
def test_it_paints(photographs: list[Path]) -> None:
    given: dict[str, Any] = {"size": 64, "scales": "none", "precision": "fp32", "pooling": "max", "activations": "raw"}
    layers: dict[str, Any] = {"content_layers": "block", "style_layers": "act,pool,block.conv"}
    result = pincel.transfer(photographs[0], photographs[1], backbone="timm:tiny", steps=4, **layers, **given)
    totals = [loss["total"] for loss in result.losses]
    assert totals[-1] < totals[0]
    assert result.record["recipe"]["backbone"] == "timm:tiny"


@pytest.mark.usefixtures("timm")
def test_a_picture_is_rebuilt_from_one_of_its_layers(photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given: list[str | Path] = ["--size", "48", "--steps", "2", "--device", "cpu", "-o", tmp_path / "out.png"]
    done = run(capsys, "invert", photographs[0], "--representation", "timm:tiny:block.conv", *given)
    assert done.code == 0, done.err
    assert "names no layer: write timm:tiny:head." in refused(
        run(capsys, "invert", photographs[0], "--representation", "timm:tiny", *given)
    )
    assert read_representations("timm:tiny:b*", StudySettings(size=64)) == (
        "timm:tiny:bn",
        "timm:tiny:block.conv",
        "timm:tiny:block.act",
        "timm:tiny:block",
    )


# --- timm itself ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return timm, which draws weights at random instead of downloading them; skips where there is none that can be imported."""
    try:
        found = import_module("timm")
    except Exception as error:
        # Its torchvision may be of another torch.
        pytest.skip(f"timm cannot be imported: {error}")
    real = found.create_model

    def drawn(name: str, *, pretrained: bool = False) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            made: nn.Module = real(name, pretrained=False)
        return made

    monkeypatch.setattr(found, "create_model", drawn)
    return found


# Receptive fields of the last map: Araujo, Norris, Sim 2019; of ResNet-50 there with strides in the 1×1 filters, here in the 3×3 ones.
# The last: 4 pixels, then filters of 7×7, 2 of them 4 pixels apart, 2 of 8, 6 of 16 and 2 of 32, with 2×2 filters between.
KNOWN = {"resnet18": ("layer4", 512, 32, 435), "resnet50": ("layer4", 2048, 32, 427), "convnext_atto": ("stages.3", 320, 32, 1136)}


@pytest.mark.parametrize("name", KNOWN)
def test_real_networks(name: str, library: ModuleType) -> None:
    spec = BACKBONES[f"timm:{name}"]
    layer = spec.layer(KNOWN[name][0])
    assert (layer.name, layer.channels, layer.stride, layer.receptive_field) == KNOWN[name]
    network = NETWORKS[spec.network](spec)
    theirs = library.create_model(name).eval()
    pixels = picture(100, 131)
    with torch.no_grad():
        fed = network.preprocess(pixels)
        found = network.features(pixels, [layer.name, spec.names[-1]])
        deepest = theirs.stages(theirs.stem(fed)) if name == "convnext_atto" else theirs.forward_features(fed)
        assert_close(found[layer.name], deepest, rtol=1e-4, atol=1e-4)
        assert_close(found[spec.names[-1]].flatten(1), theirs(fed), rtol=1e-4, atol=1e-4)
    for each in network.features(pixels, spec.names[::7]):
        assert spec.positions(100, each) >= 1


def test_the_stand_in_has_what_timm_has(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.is_model("resnet18")
    assert library.is_model("resnet18.a1_in1k")
    assert not library.is_model("resnet")
    told = library.create_model("resnet18").pretrained_cfg
    assert set(timm_stand_in.TOLD) <= set(told)
