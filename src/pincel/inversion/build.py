"""A recipe of inversion, a representation and a picture into something that runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pincel.canvas.init import noise
from pincel.engine.evaluator import Evaluator
from pincel.engine.multiscale import MultiScaleLoop, Scale
from pincel.engine.problem import Problem, ViewTransform, identity, unbounded
from pincel.errors import OptionError
from pincel.functional.natural import SIGMA
from pincel.functional.norms import alpha_norm, clip_norm, range_norm
from pincel.functional.variation import beta_variation
from pincel.images.picture import LoadedImage
from pincel.images.resize import cover, resize_picture, target_size
from pincel.inversion.representation import WHITE, Representation
from pincel.losses.base import Loss
from pincel.losses.code import CodeLoss
from pincel.losses.objective import Objective
from pincel.losses.regularization import RegularizationLoss
from pincel.optim.base import Optimizer, make_optimizer
from pincel.recipes.inversion import Inversion, looked_up

# Their step is a rate times the gradient of a mean: it is to be the same however many values there are.
BY_VALUE = ("gradient-descent", "adagrad")


# Bicubic, as the papers' own.
FITS: dict[str, Callable[[LoadedImage, tuple[int, int]], LoadedImage]] = {
    "keep": partial(resize_picture, resample="bicubic"),
    "stretch": partial(resize_picture, resample="bicubic"),
    "crop": lambda picture, size: replace(picture, pixels=cover(picture.pixels, size, "bicubic"), alpha=None),
}


@dataclass(frozen=True)
class SizedPhase(Scale):
    """A phase of the schedule; its pictures are wider by the margin the view may wander in.

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
    """Check what a recipe says of a representation, before anything slow happens.

    Raises:
        OptionError: If a table has no number for it, the weight of the code is 0, or the optimizer does not accept its options.
        UnknownNameError: For an optimizer that does not exist.
    """
    if looked_up(recipe.code_weight, name, "--code-weight") == 0:
        raise OptionError("--code-weight is 0, so there is nothing to rebuild; give a number above 0.")
    looked_up(recipe.tv_weight, name, "--tv-weight")
    make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.optimizer_options)


def fitted_size(recipe: Inversion, picture: LoadedImage) -> tuple[int, int]:
    """(height, width) a photograph is looked at in; a side of a very thin one can be 0."""
    square = (recipe.size, recipe.size)
    return target_size(picture.height, picture.width, recipe.size) if recipe.fit == "keep" else square


def fit_picture(recipe: Inversion, picture: LoadedImage) -> LoadedImage:
    """Bring a photograph to the size and shape of the recipe."""
    size = fitted_size(recipe, picture)
    return FITS[recipe.fit](picture, size)


def phases(recipe: Inversion, size: tuple[int, int], stride: int) -> list[SizedPhase]:
    """Lay the schedule out for pictures of (height, width) ``size``, seen by a layer of some stride."""
    sized = []
    for phase in recipe.schedule:
        # The paper's T shifts of 1 pixel: T = a quarter of the stride, so T - 1 pixels more.
        margin = max(round(recipe.jitter * phase.jitter * stride), 1) - 1
        sized.append(SizedPhase(1.0, (size[0] + margin, size[1] + margin), phase.steps, 0.0, phase.rate, margin))
    return sized


def target_code(representation: Representation, photograph: Tensor) -> Tensor:
    """Look at the photograph, (1, 3, H, W) in gray levels: Φ₀.

    Raises:
        OptionError: If its code is not finite.
    """
    with torch.no_grad():
        target = representation.code(photograph)
    if not target.isfinite().all():
        raise OptionError(f"The code of {representation.name} is not finite: there is nothing to match.")
    return target


def make_losses(recipe: Inversion, representation: Representation, code: CodeLoss) -> list[Loss]:
    """Put the objective together: the code, and the regularizers that have a weight.

    Raises:
        OptionError: If the code is zero wherever it counts.
    """
    if float(code.squared_norm) == 0:
        raise OptionError(
            f"The code of {representation.name} is zero in all that counts, so nothing can be rebuilt from it; try another layer."
        )
    return [code, *make_priors(recipe, representation, code.images)]


def make_priors(recipe: Inversion, representation: Representation, pictures: int) -> list[Loss]:
    """Return the regularizers that have a weight, for a batch of so many pictures."""
    middle, variation = representation.middle(), looked_up(recipe.tv_weight, representation.name, "--tv-weight")
    losses: list[Loss] = []
    if recipe.norm_weight > 0:
        losses.append(RegularizationLoss("norm", _norm(recipe), recipe.norm_weight, middle, pictures))
    if variation > 0:
        losses.append(RegularizationLoss("tv", _variation(recipe), variation, middle, pictures))
    return losses


def _norm(recipe: Inversion) -> Callable[[Tensor], Tensor]:
    return partial({"alpha": alpha_norm, "range": range_norm}[recipe.norm], alpha=recipe.alpha)


def _variation(recipe: Inversion) -> Callable[[Tensor], Tensor]:
    def by_area(picture: Tensor) -> Tensor:
        return beta_variation(picture, recipe.beta) / (picture.shape[-2] * picture.shape[-1])

    def by_sigma(picture: Tensor) -> Tensor:
        return beta_variation(picture, recipe.beta) / (picture[0].numel() * SIGMA**2)

    return {"area": by_area, "sigma": by_sigma}[recipe.tv]


def make_problem(recipe: Inversion, representation: Representation, losses: list[Loss], phase: SizedPhase) -> Problem:
    """Return what is optimized in a phase."""
    return Problem(
        representation.eye,
        Objective(losses),
        representation.canvas,
        view_transform=random_shift(phase.margin, recipe.seed) if phase.margin else identity,
        project=norm_bound(representation.middle(), recipe.bound) if recipe.bound else unbounded,
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
    """Lay all phases out, ready to be iterated over.

    Args:
        recipe: The schedule, the optimizer, the bound.
        representation: The eye.
        losses: The wishes.
        size: (height, width) of the result.
        start: (B, 3, H, W) in gray levels, wider by the margin of the first phase; see :func:`phases`.
    """

    def evaluator(scale: Scale) -> Evaluator:
        return Evaluator(make_problem(recipe, representation, losses, as_phase(scale)))

    def optimizer(scale: Scale) -> Optimizer[Any]:
        return make_phase_optimizer(recipe, representation, as_phase(scale))

    return MultiScaleLoop(phases(recipe, size, representation.stride), evaluator, optimizer, start, center_crop, reset=True)


def make_start(recipe: Inversion, representation: Representation, size: tuple[int, int], pictures: int) -> Tensor:
    """Draw the noise each picture starts from, (pictures, 3, H, W) in gray levels.

    The first is what it would be alone; the others are drawn from the seeds after it.
    """
    middle = representation.eye.spec.mean[: representation.channels]
    drawn = [
        noise(
            (1, representation.channels, *size),
            kind=recipe.noise,
            level=recipe.noise_level,
            mean=middle,
            generator=torch.Generator().manual_seed((recipe.seed + number) % 2**63),
        )
        for number in range(pictures)
    ]
    return representation.canvas.pixels(torch.cat(drawn))


def center_crop(picture: Tensor, scale: Scale) -> Tensor:
    """Cut the middle of a picture out for a phase with less margin."""
    top, left = ((have - want) // 2 for have, want in zip(picture.shape[-2:], scale.size, strict=True))
    return picture[..., top : top + scale.size[0], left : left + scale.size[1]]


def tone_map(recipe: Inversion, representation: Representation, pixels: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) in gray levels as they are to be saved, in [0, 1]."""
    tone = recipe.tone if recipe.tone != "auto" else "stretch" if representation.channels == 1 else "clip"
    if tone == "clip":
        return (pixels / WHITE).clamp(0, 1)
    least, most = pixels.amin((1, 2, 3), keepdim=True), pixels.amax((1, 2, 3), keepdim=True)
    return (pixels - least) / (most - least).clamp(min=1)
