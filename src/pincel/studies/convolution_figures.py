"""The figures of a convolution worked out: input, products, output, and where it is in the picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from pincel.images.io import to_pil
from pincel.studies.heatmaps import symmetric_limits
from pincel.studies.number_grid import Grid, grids
from pincel.studies.worked_example import WorkedConvolution
from pincel.translation import Translate, untranslated
from pincel.translation import gettext_lazy as _


def input_figure(work: WorkedConvolution, names: Sequence[str]) -> Figure:
    """Draw the crop, a grid for each channel, the place of the kernel framed."""
    limits = (float(work.cut.min()), float(work.cut.max()))
    frame = (*work.inside, work.side)
    return grids([[Grid(name, plane, "gray", limits, 1, frame) for name, plane in zip(names, work.cut, strict=True)]])


def step_figure(work: WorkedConvolution, names: Sequence[str], translate: Translate) -> Figure:
    """Draw window, kernel, products and sum of each channel, row by row, and everything added up below."""
    limits = [(float(work.cut.min()), float(work.cut.max())), symmetric_limits(work.weight), symmetric_limits(work.products)]
    rows = []
    for name, window, kernel, products in zip(names, work.window, work.weight, work.products, strict=True):
        rows.append(
            [
                Grid(translate(_("input, {name}").fill(name=name)), window, "gray", limits[0], 1, after="×"),
                Grid(translate(_("kernel, {name}").fill(name=name)), kernel, "RdBu_r", limits[1], 3, after="="),
                Grid(translate(PRODUCTS), products, "RdBu_r", limits[2], 2, after=f"Σ = {float(products.sum()):.3f}"),
            ]
        )
    return grids(rows, f"z = {_added(work)} = {work.answer:.3f}    ReLU(z) = {max(0.0, work.answer):.3f}")


PRODUCTS = _("products")


def _added(work: WorkedConvolution) -> str:
    """Write the sum over channels and the bias, without a sign twice."""
    terms = [*work.sums.tolist(), work.bias]
    first, *others = [f"{term:.3f}" for term in terms]
    return first + "".join(f" − {text[1:]}" if text.startswith("-") else f" + {text}" for text in others)


def products_text(work: WorkedConvolution, channel: int) -> str:
    """Write all products of a channel and their sum, row by row."""
    pairs = zip(work.window[channel].flatten().tolist(), work.weight[channel].flatten().tolist(), strict=True)
    terms = [f"{_bracketed(value, 1)}·{_bracketed(weight, 3)}" for value, weight in pairs]
    return " + ".join(terms) + f" = {float(work.sums[channel]):.3f}"


def _bracketed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return f"({text})" if text.startswith("-") else text


def output_figure(work: WorkedConvolution, translate: Translate) -> Figure:
    """Draw what comes out of the crop before and after ReLU, the place framed."""
    frame = (*work.inside, 1)
    limits = symmetric_limits(work.answers)
    before = Grid("z", work.answers, "RdBu_r", limits, 1, frame, after="→")
    after = Grid(translate(untranslated("ReLU(z)")), work.answers.clamp(min=0), "RdBu_r", limits, 1, frame)
    return grids([[before, after]])


def outline_crop(picture: Image.Image, work: WorkedConvolution) -> Image.Image:
    """Draw a frame around the crop."""
    image = picture.convert("RGB").resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)
    border = work.side // 2
    top, left = (2 * (at - border) for at in work.corner)
    side = 2 * work.crop
    ImageDraw.Draw(image).rectangle((left - 2, top - 2, left + side + 1, top + side + 1), outline="#ff4000", width=2)
    return image


def crop_image(planes: Tensor, work: WorkedConvolution) -> Image.Image:
    """Return the crop of a picture (C, H, W) in [0, 1]; beyond its edge it is black."""
    border = work.side // 2
    bordered = functional.pad(planes, (border, border, border, border))
    row, column = work.corner
    cut = bordered[:, row : row + work.crop, column : column + work.crop]
    return to_pil(cut.expand(3, -1, -1)[None].float())
