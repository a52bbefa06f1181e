"""The page of the study of patches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from PIL import Image

from pincel.studies.mosaic import mosaic, patch_similarity
from pincel.studies.patch_cutting import Patch, PatchResults
from pincel.studies.plots import curves
from pincel.studies.receptive_field import receptive_field
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Translate, Translated, joined, pgettext_lazy, untranslated
from pincel.translation import gettext_lazy as _

# The layers 1, 3 and 5 of a lecture.
DEFAULT = ("relu1_1", "relu3_1", "relu5_1")
# Names that fit into a note.
NAMED = 6
# Differences of likeness smaller than that are not spoken of.
NOTABLE = 0.05
# Mosaics in a row.
ACROSS = 3


_TITLE = _("The patches that excite a channel most")
_LEAD = _(
    "What does a channel look for? Show it many photographs and keep the places where it answers most. Side by side, the nine "
    "strongest say what they have in common. {count} photographs were searched, at {places:,} places for {layer}, through {backbone}."
)
_HOW = _(
    "Each photograph is searched with a long side of {sides} pixels, since what a channel looks for may be large or small in it. {few} "
    "{drawn}A patch is exactly what the position sees, its receptive field; where that reaches beyond the border, the mean color stands "
    "instead. {which}"
)
_ONE = _("It may give a channel one patch, its strongest; otherwise one picture full of grass could fill all nine places.")
_FEW = _("It may give a channel up to {each} patches, the middle of none of which lies in another.")
_LEAVES = _("{leaves} of the pictures are no photographs: pincel draws them, of leaves of many shapes and colors that cover each other. ")
_SELECTED = _(
    "The channels shown are the most selective ones of their layer: those whose weakest patch still stands out most from the channel's "
    "mean answer."
)
_NAMED = _("The channels are those that were asked for.")
_METHODS = {
    "guided": _(
        "Beside each patch: guided backpropagation. The answer is followed back to the pixels, and only what speaks for it is let through "
        "each ReLU. Gray means no part in it; the brighter or darker a color, the more the answer grows with more or less of it."
    ),
    "deconvolution": _(
        "Beside each patch: its deconvolution. The answer is carried back to the pixels through the transposed filters, and each ReLU is "
        "applied to what comes back. Gray means no part in it; the brighter or darker a color, the larger its part."
    ),
    "gradient": _(
        "Beside each patch: the gradient of the answer, unchanged. Gray means no part in it; the brighter or darker a color, the more "
        "the answer grows with more or less of it."
    ),
}
_FORMULAS = {
    "guided": Formula(
        _("back through a ReLU with input f:  R ← 1[f > 0] · 1[R > 0] · R"),
        _("Springenberg, Dosovitskiy, Brox, Riedmiller 2015, “Striving for Simplicity”, figure 1"),
    ),
    "deconvolution": Formula(
        _("back through a ReLU:  R ← 1[R > 0] · R"),
        _("Zeiler, Fergus 2013, “Visualizing and Understanding Convolutional Networks”, section 2.1"),
    ),
    "gradient": Formula(_("back through a ReLU with input f:  R ← 1[f > 0] · R"), "Simonyan, Vedaldi, Zisserman 2013, “Deep Inside …”"),
}
_MAXIMUM = Formula(_("a*_c(x) = max over i, j of a_c(i, j; x)"), _("Zeiler, Fergus 2013, figure 2: the top 9 activations of a feature map"))
_FIELD = Formula(
    _("r_l = r_(l-1) + (k_l - 1) · j_(l-1)      j_l = j_(l-1) · s_l      (side r, distance j, kernel k, stride s)"),
    _("Araujo, Norris, Sim 2019, “Computing Receptive Fields of Convolutional Neural Networks”, Distill, eq. 2"),
)


def page(
    results: PatchResults, outlined: tuple[str, Image.Image] | None, settings: StudySettings, own: Mapping[str, Any], *, ended_early: bool
) -> Report:
    """Put together the report; ``outlined`` is file and picture of a photograph with receptive fields, if there is one."""
    layers, first = _layers(results, settings), next(iter(results.shown))
    which = _NAMED if "," in own["channels"] else _SELECTED
    searched = results.search
    sides = joined(", ", [untranslated(str(round(settings.size / reduction))) for reduction in searched.reductions])
    few = _ONE if searched.each == 1 else _FEW.fill(each=searched.each)
    drawn = _LEAVES.fill(leaves=own["leaves"]) if own["leaves"] else ""
    blocks: list[Block] = [Paragraph(_HOW.fill(sides=sides, few=few, drawn=drawn, which=which)), _MAXIMUM]
    if own["explain"] in _METHODS:
        blocks += [Paragraph(_METHODS[own["explain"]]), _FORMULAS[own["explain"]]]
    blocks += _fields(outlined, layers)
    for name in results.shown:
        blocks += _layer(results, name, own, layers[name])
    blocks += _summary(layers)
    blocks.append(_table(results))
    return Report(
        name="patches",
        title=_TITLE,
        lead=_LEAD.fill(count=len(searched.files), places=searched.strongest[first].positions, layer=first, backbone=settings.backbone),
        blocks=blocks,
        numbers=_numbers(results, layers, settings),
        settings={**settings.as_json(), **own},
        notes=_notes(results, own, ended_early=ended_early),
    )


def _layers(results: PatchResults, settings: StudySettings) -> dict[str, dict[str, Any]]:
    """Measure each layer."""
    measured: dict[str, dict[str, Any]] = {}
    for name, channels in results.shown.items():
        best = results.search.strongest[name]
        within, between = patch_similarity([[patch.vector for patch in results.of(name, channel)] for channel in channels])
        side = receptive_field(settings.spec, name).size
        measured[name] = {
            "field": side,
            "stride": settings.spec.layer(name).stride,
            "share": side / settings.size,
            "channels": len(best.means),
            "places": best.positions,
            "photographs": _photographs(results, name),
            "even": _evenness(results, name),
            "silent": int((best.means == 0).sum()),
            "selectivity": float(best.selectivity.median()),
            "within": within,
            "between": between,
        }
    return measured


def _photographs(results: PatchResults, layer: str) -> float:
    """Return how many photographs the patches of a channel come from, on average."""
    return mean(len({patch.number for patch in results.of(layer, channel)}) for channel in results.shown[layer])


def _evenness(results: PatchResults, layer: str) -> float:
    """Return the mean answer to the patches of a channel over that to its best, on average; NaN without patches."""
    answers = [[patch.value for patch in results.of(layer, channel)] for channel in results.shown[layer]]
    shares = [mean(values) / max(values) for values in answers if values]
    return mean(shares) if shares else math.nan


def _fields(outlined: tuple[str, Image.Image] | None, layers: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    if outlined is None:
        return []
    first, last = next(iter(layers)), list(layers)[-1]
    text = _("A unit of {first} sees {small} × {small} pixels.")
    if first != last:
        text = _(
            "A unit of {first} sees {small} × {small} pixels, one of {last} {large} × {large}: {share:.0%} of the long side of a "
            "photograph. Each "
            "3×3 convolution widens what is seen by one position on each side, and each pooling doubles what a position is worth."
        )
    values = {"first": first, "small": layers[first]["field"], "last": last, "large": layers[last]["field"], "share": layers[last]["share"]}
    caption = _("{file}: what the unit sees that answers most, for one channel of each layer (layer · channel).")
    heading = Heading(_("Small patches, large patches"))
    drawn = Picture("fields", outlined[1], caption.fill(file=Path(outlined[0]).name))
    return [heading, Paragraph(text.fill(**values)), _FIELD, drawn]


def _layer(results: PatchResults, name: str, own: Mapping[str, Any], measured: Mapping[str, Any]) -> list[Block]:
    heading = Heading(_("{layer}: {side} × {side} pixels").fill(layer=name, side=measured["field"]))
    cells: list[tuple[Translated, Image.Image]] = []
    for channel in results.shown[name]:
        patches = results.of(name, channel)
        if not patches:
            continue
        groups = [[patch.tile for patch in patches]]
        if any(patch.explanation for patch in patches):
            groups.append([patch.explanation for patch in patches if patch.explanation])
        caption = _("channel {channel}: {most:.4g} to {least:.4g}")
        cells.append((caption.fill(channel=channel, most=patches[0].value, least=patches[-1].value), mosaic(groups, own["top"])))
    if not cells:
        silent = _("None of the channels asked for answers to any photograph.")
        return [heading, Paragraph(silent)]
    caption = _("{layer}: of each channel the strongest patches, row by row, and the answers of the first and the last.")
    sheet = Sheet(f"patches-{name}", cells, min(ACROSS, len(cells)), caption.fill(layer=name), height=cells[0][1].height)
    return [heading, Paragraph(_alike(measured)), sheet]


def _alike(measured: Mapping[str, Any]) -> Translated:
    """Return a text that says how alike the patches of one channel are here."""
    within, between = measured["within"], measured["between"]
    if math.isnan(within):
        return _("There is one patch of each channel, and nothing to compare.")
    text = _("Two patches of the same channel have a cosine of {within:.2f} on average, pixel by pixel.")
    if math.isnan(between):
        return text.fill(within=within)
    text = _(
        "Two patches of the same channel have a cosine of {within:.2f} on average, pixel by pixel; two of different channels, "
        "{between:.2f}. {so}"
    )
    if within > 0.7 and within - between > NOTABLE:
        so = _("The channel looks for these very pixels.")
    elif within - between > NOTABLE:
        so = _("They are related, but far from equal: the channel answers to a pattern that can look in many ways.")
    else:
        so = _("Pixel by pixel they are hardly more alike than any two: what they share, if anything, is no fixed arrangement of colors.")
    return text.fill(within=within, between=between, so=so)


def _summary(layers: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    heading = Heading(_("From layer to layer"))
    columns = {
        "layer": _("layer"),
        "field": _("sees, pixels"),
        "stride": _("every, pixels"),
        "channels": _("channels"),
        "places": _("places searched"),
        "photographs": _("photographs a channel, mean"),
        "even": _("mean answer ÷ best"),
        "silent": pgettext_lazy("channels of a layer", "silent"),
        "selectivity": _("selectivity, median"),
        "within": _("likeness, same channel"),
        "between": _("likeness, different ones"),
    }
    caption = _(
        "Places are those of all photographs at all sizes. Photographs: how many of them the patches of a channel come from. Mean answer ÷ "
        "best: 1 if all patches of a channel excite it as much as the strongest. Selectivity: the weakest answer kept, over the mean "
        "magnitude of the channel; the median of all channels. Likeness: mean cosine of two patches shown, the mean color taken off."
    )
    table = Table("layers", columns, [{"layer": name, **measured} for name, measured in layers.items()], caption)
    if len(layers) < 2:
        return [heading, table]
    return [heading, Paragraph(_trend(layers)), _plot(layers), table]


def _trend(layers: Mapping[str, Mapping[str, Any]]) -> Translated:
    """Return a text that says what becomes of likeness and of selectivity from the first layer to the last."""
    first, last = next(iter(layers)), list(layers)[-1]
    before, after = layers[first], layers[last]
    fall = before["within"] - after["within"]
    if fall > NOTABLE:
        text = _(
            "From {first} to {last}, patches of one channel become less alike ({a:.2f} → {b:.2f}): a shallow channel wants certain pixels, "
            "a deep one accepts many that look different to us."
        )
    else:
        text = _("From {first} to {last}, patches of one channel do not become less alike here ({a:.2f} → {b:.2f}).")
    rising = _("Selectivity rises from {c:.3g} to {d:.3g}.")
    falling = _("Selectivity falls from {c:.3g} to {d:.3g}.")
    selectivity = (rising if after["selectivity"] > before["selectivity"] else falling).fill(
        c=before["selectivity"], d=after["selectivity"]
    )
    patch_similarity = text.fill(first=first, last=last, a=before["within"], b=after["within"])
    return joined(" ", [patch_similarity, selectivity])


def _plot(layers: Mapping[str, Mapping[str, Any]]) -> Plot:
    same, other = _("same channel"), _("different channels")
    along, up = _("layer"), _("mean cosine of two patches")

    def draw(translate: Translate) -> Any:
        lines = {translate(words): [layers[name][key] for name in layers] for key, words in (("within", same), ("between", other))}
        return curves(lines, list(layers), (translate(along), translate(up)))

    return Plot("likeness", draw, _("How alike patches are, pixel by pixel."))


def _table(results: PatchResults) -> Table:
    columns = {
        "layer": _("layer"),
        "channel": _("channel"),
        "rank": _("rank"),
        "file": _("photograph"),
        "value": _("answer"),
        "reduction": _("sides divided by"),
        "top": _("top"),
        "left": _("left"),
        "bottom": _("bottom"),
        "right": _("right"),
    }
    rows = [_row(patch) for patch in results.patches]
    caption = _("Every patch. Edges in pixels of the photograph at the size of the study; bottom and right are not included.")
    return Table("patches", columns, rows, caption, collapsed=True)


def _row(patch: Patch) -> dict[str, Any]:
    row = {"layer": patch.layer, "channel": patch.channel, "rank": patch.rank, "file": patch.file, "value": patch.value}
    return {**row, "reduction": patch.reduction, **{edge: patch.reduction * pixels for edge, pixels in vars(patch.box).items()}}


def _numbers(results: PatchResults, layers: Mapping[str, Mapping[str, Any]], settings: StudySettings) -> dict[str, Any]:
    return {
        "photographs": list(results.search.files),
        "left out": [{"file": file, "reason": reason} for file, reason in results.search.skipped],
        "copies": list(results.search.duplicates),
        "sizes": [round(settings.size / reduction) for reduction in results.search.reductions],
        "layers": {name: {**measured, "channels shown": list(results.shown[name])} for name, measured in layers.items()},
        "patches": [{**_row(patch), "position": list(patch.position)} for patch in results.patches],
    }


def _notes(results: PatchResults, own: Mapping[str, Any], *, ended_early: bool) -> list[Translated]:
    notes = []
    if ended_early:
        early = _("Ended early: {done} of {given} photographs were looked at, and patches after that are not explained.")
        notes.append(
            early.fill(
                done=len(results.search.files) + len(results.search.duplicates) + len(results.search.skipped), given=results.search.given
            )
        )
    for files, words in (
        ([skipped[0] for skipped in results.search.skipped], _("Left out, for they cannot be looked at: {names}.")),
        (results.search.duplicates, _("Left out, for they are copies of others: {names}.")),
    ):
        if files:
            notes.append(words.fill(names=_listed(files)))
    if len(results.search.files) * results.search.each < 2 * own["top"]:
        few = _(
            "{count} photographs are few for {top} patches of each channel: most of them get a place, whether they excite the channel or "
            "not. A folder with hundreds shows more clearly what a channel looks for."
        )
        notes.append(few.fill(count=len(results.search.files), top=own["top"]))
    return notes


def _listed(files: Sequence[str]) -> Translated:
    names, more = ", ".join(Path(file).name for file in files[:NAMED]), len(files) - NAMED
    return untranslated(names) if more <= 0 else _("{names} and {more} more").fill(names=names, more=more)
