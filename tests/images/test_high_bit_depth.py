"""Samples of more than 8 bits keep every one of them."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from pincel.errors import PictureSizeError, PictureUnreadableError
from pincel.images.color import srgb_profile
from pincel.images.io import load_picture
from tests.images import builders
from tests.images.builders import levels, png, png16, saved, unit


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_png_is_exact(load: Any, channels: int) -> None:
    values = levels(9, 13, channels, top=65535)
    picture = load(png16(values))
    expected = unit(values).expand(1, max(channels, 3), -1, -1)
    assert torch.equal(picture.pixels, expected[:, :3])
    assert "16 bit kept" in picture.notes
    assert channels < 4 or torch.equal(picture.alpha, expected[:, 3:])


def test_16_bit_gray_png_with_alpha_is_reduced_with_a_note(load: Any) -> None:
    values = levels(9, 13, 2, top=65535)
    picture = load(png16(values))
    assert (picture.pixels - unit(values)[:, :1]).abs().max() < 1 / 255
    assert picture.notes == ("16 bit reduced to 8",)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_color_of_a_16_bit_png_is_compared_in_16_bits(load: Any, channels: int) -> None:
    values = np.full((2, 2, channels), 1000, dtype=np.uint16)
    values[0, 0, -1] = 1001
    picture = load(png16(values, values[1, 1].astype(">u2").tobytes()))
    assert picture.alpha.flatten().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("planes", "compression"), [("contig", None), ("contig", "zlib"), ("separate", None)])
def test_16_bit_tiff_is_exact(load: Any, channels: int, order: Any, planes: str, compression: str | None) -> None:
    values, buffer = levels(9, 13, channels, top=65535), io.BytesIO()
    options: dict[str, Any] = {"photometric": "rgb", "planarconfig": planes} if channels > 1 else {}
    options |= {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    stored = values if planes == "contig" else values.transpose(2, 0, 1)
    stored = stored if channels > 1 else values[..., 0]
    tifffile.imwrite(buffer, stored, byteorder=order, compression=compression, **options)
    picture = load(buffer.getvalue())
    assert torch.equal(picture.pixels, unit(values)[:, :3].expand(1, 3, -1, -1))
    assert channels < 4 or torch.equal(picture.alpha, unit(values)[:, 3:])
    assert picture.notes == ("16 bit kept",)


@pytest.mark.parametrize("options", [{"tile": (16, 16)}, {"rowsperstrip": 2}, {"compression": "zlib", "predictor": 2}])
def test_16_bit_tiff_is_exact_however_it_is_cut(load: Any, options: dict[str, Any]) -> None:
    values = levels(37, 53, 3, top=65535)
    tifffile.imwrite(buffer := io.BytesIO(), values, photometric="rgb", **options)
    assert torch.equal(load(buffer.getvalue()).pixels, unit(values))


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
def test_float_tiff_is_exact(load: Any, kind: str, channels: int) -> None:
    values = np.random.default_rng(0).random((5, 7, channels)).astype(kind)
    tifffile.imwrite(buffer := io.BytesIO(), values, photometric="rgb" if channels == 3 else "minisblack")
    expected = torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None].expand(1, 3, -1, -1)
    assert torch.equal(load(buffer.getvalue()).pixels, expected)


@pytest.mark.parametrize(("top", "fine"), [(65535, True), (65536, False)])
def test_32_bit_whole_numbers_count_as_16(load: Any, top: int, fine: bool) -> None:
    data = saved(Image.fromarray(np.array([[0, top]], dtype=np.int32)), "TIFF")
    if fine:
        assert load(data).pixels[0, 0].tolist() == [[0, 1]]
    else:
        with pytest.raises(PictureUnreadableError, match=r"whole numbers beyond 16 bits · .*, values from 0 to 65536"):
            load(data)


def test_16_bit_color_is_reduced_only_where_the_profile_needs_it(load: Any) -> None:
    values = levels(5, 7, 3, top=65535)
    for icc, kept in ((srgb_profile(), True), (builders.wide_profile(), False)):
        tag = (34675, "B", len(icc), icc, True)
        tifffile.imwrite(buffer := io.BytesIO(), values, photometric="rgb", extratags=[tag])
        picture = load(buffer.getvalue())
        assert ("16 bit kept" in picture.notes, torch.equal(picture.pixels, unit(values))) == (kept, kept)


def test_compressed_planes_are_reduced_with_a_note(load: Any) -> None:
    values = levels(9, 13, 3, top=65535)
    stored, buffer = values.transpose(2, 0, 1), io.BytesIO()
    tifffile.imwrite(buffer, stored, photometric="rgb", planarconfig="separate", compression="zlib")
    picture = load(buffer.getvalue())
    assert (picture.pixels - unit(values)).abs().max() < 1 / 255
    assert picture.notes == ("16 bit reduced to 8",)


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_white_is_zero_is_turned_round(load: Any, kind: str) -> None:
    values = np.array([[0, 1]]).astype(kind)
    tifffile.imwrite(buffer := io.BytesIO(), values, photometric="miniswhite")
    assert load(buffer.getvalue()).pixels[0, 0, 0, 0] == 1


@pytest.mark.parametrize("kind", ["float64", "complex64"])
def test_kinds_of_samples_that_are_no_picture_are_refused(load: Any, kind: str) -> None:
    tifffile.imwrite(buffer := io.BytesIO(), np.full((5, 7, 3), 300, dtype=kind), photometric="rgb")
    with pytest.raises(PictureUnreadableError, match=r"outside 0 to 1|samples of type complex64"):
        load(buffer.getvalue())


def test_a_bomb_is_refused_whoever_reads_it(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "bomb.tif", np.zeros((5, 7, 3), dtype="f4"), photometric="rgb")
    with tifffile.TiffFile(tmp_path / "bomb.tif", mode="r+") as tiff:
        page: Any = tiff.pages[0]
        page.tags["ImageWidth"].overwrite(30_000)
        page.tags["ImageLength"].overwrite(30_000)
    with pytest.raises(PictureSizeError, match=r"too many pixels \(900,000,000\)"):
        load_picture(tmp_path / "bomb.tif", memory=1 << 30)


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (np.array([0.5, 0.25, 0, 0.5], "f4"), {"extrasamples": ("assocalpha",)}, (1, 0.5, 0)),
        (np.array([0.5, 0.25, 0, 0.5], "f4"), {"extrasamples": ("unassalpha",)}, (0.5, 0.25, 0)),
        (np.array([32768, 16384, 0, 32768], "u2"), {"extrasamples": ("assocalpha",), "planarconfig": "separate"}, (1, 0.5, 0)),
        (np.array([128, 64, 0, 128], "u1"), {"extrasamples": ("assocalpha",), "planarconfig": "separate"}, (1, 0.5, 0)),
        (np.array([32768, 32768], "u2"), {"extrasamples": ("assocalpha",), "photometric": "minisblack"}, (1, 1, 1)),
    ],
)
def test_colors_that_are_multiplied_by_alpha(load: Any, values: Any, options: dict[str, Any], expected: tuple[float, ...]) -> None:
    whole = np.broadcast_to(values, (8, 8, len(values)))
    stored = np.moveaxis(whole, -1, 0) if "planarconfig" in options else whole
    tifffile.imwrite(buffer := io.BytesIO(), np.ascontiguousarray(stored), **{"photometric": "rgb", **options})
    picture = load(buffer.getvalue())
    torch.testing.assert_close(picture.pixels[0, :, 0, 0], torch.tensor(expected).float(), atol=0.005, rtol=0)
    assert abs(float(picture.alpha[0, 0, 0, 0]) - 0.5) < 0.005


def test_a_sample_that_is_said_to_be_nothing_is_no_alpha(load: Any) -> None:
    values = np.zeros((4, 16, 16), np.uint16)
    values[:3, :, 8:] = 65535
    tifffile.imwrite(buffer := io.BytesIO(), values, photometric="rgb", planarconfig="separate", extrasamples=("unspecified",))
    assert load(buffer.getvalue()).alpha is None


@pytest.mark.parametrize(("depth", "clear"), [(1, 1), (2, 3), (2, 0), (4, 15), (4, 3), (8, 200)])
def test_gray_of_few_bits_with_a_clear_one(load: Any, depth: int, clear: int) -> None:
    samples = np.array([[clear, (clear + 1) % 2**depth] * 8], np.uint8).repeat(16, 0)
    bits = np.unpackbits(samples[..., None], axis=-1)[..., 8 - depth :].reshape(16, -1)
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    picture = load(png(16, 16, depth, 0, rows, struct.pack(">H", clear)))
    assert picture.alpha[0, 0, 0].tolist() == [0.0, 1.0] * 8
