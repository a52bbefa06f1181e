"""The page of the study of reconstructions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from pincel.engine.result import Result
from pincel.images.io import LoadedImage, to_pil
from pincel.studies.plots import heatmap, step_curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.studies.transfers import relative_losses
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Gray levels, on average, up to which a picture is called nearly the same as another.
ALIKE = 10.0


def content_blocks(
    picture: LoadedImage, done: Sequence[Result], layers: Sequence[str], errors: Sequence[Sequence[float]], grays: Sequence[float]
) -> list[Block]:
    """Show the photograph rebuilt from each layer; ``grays`` are the pictures' mean distances from it in gray levels."""
    names = [untranslated(layer) for layer in layers]
    own = [row[place] for place, row in enumerate(errors)]
    blocks: list[Block] = [
        Heading(_("Content")),
        Formula(
            "J_content(C, G) = 1/(4·n_H·n_W·n_C) · Σ (a_C − a_G)²",
            _("Gatys, Ecker, Bethge 2015, eq. 1, with the factor of the deck; G starts as white noise, L-BFGS"),
        ),
        Sheet("content", _cells(_("the photograph"), picture, done, names, own), 3, _("The photograph, rebuilt from one layer each.")),
    ]
    if done:
        blocks += [
            Paragraph(_content_finding(layers, grays)),
            _curve("content", done, names),
            _matrix("content", errors, layers, names, _CONTENT_MATRIX),
            _table("content", done, names, own, grays),
        ]
    return blocks


def style_blocks(picture: LoadedImage, done: Sequence[Result], layers: Sequence[str], errors: Sequence[Sequence[float]]) -> list[Block]:
    """Show the painting rebuilt from the Gram matrices of the first layer, the first two, and so on."""
    names = _cumulative(layers)
    own = [sum(row[: place + 1]) / (place + 1) for place, row in enumerate(errors)]
    caption = _("The painting, rebuilt from the Gram matrices of more and more layers.")
    blocks: list[Block] = [
        Heading(_("Style")),
        Formula(
            "J_style(S, G) = Σ_l λ_l · 1/(4·n_C²·(n_H·n_W)²) · ΣΣ (Gram_S − Gram_G)²,  Gram = A·Aᵀ",
            _("Gatys, Ecker, Bethge 2015, eq. 4 and 5; λ_l = 1 / number of layers"),
        ),
        Sheet("style", _cells(_("the painting"), picture, done, names, own), 3, caption),
    ]
    if done:
        blocks += [
            Paragraph(_style_finding(layers, errors)),
            _curve("style", done, names),
            _matrix("style", errors, layers, names, _STYLE_MATRIX),
            _table("style", done, names, own),
        ]
    return blocks


def _cells(
    caption: Translated, picture: LoadedImage, done: Sequence[Result], names: Sequence[Translated], own: Sequence[float]
) -> list[tuple[Translated, Image.Image]]:
    cells = [(caption, to_pil(picture.pixels))]
    for name, error, result in zip(names, own, done, strict=False):
        cells.append((untranslated("{name}\nerror {error:.1%}").fill(name=name, error=error), result.image))
    return cells


_CONTENT_MATRIX = _(
    "Rows: the layer a picture was rebuilt from. Columns: how far it is from the photograph in each layer, ‖F − P‖ / ‖P‖, as saved in "
    "8 bits."
)
_STYLE_MATRIX = _(
    "Rows: the layers whose Gram matrices a picture was rebuilt from. Columns: how far its Gram matrix is from the painting's, "
    "‖G − A‖ / ‖A‖."
)


def _content_finding(layers: Sequence[str], grays: Sequence[float]) -> Translated:
    """Return a text that says from which layers the picture came back."""
    good = [layer for layer, gray in zip(layers, grays, strict=False) if gray <= ALIKE]
    lost = [layer for layer, gray in zip(layers, grays, strict=False) if gray > ALIKE]
    values = {"good": ", ".join(good), "lost": ", ".join(lost), "limit": ALIKE}
    kept = (
        _("From {good} nearly the whole picture comes back: {limit:.0f} of 255 gray levels off or less, on average.").fill(**values)
        if good
        else _("From none of the layers does the whole picture come back.")
    )
    gone = (
        _("From {lost} it does not: what single pixels were is forgotten, while the layer itself is matched as the table says.").fill(
            **values
        )
        if lost
        else _("No layer tried here forgets the pixels.")
    )
    return untranslated("{kept} {gone}").fill(kept=kept, gone=gone)


def _style_finding(layers: Sequence[str], errors: Sequence[Sequence[float]]) -> Translated:
    """Return a text that says what became of the deepest layer's style, with few layers and with all of them."""
    first, last = errors[0][-1], errors[-1][-1]
    numbers = _("From {one} alone the Gram matrix of {deep} is off by {first:.0%}; with {all} it is off by {last:.0%}.").fill(
        one=layers[0], deep=layers[-1], all=_cumulative(layers)[len(errors) - 1], first=first, last=last
    )
    more = (
        _("Deeper layers bring larger pieces of the painting back; where they stand is not remembered.")
        if last < first
        else _("Deeper layers have not helped here: more steps may.")
    )
    return untranslated("{said} {more}").fill(said=numbers, more=more)


def _cumulative(layers: Sequence[str]) -> list[Translated]:
    return [untranslated(layers[0]), *(_("{a} to {b}").fill(a=layers[0], b=layer) for layer in layers[1:])]


def _curve(term: str, done: Sequence[Result], names: Sequence[Translated]) -> Plot:
    """Plot the loss of each run over its first value, so that layers of different magnitude share an axis."""

    def draw(translate: Translate) -> Figure:
        lines = {translate(name): relative_losses(result, term) for name, result in zip(names, done, strict=False)}
        return step_curves(lines, (translate(_("step")), f"J_{term} / J_{term}(0)"), logarithmic=True)

    return Plot(f"{term}-curve", draw, _("The objective, as a share of what it was for white noise."))


def _matrix(term: str, errors: Sequence[Sequence[float]], layers: Sequence[str], rows: Sequence[Translated], caption: Translated) -> Plot:
    def draw(translate: Translate) -> Figure:
        names = [translate(row) for row in rows[: len(errors)]], layers
        return heatmap(np.array(errors), names=names, numbers=True, size=(6.5, 4.5))

    return Plot(f"{term}-errors", draw, caption)


def _table(term: str, done: Sequence[Result], names: Sequence[Translated], own: Sequence[float], grays: Sequence[float] = ()) -> Table:
    """Return steps, loss and error of each run; ``own`` is the error in what the picture was rebuilt from."""
    rows: list[dict[str, Any]] = [
        {"layer": name, "steps": result.record["steps"], "loss": result.losses[-1][term], "error": error}
        for name, result, error in zip(names, done, own, strict=False)
    ]
    columns = {"layer": _("from"), "steps": _("steps"), "loss": untranslated(f"J_{term}"), "error": _("relative error there")}
    if grays:
        columns["gray_levels"] = _("gray levels off")
        rows = [{**row, "gray_levels": gray} for row, gray in zip(rows, grays, strict=True)]
    return Table(f"{term}-table", columns, rows, _("After the last step."), print_to_terminal=True)
