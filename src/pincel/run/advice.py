"""What a user should know of a style picture before it is painted after: kinds that turn out otherwise than expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.images.picture import LoadedImage
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

MIN_SIDE = 300
"""Pixels of a style's short side below which its strokes are few, and raters liked what was painted after it less."""
DARK = 0.1
"""Median brightness, of 1, below which a style is called dark."""
SAME_COLOR = 0.06
"""Difference of colors, in each channel, up to which two are the same ground."""
FRAME_EDGE = 0.6
"""Least fraction of the edge of a picture that has one color, for that color to be a frame around it."""
FRAME_MIDDLE = 0.1
"""Largest fraction of its middle that has the color of a frame."""
DRAWING_GROUND = 0.3
"""Least fraction of a drawing in one color that is one ground."""
DRAWING_CHROMA = 0.06
"""Largest mean difference between the channels of a drawing in one color."""


def style_notes(style: LoadedImage) -> Iterator[str]:
    """Yield a sentence for each thing about a style that its user should know, and what to do about it."""
    pixels = style.pixels[0]
    if min(style.height, style.width) < MIN_SIDE:
        text = _("{name}: {width}×{height} pixels; below {least} on the short side strokes get coarse.")
        yield Note(text, name=style.name, width=style.width, height=style.height, least=MIN_SIDE)
    if float(pixels.mean(0).median()) < DARK:
        text = _("{name}: more than half of it is nearly black, and so much of the picture will be; brighten it first to see more.")
        yield Note(text, name=style.name)
    ground = _ground(pixels)
    if ground.edge >= FRAME_EDGE and ground.middle <= FRAME_MIDDLE:
        text = _(
            "{name}: {share:.0%} of it is a plain frame, which is painted into the picture too; "
            "crop it, or leave the frame out with --style-mask."
        )
        yield Note(text, name=style.name, share=ground.whole)
    elif ground.light and ground.whole >= DRAWING_GROUND and float((pixels.amax(0) - pixels.amin(0)).mean()) < DRAWING_CHROMA:
        text = _("{name}: a drawing in one color; --recipe line keeps such lines hard and their ground clean.")
        yield Note(text, name=style.name)


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
    alike = ((pixels - color).abs().amax(0) < SAME_COLOR).float()
    height, width = alike.shape
    middle = alike[height // 4 : height - height // 4, width // 4 : width - width // 4]
    ring = ((edge - color[..., 0]).abs().amax(0) < SAME_COLOR).float()
    return _Ground(float(ring.mean()), float(middle.mean()), float(alike.mean()), float(color.mean()) > 0.5)
