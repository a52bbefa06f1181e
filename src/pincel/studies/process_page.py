"""The page of the study of the process: from noise to picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from pincel.images.io import LoadedImage
from pincel.studies.plots import CurvePanel, curve_panels, power_of_ten, step_curves
from pincel.studies.report import Animation, Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.transfers import original_cells
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

NAMES = {"gradient-descent": _("gradient descent"), "adam": untranslated("Adam"), "lbfgs": untranslated("L-BFGS")}
GREEK = {"content": "α·J_content", "style": "β·J_style", "tv": "γ·J_tv"}
# Pictures of a row of the strip, and their height in its file.
STRIP, HEIGHT = 6, 160

TITLE = _("From noise to picture")
LEAD = _(
    "Training, in the deck: G starts at random, and at each step it is moved against the gradient of J. Three rules do that here, from the "
    "same noise, for the same J."
)
EARLY = _("The study was ended early: {done} of {count} optimizers, the last one unfinished.")


@dataclass(frozen=True)
class Moment:
    """What a run looks like after some steps.

    Attributes:
        step: Steps made.
        image: G.
        terms: α·J_content, β·J_style and γ·J_tv.
    """

    step: int
    image: Image.Image
    terms: Mapping[str, float]


@dataclass(frozen=True)
class Way:
    """A run.

    Attributes:
        optimizer: One of :data:`NAMES`.
        rate: Its learning rate.
        moments: Those that are shown, the first one the noise.
        terms: α·J_content, β·J_style and γ·J_tv before each step and after the last.
    """

    optimizer: str
    rate: float
    moments: Sequence[Moment]
    terms: Sequence[Mapping[str, float]]

    @property
    def totals(self) -> list[float]:
        """J before each step and after the last."""
        return [sum(each.values()) for each in self.terms]


def page(ways: Sequence[Way], originals: tuple[LoadedImage, LoadedImage], settings: Mapping[str, Any], *, stopped: bool) -> Report:
    """Put together the report."""
    rows = [{**_row(way), "reached": _reached(way, min(ways[0].totals))} for way in ways]
    blocks: list[Block] = [Sheet("originals", original_cells(*originals), 4, _("What it is made from.")), *_rules()]
    return Report(
        name="process",
        title=TITLE,
        lead=LEAD,
        blocks=[*blocks, *(_ways(ways, rows) if ways else [])],
        numbers={"ways": [{**row, "terms": [dict(each) for each in way.terms]} for way, row in zip(ways, rows, strict=True)]},
        settings=settings,
        notes=(EARLY.fill(done=len(ways), count=len(NAMES)),) if stopped else (),
    )


def _rules() -> list[Block]:
    return [
        Heading(_("Three rules for a step")),
        Formula("J(G) = α·J_content(C, G) + β·J_style(S, G) + γ·J_tv(G),   g = ∂J/∂G", _("the deck; g has a number for each value of G")),
        Formula("G := G − η·g", _("gradient descent, as in the deck: the same η for all pixels and all steps")),
        Formula(
            "m := β₁·m + (1 − β₁)·g,   v := β₂·v + (1 − β₂)·g²,   G := G − η·m̂/(√v̂ + ε)",
            _("Adam (Kingma, Ba 2015): each pixel has a step of its own, about η long however small its gradient is"),
        ),
        Formula(
            "G := G − H·g,   H ≈ (∂²J/∂G²)⁻¹",
            _("L-BFGS (Nocedal 1980): H is guessed from how g changed over the last steps; it turns the gradient towards the minimum"),
        ),
    ]


def _ways(ways: Sequence[Way], rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    columns = {
        "optimizer": _("optimizer"),
        "rate": untranslated("η"),
        "first": _("J of the noise"),
        "tenth": _("after a tenth of the steps"),
        "half": _("after half"),
        "last": _("at the end"),
        "reached": _("steps to the lowest J of gradient descent"),
    }
    table = [{**row, "optimizer": NAMES[row["optimizer"]]} for row in rows]
    return [
        Heading(_("Step by step")),
        Animation("process", _frames(ways), MOVING),
        Sheet(
            "strip",
            [cell for way in ways for cell in _strip(way)],
            STRIP,
            _("A row for each rule, the same steps in each column."),
            height=HEIGHT,
        ),
        Plot("objective", lambda translate: _objective_plot(ways, translate), _("J at each step, in powers of ten.")),
        Plot("terms", lambda translate: _terms_plot(ways, translate), TERMS),
        Table("ways", columns, table, TABLE, print_to_terminal=True),
        Paragraph(_finding(rows)),
    ]


MOVING = _("From noise to picture, with J and what each term adds to it: play it, or pull it to a step.")
TERMS = _("What each term adds to J. A term may rise for a while: only the sum is made small.")
TABLE = _("How far J has fallen. A step costs the same under all three: one pass through the network and one back.")


def _row(way: Way) -> dict[str, Any]:
    totals = way.totals
    last = len(totals) - 1
    return {
        "optimizer": way.optimizer,
        "rate": way.rate,
        "first": totals[0],
        "tenth": totals[round(last / 10)],
        "half": totals[round(last / 2)],
        "last": totals[-1],
        "lowest": min(totals),
    }


def _caption(moment: Moment) -> Translated:
    lines = "\n".join(f"{GREEK[name]} = {power_of_ten(value)}" for name, value in moment.terms.items())
    return untranslated("{step}\nJ = {total}\n{lines}").fill(
        step=_("step {step}").fill(step=moment.step), total=power_of_ten(sum(moment.terms.values())), lines=lines
    )


def _frames(ways: Sequence[Way]) -> list[list[tuple[Translated, Image.Image]]]:
    """Return the frames of the animation: all rules side by side; one that ended before the others stays at its last picture."""
    most = max(len(way.moments) for way in ways)
    return [
        [
            (untranslated("{name}\n{caption}").fill(name=NAMES[way.optimizer], caption=_caption(moment)), moment.image)
            for way in ways
            for moment in [way.moments[min(number, len(way.moments) - 1)]]
        ]
        for number in range(most)
    ]


def _strip(way: Way) -> list[tuple[Translated, Image.Image]]:
    last = len(way.moments) - 1
    places = [round(last * place / (STRIP - 1)) for place in range(STRIP)]
    moments = [way.moments[place] for place in places]
    return [
        (untranslated("{name}\n{caption}").fill(name=NAMES[way.optimizer], caption=_caption(moment)), moment.image) for moment in moments
    ]


def _objective_plot(ways: Sequence[Way], translate: Translate) -> Figure:
    lines = {translate(NAMES[way.optimizer]): way.totals for way in ways}
    return step_curves(lines, (translate(_("step")), "J(G)"), logarithmic=True)


def _terms_plot(ways: Sequence[Way], translate: Translate) -> Figure:
    panels = []
    for way in ways:
        lines = {GREEK[name]: [each[name] for each in way.terms] for name in GREEK}
        panels.append(CurvePanel(lines, range(len(way.terms)), (translate(_("step")), translate(NAMES[way.optimizer])), logarithmic=True))
    return curve_panels(panels)


def _reached(way: Way, goal: float) -> int | None:
    """Return after how many steps J was first no larger than ``goal``; None if it never was."""
    return next((step for step, total in enumerate(way.totals) if total <= goal), None)


def _finding(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return which rule comes lowest, and how many steps it needs for what gradient descent has in the end."""
    best = min(rows, key=lambda row: float(row["last"]))
    start = _("{name} comes lowest: J falls from {first} to {last}.").fill(
        name=NAMES[best["optimizer"]], first=power_of_ten(best["first"]), last=power_of_ten(best["last"])
    )
    plain = rows[0]
    if best is plain or best["reached"] is None:
        return start
    sooner = _("The lowest J of gradient descent, {goal}, it had after {steps} steps.").fill(
        goal=power_of_ten(plain["lowest"]), steps=best["reached"]
    )
    slow = _("After a tenth of the steps the order was another one: {name} was ahead.")
    ahead = min(rows, key=lambda row: float(row["tenth"]))
    rest = slow.fill(name=NAMES[ahead["optimizer"]]) if ahead is not best else untranslated("")
    return untranslated("{start} {sooner} {rest}").fill(start=start, sooner=sooner, rest=rest)
