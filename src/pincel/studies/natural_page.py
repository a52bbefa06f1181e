"""The page of the study of natural pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import Any

from PIL import Image

from pincel.images.io import to_pil
from pincel.studies import natural_texts as texts
from pincel.studies.natural_findings import caricature_finding, maximum_finding, natural_finding, notes
from pincel.studies.natural_results import NaturalImage, NaturalResults
from pincel.studies.plots import curves, step_curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Slider, Table
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Long side of a picture on the page, about.
LARGE = 256
# Pixels of a picture that has so few are shown as squares: there is nothing between them.
COARSE = 48


def page(results: NaturalResults, settings: Mapping[str, Any], left_out: Sequence[str], early: tuple[int, int] | None) -> Report:
    """Put together the report; ``early`` is (runs begun, all runs) of a study that was ended early."""
    return Report(
        name="natural",
        title=texts.TITLE,
        lead=texts.LEAD.fill(layers=len(results.layers), backbone=settings["backbone"], steps=settings["steps"], size=settings["size"]),
        blocks=[*_caricatures(results, settings["weight"]), *_maximized(results), *_natural(results)],
        numbers={
            "caricatures": [each.as_json() for each in results.caricatures],
            "channels": [each.as_json() for each in results.maximized],
            "photographs": {"count": results.photographs, "naturalness": results.common, "fineness": list(results.fine)},
        },
        settings=settings,
        notes=notes(results.silent, left_out, early, _without_caricature(results) if early is None else ()),
    )


def _caricatures(results: NaturalResults, weight: float) -> list[Block]:
    formula, source = texts.CARICATURE_FORMULA
    kept, free = _apart(results.caricatures)
    original = to_pil(results.picture.pixels)
    photograph = (_("the photograph"), enlarge(original))
    blocks: list[Block] = [
        Heading(_("Caricatures")),
        Paragraph(texts.CARICATURE),
        Formula(formula.fill(weight=weight), source),
        Paragraph(texts.REGULARIZERS),
        Formula(*texts.REGULARIZERS_FORMULA),
    ]
    if not kept:
        return blocks
    columns = min(3, 1 + len(kept))
    caption = _("The photograph, and what each layer sees in it, exaggerated; below, how far ⟨Φ, w⟩ came from 1.")
    blocks += [Sheet("caricatures", [photograph, *map(_exaggerated, kept)], columns, caption), Paragraph(caricature_finding(kept))]
    deepest = kept[-1]
    names = (_("photograph"), _("caricature, {layer}").fill(layer=deepest.layer))
    look = _("Pull the edge: what has grown, and out of what?")
    blocks += [Slider(enlarge(original, 2), enlarge(deepest.image, 2), names, look), Plot("climb", _ascent_plot(kept), _ASCENT)]
    if free:
        without = _("The same runs without regularizers, bound or random shifts, clipped to what a file can hold.")
        blocks.append(Sheet("caricatures-free", [photograph, *map(_exaggerated, free)], columns, without))
    return [*blocks, _caricature_table(kept, free)]


def _exaggerated(each: NaturalImage) -> tuple[Translated, Image.Image]:
    return untranslated(f"{each.layer}\n1 → {each.after:.3g}"), enlarge(each.image)


_ASCENT = _("How far each caricature reaches, step by step, with random shifts; the photograph is at 1.")


def _ascent_plot(kept: Sequence[NaturalImage]) -> Any:
    def draw(translate: Translate) -> Any:
        return step_curves({each.layer: list(each.history) for each in kept}, (translate(_("step")), "⟨Φ, w⟩"))

    return draw


def _caricature_table(kept: Sequence[NaturalImage], free: Sequence[NaturalImage]) -> Table:
    without = {each.layer: each for each in free}
    rows = []
    for each in kept:
        row: dict[str, Any] = {"layer": each.layer, "after": each.after, "naturalness": each.naturalness, "fineness": each.fineness}
        if each.layer in without:
            other = without[each.layer]
            row |= {"free_after": other.after, "free_naturalness": other.naturalness, "free_fineness": other.fineness}
        rows.append(row)
    names = ("layer", "after", "naturalness", "fineness", *(("free_after", "free_naturalness", "free_fineness") if free else ()))
    return Table("caricatures", {name: texts.COLUMNS[name] for name in names}, rows, texts.CARICATURE_TABLE, print_to_terminal=True)


def _maximized(results: NaturalResults) -> list[Block]:
    kept, free = _apart(results.maximized)
    if not kept:
        return []
    cells: list[tuple[Translated, Image.Image]] = []
    across = max(sum(each.layer == layer for each in kept) for layer in results.layers) + bool(free)
    for layer in results.layers:
        row = [each for each in [*kept, *free] if each.layer == layer]
        # A layer with fewer channels leaves room at the end.
        nothing = (untranslated(""), Image.new("RGB", (LARGE, LARGE), "white"))
        cells += [(_named(each), enlarge(full_range(each.image))) for each in row] + [nothing] * ((across - len(row)) * bool(row))
    caption = _(
        "A row for each layer: pictures for single channels, shown from their darkest value to their brightest; below, their answer as a "
        "multiple of the largest in photographs. {free}"
    )
    last = _("Last in a row, the first channel again, without anything that keeps the picture natural.")
    return [
        Heading(_("One channel alone")),
        Paragraph(texts.MAXIMUM.fill(photographs=results.photographs)),
        Formula(*texts.MAXIMUM_FORMULA),
        Sheet("channels", cells, across, caption.fill(free=last if free else ""), height=160),
        Paragraph(maximum_finding(kept, results.photographs)),
        _channel_table([*kept, *free]),
    ]


def _channel_table(drawn: Sequence[NaturalImage]) -> Table:
    names = ("layer", "channel", "regularized", "before", "after", "answer", "largest", "times", "naturalness", "fineness")
    rows = [
        {name: getattr(each, name) for name in names if name != "regularized"} | {"regularized": _("no") if each.free else _("yes")}
        for each in drawn
    ]
    return Table("channels", {name: texts.COLUMNS[name] for name in names}, rows, texts.CHANNEL_TABLE, collapsed=True)


def _named(each: NaturalImage) -> Translated:
    reach = "?" if each.times is None else f"{each.times:.3g}×"
    name = untranslated(f"{each.unit}, {each.channel}: {reach}")
    return _("{name}\nnot regularized").fill(name=name) if each.free else name


def _natural(results: NaturalResults) -> list[Block]:
    if not results.caricatures:
        return []
    return [
        Heading(_("How natural?")),
        Paragraph(texts.NATURAL.fill(photographs=results.photographs)),
        Formula(*texts.NATURAL_FORMULA),
        Plot("naturalness", _naturalness(results), _NATURALNESS),
        Paragraph(natural_finding(results.caricatures, results.maximized, results.common, results.fine)),
    ]


_NATURALNESS = _("What gradient histograms have in common with those of photographs: 1 is all. Channels: the mean of those of a layer.")


def _naturalness(results: NaturalResults) -> Any:
    def of(drawn: Sequence[NaturalImage], free: bool) -> list[float]:
        each = [[one.naturalness for one in drawn if one.layer == layer and one.free == free] for layer in results.layers]
        return [sum(values) / len(values) if values else nan for values in each]

    def draw(translate: Translate) -> Any:
        lines = {
            translate(_("caricatures")): of(results.caricatures, False),
            translate(_("caricatures, not regularized")): of(results.caricatures, True),
            translate(_("channels")): of(results.maximized, False),
            translate(_("channels, not regularized")): of(results.maximized, True),
            translate(_("photographs, one another")): [results.common] * len(results.layers),
        }
        known = {name: values for name, values in lines.items() if not all(map(isnan, values))}
        return curves(known, list(results.layers), (translate(_("layer")), translate(_("in common"))))

    return draw


def _without_caricature(results: NaturalResults) -> list[str]:
    return [layer for layer in results.layers if not any(each.layer == layer for each in results.caricatures)]


def _apart(drawn: Sequence[NaturalImage]) -> tuple[list[NaturalImage], list[NaturalImage]]:
    """Return the regularized pictures, and the others."""
    return [each for each in drawn if not each.free], [each for each in drawn if each.free]


def enlarge(image: Image.Image, larger: int = 1) -> Image.Image:
    """Enlarge a small picture by a whole number."""
    times = max(1, round(larger * LARGE / max(image.size)))
    way = Image.Resampling.NEAREST if max(image.size) < COARSE else Image.Resampling.BICUBIC
    return image.resize((image.width * times, image.height * times), way)


def full_range(image: Image.Image) -> Image.Image:
    """Return a picture from its darkest value to its brightest, all channels alike, as the code of the paper shows them (``vl_imsc``)."""
    lows, highs = zip(*image.getextrema(), strict=True)
    low, high = min(lows), max(highs)
    return image.point(lambda value: round(255 * (value - low) / max(high - low, 1)))
