"""Backgrounds for the transparent parts of pictures that are used as opaque ones: styles, frames, training pictures."""

from __future__ import annotations

from dataclasses import replace

import torch

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.images.picture import LoadedImage
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def flatten(picture: LoadedImage, background: str = DEFAULT_BACKGROUND) -> LoadedImage:
    """Composite a picture over a color; one without transparency is returned as it is.

    Args:
        picture: With (1, 3, H, W) pixels and, if any, (1, 1, H, W) alpha, both in [0, 1]; the colors are not multiplied by alpha.
        background: A color; see :func:`pincel.colors.parse_color`.
    """
    if picture.alpha is None:
        return picture
    color = torch.tensor(parse_color(background), dtype=picture.pixels.dtype).reshape(1, 3, 1, 1) / 255
    pixels = color + picture.alpha * (picture.pixels - color)
    note = Note(_("transparent parts seen on {background}"), background=background)
    return replace(picture, pixels=pixels.clamp(0, 1), alpha=None, notes=(*picture.notes, note))
