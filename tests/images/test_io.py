"""Whatever is a picture arrives upright, in sRGB, with its precision; whatever is none is refused in one line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageOps, features
from torch import Tensor

from pincel.images.color import srgb_profile
from pincel.images.io import load_picture
from tests.images import builders
from tests.images.builders import levels, saved, smooth, unit

AVIF = pytest.param("AVIF", marks=pytest.mark.skipif(not features.check("avif"), reason="no AVIF here"))


# -- formats and modes ------------------------------------------------------------------------------------

EXACT = {
    "PNG": ["1", "L", "P", "RGB", "LA", "RGBA"],
    "TIFF": ["1", "L", "P", "RGB", "LA", "RGBA", "CMYK"],
    "BMP": ["1", "L", "P", "RGB"],
    "GIF": ["1", "L", "P"],
    "WEBP": ["RGB", "RGBA"],
}


@pytest.mark.parametrize(("form", "mode"), [(form, mode) for form, modes in EXACT.items() for mode in modes])
def test_lossless_formats_arrive_exactly(load: Any, form: str, mode: str) -> None:
    image = Image.fromarray(levels(9, 13, 4) | 1, "RGBA").convert("RGB" if "A" not in mode else "RGBA").convert(mode)
    picture = load(saved(image, form, **({"lossless": True, "exact": True} if form == "WEBP" else {})))
    expected = unit(image.convert("RGBA"))
    assert (picture.height, picture.width, picture.pixels.dtype) == (9, 13, torch.float32)
    if mode.endswith("A"):
        assert torch.equal(picture.alpha, expected[:, 3:])
    else:
        assert picture.alpha is None
    assert torch.equal(picture.pixels, expected[:, :3])
    assert picture.notes == (("CMYK converted to sRGB",) if mode == "CMYK" else ())


@pytest.mark.parametrize("form", ["JPEG", "WEBP", AVIF])
def test_lossy_formats_arrive_nearly(load: Any, form: str) -> None:
    assert (load(saved(smooth(), form, quality=95)).pixels - unit(smooth())).abs().max() < 0.03


def test_inverted_cmyk_of_adobe_is_turned_back(load: Any) -> None:
    picture = load(saved(smooth().convert("CMYK"), "JPEG", quality=95))
    assert (picture.pixels - unit(smooth())).abs().mean() < 0.01


def test_lab_is_converted(load: Any) -> None:
    picture = load(saved(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"))
    assert picture.pixels.min() > 0.99
    assert picture.notes == ("LAB converted to sRGB",)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(load: Any, form: str) -> None:
    frames = [Image.new("RGB", (5, 4), color) for color in ("red", "lime", "blue")]
    picture = load(saved(frames[0], form, save_all=True, append_images=frames[1:], lossless=True))
    assert picture.pixels[0, :, 2, 2].tolist() == [1, 0, 0]
    assert picture.notes == ("frame 1 of 3",)


# -- orientation and color -------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", AVIF, "TIFF by tifffile", "16-bit TIFF"])
def test_pictures_are_turned_upright(load: Any, form: str, orientation: int) -> None:
    if "TIFF " in form or "-bit" in form:
        values = levels(9, 13, 3, top=65535) if "16" in form else levels(9, 13, 3).astype(np.float32) / 255
        tag = (274, "H", 1, orientation, True)
        tifffile.imwrite(buffer := io.BytesIO(), values, photometric="rgb", extratags=[tag])
        data, plain = buffer.getvalue(), Image.fromarray((values / values.max() * 255).astype(np.uint8))
    else:
        (exif := Image.Exif())[274] = orientation
        data, plain = saved(smooth(9, 13), form, exif=exif), smooth(9, 13)
    plain.getexif()[274] = orientation
    picture = load(data)
    assert (picture.pixels - unit(ImageOps.exif_transpose(plain))).abs().mean() < 0.02
    turned = (f"turned upright (EXIF orientation {orientation})",) if orientation > 1 else ()
    assert tuple(note for note in picture.notes if "bit" not in note) == turned


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", AVIF])
def test_colors_are_converted_by_their_profile(load: Any, form: str) -> None:
    color = np.array([200, 100, 60]) / 255
    expected = builders.srgb_encoded(np.linalg.solve(builders.SRGB, builders.P3 @ color**2))
    image = Image.new("RGB", (16, 16), (200, 100, 60))
    picture = load(saved(image, form, icc_profile=builders.wide_profile(), quality=100, lossless=form == "WEBP"))
    np.testing.assert_allclose(picture.pixels[0, :, 8, 8], expected, atol=(4 if form in {"AVIF", "JPEG"} else 1.5) / 255)
    assert picture.notes == ("colors converted from 'Wide' to sRGB",)


def test_transparency_survives_the_profile(load: Any) -> None:
    image = Image.new("RGBA", (2, 1), (200, 100, 60, 128))
    picture = load(saved(image, "PNG", icc_profile=builders.wide_profile()))
    assert picture.alpha.flatten().tolist() == pytest.approx([128 / 255] * 2)
    assert picture.pixels[0, 0, 0, 0] > 205 / 255


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_gray_is_converted_by_its_profile(load: Any, mode: str) -> None:
    values = (np.linspace(0.1, 1, 50)[None] * (255 if mode == "L" else 65535)).astype("u1" if mode == "L" else "u2")
    picture = load(saved(Image.fromarray(values), "PNG", icc_profile=builders.linear_gray_profile()))
    expected = builders.srgb_encoded(values / np.iinfo(values.dtype).max)
    np.testing.assert_allclose(picture.pixels[0, 1], expected, atol=1.5 / 255)
    assert "colors converted from 'Linear gray' to sRGB" in picture.notes


def test_cmyk_is_converted_by_its_profile(load: Any) -> None:
    image = Image.new("CMYK", (2, 1))
    image.putpixel((1, 0), (255, 0, 0, 0))  # cyan to the plain arithmetic, black on the odd press
    picture = load(saved(image, "TIFF", icc_profile=builders.ink_profile()))
    np.testing.assert_allclose(picture.pixels[0, :, 0].T, [[1, 1, 1], [0, 0, 0]], atol=0.02)
    assert picture.notes == ("colors converted from 'Odd press' to sRGB",)


def test_an_srgb_profile_changes_nothing(load: Any) -> None:
    image = Image.fromarray(levels(9, 13, 3))
    picture = load(saved(image, "PNG", icc_profile=srgb_profile()))
    assert (torch.equal(picture.pixels, unit(image)), picture.notes) == (True, ())


@pytest.mark.parametrize("bad", [b"rubbish", srgb_profile()[:300], builders.linear_gray_profile()])
def test_a_profile_of_no_use_is_ignored_with_a_note(load: Any, bad: bytes) -> None:
    image = Image.fromarray(levels(9, 13, 3))
    picture = load(saved(image, "PNG", icc_profile=bad))
    assert torch.equal(picture.pixels, unit(image))
    assert picture.notes == ("color profile ignored: it is damaged or meant for another kind of picture",)


# -- transparency -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["RGBA PNG", "palette PNG", "GIF"])
def test_hidden_colors_become_the_mean_of_the_visible(load: Any, form: str) -> None:
    image = Image.fromarray(np.array([[[255, 0, 0, 255], [0, 0, 255, 255], [0, 255, 0, 0]]], dtype=np.uint8))
    image = image.quantize(8) if form == "palette PNG" else image
    picture = load(saved(image, "GIF" if form == "GIF" else "PNG"))
    assert picture.alpha.flatten().tolist() == [1, 1, 0]
    assert picture.pixels[0, :, 0, 2].tolist() == pytest.approx([0.5, 0, 0.5], abs=0.01)


def test_an_alpha_that_hides_nothing_is_dropped(load: Any) -> None:
    assert load(saved(smooth().convert("RGBA"), "PNG")).alpha is None


# -- objects in memory ------------------------------------------------------------------------------------

FLOATS = np.random.default_rng(1).random((5, 7, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (levels(5, 7), unit(levels(5, 7)[..., None]).expand(1, 3, 5, 7)),
        (levels(5, 7, 1), unit(levels(5, 7, 1)).expand(1, 3, 5, 7)),
        (levels(5, 7, 3), unit(levels(5, 7, 3))),
        (levels(5, 7, 4) | 1, unit(levels(5, 7, 4) | 1)),
        (levels(5, 7, 3, top=65535), unit(levels(5, 7, 3, top=65535))),
        (levels(5, 7, 3)[::-1, ::2], unit(levels(5, 7, 3)[::-1, ::2])),
        (FLOATS, torch.from_numpy(FLOATS).permute(2, 0, 1)[None]),
        (FLOATS.astype(">f8"), torch.from_numpy(FLOATS).permute(2, 0, 1)[None]),
        (torch.from_numpy(FLOATS).permute(2, 0, 1), torch.from_numpy(FLOATS).permute(2, 0, 1)[None]),
        (torch.full((1, 3, 2, 2), 0.5, requires_grad=True), torch.full((1, 3, 2, 2), 0.5)),
        (torch.full((3, 2, 2), 0.5, dtype=torch.bfloat16), torch.full((1, 3, 2, 2), 0.5)),
        (torch.full((3, 2, 2), 51, dtype=torch.uint8), torch.full((1, 3, 2, 2), 0.2)),
        (Image.fromarray(levels(5, 7, 3)), unit(levels(5, 7, 3))),
        (np.full((2, 2), 1.0005), torch.ones(1, 3, 2, 2)),
    ],
    ids=lambda value: f"{type(value).__name__}{getattr(value, 'shape', '')}{getattr(value, 'dtype', '')}",
)
def test_objects_in_memory_are_pictures_too(source: Any, expected: Tensor) -> None:
    picture = load_picture(source)
    assert torch.equal(picture.pixels, expected[:, :3])
    assert picture.alpha is None or torch.equal(picture.alpha, expected[:, 3:])
    assert picture.pixels.is_contiguous()
    assert not picture.pixels.requires_grad
    assert len(picture.sha256) == 64
    assert picture.sha256 == load_picture(source).sha256


@pytest.mark.parametrize("source", [FLOATS.copy(), torch.from_numpy(FLOATS.copy()).permute(2, 0, 1)])
def test_a_picture_shares_no_memory_with_its_source(source: Any) -> None:
    picture, before = load_picture(source), source[0, 0, 0].item()
    picture.pixels.zero_()
    assert source[0, 0, 0].item() == before


def test_a_picture_is_returned_as_it_is() -> None:
    picture = load_picture(levels(5, 7, 3))
    assert load_picture(picture) is picture


def test_names_and_hashes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(smooth(), "PNG"))
    picture = load_picture(str(tmp_path / "a.png"))
    assert picture.name == "a.png"
    other = load_picture(levels(5, 7, 3))
    assert other.name == "array"
    assert other.sha256 != load_picture(levels(5, 7, 3, seed=1)).sha256
    with Image.open(tmp_path / "a.png") as image:
        assert load_picture(image).name == "a.png"
