"""Pictures that a channel likes better than any that was ever taken: made from noise, step by step, by climbing its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.top_activations import TopActivations, check_channels, read_channels, select_channels

DEFAULT = "relu4_1"
BOTH = "both"
# The rate of lucid and lucent, for spectra and pixels alike.
RATE = 0.05
# Pictures looked at together: more of them save no time, and take memory.
TOGETHER = 8
# Answers by which channels are chosen: one of so few pictures could be an accident, many would be all of them.
JUDGED_BY = 3


def study(options: MaximizeOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Make for each channel a picture it answers to as much as can be, and compare with what given pictures reach.

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
    found, samples, reached = _look_at_samples(backbone, layer, options.objective, settings, progress)
    channels = select_channels(wanted, found)
    drawn: list[MaximizedImage] = []
    ways = tuple(PARAMETRIZATIONS) if options.parameterisation == BOTH else (options.parameterisation,)
    for way in ways:
        studio = Maximizer(backbone, layer, channels, way, options.objective, options.robust, settings.seed)
        drawn += _drawn(studio, settings, progress)
    # The best of the samples, channel by channel; none if it was ended before the first.
    best = {channel: _best(samples, reached[:, channel]) for channel in channels} if samples else {}
    own = {"layer": layer, **{name: getattr(options, name) for name in ("channels", "objective", "parameterisation", "robust")}}
    return page(drawn, best, [sample.fineness for sample in samples], settings, own, progress.stopped)


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


def _look_at_samples(
    backbone: VGG, layer: str, objective: str, settings: StudySettings, progress: ProgressReporter
) -> tuple[TopActivations, list[SampleImage], Tensor]:
    """Measure the pictures that come with pincel; return the strongest answers of each channel, the pictures, and (pictures, C)."""
    count = settings.spec.layer(layer).channels
    found, samples, reached = TopActivations.empty(count, JUDGED_BY), [], []
    _, given = OBJECTIVES[objective]
    for number, name in enumerate(progress.track("looking at the samples", list(sample_names()))):
        picture = load_input(PREFIX + name, settings)
        answer = features(backbone, picture, [layer])[layer]
        found = found.updated(answer, number)
        reached.append(given(answer)[0].float().cpu())
        samples.append(SampleImage(name, to_pil(picture.pixels), 0.0, float(high_freq_ratio(picture.pixels)[0])))
    return found, samples, torch.stack(reached) if reached else torch.zeros(0, count)


def _best(samples: Sequence[SampleImage], values: Tensor) -> SampleImage:
    number = int(values.argmax())
    sample = samples[number]
    return SampleImage(sample.name, sample.image, float(values[number]), sample.fineness)


@dataclass(frozen=True)
class Maximizer:
    """What is needed to make pictures for some channels.

    Attributes:
        backbone: The network.
        layer: Of the channels.
        channels: One a picture.
        way: One of :data:`pincel.studies.feature_visualization.PARAMETRIZATIONS`.
        objective: One of :data:`pincel.studies.feature_visualization.OBJECTIVES`.
        robust: One of :data:`pincel.studies.feature_visualization.AUGMENTATIONS`.
        seed: Of the noise, and of what the pictures bear. A channel's picture depends on it, not on the other channels.
    """

    backbone: VGG
    layer: str
    channels: tuple[int, ...]
    way: str
    objective: str
    robust: str
    seed: int

    def start(self, size: tuple[int, int]) -> Tensor:
        """Return noise, for each channel its own."""
        begin, _ = PARAMETRIZATIONS[self.way]
        weight, _ = next(iter(self.backbone.weights.values()))
        return torch.stack([begin(size, _seeded(self.seed, channel)) for channel in self.channels]).to(weight.device)

    def pictures(self, values: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the pictures that values stand for, (B, 3, H, W) in [0, 1]; differentiable."""
        _, decode = PARAMETRIZATIONS[self.way]
        return to_rgb(decode(values, size))

    def told(self, pictures: Tensor, channels: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the objective of each picture, (B,), and what to climb, which has a slope even where a ReLU is silent.

        Below zero a ReLU tells nothing of the way up, and one unit may be there from the start; what the convolution before it answers
        shows the way, as in lucid's redirected ReLUs.
        """
        wish, _ = OBJECTIVES[self.objective]
        before = self._before()
        answers = self.backbone.features(WHITE * pictures, [self.layer, *before])
        own = torch.arange(len(channels)), torch.tensor(channels)
        told = wish(answers[self.layer])[own]
        climbed = told
        for name in before:
            climbed = torch.where(told.detach() == 0, wish(answers[name])[own], told)
        return told.detach(), climbed

    def slope(self, values: Tensor, size: tuple[int, int], step: int) -> tuple[Tensor, list[float]]:
        """Return the gradient of minus the objectives, and the objectives, of pictures that bear the transforms of this step."""
        leaf = values.detach().requires_grad_()
        heard: list[float] = []
        for first in range(0, len(values), TOGETHER):
            # Drawn anew for each group, so that all bear the same.
            shaken_ones = augment(self.pictures(leaf[first : first + TOGETHER], size), AUGMENTATIONS[self.robust], _seeded(self.seed, step))
            told, climbed = self.told(shaken_ones, self.channels[first : first + TOGETHER])
            (-climbed.sum()).backward()  # type: ignore[no-untyped-call]
            heard += told.tolist()
        if leaf.grad is None:
            raise OptionError(one_line("channels: none to draw for", "nothing", "1 or more", "--channels 1"))
        return leaf.grad, heard

    def _before(self) -> list[str]:
        spec = self.backbone.spec
        index = spec.names.index(self.layer)
        return [spec.names[index - 1]] if spec.layers[index].kind == "relu" else []


@dataclass
class _Trace:
    """What is kept while pictures are made."""

    history: list[list[float]] = field(default_factory=list)
    stages: list[tuple[int, list[Image.Image]]] = field(default_factory=list)


def _drawn(studio: Maximizer, settings: StudySettings, progress: ProgressReporter) -> list[MaximizedImage]:
    """Make the pictures, all at once."""
    size = (settings.size, settings.size)
    optimizer = Adam(learning_rate=RATE, beta2=0.999)
    values = studio.start(size)
    state = optimizer.init(values)
    begun, _ = _looked_at(studio, values, size)
    album = _Trace(stages=[(0, _images(studio, values, size))])
    kept = {settings.steps // 16, settings.steps // 4} - {0}
    for step in progress.track(f"drawing {len(studio.channels)} pictures ({studio.way})", range(1, settings.steps + 1)):
        gradient, heard = studio.slope(values, size, step)
        album.history.append(heard)
        values, state = optimizer.step(values, gradient, state)
        if step in kept:
            album.stages.append((step, _images(studio, values, size)))
    ended, fine = _looked_at(studio, values, size)
    album.stages.append((len(album.history), _images(studio, values, size)))
    return [
        MaximizedImage(
            channel=channel,
            way=studio.way,
            image=album.stages[-1][1][number],
            begun=begun[number],
            ended=ended[number],
            fineness=fine[number],
            history=[heard[number] for heard in album.history],
            stages=[(step, images[number]) for step, images in album.stages],
        )
        for number, channel in enumerate(studio.channels)
    ]


def _looked_at(studio: Maximizer, values: Tensor, size: tuple[int, int]) -> tuple[list[float], list[float]]:
    """Return the objectives of the pictures as they are, bearing nothing, and their fineness."""
    told: list[float] = []
    fine: list[float] = []
    with torch.no_grad():
        for first in range(0, len(values), TOGETHER):
            pictures = studio.pictures(values[first : first + TOGETHER], size)
            told += studio.told(pictures, studio.channels[first : first + TOGETHER])[0].tolist()
            fine += high_freq_ratio(pictures).tolist()
    return told, fine


def _images(studio: Maximizer, values: Tensor, size: tuple[int, int]) -> list[Image.Image]:
    with torch.no_grad():
        return [to_pil(picture) for picture in studio.pictures(values, size)]


def _seeded(seed: int, number: int) -> torch.Generator:
    """Return what draws, the same for the same two numbers."""
    return torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63)
