"""The page of the study of pooling: the gradient in each layer, the pictures and their losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean, stdev
from typing import Any, get_args

from matplotlib.figure import Figure
from PIL import Image

from pincel.backbones.vgg import Pooling
from pincel.engine.result import Result
from pincel.studies.gradient_flow import PICTURE, GradientFlow
from pincel.studies.plots import curves, step_curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.studies.transfers import relative_losses
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
NAMES = {"avg": _("average"), "max": _("maximum")}


def flow_blocks(flows: Mapping[Pooling, Sequence[GradientFlow]]) -> list[Block]:
    """Show how the gradient of the deepest layer reaches the picture through either network."""
    rows = [
        {"layer": _place(each), **{f"{kind}-{pooling}": getattr(flows[pooling][row], kind) for kind in _KINDS for pooling in POOLINGS}}
        for row, each in enumerate(flows["avg"])
    ]
    columns = {
        f"{kind}-{pooling}": untranslated("{kind}, {pooling}").fill(kind=_KINDS[kind], pooling=NAMES[pooling])
        for kind in _KINDS
        for pooling in POOLINGS
    }
    return [
        Heading(_("The gradient on its way to the picture")),
        Formula(
            _("∂J/∂F^l,  J = 1/(4·n_H·n_W·n_C) · Σ (F − P)² at the deepest layer"),
            _("G is white noise, P the photograph's features; Gatys, Ecker, Bethge 2015, eq. 1 and 2"),
        ),
        Paragraph(_flow_finding(flows)),
        *(Plot(f"flow-{kind}", partial(_flow_plot, flows, kind), caption) for kind, caption in _FLOW_CAPTIONS.items()),
        Table("flow", {"layer": _("layer"), **columns}, rows, _("The gradient, layer by layer.")),
    ]


def _flow_plot(flows: Mapping[Pooling, Sequence[GradientFlow]], kind: str, translate: Translate) -> Figure:
    lines = {translate(NAMES[pooling]): [getattr(flow, kind) for flow in flows[pooling]] for pooling in POOLINGS}
    labels = (translate(_("layer")), translate(_KINDS[kind]))
    return curves(lines, [translate(_place(flow)) for flow in flows["avg"]], labels, logarithmic=kind == "norm")


def _place(flow: GradientFlow) -> Translated:
    """Return what the place of a gradient is called: its layer, or the picture."""
    return _("picture") if flow.layer == PICTURE else untranslated(flow.layer)


_FLOW_CAPTIONS = {
    "alive": _("Share of positions that the gradient reaches."),
    "spread": _("How evenly the gradient is spread over a layer: (Σ|g|)² / (n·Σg²)."),
    "norm": _("Size of the gradient: root of its mean square."),
}
_KINDS = {"norm": _("size"), "alive": _("share not zero"), "spread": _("evenness")}


def _flow_finding(flows: Mapping[Pooling, Sequence[GradientFlow]]) -> Translated:
    """Return what pooling does to the gradient in the layer next to the picture, and in the picture."""
    even = {pooling: flows[pooling][0].spread for pooling in POOLINGS}
    passed = {pooling: flows[pooling][0].norm / (flows[pooling][-1].norm or 1.0) for pooling in POOLINGS}
    more, less = sorted(POOLINGS, key=even.__getitem__, reverse=True)
    first = flows["avg"][1].layer
    alive = _(
        "Of the positions of {layer} the gradient reaches {a:.0%} with average pooling and {b:.0%} with maximum pooling, which sends it "
        "to one of four."
    ).fill(layer=first, a=flows["avg"][1].alive, b=flows["max"][1].alive)
    spread = _(
        "In the picture it is spread more evenly with {more} pooling ({a:.2f} against {b:.2f}). From {deep} to the picture its size is "
        "multiplied by {c:.2g} with average and by {d:.2g} with maximum pooling."
    ).fill(more=NAMES[more], a=even[more], b=even[less], deep=flows["avg"][-1].layer, c=passed["avg"], d=passed["max"])
    return untranslated("{alive} {spread}").fill(alive=alive, spread=spread)


def run_blocks(
    originals: Sequence[tuple[Translated, Image.Image]],
    runs: Mapping[Pooling, Sequence[Result]],
    left: Mapping[Pooling, Sequence[float]],
    errors: Sequence[Mapping[str, Any]],
) -> list[Block]:
    """Show the pictures of either network and compare their losses.

    Args:
        originals: Photograph and painting.
        runs: The results, a seed each.
        left: J at the end over J of the noise, a seed each.
        errors: Of the first pictures, with ``painter``, ``judge``, ``content`` and ``style``.
    """
    cells = [*originals, *((NAMES[pooling], runs[pooling][0].image) for pooling in POOLINGS if runs[pooling])]
    blocks: list[Block] = [
        Heading(_("The same picture, painted twice")),
        Sheet("pictures", cells, len(cells), _("From the same noise, with the same weights and steps.")),
    ]
    if not all(runs.values()):
        return blocks
    return [
        *blocks,
        Paragraph(_run_finding(left)),
        Plot("losses", partial(_loss_plot, runs), _("The objective, as a share of what it was for noise.")),
        _losses_table(left),
        _errors_table(errors),
    ]


def _loss_plot(runs: Mapping[Pooling, Sequence[Result]], translate: Translate) -> Figure:
    lines = {
        translate(NAMES[pooling]) + (f" ({number + 1})" if len(runs[pooling]) > 1 else ""): relative_losses(result)
        for pooling in POOLINGS
        for number, result in enumerate(runs[pooling])
    }
    return step_curves(lines, (translate(_("step")), "J / J(0)"), logarithmic=True)


def _losses_table(left: Mapping[Pooling, Sequence[float]]) -> Table:
    columns = {"pooling": _("pooling"), "runs": _("runs"), "mean": _("J / J(0) at the end"), "sd": _("standard deviation")}
    rows = [
        {"pooling": NAMES[pooling], "runs": len(values), "mean": fmean(values), "sd": stdev(values) if len(values) > 1 else None}
        for pooling, values in left.items()
    ]
    return Table("falls", columns, rows, _("What is left of J after the last step."), print_to_terminal=True)


def _errors_table(errors: Sequence[Mapping[str, Any]]) -> Table:
    columns = {"painter": _("painted with"), "judge": _("seen by"), "content": _("content error"), "style": _("style error")}
    rows = [{**row, "painter": NAMES[row["painter"]], "judge": NAMES[row["judge"]]} for row in errors]
    return Table("judged", columns, rows, _JUDGED, print_to_terminal=True)


_JUDGED = _(
    "The two objectives are of two networks, so their J cannot be compared; here each network judges both pictures, as saved: ‖F − P‖ / "
    "‖P‖ at the content layer, ‖G − A‖ / ‖A‖ on average over the style layers."
)


def _run_finding(left: Mapping[Pooling, Sequence[float]]) -> Translated:
    """Compare what is left of J, and say so only if the seeds agree."""
    better, worse = sorted(POOLINGS, key=lambda pooling: fmean(left[pooling]))
    values = {"better": NAMES[better], "a": fmean(left[better]), "b": fmean(left[worse])}
    if max(left[better]) < min(left[worse]):
        sure = _("With {better} pooling J falls further: to {a:.2%} of its start, against {b:.2%}; so it is for every seed tried.")
        return sure.fill(**values)
    return _(
        "J falls to {a:.2%} of its start with {better} pooling and to {b:.2%} with the other, but the seeds do not agree: this is no "
        "difference."
    ).fill(**values)
