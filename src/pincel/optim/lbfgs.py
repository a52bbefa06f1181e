"""Limited-memory BFGS, one evaluation a step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pincel.optim.base import CanvasChange, MemoryUse, Optimizer, check_range

# Curvature below this is noise of the arithmetic, not of the objective (torch.optim.LBFGS uses the same bound).
MIN_CURVATURE = 1e-10
# Factor of the initial inverse Hessian of eq. 7.20, which the stiffest directions dominate, so that it is too small in all others.
HESSIAN_FACTOR = 2.0
# Gray levels that the most moved pixel moves in a step while no curvature is known, after the first step.
STEP_WITHOUT_CURVATURE = 4.0


@dataclass(frozen=True)
class CurvaturePair:
    """A step, the change of the gradient over it, both flat, and 1/(step·change)."""

    step: Tensor
    change: Tensor
    inverse: Tensor


@dataclass(frozen=True)
class LBFGSState:
    """The curvature over the last steps.

    Attributes:
        pairs: Oldest first.
        x: Canvas before the last step, flat; None before the first.
        gradient: The gradient there, flat.
        shape: Of the canvas; the pairs are flat.
    """

    pairs: tuple[CurvaturePair, ...] = ()
    x: Tensor | None = None
    gradient: Tensor | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class LBFGS(Optimizer[LBFGSState]):
    """L-BFGS with a fixed step length.

    Attributes:
        learning_rate: Length of a step in units of the quasi-Newton step.
        history: Pairs kept; each takes the memory of two canvases.
        max_step: Longest step, in gray levels root mean square. A first estimate of the curvature can be wrong by orders of magnitude; the
            step it leads to would be taken back at once, but its pair would spoil the next hundred steps.

    Paper:
        Nocedal, Wright, "Numerical Optimization", algorithm 7.4 (two loops), scaling of the start by eq. 7.20.

    Differs:
        As in most style transfer programs there is no line search: one evaluation a step pays better here. Unlike torch's, it never
        stops because a number became small, and its first step does not depend on the size of the gradient; where the direction is not
        one of descent, it discards its history and follows the gradient. A pair holds the distance really moved, so a projection or any
        other change between two steps does not spoil the history, and gradients may have any memory layout.
    """

    learning_rate: float = 1.0
    history: int = 100
    max_step: float = 4.0
    state_types: ClassVar = (LBFGSState, CurvaturePair)
    step_scale_growth: ClassVar = 1.1

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("LBFGS option history", self.history, 1)
        check_range("LBFGS option max_step", self.max_step, 0, open_low=True)

    def init(self, x: Tensor) -> LBFGSState:
        """Return a state without pairs."""
        return LBFGSState(shape=tuple(x.shape))

    def step(self, x: Tensor, grad: Tensor, state: LBFGSState, step_scale: float = 1.0) -> tuple[Tensor, LBFGSState]:
        """Move along the quasi-Newton direction."""
        here, flat = x.reshape(-1), grad.reshape(-1)
        pairs = self._update_pairs(here, flat, state)
        direction = _direction(flat, pairs)
        if pairs and not torch.dot(flat, direction) < 0:
            pairs, direction = (), -flat
        length = self.learning_rate * step_scale
        if not pairs:
            # Where the first step found no curvature, or a negative one, later steps are longer.
            length *= first_length(flat) * (1.0 if state.x is None else STEP_WITHOUT_CURVATURE)
        step = length * direction
        moved = here + step * min(1.0, self.max_step / max(float(step.square().mean().sqrt()), 1e-30))
        return moved.view_as(x), LBFGSState(pairs, here, flat, tuple(x.shape))

    def rescale(self, state: LBFGSState, change: CanvasChange) -> LBFGSState:
        """Resample the pairs: the curvature along coarse shapes is the same on a finer canvas."""
        pairs = self.truncate(state).pairs
        resampled = [(change.step(pair.step.view(state.shape)), change.grad(pair.change.view(state.shape))) for pair in pairs]
        products = [(step, grad, torch.dot(step.reshape(-1), grad.reshape(-1))) for step, grad in resampled]
        valid = tuple(CurvaturePair(step.reshape(-1), grad.reshape(-1), 1 / dot) for step, grad, dot in products if dot > MIN_CURVATURE)
        return LBFGSState(valid, shape=tuple(resampled[0][0].shape) if resampled else ())

    def memory(self, steps: int) -> MemoryUse:
        """Return two canvases a pair, the last canvas and its gradient; within a step a new pair, three directions, and the new canvas."""
        return MemoryUse(state=2 * min(self.history, steps) + 2, scratch=6)

    def reduce_memory(self) -> LBFGS | None:
        """Return one with half the history."""
        return replace(self, history=self.history // 2) if self.history > 1 else None

    def truncate(self, state: LBFGSState) -> LBFGSState:
        """Drop the oldest pairs."""
        return replace(state, pairs=state.pairs[-self.history :])

    def _update_pairs(self, here: Tensor, grad: Tensor, state: LBFGSState) -> tuple[CurvaturePair, ...]:
        if state.x is None or state.gradient is None:
            return state.pairs
        step, change = here - state.x, grad - state.gradient
        if not bool(step.any()):
            # A projection took the whole step back, and would again: the pairs lead out of bounds.
            return ()
        curvature = torch.dot(step, change)
        if not curvature > MIN_CURVATURE:
            return state.pairs
        kept = deque(state.pairs, maxlen=self.history)
        kept.append(CurvaturePair(step, change, 1 / curvature))
        return tuple(kept)


def first_length(grad: Tensor) -> float:
    """Return the length of a step along the negative gradient while no curvature is known: the pixel that moves most moves one gray level.

    The size of a gradient tells nothing about that of a step: it grows with the weights and shrinks with the picture. Torch moves by one
    unit in all, which is less per pixel than float32 can add, so its first pair consists of rounding errors.
    """
    return 1 / max(float(grad.abs().max()), 1e-30)


def _direction(grad: Tensor, pairs: tuple[CurvaturePair, ...]) -> Tensor:
    """Multiply the negative gradient by the inverse Hessian that the pairs describe (two-loop recursion)."""
    direction = -grad
    alphas: list[Tensor] = []
    for pair in reversed(pairs):
        alpha = torch.dot(pair.step, direction) * pair.inverse
        direction = direction - alpha * pair.change
        alphas.append(alpha)
    if pairs:
        last = pairs[-1]
        direction = direction * HESSIAN_FACTOR / (last.inverse * torch.dot(last.change, last.change))
    for pair, alpha in zip(pairs, reversed(alphas), strict=True):
        beta = torch.dot(pair.change, direction) * pair.inverse
        direction = direction + (alpha - beta) * pair.step
    return direction
