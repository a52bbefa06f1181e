"""The losses of an inversion: distance to a code, and regularizers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from pincel.errors import OptionError
from pincel.functional.natural import SIGMA
from pincel.functional.norms import alpha_norm, range_norm
from pincel.functional.variation import beta_variation
from pincel.inversion.code_mask import parse_code_mask
from pincel.inversion.representation import WHITE, Representation
from pincel.losses.base import Loss
from pincel.losses.code import CodeLoss, full_mask
from pincel.losses.regularization import RegularizationLoss
from pincel.recipes.inversion import Inversion, looked_up


def target_code(representation: Representation, photograph: Tensor) -> Tensor:
    """Return the code Φ₀ of a photograph, (1, 3, H, W) in gray levels.

    Raises:
        OptionError: If its code is not finite.
    """
    with torch.no_grad():
        target = representation.code(photograph)
    if not target.isfinite().all():
        raise OptionError(f"The code of {representation.name} is not finite: there is nothing to match.")
    return target


def make_code_loss(recipe: Inversion, representation: Representation, image: Tensor, neurons: str, repeats: int) -> CodeLoss:
    """Return the distance to the code of an image.

    Args:
        recipe: Its ``code_weight``.
        representation: What the code is read from.
        image: (1, 3, H, W) in [0, 1], on the device of the representation.
        neurons: Which numbers count; see :func:`pincel.inversion.code_mask.parse_code_mask`. All if empty.
        repeats: Images of a batch.

    Raises:
        OptionError: If the code is not finite, or ``neurons`` are not in it.
    """
    target = target_code(representation, WHITE * image)
    mask = parse_code_mask(neurons).mask(target, representation.name) if neurons else full_mask(target)
    return CodeLoss(representation.layer, target, mask, looked_up(recipe.code_weight, representation.name, "--code-weight"), repeats)


def make_losses(recipe: Inversion, representation: Representation, code: CodeLoss) -> list[Loss]:
    """Return the losses: the code, and the regularizers that have a weight.

    Raises:
        OptionError: If the code is zero wherever it counts.
    """
    if float(code.squared_norm) == 0:
        raise OptionError(
            f"The code of {representation.name} is zero in all that counts, so nothing can be rebuilt from it; try another layer."
        )
    return [code, *make_priors(recipe, representation, code.images)]


def make_priors(recipe: Inversion, representation: Representation, pictures: int) -> list[Loss]:
    """Return the regularizers that have a weight, for a batch of ``pictures`` images."""
    mean, variation = representation.mean(), looked_up(recipe.tv_weight, representation.name, "--tv-weight")
    losses: list[Loss] = []
    if recipe.norm_weight > 0:
        losses.append(RegularizationLoss("norm", _norm(recipe), recipe.norm_weight, mean, pictures))
    if variation > 0:
        losses.append(RegularizationLoss("tv", _variation(recipe), variation, mean, pictures))
    return losses


def _norm(recipe: Inversion) -> Callable[[Tensor], Tensor]:
    return partial({"alpha": alpha_norm, "range": range_norm}[recipe.norm], alpha=recipe.alpha)


def _variation(recipe: Inversion) -> Callable[[Tensor], Tensor]:
    def by_area(picture: Tensor) -> Tensor:
        return beta_variation(picture, recipe.beta) / (picture.shape[-2] * picture.shape[-1])

    def by_sigma(picture: Tensor) -> Tensor:
        return beta_variation(picture, recipe.beta) / (picture[0].numel() * SIGMA**2)

    return {"area": by_area, "sigma": by_sigma}[recipe.tv]
