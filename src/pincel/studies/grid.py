"""Style layers against the weight of the content: figure 3 of Gatys, Ecker, Bethge 2015."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import Source, to_pil
from pincel.studies.declarations.grid import GridOptions
from pincel.studies.look import check_size, features, network, opened
from pincel.studies.measure import errors
from pincel.studies.paint import Job, early, paint_all
from pincel.studies.plots import heat
from pincel.studies.report import Block, Formula, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYERS = ("relu4_2",)
# α/β: the columns of the figure, and two more; β is the same throughout.
RATIOS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
BETA = 1e6
# Content error, of the mean of a column, from which on the photograph is called recognizable.
CLEAR = 0.75


def study(content: Source, style: Source, options: GridOptions, settings: Settings, watch: Watch) -> Report:
    """Paint once for each set of style layers and each α/β, with the normalized network and average pooling.

    Args:
        content: The photograph.
        style: The painting.
        options: α/β as ``1e-5,1e-3``, a column each; how each picture is painted.
        settings: Network, size, seed, steps.
        watch: Told how far it is; ends early if asked to, with the pictures there are.

    Raises:
        OptionError: For ratios that are no numbers above 0.
        PincelError: For pictures or networks that cannot be used.
    """
    columns = _ratios(options.ratios)
    layers, places = chosen_layers(settings.spec, None, STYLE_LAYERS), chosen_layers(settings.spec, None, CONTENT_LAYERS)
    photograph, painting = opened(content, settings, "content"), opened(style, settings, "style")
    backbone = network(settings, "avg")
    for picture in (photograph, painting):
        check_size(backbone, picture, (*layers, *places))
    cells = [(count, ratio) for count in range(1, len(layers) + 1) for ratio in columns]
    shared: dict[str, Any] = {"content_layers": ",".join(places), "style_weight": BETA}
    if settings.spec.filters:
        # Filters that were never trained have nothing to normalize.
        shared["activations"] = "raw"
    jobs = [
        Job(photograph, painting, {**shared, "style_layers": ",".join(layers[:count]), "content_weight": BETA * ratio})
        for count, ratio in cells
    ]
    done = paint_all(jobs, settings, watch, options.recipe)
    of_content, of_style = features(backbone, photograph, places), features(backbone, painting, layers)
    found = []
    for (count, ratio), result in zip(cells, done, strict=False):
        style_errors = dict(zip(layers, errors(backbone, result.image, of_style, layers)[1], strict=True))
        content_error = fmean(errors(backbone, result.image, of_content, places)[0])
        # All layers judge, also those that were not asked: more of the style is more of all of it.
        found.append({"layers": count, "ratio": ratio, "content": content_error, "style": fmean(style_errors.values()), **style_errors})
    return Report(
        name="grid",
        title=_("How much style, and of which size"),
        lead=_(
            "The same photograph after the same painting, twenty ways: downwards, more and deeper layers say what style is; to the right, "
            "the content counts for more."
        ),
        blocks=_blocks(done, found, layers, columns, [photograph, painting]),
        numbers={"cells": found},
        settings={**settings.as_json(), "recipe": options.recipe, "ratios": columns, "content": photograph.name, "style": painting.name},
        notes=early(done, jobs, watch),
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
    done: Sequence[Result], found: Sequence[Mapping[str, Any]], layers: Sequence[str], columns: Sequence[float], pictures: Sequence[Any]
) -> list[Block]:
    cells = [
        (untranslated(f"{_named(layers, cell['layers'])}\nα/β = {cell['ratio']:.0e}"), result.image)
        for cell, result in zip(found, done, strict=True)
    ]
    originals = [(_("content"), to_pil(pictures[0].pixels)), (_("style"), to_pil(pictures[1].pixels))]
    blocks: list[Block] = [
        Formula(
            "J(G) = α·J_content(C, G) + β·J_style(S, G)",
            "Gatys, Ecker, Bethge 2015, eq. 7 and figure 3; normalized VGG-19, average pooling",
        ),
        Sheet("originals", originals, 4, _("What it is made from.")),
    ]
    if not found:
        return blocks
    blocks.append(Sheet("grid", cells, len(columns), _CAPTION))
    rows = [{**cell, "layers": _named(layers, cell["layers"])} for cell in found]
    headings = {
        "layers": _("style layers"),
        "ratio": untranslated("α/β"),
        "content": _("content error"),
        "style": _("style error"),
        **{layer: untranslated(layer) for layer in layers},
    }
    whole = len(found) // len(columns)
    if whole:
        blocks += [
            Paragraph(_finding(found, columns, whole)),
            *(_map(kind, found, layers, columns, whole) for kind in ("content", "style")),
        ]
    return [*blocks, Table("cells", headings, rows, _TABLE, spoken=True)]


_CAPTION = _("Each row adds a style layer, each column gives the content more weight. The paper's figure has columns from 1e-5 to 1e-2.")
_TABLE = _("As saved: ‖F − P‖ / ‖P‖ at the content layer, ‖G − A‖ / ‖A‖ at each style layer, and its mean.")
_KINDS = {
    "content": _("Content error: how far from the photograph."),
    "style": _("Style error: how far from the painting, over all layers."),
}


def _named(layers: Sequence[str], count: int) -> str:
    return layers[0] if count == 1 else f"{layers[0]} … {layers[count - 1]}"


def _map(kind: str, found: Sequence[Mapping[str, Any]], layers: Sequence[str], columns: Sequence[float], whole: int) -> Plot:
    values = np.array([cell[kind] for cell in found[: whole * len(columns)]]).reshape(whole, len(columns))
    names = [_named(layers, row + 1) for row in range(whole)], [f"{ratio:.0e}" for ratio in columns]
    return Plot(f"{kind}-errors", lambda _: heat(values, names=names, numbers=True, label="", size=(6.0, 4.0)), _KINDS[kind])


def _finding(found: Sequence[Mapping[str, Any]], columns: Sequence[float], whole: int) -> Translated:
    """Say in numbers what the ends of the table do, whichever way they go."""
    table = np.array([[cell["content"], cell["style"]] for cell in found[: whole * len(columns)]]).reshape(whole, len(columns), 2)
    across = _(
        "From the first column to the last the content error goes from {a:.0%} to {b:.0%} (mean over the rows), the style error from "
        "{c:.0%} to {d:.0%}."
    ).fill(a=table[:, 0, 0].mean(), b=table[:, -1, 0].mean(), c=table[:, 0, 1].mean(), d=table[:, -1, 1].mean())
    down = _("From the first row to the last the style error over all layers goes from {a:.0%} to {b:.0%}.").fill(
        a=table[0, :, 1].mean(), b=table[-1, :, 1].mean()
    )
    clear = [ratio for ratio, error in zip(columns, table[:, :, 0].mean(axis=0), strict=True) if error < CLEAR]
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
