"""How far a rebuilt picture's code is from the wanted one: the error of a run, and the two errors a paper and its code publish."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from torch import Tensor


@dataclass(frozen=True)
class CodeDistances:
    """Lengths of the codes of several photographs, and distances between them.

    Attributes:
        lengths: ‖Φ₀‖² of each.
        square: Mean of ‖Φᵢ - Φⱼ‖² over all pairs, those of a photograph with itself included; None for one photograph alone.
        distance: Mean of ‖Φᵢ - Φⱼ‖ over pairs of two photographs; None for one alone.
    """

    lengths: tuple[float, ...]
    square: float | None = None
    distance: float | None = None

    def by_code(self, error: float, photograph: int) -> float | None:
        r"""Return the error that the released code computes, :math:`\|y - y_0\|^2 / \overline{\|\Phi_i - \Phi_j\|^2}`.

        Args:
            error: Of a run, ‖y - y₀‖² / ‖y₀‖².
            photograph: Which one the run is of.

        Returns:
            None where nothing lies between photographs.

        Paper:
            aravindhm/deep-goggle, ``experiment_shallow_quantitative.m``: pairs include i = j.
        """
        return error * self.lengths[photograph] / self.square if self.square else None

    def by_text(self, error: float, photograph: int) -> float | None:
        r"""Return the error that the text of the paper defines, :math:`\|y - y_0\| / N_\Phi`.

        Args and returns as :meth:`by_code`.

        Paper:
            Mahendran, Vedaldi 2015, section 4: N_Φ is the average distance of the representations of two pictures.
        """
        return math.sqrt(error * self.lengths[photograph]) / self.distance if self.distance else None


def code_distances(codes: Sequence[Tensor]) -> CodeDistances:
    """Measure codes and the distances between them, in float64.

    Args:
        codes: Φᵢ, of one shape.

    Example:
        >>> import torch
        >>> code_distances([torch.tensor([3.0, 4.0]), torch.tensor([0.0, 0.0])])
        CodeDistances(lengths=(25.0, 0.0), square=12.5, distance=5.0)
    """
    lengths = tuple(float(code.double().square().sum()) for code in codes)
    if len(codes) < 2:
        return CodeDistances(lengths)
    squares = [float((one.double() - other.double()).square().sum()) for one, other in combinations(codes, 2)]
    # Each pair counts twice, and a photograph is no distance from itself.
    square = 2 * sum(squares) / len(codes) ** 2
    return CodeDistances(lengths, square, fmean(math.sqrt(each) for each in squares))
