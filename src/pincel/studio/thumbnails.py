"""Thumbnails of samples and results, and results in other formats. No upload is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.files import atomically
from pincel.studio.commands import PREVIEW, RESULT

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 240
THUMB = "thumb.webp"
FORMATS = {"jpg": "image/jpeg", "tif": "image/tiff"}
"""Suffix of each format that a result is converted to → its media type."""


def shrink(source: Path, target: Path, background: str = DEFAULT_BACKGROUND) -> tuple[int, int]:
    """Write a thumbnail, transparent parts on a color; return (width, height) of the picture."""
    from pincel.images.opening import opened_file  # noqa: PLC0415 - the server starts without Pillow

    with opened_file(source) as image:
        size = image.size
        image.draft("RGB", (SIDE, SIDE))
        image.thumbnail((SIDE, SIDE))
        with atomically(target, what="thumbnail") as temporary:
            _opaque(image, background).save(temporary, "WEBP", quality=70)
    return size


def thumbnail(folder: Path, background: str) -> tuple[int, int] | None:
    """Make the thumbnail of a run, of its result or else of its last preview; return the size of the result, if there is one."""
    for name in (RESULT, PREVIEW):
        if (folder / name).is_file():
            size = shrink(folder / name, folder / THUMB, background)
            return size if name == RESULT else None
    return None


def size_of_picture(path: Path) -> tuple[int, int]:
    """Return (width, height) of a picture."""
    from pincel.images.opening import opened_file  # noqa: PLC0415 - the server starts without Pillow

    with opened_file(path) as image:
        return image.size


def converted(folder: Path, suffix: str, background: str) -> Path:
    """Return the result of a run in another format, written the first time.

    Args:
        folder: Folder of the run.
        suffix: ``jpg`` or ``tif``.
        background: Color behind transparent parts in a JPEG.
    """
    source, target = folder / RESULT, folder / f"result.{suffix}"
    if target.is_file() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return target
    from pincel.images.encode import save_picture  # noqa: PLC0415 - the server starts without torch and Pillow
    from pincel.images.metadata import metadata_of  # noqa: PLC0415
    from pincel.images.opening import opened_file  # noqa: PLC0415

    with opened_file(source) as image:
        image.load()  # metadata of a PNG may stand behind its pixels
        save_picture(image, target, image.info.get("dpi"), background=background, metadata=metadata_of(image))
    return target


def converted_names() -> list[str]:
    """Return the names of the result in other formats."""
    return [f"result.{suffix}" for suffix in FORMATS]


def _opaque(image: Image, background: str) -> Image:
    """Return an image with a color behind transparent parts."""
    from PIL import Image as Pillow  # noqa: PLC0415 - the server starts without

    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    behind = Pillow.new("RGBA", rgba.size, parse_color(background))
    return Pillow.alpha_composite(behind, rgba).convert("RGB")
