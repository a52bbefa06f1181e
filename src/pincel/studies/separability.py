"""Two photographs after two paintings, four pictures: what follows the content, what follows the style, and what neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from pincel.engine.result import Result
from pincel.functional.gram import gram_matrix
from pincel.images.io import LoadedImage, Source, load_picture, to_pil
from pincel.images.resize import cover
from pincel.studies.declarations.separability import SeparabilityOptions
from pincel.studies.look import check_size, features, network, opened
from pincel.studies.measure import content_error, style_error
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import COLORS, curves, shares
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYERS = ("relu4_2",)
BETA = 1e6
# α/β of the four pictures, and of those that go from one end to the other.
RATIO = 0.3
SWEEP = (0.01, 0.1, 1.0, 10.0)
LETTERS = ("A", "B")


@dataclass(frozen=True)
class Effects:
    """Why four pictures differ, as shares that add up to 1.

    Attributes:
        content: Because of the photograph.
        style: Because of the painting.
        both: Because of what this photograph and this painting do together.
    """

    content: float
    style: float
    both: float


def effects(values: Sequence[Sequence[Tensor]]) -> Effects:
    r"""Part the variance of something seen in 2×2 pictures: an analysis of variance in two ways, without repetition.

    With means over columns, rows and all, written with dots:

    .. math:: \sum (x_{ij} - x_{..})^2 = 2\sum_i (x_{i.} - x_{..})^2 + 2\sum_j (x_{.j} - x_{..})^2 + \sum_{ij} r_{ij}^2,
    .. math:: r_{ij} = x_{ij} - x_{i.} - x_{.j} + x_{..}

    Args:
        values: ``values[i][j]`` of content i and style j, all of one shape.

    Returns:
        The three sums as shares; all 0 where the four are the same.

    Example:
        >>> x = [[torch.tensor([0.0]), torch.tensor([1.0])], [torch.tensor([3.0]), torch.tensor([4.0])]]
        >>> effects(x)
        Effects(content=0.9, style=0.1, both=0.0)
    """
    x = torch.stack([torch.stack([each.double() for each in row]) for row in values])
    rows, columns, mean = x.mean(1, keepdim=True), x.mean(0, keepdim=True), x.mean((0, 1), keepdim=True)
    parts = rows - mean, columns - mean, x - rows - columns + mean
    sums = [float(part.expand_as(x).square().sum()) for part in parts]
    whole = sum(sums)
    return Effects(*(each / whole if whole else 0.0 for each in sums))


def study(content: Source, style: Source, options: SeparabilityOptions, settings: Settings, watch: Watch) -> Report:
    """Paint every pair of two photographs and two paintings, then the first pair with ever more weight on the content.

    Args:
        content: The first photograph; the second is brought to its shape.
        style: The first painting.
        options: The second of each; how each picture is painted.
        settings: Network, size, seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        PincelError: For pictures or networks that cannot be used.
    """
    layers, places = chosen_layers(settings.spec, None, STYLE_LAYERS), chosen_layers(settings.spec, None, CONTENT_LAYERS)
    first, second = (opened(each, settings, "content") for each in (content, options.other_content))
    photographs = (first, replace(second, pixels=cover(second.pixels, (first.height, first.width)), alpha=None))
    paintings = (opened(style, settings, "style"), opened(options.other_style, settings, "style"))
    backbone = network(settings, "avg")
    for picture in (*photographs, *paintings):
        check_size(backbone, picture, (*layers, *places))
    shared = {"content_layers": ",".join(places), "style_layers": ",".join(layers), "style_weight": BETA}
    if settings.spec.filters:
        shared["activations"] = "raw"
    jobs = [Job(photograph, painting, {**shared, "content_weight": BETA * RATIO}) for photograph in photographs for painting in paintings]
    jobs += [Job(photographs[0], paintings[0], {**shared, "content_weight": BETA * ratio}) for ratio in SWEEP]
    done = paint_all(jobs, settings, watch, options.recipe)
    wanted = {name: features(backbone, picture, (*places, *layers)) for name, picture in _named(photographs, paintings).items()}
    seen = [features(backbone, load_picture(result.image), (*places, *layers)) for result in done]
    found = [_distances(each, wanted, places, layers) for each in seen]
    square, sweep = found[:4], sorted(zip((RATIO, *SWEEP), (*found[:1], *found[4:]), strict=False), key=lambda each: each[0])
    parted = _parted(seen[:4], layers) if len(seen) >= 4 else {}
    return Report(
        name="separability",
        title=_("Are content and style separable?"),
        lead=_(
            "Gatys and colleagues find that content and style can be told apart in the network: one can be exchanged while the other is "
            "held. Here two photographs meet two paintings, and each of the four pictures is measured against all four."
        ),
        blocks=[*_square_blocks(done[:4], square, parted, photographs, paintings), *_sweep_blocks(sweep)],
        numbers={
            "pairs": [{"content": LETTERS[i // 2], "style": LETTERS[i % 2], **each} for i, each in enumerate(square)],
            "effects": {kind: {layer: vars(each) for layer, each in by_layer.items()} for kind, by_layer in parted.items()},
            "sweep": [{"ratio": ratio, "content": each["content A"], "style": each["style A"]} for ratio, each in sweep],
        },
        settings={
            **settings.as_json(),
            "recipe": options.recipe,
            "contents": [p.name for p in photographs],
            "styles": [p.name for p in paintings],
        },
        notes=early(done, jobs, watch),
    )


def _named(photographs: Sequence[LoadedImage], paintings: Sequence[LoadedImage]) -> dict[str, LoadedImage]:
    named = {f"content {letter}": picture for letter, picture in zip(LETTERS, photographs, strict=True)}
    return named | {f"style {letter}": picture for letter, picture in zip(LETTERS, paintings, strict=True)}


def _distances(
    seen: Mapping[str, Tensor], wanted: Mapping[str, Mapping[str, Tensor]], places: Sequence[str], layers: Sequence[str]
) -> dict[str, float]:
    """Measure one picture against both photographs and both paintings."""
    return {
        name: fmean(content_error(seen[layer], of[layer]) for layer in places)
        if name.startswith("content")
        else fmean(style_error(seen[layer], of[layer]) for layer in layers)
        for name, of in wanted.items()
    }


def _parted(seen: Sequence[Mapping[str, Tensor]], layers: Sequence[str]) -> dict[str, dict[str, Effects]]:
    """Part the variance of feature maps and of Gram matrices, layer by layer."""
    rows = seen[:2], seen[2:]
    maps = {layer: effects([[each[layer] for each in row] for row in rows]) for layer in layers}
    grams = {layer: effects([[gram_matrix(each[layer]) for each in row] for row in rows]) for layer in layers}
    return {"maps": maps, "grams": grams}


def _square_blocks(
    done: Sequence[Result],
    found: Sequence[Mapping[str, float]],
    parted: Mapping[str, Mapping[str, Effects]],
    photographs: Sequence[LoadedImage],
    paintings: Sequence[LoadedImage],
) -> list[Block]:
    white = (untranslated(""), to_pil(torch.ones_like(photographs[0].pixels)))
    cells = [white, *((_("style {letter}").fill(letter=a), to_pil(p.pixels)) for a, p in zip(LETTERS, paintings, strict=True))]
    for row, (letter, photograph) in enumerate(zip(LETTERS, photographs, strict=True)):
        cells.append((_("content {letter}").fill(letter=letter), to_pil(photograph.pixels)))
        cells += [
            (untranslated(f"{letter} × {LETTERS[column]}"), done[2 * row + column].image)
            for column in range(2)
            if 2 * row + column < len(done)
        ]
    blocks: list[Block] = [Heading(_("One exchanged, the other held")), Sheet("pairs", cells, 3, _("Each photograph after each painting."))]
    if not parted:
        return blocks
    names = {f"{kind} {letter}": distance.fill(letter=letter) for kind, distance in _DISTANCE_TO.items() for letter in LETTERS}
    rows = [{"picture": f"{LETTERS[i // 2]} × {LETTERS[i % 2]}", **each} for i, each in enumerate(found)]
    return [
        *blocks,
        Paragraph(_square_finding(found)),
        Table("distances", {"picture": _("picture"), **names}, rows, _DISTANCES, spoken=True),
        Formula(
            "Σ(x_ij − x··)² = 2·Σ(x_i· − x··)² + 2·Σ(x·j − x··)² + Σ(x_ij − x_i· − x·j + x··)²",
            "analysis of variance in two ways; x are feature maps, or Gram matrices, of content i and style j",
        ),
        Paragraph(_parted_finding(parted)),
        *(Plot(kind, _drawn(parted[kind]), caption) for kind, caption in _PARTED.items()),
    ]


_DISTANCE_TO = {"content": _("to content {letter}"), "style": _("to style {letter}")}
_DISTANCES = _(
    "How far each picture is from each source: ‖F − P‖ / ‖P‖ at the content layer, ‖G − A‖ / ‖A‖ on average over the style layers."
)
_PARTED = {"maps": _("Why feature maps of the four pictures differ, layer by layer."), "grams": _("Why their Gram matrices differ.")}


def _drawn(parted: Mapping[str, Effects]) -> Any:
    def draw(translate: Translate) -> Any:
        parts = {
            translate(_("the photograph")): [each.content for each in parted.values()],
            translate(_("the painting")): [each.style for each in parted.values()],
            translate(_("both together")): [each.both for each in parted.values()],
        }
        return shares(parts, list(parted), translate(_("share of the variance")), COLORS)

    return draw


def _square_finding(found: Sequence[Mapping[str, float]]) -> Translated:
    """Compare what exchanging the style does to the content with what exchanging the content does, and the other way round."""
    held = fmean(abs(found[2 * row]["content " + LETTERS[row]] - found[2 * row + 1]["content " + LETTERS[row]]) for row in range(2))
    swapped = fmean(found[i]["content " + LETTERS[1 - i // 2]] - found[i]["content " + LETTERS[i // 2]] for i in range(4))
    still = fmean(abs(found[column]["style " + LETTERS[column]] - found[2 + column]["style " + LETTERS[column]]) for column in range(2))
    changed = fmean(found[i]["style " + LETTERS[1 - i % 2]] - found[i]["style " + LETTERS[i % 2]] for i in range(4))
    return _(
        "With another painting, the distance to the own photograph changes by {held:.2f}; to the other photograph it is {swapped:.2f} "
        "more. With another photograph, the distance to the own painting changes by {still:.2f}; to the other painting it is {changed:.2f} "
        "more."
    ).fill(held=held, swapped=swapped, still=still, changed=changed)


def _parted_finding(parted: Mapping[str, Mapping[str, Effects]]) -> Translated:
    grams = fmean(each.style for each in parted["grams"].values())
    deepest = list(parted["maps"])[-2 if len(parted["maps"]) > 1 else -1]
    maps = parted["maps"][deepest].content
    found = _(
        "Gram matrices differ because of the painting by {grams:.0%} (mean over the layers); feature maps of {layer} because of the "
        "photograph by {maps:.0%}."
    ).fill(grams=grams, layer=deepest, maps=maps)
    verdict = (
        _("Most of each follows its own source: separable, but not wholly.")
        if min(grams, maps) > 0.5
        else _("Not even half follows its own source in both: on these pictures, hardly separable.")
    )
    return untranslated("{found} {verdict}").fill(found=found, verdict=verdict)


def _sweep_blocks(sweep: Sequence[tuple[float, Mapping[str, float]]]) -> list[Block]:
    if len(sweep) < 2:
        return []

    def draw(translate: Translate) -> Any:
        lines = {
            translate(_("content error")): [each["content A"] for _, each in sweep],
            translate(_("style error")): [each["style A"] for _, each in sweep],
        }
        return curves(lines, [f"{ratio:g}" for ratio, _ in sweep], ("α/β", translate(_("relative error"))))

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
        Plot("sweep", draw, _("Photograph A after painting A.")),
        Table("sweep", columns, rows, _("The two errors, by weight."), spoken=True),
    ]
