"""The page of the study of the two problems: learning, and style transfer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.images.io import LoadedImage, to_pil
from pincel.studies.features import WHITE
from pincel.studies.filter_tiles import filter_tile
from pincel.studies.plots import CurvePanel, curve_panels
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.tiny_network import CLASS_NAMES, CONVOLUTIONS, LabeledPictures, TinyNetwork
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# α, β and γ, which bring the terms of this small network to sizes that can be weighed against each other.
WEIGHTS = {"content": 1e4, "style": 1e6, "tv": 1.0}
GREEK = {"content": "α·J_content", "style": "β·J_style", "tv": "γ·J_tv"}
# Of pictures in the files of sheets, in pixels.
HEIGHT = 150
# Textures shown with what the network says of them.
EXAMPLES = 8

TITLE = _("What is learned, and what is painted")
LEAD = _(
    "The usual problem: pictures are given, and the weights of a network are moved until its answers are right. Style transfer is the same "
    "problem turned round: the weights are given, and a picture is moved. Here both are done with one tiny network."
)
EARLY = _("The study was ended early: {first} of {count} steps of the weights, {second} of {count} of the pixels.")


@dataclass(frozen=True)
class WeightLoop:
    """The first loop: weights moved, data fixed.

    Attributes:
        network: With its last weights.
        losses: L before each step, over its batch.
        accuracies: (steps made, share of the learned pictures that is right, share of those held out).
        filters: (steps made, weights of the first convolution, OIHW).
        objective: L of the weights, over a fixed batch.
    """

    network: TinyNetwork
    losses: Sequence[float]
    accuracies: Sequence[tuple[int, float, float]]
    filters: Sequence[tuple[int, Tensor]]
    objective: Callable[[Sequence[Tensor]], Tensor]


@dataclass(frozen=True)
class PictureLoop:
    """The second loop: pixels moved, weights fixed.

    Attributes:
        start: The noise that G begins as, (1, 3, H, W), in gray levels.
        picture: G at the end.
        terms: α·J_content, β·J_style and γ·J_tv before each step and after the last.
        stages: (steps made, G).
        objective: J of [G], in 64 bits.
    """

    start: Tensor
    picture: Tensor
    terms: Sequence[Mapping[str, float]]
    stages: Sequence[tuple[int, Tensor]]
    objective: Callable[[Sequence[Tensor]], Tensor]

    @property
    def totals(self) -> list[float]:
        """J before each step and after the last."""
        return [sum(terms.values()) for terms in self.terms]


@dataclass(frozen=True)
class GradientCheck:
    """A derivative, and what moving the number does.

    Attributes:
        what: ``weight`` or ``pixel``.
        derivative: By backpropagation.
        difference: (cost(number + step) - cost(number - step)) / (2·step).
        step: How far the number is moved.
    """

    what: str
    derivative: float
    difference: float
    step: float


@dataclass(frozen=True)
class ProblemContent:
    """What the page shows.

    Attributes:
        classes: Of the textures.
        learned: Textures that the network learned from.
        held_out: Those it did not.
        start: The network before it learned.
        weights: The first loop.
        picture: The second loop.
        checks: Of a weight, and of a pixel.
        originals: Photograph and painting.
    """

    classes: Sequence[str]
    learned: LabeledPictures
    held_out: LabeledPictures
    start: TinyNetwork
    weights: WeightLoop
    picture: PictureLoop
    checks: Sequence[GradientCheck]
    originals: tuple[LoadedImage, LoadedImage]


def page(story: ProblemContent, settings: Mapping[str, Any], progress: ProgressReporter) -> Report:
    """Put together the report."""
    moved = _moved(story)
    done = len(story.weights.losses), len(story.picture.terms) - 1
    return Report(
        name="problem",
        title=TITLE,
        lead=LEAD,
        blocks=[*_loops(story, moved), *_sight(story), *_gradients(story)],
        numbers={
            "losses": list(story.weights.losses),
            "accuracies": [dict(zip(("step", "learned", "held_out"), row, strict=True)) for row in story.weights.accuracies],
            "objective": [dict(terms) for terms in story.picture.terms],
            "moved": moved,
            "checks": [vars(check) for check in story.checks],
        },
        settings={key: value for key, value in settings.items() if key != "backbone"},
        notes=(EARLY.fill(first=done[0], second=done[1], count=settings["steps"]),) if progress.stopped else (),
    )


def _moved(story: ProblemContent) -> dict[str, dict[str, float]]:
    """Return how many numbers each loop moves, and how far it moved them, root mean square."""
    before, after = (torch.cat([each.flatten() for each in network.weights]) for network in (story.start, story.weights.network))
    pixels = story.picture.picture - story.picture.start
    return {
        "weights": {"count": len(before), "distance": _spread(after - before), "size": _spread(before)},
        "pixels": {"count": pixels.numel(), "distance": _spread(pixels)},
    }


def _spread(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def _loops(story: ProblemContent, moved: Mapping[str, Mapping[str, float]]) -> list[Block]:
    steps = len(story.weights.losses), len(story.picture.terms) - 1
    textures = _("{count} textures of {classes} classes").fill(count=len(story.learned.labels), classes=len(story.classes))
    totals, losses = story.picture.totals, story.weights.losses
    rows: list[tuple[Translated, Any, Any]] = [
        (_("given, and never changed"), textures, _("the weights θ, photograph C, painting S")),
        (_("moved"), _("the weights θ"), _("the pixels of G")),
        (_("how many numbers"), moved["weights"]["count"], moved["pixels"]["count"]),
        (_("begins as"), _("random numbers"), _("random numbers")),
        (_("made small"), _("L, cross-entropy"), untranslated("J")),
        (_("differentiated"), _("L with respect to θ: ∂L/∂θ"), _("J with respect to G: ∂J/∂G")),
        (_("steps"), steps[0], steps[1]),
        (_("cost, first → last"), _arrow(losses), _arrow(totals)),
        (
            _("moved on average by"),
            _("{distance:.3f}, where weights began with {size:.3f}").fill(**moved["weights"]),
            _("{distance:.0f} gray levels").fill(**moved["pixels"]),
        ),
        (_("kept at the end"), _("the network; the pictures were only examples"), _("the picture; the network was only a judge")),
    ]
    columns = {"what": untranslated(""), "weights": _("learning"), "pixels": _("style transfer")}
    table = [dict(zip(columns, row, strict=True)) for row in rows]
    return [
        Heading(_("Two loops")),
        Formula(_("θ := θ − η·∂L/∂θ,   L(θ) = −1/B · Σ log p(y | x; θ)"), _("learning: x and y, pictures and their classes, are fixed")),
        Formula(
            "G := G − η·∂J/∂G,   J(G) = α·J_content(C, G) + β·J_style(S, G) + γ·J_tv(G)",
            _("style transfer, as in the deck: θ, C and S are fixed"),
        ),
        Table("loops", columns, table, LOOPS, print_to_terminal=True),
    ]


LOOPS = _(
    "The same network in both columns: three convolutions ({filters} filters) and a dense layer. Learning follows the gradient with "
    "momentum, as AlexNet was trained; the pixels are moved by L-BFGS, which takes its directions from the same gradient."
).fill(filters=", ".join(str(filters) for filters, _side in CONVOLUTIONS))


def _arrow(values: Sequence[float]) -> str:
    return f"{values[0]:.4g} → {values[-1]:.4g}" if values else ""


def _sight(story: ProblemContent) -> list[Block]:
    """Show what each loop moves, and how its cost falls."""
    filters = [(_("θ after {step} steps").fill(step=step), filters_image(weight.cpu())) for step, weight in story.weights.filters]
    pixels = [(_("G after {step} steps").fill(step=step), _shown(picture)) for step, picture in story.picture.stages]
    columns = max(len(filters), len(pixels))
    blocks: list[Block] = [
        Heading(_("Seen from outside")),
        Sheet("weights", filters, columns, FILTERS, height=HEIGHT, pixelated=True),
        Sheet("pixels", pixels, columns, PIXELS, height=HEIGHT, pixelated=True),
        Sheet(
            "given",
            [(_("photograph C"), to_pil(story.originals[0].pixels)), (_("painting S"), to_pil(story.originals[1].pixels))],
            columns,
            _("What the second loop is given besides the weights."),
            height=HEIGHT,
        ),
    ]
    if story.weights.losses:
        blocks.append(Plot("curves", lambda translate: _curves(story, translate), CURVES))
    return [
        *blocks,
        Paragraph(_finding(story)),
        Sheet("textures", _examples(story), EXAMPLES, EXAMPLES_CAPTION, height=HEIGHT, pixelated=True),
    ]


FILTERS = _("First loop: the filters of the first layer, gray is 0. They are what moves; the textures stay as they are.")
PIXELS = _("Second loop: the picture. It is what moves; the filters stay as they came out of the first loop.")
CURVES = _(
    "Left: the loss of each batch. Middle: how many textures get their class right, of those learned from and of those held out. Right: J "
    "of the picture and its three parts; the axis counts powers of ten. There is no accuracy of a picture: nothing is held out, J is all."
)
EXAMPLES_CAPTION = _("Held-out textures: what each is, and what the network takes it for before → after the first loop.")


def filters_image(weight: Tensor) -> Image.Image:
    """Return filters of the first layer, (16, 3, f, f), four in a row, between them the gray of 0; white is the largest weight of all."""
    columns = math.isqrt(len(weight))
    step = weight.shape[-1] + 1
    sheet = Image.new("RGB", (columns * step - 1, -(-len(weight) // columns) * step - 1), "#808080")
    for place, each in enumerate(weight):
        sheet.paste(filter_tile(each, float(weight.abs().max())), (place % columns * step, place // columns * step))
    return sheet


def _shown(picture: Tensor) -> Image.Image:
    return to_pil((picture / WHITE).cpu())


def _curves(story: ProblemContent, translate: Translate) -> Figure:
    step = translate(_("step"))
    steps, learned, held_out = zip(*story.weights.accuracies, strict=True)
    shares = {translate(_("learned from")): [100 * each for each in learned], translate(_("held out")): [100 * each for each in held_out]}
    terms = {GREEK[name]: [row[name] for row in story.picture.terms] for name in WEIGHTS}
    count = len(story.picture.terms)
    return curve_panels(
        [
            CurvePanel({"L": story.weights.losses}, range(len(story.weights.losses)), (step, "L(θ)")),
            CurvePanel(shares, steps, (step, translate(_("right, %"))), points=True),
            CurvePanel({"J": story.picture.totals, **terms}, range(count), (step, "J(G)"), logarithmic=True),
        ]
    )


def _examples(story: ProblemContent) -> list[tuple[Translated, Image.Image]]:
    pixels, labels = story.held_out.pixels[:EXAMPLES], story.held_out.labels[:EXAMPLES]
    with torch.no_grad():
        before, after = (network.scores(pixels).argmax(1).tolist() for network in (story.start, story.weights.network))
    names = [CLASS_NAMES[name] for name in story.classes]
    return [
        (
            untranslated("{truth}\n{before} → {after}").fill(truth=names[label], before=names[first], after=names[last]),
            to_pil(picture[None].cpu() / WHITE),
        )
        for picture, label, first, last in zip(pixels, labels.tolist(), before, after, strict=True)
    ]


def _finding(story: ProblemContent) -> Translated:
    """Return how far each loop came."""
    _first, learned, held_out = story.weights.accuracies[-1]
    totals = story.picture.totals
    return _(
        "After the first loop {held_out:.0%} of the textures that it has never seen get their class right ({learned:.0%} of the others); "
        "guessing would give {chance:.0%}. In the second loop J falls from {first:.4g} to {last:.4g}."
    ).fill(held_out=held_out, learned=learned, chance=1 / len(story.classes), first=totals[0], last=totals[-1])


def _gradients(story: ProblemContent) -> list[Block]:
    columns = {
        "what": _("number moved"),
        "derivative": _("by backpropagation"),
        "difference": _("by moving it"),
        "apart": _("difference"),
    }
    rows = [
        {
            "what": NUMBERS[check.what],
            "derivative": f"{check.derivative:.8g}",
            "difference": f"{check.difference:.8g}",
            "apart": abs(check.derivative - check.difference),
        }
        for check in story.checks
    ]
    return [
        Heading(_("One gradient, two ends")),
        Paragraph(
            _(
                "Backpropagation goes the same way in both: from the cost back through the layers, by the chain rule. Learning branches "
                "off in each layer, to its weights. Style transfer goes on to the end, to the pixels."
            )
        ),
        Formula("∂L/∂θ_l = ∂L/∂a_l · ∂a_l/∂θ_l", _("a_l is what layer l gives; the pictures x take part, but nothing is asked of them")),
        Formula(
            "∂J/∂G = Σ_l ∂J/∂a_l · ∂a_l/∂G + γ·∂J_tv/∂G", _("∂J/∂a_l is what the terms at layer l ask of it; the weights only hand it on")
        ),
        Table("gradients", columns, rows, CHECKED),
    ]


NUMBERS = {
    "weight": _("a weight: ∂L/∂θ_k"),
    "pixel": _("a value of a pixel: ∂J/∂G_k"),
}
CHECKED = _(
    "Two derivatives put to the test in 64 bits: the weight and the pixel of the noise that matter most, moved a little to either side, "
    "(cost(k + h) − cost(k − h)) / 2h."
)
