"""Weights are found, checked and read; those that are missing or damaged are told in one line that says what to do."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel.backbones import BACKBONES, store
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG, load_vgg
from pincel.backbones.weights import load_weights
from pincel.errors import WeightsError
from tests.backbones.serving import Server, whole
from tests.backbones.stand_ins import random_vgg
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, picture

CARD: ModelSpec = BACKBONES["vgg19"]
TORCHVISION = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"


def put(path: Path, data: bytes, spec: ModelSpec) -> ModelSpec:
    """Write a file to where that of a spec should be, and return a spec that trusts it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return replace(spec, sha256=hashlib.sha256(data).hexdigest(), md5="", sha1="", size=0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where torchvision's file is not, in a new cache of torch."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"


def test_decoding_looks_up_levels_and_turns_bgr_into_rgb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tiny.bin"
    archive = {
        "block1_conv1_W_q": torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3),
        "block1_conv1_W_table": torch.arange(256.0) / 2,
        "block1_conv1_b": torch.tensor([7.0]),
    }
    torch.save(archive, path)
    monkeypatch.setattr(store, "weights_path", lambda spec: path)
    spec = replace(random_vgg([(1, 1)]).spec, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    ((name, (weight, bias)),) = load_weights(spec).items()
    assert name == "conv1_1"
    assert weight[0, :, 0, 0].tolist() == [9.0, 4.5, 0.0]
    assert bias.tolist() == [7.0]


def test_every_convolution_of_the_spec_is_read(vgg: VGG) -> None:
    assert list(vgg.weights) == [layer.name for layer in CARD.layers if layer.kind == "conv"]


def test_a_damaged_file_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(store.weights_path(CARD).read_bytes()[:-1000])
    monkeypatch.setattr(store, "weights_path", lambda spec: damaged)
    with pytest.raises(WeightsError, match=r"^The weights of vgg19 are damaged: .*damaged\.bin has SHA-256 .* Try: .*pip install "):
        load_vgg(CARD)


def test_the_right_hash_of_something_else(place: Path) -> None:
    spec = put(place, b"not an archive", BACKBONES["vgg19-torchvision"])
    with pytest.raises(WeightsError, match=r"vgg19-dcbb9e9d\.pth") as caught:
        load_vgg(spec)
    assert "\n" not in str(caught.value)


def test_torchvision_is_found_in_the_cache_of_torch(torchvision: Path, vgg: VGG) -> None:
    spec: ModelSpec = BACKBONES["vgg19-torchvision"]
    assert store.ensure(spec) == torchvision == Path(torch.hub.get_dir()) / "checkpoints" / "vgg19-dcbb9e9d.pth"
    found = load_vgg(spec)
    assert {name: weight.shape for name, (weight, _) in found.weights.items()} == {name: w.shape for name, (w, _) in vgg.weights.items()}
    # The original's filters, on an input without the original's mean.
    pixels = picture(48, 40)
    shifted = pixels - torch.tensor(spec.mean).view(1, 3, 1, 1) + torch.tensor(CARD.mean).view(1, 3, 1, 1)
    (seen, wanted) = (network.features(x, ["relu4_1"])["relu4_1"] for network, x in ((found, pixels), (vgg, shifted)))
    assert_close(seen, wanted, rtol=1e-4, atol=1e-4 * float(wanted.max()))


def test_what_is_missing_is_downloaded_once_and_read(torchvision_file: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PINCEL_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    data = torchvision_file.read_bytes()
    with Server(whole(data)) as server:
        digest = hashlib.sha256(data).hexdigest()
        spec: ModelSpec = replace(BACKBONES["vgg19-torchvision"], sha256=digest, size=len(data), url=server.url(), mirrors=())
        first, second = (load_vgg(spec) for _ in range(2))
        assert len(server.asked) == 1
    assert place.read_bytes() == data
    assert [weight.equal(second.weights[name][0]) for name, (weight, _) in first.weights.items()] == [True] * 16


@pytest.mark.parametrize("cut", [0, 1000])
def test_torchvision_damaged_or_truncated(torchvision: Path, place: Path, cut: int) -> None:
    data = bytearray(torchvision.read_bytes())
    data[5000] ^= 1
    put(place, bytes(data[: len(data) - cut]), CARD)
    with pytest.raises(
        WeightsError,
        match=r"^The weights of vgg19-torchvision are damaged: .*\.pth has SHA-256 .*, expected .*\. Try: remove that file, and it is "
        rf"downloaded again from {TORCHVISION}$",
    ):
        load_vgg(BACKBONES["vgg19-torchvision"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features.2.weight": torch.zeros(4, 3, 3, 3)}, r"features\.2 has shapes \(4, 3, 3, 3\) and \(4,\), conv1_2 needs \(4, 4, 3, 3\)"),
        ({"features.0.bias": None}, r"features\.0 has shapes \(4, 3, 3, 3\) and None, conv1_1 needs \(4, 3, 3, 3\) and \(4,\)\.$"),
    ],
)
def test_weights_of_another_network(place: Path, change: dict[str, Any], message: str) -> None:
    vgg = random_vgg([(2, 4)])
    state = {
        f"features.{2 * i}.{kind}": each
        for i, pair in enumerate(vgg.weights.values())
        for kind, each in zip(("weight", "bias"), pair, strict=True)
    }
    place.parent.mkdir(parents=True)
    torch.save({name: each for name, each in {**state, **change}.items() if each is not None}, place)
    spec = put(place, place.read_bytes(), replace(BACKBONES["vgg19-torchvision"], name="small", layers=vgg.spec.layers))
    with pytest.raises(WeightsError, match=r"^The weights of small are of another network: in .*\.pth, " + message):
        load_vgg(spec)


def test_the_command_line_tells_of_weights_in_one_line(
    place: Path, capsys: pytest.CaptureFixture[str], photographs: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    message = refused(pincel(capsys, "transfer", photographs[0], photographs[1], "-o", out, "--recipe", "gordic", "--size", "32"))
    assert "The weights of vgg19-torchvision-255 are not here and cannot be downloaded (PINCEL_OFFLINE is set)" in message
    assert f"download {TORCHVISION} elsewhere and save it as {place}" in message
