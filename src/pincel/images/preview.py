"""Small previews of pictures, for notebooks."""

from __future__ import annotations

import base64
import io

from PIL import Image

# Long side in pixels: a notebook keeps every picture that it shows.
SIDE = 512


def preview_png(image: Image.Image, side: int = SIDE) -> bytes:
    """Return a picture as PNG, shrunk where its long side has more than ``side`` pixels."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "PNG")
    return file.getvalue()


def preview_tag(image: Image.Image, side: int = SIDE) -> str:
    """Return such a picture as an HTML element that needs no file."""
    return f'<img src="data:image/png;base64,{base64.b64encode(preview_png(image, side)).decode("ascii")}" alt="">'
