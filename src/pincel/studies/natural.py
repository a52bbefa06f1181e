"""Caricatures of a photograph by the layers of a network, and pictures that maximize single channels, with natural image statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, takewhile
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.canvas.pixels import PixelCanvas
from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line
from pincel.images.io import LoadedImage, Source
from pincel.inversion.representation import Representation
from pincel.studies.declarations import NaturalOptions
from pincel.studies.feature_visualization import high_freq_ratio
from pincel.studies.features import WHITE, load_input, load_network, network_input
from pincel.studies.natural_page import page
from pincel.studies.natural_results import NaturalImage, NaturalResults
from pincel.studies.natural_runs import RECIPE, ActivationTarget, MaximizedBatch, channel_noise, maximize_all, pad_to_view
from pincel.studies.natural_stats import (
    channel_peaks,
    channel_units,
    gradient_histogram,
    intersection,
    mutual_intersection,
    sample_photographs,
)
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.top_activations import Channels, check_channels, read_channels
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

LAYERS = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4")
# The objective of one unit, for a picture as large as its receptive field and an activation as large as in photographs.
UNIT_SCALE = 1e4
# Size of a picture for one unit over its receptive field.
SIZE_FACTOR = 1.1
# Pictures in a batch: more of them save no time, and take memory.
BATCH = 8


@dataclass(frozen=True)
class LayerTargets:
    """What one layer is optimized for.

    Attributes:
        name: As in the options.
        representation: For the caricature of the photograph.
        unit: Of its channels: the convolution before a ReLU, since the gradient of a ReLU that is 0 is 0.
        code: Φ(x₀), (1, C, …), of the photograph.
        largest: M, the largest activation of each channel of ``unit`` in all photographs, (C,).
        channels: To be maximized.
    """

    name: str
    representation: Representation
    unit: Representation
    code: Tensor
    largest: Tensor
    channels: tuple[int, ...]


def study(source: Source, options: NaturalOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Make a caricature of a photograph for each layer, and maximize some channels of each, with and without regularization.

    Raises:
        UnknownNameError: For a layer the network does not have.
        OptionError: For a channel a layer does not have, or no steps.
        PictureSizeError: For a picture of which nothing is left in a layer.
    """
    if settings.steps < 1:
        raise OptionError(f"--steps {settings.steps}: give 1 or more.")
    picture, wanted = load_input(source, settings), read_channels(options.channels)
    names, left_out = _layers(options, picture, settings.spec)
    for name in names:
        check_channels(wanted, name, settings.spec.layer(name).channels)
    backbone = load_network(settings)
    scenes = [load_input(scene, settings) for scene in progress.track(Note(_("opening the photographs")), sample_photographs())]
    # One of them may be the photograph itself.
    scenes = [scene for scene in scenes if scene.sha256 != picture.sha256]
    layer_targets = [
        _layer_targets(backbone, name, picture, scenes, wanted) for name in progress.track(Note(_("looking at the photographs")), names)
    ]
    targets = _targets(layer_targets, network_input(picture, backbone), options.weight, settings)
    batches = maximize_all(targets, settings.seed, settings.steps, progress)
    results = _measured(batches, layer_targets, picture, scenes)
    own = {"layers": list(names), "channels": options.channels, "weight": options.weight, "recipe": RECIPE, "photograph": picture.name}
    return page(results, {**settings.as_json(), **own}, left_out, (len(batches), len(targets)) if progress.stopped else None)


def _layers(options: NaturalOptions, picture: LoadedImage, spec: ModelSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the layers used, and those of the default that need larger pictures."""
    names = select_layers(spec, options.layers, LAYERS)
    too_deep = tuple(name for name in names if min(picture.height, picture.width) < spec.smallest(name))
    if too_deep and (options.layers is not None or too_deep == names):
        failed = f"picture: {too_deep[0]} sees nothing in one with a side below {spec.smallest(too_deep[0])} pixels"
        given = f"{picture.width}×{picture.height}"
        raise PictureSizeError(one_line(failed, given, f"{spec.smallest(too_deep[0])} or more", "a larger --size, or shallower --layers"))
    return tuple(name for name in names if name not in too_deep), too_deep


def _layer_targets(backbone: VGG, name: str, picture: LoadedImage, scenes: Sequence[LoadedImage], wanted: Channels) -> LayerTargets:
    """Compute what one layer is optimized for, and select its channels."""
    spec = backbone.spec
    before = spec.names[spec.names.index(name) - 1] if spec.layer(name).kind == "relu" else name
    representation, unit = (
        Representation(f"{spec.name}:{layer}", backbone, layer, PixelCanvas(WHITE), spec.smallest(layer)) for layer in (name, before)
    )
    with torch.no_grad():
        responses = backbone.features(network_input(picture, backbone), {name, before})
        # Only photographs that are large enough for the layer.
        fit = [scene for scene in scenes if min(scene.height, scene.width) >= spec.smallest(name)]
        largest = [channel_peaks(backbone.features(network_input(scene, backbone), [before])[before]) for scene in fit]
    own = channel_peaks(responses[before])
    order = own.sort(descending=True, stable=True).indices
    channels = wanted if isinstance(wanted, tuple) else tuple(int(channel) for channel in order[:wanted])
    return LayerTargets(name, representation, unit, responses[name], torch.stack([own, *largest]).amax(0), channels)


def _targets(layer_targets: Sequence[LayerTargets], photograph: Tensor, weight: float, settings: StudySettings) -> list[ActivationTarget]:
    """Return all targets: caricatures and maximized channels, then both again without regularization."""
    caricatures = [caricature_target(layer, photograph, weight) for layer in layer_targets if bool((layer.code > 0).any())]
    maximized = [target for layer in layer_targets for target in channel_targets(layer, layer.channels, settings)]
    unregularized = [target for layer in layer_targets for target in channel_targets(layer, layer.channels[:1], settings)]
    free = partial(map, lambda target: replace(target, free=True))
    return [*caricatures, *maximized, *free(caricatures), *free(unregularized)]


def caricature_target(layer: LayerTargets, photograph: Tensor, weight: float = NaturalOptions.weight) -> ActivationTarget:
    r"""Return the target of a caricature: a larger activation in the direction of the photograph's code.

    .. math:: w = \frac{[\Phi(x_0)]_+}{\|[\Phi(x_0)]_+\|^2}, \qquad \langle \Phi(x_0), w \rangle = 1

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), caricaturization; ``experiments/exp_enhance.m`` of aravindhm/nnpreimage.

    Differs:
        C is 1 there, for pictures of 227 pixels, and Φ(x₀) is of a picture whose mean was not subtracted.
    """
    positive = layer.code.clamp(min=0)
    direction = positive / positive.square().sum(dtype=torch.float64).to(positive)
    size = (photograph.shape[-2], photograph.shape[-1])
    return ActivationTarget(layer.name, layer.representation, direction, pad_to_view(photograph, layer.representation), size, weight=weight)


def channel_targets(layer: LayerTargets, channels: Sequence[int], settings: StudySettings) -> list[ActivationTarget]:
    r"""Return the targets of some channels at the position in the middle, in batches.

    .. math:: w_c = \frac{10^4}{\rho^2 M_c}

    at that position of channel c alone, ρ being the side of its receptive field.

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), activation maximization; ``experiments/exp_maximization.m`` and ``helpers/get_neuron_stats.m`` of
        aravindhm/nnpreimage: convolutions before their ReLU, ρ the receptive field, M of 1300 photographs, as many positions as fit into
        1.1 ρ.

    Differs:
        ρ is the side of the picture where that is smaller than the receptive field; M is of a few photographs; rectifiers leak nothing, as
        in the last of their experiments (``exp_all.m``), where others leak 0.05.
    """
    spec, side = settings.spec, unit_image_side(layer.unit, settings.size)
    reach = UNIT_SCALE / min(spec.layer(layer.unit.layer).receptive_field, side) ** 2
    units = channel_units(layer.largest)
    whole = layer.code.new_zeros(1, *_shape(layer.unit, side))
    middle = tuple(length // 2 for length in whole.shape[2:])
    targets = []
    for first in range(0, len(channels), BATCH):
        batch = tuple(channels[first : first + BATCH])
        direction = whole.repeat(len(batch), *(1,) * (whole.dim() - 1))
        for number, channel in enumerate(batch):
            direction[(number, channel, *middle)] = reach / float(units[channel])
        start = channel_noise(layer.unit, (side, side), settings.seed, batch).to(whole)
        targets.append(ActivationTarget(layer.name, layer.unit, direction, start, (side, side), channels=batch))
    return targets


def unit_image_side(unit: Representation, most: int) -> int:
    """Return the side of a picture for one unit: an odd number of positions, about 1.1 times its receptive field, up to ``most``."""
    spec = unit.encoder.spec
    layer = spec.layer(unit.layer)
    positions = max(1, int(SIZE_FACTOR * layer.receptive_field / layer.stride + 0.5)) // 2 * 2 + 1
    fitting = takewhile(lambda side: spec.positions(side, unit.layer) <= positions, count(unit.smallest))
    return min(most, max(fitting))


def _shape(unit: Representation, side: int) -> tuple[int, ...]:
    """Return the shape of the code of a square picture, without the batch."""
    spec = unit.encoder.spec
    return spec.layer(unit.layer).channels, *(spec.positions(side, unit.layer) for _ in range(2))


def _measured(
    batches: Sequence[MaximizedBatch], layer_targets: Sequence[LayerTargets], picture: LoadedImage, scenes: Sequence[LoadedImage]
) -> NaturalResults:
    """Measure the optimized pictures."""
    natural = [gradient_histogram(each.pixels) for each in (picture, *scenes)]
    by_name = {layer.name: layer for layer in layer_targets}
    mean = torch.stack(natural).mean(0)
    caricatures: list[NaturalImage] = []
    maximized: list[NaturalImage] = []
    for each in batches:
        layer = by_name[each.target.name]
        for number, image in enumerate(each.images):
            values = _figures(each, number, layer)
            pixels = each.pictures[number : number + 1]
            against = mean if each.target.channels else natural[0]
            natural_share = intersection(gradient_histogram(pixels), against)
            made = NaturalImage(
                layer.name, image, each.target.free, naturalness=natural_share, fineness=float(high_freq_ratio(pixels)[0]), **values
            )
            (maximized if each.target.channels else caricatures).append(made)
    silent = {layer.name: [channel for channel in layer.channels if float(layer.largest[channel]) <= 0] for layer in layer_targets}
    fine = [float(high_freq_ratio(each.pixels)[0]) for each in (picture, *scenes)]
    return NaturalResults(
        picture,
        tuple(layer.name for layer in layer_targets),
        caricatures,
        maximized,
        1 + len(scenes),
        mutual_intersection(natural),
        fine,
        silent,
    )


def _figures(each: MaximizedBatch, number: int, layer: LayerTargets) -> dict[str, Any]:
    """Return the measurements of one picture of a batch."""
    values: dict[str, Any] = {
        "before": each.before[number],
        "after": each.after[number],
        "unclipped": each.unclipped[number],
        "history": list(each.history),
    }
    if not each.target.channels:
        return values
    channel = each.target.channels[number]
    weight = float(each.target.direction[number, channel].max())
    largest = float(layer.largest[channel])
    return {**values, "channel": channel, "unit": layer.unit.layer, "answer": each.after[number] / weight, "largest": largest}
