"""Pictures that climb: a code, a direction it is to grow in, and what keeps the picture natural meanwhile."""

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
from pincel.inversion.build import center_crop, make_loop, make_priors, make_start, phases
from pincel.inversion.representation import WHITE, Representation
from pincel.losses.inner import InnerLoss
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion
from pincel.studies.progress import ProgressReporter

RECIPE = "mahendran2016"
# What a small picture and a step take beside convolutions, in multiply-adds.
OVERHEAD = 5e7


@dataclass(frozen=True)
class ActivationTarget:
    """What is to grow, for a batch of pictures of one size.

    Attributes:
        name: The layer asked for.
        representation: The network, and the layer that is looked at.
        direction: w, (1, C, h, w) or one a picture; see :class:`pincel.losses.inner.InnerLoss`.
        start: (B, 3, H, W) in gray levels, as large as the margin of the jitter asks for.
        size: (height, width) of the pictures.
        free: Without what keeps pictures natural: no regularizers, no bound, no jitter.
        channels: Of each picture of a maximization; none for a caricature.
        weight: C, how much it weighs against the regularizers.
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
        spec = self.representation.eye.spec
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
    """What became of a wish.

    Attributes:
        wish: What was wished.
        pictures: (B, 3, H, W) in [0, 1] as saved: clipped, in 8 bits.
        before: ⟨Φ(x), w⟩ where each began.
        after: Of each as saved.
        unclipped: Of each before it was clipped.
        history: ⟨Φ(x), w⟩ at each step, as the wandering view had it, the mean of the batch.
    """

    wish: ActivationTarget
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
    """Return the values of the paper of 2016, with one phase, as its code maximizes.

    Args:
        seed: Of the noise and of the wandering view.
        steps: Of the optimizer.
        free: Without λ, bound and jitter, as ``experiments/exp_noregularizer.m`` has it.
    """
    values = {"norm_weight": 0.0, "tv_weight": 0.0, "bound": 0.0, "jitter": 0.0} if free else {}
    return INVERSIONS[RECIPE].recipe.override(seed=seed, schedule=f"{steps}x1~1", **values)


def padded_size(representation: Representation, size: tuple[int, int]) -> tuple[int, int]:
    """Return how large a picture of ``size`` starts, so that the view has where to wander."""
    return phases(natural_recipe(0, 1), size, representation.stride)[0].size


def pad_to_view(photograph: Tensor, representation: Representation) -> Tensor:
    """Return a photograph (1, 3, H, W) in gray levels with the mean color around it, as wide as :func:`padded_size` says."""
    middle = representation.middle().to(photograph)
    height, width = padded_size(representation, (photograph.shape[-2], photograph.shape[-1]))
    down, across = height - photograph.shape[-2], width - photograph.shape[-1]
    # The smaller half goes above and to the left, where the crop of the middle begins.
    around = (across // 2, across - across // 2, down // 2, down - down // 2)
    return functional.pad(photograph - middle, around) + middle


def channel_noise(representation: Representation, size: tuple[int, int], seed: int, channels: Sequence[int]) -> Tensor:
    """Return noise for each channel its own, (B, 3, H, W) in gray levels, as wide as :func:`padded_size` says.

    A channel's noise depends on the seed and its number, not on the other channels.
    """
    whole = padded_size(representation, size)
    drawn = [make_start(natural_recipe((1_000_003 * seed + channel) % 2**63, 1), representation, whole, 1) for channel in channels]
    return torch.cat(drawn)


def maximize(wish: ActivationTarget, seed: int, steps: int, progress: ProgressReporter, told: Callable[[int], None]) -> MaximizedBatch:
    """Climb, and keep the best picture.

    Args:
        wish: What for.
        seed: Of the wandering view.
        steps: Of the optimizer; fewer if ``progress`` is stopped.
        progress: May ask for the end.
        told: Is told each step made.
    """
    representation, count = wish.representation, len(wish.start)
    recipe = natural_recipe(seed, steps, free=wish.free)
    rung = phases(recipe, wish.size, representation.stride)[0]
    losses = [InnerLoss(wish.layer, wish.direction, wish.weight, count), *make_priors(recipe, representation, count)]
    start = center_crop(wish.start, rung)
    climb = make_loop(recipe, representation, losses, wish.size, start)
    history: list[float] = []
    for event in progress.follow(climb):
        if isinstance(event, Step):
            history.append(-event.terms["inner"])
            told(event.step)
    final = _middle(climb.picture.detach(), wish.size)
    saved = (final / WHITE).clamp(0, 1).mul(WHITE).round()
    before = wish.reached(_middle(start, wish.size))
    return MaximizedBatch(wish, (saved / WHITE).cpu(), before, wish.reached(saved), wish.reached(final), history)


def maximize_all(wishes: Sequence[ActivationTarget], seed: int, steps: int, progress: ProgressReporter) -> list[MaximizedBatch]:
    """Climb for one wish after the other, with one bar for all, in hundredths of the work.

    Returns:
        What became of them, in order; fewer if ``progress`` was stopped, the last of them unfinished then.
    """
    costs = [wish.work() for wish in wishes]
    what = f"drawing {sum(len(wish.start) for wish in wishes)} pictures"
    grown: list[MaximizedBatch] = []
    progress.update(what, 0, 100)
    for number, wish in enumerate(wishes):
        if progress.stopped:
            break
        done, each = sum(costs[:number]), costs[number]

        def told(step: int, done: float = done, each: float = each) -> None:
            share = int(100 * (done + each * step / steps) / sum(costs))
            if share > 0:
                progress.update(what, share, 100)

        grown.append(maximize(wish, seed, steps, progress, told))
    return grown


def _middle(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    top, left = ((have - want) // 2 for have, want in zip(pixels.shape[-2:], size, strict=True))
    return pixels[..., top : top + size[0], left : left + size[1]]
