"""Gradient ascent of a picture's code in a direction, with the regularizers of Mahendran and Vedaldi."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.engine.events import Step
from pincel.images.io import to_pil
from pincel.inversion.loop import make_loop, make_start, phases
from pincel.inversion.losses import make_priors
from pincel.inversion.pictures import center_crop
from pincel.inversion.representation import WHITE, Representation
from pincel.losses.inner import InnerLoss
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion
from pincel.studies.progress import ProgressReporter
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

RECIPE = "mahendran2016"
# What a small picture and a step take beside convolutions, in multiply-adds.
OVERHEAD = 5e7


@dataclass(frozen=True)
class ActivationTarget:
    """The objective of a batch of pictures of one size.

    Attributes:
        name: The layer, as in the options.
        representation: The network, and the layer of the code.
        direction: w, (1, C, h, w) or one a picture; see :class:`pincel.losses.inner.InnerLoss`.
        start: (B, 3, H, W) in gray levels, with the margin of the jitter.
        size: (height, width) of the pictures.
        free: Without regularization: no regularizers, no bound, no jitter.
        channels: Of each picture of a maximization; none for a caricature.
        weight: C, against the regularizers.
    """

    name: str
    representation: Representation
    direction: Tensor
    start: Tensor
    size: tuple[int, int]
    free: bool = False
    channels: tuple[int, ...] = ()
    weight: float = 1.0

    @property
    def layer(self) -> str:
        """Where the code is read."""
        return self.representation.layer

    def work(self) -> float:
        """Return about how many multiply-adds a step takes."""
        spec = self.representation.encoder.spec
        needed = [layer for layer in spec.up_to((self.layer,)) if layer.products]
        each = sum(layer.products * math.prod(spec.positions(side, layer.name) for side in self.size) for layer in needed)
        return len(self.start) * each + OVERHEAD

    def reached(self, pixels: Tensor) -> list[float]:
        """Return ⟨Φ(x), w⟩ of pictures (B, 3, H, W) in gray levels."""
        with torch.no_grad():
            values: list[float] = (self.representation.code(pixels) * self.direction).double().flatten(1).sum(1).tolist()
        return values


@dataclass(frozen=True)
class MaximizedBatch:
    """The result for a target.

    Attributes:
        target: Its objective.
        pictures: (B, 3, H, W) in [0, 1] as saved: clipped, in 8 bits.
        before: ⟨Φ(x), w⟩ of each initial picture.
        after: Of each as saved.
        unclipped: Of each before it was clipped.
        history: ⟨Φ(x), w⟩ at each step, with jitter, the mean of the batch.
    """

    target: ActivationTarget
    pictures: Tensor
    before: Sequence[float]
    after: Sequence[float]
    unclipped: Sequence[float]
    history: Sequence[float] = field(default_factory=list)

    @property
    def images(self) -> list[Image.Image]:
        """Each picture."""
        return [to_pil(picture[None]) for picture in self.pictures]


def natural_recipe(seed: int, steps: int, *, free: bool = False) -> Inversion:
    """Return the recipe of the paper of 2016 with one phase; ``free`` without λ, bound and jitter, as its exp_noregularizer.m."""
    values = {"norm_weight": 0.0, "tv_weight": 0.0, "bound": 0.0, "jitter": 0.0} if free else {}
    return INVERSIONS[RECIPE].recipe.override(seed=seed, schedule=f"{steps}x1~1", **values)


def padded_size(representation: Representation, size: tuple[int, int]) -> tuple[int, int]:
    """Return the initial size of a picture of ``size``, with the margin of the jitter."""
    return phases(natural_recipe(0, 1), size, representation.stride)[0].size


def pad_to_view(photograph: Tensor, representation: Representation) -> Tensor:
    """Return a photograph (1, 3, H, W) in gray levels with the mean color around it, in the size of :func:`padded_size`."""
    middle = representation.mean().to(photograph)
    height, width = padded_size(representation, (photograph.shape[-2], photograph.shape[-1]))
    down, across = height - photograph.shape[-2], width - photograph.shape[-1]
    # The smaller half is above and to the left, where the crop of the middle begins.
    around = (across // 2, across - across // 2, down // 2, down - down // 2)
    return functional.pad(photograph - middle, around) + middle


def channel_noise(representation: Representation, size: tuple[int, int], seed: int, channels: Sequence[int]) -> Tensor:
    """Return noise for each channel its own, (B, 3, H, W) in gray levels, in the size of :func:`padded_size`.

    A channel's noise depends on the seed and its number, not on the other channels.
    """
    whole = padded_size(representation, size)
    drawn = [make_start(natural_recipe((1_000_003 * seed + channel) % 2**63, 1), representation, whole, 1) for channel in channels]
    return torch.cat(drawn)


def maximize(
    target: ActivationTarget, seed: int, steps: int, progress: ProgressReporter, report_step: Callable[[int], None]
) -> MaximizedBatch:
    """Optimize the pictures of a target, and return the best ones; ``report_step`` is called with each step."""
    representation, count = target.representation, len(target.start)
    recipe = natural_recipe(seed, steps, free=target.free)
    phase = phases(recipe, target.size, representation.stride)[0]
    losses = [InnerLoss(target.layer, target.direction, target.weight, count), *make_priors(recipe, representation, count)]
    start = center_crop(target.start, phase)
    loop = make_loop(recipe, representation, losses, target.size, start)
    history: list[float] = []
    for event in progress.follow(loop):
        if isinstance(event, Step):
            history.append(-event.terms["inner"])
            report_step(event.step)
    final = _middle(loop.picture.detach(), target.size)
    saved = (final / WHITE).clamp(0, 1).mul(WHITE).round()
    before = target.reached(_middle(start, target.size))
    return MaximizedBatch(target, (saved / WHITE).cpu(), before, target.reached(saved), target.reached(final), history)


def maximize_all(targets: Sequence[ActivationTarget], seed: int, steps: int, progress: ProgressReporter) -> list[MaximizedBatch]:
    """Optimize one target after the other, with one progress bar in hundredths of the work.

    Returns:
        The results, in order; fewer if ``progress`` was stopped, the last of them unfinished then.
    """
    costs = [target.work() for target in targets]
    what = Note(_("drawing {count} pictures"), count=sum(len(target.start) for target in targets))
    batches: list[MaximizedBatch] = []
    progress.update(what, 0, 100)
    for number, target in enumerate(targets):
        if progress.stopped:
            break
        done, each = sum(costs[:number]), costs[number]

        def report_step(step: int, done: float = done, each: float = each) -> None:
            percent = int(100 * (done + each * step / steps) / sum(costs))
            if percent > 0:
                progress.update(what, percent, 100)

        batches.append(maximize(target, seed, steps, progress, report_step))
    return batches


def _middle(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    top, left = ((have - want) // 2 for have, want in zip(pixels.shape[-2:], size, strict=True))
    return pixels[..., top : top + size[0], left : left + size[1]]
