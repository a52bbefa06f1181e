"""Opens an upload in a process of its own, so that a malicious file can harm nothing but this process.

``python -m pincel.studio.upload_inspector FILE FOLDER PIXELS MEMORY NAME`` prints one line of JSON: properties of the picture, or an error.
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
from pincel.host import free_host_memory
from pincel.images.decode import Decoded, decode, unreadable
from pincel.images.formats import identify
from pincel.images.shrink import BYTES_A_PIXEL
from pincel.translation import translations

THUMB, VIEW = 320, 1600
# Fraction of the free memory: two uploads are opened at a time, and other programs need some too.
MEMORY_FRACTION = 0.25
# Bytes of address space of libraries, which take little memory.
MAPPED = 2**30


def inspect(path: Path, folder: Path, pixels: int, memory: int, given: str) -> dict[str, Any]:
    """Open a picture, write two small versions, and return its properties.

    Args:
        path: The file.
        folder: Folder of the small versions.
        pixels: Pixels that are decoded at full size; a larger picture is shrunk while it is decoded.
        memory: Bytes that may be used; a picture that takes more is shrunk likewise.
        given: What messages call the picture.

    Raises:
        PictureError: If a run could not begin with it.
    """
    data = path.read_bytes()

    def fit(height: int, width: int) -> tuple[int, int]:
        """Return the size of the larger version."""
        scale = min(1.0, VIEW / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    # The other half is for the file and for the small versions.
    allowed = min(memory // 2, pixels * BYTES_A_PIXEL, int(free_host_memory() * MEMORY_FRACTION))
    decoded = decode(data, what="picture", given=given, fit=fit, memory=allowed)
    if decoded.alpha is not None and not decoded.alpha.max() > 0:
        raise unreadable("picture", "is fully transparent", given, "a picture with something in it")
    height, width = decoded.whole or decoded.colors.shape[:2]
    opaque = _on_white(decoded)
    for name, side, quality in (("view.jpg", VIEW, 90), ("thumb.webp", THUMB, 80)):
        opaque.thumbnail((side, side), Image.Resampling.LANCZOS)
        with atomically(folder / name) as temporary:
            opaque.save(temporary, quality=quality)
    kind = identify(data)
    assert kind is not None, "it has been decoded"
    # As the server's own Message, which takes long to import.
    notes = [{"text": note, "translations": translations(note)} for note in decoded.notes]
    return {"width": width, "height": height, "notes": notes, "suffix": kind.suffixes[0].removeprefix(".")}


def _on_white(decoded: Decoded) -> Image.Image:
    """Return 8 bits a sample, on white. The arrays are overwritten: of a large picture, each copy is a gigabyte."""
    colors = decoded.colors
    if decoded.alpha is not None:
        colors -= 1
        colors *= decoded.alpha[..., None]
        colors += 1
    colors *= 255
    np.rint(colors, out=colors)
    return Image.fromarray(colors.astype(np.uint8))


def limit_memory(memory: int) -> None:
    """Limit the memory of this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main(arguments: list[str]) -> dict[str, Any]:
    """Inspect a picture; return its properties or an error."""
    path, folder, pixels, memory, given = arguments
    limit_memory(min(int(memory), free_host_memory() + MAPPED))
    try:
        return inspect(Path(path), Path(folder), int(pixels), int(memory), given)
    except PictureError as error:
        return {"error": str(error), "large": isinstance(error, PictureSizeError)}
    except MemoryError:
        failed = one_line(
            "picture: does not fit into the memory it may have", given, "a smaller picture", "make a smaller copy of it first"
        )
        return {"error": failed, "large": True}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
