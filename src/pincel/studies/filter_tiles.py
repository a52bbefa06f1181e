"""Filters as pictures, beside their outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from pincel.studies.filter_shape import ConvolutionFilter
from pincel.studies.heatmaps import apply_colormap, labeled_grid, normalize_maps


def filter_tile(weight: Tensor, largest: float) -> Image.Image:
    """Return a filter as a picture: gray is 0, white is ``largest``, black is that below 0.

    Args:
        weight: (3, f, f), in color, or (f, f), in gray.
        largest: What is white.
    """
    shade = (0.5 + 0.5 * weight / (largest or 1.0)).clamp(0, 1)
    shade = shade if shade.ndim == 3 else shade.expand(3, -1, -1)
    return Image.fromarray((255 * shade.permute(1, 2, 0)).round().to(torch.uint8).numpy())


def plane_grid(weight: Tensor, largest: float) -> Image.Image:
    """Return every input channel of a filter (C, f, f) as a tile in gray, row by row, with lines of white between them."""
    columns = 32 if len(weight) > 128 else 16
    step = weight.shape[-1] + 1
    rows = -(-len(weight) // columns)
    sheet = Image.new("RGB", (columns * step + 1, rows * step + 1), "white")
    for place, plane in enumerate(weight):
        sheet.paste(filter_tile(plane, largest), (1 + place % columns * step, 1 + place // columns * step))
    return sheet.resize((sheet.width * 6, sheet.height * 6), Image.Resampling.NEAREST)


def tile_grid(groups: Sequence[Sequence[ConvolutionFilter]], *, own_scale: bool) -> Image.Image:
    """Return filters as tiles, all enlarged alike, groups of one size each; white is the largest weight of the group, or of each filter."""
    largest_side = max(group[0].weight.shape[-1] for group in groups)
    times = max(3, 96 // largest_side)
    grids = []
    for group in groups:
        common = max(float(each.weight.abs().max()) for each in group)
        scales = [float(each.weight.abs().max()) if own_scale else common for each in group]
        cells = [(str(each.channel), filter_tile(each.weight, scale)) for each, scale in zip(group, scales, strict=True)]
        columns = math.ceil(math.sqrt(len(group))) if len(groups) == 1 else len(group)
        grids.append(labeled_grid(cells, columns, times * group[0].weight.shape[-1]))
    return _stacked(grids)


def _stacked(grids: Sequence[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (max(grid.width for grid in grids), sum(grid.height for grid in grids)), "white")
    top = 0
    for grid in grids:
        sheet.paste(grid, (0, top))
        top += grid.height
    return sheet


def response_grid(filters: Sequence[ConvolutionFilter]) -> Image.Image:
    """Return the outputs of filters, each beside its tile if that is in color."""
    cells, height = [], 72
    for each in filters:
        if each.answer is None:
            continue
        heatmap = apply_colormap(normalize_maps(each.answer))
        heatmap = heatmap.resize((max(1, round(heatmap.width * height / heatmap.height)), height), Image.Resampling.BOX)
        beside = len(each.weight) == 3
        pair = Image.new("RGB", (heatmap.width + beside * (height + 2), height), "white")
        if beside:
            own = filter_tile(each.weight, float(each.weight.abs().max()))
            pair.paste(own.resize((height, height), Image.Resampling.NEAREST), (0, 0))
        pair.paste(heatmap, (pair.width - heatmap.width, 0))
        cells.append((str(each.channel), pair))
    return labeled_grid(cells, max(1, min(len(cells), 900 // cells[0][1].width)), max(cells[0][1].size))
