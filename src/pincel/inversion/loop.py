"""The loop of an inversion: phases, problem, optimizer and initial noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pincel.canvas.init import noise
from pincel.engine.evaluator import Evaluator
from pincel.engine.multiscale import MultiScaleLoop, Scale
from pincel.engine.problem import Problem, ViewTransform, identity, unbounded
from pincel.errors import OptionError
from pincel.functional.norms import clip_norm
from pincel.inversion.pictures import center_crop
from pincel.inversion.representation import Representation
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.optim.base import Optimizer, make_optimizer
from pincel.recipes.inversion import Inversion, looked_up

# Optimizers whose step is a rate times the gradient of a mean: the rate is multiplied by the number of values.
BY_VALUE = ("gradient-descent", "adagrad")


@dataclass(frozen=True)
class SizedPhase(Scale):
    """A phase of the schedule; its images are larger by the margin in which the view is shifted.

    Attributes:
        rate: Factor of the learning rate.
        margin: Pixels, on the right and below together.
    """

    rate: float = 1.0
    margin: int = 0


def as_phase(scale: Scale) -> SizedPhase:
    """Return a scale as a phase; one that is none has a rate factor of 1 and no margin."""
    return scale if isinstance(scale, SizedPhase) else SizedPhase(scale.fraction, scale.size, scale.steps, scale.tolerance)


def check_inversion(recipe: Inversion, name: str) -> None:
    """Check a recipe against a representation, before anything slow happens.

    Raises:
        OptionError: If a table has no number for it, the weight of the code is 0, or the optimizer does not accept its options.
        UnknownNameError: For an optimizer that does not exist.
    """
    if looked_up(recipe.code_weight, name, "--code-weight") == 0:
        raise OptionError("--code-weight is 0, so there is nothing to rebuild; give a number above 0.")
    looked_up(recipe.tv_weight, name, "--tv-weight")
    make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.optimizer_options)


def phases(recipe: Inversion, size: tuple[int, int], stride: int) -> list[SizedPhase]:
    """Return the schedule for images of (height, width) ``size`` and a layer of some stride."""
    sized = []
    for phase in recipe.schedule:
        # The paper's T shifts of 1 pixel: T = a quarter of the stride, so T - 1 pixels more.
        margin = max(round(recipe.jitter * phase.jitter * stride), 1) - 1
        sized.append(SizedPhase(1.0, (size[0] + margin, size[1] + margin), phase.steps, rate=phase.rate, margin=margin))
    return sized


def make_problem(recipe: Inversion, representation: Representation, losses: list[Loss], phase: SizedPhase) -> Problem:
    """Return what is optimized in a phase."""
    return Problem(
        representation.encoder,
        Objective(losses),
        representation.canvas,
        view_transform=random_shift(phase.margin, recipe.seed) if phase.margin else identity,
        project=norm_bound(representation.mean(), recipe.bound) if recipe.bound else unbounded,
    )


def norm_bound(mean: Tensor, bound: float) -> Callable[[Tensor], Tensor]:
    """Return a projection that bounds the norm of each pixel's distance from the mean color, (1, channels, 1, 1), in gray levels."""

    def project(pixels: Tensor) -> Tensor:
        center = mean.to(pixels)
        return center + clip_norm(pixels - center, bound)

    return project


def random_shift(margin: int, seed: int) -> ViewTransform:
    """Return a transform that crops ``margin`` pixels off each axis, at an offset that seed and step determine."""

    def crop(pixels: Tensor, step: int) -> Tensor:
        drawn = torch.randint(0, margin + 1, (2,), generator=torch.Generator().manual_seed((1_000_003 * seed + step) % 2**63))
        top, left = drawn.tolist()
        height, width = pixels.shape[-2] - margin, pixels.shape[-1] - margin
        return pixels[..., top : top + height, left : left + width]

    return crop


def make_phase_optimizer(recipe: Inversion, representation: Representation, phase: SizedPhase) -> Optimizer[Any]:
    """Return the optimizer of a phase."""
    default: Any = make_optimizer(recipe.optimizer, None, recipe.optimizer_options)
    values = representation.channels * phase.size[0] * phase.size[1] if recipe.optimizer in BY_VALUE else 1
    rate = (recipe.learning_rate or default.learning_rate) * phase.rate * values
    return make_optimizer(recipe.optimizer, rate, recipe.optimizer_options)


def make_loop(
    recipe: Inversion, representation: Representation, losses: list[Loss], size: tuple[int, int], start: Tensor
) -> MultiScaleLoop:
    """Return the loop over all phases.

    Args:
        recipe: The schedule, the optimizer, the bound.
        representation: What is inverted.
        losses: Of the objective.
        size: (height, width) of the result.
        start: (B, 3, H, W) in gray levels, larger by the margin of the first phase; see :func:`phases`.
    """

    def evaluator(scale: Scale, _start: Tensor) -> Evaluator:
        return Evaluator(make_problem(recipe, representation, losses, as_phase(scale)))

    def optimizer(scale: Scale) -> Optimizer[Any]:
        return make_phase_optimizer(recipe, representation, as_phase(scale))

    return MultiScaleLoop(phases(recipe, size, representation.stride), evaluator, optimizer, start, center_crop, reset=True)


def make_start(recipe: Inversion, representation: Representation, size: tuple[int, int], pictures: int) -> Tensor:
    """Return the noise each image starts from, (pictures, 3, H, W) in gray levels.

    The first is that of a single run; the others are drawn from the seeds after it.
    """
    mean = representation.encoder.spec.mean[: representation.channels]
    drawn = [
        noise(
            (1, representation.channels, *size),
            kind=recipe.noise,
            level=recipe.noise_level,
            mean=mean,
            generator=torch.Generator().manual_seed((recipe.seed + number) % 2**63),
        )
        for number in range(pictures)
    ]
    return representation.canvas.pixels(torch.cat(drawn))
