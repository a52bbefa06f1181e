"""Thumbnails of what runs made, and results in other formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from pincel.images.encode import save_picture
from pincel.images.metadata import metadata_of
from pincel.images.opening import opened_file
from pincel.studio.commands import RESULT
from pincel.studio.thumbnails import THUMB, converted, thumbnail

OWNER = "(c) A. Painter"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run whose picture is red on the left, clear on the right, and says whose it is."""
    image = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    image.paste((0, 255, 0, 0), (20, 0, 40, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = OWNER
    image.save(tmp_path / RESULT, exif=exif, dpi=(300, 300))
    return tmp_path


@pytest.mark.parametrize(("background", "seen"), [("white", (255, 255, 255)), ("#204060", (32, 64, 96))])
def test_what_is_transparent_is_seen_on_the_background_of_the_run(background: str, seen: tuple[int, ...], folder: Path) -> None:
    assert thumbnail(folder, background) == (40, 20)
    for path in (folder / THUMB, converted(folder, "jpg", background)):
        with Image.open(path) as small:
            found = small.convert("RGB").getpixel((35, 10))
        assert isinstance(found, tuple)
        assert all(abs(one - other) < 8 for one, other in zip(found, seen, strict=True)), path
    # A TIFF can be transparent, and is.
    with Image.open(converted(folder, "tif", background)) as whole:
        assert (whole.mode, whole.getpixel((35, 10))) == ("RGBA", (0, 255, 0, 0))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_another_format_is_what_a_run_that_is_asked_for_it_writes(suffix: str, folder: Path) -> None:
    with opened_file(folder / RESULT) as image:
        image.load()
        save_picture(image, folder / f"own.{suffix}", image.info["dpi"], background="#204060", metadata=metadata_of(image))
    assert converted(folder, suffix, "#204060").read_bytes() == (folder / f"own.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_another_format_says_what_the_result_says_of_itself(suffix: str, folder: Path) -> None:
    with Image.open(converted(folder, suffix, "white")) as image:
        assert image.getexif()[ExifTags.Base.Copyright] == OWNER
        assert round(float(image.info["dpi"][0])) == 300
