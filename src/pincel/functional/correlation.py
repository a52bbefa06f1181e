"""What a Gram matrix is made of: correlations between filters, how many of them are independent, and how far two matrices are apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def correlation_matrix(features: Tensor) -> Tensor:
    r"""Pearson correlation of every two channels over the positions of a feature map.

    .. math:: \rho_{ij} = \frac{\sum_k (F_{ik} - m_i)(F_{jk} - m_j)}{\sqrt{\sum_k (F_{ik} - m_i)^2 \sum_k (F_{jk} - m_j)^2}}

    Args:
        features: Shape (C, H, W), any range.

    Returns:
        Shape (C, C), from -1 to 1, symmetric; not a number where a channel is the same at every position.

    Differs:
        The Gram matrix, which papers and lectures call the correlation between filters, subtracts no mean and divides by no spread.
    """
    rows = features.flatten(1)
    constant = rows.amax(1) == rows.amin(1)
    centered = rows - rows.mean(1, keepdim=True)
    unit = centered / centered.norm(dim=1, keepdim=True)
    unit[constant] = torch.nan
    matrix: Tensor = unit @ unit.T
    return matrix.clamp(-1, 1)


def diagonal_share(gram: Tensor) -> float:
    r"""Share of the energy of a matrix that is in its diagonal, :math:`\sum_i G_{ii}^2 / \sum_{ij} G_{ij}^2`; 0 for a matrix of zeros.

    What is left, up to 1, says how channels respond together; the diagonal is how strongly each responds by itself.

    Args:
        gram: Shape (C, C).
    """
    energy = float(gram.square().sum())
    return float(gram.diagonal().square().sum()) / energy if energy > 0 else 0.0


def effective_rank(gram: Tensor) -> float:
    r"""How many directions a positive semidefinite matrix really has.

    .. math:: \exp\left(-\sum_i p_i \ln p_i\right), \qquad p_i = \lambda_i / \sum_j \lambda_j

    Args:
        gram: Shape (C, C), symmetric; λ are its eigenvalues.

    Returns:
        From 1, if all channels answer in one fixed proportion, to C, if all are equally strong and independent; 0 for a matrix of zeros.

    Paper:
        Roy, Vetterli 2007, "The effective rank: a measure of effective dimensionality", eq. 3.
    """
    values = torch.linalg.eigvalsh(gram).clamp_min(0)
    shares = values[values > 0] / values.sum()
    return float(torch.exp(-(shares * shares.log()).sum())) if len(shares) else 0.0


def relative_distance(first: Tensor, second: Tensor) -> float:
    r"""Distance of two Gram matrices, whatever unit the features have.

    .. math:: \frac{\|G - G'\|_F}{\sqrt{\|G\|_F \|G'\|_F}}

    Args:
        first: Shape (C, C), not all zero.
        second: Likewise.

    Returns:
        0 for equal matrices; √2 for matrices of one size that have nothing in common. The same if both are multiplied by one number.
    """
    return float((first - second).norm() / (first.norm() * second.norm()).sqrt())


@dataclass(frozen=True)
class Scaling:
    """Places in space whose distances are about those given.

    Attributes:
        places: Shape (N, dimensions), centered; the first direction is that of the widest spread.
        kept: Share of the spread that these dimensions keep, 0 to 1; below 1 distances on the map are not quite those given.
    """

    places: Tensor
    kept: float


def classical_scaling(distances: Tensor, dimensions: int = 2) -> Scaling:
    r"""Draw a map of N things of which only the distances are known.

    .. math:: B = -\tfrac12 J D^{(2)} J = V \Lambda V^T, \qquad J = I - \tfrac1N 1 1^T, \qquad X = V_m \Lambda_m^{½}

    Args:
        distances: Shape (N, N), symmetric, zero on the diagonal; :math:`D^{(2)}` holds their squares.
        dimensions: m, of the map.

    Returns:
        X, exact if the things lie in a space of m dimensions; and the share :math:`\sum_{i \le m} \lambda_i / \sum_i |\lambda_i|` that is
        kept (Mardia, Kent, Bibby 1979, eq. 14.4.7). Eigenvalues below 0, which distances have that are none of points in any space, are
        not drawn. Of the two ways round an axis can go, the one is taken where the place farthest out is on the positive side.

    Paper:
        Torgerson 1952, "Multidimensional scaling: I. Theory and method".
    """
    count = len(distances)
    centering = torch.eye(count).to(distances) - 1 / count
    values, vectors = torch.linalg.eigh(-0.5 * centering @ distances.square() @ centering)
    values, vectors = values.flip(0), vectors.flip(1)
    places = distances.new_zeros(count, dimensions)
    found = min(dimensions, count)
    places[:, :found] = vectors[:, :found] * values[:found].clamp_min(0).sqrt()
    farthest = places.gather(0, places.abs().argmax(0, keepdim=True))
    places = places * torch.where(farthest < 0, -1.0, 1.0)
    whole = float(values.abs().sum())
    return Scaling(places, float(values[:dimensions].clamp_min(0).sum()) / whole if whole > 0 else 1.0)
