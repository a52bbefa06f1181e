"""The page of the study of filters: pictures, kinds and outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pincel.images.io import LoadedImage as Opened
from pincel.images.io import to_pil
from pincel.studies.filter_shape import MOST, ConvolutionFilter, directions
from pincel.studies.filter_tiles import plane_grid, response_grid, tile_grid
from pincel.studies.plots import COLORS, bars, empty_axes
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Kinds of filters.
KINDS = {
    "brightness": _("brightness"),
    "color": _("color"),
    "brightness edge": _("edge of brightness"),
    "color edge": _("edge of color"),
    "brightness spot": _("pattern of brightness"),
    "color spot": _("pattern of color"),
    "flat": _("flat"),
    "edge": _("edge"),
    "spot": _("pattern"),
    "nothing": _("nothing"),
}
TITLE = _("The filters of {layer}")


def lead(name: str, whole: Sequence[ConvolutionFilter], settings: StudySettings) -> Translated:
    """Return a text that says what the question is; ``whole`` are all filters of the layer."""
    sides = sorted({each.weight.shape[-1] for each in whole})
    size = " ".join(f"{side}×{side}" for side in sides)
    return _(
        "{layer} of {backbone} has {count} filters of {size}, each a small pattern of numbers over {inputs} input channels. A filter is "
        "slid over its input and answers strongly wherever the input resembles it. What do they look like, and what do they answer to?"
    ).fill(layer=name, backbone=settings.backbone, count=len(whole), size=size, inputs=len(whole[0].weight))


def notes_of(progress: ProgressReporter) -> list[Translated]:
    """Return a text that says what is missing, if the study was ended early."""
    if not progress.stopped:
        return []
    return [_("Ended early: what some of the filters answer to the picture may be missing.")]


def colored_page(groups: Sequence[Sequence[ConvolutionFilter]], whole: Sequence[ConvolutionFilter], picture: Opened) -> list[Block]:
    """Show filters whose input is a picture: ``groups`` of one size each, of ``whole``, all filters of the layer."""
    shown = [each for group in groups for each in group]
    return [
        Heading(_("As pictures")),
        Paragraph(
            _(
                "A filter of the first layer sees red, green and blue, so that it is itself a picture in color. Gray is 0; what is "
                "brighter is wanted, what is darker is not. The number above each is its channel."
            )
        ),
        Formula(_("shade = 1/2 + w / (2·max|w|)"), _("gray is 0, black −max|w|, white max|w|")),
        Picture("tiles", tile_grid(groups, own_scale=False), COMMON),
        Picture("tiles-own", tile_grid(groups, own_scale=True), OWN),
        *_kinds(whole, in_color=True),
        *_answers(shown, picture),
        _table(shown, in_color=True),
    ]


COMMON = _("Filters of one size on a common scale: those that stay gray are weak.")
OWN = _("The same, each on its own scale: only the pattern counts.")


def deep_page(groups: Sequence[Sequence[ConvolutionFilter]], whole: Sequence[ConvolutionFilter], picture: Opened) -> list[Block]:
    """Show filters whose input is another layer; the arguments are those of :func:`colored_page`."""
    shown = groups[0]
    spread = float(np.mean([each.shape.inputs for each in whole]))
    return [
        Heading(_("As pictures")),
        Paragraph(
            _(
                "A deeper filter does not see colors but the maps of the layer before, so that it cannot be shown as one picture: it is "
                "a stack of small patterns, one for each map. Gray is 0, and all filters here share one scale."
            )
        ),
        Formula(_("number of inputs in use = (Σ_c e_c)² / Σ_c e_c²,  e_c = Σ_x w_cx²"), _("participation ratio of the energies e_c")),
        Paragraph(
            _("On average a filter of this layer spreads its energy over {spread:.0f} of {inputs} channels.").fill(
                spread=spread, inputs=len(whole[0].weight)
            )
        ),
        *_stacks(shown),
        *_kinds(whole, in_color=False),
        *_answers(shown, picture),
        _table(shown, in_color=False),
    ]


def _stacks(shown: Sequence[ConvolutionFilter]) -> list[Block]:
    largest = max(float(each.weight.abs().max()) for each in shown)
    caption = _(
        "Filter {channel}: one tile for each of {inputs} input channels, row by row. Its energy is spread over about {spread:.0f} of them."
    )
    return [
        Picture(
            f"filter-{each.channel}",
            plane_grid(each.weight, largest),
            caption.fill(channel=each.channel, inputs=len(each.weight), spread=each.shape.inputs),
        )
        for each in shown
    ]


def _kinds(whole: Sequence[ConvolutionFilter], *, in_color: bool) -> list[Block]:
    counts = Counter(each.shape.kind for each in whole)
    rows = [{"kind": KINDS[kind], "count": count, "share": count / len(whole)} for kind, count in counts.most_common()]
    columns = {"kind": _("what it is"), "count": _("filters"), "share": _("share")}
    chance = _("Numbers drawn at random would give 1/f² for flat{third}.").fill(
        third=_(", 1/3 for brightness") if in_color else untranslated("")
    )
    colors: list[Block] = (
        [Formula(_("brightness = Σ_x (r + g + b)²/3 / Σ_x (r² + g² + b²)"), _("share of energy along gray"))] if in_color else []
    )
    blocks: list[Block] = [
        Heading(_("In numbers")),
        Paragraph(
            _(
                "A filter is called flat if more than half of its energy (its squared weights) is the same at each place: it answers to "
                "even surfaces. Else it is called an edge if its pattern has one direction, a coherence over a half. The rest are spots, "
                "corners, and patterns without a name. {chance}"
            ).fill(chance=chance)
        ),
        *colors,
        Formula(_("flat = Σ_c (Σ_x w)² / f² / Σ_cx w²"), _("share of energy of the mean")),
        Formula(_("T = Σ_cx ∇w·∇wᵀ,  coherence = (λ₁ − λ₂)/(λ₁ + λ₂)"), _("structure tensor, Bigün and Granlund 1987")),
        Table("kinds", columns, rows, _("All {count} filters of the layer.").fill(count=len(whole))),
        Paragraph(_found(whole, in_color=in_color)),
    ]
    return blocks + _kind_plots(whole, in_color=in_color)


def _kind_plots(whole: Sequence[ConvolutionFilter], *, in_color: bool) -> list[Block]:
    blocks: list[Block] = []
    if in_color:
        blocks.append(Plot("plane", lambda translate: _plane(whole, translate), PLANE))
    edges = [each.shape.angle for each in whole if each.shape.kind.endswith("edge") and each.shape.angle is not None]
    if len(edges) > 1:
        caption = _("Directions of the {count} edges: 0° is level, 90° upright, counted against the clock.").fill(count=len(edges))
        blocks.append(Plot("directions", lambda translate: bars(directions(edges), translate(_("filters"))), caption))
    return blocks


PLANE = _("Each filter by its shares of brightness and of flatness; large points are strong filters.")


def _plane(whole: Sequence[ConvolutionFilter], translate: Translate) -> Figure:
    figure, axes = empty_axes((8.0, 5.5))
    strongest = max(each.shape.strength for each in whole) or 1.0
    kinds = sorted({each.shape.kind for each in whole}, key=list(KINDS).index)
    for color, kind in zip(COLORS, kinds, strict=False):
        mine = [each for each in whole if each.shape.kind == kind]
        places = [(each.shape.brightness or 0.0, each.shape.flat) for each in mine]
        areas = [8 + 120 * each.shape.strength / strongest for each in mine]
        axes.scatter([x for x, _ in places], [y for _, y in places], s=areas, color=color, alpha=0.6, label=translate(KINDS[kind]))
    axes.set_xlabel(translate(_("brightness (0: pure color, 1: gray)")))
    axes.set_ylabel(translate(_("flat (0: pattern, 1: even)")))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), markerscale=0.7, fontsize=8, frameon=False)
    return figure


def _found(whole: Sequence[ConvolutionFilter], *, in_color: bool) -> Translated:
    edges = sum(each.shape.kind.endswith("edge") for each in whole)
    flat = sum(each.shape.flat > MOST for each in whole)
    counted = _("Of {all} filters, {edges} are edges and {flat} are flat.").fill(all=len(whole), edges=edges, flat=flat)
    of_color = [each.shape for each in whole if each.shape.brightness is not None and each.shape.brightness <= MOST]
    of_light = [each.shape for each in whole if each.shape.brightness is not None and each.shape.brightness > MOST]
    if not in_color or not of_color or not of_light:
        return counted
    color, light = (float(np.mean([shape.flat for shape in group])) for group in (of_color, of_light))
    blurred = _(
        "{counted} Those of color are flatter ({color:.0%} of their energy) than those of brightness ({light:.0%}): the network looks "
        "for brightness in detail and for color at large, as our eyes do."
    )
    alike = _(
        "{counted} Those of color are no flatter ({color:.0%} of their energy) than those of brightness ({light:.0%}): here nothing was "
        "specialized."
    )
    # Shares of random filters scatter: a difference counts if it is beyond that.
    return (blurred if color > light + 0.05 else alike).fill(counted=counted, color=color, light=light)


def _answers(shown: Sequence[ConvolutionFilter], picture: Opened) -> list[Block]:
    if all(each.answer is None for each in shown):
        return []
    return [
        Heading(_("What they answer to")),
        Picture("picture", to_pil(picture.pixels), _("The picture.")),
        Picture(
            "answers",
            response_grid(shown),
            _("What each filter answers after ReLU, stretched from its smallest value (dark) to its largest (yellow)."),
        ),
    ]


def _table(shown: Sequence[ConvolutionFilter], *, in_color: bool) -> Table:
    columns = {
        "channel": _("channel"),
        "kind": _("what it is"),
        "side": _("side"),
        "strength": _("strength"),
        "bias": _("bias"),
        "brightness": _("brightness"),
        "flat": _("flat"),
        "coherence": _("coherence"),
        "angle": _("angle, °"),
        "inputs": _("inputs in use"),
        "mean": _("mean answer"),
        "active": _("answers on"),
    }
    del columns["inputs" if in_color else "brightness"]
    rows = [{**each.as_json(), "kind": KINDS[each.shape.kind]} for each in shown]
    return Table(
        "filters",
        columns,
        rows,
        _("The filters shown. Strength: root of the sum of squares. Answers on: share of the picture where it is above 0 after ReLU."),
    )
