"""Small versions of samples and of what runs made, and results in other formats.

These files are our own; no upload is opened here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """Open a picture that pincel wrote, however large."""
    from PIL import Image  # noqa: PLC0415 - the server starts without

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            yield image


def shrink(source: Path, target: Path) -> tuple[int, int]:
    """Write a thumbnail; return (width, height) of the picture."""
    with opened(source) as image:
        size = image.size
        image.draft("RGB", (SIDE, SIDE))
        image.thumbnail((SIDE, SIDE))
        with atomically(target, what="thumbnail") as temporary:
            _on_white(image).save(temporary, "WEBP", quality=70)
    return size


def thumbnail(folder: Path) -> tuple[int, int] | None:
    """Make the thumbnail of a run, of its result or else of its last preview; return the size of that picture, if there is one."""
    for name in (RESULT, PREVIEW):
        if (folder / name).is_file():
            size = shrink(folder / name, folder / THUMB)
            return size if name == RESULT else None
    return None


def size_of_picture(path: Path) -> tuple[int, int]:
    """Return (width, height)."""
    with opened(path) as image:
        return image.size


def converted(folder: Path, suffix: str) -> Path:
    """Return the result of a run in another format, written when first asked for.

    Args:
        folder: Of the run.
        suffix: ``jpg`` or ``tif``.
    """
    source, target = folder / RESULT, folder / f"result.{suffix}"
    if target.is_file() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return target
    with opened(source) as image:
        kept = {name: image.info[name] for name in ("icc_profile", "dpi") if image.info.get(name)}
        picture = _on_white(image) if suffix == "jpg" else image
        with atomically(target, what="picture") as temporary:
            picture.save(temporary, **FORMATS[suffix][1], **kept)
    return target


def converted_name() -> list[str]:
    """Return what the result is called in other formats."""
    return [f"result.{suffix}" for suffix in FORMATS]


def _on_white(image: Image) -> Image:
    """Return an image without transparency."""
    from PIL import Image as Pillow  # noqa: PLC0415 - the server starts without

    if not image.has_transparency_data:
        return image.convert("RGB")
    whole = image.convert("RGBA")
    white = Pillow.new("RGBA", whole.size, "white")
    return Pillow.alpha_composite(white, whole).convert("RGB")
