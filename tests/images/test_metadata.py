"""What a photograph says of itself: kept for who asks, true of the new file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from pincel.images.io import load_picture, output_formats, save_16bit, save_picture, to_pil
from pincel.images.metadata import Metadata
from tests.images.builders import saved, smooth

XMP = b'<x:xmpmeta tiff:Orientation="6" dc:rights="Ana"/>'


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright], exif[ExifTags.Base.Artist], exif[ExifTags.Base.Orientation] = "(c) Ana", "Ana", 6
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base.DateTimeOriginal: "2020:01:01 10:00:00", ExifTags.Base.ExifImageWidth: 60})
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    smooth().save(tmp_path / "photo.jpg", exif=exif, xmp=XMP)
    return tmp_path / "photo.jpg"


@pytest.mark.parametrize("suffix", sorted(output_formats()))
def test_it_is_kept_in_every_format(photograph: Path, suffix: str) -> None:
    picture = load_picture(photograph)
    out = photograph.with_name(f"out{suffix}")
    save_picture(to_pil(picture.pixels), out, (72, 72), metadata=picture.metadata)
    with Image.open(out) as image:
        exif, xmp = image.getexif(), image.info.get("xmp") or image.tag_v2[700]  # type: ignore[attr-defined]
    assert (exif[ExifTags.Base.Copyright], exif[ExifTags.Base.Artist]) == ("(c) Ana", "Ana")
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert xmp == XMP.replace(b"6", b"1")
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    assert ExifTags.Base.ExifImageWidth not in inner
    if not suffix.startswith(".tif"):
        assert inner[ExifTags.Base.DateTimeOriginal] == "2020:01:01 10:00:00"
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"
    assert load_picture(out).notes == ()


def test_nothing_of_it_is_written_unasked(photograph: Path) -> None:
    save_picture(to_pil(load_picture(photograph).pixels), photograph.with_name("out.jpg"))
    with Image.open(photograph.with_name("out.jpg")) as image:
        assert not image.getexif()
        assert "xmp" not in image.info


def test_of_sixteen_bits(photograph: Path) -> None:
    picture = load_picture(photograph)
    save_16bit(picture.pixels, None, photograph.with_name("deep.tif"), metadata=picture.metadata)
    with Image.open(photograph.with_name("deep.tif")) as image:
        assert image.getexif()[ExifTags.Base.Copyright] == "(c) Ana"


def test_the_text_of_a_png(load: Any) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Copyright", "(c) Eva")
    metadata = load(saved(smooth(), "PNG", pnginfo=texts)).metadata
    assert metadata.copyright == "(c) Eva"


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_signs_beyond_ascii(load: Any, tmp_path: Path, suffix: str) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Copyright", "© Íñigo")
    metadata = load(saved(smooth(), "PNG", pnginfo=texts)).metadata
    save_picture(smooth(), tmp_path / f"a{suffix}", metadata=metadata)
    again = load_picture(tmp_path / f"a{suffix}")
    assert again.metadata is not None
    assert again.metadata.copyright == "© Íñigo"
    save_picture(smooth(), tmp_path / "b.jpg", metadata=again.metadata)
    assert load_picture(tmp_path / "b.jpg").metadata == again.metadata
    save_16bit(again.pixels, None, tmp_path / "b.tif", metadata=metadata)
    assert "© Íñigo".encode() in (tmp_path / "b.tif").read_bytes()


def test_what_a_jpeg_has_no_room_for(photograph: Path) -> None:
    picture = load_picture(photograph)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000
    large = type(picture.metadata)(exif.tobytes(), b"<x>" + b" " * 70_000, "(c) Ana", "Ana")  # type: ignore[misc]
    save_picture(to_pil(picture.pixels), photograph.with_name("out.jpg"), metadata=large)
    with Image.open(photograph.with_name("out.jpg")) as image:
        assert image.getexif()[ExifTags.Base.Copyright] == "(c) Ana"


@pytest.mark.parametrize("data", [saved(smooth(), "PNG"), saved(smooth(), "TIFF"), saved(smooth(), "JPEG", exif=b"Exif\0\0nonsense")])
def test_files_that_say_nothing(load: Any, data: bytes) -> None:
    assert load(data).metadata is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("suffix", sorted(output_formats()))
def test_exif_that_cannot_be_written_loses_no_picture(tmp_path: Path, suffix: str) -> None:
    picture = load_picture(smooth())
    strange = Metadata(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x63\xff\xff\xff\xff\0\0\0\x1a", b"\xff\0", "(c) Ana", "Ana")
    save_picture(to_pil(picture.pixels), tmp_path / f"a{suffix}", metadata=strange)
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.size == smooth().size
