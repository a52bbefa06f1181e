"""How large a picture becomes, and how its pixels get there.

The arithmetic of other programs is kept to the last pixel, so that a recipe can repeat what they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.errors import OptionError, unknown_name
from pincel.files import one_line
from pincel.images.picture import LoadedImage, fill_transparent

MEASURES = ("long", "short", "area")
ROUNDINGS = ("nearest", "floor", "floor32")


def target_size(height: int, width: int, size: int, measure: str = "long", rounding: str = "nearest") -> tuple[int, int]:
    """Return the size a picture is scaled to, its aspect kept.

    The order of the operations is part of the contract: each line is that of a program whose results recipes
    repeat. ``nearest`` is pastiche's; ``floor`` that of torchvision's old ``Scale`` and of Torch7's ``image.scale``;
    ``floor32`` the TensorFlow tutorial's. The side that ``size`` measures is exactly ``size``, save in the last, whose
    float32 arithmetic may lose one pixel.

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        size: Length of the long or the short side, or the side of the square of the same area; 0 keeps the
            picture as it is.
        measure: One of MEASURES.
        rounding: One of ROUNDINGS.

    Returns:
        (height, width), where a side of a very thin picture can be 0: it is for the caller to refuse.

    Raises:
        UnknownNameError: for a measure or a rounding that is not known.
        OptionError: for a negative size.
    """
    if measure not in MEASURES:
        raise unknown_name("measure", measure, MEASURES)
    if rounding not in ROUNDINGS:
        raise unknown_name("rounding", rounding, ROUNDINGS)
    if size < 0:
        raise OptionError(one_line("size: is negative", f"{size}", "0 (as it is) or more", "512"))
    if size == 0:
        return height, width
    if measure == "area":
        return area_size(height, width, size * size, rounding)
    fixed = max(height, width) if measure == "long" else min(height, width)
    if rounding == "floor32":
        scale = np.float32(size) / np.float32(fixed)
        return int(np.float32(height) * scale), int(np.float32(width) * scale)
    if fixed == height:
        return size, _other_side(width, fixed, size, rounding)
    return _other_side(height, fixed, size, rounding), size


def _other_side(other: int, fixed: int, size: int, rounding: str) -> int:
    """Return the length of the side that is not fixed."""
    return round((size / fixed) * other) if rounding == "nearest" else int(size * other / fixed)


def area_size(height: int, width: int, pixels: int, rounding: str = "nearest") -> tuple[int, int]:
    """Return the size of about ``pixels`` pixels with the aspect of ``height`` and ``width``.

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        pixels: How many pixels the result shall have.
        rounding: One of ROUNDINGS.
    """
    whole: Callable[[float], int] = round if rounding == "nearest" else int
    rows = whole(math.sqrt(pixels * height / width))
    return rows, whole((width / height) * rows)


def resize(pixels: Tensor, size: tuple[int, int], resample: str = "bicubic") -> Tensor:
    """Resample an image to a size.

    Args:
        pixels: (B, C, H, W) in [0, 1].
        size: (height, width) of the result.
        resample: One of RESAMPLERS.

    Returns:
        (B, C, height, width) float32 in [0, 1], on the device of ``pixels``; the same object if it has that
        size already, unless ``resample`` rounds to 8 bits.

    Raises:
        UnknownNameError: for a resampling that is not known.
        OptionError: for a size below 1.
    """
    if resample not in RESAMPLERS:
        raise unknown_name("resampling", resample, RESAMPLERS)
    if min(size) < 1:
        given = f"{size[0]} x {size[1]}"
        raise OptionError(one_line("size: nothing would be left", given, "1 pixel or more", "a larger size"))
    if tuple(pixels.shape[-2:]) == size and not resample.endswith("-8bit"):
        return pixels
    return RESAMPLERS[resample](pixels.detach(), size).clamp(0, 1)


def resize_picture(picture: LoadedImage, size: tuple[int, int], resample: str = "bicubic") -> LoadedImage:
    """Resample a picture and its alpha; transparent pixels do not bleed into visible ones.

    Args:
        picture: The picture.
        size: (height, width) of the result.
        resample: One of RESAMPLERS.

    Raises:
        UnknownNameError: for a resampling that is not known.
        OptionError: for a size below 1.
    """
    if picture.alpha is None:
        return replace(picture, pixels=resize(picture.pixels, size, resample))
    # Colors times alpha are too small for 8 bits: there the rounding comes last.
    smooth = resample.removesuffix("-8bit")
    alpha = resize(picture.alpha, size, smooth)
    weighted = resize(picture.pixels * picture.alpha, size, smooth)
    alpha = torch.where(alpha < 0.5 / 255, 0.0, alpha)  # would be saved as 0, and divides badly
    pixels = (weighted / alpha.clamp(min=0.5 / 255)).clamp(0, 1)
    if smooth != resample:
        pixels, alpha = resize(pixels, size, resample), resize(alpha, size, resample)
    return replace(picture, pixels=fill_transparent(pixels, alpha), alpha=alpha)


def is_cut(source: tuple[int, int], size: tuple[int, int]) -> bool:
    """Return whether :func:`cover` cuts more than a pixel off a source of (height, width) for a result of (height, width)."""
    return abs(source[1] * size[0] - source[0] * size[1]) > max(source)


def cover(pixels: Tensor, size: tuple[int, int], resample: str = "bicubic") -> Tensor:
    """Scale an image until it covers a size, and cut out its middle; never stretched.

    Args:
        pixels: (B, C, H, W) in [0, 1].
        size: (height, width) of the result.
        resample: One of RESAMPLERS.
    """
    rows, columns = size
    height, width = pixels.shape[-2:]
    scale = max(rows / height, columns / width)
    scaled = max(rows, round(height * scale)), max(columns, round(width * scale))
    top, left = (scaled[0] - rows) // 2, (scaled[1] - columns) // 2
    return resize(pixels, scaled, resample)[..., top : top + rows, left : left + columns]


def _by_pillow(filtering: Image.Resampling, pixels: Tensor, size: tuple[int, int], *, mode: str = "F") -> Tensor:
    """Resample each plane with Pillow, antialiased: in float, or in 8 bits for mode L."""
    planes = pixels.float().reshape(-1, *pixels.shape[-2:]).cpu()
    if mode == "L":
        planes = planes.clamp(0, 1).mul(255).round().to(torch.uint8)
    images = [Image.fromarray(plane.contiguous().numpy()) for plane in planes]
    moved = np.stack([np.array(image.resize((size[1], size[0]), filtering)) for image in images])
    result = torch.from_numpy(moved).float()
    if mode == "L":
        result = result / 255
    return result.reshape(*pixels.shape[:-2], *size).to(pixels.device)


def _plain(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Interpolate between the four nearest pixels, without antialiasing, as ``tf.image.resize`` does."""
    return functional.interpolate(pixels.float(), size, mode="bilinear", align_corners=False)


def _plain_cubic(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Interpolate between the sixteen nearest pixels, without antialiasing, as OpenCV's ``INTER_CUBIC`` does: a = -0.75."""
    return functional.interpolate(pixels.float(), size, mode="bicubic", align_corners=False)


def _torch7(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample as Torch7's ``image.scale(…, 'bilinear')``: columns first, then rows."""
    rows, columns = (torch7_weights(old, new) for old, new in zip(pixels.shape[-2:], size, strict=True))
    halfway = pixels.float() @ columns.T.to(pixels.device)
    return rows.to(pixels.device) @ halfway


def torch7_weights(old: int, new: int) -> Tensor:
    """Return the weights of each source pixel in each result pixel along one side, as Torch7 computes them.

    A side that shrinks is averaged, the pixels at the ends of each interval in part; a side that grows is
    interpolated from corner to corner (``scaleLinear_rowcol`` in torch/image, ``generic/image.c``).

    Args:
        old: Pixels of the source.
        new: Pixels of the result.

    Returns:
        (new, old), each row of sum 1.
    """
    if new == old:
        return torch.eye(old)
    if new < old:
        edges = torch.arange(new + 1).float() * torch.tensor(old / new, dtype=torch.float32)
        places = torch.arange(old).float()
        covered = torch.minimum(edges[1:, None], places + 1) - torch.maximum(edges[:-1, None], places)
        weights = covered.clamp(min=0)
        return weights / weights.sum(1, keepdim=True)
    position = torch.arange(new).float() * torch.tensor((old - 1) / (new - 1), dtype=torch.float32)
    position[-1] = old - 1  # the last pixel is copied, whatever rounding made of its place
    return (1 - (position[:, None] - torch.arange(old)).abs()).clamp(min=0)


def _eight(filtering: Image.Resampling) -> Callable[[Tensor, tuple[int, int]], Tensor]:
    return lambda pixels, size: _by_pillow(filtering, pixels, size, mode="L")


def _float(filtering: Image.Resampling) -> Callable[[Tensor, tuple[int, int]], Tensor]:
    return lambda pixels, size: _by_pillow(filtering, pixels, size)


RESAMPLERS: dict[str, Callable[[Tensor, tuple[int, int]], Tensor]] = {
    "bilinear-8bit": _eight(Image.Resampling.BILINEAR),
    "bicubic-8bit": _eight(Image.Resampling.BICUBIC),
    "bilinear": _float(Image.Resampling.BILINEAR),
    "bicubic": _float(Image.Resampling.BICUBIC),
    "lanczos": _float(Image.Resampling.LANCZOS),
    "box": _float(Image.Resampling.BOX),
    "bilinear-plain": _plain,
    "bicubic-plain": _plain_cubic,
    "torch7": _torch7,
}
"""name → (pixels (B, C, H, W), (height, width)) → resampled."""
