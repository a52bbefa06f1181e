"""A picture saved is the picture shown, the same byte for byte in every run."""

from __future__ import annotations

import io
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from pincel.errors import OutputError
from pincel.images.color import srgb_profile
from pincel.images.encode import LIMITS, check_format, check_limits, encode, output_formats, save_picture, to_pil, write_or_keep
from pincel.images.io import load_picture
from tests.images.builders import levels, saved, smooth

EXTENSIONS = sorted(output_formats())
LOSSLESS = [extension for extension in EXTENSIONS if extension not in {".jpg", ".jpeg", ".avif"}]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("extension", LOSSLESS)
def test_lossless_formats_return_what_was_saved(tmp_path: Path, extension: str, mode: str) -> None:
    image = Image.fromarray(levels(9, 13, len(mode)))
    save_picture(image, tmp_path / f"out{extension}")
    with Image.open(tmp_path / f"out{extension}") as back:
        assert (back.mode, back.tobytes()) == (mode, image.tobytes())


@pytest.mark.parametrize("extension", [".jpg", ".jpeg", ".avif"])
def test_lossy_formats_return_nearly_what_was_saved(tmp_path: Path, extension: str) -> None:
    if extension not in EXTENSIONS:
        pytest.skip("no AVIF here")
    stripes = Image.fromarray(np.tile(np.array([[[230, 40, 40], [40, 40, 230]]], dtype=np.uint8), (16, 8, 1)))
    save_picture(stripes, tmp_path / f"out{extension}")
    with Image.open(tmp_path / f"out{extension}") as back:
        difference = np.abs(np.asarray(back.convert("RGB")).astype(int) - np.asarray(stripes))
    assert difference.mean() < 6  # 4:2:0 would blend red and blue: 47


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_format_carries_srgb_and_nothing_of_the_source(tmp_path: Path, extension: str) -> None:
    (exif := Image.Exif())[270] = "secret"
    with Image.open(io.BytesIO(saved(smooth(), "JPEG", comment="secret", exif=exif, dpi=(7, 7)))) as source:
        save_picture(source, tmp_path / f"out{extension}")
    assert b"secret" not in (tmp_path / f"out{extension}").read_bytes()
    with Image.open(tmp_path / f"out{extension}") as back:
        assert back.info["icc_profile"] == srgb_profile()
    assert load_picture(tmp_path / f"out{extension}").notes == ()


@pytest.mark.parametrize("form", sorted(set(output_formats().values())))
def test_the_same_picture_is_the_same_bytes(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.fromarray(levels(64, 80, 4))
    first = encode(image, form)
    monkeypatch.setattr(time, "time", lambda: 0)
    assert encode(image.copy(), form) == first


def test_the_profile_is_valid_and_dated_once_and_for_all() -> None:
    assert srgb_profile()[24:36] == bytes([7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    opened = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert "sRGB" in ImageCms.getProfileDescription(opened)


def test_jpeg_shows_transparent_pictures_on_white(tmp_path: Path) -> None:
    save_picture(Image.new("RGBA", (16, 16), (0, 0, 0, 128)), tmp_path / "out.jpg")
    assert load_picture(tmp_path / "out.jpg").pixels.mean() == pytest.approx(127 / 255, abs=0.01)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16"])
def test_any_mode_can_be_saved(tmp_path: Path, mode: str) -> None:
    save_picture(Image.new(mode, (4, 4)), tmp_path / "out.png")
    assert load_picture(np.zeros((4, 4, 3))).pixels.shape == (1, 3, 4, 4)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.pgn", r"no format is called '.pgn' · given 'out.pgn' · accepted: .png, .jpg, .* · try: '.png'"),
        ("out.jpgg", "try: '.jpg'"),
        ("out", "the name has no extension · given 'out'"),
        (".png", "the name has no extension"),
    ],
)
def test_an_unknown_extension_is_refused(name: str, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        check_format(name)


def test_extensions_may_be_capitals() -> None:
    assert (check_format("OUT.JPEG"), check_format(Path("a/b.TIF"))) == ("JPEG", "TIFF")


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_a_picture_too_wide_for_its_format_is_refused(form: str) -> None:
    with pytest.raises(OutputError, match=f"output: {form} cannot hold this picture .* · given 70000 x 1 pixels"):
        encode(Image.new("RGB", (70_000, 1)), form)


def test_saving_leaves_the_old_file_when_it_fails(tmp_path: Path) -> None:
    save_picture(smooth(), tmp_path / "out.jpg")
    before = (tmp_path / "out.jpg").read_bytes()
    with pytest.raises(OutputError):
        save_picture(Image.new("RGB", (70_000, 1)), tmp_path / "out.jpg")
    assert (tmp_path / "out.jpg").read_bytes() == before


def test_all_256_levels_go_to_a_tensor_and_back() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(np.asarray(to_pil(load_picture(values).pixels)), values)


def test_to_pil_clips_and_rounds_half_to_even() -> None:
    pixels = torch.tensor([-1.0, 0.5 / 255, 1.5 / 255, 2.0]).expand(3, 1, 4)
    expected = pixels.clamp(0, 1).mul(255).round()[0, 0].tolist()
    assert np.asarray(to_pil(pixels))[0, :, 0].tolist() == expected == [0, 0, 2, 255]


def test_to_pil_takes_alpha_gradients_and_half_precision() -> None:
    image = to_pil(torch.full((1, 3, 2, 2), 0.2, requires_grad=True), torch.full((1, 1, 2, 2), 0.4))
    assert (image.mode, image.getpixel((0, 0))) == ("RGBA", (51, 51, 51, 102))
    assert to_pil(torch.ones(3, 2, 2, dtype=torch.bfloat16)).getpixel((0, 0)) == (255, 255, 255)


def test_to_pil_refuses_what_diverged() -> None:
    with pytest.raises(OutputError, match="not finite numbers"):
        to_pil(torch.full((1, 3, 2, 2), torch.nan))


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("a.jpg", (65_501, 10), "JPEG cannot hold so large a picture · given 10 x 65501 pixels .*sides up to 65,500 pixels · try: .*a.png"),
        ("a.webp", (10, 16_384), "WEBP cannot hold so large a picture .*sides up to 16,383 pixels"),
        ("a.avif", (10, 40_000), "AVIF cannot hold so large a picture"),
        ("a.tif", (40_000, 40_000), "TIFF cannot hold so large a picture .*GiB of samples"),
    ],
)
def test_what_a_format_cannot_hold_is_told_before_the_work(name: str, size: tuple[int, int], said: str) -> None:
    if Path(name).suffix in output_formats():
        with pytest.raises(OutputError, match=said):
            check_limits(name, size)


def test_what_a_format_holds() -> None:
    assert check_limits("a.jpg", (65_500, 10)) == ()
    assert check_limits("a.png", (100_000, 100_000), alpha=True) == ()
    assert "JPEG has no transparency" in check_limits("a.jpg", (10, 10), alpha=True)[0]


@pytest.mark.parametrize("form", sorted(set(output_formats().values()) - {"PNG", "TIFF", "AVIF"}))
def test_the_limits_are_those_of_the_encoders(form: str) -> None:
    side = LIMITS[form].side
    assert encode(Image.new("RGB", (side, 1)), form)
    with pytest.raises(OutputError, match="cannot hold this picture"):
        encode(Image.new("RGB", (side + 1, 1)), form)


def test_a_picture_that_cannot_be_written_is_kept_beside(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"somebody's")
    with pytest.raises(OutputError, match=r"WEBP cannot hold this picture .* the picture was kept as .*a-kept1\.png$"):
        write_or_keep(partial(save_picture, Image.new("RGB", (17_000, 1), "red")), tmp_path / "a.webp")
    with Image.open(tmp_path / "a-kept1.png") as kept:
        assert kept.size == (17_000, 1)
    assert (tmp_path / "a.png").read_bytes() == b"somebody's"


def test_where_the_folder_takes_nothing_it_is_kept_in_the_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(OutputError, match=r"not a folder .* the picture was kept as .*temporary/pincel-\w+/a\.png$"):
        write_or_keep(partial(save_picture, Image.new("RGB", (3, 2))), tmp_path / "file" / "a.png")


def test_where_nothing_can_be_written_that_is_what_is_said(tmp_path: Path) -> None:
    def full(_: Path) -> None:
        raise OutputError("output: the disk is full")

    with pytest.raises(OutputError, match=r"^output: the disk is full$"):
        write_or_keep(full, tmp_path / "a.png")
