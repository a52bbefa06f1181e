"""What a printer wants: 16 bits and dots an inch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pincel import transfer
from pincel.errors import OutputError
from pincel.images.io import load_picture, save_16bit, save_picture
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, picture

GIVEN: dict[str, Any] = {"size": 32, "steps": 1, "scales": "none", "precision": "fp32"}


@pytest.mark.parametrize("transparent", [False, True])
def test_sixteen_bits_come_back(transparent: bool, tmp_path: Path) -> None:
    pixels = picture(9, 7) / 255
    alpha = torch.linspace(0.1, 1, 63).view(1, 1, 9, 7) if transparent else None
    save_16bit(pixels, alpha, tmp_path / "deep.tif", (300.0, 300.0))
    found = load_picture(tmp_path / "deep.tif")
    assert_close(found.pixels, pixels, atol=1 / 65535)
    assert found.dpi == (300.0, 300.0)
    assert (found.alpha is not None) == transparent
    with Image.open(tmp_path / "deep.tif") as image:
        assert image.info["icc_profile"]
    first = (tmp_path / "deep.tif").read_bytes()
    save_16bit(pixels, alpha, tmp_path / "deep.tif", (300.0, 300.0))
    assert (tmp_path / "deep.tif").read_bytes() == first


def test_only_tiff_has_sixteen(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"PNG is written with 8 bits here, not 16 .*deep\.tif"):
        save_16bit(picture(4, 4) / 255, None, tmp_path / "deep.png")


@pytest.mark.parametrize("extension", ["png", "jpg", "tif"])
def test_dots_an_inch_are_kept(extension: str, photographs: list[Path], tmp_path: Path) -> None:
    with Image.open(photographs[0]) as image:
        image.save(tmp_path / "print.png", dpi=(240, 240))
    transfer(tmp_path / "print.png", photographs[1], **GIVEN).save(tmp_path / f"out.{extension}")
    with Image.open(tmp_path / f"out.{extension}") as image:
        assert [round(float(number)) for number in image.info["dpi"]] == [240, 240]


def test_dots_that_make_no_sense_are_none(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4))
    image.info["dpi"] = (0, 0)
    assert load_picture(image).dpi is None
    save_picture(image, tmp_path / "plain.webp", (72.0, 72.0))
    assert load_picture(tmp_path / "plain.webp").dpi is None


def test_a_picture_of_sixteen_bits(capsys: pytest.CaptureFixture[str], photographs: list[Path], tmp_path: Path) -> None:
    given = ("--size", "32", "--steps", "1", "--scales", "none", "--depth", "16")
    answer = pincel(capsys, "transfer", *photographs[:2], "-o", tmp_path / "deep.tif", *given)
    assert answer.code == 0, answer.err
    levels = load_picture(tmp_path / "deep.tif").pixels * 65535
    assert float((levels - levels.round()).abs().max()) < 0.01
    # More than 8 bits hold.
    assert float((levels / 257 - (levels / 257).round()).abs().max()) > 0.1
    eight = transfer(photographs[0], photographs[1], **GIVEN)
    difference = np.asarray(eight.image).astype(float) - (levels / 257)[0].permute(1, 2, 0).numpy()
    assert np.abs(difference).max() <= 0.51
    assert "PNG is written with 8 bits" in refused(pincel(capsys, "transfer", *photographs[:2], "-o", tmp_path / "deep.png", *given))
