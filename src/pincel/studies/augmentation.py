"""How AlexNet is kept from learning its pictures by heart: crops, mirrors, color noise, dropout; and how a rate falls in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.alexnet import AlexNet
from pincel.classify.augment import CropTransform, center_crop, draw_view, five_corners, make_transform
from pincel.classify.network import dropout_masks, init_weights
from pincel.classify.plan import hidden, plan_spec
from pincel.classify.recipes import find_training
from pincel.classify.record import RECORD, read_record
from pincel.classify.schema import TrainingRecipe
from pincel.classify.squares import square
from pincel.classify.statistics import Statistics, Sums, compute_statistics
from pincel.classify.textures import CLASSES
from pincel.engine.device import resolve_device
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import Source
from pincel.studies.augmentation_page import AugmentationContent, DrawnCrop, Dropout, page
from pincel.studies.declarations import AugmentationOptions
from pincel.studies.features import load_input
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Of the paper, sections 2 and 4.1.
SIDE, CROP = 256, 224
# Whose dense layer is drawn.
RECIPE = "alexnet-small"
# Draws of dropout that means are taken over.
MANY = 1000


def study(source: Source, options: AugmentationOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Show what training does to a picture and to a layer.

    Raises:
        OptionError: For a folder that no training wrote.
        PictureError: If the picture cannot be used.
    """
    history = [] if options.training is None else _history(Path(options.training))
    picture = load_input(source, settings)
    progress.update(Note(_("drawing {count} views"), count=options.draws), 0, 2)
    whole = square(picture.pixels, SIDE)
    statistics = picture_statistics(whole)
    transform = _shown(statistics, options.sigma, settings.seed)
    crops = [drawn_crop(transform, whole, index) for index in range(options.draws)]
    corners = five_corners(SIDE, CROP)
    ten = [DrawnCrop(corner, mirrored, transform.cut(whole, corner, mirrored=mirrored)) for mirrored in (False, True) for corner in corners]
    progress.update(Note(_("drawing {count} views"), count=options.draws), 1, 2)
    dropout = draw_dropout(square(picture.pixels, _recipe(options, settings).side), options, settings)
    content = AugmentationContent(whole, statistics, crops, ten, options.sigma, dropout, history)
    own = {"draws": options.draws, "sigma": options.sigma, "dropout": options.dropout, "training": options.training}
    report = page(content, {**settings.as_json(), "picture": picture.name, **own})
    progress.update(Note(_("drawing {count} views"), count=options.draws), 2, 2)
    return report


def picture_statistics(whole: Tensor) -> Statistics:
    """Return the statistics of a single square, (3, side, side) uint8."""
    sums = Sums.empty(whole.shape[-1])
    sums.add(whole)
    return compute_statistics(sums)


def drawn_crop(transform: CropTransform, whole: Tensor, index: int) -> DrawnCrop:
    """Draw a crop of a square as training does: its place, its mirror, and its color noise, which is kept apart."""
    view = draw_view(transform, whole.shape[-1], 0, index)
    pixels = transform.cut(whole, view.corner, mirrored=view.mirrored)
    return DrawnCrop(view.corner, view.mirrored, pixels, torch.zeros(3) if view.noise is None else view.noise)


def _shown(statistics: Statistics, sigma: float, seed: int) -> CropTransform:
    """Return a transform whose crops can be looked at: no mean is subtracted, gray levels stay what they are."""
    return CropTransform(CROP, Statistics(torch.zeros_like(statistics.mean), statistics.directions, statistics.variances), sigma, 1.0, seed)


def draw_dropout(whole: Tensor, options: AugmentationOptions, settings: StudySettings) -> Dropout:
    """Draw which units of the first dense layer of a small AlexNet, which has learned nothing yet, are off.

    Args:
        whole: The picture, (3, side, side) uint8.
        options: Probability of dropout.
        settings: Seed and device.
    """
    recipe, device = _recipe(options, settings), resolve_device(settings.device)
    own = picture_statistics(whole)
    # Less its mean image a single picture would be black.
    level = own.mean.mean((1, 2), keepdim=True).expand_as(own.mean)
    x = center_crop(make_transform(recipe, Statistics(level, own.directions, own.variances)), whole, 0, 0)
    spec = plan_spec(recipe, CLASSES, own.color, "", "")
    first, second = hidden(spec)
    weights = init_weights(spec, recipe)
    network = AlexNet(spec, {name: (weight.to(device), bias.to(device)) for name, (weight, bias) in weights.items()})
    with torch.no_grad():
        ((_name, answers),) = network.forward_layers(spec.layers[: spec.names.index(first) + 1], x.to(device), frozenset({first}))
    # As training has them, units that are left count for more: 1/(1-p). The paper makes all count for less in the end.
    kept = dropout_masks(spec, recipe, (0, 0), MANY, slice(MANY))[first][..., 0, 0] > 0
    weight, bias = weights[spec.names[spec.names.index(second) - 1]]
    return Dropout(answers.flatten().cpu(), kept, weight.flatten(1), bias, options.dropout, first, second, options.draws)


def _recipe(options: AugmentationOptions, settings: StudySettings) -> TrainingRecipe:
    return find_training(RECIPE).recipe.override(dropout=options.dropout, seed=settings.seed)


def _history(folder: Path) -> list[dict[str, Any]]:
    """Return the epochs of a training."""
    try:
        history: list[dict[str, Any]] = read_record(folder)["history"]
        usable = bool(history) and all({"epoch", "rate", "train_top1_error", "val_top1_error"} <= row.keys() for row in history)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        usable = False
    if not usable:
        failed, accepted = "training: no record of a training", f"a folder that 'pincel train' wrote, with its {RECORD}"
        raise OptionError(one_line(failed, str(folder), accepted, "pincel train sample:textures -o run"))
    return history
