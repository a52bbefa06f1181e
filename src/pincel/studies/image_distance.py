"""How far two pictures of one size are apart, by pixels and layer by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.functional.content import feature_distance
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.gram import gram_distance, gram_matrix
from pincel.functional.metrics import mean_difference, psnr, relative_error
from pincel.images.io import LoadedImage, to_pil
from pincel.studies import plots
from pincel.studies.features import WHITE, features, load_network
from pincel.studies.heatmaps import pixel_heatmap
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Slider, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Note, Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Decibels from which on two pictures are hard to tell apart.
ALIKE = 40.0
_OVER_TITLE = _("One over the other")
_OVER = _("Pull the edge: A is left of it, B right of it.")
_PIXELS = _("The pixels differ by {mean:.3g} of 255 gray levels on average; the peak signal-to-noise ratio is {psnr:.1f} dB. {seen}")
_SEEN = _("That is plain to see.")
_UNSEEN = _("That is hard to see.")
_IDENTICAL = _("The two are the same, pixel for pixel: every distance is 0.")
_PSNR = Formula(_("PSNR = 10·log₁₀(255² / mean (A − B)²)"), _("in decibels; 30 to 40 dB is usual for a good JPEG"))
_WHERE = _(
    "Where they differ: by pixels, and by what each layer answers (root of the squared difference over all channels). Dark: not at all; "
    "bright: most. Each has a scale of its own."
)
_DISTANCE_TITLE = _("By what the network sees")
_DISTANCES = _(
    "F are the answers of a layer, G = A·Aᵀ/(n_H·n_W) their Gram matrix. Both distances have units that change from layer to layer; the "
    "relative errors have none, and can be compared."
)
_CONTENT_FORMULA = Formula(_("d = mean (F_A − F_B)²"), _("content; the deck's J_content = d/4"))
_STYLE_FORMULA = Formula(
    _("J_style^[l] = 1/(4·n_C²·(n_H·n_W)²) · ΣΣ (A·Aᵀ − A′·A′ᵀ)² = ¼ · mean (G_A − G_B)²"), _("the deck; Gatys et al. 2015, eq. 4")
)
_RELATIVE_FORMULA = Formula("‖F_A − F_B‖ / ‖F_A‖,   ‖G_A − G_B‖ / ‖G_A‖", _("relative errors; 1 is as large as A itself"))
_RELATIVE = _("How far B is from A, layer by layer.")
_FOUND = _(
    "In content they differ most in {content_far} ({content_most:.2f} of its size) and least in {content_near} ({content_least:.2f}); in "
    "style most in {style_far} ({style_most:.2f}) and least in {style_near} ({style_least:.2f}). {sense}"
)
_STYLE_KEPT = _("In every layer style differs less than content: they share more of what appears together than of what is where.")
_CONTENT_KEPT = _("In every layer content differs less than style: they share more of what is where than of what appears together.")
_SILENT = _("Where a layer answers at all to A, it answers alike to B; elsewhere there is nothing to be relative to.")
_MIXED = _("Style differs less than content in {layers}; elsewhere it is the other way round.")
_CONTENT, _STYLE = _("content"), _("style")
_ERROR, _LAYER = _("relative error"), _("layer")
_COLUMNS = {
    "layer": _LAYER,
    "content": _("content d"),
    "style": untranslated("J_style"),
    "content_error": _("content, relative"),
    "style_error": _("style, relative"),
}
_TABLE = _("The distance of A and B in each layer.")
_PIXEL = _("pixels\nmean {mean:.3g} of 255")


@dataclass(frozen=True)
class ImagePair:
    """Two pictures of one size.

    Attributes:
        first: A.
        second: B.
        labels: What they are.
    """

    first: LoadedImage
    second: LoadedImage
    labels: tuple[Translated, Translated]


def compare_images(
    two: ImagePair, layers: Sequence[str], settings: StudySettings, progress: ProgressReporter
) -> tuple[list[Block], dict[str, Any]]:
    """Measure how far two pictures are apart, by pixels and by layers."""
    progress.update(Note(_("looking at pictures")), 0, 2)
    backbone = load_network(settings)
    responses = [{name: each.cpu().double() for name, each in features(backbone, side, layers).items()} for side in (two.first, two.second)]
    progress.update(Note(_("looking at pictures")), 2, 2)
    rows = [_layer_figures(name, each, responses[1][name]) for name, each in responses[0].items()]
    pixels = _pixel_figures(two)

    def curves(translate: Translate) -> Figure:
        lines = {
            translate(words): [_known(row[key]) for row in rows] for words, key in ((_CONTENT, "content_error"), (_STYLE, "style_error"))
        }
        return plots.curves(lines, [row["layer"] for row in rows], (translate(_LAYER), translate(_ERROR)))

    images = tuple(to_pil(side.pixels) for side in (two.first, two.second))
    blocks: list[Block] = [
        Heading(_OVER_TITLE),
        Slider(images[0], images[1], two.labels, _OVER),
        Paragraph(_pixels_found(pixels)),
        _PSNR,
        Sheet("differences", _differences(two, responses, rows, pixels), min(4, 1 + len(rows)), _WHERE, height=200),
        Heading(_DISTANCE_TITLE),
        Paragraph(_DISTANCES),
        _CONTENT_FORMULA,
        _STYLE_FORMULA,
        _RELATIVE_FORMULA,
        Plot("distances", curves, _RELATIVE),
        Paragraph(_layers_found(rows)),
        Table("distances", _COLUMNS, rows, _TABLE),
    ]
    return blocks, {"size": [two.first.width, two.first.height], "pixels": pixels, "layers": rows}


def _layer_figures(name: str, first: Tensor, second: Tensor) -> dict[str, Any]:
    grams = gram_matrix(first), gram_matrix(second)
    return {
        "layer": name,
        "content": float(feature_distance(first, second)),
        "style": CONVENTIONS["slides"].style(first.shape[1]) * float(gram_distance(*grams)),
        "content_error": relative_error(first, second),
        "style_error": relative_error(*grams),
    }


def _pixel_figures(two: ImagePair) -> dict[str, float]:
    first, second = (WHITE * side.pixels.double() for side in (two.first, two.second))
    return {"mean": mean_difference(first, second), "psnr": psnr(first, second, WHITE), "most": float((first - second).abs().max())}


def _differences(
    two: ImagePair, responses: Sequence[Mapping[str, Tensor]], rows: Sequence[Mapping[str, Any]], pixels: Mapping[str, float]
) -> list[tuple[Translated, Image.Image]]:
    """Return where the two differ: in pixels, and in each layer."""
    size = (two.first.width, two.first.height)
    maps = [(two.first.pixels - two.second.pixels).abs().mean(1)[0]]
    maps += [(responses[0][row["layer"]] - responses[1][row["layer"]]).square().sum(1).sqrt()[0] for row in rows]
    captions = [_PIXEL.fill(mean=pixels["mean"]), *(untranslated(f"{row['layer']}\nd = {row['content']:.3g}") for row in rows)]
    # From no difference at all, even where there is one everywhere.
    return [(caption, pixel_heatmap(each, size, (0.0, float(each.max())))) for caption, each in zip(captions, maps, strict=True)]


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _pixels_found(pixels: Mapping[str, float]) -> Translated:
    if pixels["mean"] == 0:
        return _IDENTICAL
    return _PIXELS.fill(mean=pixels["mean"], psnr=pixels["psnr"], seen=_UNSEEN if pixels["psnr"] >= ALIKE else _SEEN)


def _layers_found(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says in which layers two pictures are near, and whether in content or in style."""
    known = [row for row in rows if row["content_error"] is not None and row["style_error"] is not None]
    if not any(row["content_error"] or row["style_error"] for row in known):
        return _IDENTICAL if not any(row["content"] for row in rows) else _SILENT
    ends: dict[str, Any] = {}
    for what in ("content", "style"):
        errors = sorted((float(row[f"{what}_error"]), row["layer"]) for row in known)
        for name, value, (error, layer) in (("far", "most", errors[-1]), ("near", "least", errors[0])):
            ends |= {f"{what}_{name}": layer, f"{what}_{value}": error}
    nearer = [row["layer"] for row in known if row["style_error"] < row["content_error"]]
    sense = _STYLE_KEPT if len(nearer) == len(known) else _MIXED.fill(layers=", ".join(nearer)) if nearer else _CONTENT_KEPT
    return _FOUND.fill(**ends, sense=sense)
