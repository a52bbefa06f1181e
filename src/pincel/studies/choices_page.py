"""The page of the study of choices: two pictures for each, with one thing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from pincel.studies.report import Block, Formula, Heading, Pair, Pairs, Paragraph, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import PicturePair, option_words
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _


@dataclass(frozen=True)
class Choice:
    """A choice.

    Attributes:
        name: For ``--only``.
        title: What is chosen.
        usual: What the picture on the left has.
        other: What the one on the right has.
        values: Recipe values of the one on the right.
        look: What to look at, and why.
        usual_values: Recipe values of the one on the left, if it is not the usual picture.
        steps: Factor of the number of steps.
        size: Factor of the long side.
        seed: What is added to the seed.
    """

    name: str
    title: Translated
    usual: Translated
    other: Translated
    values: Mapping[str, Any]
    look: Translated
    usual_values: Mapping[str, Any] = field(default_factory=dict)
    steps: float = 1.0
    size: float = 1.0
    seed: int = 0

    def changed(self, settings: StudySettings) -> dict[str, Any]:
        """Return the recipe values of the one on the right."""
        scaled = {"steps": (settings.steps, self.steps), "size": (settings.size, self.size)}
        own = {name: max(1, round(value * factor)) for name, (value, factor) in scaled.items() if factor != 1.0}
        return {**self.values, **own, **({"seed": settings.seed + self.seed} if self.seed else {})}


@dataclass(frozen=True)
class Variant:
    """A picture.

    Attributes:
        name: Of its choice; ``usual`` for the usual one.
        title: Of its choice.
        changed: Recipe values that it has to itself.
        image: G.
        terms: Of the objective of the usual picture, unweighted; None for another size.
        apart: Gray levels from the usual picture, root mean square; None for another size, and for the usual one itself.
    """

    name: str
    title: Translated
    changed: Mapping[str, Any]
    image: Image.Image
    terms: Mapping[str, float] | None
    apart: float | None


UNTRAINED = {
    "backbone": "random-cnn-11",
    "activations": "raw",
    "content_layers": "relu1_1",
    "style_layers": "relu1_1",
}
ADAM: Mapping[str, Any] = {"optimizer": "adam", "optimizer_options": {}}
CHOICES: Sequence[Choice] = (
    Choice(
        "network",
        _("The network"),
        _("VGG-19, trained on photographs"),
        _("128 filters drawn at random"),
        UNTRAINED,
        _("Colors and contrasts come over, strokes and forms do not: random filters have never seen any."),
        steps=2.0,
    ),
    Choice(
        "pooling",
        _("Pooling"),
        _("average"),
        _("maximum"),
        {"pooling": "max"},
        _("The gradient of a maximum reaches one of four pixels: forms turn out rougher, and less of the photograph comes through."),
    ),
    Choice(
        "content-layer",
        _("Content layer"),
        untranslated("relu3_1"),
        untranslated("relu4_1"),
        {"content_layers": "relu4_1"},
        _("The deeper layer still knows what is where, but not how each line runs: things melt into strokes."),
    ),
    Choice(
        "style-layers",
        _("Style layers"),
        _("relu1_1 to relu4_1"),
        _("relu1_1 alone"),
        {"style_layers": "relu1_1"},
        _("One shallow layer brings the colors and no strokes: it sees 3×3 pixels."),
    ),
    Choice(
        "lambda",
        _("Weights λ of the style layers"),
        _("all alike"),
        _("ten times as much from layer to layer"),
        {"style_layers": "relu1_1=0.001,relu2_1=0.01,relu3_1=0.1,relu4_1=1"},
        _("Deep layers bring large forms of the painting; its colors, which shallow layers know, are lost in part."),
    ),
    Choice(
        "alpha",
        _("α against β"),
        untranslated("α = 200, β = 1000"),
        untranslated("α = 20, β = 1000"),
        {"content_weight": 20.0},
        _("The photograph is given up where it stands in the way of the style."),
    ),
    Choice(
        "gamma",
        _("γ, of the total variation"),
        untranslated("γ = 2"),
        untranslated("γ = 20"),
        {"tv_weight": 20.0},
        _("Grain goes, and strokes with it; flat patches with hard edges stay."),
    ),
    Choice(
        "start",
        _("The start"),
        _("noise"),
        _("the photograph"),
        {"init": "content"},
        _("From the photograph lines stay straight, and fewer steps are enough; from noise they have to be found again."),
    ),
    Choice(
        "seed",
        _("The seed of the noise"),
        _("as asked for"),
        _("the next one"),
        {},
        _("J ends nearly as low, with other strokes: there are many good G, and the noise decides which of them is found."),
        seed=1,
    ),
    Choice(
        "optimizer",
        _("The optimizer"),
        untranslated("L-BFGS"),
        _("gradient descent, η = 500"),
        {"optimizer": "gradient-descent", "learning_rate": 500.0, "optimizer_options": {}},
        _("After as many steps it is still on its way: one η for all directions is too small for most of them."),
    ),
    Choice(
        "rate",
        _("The learning rate"),
        untranslated("Adam, η = 5"),
        untranslated("Adam, η = 40"),
        {**ADAM, "learning_rate": 40.0},
        _("Steps this long go past the valley: pixels jump from end to end of their range. With the short ones Adam comes near L-BFGS."),
        usual_values={**ADAM, "learning_rate": 5.0},
    ),
    Choice(
        "steps",
        _("The number of steps"),
        _("all of them"),
        _("a quarter"),
        {},
        _("The outlines of the photograph come first, colors later, strokes last."),
        steps=0.25,
    ),
    Choice(
        "size",
        _("The size"),
        _("whole"),
        _("half"),
        {},
        _("Strokes have the size of the layers that see them, in pixels: in a smaller picture they are larger beside the things shown."),
        size=0.5,
    ),
)

TITLE = _("Every choice, with two pictures")
LEAD = _(
    "Network, layers, weights, start, optimizer: style transfer leaves much to choose. Here the same photograph is painted after the same "
    "painting again and again, each time with one thing changed."
)
EARLY = _("The study was ended early: {done} of {count} choices are there.")
USUAL = _("the usual picture")
BASE = _("The usual picture, on the left of each pair. Where something is written under a picture, add that.")
CAPTION = _("On the right one thing is changed, with what it asks for: the options under the picture.")
TABLE = _(
    "J_content, J_style and J_tv of each picture, all by the formulas and layers of the usual one. Apart: root of the mean squared "
    "difference from the usual picture, in gray levels."
)
OWN = _("Each picture on the right made its own J small. A larger J_style here does not mean that it failed: it was asked for another one.")
COLUMNS = {
    "choice": _("choice"),
    "content": untranslated("J_content"),
    "style": untranslated("J_style"),
    "tv": untranslated("J_tv"),
    "apart": _("apart"),
    "command": _("command"),
}


def page(
    choices: Sequence[Choice], variants: Sequence[Variant], pair: PicturePair, base: Mapping[str, Any], settings: Mapping[str, Any]
) -> Report:
    """Put together the report; the usual picture is the first variant, and a choice without its variants, ended early, is left out."""
    rows = [_row(variant, pair.command({**base, **variant.changed})) for variant in variants]
    shown = [choice for choice in choices if choice.name in {variant.name for variant in variants}]
    blocks: list[Block] = [
        Sheet("originals", pair.cells(), 4, _("What it is made from.")),
        Heading(_("One thing at a time")),
        Formula(pair.command(base), BASE),
        *([Pairs("pairs", [_pair(choice, variants) for choice in shown], CAPTION)] if shown else []),
        Table("terms", COLUMNS, rows, TABLE, collapsed=True),
        Paragraph(OWN),
    ]
    notes = (EARLY.fill(done=len(shown), count=len(choices)),) if len(shown) < len(choices) else ()
    plain = [{**row, "choice": variant.name} for row, variant in zip(rows, variants, strict=True)]
    return Report("choices", TITLE, LEAD, blocks, {"pictures": plain}, settings, notes)


def _row(variant: Variant, command: str) -> dict[str, Any]:
    terms = variant.terms or {}
    numbers = {name: terms.get(name) for name in ("content", "style", "tv")}
    return {"choice": variant.title, **numbers, "apart": variant.apart, "command": command}


def _pair(choice: Choice, variants: Sequence[Variant]) -> Pair:
    usual, other = variants[0], next(each for each in variants if each.name == choice.name)
    left = next((each for each in variants if each.name == left_name(choice)), usual)
    return Pair(choice.title, _cell(choice.usual, left, usual), _cell(choice.other, other, usual), choice.look)


def left_name(choice: Choice) -> str:
    """Return the name of the picture on the left of a choice that has one of its own."""
    return f"{choice.name}-left"


def _cell(text: Translated, variant: Variant, usual: Variant) -> tuple[Translated, Image.Image]:
    """Return a caption with the options of a picture, and the picture as large as the usual one."""
    words = " ".join(option_words(variant.changed))
    caption = untranslated("{text}\n{options}").fill(text=text, options=words) if words else text
    return caption, variant.image.convert("RGB").resize(usual.image.size, Image.Resampling.NEAREST)
