"""The page of the study of separability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean

from matplotlib.figure import Figure
from PIL import Image

from pincel.studies.anova import AnovaEffects
from pincel.studies.plots import curves, stacked_bars
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

LETTERS = ("A", "B")


def square_blocks(
    originals: Sequence[Image.Image],
    images: Sequence[Image.Image],
    distances: Sequence[Mapping[str, float]],
    parted: Mapping[str, Mapping[str, AnovaEffects]],
) -> list[Block]:
    """Show the pictures of every pair, their distances from the originals, and why they differ.

    Args:
        originals: Both photographs and both paintings.
        images: Of content A with style A, A with B, B with A, B with B; fewer if the study was ended early.
        distances: Of each, by original.
        parted: ``maps`` and ``grams`` → layer → effects; nothing unless there are all four.
    """
    cells = [(untranslated(""), Image.new("RGB", originals[0].size, "white"))]
    cells += [(_("style {letter}").fill(letter=letter), image) for letter, image in zip(LETTERS, originals[2:], strict=True)]
    for row, letter in enumerate(LETTERS):
        cells.append((_("content {letter}").fill(letter=letter), originals[row]))
        made = zip(LETTERS, images[2 * row : 2 * row + 2], strict=False)
        cells += [(untranslated(f"{letter} × {other}"), image) for other, image in made]
    blocks: list[Block] = [Heading(_("One exchanged, the other held")), Sheet("pairs", cells, 3, _("Each photograph after each painting."))]
    if not parted:
        return blocks
    names = {f"{kind} {letter}": distance.fill(letter=letter) for kind, distance in _DISTANCE_TO.items() for letter in LETTERS}
    rows = [{"picture": f"{LETTERS[i // 2]} × {LETTERS[i % 2]}", **each} for i, each in enumerate(distances)]
    return [
        *blocks,
        Paragraph(_square_finding(distances)),
        Table("distances", {"picture": _("picture"), **names}, rows, _DISTANCES, print_to_terminal=True),
        Formula(
            "Σ(x_ij − x··)² = 2·Σ(x_i· − x··)² + 2·Σ(x·j − x··)² + Σ(x_ij − x_i· − x·j + x··)²",
            _("analysis of variance in two ways; x are feature maps, or Gram matrices, of content i and style j"),
        ),
        Paragraph(_parted_finding(parted)),
        *(Plot(kind, partial(_effects_plot, parted[kind]), caption) for kind, caption in _PARTED.items()),
    ]


_DISTANCE_TO = {"content": _("to content {letter}"), "style": _("to style {letter}")}
_DISTANCES = _(
    "How far each picture is from each source: ‖F − P‖ / ‖P‖ at the content layer, ‖G − A‖ / ‖A‖ on average over the style layers."
)
_PARTED = {"maps": _("Why feature maps of the four pictures differ, layer by layer."), "grams": _("Why their Gram matrices differ.")}


def _effects_plot(parted: Mapping[str, AnovaEffects], translate: Translate) -> Figure:
    parts = {
        translate(_("the photograph")): [each.content for each in parted.values()],
        translate(_("the painting")): [each.style for each in parted.values()],
        translate(_("both together")): [each.both for each in parted.values()],
    }
    return stacked_bars(parts, list(parted), translate(_("share of the variance")))


def _square_finding(distances: Sequence[Mapping[str, float]]) -> Translated:
    """Compare what exchanging the style does to the content with what exchanging the content does, and the other way round."""
    held = fmean(abs(distances[2 * row]["content " + LETTERS[row]] - distances[2 * row + 1]["content " + LETTERS[row]]) for row in range(2))
    swapped = fmean(distances[i]["content " + LETTERS[1 - i // 2]] - distances[i]["content " + LETTERS[i // 2]] for i in range(4))
    still = fmean(
        abs(distances[column]["style " + LETTERS[column]] - distances[2 + column]["style " + LETTERS[column]]) for column in range(2)
    )
    changed = fmean(distances[i]["style " + LETTERS[1 - i % 2]] - distances[i]["style " + LETTERS[i % 2]] for i in range(4))
    return _(
        "With another painting, the distance to the own photograph changes by {held:.2f}; to the other photograph it is {swapped:.2f} "
        "more. With another photograph, the distance to the own painting changes by {still:.2f}; to the other painting it is {changed:.2f} "
        "more."
    ).fill(held=held, swapped=swapped, still=still, changed=changed)


def _parted_finding(parted: Mapping[str, Mapping[str, AnovaEffects]]) -> Translated:
    grams = fmean(each.style for each in parted["grams"].values())
    deepest = list(parted["maps"])[-2 if len(parted["maps"]) > 1 else -1]
    maps = parted["maps"][deepest].content
    numbers = _(
        "Gram matrices differ because of the painting by {grams:.0%} (mean over the layers); feature maps of {layer} because of the "
        "photograph by {maps:.0%}."
    ).fill(grams=grams, layer=deepest, maps=maps)
    verdict = (
        _("Most of each follows its own source: separable, but not wholly.")
        if min(grams, maps) > 0.5
        else _("Not even half follows its own source in both: on these pictures, hardly separable.")
    )
    return untranslated("{found} {verdict}").fill(found=numbers, verdict=verdict)


def sweep_blocks(sweep: Sequence[tuple[float, Mapping[str, float]]]) -> list[Block]:
    """Show content and style errors against α/β, rising."""
    if len(sweep) < 2:
        return []

    least = min(each["content A"] + each["style A"] for _, each in sweep)
    finding = _(
        "From the left to the right the content counts for more. The two errors together are never less than {least:.2f}: no picture "
        "matches both, and the weights choose where between them it stands."
    ).fill(least=least)
    rows = [{"ratio": f"{ratio:g}", "content": each["content A"], "style": each["style A"]} for ratio, each in sweep]
    columns = {"ratio": untranslated("α/β"), "content": _("content error"), "style": _("style error")}
    return [
        Heading(_("And where they are not")),
        Paragraph(finding),
        Plot("sweep", partial(_sweep_plot, sweep), _("Photograph A after painting A.")),
        Table("sweep", columns, rows, _("The two errors, by weight."), print_to_terminal=True),
    ]


def _sweep_plot(sweep: Sequence[tuple[float, Mapping[str, float]]], translate: Translate) -> Figure:
    lines = {
        translate(_("content error")): [each["content A"] for _, each in sweep],
        translate(_("style error")): [each["style A"] for _, each in sweep],
    }
    return curves(lines, [f"{ratio:g}" for ratio, _ in sweep], ("α/β", translate(_("relative error"))))
