"""The page of the study of activation maximization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from PIL import Image

from pincel.studies.plots import step_curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Translate, Translated, joined, untranslated
from pincel.translation import gettext_lazy as _

# Channels whose making is shown stage by stage, and lines of a plot.
SHOWN = 6
# Long side of a picture on the page.
LARGE = 256


@dataclass(frozen=True)
class SampleImage:
    """A picture that comes with pincel.

    Attributes:
        name: As in ``sample:NAME``.
        image: The picture.
        value: Its objective.
        fineness: Share of its variance in fine detail.
    """

    name: str
    image: Image.Image
    value: float
    fineness: float


@dataclass(frozen=True)
class MaximizedImage:
    """A picture that maximizes a channel.

    Attributes:
        channel: Its number.
        way: Its parametrization.
        image: The picture.
        begun: The objective of the noise, without augmentations.
        ended: The objective of the picture, likewise.
        fineness: Share of its variance in fine detail.
        history: The objective at each step, with augmentations.
        stages: (step, picture) of some steps.
    """

    channel: int
    way: str
    image: Image.Image
    begun: float
    ended: float
    fineness: float
    history: Sequence[float]
    stages: Sequence[tuple[int, Image.Image]]


_TITLE = _("Pictures that a channel likes best")
_LEAD = _(
    "Which picture would excite a channel most, if any picture were allowed? Noise is changed step by step so that the channel answers "
    "more and more, with the network held fixed: {count} channels of {layer}, {steps} steps, {size} × {size} pixels, through {backbone}."
)
_WISHES = {
    "channel": _("The objective is the mean of the channel over all positions, so the pattern it likes may repeat everywhere."),
    "neuron": _("The objective is the answer of the one unit in the middle, so the pattern appears once, as large as its receptive field."),
    "direction": _(
        "The objective is that this channel answers and all others stay silent: the mean cosine between what all answer at a position and "
        "this channel alone."
    ),
}
_WISH_FORMULAS = {
    "channel": "x* = argmax_x  1/(H·W) · Σ_ij a_c(i, j; x)",
    "neuron": "x* = argmax_x  a_c(H/2, W/2; x)",
    "direction": "x* = argmax_x  1/(H·W) · Σ_ij a_c(i, j; x) / |a(i, j; x)|",
}
_WAYS = {
    "fourier": _(
        "Pictures are written down as spectra in which every frequency is divided by its amplitude in photographs, 1/f, and in three "
        "colors that vary by themselves. A step then changes broad shapes as readily as fine grain."
    ),
    "pixels": _(
        "Pictures are written down as plain pixels, in three colors that vary by themselves: each step may change each pixel alone."
    ),
}
_BEARING = {
    "all": _("At each step the picture is shifted, scaled and turned a little at random, so that only what survives this can grow."),
    "jitter": _("At each step the picture is shifted a little at random, so that no detail can rely on its place."),
    "none": _("The network is given the picture as it is; compare with --robust all."),
}
_SPECTRUM = Formula(
    _("x = sigmoid(M · F⁻¹[ z / (4 · max(f, 1/max(W, H))) ])      z₀ ~ N(0, 0.01²),  M: colors of ImageNet"),
    _("Olah, Mordvintsev, Schubert 2017, “Feature Visualization”; constants of tensorflow/lucid and greentfrapp/lucent"),
)
_PLAIN = Formula(_("x = sigmoid(M · z)      z₀ ~ N(0, 0.01²),  M: colors of ImageNet"), "greentfrapp/lucent, param/spatial.py, pixel_image")
_SOURCE = _("Erhan, Bengio, Courville, Vincent 2009, “Visualizing Higher-Layer Features of a Deep Network”; Adam, rate 0.05")


def page(
    drawn: Sequence[MaximizedImage],
    best: Mapping[int, SampleImage],
    finenesses: Sequence[float],
    settings: StudySettings,
    own: Mapping[str, Any],
    stopped: str,
) -> Report:
    """Put together the report; ``best`` is channel → the sample with the largest objective, ``stopped`` why the study ended early."""
    ways = list(dict.fromkeys(each.way for each in drawn))
    steps = len(drawn[0].history) if drawn else 0
    lead = {"count": len({each.channel for each in drawn}), "layer": own["layer"], "steps": steps, "size": settings.size}
    rows = [_row(each, best.get(each.channel)) for each in drawn]
    return Report(
        name="maximize",
        title=_TITLE,
        lead=_LEAD.fill(**lead, backbone=settings.backbone),
        blocks=[*_how(own, ways), *_found(drawn, best, own), *_making(drawn, own), *_told(rows, finenesses)],
        numbers={
            "pictures": [{**row, "history": list(each.history)} for row, each in zip(rows, drawn, strict=True)],
            "fineness of samples": list(finenesses),
        },
        settings={**settings.as_json(), **own},
        notes=_notes(drawn, best, settings, stopped),
    )


def _how(own: Mapping[str, Any], ways: Sequence[str]) -> list[Block]:
    blocks: list[Block] = [Paragraph(_WISHES[own["objective"]]), Formula(_WISH_FORMULAS[own["objective"]], _SOURCE)]
    for way in ways:
        blocks += [Paragraph(_WAYS[way]), _SPECTRUM if way == "fourier" else _PLAIN]
    return [*blocks, Paragraph(_BEARING[own["robust"]])]


def _found(drawn: Sequence[MaximizedImage], best: Mapping[int, SampleImage], own: Mapping[str, Any]) -> list[Block]:
    cells: list[tuple[Translated, Image.Image]] = []
    for channel in dict.fromkeys(each.channel for each in drawn):
        for each in drawn:
            if each.channel == channel:
                caption = _("channel {channel} ({way}): {value:.5g}")
                cells.append((caption.fill(channel=channel, way=each.way, value=each.ended), _large(each.image)))
        if channel in best:
            caption = _("sample {name}: {value:.5g}")
            cells.append((caption.fill(name=best[channel].name, value=best[channel].value), _large(best[channel].image)))
    across = len(cells) // max(1, len({each.channel for each in drawn}))
    caption = _("What was made for each channel of {layer}, beside the sample picture that reaches most, and the values of both.")
    sheet = Sheet("pictures", cells, across * (2 if across <= 2 and len(cells) > across else 1), caption.fill(layer=own["layer"]))
    return [Heading(_("Made, and given")), sheet]


def _large(image: Image.Image) -> Image.Image:
    """Enlarge a small picture by a whole number."""
    times = max(1, round(LARGE / max(image.size)))
    return image.resize((image.width * times, image.height * times), Image.Resampling.BICUBIC)


def _making(drawn: Sequence[MaximizedImage], own: Mapping[str, Any]) -> list[Block]:
    shown = [each for each in drawn if each.way == drawn[0].way][:SHOWN]
    caption = _("channel {channel}, step {step}")
    cells = [(caption.fill(channel=each.channel, step=step), image) for each in shown for step, image in each.stages]
    along, up = _("step"), _("objective, with transforms")
    if own["robust"] == "none":
        up = _("objective")
    name = _("channel {channel}")

    def draw(translate: Translate) -> Any:
        several = len({each.way for each in drawn}) > 1
        lines = {translate(name.fill(channel=each.channel)) + (f" ({each.way})" if several else ""): list(each.history) for each in drawn}
        return step_curves(lines, (translate(along), translate(up)), first=1)

    heading = Heading(_("How they were made"))
    stages = _("The same pictures on the way ({way}).").fill(way=drawn[0].way)
    sheet = Sheet("stages", cells, len(drawn[0].stages), stages, height=160)
    plot = _("What each picture reaches, step by step.")
    return [heading, sheet, Plot("climb", draw, plot)] if drawn[0].history else [heading, sheet]


def _told(rows: Sequence[Mapping[str, Any]], finenesses: Sequence[float]) -> list[Block]:
    columns = {
        "channel": _("channel"),
        "way": _("written as"),
        "begun": _("noise"),
        "ended": _("picture made"),
        "best": _("best sample"),
        "sample": _("which"),
        "times": _("made / best"),
        "fineness": _("fine detail"),
    }
    caption = _(
        "What pictures reach as they are, bearing no transforms. Fine detail: share of the variance of brightness with periods under four "
        "pixels."
    )
    table = Table("channels", columns, rows, caption)
    return [Heading(_("In numbers")), *_against_samples(rows), *_grain(rows, finenesses), table]


def _row(each: MaximizedImage, sample: SampleImage | None) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(each, name) for name in ("channel", "way", "begun", "ended", "fineness")}
    if sample is None:
        return row
    return {**row, "best": sample.value, "sample": sample.name, "times": each.ended / sample.value if sample.value > 0 else None}


def _against_samples(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return how often, and how far, the optimized pictures surpass the samples."""
    known = [row for row in rows if "best" in row]
    if not known:
        return []
    above = sum(row["ended"] > row["best"] for row in known)
    times = [row["times"] for row in known if row["times"] is not None]
    if above == len(known):
        text = _("Every picture made surpasses all samples")
    elif above:
        text = _("{above} of {all} pictures made surpass all samples")
    else:
        text = _("No picture made surpasses the samples; more --steps take it further")
    text = text.fill(above=above, all=len(known))
    if times:
        tail = _("; in the median, it reaches {times:.3g} times as much as the best of them.")
        tail = tail.fill(times=median(times))
    else:
        tail = untranslated(".")
    return [Paragraph(joined("", [text, tail]))]


def _grain(rows: Sequence[Mapping[str, Any]], finenesses: Sequence[float]) -> list[Block]:
    """Return a text that says how much of the pictures is fine grain, beside the samples."""
    if not rows or not finenesses:
        return []
    shares = {way: fmean(row["fineness"] for row in rows if row["way"] == way) for way in dict.fromkeys(row["way"] for row in rows)}
    given = fmean(finenesses)
    listed = ", ".join(f"{way} {share:.1%}" for way, share in shares.items())
    text = _("The share of fine detail is {given:.1%} in the samples and, in what is made, {listed}. {so}")
    most = max(shares, key=lambda way: shares[way])
    if len(shares) > 1 and shares[most] > 1.5 * min(shares.values()):
        so = _(
            "Written as {most}, pictures have {times:.2g} times as much of it: how a picture is written down decides what gradient ascent "
            "finds first."
        ).fill(most=most, times=shares[most] / max(min(shares.values()), 1e-12))
    elif shares[most] > 3 * given:
        so = _("That grain excites the network, and no photograph has it.")
    else:
        so = _("That is no more grain than pictures of the world may have.")
    return [Paragraph(text.fill(listed=listed, given=given, so=so))]


def _notes(drawn: Sequence[MaximizedImage], best: Mapping[int, SampleImage], settings: StudySettings, stopped: str) -> list[Translated]:
    notes = []
    if stopped:
        early = _("Ended early, after {done} of {steps} steps.")
        notes.append(early.fill(done=len(drawn[-1].history) if drawn else 0, steps=settings.steps))
    silent = [str(channel) for channel, sample in best.items() if sample.value <= 0]
    if silent:
        text = _("No sample excites channel {names}, so there is nothing to compare with.")
        notes.append(text.fill(names=", ".join(silent)))
    return notes
