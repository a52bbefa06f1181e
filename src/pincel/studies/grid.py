"""Style layers against the weight of the content: figure 3 of Gatys, Ecker, Bethge 2015."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pincel.errors import OptionError
from pincel.images.io import Source
from pincel.studies.declarations import GridOptions
from pincel.studies.feature_errors import layer_errors
from pincel.studies.features import features
from pincel.studies.plots import heatmap
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import BLOCK_LAYERS, CONTENT_LAYERS, StudySettings, select_layers
from pincel.studies.transfers import TransferSpec, early_stop_note, load_originals, original_cells, transfer_all, weights
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

# α/β: the columns of the figure, and two more.
RATIOS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
# Content error, of the mean of a column, from which on the photograph is called recognizable.
CLEAR = 0.75


def study(content: Source, style: Source, options: GridOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint once for each set of style layers and each α/β, with the normalized network and average pooling.

    Raises:
        OptionError: For ratios that are no numbers above 0.
        PincelError: For pictures or networks that cannot be used.
    """
    ratios = _ratios(options.ratios)
    layers, places = select_layers(settings.spec, None, BLOCK_LAYERS), select_layers(settings.spec, None, CONTENT_LAYERS)
    photograph, painting, backbone = load_originals(content, style, settings, (*layers, *places))
    cells = [(count, ratio) for count in range(1, len(layers) + 1) for ratio in ratios]
    specs = [
        TransferSpec(
            photograph,
            painting,
            {"content_layers": ",".join(places), "style_layers": ",".join(layers[:count]), **weights(settings, ratio)},
        )
        for count, ratio in cells
    ]
    done = transfer_all(specs, settings, progress, options.recipe)
    of_content, of_style = features(backbone, photograph, places), features(backbone, painting, layers)
    rows = []
    for (count, ratio), result in zip(cells, done, strict=False):
        # Style is measured at all layers, also those the picture was not matched at.
        style_errors = dict(zip(layers, layer_errors(backbone, result.image, of_style, layers)[1], strict=True))
        content_error = fmean(layer_errors(backbone, result.image, of_content, places)[0])
        rows.append({"layers": count, "ratio": ratio, "content": content_error, "style": fmean(style_errors.values()), **style_errors})
    originals = Sheet("originals", original_cells(photograph, painting), 4, _("What it is made from."))
    return Report(
        name="grid",
        title=_("How much style, and of which size"),
        lead=_(
            "The same photograph after the same painting, twenty ways: downwards, more and deeper layers say what style is; to the right, "
            "the content counts for more."
        ),
        blocks=[_FORMULA, originals, *_blocks([result.image for result in done], rows, layers, ratios)],
        numbers={"cells": rows},
        settings={**settings.as_json(), "recipe": options.recipe, "ratios": ratios, "content": photograph.name, "style": painting.name},
        notes=early_stop_note(done, specs, progress),
    )


def _ratios(text: str | None) -> tuple[float, ...]:
    if text is None:
        return RATIOS
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < float("inf") for value in values):
        raise OptionError(f"--ratios takes numbers above 0, such as 1e-4,1e-3, not '{text}'.")
    return values


def _blocks(
    images: Sequence[Image.Image], rows: Sequence[Mapping[str, Any]], layers: Sequence[str], ratios: Sequence[float]
) -> list[Block]:
    if not rows:
        return []
    cells = [
        (untranslated(f"{_named(layers, row['layers'])}\nα/β = {row['ratio']:.0e}"), image) for row, image in zip(rows, images, strict=True)
    ]
    blocks: list[Block] = [Sheet("grid", cells, len(ratios), _CAPTION)]
    whole = len(rows) // len(ratios)
    if whole:
        table = np.array([[row["content"], row["style"]] for row in rows[: whole * len(ratios)]]).reshape(whole, len(ratios), 2)
        names = [_named(layers, count + 1) for count in range(whole)], [f"{ratio:.0e}" for ratio in ratios]
        blocks.append(Paragraph(_finding(table, ratios)))
        blocks += [_error_plot(kind, table[:, :, place], names) for place, kind in enumerate(_KINDS)]
    columns = {
        "layers": _("style layers"),
        "ratio": untranslated("α/β"),
        "content": _("content error"),
        "style": _("style error"),
        **{layer: untranslated(layer) for layer in layers},
    }
    named = [{**row, "layers": _named(layers, row["layers"])} for row in rows]
    return [*blocks, Table("cells", columns, named, _TABLE, print_to_terminal=True)]


_FORMULA = Formula(
    "J(G) = α·J_content(C, G) + β·J_style(S, G)",
    _("Gatys, Ecker, Bethge 2015, eq. 7 and figure 3; normalized VGG-19, average pooling"),
)
_CAPTION = _("Each row adds a style layer, each column gives the content more weight. The paper's figure has columns from 1e-5 to 1e-2.")
_TABLE = _("As saved: ‖F − P‖ / ‖P‖ at the content layer, ‖G − A‖ / ‖A‖ at each style layer, and its mean.")
_KINDS = {
    "content": _("Content error: how far from the photograph."),
    "style": _("Style error: how far from the painting, over all layers."),
}


def _named(layers: Sequence[str], count: int) -> str:
    return layers[0] if count == 1 else f"{layers[0]} … {layers[count - 1]}"


def _error_plot(kind: str, values: npt.NDArray[Any], names: tuple[Sequence[str], Sequence[str]]) -> Plot:
    return Plot(f"{kind}-errors", lambda _: heatmap(values, names=names, numbers=True, size=(6.0, 4.0)), _KINDS[kind])


def _finding(table: npt.NDArray[Any], ratios: Sequence[float]) -> Translated:
    """Return how errors, (rows, columns, 2), change from the first row and column to the last."""
    across = _(
        "From the first column to the last the content error goes from {a:.0%} to {b:.0%} (mean over the rows), the style error from "
        "{c:.0%} to {d:.0%}."
    ).fill(a=table[:, 0, 0].mean(), b=table[:, -1, 0].mean(), c=table[:, 0, 1].mean(), d=table[:, -1, 1].mean())
    down = _("From the first row to the last the style error over all layers goes from {a:.0%} to {b:.0%}.").fill(
        a=table[0, :, 1].mean(), b=table[-1, :, 1].mean()
    )
    clear = [ratio for ratio, error in zip(ratios, table[:, :, 0].mean(axis=0), strict=True) if error < CLEAR]
    shows = (
        _("The photograph comes through from α/β = {ratio:.0e} on: there the content error is under {limit:.0%}.").fill(
            ratio=min(clear), limit=CLEAR
        )
        if clear
        else _(
            "In no column does the content error fall under {limit:.0%}: starting from noise, these steps and weights leave the "
            "photograph out."
        ).fill(limit=CLEAR)
    )
    return untranslated("{across} {shows} {down}").fill(across=across, shows=shows, down=down)
