"""The page of the study of augmentation and dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from pincel.classify.augment import Corner
from pincel.classify.statistics import Statistics
from pincel.images.io import to_pil
from pincel.studies.features import WHITE
from pincel.studies.plots import COLORS, curves, empty_axes, font_file
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

PAPER = "Krizhevsky, Sutskever, Hinton 2012"
# Pictures in a row, and their height in the files of sheets.
COLUMNS, HEIGHT = 3, 224
# The same of pictures whose colors matter, and not their detail: thirty of them are on the page.
WIDE, SMALL = 6, 112
# The same noise so many times as strong, to be seen.
STRONGER = 10
# Colors of pixels that are drawn between the axes.
POINTS = 250
# Side of a unit in its figure, in pixels; units in a row.
UNIT, ROW = 14, 16
# Side of the numbers on frames, in pixels: those of all draws fit along one.
LABEL = 13

TITLE = _("The same picture, never twice alike")
LEAD = _(
    "AlexNet has 60 million numbers to learn, and 1.2 million pictures to learn them from: it could know them by heart. Two remedies of "
    "the paper: each time, show the picture a little otherwise, and silence half of the units."
)


@dataclass(frozen=True)
class DrawnCrop:
    """A crop of a square.

    Attributes:
        corner: Where it begins, (top, left).
        mirrored: Whether left became right.
        pixels: (3, crop, crop), in gray levels, without noise.
        noise: Color noise drawn with it, (3,), in gray levels.
    """

    corner: Corner
    mirrored: bool
    pixels: Tensor
    noise: Tensor = field(default_factory=lambda: torch.zeros(3))


@dataclass(frozen=True)
class Dropout:
    """A layer with dropout, and the one after it.

    Attributes:
        answers: y, of its units, (N,).
        kept: r: for each draw, which units are not off, (draws, N).
        weight: W of the layer after it, (units, N).
        bias: b of that layer, (units,).
        chance: p, of each unit to be off.
        layer: Its name.
        after: Name of the layer after it.
        shown: Draws that are shown.
    """

    answers: Tensor
    kept: Tensor
    weight: Tensor
    bias: Tensor
    chance: float
    layer: str
    after: str
    shown: int

    @property
    def sums(self) -> Tensor:
        """Sums z = W(r∘y) + b of each draw, (draws, units)."""
        return (self.kept * self.answers) @ self.weight.T + self.bias

    def after_training(self, factor: float) -> Tensor:
        """Return z = factor·W y + b, where all units are on, (units,)."""
        return factor * (self.weight @ self.answers) + self.bias

    @property
    def unit(self) -> int:
        """The unit of the layer after it that answers most once all units are on."""
        return int(self.after_training(1 - self.chance).argmax())


@dataclass(frozen=True)
class AugmentationContent:
    """What the page shows.

    Attributes:
        square: The picture, (3, side, side) uint8.
        statistics: Of its colors.
        crops: Drawn as in training.
        ten: Those a trained network is judged by.
        sigma: σ of α.
        dropout: A layer with dropout.
        history: Epochs of a training, none if none was given.
    """

    square: Tensor
    statistics: Statistics
    crops: Sequence[DrawnCrop]
    ten: Sequence[DrawnCrop]
    sigma: float
    dropout: Dropout
    history: Sequence[Mapping[str, Any]]


def page(content: AugmentationContent, settings: Mapping[str, Any]) -> Report:
    """Put together the report."""
    crops, components, expected = _crop_numbers(content), component_rows(content), expectation(content.dropout)
    drops = rate_drops(content.history)
    return Report(
        name="augmentation",
        title=TITLE,
        lead=LEAD,
        blocks=[
            *_crops(content, crops),
            *_colors(content, components),
            *_dropout(content.dropout, expected),
            *(learning_blocks(content.history, drops) if content.history else []),
        ],
        numbers={"crops": crops, "components": components, "dropout": expected, "drops": drops},
        settings={key: value for key, value in settings.items() if key != "backbone"},
    )


def _image(pixels: Tensor) -> Image.Image:
    return to_pil((pixels[None] / WHITE).clamp(0, 1))


def _small(pixels: Tensor) -> Image.Image:
    return _image(pixels).resize((SMALL, SMALL), Image.Resampling.BOX)


def _crop_numbers(content: AugmentationContent) -> dict[str, Any]:
    """Return how many crops there are, and how far those drawn are from the central one, in gray levels."""
    side, crop = content.square.shape[-1], content.crops[0].pixels.shape[-1]
    middle = content.ten[0].pixels
    distances = [float((each.pixels - middle).abs().mean()) for each in content.crops]
    drawn = [
        {"top": each.corner[0], "left": each.corner[1], "mirrored": each.mirrored, "difference": distance, "noise": each.noise.tolist()}
        for each, distance in zip(content.crops, distances, strict=True)
    ]
    return {"side": side, "crop": crop, "places": side - crop + 1, "count": 2 * (side - crop + 1) ** 2, "drawn": drawn}


def _crops(content: AugmentationContent, numbers: Mapping[str, Any]) -> list[Block]:
    framed = (_("the square, and where they lie"), framed_square(content.square, content.crops))
    cells = [(_crop_caption(number, each), _image(each.pixels)) for number, each in enumerate(content.crops, 1)]
    ten = [(_ten_caption(number, each), _small(each.pixels)) for number, each in enumerate(content.ten)]
    differences = [each["difference"] for each in numbers["drawn"]]
    return [
        Heading(_("Crops and mirrors")),
        Formula(
            untranslated("({side} − {crop} + 1)² · 2 = {places}² · 2 = {count}").fill(**numbers),
            untranslated("{paper}, {section}").fill(
                paper=PAPER, section=_("section 4.1: places of a crop, counted with mirrors; the paper has 32² · 2 = 2048")
            ),
        ),
        Sheet("crops", [framed, *cells], COLUMNS, CROPS, height=HEIGHT),
        Paragraph(CROPS_FINDING.fill(least=min(differences), most=max(differences))),
        Sheet("ten", ten, 5, TEN, height=SMALL),
    ]


CROPS = _("What training is shown in place of the picture, drawn anew in every epoch. The whole square is never shown.")
CROPS_FINDING = _(
    "Compared pixel by pixel with the crop in the middle, these differ by {least:.0f} to {most:.0f} gray levels on average, and yet they "
    "show the same thing: that is what the network has to learn from them. They are far from independent pictures, as the paper says "
    "itself, and no camera was moved: sizes, turns and light stay the same."
)
TEN = _("When the trained network is judged, nothing is drawn: what it says of these ten, four corners, middle and mirrors, is averaged.")
PLACES = (_("center"), _("upper left"), _("upper right"), _("lower left"), _("lower right"))


def _crop_caption(number: int, crop: DrawnCrop) -> Translated:
    values = {"number": number, "row": crop.corner[0], "column": crop.corner[1]}
    if crop.mirrored:
        return _("{number}: row {row}, column {column}, mirrored").fill(**values)
    return _("{number}: row {row}, column {column}").fill(**values)


def _ten_caption(number: int, crop: DrawnCrop) -> Translated:
    name = PLACES[number % len(PLACES)]
    return _("{name}, mirrored").fill(name=name) if crop.mirrored else name


def framed_square(square: Tensor, crops: Sequence[DrawnCrop]) -> Image.Image:
    """Return a square, (3, side, side) uint8, with a frame where each crop lies, and its number."""
    image = _image(square.float())
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(font_file(), LABEL - 3)
    for number, (color, crop) in enumerate(zip(COLORS * (1 + len(crops) // len(COLORS)), crops, strict=False)):
        (top, left), last = crop.corner, crop.pixels.shape[-1] - 1
        draw.rectangle((left, top, left + last, top + last), outline=color, width=2)
        # Corners are close together: each number is a little further along its frame.
        begin = left + LABEL * number
        draw.rectangle((begin, top, begin + LABEL - 2, top + LABEL), fill=color)
        middle = (begin + (LABEL - 2) / 2, top + LABEL / 2)
        draw.text(middle, str(number + 1), fill="white", anchor="mm", font=font, stroke_width=1, stroke_fill="black")
    return image


def component_rows(content: AugmentationContent) -> list[dict[str, Any]]:
    """Return direction, variance and noise of each principal component of the colors."""
    statistics = content.statistics
    total = float(statistics.variances.sum()) or 1.0
    return [
        {
            "component": number,
            "red": float(direction[0]),
            "green": float(direction[1]),
            "blue": float(direction[2]),
            "variance": float(variance),
            "share": float(variance) / total,
            "spread": WHITE * float(variance) ** 0.5,
            "noise": WHITE * content.sigma * float(variance),
        }
        for number, direction, variance in zip((1, 2, 3), statistics.directions.T, statistics.variances, strict=True)
    ]


def _colors(content: AugmentationContent, rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    middle = content.ten[0].pixels
    drawn = [(_noise_caption(each.noise), _small(middle + each.noise[:, None, None])) for each in content.crops]
    stronger = [(_noise_caption(STRONGER * each.noise), _small(middle + STRONGER * each.noise[:, None, None])) for each in content.crops]
    table = [{**row, "share": f"{row['share']:.1%}"} for row in rows]
    columns = {
        "component": untranslated("i"),
        "red": _("p, red"),
        "green": _("p, green"),
        "blue": _("p, blue"),
        "variance": untranslated("λ"),
        "share": _("share of the variance"),
        "spread": _("√λ, gray levels"),
        "noise": _("noise, gray levels"),
    }
    return [
        Heading(_("Color noise")),
        Formula(
            "I_xy := I_xy + [p₁, p₂, p₃] [α₁λ₁, α₂λ₂, α₃λ₃]ᵀ,   α_i ~ N(0, σ),   σ = " + f"{content.sigma:g}",
            untranslated("{paper}, {section}").fill(
                paper=PAPER,
                section=_("section 4.1: p and λ are eigenvectors and eigenvalues of the 3×3 covariance of the colors; one α a picture"),
            ),
        ),
        Plot("axes", lambda translate: _axes_figure(content, translate), AXES),
        Table("components", columns, table, COMPONENTS, print_to_terminal=True),
        Sheet("along", _along(content), WIDE, ALONG, height=SMALL),
        Sheet("colors", [(_("as it is"), _small(middle)), *drawn], WIDE, DRAWN, height=SMALL),
        Sheet("stronger", [(_("as it is"), _small(middle)), *stronger], WIDE, TEN_TIMES.fill(times=STRONGER), height=SMALL),
        Paragraph(_color_finding(content, rows)),
    ]


AXES = _(
    "Pixels of the picture by their color, two channels at a time, and the principal components, each as long as the standard deviation "
    "along it. Where the first one rises in all three channels alike, it is brightness."
)
COMPONENTS = _(
    "The components of this picture; the paper has those of all its training pictures. λ is counted for colors from 0 to 1. The last "
    "column is the standard deviation of the noise along a component, 255·σ·λ."
)
ALONG = _("What each axis means: all pixels moved along it by one standard deviation of the colors, √λ, back and forth.")
DRAWN = _("What training adds: several draws, each the same for all pixels of the picture. The caption is what it adds to R, G, B.")
TEN_TIMES = _("The same draws {times} times as strong, to be seen.")


def _noise_caption(noise: Tensor) -> Translated:
    red, green, blue = noise.tolist()
    return untranslated(f"R {red:+.1f}, G {green:+.1f}, B {blue:+.1f}")


def _along(content: AugmentationContent) -> list[tuple[Translated, Image.Image]]:
    """Return the central crop moved along each component by one standard deviation of the colors, both ways."""
    statistics, middle = content.statistics, content.ten[0].pixels
    cells = []
    for place in range(3):
        for sign in (-1.0, 1.0):
            shift = WHITE * sign * statistics.variances[place].sqrt() * statistics.directions[:, place]
            name = untranslated("{sign} √λ{number}").fill(sign="+" if sign > 0 else "−", number="₁₂₃"[place])
            cells.append((name, _small(middle + shift[:, None, None].float())))
    return cells


def _axes_figure(content: AugmentationContent, translate: Translate) -> Figure:
    pixels = content.square.flatten(1).double()
    points = pixels[:, torch.linspace(0, pixels.shape[1] - 1, POINTS).long()]
    mean, statistics = pixels.mean(1), content.statistics
    names = [translate(name) for name in (_("red"), _("green"), _("blue"))]
    figure = Figure(figsize=(11.0, 3.8), layout="constrained")
    for place, (across, up) in enumerate(((0, 1), (0, 2), (1, 2)), 1):
        axes = figure.add_subplot(1, 3, place)
        axes.scatter(points[across], points[up], c=(points.T / WHITE).tolist(), s=14, edgecolors="#00000030", linewidths=0.3)
        for number, color in zip(range(3), COLORS, strict=False):
            arrow = WHITE * statistics.variances[number].sqrt() * statistics.directions[:, number]
            ends = [[float(mean[axis] - arrow[axis]), float(mean[axis] + arrow[axis])] for axis in (across, up)]
            axes.plot(*ends, color="white", linewidth=4)
            axes.plot(*ends, color=color, linewidth=2, label=f"p{'₁₂₃'[number]}")
        axes.set(xlim=(0, WHITE), ylim=(0, WHITE), aspect="equal", xlabel=names[across], ylabel=names[up])
        axes.legend(loc="upper left", frameon=True)
    return figure


def _color_finding(content: AugmentationContent, rows: Sequence[Mapping[str, Any]]) -> Translated:
    first = rows[0]
    largest = max(float(each.noise.abs().max()) for each in content.crops)
    text = _(
        "The first component has {share:.0%} of the variance. With σ = {sigma:g} these draws change a channel by {largest:.1f} gray levels "
        "at most: what a thing is does not depend on the color and the strength of the light. The paper names no unit of λ; counted for "
        "gray levels of 0 to 255 the same formula would move colors 255 times as far, and leave nothing of the picture."
    )
    return text.fill(share=first["share"], sigma=content.sigma, largest=largest)


def expectation(dropout: Dropout) -> dict[str, Any]:
    """Return what the unit of :attr:`Dropout.unit` gets in training and afterwards, and how far the whole layer is from its mean."""
    sums, unit, keep = dropout.sums, dropout.unit, 1 - dropout.chance
    scaled, plain = dropout.after_training(keep), dropout.after_training(1.0)

    def apart(found: Tensor, wanted: Tensor) -> float:
        return float((found - wanted).norm() / (wanted.norm() or 1.0))

    return {
        "units": len(dropout.answers),
        "draws": len(dropout.kept),
        "off": [int((~row).sum()) for row in dropout.kept[: dropout.shown]],
        "unit": unit,
        "mean": float(sums[:, unit].mean()),
        "spread": float(sums[:, unit].std()),
        "scaled": float(scaled[unit]),
        "plain": float(plain[unit]),
        "before_relu": apart(scaled, sums.mean(0)),
        "after_relu": apart(scaled.relu(), sums.relu().mean(0)),
        "unscaled": apart(plain, sums.mean(0)),
    }


def _dropout(dropout: Dropout, numbers: Mapping[str, Any]) -> list[Block]:
    draws = [
        (_("draw {number}: {off} of {count} off").fill(number=number, off=off, count=numbers["units"]), units_image(dropout.answers, kept))
        for number, (off, kept) in enumerate(zip(numbers["off"], dropout.kept, strict=False), 1)
    ]
    all_on = (_("all of them, as after training"), units_image(dropout.answers, torch.ones_like(dropout.kept[0])))
    keep = 1 - dropout.chance
    rows = [
        {"what": _("mean of {draws} draws").fill(draws=numbers["draws"]), "value": numbers["mean"]},
        {"what": _("standard deviation of the draws"), "value": numbers["spread"]},
        {"what": _("all units on, times {keep:g}").fill(keep=keep), "value": numbers["scaled"]},
        {"what": _("all units on, without the factor"), "value": numbers["plain"]},
    ]
    names = {"layer": dropout.layer, "after": dropout.after, "unit": numbers["unit"]}
    return [
        Heading(_("Dropout")),
        Formula(
            untranslated("{training}: z = W (r ∘ y) + b,   r_k ~ Bernoulli({keep:g})").fill(training=_("in training"), keep=keep),
            untranslated("{paper}, {section}").fill(
                paper=PAPER, section=_("section 4.2: y, the answers of a dense layer; r_k is 0 where unit k is off, with probability p")
            ),
        ),
        Formula(
            untranslated("{later}: z = {keep:g} · W y + b = E[W (r ∘ y) + b]").fill(later=_("afterwards"), keep=keep),
            _("the same on average, since E[r_k] = 1 − p; pincel divides by 1 − p in training instead, which comes to the same"),
        ),
        Sheet("units", [all_on, *draws], COLUMNS, UNITS.fill(**names, count=numbers["units"]), height=all_on[1].height),
        Plot("sums", lambda translate: _sums_figure(dropout, numbers, translate), SUMS.fill(**names)),
        Table("expectation", {"what": untranslated("z"), "value": _("value")}, rows, EXPECTED.fill(**names), print_to_terminal=True),
        Paragraph(DROPOUT_FINDING.fill(**numbers, exponent=numbers["units"])),
    ]


UNITS = _(
    "The {count} units of {layer}, the first dense layer of a small AlexNet, which answers to this picture: white is the largest answer, "
    "black is 0. Crossed out: off in this draw. The network has not learned anything yet; dropout is the same before and after."
)
SUMS = _(
    "What unit {unit} of the next layer, {after}, gets before its ReLU in each of the draws. With the factor it gets the mean of them "
    "after training; without, something that training has never shown it."
)
EXPECTED = _("Unit {unit} of {after}, before its ReLU.")
DROPOUT_FINDING = _(
    "There are 2^{exponent} networks to be drawn from this layer, which share their weights; none of the units can rely on another one "
    "being there. Over the whole next layer the factor comes within {before_relu:.1%} of the mean of {draws} draws, without it the sums "
    "are {unscaled:.0%} off. Behind the ReLU it is {after_relu:.1%}: there the mean is no longer exact, for ReLU of a mean is not the mean "
    "of ReLUs. The paper calls the factor a reasonable approximation."
)


def units_image(answers: Tensor, kept: Tensor) -> Image.Image:
    """Return units as gray squares, the largest answer white; those not kept are white with a cross.

    Args:
        answers: (N,), 0 or more.
        kept: (N,), bool.
    """
    image = Image.new("RGB", (ROW * UNIT + 1, -(-len(answers) // ROW) * UNIT + 1), "#b0a898")
    draw = ImageDraw.Draw(image)
    levels = (WHITE * answers / (answers.max() or 1.0)).round().int().tolist()
    for place, (level, on) in enumerate(zip(levels, kept.tolist(), strict=True)):
        left, top = place % ROW * UNIT + 1, place // ROW * UNIT + 1
        box = (left, top, left + UNIT - 2, top + UNIT - 2)
        draw.rectangle(box, fill=(level, level, level) if on else "#ffffff")
        if not on:
            for ends in ((box[0] + 2, box[1] + 2, box[2] - 2, box[3] - 2), (box[0] + 2, box[3] - 2, box[2] - 2, box[1] + 2)):
                draw.line(ends, fill=COLORS[1], width=2)
    return image


def _sums_figure(dropout: Dropout, numbers: Mapping[str, Any], translate: Translate) -> Figure:
    figure, axes = empty_axes((7.0, 3.6))
    axes.hist(dropout.sums[:, numbers["unit"]].tolist(), bins=40, color=COLORS[5])
    lines = (
        ("mean", _("mean of the draws"), COLORS[6], "-"),
        ("scaled", _("all on, with the factor"), COLORS[1], "--"),
        ("plain", _("all on, without it"), COLORS[0], ":"),
    )
    for key, name, color, dashes in lines:
        axes.axvline(numbers[key], color=color, linestyle=dashes, linewidth=2, label=translate(name))
    # Room for the legend.
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])
    axes.set_xlabel("z")
    axes.set_ylabel(translate(_("draws")))
    axes.legend()
    return figure


def rate_drops(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return after which epochs the rate was divided, and the lowest validation error with each rate."""
    starts = [1, *(after["epoch"] for before, after in pairwise(history) if after["rate"] < before["rate"])] if history else []
    rows = []
    for start, following in pairwise([*starts, len(history) + 1]):
        part = [row for row in history if start <= row["epoch"] < following]
        best = min(row["val_top1_error"] for row in part)
        rows.append({"first": start, "last": part[-1]["epoch"], "rate": part[0]["rate"], "error": 100 * best})
    return rows


def learning_blocks(history: Sequence[Mapping[str, Any]], drops: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return the errors of a training, epoch by epoch, with the places where its rate was divided."""
    columns = {"first": _("from epoch"), "last": _("to epoch"), "rate": _("rate ε"), "error": _("lowest validation error, %")}
    return [
        Heading(_("The rate falls")),
        Formula(
            "v := 0.9·v − 0.0005·ε·w − ε·∂L/∂w,   w := w + v",
            untranslated("{paper}, {section}").fill(
                paper=PAPER,
                section=_("section 5: momentum, weight decay; ε is divided by 10 when the validation error no longer falls, three times"),
            ),
        ),
        Plot("learning", lambda translate: _learning_figure(history, drops, translate), LEARNING),
        Table("rates", columns, drops, _("The same, rate by rate.")),
    ]


LEARNING = _(
    "Errors of the training that was given, epoch by epoch; the training error is counted while it learns, with augmentation and dropout. "
    "Dashes: the rate is divided."
)


def _learning_figure(history: Sequence[Mapping[str, Any]], drops: Sequence[Mapping[str, Any]], translate: Translate) -> Figure:
    names = {"train_top1_error": _("training"), "val_top1_error": _("validation")}
    lines = {translate(name): [100 * row[key] for row in history] for key, name in names.items()}
    labels = (translate(_("epoch")), translate(_("error, %")))
    figure = curves(lines, [row["epoch"] for row in history], labels, points=False)
    for drop in drops[1:]:
        figure.axes[0].axvline(drop["first"] - 0.5, color=COLORS[6], linestyle="--", linewidth=1)
    return figure
