"""Two photographs after two paintings, four pictures: what follows the content, what follows the style, and what neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from torch import Tensor

from pincel.functional.gram import gram_matrix
from pincel.images.io import LoadedImage, Source, load_picture, to_pil
from pincel.images.resize import cover
from pincel.studies.anova import AnovaEffects, anova_effects
from pincel.studies.declarations import SeparabilityOptions
from pincel.studies.feature_errors import content_error, style_error
from pincel.studies.features import check_size, features, load_input, load_network
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.separability_page import LETTERS, square_blocks, sweep_blocks
from pincel.studies.settings import BLOCK_LAYERS, CONTENT_LAYERS, StudySettings, select_layers
from pincel.studies.transfers import TransferSpec, early_stop_note, transfer_all, weights
from pincel.translation import gettext_lazy as _

_TITLE = _("Are content and style separable?")
_LEAD = _(
    "Gatys and colleagues find that content and style can be told apart in the network: one can be exchanged while the other is "
    "held. Here two photographs meet two paintings, and each of the four pictures is measured against all four."
)
# α/β of the four pictures, and of the series of weights.
RATIO = 0.3
SWEEP = (0.01, 0.1, 1.0, 10.0)


def study(content: Source, style: Source, options: SeparabilityOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint every pair of two photographs and two paintings, then the first pair with ever more weight on the content.

    Raises:
        PincelError: For pictures or networks that cannot be used.
    """
    layers, places = select_layers(settings.spec, None, BLOCK_LAYERS), select_layers(settings.spec, None, CONTENT_LAYERS)
    first, second = (load_input(each, settings, "content") for each in (content, options.other_content))
    photographs = (first, replace(second, pixels=cover(second.pixels, (first.height, first.width)), alpha=None))
    paintings = (load_input(style, settings, "style"), load_input(options.other_style, settings, "style"))
    backbone = load_network(settings, "avg")
    for picture in (*photographs, *paintings):
        check_size(backbone, picture, (*layers, *places))
    shared = {"content_layers": ",".join(places), "style_layers": ",".join(layers)}
    pairs = [(photograph, painting, RATIO) for photograph in photographs for painting in paintings]
    pairs += [(photographs[0], paintings[0], ratio) for ratio in SWEEP]
    specs = [TransferSpec(one, other, {**shared, **weights(settings, ratio)}) for one, other, ratio in pairs]
    done = transfer_all(specs, settings, progress, options.recipe)
    wanted = {name: features(backbone, picture, (*places, *layers)) for name, picture in _named(photographs, paintings).items()}
    maps = [features(backbone, load_picture(result.image), (*places, *layers)) for result in done]
    distances = [_distances(each, wanted, places, layers) for each in maps]
    square = distances[:4]
    sweep = sorted(zip((RATIO, *SWEEP), (*distances[:1], *distances[4:]), strict=False), key=lambda each: each[0])
    parted = _effects(maps[:4], layers) if len(maps) >= 4 else {}
    originals = [to_pil(each.pixels) for each in (*photographs, *paintings)]
    return Report(
        name="separability",
        title=_TITLE,
        lead=_LEAD,
        blocks=[*square_blocks(originals, [result.image for result in done[:4]], square, parted), *sweep_blocks(sweep)],
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
        notes=early_stop_note(done, specs, progress),
    )


def _named(photographs: Sequence[LoadedImage], paintings: Sequence[LoadedImage]) -> dict[str, LoadedImage]:
    named = {f"content {letter}": picture for letter, picture in zip(LETTERS, photographs, strict=True)}
    return named | {f"style {letter}": picture for letter, picture in zip(LETTERS, paintings, strict=True)}


def _distances(
    maps: Mapping[str, Tensor], wanted: Mapping[str, Mapping[str, Tensor]], places: Sequence[str], layers: Sequence[str]
) -> dict[str, float]:
    """Measure one picture against both photographs and both paintings."""
    return {
        name: fmean(content_error(maps[layer], of[layer]) for layer in places)
        if name.startswith("content")
        else fmean(style_error(maps[layer], of[layer]) for layer in layers)
        for name, of in wanted.items()
    }


def _effects(maps: Sequence[Mapping[str, Tensor]], layers: Sequence[str]) -> dict[str, dict[str, AnovaEffects]]:
    """Return the effects on feature maps and on Gram matrices, layer by layer."""
    rows = maps[:2], maps[2:]
    features_of = {layer: anova_effects([[each[layer] for each in row] for row in rows]) for layer in layers}
    grams = {layer: anova_effects([[gram_matrix(each[layer]) for each in row] for row in rows]) for layer in layers}
    return {"maps": features_of, "grams": grams}
