"""Masks: which part of a picture belongs to which region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from pincel.errors import PictureUnreadableError
from pincel.files import one_line, quoted
from pincel.images.io import load_picture

# Regions that a mask in colors may have: beyond that it is a photograph, or was saved as JPEG.
MOST = 16
# Of a gray level, what counts for none at all.
NONE = 0.5 / 255


@dataclass(frozen=True)
class Mask:
    """Regions of a picture.

    Attributes:
        regions: Label → share of each pixel that belongs to it, (1, 1, H, W) in [0, 1]: ``white`` and ``black`` of a gray mask, with soft
            edges; ``#ff0000`` and so on of one in colors. Regions without a pixel are left out.
        name: The file's.
        path: Where it is.
        sha256: Of the file.
    """

    regions: Mapping[str, Tensor]
    name: str
    path: str
    sha256: str

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        first = next(iter(self.regions.values()))
        return first.shape[-2], first.shape[-1]

    def resized(self, size: tuple[int, int]) -> Mask:
        """Return the same regions of a picture of (height, width)."""
        if size == self.size:
            return self
        return replace(self, regions={label: _resized(share, size) for label, share in self.regions.items()})


def load_mask(path: str, what: str) -> Mask:
    """Read a mask: gray with soft edges, or flat colors. What is transparent in it belongs to no region, and what is half so, by half.

    Args:
        path: The file.
        what: How messages call it.

    Raises:
        PictureMissingError, PictureUnreadableError: As :func:`load_picture`; also for more than 16 colors.
    """
    picture = load_picture(path, what=what)
    pixels, alpha = picture.pixels, torch.ones_like(picture.pixels[:, :1]) if picture.alpha is None else picture.alpha
    seen = alpha > 0
    if float(((pixels - pixels.mean(1, keepdim=True)).abs() * seen).max()) < NONE:
        white = pixels[:, :1]
        regions = {"white": white, "black": 1 - white}
    else:
        regions = _colored(pixels, seen, what, path)
    visible = {label: share * alpha for label, share in regions.items()}
    kept = {label: share for label, share in visible.items() if float(share.max()) > NONE}
    return Mask(kept, picture.name, path, picture.sha256)


def _colored(pixels: Tensor, seen: Tensor, what: str, path: str) -> dict[str, Tensor]:
    levels = (pixels * 255).round().long()
    codes = (levels[:, 0] << 16) + (levels[:, 1] << 8) + levels[:, 2]
    found = torch.unique(codes[seen[:, 0]])
    if len(found) > MOST:
        failed, given = f"has {len(found):,} colors", quoted(Path(path))
        hint = "a PNG drawn without smooth edges; JPEG blurs colors"
        raise PictureUnreadableError(one_line(failed, given, f"gray, or at most {MOST} flat colors, one a region", hint), about=what)
    return {f"#{int(code):06x}": (codes == code)[None].float() for code in found}


def _resized(share: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring to a size by the area of each pixel where it shrinks: shares stay shares, and add up to what they added up to."""
    if size[0] <= share.shape[-2] and size[1] <= share.shape[-1]:
        return functional.adaptive_avg_pool2d(share, size)
    return functional.interpolate(share, size, mode="bilinear", align_corners=False, antialias=True).clamp(0, 1)


def downsample_mask(share: Tensor, stride: int, field: int, size: tuple[int, int], how: str) -> Tensor:
    """Return how much each position of a layer belongs to a region.

    Args:
        share: (1, 1, H, W) of the picture, in [0, 1].
        stride: Of the layer.
        field: Its receptive field, in pixels.
        size: (H_l, W_l) of the layer.
        how: ``simple``: the share of the pixels below a position. ``all``: the largest share in its receptive field, so every position
            that depends on the region. ``inside``: the smallest, so only those that depend on nothing else.

    Returns:
        (1, 1, H_l, W_l) in [0, 1].

    Paper:
        Gatys et al. 2017, section 4.1, "guidance channel propagation".
    """
    if how == "simple":
        return _resized(share, size)
    if how == "inside":
        return 1 - downsample_mask(1 - share, stride, field, size, "all")
    widest = share
    for dimension, length in ((2, size[0]), (3, size[1])):
        before = (field - stride) // 2
        after = (length - 1) * stride + field - before - widest.shape[dimension]
        border = (before, after) if dimension == 3 else (0, 0, before, after)
        kernel = (1, field) if dimension == 3 else (field, 1)
        step = (1, stride) if dimension == 3 else (stride, 1)
        widest = functional.max_pool2d(functional.pad(widest, border), kernel, step)
    return widest
