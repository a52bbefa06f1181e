"""Colors that a file describes by numbers: against the formulas of ITU-T H.273, and against profiles of the same primaries."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from pincel.images.color import srgb_profile
from pincel.images.colorspace import ColorSpace, space_of_code_points, to_srgb_values
from tests.images.builders import png16, saved, wide_profile

COLORS = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.5, 0.5, 0.5], [0.2, 0.6, 0.3], [0.9, 0.7, 0.6], [0.3, 0.3, 0.8]]], np.float32)


def with_chunks(png: bytes, **chunks: bytes) -> bytes:
    """Return a PNG with chunks behind its header."""
    more = []
    for name, data in chunks.items():
        body = name.encode() + data
        more.append(struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body)))
    return png[:33] + b"".join(more) + png[33:]


def flat(color: tuple[int, int, int], form: str = "PNG", **options: Any) -> bytes:
    return saved(Image.new("RGB", (8, 6), color), form, **options)


def test_display_p3_is_the_matrix_of_the_standard() -> None:
    # SMPTE EG 432-1: linear Display P3 to linear sRGB, D65 both.
    matrix = np.array([[1.2249401, -0.2249404, 0], [-0.0420569, 1.0420571, 0], [-0.0196376, -0.0786361, 1.0982735]])
    space, notes = space_of_code_points(12, 13)
    assert space is not None
    assert not notes
    light = np.where(COLORS <= 0.04045, COLORS / 12.92, ((COLORS + 0.055) / 1.055) ** 2.4)
    expected = (light @ matrix.T).clip(0, 1)
    expected = np.where(expected <= 0.0031308, 12.92 * expected, 1.055 * expected ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(to_srgb_values(COLORS, space), expected, atol=2e-5)


@pytest.mark.parametrize("points", [(1, 13), (1, 1), (2, 2), (1, 6), (2, 13)])
def test_what_is_srgb_already_is_left_alone(points: tuple[int, int]) -> None:
    assert space_of_code_points(*points) == (None, ())


@pytest.mark.parametrize("points", [(9, 14), (12, 13), (6, 6), (11, 4), (4, 5), (1, 8)])
def test_white_stays_white_and_grays_stay_gray(points: tuple[int, int]) -> None:
    space, _ = space_of_code_points(*points)
    grays = np.linspace(0, 1, 9)[None, :, None].repeat(3, -1).astype(np.float32)
    converted = to_srgb_values(np.asarray(grays, np.float32), space or ColorSpace("sRGB"))
    np.testing.assert_allclose(converted, converted[..., :1].repeat(3, -1), atol=2e-4)
    np.testing.assert_allclose(converted[0, -1], 1, atol=2e-4)


@pytest.mark.parametrize(
    ("points", "said"),
    [((9, 16), "HDR (PQ) is not tone mapped"), ((9, 18), "HDR (HLG)"), ((77, 13), "primaries 77"), ((1, 99), "transfer function 99")],
)
def test_what_cannot_be_honored_is_said(points: tuple[int, int], said: str) -> None:
    assert said in " ".join(space_of_code_points(*points)[1])


def test_a_png_says_it_by_cicp_before_its_profile(load: Any) -> None:
    data = with_chunks(flat((60, 160, 90), icc_profile=wide_profile()), cICP=bytes([12, 13, 0, 1]))
    picture = load(data)
    assert picture.notes == ("colors converted from Display P3 to sRGB",)
    expected = to_srgb_values(np.array([[[60, 160, 90]]], np.float32) / np.float32(255), space_of_code_points(12, 13)[0] or ColorSpace(""))
    np.testing.assert_allclose(picture.pixels[0, :, 0, 0], expected[0, 0], atol=1e-6)


def test_sixteen_bits_are_kept_through_it(load: Any) -> None:
    values = np.full((4, 5, 3), (20_001, 40_003, 30_007), np.uint16)
    picture = load(with_chunks(png16(values), cICP=bytes([12, 13, 0, 1])))
    assert "16 bit kept" in picture.notes
    expected = to_srgb_values((values / 65535).astype(np.float32), space_of_code_points(12, 13)[0] or ColorSpace(""))
    np.testing.assert_allclose(picture.pixels[0].permute(1, 2, 0), expected, atol=1e-6)


def test_a_png_of_linear_light(load: Any) -> None:
    picture = load(with_chunks(flat((55, 128, 200)), gAMA=struct.pack(">I", 100_000)))
    assert "gAMA and cHRM" in picture.notes[0]
    light = np.array([55, 128, 200]) / 255
    np.testing.assert_allclose(picture.pixels[0, :, 0, 0], 1.055 * light ** (1 / 2.4) - 0.055, atol=1e-5)


@pytest.mark.parametrize("chunks", [{"gAMA": struct.pack(">I", 45_455)}, {"gAMA": struct.pack(">I", 100_000), "sRGB": b"\0"}])
def test_a_png_that_says_srgb(load: Any, chunks: dict[str, bytes]) -> None:
    assert load(with_chunks(flat((55, 128, 200)), **chunks)).notes == ()


@pytest.mark.parametrize("chunks", [{"gAMA": b"\0\0\0\0"}, {"cHRM": bytes(32)}])
def test_numbers_that_make_no_sense_are_ignored_and_said(load: Any, chunks: dict[str, bytes]) -> None:
    assert load(with_chunks(flat((55, 128, 200)), **chunks)).notes in {(), ("gAMA and cHRM of the file ignored: they make no sense",)}


@pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF")
def test_avif_says_it_by_nclx(load: Any) -> None:
    data = flat((60, 160, 90), "AVIF", quality=100, subsampling="4:4:4")
    at = data.index(b"colrnclx") + 8
    picture = load(data[:at] + struct.pack(">HH", 12, 13) + data[at + 4 :])
    assert picture.notes == ("colors converted from Display P3 to sRGB",)


def test_exif_says_adobe_rgb(load: Any) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    picture = load(flat((100, 180, 90), "JPEG", quality=100, subsampling=0, exif=exif))
    assert picture.notes == ("colors converted from Adobe RGB to sRGB",)
    assert float(picture.pixels[0, 1, 0, 0]) > 180 / 255


def test_a_bmp_with_its_profile_inside(load: Any) -> None:
    profile, pixels = wide_profile(), bytes([90, 160, 60]) * 4 * 4
    header = struct.pack("<IiiHHIIiiII", 124, 4, 4, 1, 24, 0, len(pixels), 0, 0, 0, 0) + bytes(16) + b"DEBM" + bytes(36 + 12)
    header += struct.pack("<IIII", 4, 124 + len(pixels), len(profile), 0)
    data = b"BM" + struct.pack("<IHHI", 14 + 124 + len(pixels) + len(profile), 0, 0, 14 + 124) + header + pixels + profile
    assert "colors converted from 'Wide' to sRGB" in load(data).notes
    assert load(saved(Image.new("RGB", (4, 4)), "BMP")).notes == ()


def test_a_profile_of_srgb_is_known_as_such(load: Any) -> None:
    assert load(flat((1, 2, 3), icc_profile=srgb_profile())).notes == ()
    assert ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
