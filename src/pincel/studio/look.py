"""Opens an upload in a process of its own, so that a file made to harm can harm nothing but this process.

``python -m pincel.studio.look FILE FOLDER PIXELS MEMORY NAME`` prints one line of JSON: what the picture is, or what is wrong with it.
FOLDER gets ``thumb.webp`` and ``view.jpg``. Loads no torch.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pincel.errors import PictureError, PictureSizeError
from pincel.files import atomically, one_line
from pincel.image.decode import ACCEPTED, Decoded, decode, unreadable
from pincel.image.deep import open_image

THUMB, VIEW = 320, 1600
# Pillow's name of each format that is accepted → what its files are called.
SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "BMP": "bmp", "AVIF": "avif"}


def look(path: Path, folder: Path, pixels: int, given: str) -> dict[str, Any]:
    """Open a picture, shrink it, and say what it is.

    Args:
        path: The file.
        folder: Where the small pictures go.
        pixels: More than these are refused before anything is decoded.
        given: How messages show what was given.

    Raises:
        PictureError: If it is not a picture that a run could begin with.
    """
    data = path.read_bytes()
    suffix = _suffix(data, pixels, given)
    decoded = decode(data, what="picture", given=given)
    height, width = decoded.colours.shape[:2]
    if decoded.alpha is not None and not decoded.alpha.max() > 0:
        raise unreadable("picture", "is wholly transparent", given, "a picture with something in it")
    shown = _on_white(decoded)
    for name, side, quality in (("view.jpg", VIEW, 90), ("thumb.webp", THUMB, 80)):
        shown.thumbnail((side, side), Image.Resampling.LANCZOS)
        with atomically(folder / name) as temporary:
            shown.save(temporary, quality=quality)
    return {"width": width, "height": height, "notes": list(decoded.notes), "suffix": suffix}


def _suffix(data: bytes, pixels: int, given: str) -> str:
    """Look at the header alone; return what files of this format are called."""
    try:
        with open_image(data) as image:
            size, kind = image.size, image.format or ""
    except Image.DecompressionBombError:
        size, kind = (pixels, 2), ""
    except Exception:
        # Whatever is wrong, decoding will say it better. A TIFF that only tifffile reads has bounds of its own there.
        return "tif" if data[:2] in (b"II", b"MM") else "png"
    if size[0] * size[1] > pixels:
        failed, shown = "picture: has too many pixels", f"{given}, {size[0]} x {size[1]}" if kind else given
        raise PictureSizeError(one_line(failed, shown, f"up to {pixels:,} pixels", "make a smaller copy of it first"))
    if kind not in SUFFIXES:
        raise unreadable("picture", f"is of a format that is not accepted ({kind})", given, "convert it to PNG", ACCEPTED)
    return SUFFIXES[kind]


def _on_white(decoded: Decoded) -> Image.Image:
    """Return 8 bits a sample, what is transparent on white. The arrays are spent: of a large picture, each copy is a gigabyte."""
    colours = decoded.colours
    if decoded.alpha is not None:
        colours -= 1
        colours *= decoded.alpha[..., None]
        colours += 1
    colours *= 255
    np.rint(colours, out=colours)
    return Image.fromarray(colours.astype(np.uint8))


def confine(memory: int) -> None:
    """Let this process have so much memory and no more, where the system can hold it to that."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main(arguments: list[str]) -> dict[str, Any]:
    """Look, and return what is to be told."""
    path, folder, pixels, memory, given = arguments
    confine(int(memory))
    try:
        return look(Path(path), Path(folder), int(pixels), given)
    except PictureError as error:
        return {"error": str(error), "large": isinstance(error, PictureSizeError)}
    except MemoryError:
        failed = one_line(
            "picture: does not fit into the memory it may have", given, "a smaller picture", "make a smaller copy of it first"
        )
        return {"error": failed, "large": True}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
