"""Opens picture files: with the readers of a fixed list, of any size; HEIC where its library is installed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from os import PathLike
from pathlib import Path

from PIL import Image
from PIL.ImageFile import ImageFile

from pincel.images.formats import HEAD, HEIC, PILLOW_FORMATS, identify, is_readable


def open_image(data: bytes) -> ImageFile:
    """Open a picture: its header is read, its pixels are not.

    Pillow's bound for decompression bombs does not hold here; what a picture may take is for the caller to check by its size. That bound is
    a variable of the whole process, which is not ours to change.

    Raises:
        Exception: any; Pillow's readers raise whatever a damaged file causes.
    """
    if identify(data) is HEIC:
        opened: ImageFile = import_module("pillow_heif").HeifImageFile(io.BytesIO(data))
        return opened
    try:
        return Image.open(io.BytesIO(data), formats=PILLOW_FORMATS)
    except Image.DecompressionBombError:
        readers = (Image.OPEN[name] for name in PILLOW_FORMATS)
        make = next(make for make, accepts in readers if accepts is None or accepts(data[:16]) is True)
        return make(io.BytesIO(data), "")


@contextmanager
def opened_file(path: str | PathLike[str]) -> Iterator[ImageFile]:
    """Open a picture that pincel wrote, or of which only the size is wanted.

    Raises:
        OSError, ValueError, SyntaxError: As Pillow does, for what is no picture, or HEIC where its library is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Path(path).open("rb") as stream:
            head = stream.read(HEAD)
        if identify(head) is HEIC:
            if not is_readable(HEIC):
                raise OSError(f"is {HEIC.name}")
            yield open_image(Path(path).read_bytes())
            return
        try:
            opened = Image.open(path, formats=PILLOW_FORMATS)
        except Image.DecompressionBombError:
            opened = open_image(Path(path).read_bytes())
        with opened:
            yield opened
