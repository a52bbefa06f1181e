"""What a user should know of a style picture before it is painted after: kinds that turn out otherwise than expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.images.picture import LoadedImage

COARSE = 300
"""Pixels of a style's short side below which its strokes are few, and raters liked what was painted after it less."""
DARK = 0.1
"""Median brightness, of 1, below which a style is called dark."""
LIKE = 0.06
"""Difference of colors, in each channel, up to which two are the same ground."""
FRAMED, FILLED = 0.6, 0.1
"""Least share of the edge of a picture that has one color, and most of its middle, for that color to be a frame around it."""
PAPER, GRAY = 0.3, 0.06
"""Least share of a picture that is one ground, and most mean difference of its channels, for it to be called a drawing in one color."""


def style_notes(style: LoadedImage) -> Iterator[str]:
    """Yield a sentence for each thing about a style that its user should know, and what to do about it."""
    pixels = style.pixels[0]
    if min(style.height, style.width) < COARSE:
        yield f"{style.name}: {style.width}×{style.height} pixels; below {COARSE} on the short side strokes get coarse."
    if float(pixels.mean(0).median()) < DARK:
        yield f"{style.name}: more than half of it is nearly black, and so much of the picture will be; brighten it first to see more."
    ground = _ground(pixels)
    if ground.edge >= FRAMED and ground.middle <= FILLED:
        yield (
            f"{style.name}: {ground.whole:.0%} of it is a plain frame, which is painted into the picture too; "
            "crop it, or leave the frame out with --style-mask."
        )
    elif ground.light and ground.whole >= PAPER and float((pixels.amax(0) - pixels.amin(0)).mean()) < GRAY:
        yield f"{style.name}: a drawing in one color; --recipe line keeps such lines hard and their ground clean."


@dataclass(frozen=True)
class _Ground:
    """The color of most of a picture's edge: its share of the edge, of the middle half and of the whole, and whether it is nearer white."""

    edge: float
    middle: float
    whole: float
    light: bool


def _ground(pixels: Tensor) -> _Ground:
    """Find the ground of a picture (3, H, W)."""
    edge = torch.cat([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], dim=1)
    color = edge.median(1).values[:, None, None]
    alike = ((pixels - color).abs().amax(0) < LIKE).float()
    height, width = alike.shape
    middle = alike[height // 4 : height - height // 4, width // 4 : width - width // 4]
    ring = ((edge - color[..., 0]).abs().amax(0) < LIKE).float()
    return _Ground(float(ring.mean()), float(middle.mean()), float(alike.mean()), float(color.mean()) > 0.5)
