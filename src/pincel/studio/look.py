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
from pincel.host import free_host_memory
from pincel.images.decode import Decoded, decode, unreadable
from pincel.images.formats import identify
from pincel.images.shrink import BYTES_A_PIXEL

THUMB, VIEW = 320, 1600
# Of what is free: two uploads are opened at a time, and others want some, too.
SHARE = 0.25
# Bytes of libraries, which take room among the addresses but little memory.
MAPPED = 2**30


def look(path: Path, folder: Path, pixels: int, memory: int, given: str) -> dict[str, Any]:
    """Open a picture, shrink it, and say what it is.

    Args:
        path: The file.
        folder: Where the small pictures go.
        pixels: Of a picture that is decoded whole; a larger one is shrunk while it is decoded.
        memory: Bytes that may be used; what does not fit is shrunk likewise.
        given: How messages show what was given.

    Raises:
        PictureError: If it is not a picture that a run could begin with.
    """
    data = path.read_bytes()

    def fit(height: int, width: int) -> tuple[int, int]:
        """Return the size of the larger small picture."""
        share = min(1.0, VIEW / max(height, width))
        return max(1, round(height * share)), max(1, round(width * share))

    # Half is for the file and for what is made of the values.
    allowed = min(memory // 2, pixels * BYTES_A_PIXEL, int(free_host_memory() * SHARE))
    decoded = decode(data, what="picture", given=given, fit=fit, memory=allowed)
    if decoded.alpha is not None and not decoded.alpha.max() > 0:
        raise unreadable("picture", "is wholly transparent", given, "a picture with something in it")
    height, width = decoded.whole or decoded.colors.shape[:2]
    shown = _on_white(decoded)
    for name, side, quality in (("view.jpg", VIEW, 90), ("thumb.webp", THUMB, 80)):
        shown.thumbnail((side, side), Image.Resampling.LANCZOS)
        with atomically(folder / name) as temporary:
            shown.save(temporary, quality=quality)
    kind = identify(data)
    assert kind is not None, "it has been decoded"
    return {"width": width, "height": height, "notes": list(decoded.notes), "suffix": kind.suffixes[0].removeprefix(".")}


def _on_white(decoded: Decoded) -> Image.Image:
    """Return 8 bits a sample, what is transparent on white. The arrays are spent: of a large picture, each copy is a gigabyte."""
    colors = decoded.colors
    if decoded.alpha is not None:
        colors -= 1
        colors *= decoded.alpha[..., None]
        colors += 1
    colors *= 255
    np.rint(colors, out=colors)
    return Image.fromarray(colors.astype(np.uint8))


def confine(memory: int) -> None:
    """Let this process have so much memory and no more, where the system can hold it to that."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main(arguments: list[str]) -> dict[str, Any]:
    """Look, and return what is to be told."""
    path, folder, pixels, memory, given = arguments
    confine(min(int(memory), free_host_memory() + MAPPED))
    try:
        return look(Path(path), Path(folder), int(pixels), int(memory), given)
    except PictureError as error:
        return {"error": str(error), "large": isinstance(error, PictureSizeError)}
    except MemoryError:
        failed = one_line(
            "picture: does not fit into the memory it may have", given, "a smaller picture", "make a smaller copy of it first"
        )
        return {"error": failed, "large": True}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
