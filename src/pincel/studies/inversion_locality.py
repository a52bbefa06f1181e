"""The part of a picture that a few neurons determine (figure 9 of Mahendran, Vedaldi 2015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pincel.images.io import to_pil
from pincel.inversion.code_mask import parse_code_mask
from pincel.inversion.report import InversionResult
from pincel.studies.features import WHITE
from pincel.studies.inversion_halves import halves_jobs, halves_section
from pincel.studies.inversion_invariance import gray_image
from pincel.studies.inversion_plan import InversionPlan, first_middle_last, spec_of
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec
from pincel.studies.mosaic import outline
from pincel.studies.receptive_field import PixelBox
from pincel.studies.report import Block, Formula, Heading, Paragraph, Sheet, Table
from pincel.translation import Translated, joined, untranslated
from pincel.translation import gettext_lazy as _

# Positions of the window, high and wide; starts it is rebuilt from.
SIDE, STARTS = 5, 2
# Distance in gray levels from the flat color that regularizers leave, above which a pixel is determined.
SEEN = 10.0
# Side of the square over which that is averaged, in pixels.
POOLED = 5

_HEADING = _("How far 5×5 neurons see")
_HOW = _(
    "Only the 5×5 positions in the middle of a layer are matched, from {starts} starts, with λ_V = {weight:.3g}, the strongest smoothing "
    "of this study. Where those neurons see nothing, the regularizers alone are at work, and noise fades to a flat gray; where a picture "
    "appears, and the same one from each start, they determine it. The square is their receptive field, all that could matter to them by "
    "the geometry of the network; smoothing carries colors a little beyond it."
)
_FORMULA = Formula(
    _("determined:  ⟨u²⟩(p) > {seen:.0f}²  and  ⟨u²⟩(p) > ⟨s²⟩(p)").fill(seen=SEEN),
    _(
        "u: of the mean picture from the mean color; s²: variance between starts, n - 1 below; both in gray levels, mean over colors; ⟨ "
        "⟩: mean over the {pooled}×{pooled} pixels around p. The measure is ours; the pictures are those of figure 9 of Mahendran, "
        "Vedaldi 2015"
    ).fill(pooled=POOLED),
)
_SHEET = _(
    "By layer: the photograph with the receptive field of the 5×5 neurons, what was rebuilt from each start, and what "
    "is determined (white)."
)
_TABLE = _(
    "Shares of the picture in %: receptive field, what is determined, and what is determined within the field. Distances from the "
    "photograph in gray levels, within the field and outside."
)


def locality_jobs(plan: InversionPlan) -> list[RebuildSpec]:
    """List the runs: the middle of a shallow, a middle and a deep layer that is large enough, and halves of the channels."""
    large = [name for name in plan.layer_series if len(plan.shapes[name]) == 3 and min(plan.shapes[name][1:]) >= SIDE]
    windows = [RebuildSpec(name, plan.lambdas[-1], neurons=f"{SIDE}x{SIDE}", repeats=STARTS) for name in first_middle_last(large)]
    return [*windows, *halves_jobs(plan)]


def locality_section(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> ExperimentSection:
    """Measure and show them."""
    windows = [job for job in locality_jobs(plan) if job in results and not job.neurons.startswith("channels")]
    blocks: list[Block] = []
    rows, cells = [], []
    for job in windows:
        row, shown = _window(plan, job, results[job])
        rows.append(row)
        cells += shown
    if rows:
        weight = windows[0].tv_weight
        blocks += [Heading(_HEADING), Paragraph(_HOW.fill(starts=STARTS, weight=weight)), Sheet("locality", cells, STARTS + 2, _SHEET, 160)]
        blocks += [_FORMULA, Paragraph(locality_finding(rows)), _table(rows)]
    halves = halves_section(plan, results)
    return ExperimentSection([*blocks, *halves.blocks], {"windows": rows, "halves": halves.numbers})


def window_field(plan: InversionPlan, name: str) -> PixelBox:
    """Return the joint receptive field of the 5×5 positions in the middle of a layer, the part beyond the border included.

    Raises:
        TypeError: For a representation that is no layer of a network.
    """
    network = spec_of(name)
    if network is None:
        raise TypeError(name)
    spec, layer = network
    places = parse_code_mask(f"{SIDE}x{SIDE}").mask(torch.ones(1, *plan.shapes[name]), name)[0, 0].nonzero()
    stride, start = spec.layer(layer).stride, spec.start(layer)
    top, left = (start + stride * int(place) for place in places[0])
    side = spec.layer(layer).receptive_field + (SIDE - 1) * stride
    return PixelBox(top, left, top + side, left + side)


def determined_mask(pictures: Tensor, middle: Tensor) -> Tensor:
    """Return where pictures of several starts show something, and the same.

    Args:
        pictures: (N, 3, H, W) in [0, 1], N ≥ 2.
        middle: The flat color that regularizers alone leave, (3,) in gray levels.

    Returns:
        (H, W), true or false.
    """
    away = _around((WHITE * pictures.mean(0) - middle.view(3, 1, 1)).square().mean(0))
    apart = _around(WHITE**2 * pictures.var(0, correction=1).mean(0))
    return (away > SEEN**2) & (away > apart)


def _around(values: Tensor) -> Tensor:
    """Return the mean over the pixels around each, fewer at the border; two starts alone may agree in a pixel by chance."""
    return functional.avg_pool2d(values[None], POOLED, 1, POOLED // 2, count_include_pad=False)[0]


def _window(plan: InversionPlan, job: RebuildSpec, result: InversionResult) -> tuple[dict[str, Any], list[Any]]:
    box = window_field(plan, job.name)
    height, width = result.photograph.shape[-2:]
    visible = box.clipped(height, width)
    inside = torch.zeros(height, width, dtype=torch.bool)
    inside[visible.top : visible.bottom, visible.left : visible.right] = True
    network = spec_of(job.name)
    mean = network[0].mean if network else (0.0,) * 3
    same = determined_mask(result.pictures, torch.tensor(mean))
    distance = WHITE * (result.pictures.mean(0) - result.photograph[0]).square().mean(0).sqrt()
    row = {
        "layer": plan.short(job.name),
        "representation": job.name,
        "side": box.bottom - box.top,
        "field": _share(inside),
        "determined": _share(same),
        "within": _share(same[inside]),
        "inside": _mean(distance[inside]),
        "outside": _mean(distance[~inside]),
        "error": result.record["relative_error"],
    }
    # Of a field that reaches beyond the picture, the edge of the picture is drawn.
    edge = PixelBox(max(visible.top, 1), max(visible.left, 1), min(visible.bottom, height - 1), min(visible.right, width - 1))
    photograph = outline(to_pil(result.photograph), [(f"{row['side']} px", edge)])
    caption = untranslated(f"{row['layer']} · {row['side']} px")
    cells = [(caption, photograph)]
    cells += [
        (untranslated(f"{error:.1%}"), to_pil(each[None]))
        for each, error in zip(result.pictures, result.record["relative_errors"], strict=True)
    ]
    cells.append((_("determined: {determined:.0%}").fill(determined=row["determined"]), gray_image(same.float(), 1.0)))
    return row, cells


def _share(chosen: Tensor) -> float:
    return float(chosen.double().mean())


def _mean(values: Tensor) -> float | None:
    return float(values.mean()) if values.numel() else None


def locality_finding(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says how much of their receptive fields neurons determine.

    Args:
        rows: With ``layer``, ``field``, ``determined`` and ``within``, shallow to deep.
    """
    numbers = [
        _("in {layer} the field is {field:.0%} of the picture, and {within:.0%} of it is determined").fill(
            **{key: row[key] for key in ("layer", "field", "within")}
        )
        for row in rows
    ]
    listed = joined("; ", numbers)
    grows = rows[-1]["determined"] > rows[0]["determined"]
    smaller = [row for row in rows if row["within"] < 0.5]
    verdict = _GROWS[grows] if len(rows) > 1 else untranslated("")
    less = _(
        "In {count} of {all} layers neurons determine less than half of what they could see: the effective field is smaller than the "
        "theoretical one, as the paper found."
    ).fill(count=len(smaller), all=len(rows))
    if not smaller:
        less = _("In every layer they determine half of it or more: here the effective field is nearly the theoretical one.")
    whole = _("What is determined: {listed}. {verdict} {less}")
    return whole.fill(listed=listed, verdict=verdict, less=less)


_GROWS = {
    True: _("With depth, 5×5 neurons determine more of the picture."),
    False: _("With depth, 5×5 neurons do not determine more of the picture here."),
}


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = {
        "layer": _("layer"),
        "side": _("field, px"),
        "field": _("field, %"),
        "determined": _("determined, %"),
        "within": _("of the field, %"),
        "inside": _("distance within"),
        "outside": _("outside"),
        "error": untranslated("E, %"),
    }
    shares = ("field", "determined", "within", "error")
    return Table("locality", columns, [{**row, **{key: 100 * row[key] for key in shares}} for row in rows], _TABLE)
