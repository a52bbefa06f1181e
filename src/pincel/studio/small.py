"""Small versions of samples and of what runs made, and results in other formats.

These files are our own; no upload is opened here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.files import atomically
from pincel.studio.commands import PREVIEW, RESULT

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 240
THUMB = "thumb.webp"
# As :mod:`pincel.image.encode` writes them.
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("image/jpeg", {"format": "JPEG", "quality": 95, "subsampling": 0}),
    "tif": ("image/tiff", {"format": "TIFF", "compression": "tiff_adobe_deflate"}),
}


def shrink(source: Path, target: Path, background: str = DEFAULT_BACKGROUND) -> tuple[int, int]:
    """Write a thumbnail, of a transparent picture as it is seen on a color; return (width, height) of the picture."""
    from pincel.image.opening import opened_file  # noqa: PLC0415 - the server starts without Pillow

    with opened_file(source) as image:
        size = image.size
        image.draft("RGB", (SIDE, SIDE))
        image.thumbnail((SIDE, SIDE))
        with atomically(target, what="thumbnail") as temporary:
            _opaque(image, background).save(temporary, "WEBP", quality=70)
    return size


def thumbnail(folder: Path, background: str) -> tuple[int, int] | None:
    """Make the thumbnail of a run, of its result or else of its last preview; return the size of that picture, if there is one."""
    for name in (RESULT, PREVIEW):
        if (folder / name).is_file():
            size = shrink(folder / name, folder / THUMB, background)
            return size if name == RESULT else None
    return None


def size_of_picture(path: Path) -> tuple[int, int]:
    """Return (width, height)."""
    from pincel.image.opening import opened_file  # noqa: PLC0415 - the server starts without Pillow

    with opened_file(path) as image:
        return image.size


def converted(folder: Path, suffix: str, background: str) -> Path:
    """Return the result of a run in another format, written when first asked for.

    Args:
        folder: Of the run.
        suffix: ``jpg`` or ``tif``.
        background: What a JPEG, which cannot be transparent, shows the picture on.
    """
    source, target = folder / RESULT, folder / f"result.{suffix}"
    if target.is_file() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return target
    from pincel.image.metadata import metadata_of, metadata_options  # noqa: PLC0415 - the server starts without Pillow
    from pincel.image.opening import opened_file  # noqa: PLC0415

    options = FORMATS[suffix][1]
    with opened_file(source) as image:
        image.load()  # what a PNG says of itself may stand behind its pixels
        kept = {name: image.info[name] for name in ("icc_profile", "dpi") if image.info.get(name)}
        told = metadata_of(image)
        kept |= metadata_options(told, options["format"]) if told else {}
        picture = _opaque(image, background) if suffix == "jpg" else image
        with atomically(target, what="picture") as temporary:
            picture.save(temporary, **options, **kept)
    return target


def converted_name() -> list[str]:
    """Return what the result is called in other formats."""
    return [f"result.{suffix}" for suffix in FORMATS]


def _opaque(image: Image, background: str) -> Image:
    """Return an image as it is seen on a color."""
    from PIL import Image as Pillow  # noqa: PLC0415 - the server starts without

    if not image.has_transparency_data:
        return image.convert("RGB")
    whole = image.convert("RGBA")
    ground = Pillow.new("RGBA", whole.size, parse_color(background))
    return Pillow.alpha_composite(ground, whole).convert("RGB")
