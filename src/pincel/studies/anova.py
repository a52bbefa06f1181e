"""Analysis of variance of four pictures, by photograph and by painting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AnovaEffects:
    """Why four pictures differ, as shares that add up to 1.

    Attributes:
        content: Because of the photograph.
        style: Because of the painting.
        both: Because of what this photograph and this painting do together.
    """

    content: float
    style: float
    both: float


def anova_effects(values: Sequence[Sequence[Tensor]]) -> AnovaEffects:
    r"""Return the effects on values of 2×2 pictures: a two-way analysis of variance without repetition.

    With means over columns, rows and all, written with dots:

    .. math:: \sum (x_{ij} - x_{..})^2 = 2\sum_i (x_{i.} - x_{..})^2 + 2\sum_j (x_{.j} - x_{..})^2 + \sum_{ij} r_{ij}^2,
    .. math:: r_{ij} = x_{ij} - x_{i.} - x_{.j} + x_{..}

    Args:
        values: ``values[i][j]`` of content i and style j, all of one shape.

    Returns:
        The three sums as shares; all 0 where the four are the same.

    Example:
        >>> x = [[torch.tensor([0.0]), torch.tensor([1.0])], [torch.tensor([3.0]), torch.tensor([4.0])]]
        >>> anova_effects(x)
        AnovaEffects(content=0.9, style=0.1, both=0.0)
    """
    x = torch.stack([torch.stack([each.double() for each in row]) for row in values])
    rows, columns, mean = x.mean(1, keepdim=True), x.mean(0, keepdim=True), x.mean((0, 1), keepdim=True)
    parts = rows - mean, columns - mean, x - rows - columns + mean
    sums = [float(part.expand_as(x).square().sum()) for part in parts]
    whole = sum(sums)
    return AnovaEffects(*(each / whole if whole else 0.0 for each in sums))
