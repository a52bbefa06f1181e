"""What is no pixel ends no reading: texts, profiles, checksums; shapes that are not honored are said; raw files are refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from pincel.errors import PictureUnreadableError
from pincel.images.color import srgb_profile
from pincel.images.decode import check_file
from pincel.images.io import load_picture
from pincel.images.png import PROFILE_LIMIT
from tests.images.builders import saved, smooth
from tests.images.test_colorspace import with_chunks

PIXELS = np.asarray(smooth())


def same(picture: Any) -> bool:
    return bool((np.rint(picture.pixels[0].permute(1, 2, 0).numpy() * 255) == PIXELS).all())


def commented(size: int, *, zipped: bool) -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * size, zip=zipped)
    return saved(smooth(), "PNG", pnginfo=texts)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_long_comment(load: Any, zipped: bool) -> None:
    picture = load(commented(1_500_000, zipped=zipped))
    assert same(picture)
    assert "of text in the file not read" in picture.notes[0]
    assert load(commented(1000, zipped=zipped)).notes == ()


def test_a_text_that_unpacks_without_end(load: Any) -> None:
    bomb = zlib.compress(bytes(1 << 28), 9)
    assert same(load(with_chunks(saved(smooth(), "PNG"), zTXt=b"Comment\0\0" + bomb, iTXt=b"Other\0\1\0\0\0" + bomb)))


def test_a_large_profile_is_used_and_one_without_end_is_ignored(load: Any) -> None:
    large = srgb_profile() + bytes(2_000_000)
    chunk = b"profile\0\0" + zlib.compress(large)
    assert load(with_chunks(saved(smooth(), "PNG"), iCCP=chunk)).notes == ()
    picture = load(with_chunks(saved(smooth(), "PNG"), iCCP=b"profile\0\0" + zlib.compress(bytes(PROFILE_LIMIT + 1))))
    assert same(picture)
    assert picture.notes == ("color profile ignored: it is larger than 32 MiB",)
    assert load(with_chunks(saved(smooth(), "PNG"), iCCP=b"profile\0\0nonsense")).notes == ("color profile ignored: it is damaged",)


def test_a_damaged_checksum_of_what_is_not_needed(load: Any) -> None:
    data = with_chunks(saved(smooth(), "PNG"), tIME=bytes(7))
    at = data.index(b"tIME") + 4 + 7
    picture = load(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    assert same(picture)
    assert picture.notes == ("tIME of the file ignored: it is damaged",)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_truncated_is_said_of_truncated_files(load: Any, form: str) -> None:
    data = saved(smooth(90, 120), form)
    with pytest.raises(PictureUnreadableError, match=r"is truncated · given"):
        load(data[: len(data) * 2 // 3])


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_damaged_is_said_of_damaged_ones(load: Any, form: str) -> None:
    data = bytearray(saved(smooth(90, 120), form))
    data[60:-20] = b"\xff" * (len(data) - 80)
    with pytest.raises(PictureUnreadableError, match=r"is damaged \("):
        load(bytes(data))


def raw(path: Path, *, dng: bool, sensor: bool) -> Path:
    tags = [(50706, 1, 4, (1, 4, 0, 0), True)] if dng else []
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(np.full((48, 64, 3), 90, np.uint8), photometric="rgb", subfiletype=1, subifds=1, metadata=None, extratags=tags)
        tiff.write(np.zeros((480, 640), np.uint16), photometric=32803 if sensor else 1, subfiletype=0, metadata=None)
    return path


@pytest.mark.parametrize(("dng", "sensor"), [(True, True), (False, True), (True, False)])
def test_raw_files_are_refused(tmp_path: Path, dng: bool, sensor: bool) -> None:
    with pytest.raises(PictureUnreadableError, match=r"raw file of a camera .*darktable"):
        load_picture(raw(tmp_path / "RAW.DNG", dng=dng, sensor=sensor))


def test_a_tiff_that_begins_with_a_small_copy(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "pages.tif") as tiff:
        tiff.write(np.full((6, 8, 3), 90, np.uint8), photometric="rgb", subfiletype=1, metadata=None)
        tiff.write(np.full((60, 80, 3), 200, np.uint8), photometric="rgb", subfiletype=0, metadata=None)
    picture = load_picture(tmp_path / "pages.tif")
    assert (picture.height, picture.width) == (60, 80)
    assert "page 2: those before are reduced copies" in picture.notes


@pytest.mark.parametrize(
    "data",
    [
        saved(smooth(), "PNG", dpi=(72, 144)),
        saved(smooth(), "TIFF", dpi=(72, 144)),
        saved(smooth(), "JPEG", dpi=(72, 144)),
        with_chunks(saved(smooth(), "PNG"), pHYs=struct.pack(">IIB", 1, 2, 0)),
    ],
)
def test_pixels_that_are_not_square(load: Any, data: bytes) -> None:
    assert "pixels that are not square (" in " ".join(load(data).notes)


def test_square_pixels_are_nothing_to_say(load: Any) -> None:
    assert load(saved(smooth(), "PNG", dpi=(72, 72))).notes == ()


WRITTEN = ["PPM", "JPEG2000", "ICO", "ICNS", "PCX", "SGI", "TGA", "DDS", "QOI", "MSP", "XBM", "SPIDER"]


@pytest.mark.parametrize("form", WRITTEN)
def test_what_else_pillow_writes_is_refused(load: Any, form: str) -> None:
    mode = {"MSP": "1", "XBM": "1", "SPIDER": "F"}.get(form, "RGB")
    with pytest.raises(PictureUnreadableError, match=r"is not a picture|which is not read here"):
        load(saved(Image.new(mode, (32, 32), 1), form))


HEADS = {
    "BLP": b"BLP2" + bytes(200),
    "BUFR": b"BUFR" + bytes(64),
    "CUR": b"\0\0\2\0\1\0" + bytes(64),
    "DCX": b"\xb1\x68\xde\x3a" + bytes(64),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n",
    "FITS": b"SIMPLE  =                    T" + b" " * 2850,
    "FLI": struct.pack("<IHHHH", 128, 0xAF11, 1, 8, 8) + bytes(116),
    "FTEX": b"FTU:" + bytes(64),
    "GBR": struct.pack(">II", 28, 2) + bytes(64),
    "GRIB": b"GRIB" + bytes(3) + b"\1" + bytes(64),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "IM": b"Image type: RGB image\r\nImage size (x*y): 8*8\r\n" + bytes(600),
    "IMT": b"\n" + b" " * 100,
    "IPTC": b"\x1c\x03\x3c" + bytes(64),
    "MCIDAS": b"\0\0\0\0\0\0\0\4" + bytes(256),
    "MPEG": b"\0\0\1\xb3" + bytes(64),
    "PCD": bytes(2048) + b"PCD_" + bytes(64),
    "PIXAR": b"\200\350\0\0" + bytes(512),
    "PSD": b"8BPS\0\1" + bytes(64),
    "SUN": struct.pack(">I", 0x59A66A95) + bytes(64),
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(64),
    "XPM": b"/* XPM */\n" + b" " * 64,
    "XVTHUMB": b"P7 332\n" + b" " * 64,
}


@pytest.mark.parametrize("form", sorted(HEADS))
def test_what_else_pillow_opens_is_refused_before_its_reader_is_asked(load: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.images.decode.open_image", lambda _: pytest.fail("a reader was asked"))
    with pytest.raises(PictureUnreadableError, match=r"is not a picture|which is not read here"):
        load(HEADS[form])


def test_every_reader_of_pillow_is_named_here_or_allowed() -> None:
    Image.init()
    allowed = {"JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"}
    # Other libraries may have brought readers of their own.
    own = {name for name in Image.ID if Image.OPEN[name][0].__module__.startswith("PIL.")}
    # DIB is a BMP without its first header, which is no signature.
    assert own - set(WRITTEN) - allowed - set(HEADS) == {"DIB"}


def test_heic_is_read_where_its_library_is(load: Any) -> None:
    heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (64, 48), (60, 160, 90))).save(buffer, quality=90)
    picture = load(buffer.getvalue())
    assert (picture.height, picture.width) == (48, 64)
    assert np.abs(picture.pixels[0, :, 5, 5].numpy() * 255 - (60, 160, 90)).max() < 4


def test_heic_without_its_library_is_called_heic(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.images.formats.find_spec", lambda _: None)
    with pytest.raises(
        PictureUnreadableError,
        match=r"is HEIC, which is not read here .* pip install .*\[heic\]', which reads it, or this one exported as JPEG",
    ):
        load(struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(500))


def test_what_a_file_says_steers_no_terminal(load: Any) -> None:
    data = with_chunks(saved(smooth(), "PNG"), **{"\x1b[2J": b"", "a\x07cd": b"x"})
    at = data.index(b"a\x07cd") + 5
    picture = load(data[:at] + b"\0\0\0\0" + data[at + 4 :])
    assert len(picture.notes) <= 1
    assert all(note.isprintable() for note in picture.notes)


def test_a_raw_file_and_one_too_short_are_refused_without_decoding(tmp_path: Path) -> None:
    dng = raw(tmp_path / "RAW.DNG", dng=True, sensor=True).read_bytes()
    for data in (dng, saved(smooth(), "PNG")[:16] + struct.pack(">II", 60_000, 60_000) + saved(smooth(), "PNG")[24:]):
        with pytest.raises(PictureUnreadableError):
            check_file(data, what="data", given="a file")
    check_file(saved(smooth(), "PNG"), what="data", given="a file")
