"""The page of the study of total variation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.functional.color import luma
from pincel.functional.variation import absolute_variation, differences, squared_variation
from pincel.images.io import to_pil
from pincel.studies.features import WHITE
from pincel.studies.heatmaps import symmetric_limits
from pincel.studies.number_grid import Grid, grids
from pincel.studies.plots import step_curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.worked_example import highest_contrast
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Side of the crop in numbers.
CROP = 6
# Maps of differences: middle gray is 0, and a difference of half the range is black or white, as in the notebook behind the deck.
GAIN = 2.0
# Pixels of a row whose brightness is drawn.
PROFILED = 48

TITLE = _("Total variation")
LEAD = _(
    "How much do neighboring pixels differ? The third term of the objective, J_tv, adds that up. It looks at no photograph, no painting "
    "and no network: only at the picture itself."
)
EARLY = _("The study was ended early: {done} of {count} pictures are smoothed.")
NAMES = {"flat": _("one color"), "blurred": _("blurred"), "photograph": _("the picture"), "noisy": _("with noise")}
FORMULA_NAMES = {"absolute": _("absolute"), "squared": _("squared")}


@dataclass(frozen=True)
class Smoothed:
    """A noisy picture after the descent.

    Attributes:
        formula: ``absolute`` or ``squared``.
        gamma: γ.
        picture: (1, 3, H, W), in gray levels.
        objective: J before each step and after the last.
    """

    formula: str
    gamma: float
    picture: Tensor
    objective: Sequence[float]


@dataclass(frozen=True)
class VariationContent:
    """What the page shows.

    Attributes:
        pictures: ``flat``, ``blurred``, ``photograph`` and ``noisy``, each (1, 3, H, W), in gray levels.
        smoothed: The noisy picture by formula and γ, the smallest first.
        noise: Its standard deviation, in gray levels.
    """

    pictures: Mapping[str, Tensor]
    smoothed: Sequence[Smoothed]
    noise: float


def page(story: VariationContent, settings: Mapping[str, Any], planned: int, *, stopped: bool) -> Report:
    """Put together the report; ``planned`` is how many pictures were to be smoothed."""
    counted = [{"picture": name, **measured(picture)} for name, picture in story.pictures.items()]
    weighed = [_weighed(each, story.pictures["photograph"]) for each in story.smoothed]
    return Report(
        name="total-variation",
        title=TITLE,
        lead=LEAD,
        blocks=[*_maps(story), *_number(counted, story.noise), *_weights(story, weighed, counted)],
        numbers={
            "pictures": counted,
            "smoothed": weighed,
            "objective": [list(each.objective) for each in story.smoothed],
        },
        settings=settings,
        notes=(EARLY.fill(done=len(story.smoothed), count=planned),) if stopped else (),
    )


def measured(picture: Tensor) -> dict[str, float]:
    """Return the sums of absolute differences along rows and columns, and J_tv by both formulas."""
    across, down = differences(picture)
    return {
        "across": float(across.abs().sum()),
        "down": float(down.abs().sum()),
        "absolute": float(absolute_variation(picture)),
        "squared": float(squared_variation(picture)),
    }


def difference_maps(picture: Tensor) -> tuple[Image.Image, Image.Image]:
    """Return Δx and Δy of a picture in gray levels, (1, 3, H, W), in color: middle gray is 0."""
    across, down = (to_pil((0.5 + GAIN * each / WHITE).clamp(0, 1).cpu()) for each in differences(picture))
    return across, down


def _shown(picture: Tensor) -> Image.Image:
    return to_pil((picture / WHITE).clamp(0, 1).cpu())


def _maps(story: VariationContent) -> list[Block]:
    picture = story.pictures["photograph"]
    across, down = difference_maps(picture)
    cells = [(_("the picture"), _shown(picture)), (untranslated("Δx"), across), (untranslated("Δy"), down)]
    return [
        Heading(_("Differences between neighbors")),
        Paragraph(
            _(
                "From each pixel take its neighbor to the right, and what changes is Δx; take the one below, and it is Δy. An upright edge "
                "is seen in Δx, a level one in Δy, and an even surface in neither."
            )
        ),
        Formula("Δx_ijc = G_i,j+1,c − G_ijc,   Δy_ijc = G_i+1,j,c − G_ijc", _("the deck; i is the row, j the column, c the channel")),
        Sheet("maps", cells, 3, MAPS),
        Plot("crop", lambda translate: _crop_figure(picture, translate), IN_NUMBERS),
    ]


MAPS = _(
    "The two maps in color. Middle gray is no difference; brighter, the neighbor has more of that color, darker, it has less. They have "
    "signs: the same edge from dark to bright and from bright to dark looks opposite."
)
IN_NUMBERS = _(
    "The brightness of a small crop, where contrast is greatest, in gray levels. There is one column less of Δx and one row less of Δy: "
    "the last pixel has no neighbor. Red is above 0, blue below."
)


def _crop_figure(picture: Tensor, translate: Translate) -> Figure:
    gray = luma(picture.double())[0, 0].cpu().round()
    row, column = (at - (CROP - 1) // 2 for at in highest_contrast(gray, CROP))
    crop = gray[row : row + CROP, column : column + CROP]
    across, down = (each[0, 0] for each in differences(crop[None, None]))
    limits = symmetric_limits(torch.cat([across.flatten(), down.flatten()]))
    sums = float(across.abs().sum()), float(down.abs().sum())
    value = float(absolute_variation(crop[None, None]))
    row_of = [
        Grid(translate(_("brightness")), crop, "gray", (0.0, WHITE), 0),
        Grid("Δx", across, "RdBu_r", limits, 0, after=f"Σ|Δx| = {sums[0]:.0f}"),
        Grid("Δy", down, "RdBu_r", limits, 0, after=f"Σ|Δy| = {sums[1]:.0f}"),
    ]
    return grids([row_of], f"J_tv = ({sums[0]:.0f} + {sums[1]:.0f}) / ({CROP}·{CROP}) = {value:.2f}")


def _number(counted: Sequence[Mapping[str, Any]], noise: float) -> list[Block]:
    columns = {
        "picture": _("picture"),
        "across": untranslated("Σ|Δx|"),
        "down": untranslated("Σ|Δy|"),
        "absolute": untranslated("J_tv"),
        "squared": _("J_tv, squared"),
    }
    rows = [{**row, "picture": NAMES[row["picture"]]} for row in counted]
    return [
        Heading(_("Added up to a number")),
        Formula("J_tv(G) = 1/(n_H·n_W·n_C) · (Σ|Δx| + Σ|Δy|)", _("the deck; --tv absolute, as pincel computes it, in gray levels")),
        Table("variation", columns, rows, TABLE, print_to_terminal=True),
        Paragraph(_number_finding({row["picture"]: row for row in counted}, noise)),
    ]


TABLE = _("The same place four times. The squared formula, --tv squared, has Δ² in place of |Δ|.")


def _number_finding(counted: Mapping[str, Mapping[str, Any]], noise: float) -> Translated:
    """Return what noise and blur do to J_tv, and which direction has more of it."""
    own = counted["photograph"]
    level = _("In the picture more changes from column to column (Δx): upright edges prevail.")
    upright = _("In the picture more changes from row to row (Δy): level edges prevail.")
    values = {
        "flat": counted["flat"]["absolute"],
        "blur": counted["blurred"]["absolute"],
        "own": own["absolute"],
        "noisy": counted["noisy"]["absolute"],
        "noise": noise,
        "direction": level if own["across"] >= own["down"] else upright,
    }
    text = _(
        "{direction} J_tv of a single color is {flat:.3g}, of the picture {own:.3g}, blurred {blur:.3g}; noise of {noise:g} gray levels "
        "takes it to {noisy:.3g}. So a small J_tv says that a picture is smooth, not that it is good: one color would be best of all."
    )
    return text.fill(**values)


def _weighed(smoothed: Smoothed, clean: Tensor) -> dict[str, Any]:
    """Return what came out under a weight: J_tv, J, and the distance to the picture before the noise, in gray levels."""
    return {
        "formula": smoothed.formula,
        "gamma": smoothed.gamma,
        "variation": float(absolute_variation(smoothed.picture)),
        "start": smoothed.objective[0],
        "end": smoothed.objective[-1],
        "error": float((smoothed.picture - clean).square().mean().sqrt()),
    }


def _weights(story: VariationContent, weighed: Sequence[Mapping[str, Any]], counted: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not weighed:
        return []
    number = {row["picture"]: row["absolute"] for row in counted}
    noisy = float((story.pictures["noisy"] - story.pictures["photograph"]).square().mean().sqrt())
    columns = max(sum(each.formula == formula for each in story.smoothed) for formula in FORMULA_NAMES)
    cells = [
        (
            untranslated("{name}, γ = {gamma:.3g}\nJ_tv = {value:.3g}").fill(
                name=FORMULA_NAMES[each.formula], gamma=each.gamma, value=row["variation"]
            ),
            _shown(each.picture),
        )
        for each, row in zip(story.smoothed, weighed, strict=True)
    ]
    changes = [
        (untranslated("Δx, γ = {gamma:.3g}").fill(gamma=each.gamma), difference_maps(each.picture)[0])
        for each in story.smoothed
        if each.formula == "absolute"
    ]
    before = [
        (untranslated("{name}\nJ_tv = {value:.3g}").fill(name=NAMES[name], value=number[name]), _shown(story.pictures[name]))
        for name in ("photograph", "noisy")
    ]
    table_columns = {
        "formula": _("formula"),
        "gamma": untranslated("γ"),
        "variation": untranslated("J_tv"),
        "start": _("J at the start"),
        "end": _("J at the end"),
        "error": _("from the picture, gray levels"),
    }
    rows = [{**row, "formula": FORMULA_NAMES[row["formula"]]} for row in weighed]
    return [
        Heading(_("γ small and large")),
        Paragraph(TASK.fill(noise=story.noise)),
        Formula("J(G) = J_content(X, G) + γ·J_tv(G),   J_content = 1/(4N) · Σ (G − X)²", WHERE),
        Formula(_("∂J/∂G = (G − X)/(2N) + γ/N · Σ sign(G − neighbor),   N = n_H·n_W·n_C"), PULL),
        Sheet("before", before, 3, _("What is to come back, and what is given.")),
        Sheet("smoothed", cells, columns, SMOOTHED),
        Sheet("changes", changes, columns, _("Δx of the first row: what is left of the differences.")),
        Table("weights", table_columns, rows, WEIGHTS, print_to_terminal=True),
        Paragraph(_finding(weighed, noisy, number["photograph"])),
        *_profile(story),
        Paragraph(IN_TRANSFER),
    ]


TASK = _(
    "Put noise on the picture (standard deviation {noise:g} gray levels; call that X) and look for a G that stays near X and varies "
    "little. The deck's content cost is taken of the pixels themselves here, so that nothing but γ decides."
)
WHERE = _("G begins as X and is moved by Adam along −∂J/∂G; N is the number of values of the picture")
PULL = _(
    "absolute: each of the four neighbors pulls equally hard, however far it is; squared: γ/N · Σ 2·(G − neighbor), the farther the harder"
)
SMOOTHED = _(
    "From left to right γ grows. Above, absolute differences; below, squared ones, with γ such that a difference as large as the noise "
    "costs the same under both."
)
WEIGHTS = _(
    "J_tv is that of the deck in all rows. The last column is the root of the mean squared distance from the picture without noise."
)
IN_TRANSFER = _(
    "In style transfer it is the same: γ too small leaves grain and colored specks, γ too large makes flat patches, and the content and "
    "the style have to make up for it. pincel transfer has it as --tv-weight, the formula as --tv; --smooth multiplies it."
)


def _finding(weighed: Sequence[Mapping[str, Any]], noisy: float, own: float) -> Translated:
    """Return which weights come nearest to the picture, and what the largest of them costs."""
    best = {
        name: min(rows, key=lambda row: float(row["error"]))
        for name in FORMULA_NAMES
        if (rows := [row for row in weighed if row["formula"] == name])
    }
    last = [row for row in weighed if row["formula"] == "absolute"][-1]
    nearest = [
        _(
            "With {name} differences G comes nearest at γ = {gamma:.3g}: {error:.3g} gray levels from the picture, where X is {noisy:.3g}."
        ).fill(name=FORMULA_NAMES[name], gamma=row["gamma"], error=row["error"], noisy=noisy)
        for name, row in best.items()
    ]
    flat = _("At γ = {gamma:.3g} J_tv is {value:.3g}, less than the {own:.3g} of the picture itself: with the noise, detail is gone.")
    rough = _("Even at γ = {gamma:.3g} J_tv is {value:.3g}, more than the {own:.3g} of the picture itself: noise is left.")
    end = (flat if last["variation"] < own else rough).fill(gamma=last["gamma"], value=last["variation"], own=own)
    return untranslated(" ".join(f"{{part{number}}}" for number in range(len(nearest) + 1))).fill(
        **{f"part{number}": part for number, part in enumerate([*nearest, end])}
    )


def _profile(story: VariationContent) -> list[Block]:
    """Draw the brightness along part of a row: before, with noise, and at the largest γ of each formula."""
    drawn = {name: story.pictures[name] for name in ("photograph", "noisy")} | {each.formula: each.picture for each in story.smoothed}
    row, column = highest_contrast(luma(drawn["photograph"])[0, 0].cpu(), CROP)
    first = max(0, column - PROFILED // 2)
    lines = {name: luma(picture)[0, 0, row, first : first + PROFILED].tolist() for name, picture in drawn.items()}

    def draw(translate: Translate) -> Figure:
        labels = (translate(_("column")), translate(_("brightness, gray levels")))
        return step_curves({translate(({**NAMES, **FORMULA_NAMES})[name]): values for name, values in lines.items()}, labels, first=first)

    return [Plot("profile", draw, PROFILE)]


PROFILE = _(
    "Brightness along a row through the crop above, each formula at its largest γ. Absolute differences make steps: flat runs, and edges "
    "that stay steep, because a jump costs the same at once as bit by bit. Squared ones round every edge off, because many small "
    "differences cost less than a large one."
)
