"""Objectives with a known minimum, all in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pincel.optim.base import Optimizer
from tests.tensors import normal


@dataclass(frozen=True)
class Between:
    """The nearest values from ``low`` to ``high``."""

    low: float
    high: float

    def __call__(self, x: Tensor) -> Tensor:
        """Clip."""
        return x.clamp(self.low, self.high)


@dataclass(frozen=True)
class Known:
    """A function of (1, C, H, W), where to start and where its minimum 0 is."""

    value: Callable[[Tensor], Tensor]
    start: Tensor
    minimum: Tensor

    def gradient(self, x: Tensor) -> Tensor:
        """Differentiate at ``x``."""
        leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        (slope,) = torch.autograd.grad(self.value(leaf), leaf)
        return slope


def bowl(condition: float = 10, shape: tuple[int, ...] = (1, 3, 4, 5)) -> Known:
    """Return ½ Σ h (x - c)², curvatures h from 1 to ``condition``."""
    count = torch.Size(shape).numel()
    curvature = torch.logspace(0, torch.tensor(condition).log10().item(), count, dtype=torch.float64).view(shape)
    minimum = normal(*shape, seed=1)
    return Known(lambda x: (curvature * (x - minimum).square()).sum() / 2, torch.zeros(shape, dtype=torch.float64), minimum)


def coupled(shape: tuple[int, ...] = (1, 3, 2, 3)) -> Known:
    """Return ½ (x - c)ᵀ A (x - c) with a full matrix A, eigenvalues 1 to 20."""
    count = torch.Size(shape).numel()
    axes, _ = torch.linalg.qr(normal(count, count, seed=2))
    matrix = axes @ torch.diag(torch.linspace(1, 20, count, dtype=torch.float64)) @ axes.T
    minimum = normal(*shape, seed=3)

    def value(x: Tensor) -> Tensor:
        away = (x - minimum).reshape(-1)
        return torch.dot(away, matrix @ away) / 2

    return Known(value, torch.zeros(shape, dtype=torch.float64), minimum)


def rosenbrock(shape: tuple[int, ...] = (1, 2, 1, 2)) -> Known:
    """Return Rosenbrock's valley in pairs of entries, gentle (5 for his 100), started near it; the minimum is at 1."""

    def value(x: Tensor) -> Tensor:
        pairs = x.reshape(-1, 2)
        return ((1 - pairs[:, 0]).square() + 5 * (pairs[:, 1] - pairs[:, 0].square()).square()).sum()

    return Known(value, torch.full(shape, 0.6, dtype=torch.float64), torch.ones(shape, dtype=torch.float64))


def same(values: Tensor) -> Tensor:
    """Return what is given."""
    return values


def walk(optimizer: Optimizer[Any], problem: Known, steps: int, project: Callable[[Tensor], Tensor] = same) -> list[Tensor]:
    """Return every place visited, the start first; each step is projected, as by the loop."""
    x = problem.start
    state = optimizer.init(x)
    places = [x]
    for _ in range(steps):
        x, state = optimizer.step(x, problem.gradient(x), state)
        x = project(x)
        places.append(x)
    return places


def torch_walk(kind: Callable[..., Any], problem: Known, steps: int, **options: Any) -> list[Tensor]:
    """Do the same with an optimizer of torch."""
    x = problem.start.clone().requires_grad_()
    optimizer = kind([x], **options)

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = problem.value(x)
        x.grad = torch.autograd.grad(total, x)[0]
        return total

    places = [x.detach().clone()]
    for _ in range(steps):
        optimizer.step(closure)
        places.append(x.detach().clone())
    return places
