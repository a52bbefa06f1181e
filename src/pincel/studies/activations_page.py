"""The page of the study of activations: how large the layers are, how full, in words that follow the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from pincel.images.io import LoadedImage as Opened
from pincel.images.io import to_pil
from pincel.studies.layer_figures import Volume, layer_curves, volumes_figure
from pincel.studies.layer_stats import BYTES, LayerStats, relu_layers
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

TITLE = _("What the layers of a network answer")


def lead(picture: Opened, settings: StudySettings) -> Translated:
    """Return a text that says what the question is."""
    return _(
        "The picture is shown to {backbone} once, at {width}×{height} pixels. Each layer answers with a stack of maps, one for each of its "
        "channels: large where the picture has what the channel looks for, and 0 where it does not. How large are the maps, how many, how "
        "full, and what are they about?"
    ).fill(backbone=settings.backbone, width=picture.width, height=picture.height)


def notes_of(progress: ProgressReporter, answers: Sequence[LayerStats], names: Sequence[str], settings: StudySettings) -> list[Translated]:
    """Return a text that says what is missing, if anything; ``names`` are the layers that the picture is large enough for."""
    notes = []
    if progress.stopped:
        ended = _("Ended early: {done} of {all} layers were looked at.")
        notes.append(ended.fill(done=len(answers), all=len(names)))
    missing = [name for name in settings.spec.names if name not in names]
    if missing:
        notes.append(_("Nothing of so small a picture is left from {first} on; those layers are not shown.").fill(first=missing[0]))
    return notes


def _stages(answers: Sequence[LayerStats]) -> list[LayerStats]:
    """Return of all layers with the same stride the last one before the pooling."""
    last = {answer.layer.stride: answer for answer in answers if answer.layer.kind == "pool"}
    last |= {answer.layer.stride: answer for answer in answers if answer.layer.kind != "pool"}
    return [last[stride] for stride in sorted(last)]


def shapes(picture: Opened, answers: Sequence[LayerStats]) -> list[Block]:
    """Show the picture, and how large each layer is."""
    blocks: list[Block] = [
        Picture("picture", to_pil(picture.pixels), _("The picture, as the network sees it.")),
        Heading(_("Smaller, and more of them")),
        Paragraph(
            _(
                "A layer is a box of numbers: n_H rows, n_W columns, n_C channels. Convolutions change n_C, the number of filters; each "
                "pooling halves n_H and n_W and keeps the largest of every four neighbors. So a position in a deep layer stands for a "
                "larger part of the picture, and says more about it."
            )
        ),
        Formula(
            "n_out = ⌊(n + 2p − f)/s⌋ + 1;   3×3, p = 1, s = 1: n_out = n;   2×2, p = 0, s = 2: n_out = ⌊n/2⌋", "Simonyan, Zisserman 2014"
        ),
    ]
    if answers:
        blocks += [Plot("volumes", lambda translate: _volumes_plot(picture, answers, translate), VOLUMES), Paragraph(_shrinking(answers))]
        # A convolution and its ReLU are of one size.
        sizes = [answer for answer in answers if answer.layer.kind != "conv"]
        if len(sizes) > 1:
            blocks.append(Plot("sizes", lambda translate: _sizes_plot(sizes, translate), SIZES))
        blocks.append(_table(answers))
    return blocks


VOLUMES = _(
    "Input, the last layer before each pooling, and the last pooling, to scale: n_H upwards and n_W into the page in one unit, n_C to the "
    "right in another. 'pincel study network' draws every layer, and the dense ones at the end."
)
SIZES = _("Positions of a map (n_H·n_W), channels (n_C), and numbers in all, their product. Powers of ten upwards.")


def _volumes_plot(picture: Opened, answers: Sequence[LayerStats], translate: Translate) -> Figure:
    first = Volume(translate(_("input")), (picture.height, picture.width, 3), "input")
    stages = [Volume(each.layer.name, (each.height, each.width, each.layer.channels), "conv") for each in _stages(answers)]
    return volumes_figure([first, *stages], {}, to_pil(picture.pixels))


def _sizes_plot(answers: Sequence[LayerStats], translate: Translate) -> Figure:
    lines = {
        translate(_("positions")): [float(each.height * each.width) for each in answers],
        translate(_("channels")): [float(each.layer.channels) for each in answers],
        translate(_("numbers")): [float(each.values) for each in answers],
    }
    return layer_curves(lines, answers, translate(_("how many")), logarithmic=True)


def _shrinking(answers: Sequence[LayerStats]) -> Translated:
    first, last = answers[0], answers[-1]
    filled = {"first": first.layer.name, "last": last.layer.name, "before": first.size, "after": last.size}
    megabytes = sum(each.values for each in answers) * BYTES / 2**20
    if first.height * first.width == last.height * last.width:
        return _("Here nothing shrinks: {last} is {after}. All layers together take {all:.0f} MiB as 32-bit numbers.").fill(
            **filled, all=megabytes
        )
    return _(
        "From {first}, {before}, to {last}, {after}: {less:.0f} times fewer positions, {more:.0f} times as many channels, {ratio:.0f} "
        "times fewer numbers. All layers together take {all:.0f} MiB as 32-bit numbers, and {share:.0%} of that is in the layers of full "
        "size."
    ).fill(
        **filled,
        less=first.height * first.width / (last.height * last.width),
        more=last.layer.channels / first.layer.channels,
        ratio=first.values / last.values,
        all=megabytes,
        share=sum(each.values for each in answers if each.layer.stride == 1) / sum(each.values for each in answers),
    )


def _table(answers: Sequence[LayerStats]) -> Table:
    columns = {
        "layer": _("layer"),
        "n_H": untranslated("n_H"),
        "n_W": untranslated("n_W"),
        "n_C": untranslated("n_C"),
        "stride": _("stride"),
        "receptive_field": _("sees, px"),
        "values": _("numbers"),
        "MiB": untranslated("MiB"),
        "zeros": _("zeros"),
        "mean": _("mean"),
        "max": _("largest"),
        "dead": _("dead"),
        "explained": _("explained"),
    }
    return Table(
        "layers",
        columns,
        [answer.as_json() for answer in answers],
        _(
            "Every layer. Stride: pixels between neighboring positions. Sees: side of the square of pixels that one position depends on "
            "(receptive field). Zeros: share of numbers that are exactly 0. Dead: channels that are nowhere above 0 in this picture. "
            "Explained: see the last section."
        ),
    )


def emptiness(answers: Sequence[LayerStats]) -> list[Block]:
    """Show how many zeros there are after each ReLU."""
    after = relu_layers(answers)
    if not after:
        return []
    blocks: list[Block] = [
        Heading(_("Emptier and emptier?")),
        Formula("ReLU(z) = max(0, z)", "Nair, Hinton 2010"),
        Paragraph(
            _(
                "Before ReLU hardly any number is exactly 0; ReLU cuts off everything negative. The more zeros, the more selective the "
                "channels: each is silent on most of the picture. A dead channel is silent on all of it; another picture may well wake it."
            )
        ),
        Paragraph(_sparsity(after)),
    ]
    if len(after) > 1:
        blocks.append(Plot("zeros", lambda translate: _zeros_plot(after, translate), ZEROS))
        blocks.append(Plot("strength", lambda translate: _strength_plot(after, translate), STRENGTH))
    return blocks


ZEROS = _("Share of zeros, and of dead channels, after each ReLU.")
STRENGTH = _(
    "Mean and largest value after each ReLU, powers of ten upwards. They differ widely from layer to layer: who compares layers must "
    "weigh them."
)


def _zeros_plot(answers: Sequence[LayerStats], translate: Translate) -> Figure:
    lines = {
        translate(_("zeros")): [each.zeros for each in answers],
        translate(_("dead channels")): [each.dead / each.layer.channels for each in answers],
    }
    return layer_curves(lines, answers, translate(_("share")))


def _strength_plot(answers: Sequence[LayerStats], translate: Translate) -> Figure:
    # A layer that is wholly dead has no logarithm.
    lines = {
        translate(_("mean")): [each.mean or math.nan for each in answers],
        translate(_("largest")): [each.largest or math.nan for each in answers],
    }
    return layer_curves(lines, answers, translate(_("value")), logarithmic=True)


def _sparsity(answers: Sequence[LayerStats]) -> Translated:
    fullest, emptiest = min(answers, key=lambda each: each.zeros), max(answers, key=lambda each: each.zeros)
    dead = sum(each.dead for each in answers)
    worst = max(answers, key=lambda each: each.dead / each.layer.channels)
    if dead:
        silent = _("Most dead channels: {dead} of {all}, in {layer}.").fill(
            dead=worst.dead, all=worst.layer.channels, layer=worst.layer.name
        )
    else:
        silent = _("No channel of any layer is dead.")
    if len(answers) == 1:
        text = _("In {layer}, {zeros:.0%} of the numbers are 0.")
        return untranslated("{found} {silent}").fill(found=text.fill(layer=fullest.layer.name, zeros=fullest.zeros), silent=silent)
    where = DEEPER if answers.index(emptiest) > answers.index(fullest) else SHALLOWER
    return _(
        "Here {least:.0%} of the numbers are 0 in the fullest layer, {full}, and {most:.0%} in the emptiest, {empty}: {where}. {silent}"
    ).fill(least=fullest.zeros, full=fullest.layer.name, most=emptiest.zeros, empty=emptiest.layer.name, where=where, silent=silent)


DEEPER = _("the emptiest lies deeper")
SHALLOWER = _("the emptiest is not the deeper of the two")
