"""Feature maps as pictures: in colors, over the picture, many in a grid."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

from pincel.functional.color import luma
from pincel.images.io import to_pil
from pincel.studies.plots import font_file


def normalize_maps(maps: Tensor) -> Tensor:
    """Stretch every map from its smallest value to its largest onto 0 to 1; a constant one becomes 0.

    Args:
        maps: (..., H, W).
    """
    low, high = maps.amin(dim=(-2, -1), keepdim=True), maps.amax(dim=(-2, -1), keepdim=True)
    # Without the smallest normal number a constant map would be 0/0.
    return (maps - low) / (high - low).clamp(min=torch.finfo(maps.dtype).tiny)


def apply_colormap(values: Tensor) -> Image.Image:
    """Return (H, W) in [0, 1] in the colors of viridis: dark is small and yellow is large."""
    # Asked for bytes, matplotlib cuts off instead of rounding.
    rgb = mpl.colormaps["viridis"](values.cpu().numpy())[..., :3]
    return Image.fromarray((255 * rgb).round().astype(np.uint8))


def pixel_heatmap(values: Tensor, size: tuple[int, int], ends: tuple[float, float] | None = None) -> Image.Image:
    """Return a map, (H, W), in colors from dark to bright, its positions as squares.

    Args:
        values: Any range.
        size: (width, height) of the picture.
        ends: Values that are darkest and brightest; the least and the largest there are when left out.
    """
    low, high = ends or (float(values.min()), float(values.max()))
    unit = ((values.double() - low) / max(high - low, 1e-30)).clamp(0, 1)
    return apply_colormap(unit).resize(size, Image.Resampling.NEAREST)


def symmetric_limits(values: Tensor) -> tuple[float, float]:
    """Return the two ends of a scale that has 0 in its middle and holds all values."""
    most = float(values.abs().max()) or 1.0
    return -most, most


def signed_picture(values: Tensor) -> Image.Image:
    """Return (H, W) as a picture in gray: middle gray is 0, white and black the largest value of either sign."""
    low, high = symmetric_limits(values)
    return Image.fromarray((255 * (values - low) / (high - low)).round().to(torch.uint8).numpy()).convert("RGB")


def overlay_heatmap(pixels: Tensor, values: Tensor, stride: int) -> Image.Image:
    """Lay a map over a picture: gray where it is smallest, bright where it is largest.

    Args:
        pixels: (1, 3, H, W), 0-255.
        values: (H_l, W_l).
        stride: Pixels between neighboring positions.
    """
    height, width = pixels.shape[-2:]
    small = normalize_maps(values)[None, None]
    sides = (values.shape[0] * stride, values.shape[1] * stride)
    large = functional.interpolate(small, size=sides, mode="bilinear", align_corners=False)
    # Poolings drop what is left over at the right and at the bottom.
    large = functional.pad(large, (0, max(0, width - sides[1]), 0, max(0, height - sides[0])))[..., :height, :width]
    hot = torch.from_numpy(mpl.colormaps["inferno"](large[0, 0].cpu().numpy())[..., :3]).permute(2, 0, 1)[None]
    gray = luma(pixels).cpu() / 255
    share = 0.85 * large.cpu()
    return to_pil(((1 - share) * (0.25 + 0.6 * gray) + share * hot).float().clamp(0, 1))


def labeled_grid(tiles: Sequence[tuple[str, Image.Image]], columns: int, side: int) -> Image.Image:
    """Set small pictures in a grid, each with a word above it.

    Args:
        tiles: (word, picture), row by row, all of one size.
        columns: In a row.
        side: Of the longer side of a tile in pixels; smaller ones are enlarged by a whole number, so that each value is a square.
    """
    font = ImageFont.truetype(font_file(), 11)
    longest = max(tiles[0][1].size)
    scale = side // longest if side >= longest else side / longest
    filtering = Image.Resampling.NEAREST if side >= longest else Image.Resampling.BOX
    width, height = (max(1, round(scale * length)) for length in tiles[0][1].size)
    cell = (max(width, 24) + 4, height + 18)
    sheet = Image.new("RGB", (columns * cell[0] + 4, -(-len(tiles) // columns) * cell[1] + 4), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (word, tile) in enumerate(tiles):
        left, top = 4 + place % columns * cell[0], 2 + place // columns * cell[1]
        pen.text((left, top), word, fill="#444444", font=font)
        sheet.paste(tile.resize((width, height), filtering), (left, top + 15))
    return sheet
