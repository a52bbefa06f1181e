"""The same picture with its content taken from ever deeper layers: are those from high layers the finest?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from pincel.backbones.vgg import VGG
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import LoadedImage, Source
from pincel.studies.declarations import DepthOptions
from pincel.studies.feature_errors import layer_errors
from pincel.studies.features import features
from pincel.studies.plots import curves
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import BLOCK_LAYERS, StudySettings, select_layers
from pincel.studies.transfers import TransferSpec, early_stop_note, load_originals, original_cells, transfer_all, weights
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _


def study(content: Source, style: Source, options: DepthOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint once for each content layer, everything else the same.

    Raises:
        OptionError: For a ratio that is not above 0.
        UnknownNameError: For a layer the network does not have.
        PincelError: For pictures or networks that cannot be used.
    """
    if not 0 < options.ratio < float("inf"):
        raise OptionError(f"--ratio {options.ratio}: give a number above 0.")
    layers, measured = select_layers(settings.spec, options.layers, BLOCK_LAYERS), select_layers(settings.spec, None, BLOCK_LAYERS)
    photograph, painting, backbone = load_originals(content, style, settings, (*layers, *measured))
    shared = {"style_layers": ",".join(measured), **weights(settings, options.ratio)}
    specs = [TransferSpec(photograph, painting, {**shared, "content_layers": layer}) for layer in layers]
    done = transfer_all(specs, settings, progress, options.recipe)
    runs = _measured(backbone, (photograph, painting), zip(layers, done, strict=False), layers, measured)
    return Report(
        name="depth",
        title=_("Content from how deep a layer?"),
        lead=_(
            "A claim of the first paper: the most appealing pictures are made where content is matched in high layers, because only things "
            "have to stay, not pixels. Here the content layer goes from the first to the deepest, and nothing else changes."
        ),
        blocks=_blocks(original_cells(photograph, painting), [result.image for result in done], runs, measured),
        numbers={"runs": runs, "losses": [[each["total"] for each in result.losses] for result in done]},
        settings={
            **settings.as_json(),
            "recipe": options.recipe,
            "ratio": options.ratio,
            "layers": layers,
            "content": photograph.name,
            "style": painting.name,
        },
        notes=early_stop_note(done, specs, progress),
    )


def _measured(
    backbone: VGG,
    originals: tuple[LoadedImage, LoadedImage],
    runs: Iterable[tuple[str, Result]],
    layers: Sequence[str],
    measured: Sequence[str],
) -> list[dict[str, Any]]:
    """Measure each picture against photograph and painting: at its own content layer, and at all of ``measured``."""
    of_content, of_style = features(backbone, originals[0], {*layers, *measured}), features(backbone, originals[1], measured)
    rows = []
    for layer, result in runs:
        content = layer_errors(backbone, result.image, of_content, measured)[0]
        own = layer_errors(backbone, result.image, of_content, (layer,))[0][0]
        style = layer_errors(backbone, result.image, of_style, measured)[1]
        rows.append({"layer": layer, "own": own, "style": fmean(style), "content": dict(zip(measured, content, strict=True))})
    return rows


def _blocks(
    originals: Sequence[tuple[Translated, Image.Image]],
    images: Sequence[Image.Image],
    runs: Sequence[Mapping[str, Any]],
    measured: Sequence[str],
) -> list[Block]:
    names = [each["layer"] for each in runs]
    cells = [*originals, *((untranslated(name), image) for name, image in zip(names, images, strict=True))]
    formula = f"J(G) = α·J_content^l(C, G) + β·J_style(S, G),  l = {', '.join(names)}"
    blocks: list[Block] = [
        Formula(formula, _("Gatys, Ecker, Bethge 2015, eq. 7; 2016, figure 5")),
        Sheet("pictures", cells, min(len(cells), 4), _("By content layer, shallow to deep.")),
    ]
    if not runs:
        return blocks
    columns = {
        "layer": _("content layer"),
        "own": _("content error there"),
        "style": _("style error"),
        **{name: _("content, {name}").fill(name=name) for name in measured},
    }
    rows = [{**each, **each["content"]} for each in runs]
    caption = _("What a deeper content layer costs, and what it leaves to the style.")
    return [
        *blocks,
        Paragraph(_finding(runs, measured)),
        Plot("trade", partial(_trade_plot, runs, names, measured), caption),
        Table("layers", columns, rows, _TABLE, print_to_terminal=True),
    ]


def _trade_plot(runs: Sequence[Mapping[str, Any]], names: Sequence[str], measured: Sequence[str], translate: Translate) -> Figure:
    lines = {
        translate(_("style error, all layers")): [each["style"] for each in runs],
        translate(_("content error, {first}").fill(first=measured[0])): [each["content"][measured[0]] for each in runs],
        translate(_("content error, {last}").fill(last=measured[-1])): [each["content"][measured[-1]] for each in runs],
    }
    return curves(lines, names, (translate(_("content layer")), translate(_("relative error"))))


_TABLE = _(
    "As saved: content error ‖F − P‖ / ‖P‖ in the content layer of the run and in all of them, style error ‖G − A‖ / ‖A‖ on average."
)


def _finding(runs: Sequence[Mapping[str, Any]], measured: Sequence[str]) -> Translated:
    """Return how the errors change from the first picture to the last; which is finest is left to the reader."""
    first, last = runs[0], runs[-1]
    pixels = measured[0]
    best = min(runs, key=lambda each: float(each["style"]))["layer"]
    values = {
        "a": first["layer"],
        "b": last["layer"],
        "p": pixels,
        "c": first["content"][pixels],
        "d": last["content"][pixels],
        "e": first["style"],
        "f": last["style"],
        "best": best,
    }
    numbers = _(
        "From {a} to {b} the content error in {p}, where single pixels count, goes from {c:.0%} to {d:.0%}, and the style error from "
        "{e:.0%} to {f:.0%}; the style comes nearest with content from {best}."
    ).fill(**values)
    freer = last["content"][pixels] > first["content"][pixels] and last["style"] <= first["style"]
    verdict = (
        _(
            "So a deep layer does leave the pixels free, and the style uses that: this much of the claim is measured. Which picture is the "
            "finest is for your eyes."
        )
        if freer
        else _(
            "So on these pictures, with these steps, a deeper layer has not left more room to the style: the claim is not borne out here."
        )
    )
    return untranslated("{numbers} {verdict}").fill(numbers=numbers, verdict=verdict)
