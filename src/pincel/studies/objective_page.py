"""The page of the study of the objective: three weights to move, the picture and its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from PIL import Image

from pincel.studies.report import Block, Formula, Heading, Paragraph, Report, Sheet, Table, WeightedTerm, WeightSliders
from pincel.translation import Translated, joined, untranslated
from pincel.translation import gettext_lazy as _

Weights = tuple[float, float, float]
# Letter, term, and what it measures.
TERMS = (("α", "J_content", _("content")), ("β", "J_style", _("style")), ("γ", "J_tv", _("variation")))

TITLE = _("J(G) and its three weights")
LEAD = _(
    "The objective of style transfer is one number, and what it asks for is decided by α, β and γ. The same photograph after the same "
    "painting, from the same start, painted under each choice of them."
)
EARLY = _("The study was ended early: {done} of {count} pictures are there.")


@dataclass(frozen=True)
class Painted:
    """A picture and its terms.

    Attributes:
        image: G.
        costs: J_content, J_style and J_tv.
    """

    image: Image.Image
    costs: tuple[float, float, float]


def page(
    axes: Sequence[Sequence[float]],
    shared: Mapping[Weights, Weights],
    painted: Mapping[Weights, Painted],
    originals: Sequence[tuple[Translated, Image.Image]],
    settings: Mapping[str, Any],
    command: str,
) -> Report:
    """Put together the report.

    Args:
        axes: Values of α, of β and of γ.
        shared: Choice → the choice with the same ratios that was painted.
        painted: By these.
        originals: Photograph and painting.
        settings: Of the study.
        command: What paints the picture with the largest weights.
    """
    rows = [_row(weights, painted[own].costs) for weights, own in shared.items() if own in painted]
    wanted = len(set(shared.values()))
    # With a picture missing no slider could show it.
    shown: list[Block] = [_sliders(axes, shared, painted)] if len(painted) == wanted else _sheet(painted)
    columns = {name: untranslated(text) for name, text in COLUMNS.items()}
    blocks: list[Block] = [
        *FORMULAS,
        Sheet("originals", originals, 4, _("What it is made from.")),
        Heading(_("Move the weights")),
        *shown,
        *_findings(rows),
        Table("terms", columns, rows, TABLE, collapsed=True),
        Heading(_("By hand")),
        Formula(command, BY_HAND),
    ]
    notes = (EARLY.fill(done=len(painted), count=wanted),) if len(painted) < wanted else ()
    return Report("objective", TITLE, LEAD, blocks, {"choices": rows}, settings, notes)


COLUMNS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "content": "J_content",
    "style": "J_style",
    "tv": "J_tv",
    "weighted_content": "α·J_content",
    "weighted_style": "β·J_style",
    "weighted_tv": "γ·J_tv",
    "total": "J",
}
FORMULAS: Sequence[Block] = (
    Formula("J(G) = α·J_content(C, G) + β·J_style(S, G) + γ·J_tv(G)", _("the deck; only the ratios of α, β and γ decide which G is best")),
    Formula("J_content = 1/(4·n_H·n_W·n_C) · Σ (a(C) − a(G))²", _("activations of one layer, place by place")),
    Formula("J_style = Σ λ_l · 1/(4·n_C²·(n_H·n_W)²) · Σ (Gram(S) − Gram(G))²", _("Gram matrices of several layers l")),
    Formula("J_tv = 1/(n_H·n_W·n_C) · (Σ |Δx| + Σ |Δy|)", _("neighboring pixels of G")),
)
BY_HAND = _("This paints the picture with the largest weights; 'pincel evaluate' with the same options measures its terms.")
CAPTION = _("G, painted under the weights that the sliders say; its three costs, and what each adds to J.")
TABLE = _("Every choice of weights with its terms, measured of the saved picture as 'pincel evaluate' does.")


def _row(weights: Weights, costs: Sequence[float]) -> dict[str, float]:
    parts = [weight * cost for weight, cost in zip(weights, costs, strict=True)]
    return dict(zip(COLUMNS, (*weights, *costs, *parts, sum(parts)), strict=True))


def _sliders(axes: Sequence[Sequence[float]], shared: Mapping[Weights, Weights], painted: Mapping[Weights, Painted]) -> Block:
    places = {weights: place for place, weights in enumerate(painted)}
    choices = list(product(*axes))
    # Little content, much style, and some smoothing.
    start = choices.index((axes[0][len(axes[0]) // 2], axes[1][-1], axes[2][len(axes[2]) // 2]))
    return WeightSliders(
        "weights",
        [WeightedTerm(weight, cost, name, values) for (weight, cost, name), values in zip(TERMS, axes, strict=True)],
        [(each.image.convert("RGB"), each.costs) for each in painted.values()],
        [places[shared[alpha, beta, gamma]] for alpha, beta, gamma in choices],
        start,
        CAPTION,
    )


def _sheet(painted: Mapping[Weights, Painted]) -> list[Block]:
    cells = [
        (untranslated("α = {a:g}, β = {b:g}, γ = {c:g}").fill(a=weights[0], b=weights[1], c=weights[2]), each.image)
        for weights, each in painted.items()
    ]
    return [Sheet("weights", cells, 5, CAPTION)] if cells else []


def _findings(rows: Sequence[Mapping[str, float]]) -> list[Block]:
    """Return, for either of content and style, where its cost is least and largest; and that ratios alone decide."""
    sentences = [
        _("{cost} is least, {low:.3g}, at α = {a:g}, β = {b:g}, γ = {c:g}; where its weight is 0 it goes up to {high:.3g}.").fill(
            cost=cost,
            low=best[name],
            high=max(row[name] for row in without),
            a=best["alpha"],
            b=best["beta"],
            c=best["gamma"],
        )
        for (_weight, cost, _name), name, weight in zip(TERMS, ("content", "style", "tv"), ("alpha", "beta", "gamma"), strict=True)
        if (without := [row for row in rows if row[weight] == 0 and row["total"] > 0])
        for best in [min((row for row in rows if row["total"] > 0), key=lambda row: row[name])]
    ]
    return [Paragraph(joined(" ", sentences)), Paragraph(RATIOS)] if sentences else []


RATIOS = _(
    "With all three weights ten times as large J is ten times as large too, and so is its derivative, in every direction: the best G stays "
    "the same. That is why such choices share a picture here. With all three 0, J is 0 for any G: nothing is asked for, the start stays."
)
