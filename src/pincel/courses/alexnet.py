"""Figures of AlexNet that no study makes: its normalization and its pooling drawn, and what a small one learns in a minute."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pincel.backbones.alexnet_specs import PAPER
from pincel.backbones.lrn import local_response
from pincel.backbones.model_registry import NETWORK_FILE
from pincel.backbones.native import read_spec
from pincel.backbones.weights import load_weights
from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.data import SHAPES
from pincel.classify.recipes import find_training
from pincel.classify.record import TrainingResult
from pincel.classify.schema import TrainingRecipe
from pincel.classify.training import ClassifierTraining
from pincel.studies.augmentation_page import learning_blocks, rate_drops
from pincel.studies.filter_tiles import filter_tile
from pincel.studies.heatmaps import labeled_grid
from pincel.studies.plots import COLORS, curves, empty_axes
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Plot, Sheet, Table
from pincel.training.events import StepEnd
from pincel.training.trainer import Trainer
from pincel.translation import Note, Translate
from pincel.translation import gettext_lazy as _

# Sums of the squares of the four neighbors' answers, and largest answer, that are drawn: as large as the paper's network has them.
NEIGHBORS, LARGEST = (0, 20_000, 100_000, 500_000), 500
# Answers beside each other that are pooled.
ANSWERS = (1, 5, 2, 0, 3, 9, 4, 6, 8)
# Without what holds a training back on few pictures; enough epochs for filters to have a form.
TOWERS, TOWERS_EPOCHS = "alexnet-tiny-no-dropout-no-augmentation", 10
# Impatient, so that the rate falls within a minute.
LEARNING, LEARNING_EPOCHS, PATIENCE = "alexnet-tiny-no-dropout", 36, 3


def response_blocks() -> list[Block]:
    """Return the answers of a channel after local response normalization, for neighbors that answer little and much."""
    answers = torch.linspace(0, LARGEST, 26)
    lines = {f"Σ = {total:,}".replace(",", "\u202f"): _normalized(answers, total).tolist() for total in NEIGHBORS}
    labels = _("answer a"), _("after normalization, b")
    caption = _(
        "b against a with k = {k:g}, n = {n}, α = {alpha:g}, β = {beta:g}. Σ is the sum of the squares of the four channels beside it: "
        "where they answer much, a counts for less."
    )
    filled = caption.fill(k=PAPER.k, n=PAPER.size, alpha=PAPER.alpha, beta=PAPER.beta)

    def draw(translate: Translate) -> Figure:
        return curves(lines, answers.tolist(), (translate(labels[0]), translate(labels[1])), points=False)

    return [Plot("response", draw, filled)]


def _normalized(answers: Tensor, neighbors: float) -> Tensor:
    """Return what becomes of answers (N,) whose four neighbors have squares that add up to a number."""
    beside = torch.full((len(answers), 2), sqrt(neighbors / 4))
    channels = torch.cat([beside, answers[:, None], beside], 1)[..., None, None]
    return local_response(channels, PAPER)[:, 2, 0, 0]


def pooling_blocks() -> list[Block]:
    """Return the windows of two poolings over one row of answers: 3 wide and 2 apart, and 2 wide and 2 apart."""
    words = {(3, 2): _("3 wide, 2 apart: windows overlap"), (2, 2): _("2 wide, 2 apart: they do not")}

    def draw(translate: Translate) -> Figure:
        return _windows({size: translate(text) for size, text in words.items()})

    return [Plot("windows", draw, _("One row of answers, the windows of two poolings, and the largest answer in each."))]


def _windows(sizes: Mapping[tuple[int, int], str]) -> Figure:
    figure, axes = empty_axes((7.0, 3.4))
    axes.set_axis_off()
    axes.set_xlim(-0.6, len(ANSWERS) - 0.4)
    axes.set_ylim(-4.3 * len(sizes) + 0.6, 1.2)
    for row, ((wide, apart), words) in enumerate(sizes.items()):
        top = -4.3 * row
        axes.text(-0.5, top + 0.75, words, fontsize=10)
        for place, answer in enumerate(ANSWERS):
            axes.add_patch(Rectangle((place - 0.5, top - 0.45), 1, 0.9, fill=False, edgecolor="#888888"))
            axes.text(place, top, str(answer), ha="center", va="center", fontsize=11)
        for number, begin in enumerate(range(0, len(ANSWERS) - wide + 1, apart)):
            color, below = COLORS[number % len(COLORS)], top - 0.8 - 0.45 * (number % 2)
            axes.plot([begin - 0.45, begin + wide - 0.55], [below, below], color=color, linewidth=4, solid_capstyle="butt")
            axes.text(begin + (wide - 1) / 2, top - 2.0, str(max(ANSWERS[begin : begin + wide])), ha="center", color=color, fontsize=12)
    return figure


def towers(device: str, progress: ProgressReporter) -> list[Block]:
    """Train a small AlexNet on drawn shapes, and show the filters of the first layer by the tower they belong to."""
    recipe = find_training(TOWERS).recipe.override(epochs=TOWERS_EPOCHS)
    with TemporaryDirectory() as folder:
        _trained(recipe, Path(folder), device, progress)
        weights = load_weights(read_spec(Path(folder) / NETWORK_FILE))["conv1"][0]
    halves = weights.chunk(2)
    largest = float(weights.abs().max())
    names = (_("first tower"), _("second tower"))
    cells = [
        (name, labeled_grid([(str(number), filter_tile(each, largest)) for number, each in enumerate(half)], 6, 48))
        for name, half in zip(names, halves, strict=True)
    ]
    rows = [{"tower": name, "color": color_share(half)} for name, half in zip(names, halves, strict=True)]
    caption = _(
        "Filters of the first layer after {epochs} epochs on {count:,} drawn shapes. Filters of one tower are seen by the second layer of "
        "that tower alone."
    )
    table = _(
        "Share of color in the filters, from 0 (gray: the three colors are alike) to 1 (no gray at all). In the paper one tower is largely "
        "gray and the other colored, whatever the initial weights; it has 48 filters a tower, and 1.2 million photographs."
    )
    filled = caption.fill(epochs=TOWERS_EPOCHS, count=2400)
    columns = {"tower": _("tower"), "color": _("share of color")}
    return [Sheet("towers", cells, 2, filled), Table("towers-color", columns, rows, table)]


def color_share(filters: Tensor) -> float:
    """Return the share of the energy of filters (O, 3, f, f) that differs between colors, from 0 to 1."""
    gray = filters.mean(1, keepdim=True)
    return float((filters - gray).square().sum() / filters.square().sum().clamp(min=1e-30))


def learning_curve(device: str, progress: ProgressReporter) -> list[Block]:
    """Train a small AlexNet whose rate falls when the validation error stalls, and show its errors epoch by epoch."""
    recipe = find_training(LEARNING).recipe.override(epochs=LEARNING_EPOCHS, patience=PATIENCE)
    with TemporaryDirectory() as folder:
        history = _trained(recipe, Path(folder), device, progress).record["history"]
    return learning_blocks(history, rate_drops(history))


def _trained(recipe: TrainingRecipe, folder: Path, device: str, progress: ProgressReporter) -> TrainingResult:
    """Train a network on the drawn shapes."""
    subject = ClassifierTraining(SHAPES, folder, recipe=recipe, config=ClassifierTrainingConfig(device=device))
    trainer = Trainer(subject)
    for event in progress.follow(trainer):
        if isinstance(event, StepEnd):
            progress.update(Note(_("training a small AlexNet")), (event.epoch - 1) * event.steps + event.step, event.epochs * event.steps)
    return subject.result
