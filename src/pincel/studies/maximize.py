"""Activation maximization: pictures optimized from noise so that a channel responds more than to any photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.errors import OptionError, unknown_name
from pincel.files import one_line
from pincel.images.io import to_pil
from pincel.optim.adam import Adam
from pincel.samples import PREFIX, sample_names
from pincel.studies.declarations import MaximizeOptions
from pincel.studies.feature_visualization import AUGMENTATIONS, OBJECTIVES, PARAMETRIZATIONS, augment, high_freq_ratio, to_rgb
from pincel.studies.features import WHITE, features, load_input, load_network
from pincel.studies.maximize_page import MaximizedImage, SampleImage, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.receptive_field import receptive_field
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.strongest_places import StrongestPlaces
from pincel.studies.top_activations import TopActivations, check_channels, read_channels, select_channels
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

DEFAULT = "relu4_1"
BOTH = "both"
# The rate of lucid and lucent, for spectra and pixels alike.
RATE = 0.05
# Pictures in a batch: more of them save no time, and take memory.
TOGETHER = 8
# Activations by which channels are selected: one of so few samples could be an accident, many would be all of them.
JUDGED_BY = 3


def study(options: MaximizeOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Maximize each channel, and compare with its activations for the sample pictures.

    Raises:
        UnknownNameError: For a layer the network does not have; for an objective, a parameterisation or transforms there are not.
        OptionError: For a channel the layer does not have, several layers, or pictures too small for it.
    """
    _check(options)
    layer = _layer(options, settings)
    wanted = read_channels(options.channels)
    check_channels(wanted, layer, settings.spec.layer(layer).channels)
    backbone = load_network(settings)
    _check_size(layer, settings)
    top, samples, reached = _measure_samples(backbone, layer, options.objective, settings, progress)
    channels = select_channels(wanted, top)
    images: list[MaximizedImage] = []
    for way in tuple(PARAMETRIZATIONS) if options.parameterisation == BOTH else (options.parameterisation,):
        maximizer = Maximizer(backbone, layer, channels, way, options.objective, options.robust, settings.seed)
        images += _maximized(maximizer, settings, progress)
    # The best sample of each channel; none if the study was ended before the first.
    best = {channel: _best(samples, reached[:, channel]) for channel in channels} if samples else {}
    own = {"layer": layer, **{name: getattr(options, name) for name in ("channels", "objective", "parameterisation", "robust")}}
    return page(images, best, [sample.fineness for sample in samples], settings, own, progress.stopped)


def _check(options: MaximizeOptions) -> None:
    for kind, name, known in (
        ("objective", options.objective, tuple(OBJECTIVES)),
        ("parameterisation", options.parameterisation, (*PARAMETRIZATIONS, BOTH)),
        ("transforms (--robust)", options.robust, tuple(AUGMENTATIONS)),
    ):
        if name not in known:
            raise unknown_name(kind, name, known)


def _layer(options: MaximizeOptions, settings: StudySettings) -> str:
    names = select_layers(settings.spec, options.layer, (DEFAULT,))
    if options.layer is not None and len(names) > 1:
        raise OptionError(one_line("layer: there can be only one", repr(options.layer), "one name", f"--layer {names[0]}"))
    return names[-1]


def _check_size(layer: str, settings: StudySettings) -> None:
    stride, smallest = settings.spec.layer(layer).stride, settings.spec.smallest(layer)
    if settings.size < smallest:
        failed = f"size: nothing would be left in {layer}, which sees a position every {stride} pixels"
        raise OptionError(one_line(failed, f"{settings.size}", f"{smallest} or more", "a larger --size, or a shallower --layer"))


def _measure_samples(
    backbone: VGG, layer: str, objective: str, settings: StudySettings, progress: ProgressReporter
) -> tuple[TopActivations, list[SampleImage], Tensor]:
    """Measure the sample pictures of pincel.

    Returns:
        The strongest activations of each channel, the pictures, and the objective of each channel for each picture, (pictures, C).
    """
    count = settings.spec.layer(layer).channels
    top, samples, reached = TopActivations.empty(count, JUDGED_BY), [], []
    objective_of, field = OBJECTIVES[objective][1], receptive_field(settings.spec, layer)
    for number, name in enumerate(progress.track(Note(_("looking at the samples")), list(sample_names()))):
        picture = load_input(PREFIX + name, settings)
        activations = features(backbone, picture, [layer])[layer]
        top = top.updated(StrongestPlaces.find({1: activations}, field), number)
        reached.append(objective_of(activations)[0].float().cpu())
        samples.append(SampleImage(name, to_pil(picture.pixels), 0.0, float(high_freq_ratio(picture.pixels)[0])))
    return top, samples, torch.stack(reached) if reached else torch.zeros(0, count)


def _best(samples: Sequence[SampleImage], values: Tensor) -> SampleImage:
    number = int(values.argmax())
    return replace(samples[number], value=float(values[number]))


@dataclass(frozen=True)
class Maximizer:
    """The objective of a batch of pictures, one for each channel.

    Attributes:
        backbone: The network.
        layer: Of the channels.
        channels: One a picture.
        way: The parametrization, of :data:`pincel.studies.feature_visualization.PARAMETRIZATIONS`.
        objective: One of :data:`pincel.studies.feature_visualization.OBJECTIVES`.
        robust: One of :data:`pincel.studies.feature_visualization.AUGMENTATIONS`.
        seed: Of noise and augmentations. The picture of a channel depends on it, not on the other channels.
    """

    backbone: VGG
    layer: str
    channels: tuple[int, ...]
    way: str
    objective: str
    robust: str
    seed: int

    def init(self, size: tuple[int, int]) -> Tensor:
        """Return noise, for each channel its own."""
        init, _ = PARAMETRIZATIONS[self.way]
        weight, _ = next(iter(self.backbone.weights.values()))
        return torch.stack([init(size, _seeded(self.seed, channel)) for channel in self.channels]).to(weight.device)

    def pictures(self, values: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the pictures of some values, (B, 3, H, W) in [0, 1]; differentiable."""
        _, decode = PARAMETRIZATIONS[self.way]
        return to_rgb(decode(values, size))

    def objectives(self, pictures: Tensor, channels: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the objective of each picture, (B,), and a surrogate to ascend, whose gradient is nowhere 0 because of a ReLU.

        Where a ReLU is 0 so is its gradient, and a single unit may be there from the start; the surrogate is then the objective of the
        convolution before it, as in lucid's redirected ReLUs.
        """
        objective_of, _ = OBJECTIVES[self.objective]
        before = self._before()
        activations = self.backbone.features(WHITE * pictures, [self.layer, *before])
        own = torch.arange(len(channels)), torch.tensor(channels)
        values = objective_of(activations[self.layer])[own]
        surrogate = values
        for name in before:
            surrogate = torch.where(values.detach() == 0, objective_of(activations[name])[own], values)
        return values.detach(), surrogate

    def gradient(self, values: Tensor, size: tuple[int, int], step: int) -> tuple[Tensor, list[float]]:
        """Return the gradient of minus the objectives, and the objectives, of pictures augmented as at this step."""
        leaf = values.detach().requires_grad_()
        objectives: list[float] = []
        for first in range(0, len(values), TOGETHER):
            # The same augmentations for each group of pictures.
            augmented = augment(self.pictures(leaf[first : first + TOGETHER], size), AUGMENTATIONS[self.robust], _seeded(self.seed, step))
            values_of, surrogate = self.objectives(augmented, self.channels[first : first + TOGETHER])
            (-surrogate.sum()).backward()  # type: ignore[no-untyped-call]
            objectives += values_of.tolist()
        if leaf.grad is None:
            raise OptionError(one_line("channels: none to draw for", "nothing", "1 or more", "--channels 1"))
        return leaf.grad, objectives

    def _before(self) -> list[str]:
        spec = self.backbone.spec
        index = spec.names.index(self.layer)
        return [spec.names[index - 1]] if spec.layers[index].kind == "relu" else []


def _maximized(maximizer: Maximizer, settings: StudySettings, progress: ProgressReporter) -> list[MaximizedImage]:
    """Optimize the pictures of all channels together."""
    size = (settings.size, settings.size)
    optimizer = Adam(learning_rate=RATE, beta2=0.999)
    values = maximizer.init(size)
    state = optimizer.init(values)
    begun = _evaluated(maximizer, values, size)[0]
    history: list[list[float]] = []
    stages = [(0, _images(maximizer, values, size))]
    shown = {settings.steps // 16, settings.steps // 4} - {0}
    what = Note(_("drawing {count} pictures ({way})"), count=len(maximizer.channels), way=maximizer.way)
    for step in progress.track(what, range(1, settings.steps + 1)):
        gradient, objectives = maximizer.gradient(values, size, step)
        history.append(objectives)
        values, state = optimizer.step(values, gradient, state)
        if step in shown:
            stages.append((step, _images(maximizer, values, size)))
    ended, fineness = _evaluated(maximizer, values, size)
    stages.append((len(history), _images(maximizer, values, size)))
    return [
        MaximizedImage(
            channel=channel,
            way=maximizer.way,
            image=stages[-1][1][number],
            begun=begun[number],
            ended=ended[number],
            fineness=fineness[number],
            history=[objectives[number] for objectives in history],
            stages=[(step, images[number]) for step, images in stages],
        )
        for number, channel in enumerate(maximizer.channels)
    ]


def _evaluated(maximizer: Maximizer, values: Tensor, size: tuple[int, int]) -> tuple[list[float], list[float]]:
    """Return the objectives of the pictures without augmentations, and their share of high frequencies."""
    objectives: list[float] = []
    fineness: list[float] = []
    with torch.no_grad():
        for first in range(0, len(values), TOGETHER):
            pictures = maximizer.pictures(values[first : first + TOGETHER], size)
            objectives += maximizer.objectives(pictures, maximizer.channels[first : first + TOGETHER])[0].tolist()
            fineness += high_freq_ratio(pictures).tolist()
    return objectives, fineness


def _images(maximizer: Maximizer, values: Tensor, size: tuple[int, int]) -> list[Image.Image]:
    with torch.no_grad():
        return [to_pil(picture) for picture in maximizer.pictures(values, size)]


def _seeded(seed: int, number: int) -> torch.Generator:
    """Return a generator that depends on two numbers."""
    return torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63)
