"""Pictures as ComfyUI has them, as pincel takes them, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from pincel.errors import OptionError
from pincel.files import one_line

CHANNELS = 3


def frames(image: Tensor, what: str) -> Iterator[Tensor]:
    """Yield each picture of a batch as pincel takes it, (1, 3, H, W).

    Args:
        image: IMAGE, (B, H, W, C), in [0, 1]; what is beyond is cut off.
        what: The input, for the message.

    Raises:
        OptionError: For an empty batch, or pictures that are not of three colors.
    """
    if image.ndim != 4 or not len(image) or image.shape[-1] != CHANNELS:
        given = "×".join(map(str, image.shape))
        hint = "'Split Image with Alpha' before it, if it has an alpha channel"
        raise OptionError(one_line(f"{what}: no picture of three colors", given, "IMAGE, batch×height×width×3", hint), about=what)
    for frame in image:
        yield frame.permute(2, 0, 1)[None].float().clamp(0, 1).cpu()


def one_picture(image: Tensor, what: str) -> Tensor:
    """Return the first picture of a batch, as :func:`frames` does."""
    return next(frames(image, what))


def to_image(pixels: Sequence[Tensor]) -> Tensor:
    """Return pictures (1, 3, H, W) of one size as IMAGE, (B, H, W, 3)."""
    return torch.cat(list(pixels)).permute(0, 2, 3, 1).contiguous()


def masks(mask: Tensor | None, count: int) -> list[Tensor | None]:
    """Return the mask of each of so many pictures, (1, 1, H, W) in [0, 1]; None for all of each.

    Args:
        mask: MASK, (B, H, W) or (H, W): one for all pictures, or one for each.
        count: Number of pictures.

    Raises:
        OptionError: For another number of masks.
    """
    if mask is None:
        return [None] * count
    each = mask.float().clamp(0, 1).cpu()
    each = each[None] if each.ndim == 2 else each
    if each.ndim != 3 or len(each) not in (1, count):
        given = "×".join(map(str, mask.shape))
        raise OptionError(one_line("mask: does not fit", given, f"MASK, 1 or {count} of height×width", "one mask for all"), about="mask")
    return [each[place % len(each)][None, None] for place in range(count)]


def within(painted: Tensor, photograph: Tensor, mask: Tensor | None) -> Tensor:
    """Return what is painted where a mask is white, and the photograph where it is black.

    Args:
        painted: (1, 3, H, W).
        photograph: (1, 3, h, w), resized to it.
        mask: (1, 1, h, w), likewise; None for all.
    """
    if mask is None:
        return painted
    size = painted.shape[-2:]
    below, share = (functional.interpolate(each, size, mode="bilinear", antialias=True, align_corners=False) for each in (photograph, mask))
    return below.lerp(painted, share)
