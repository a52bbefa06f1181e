"""Limited-memory BFGS, one evaluation a step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pincel.optimisers.base import Change, Holdings, check_range

# Curvature below this is noise of the arithmetic, not of the objective (torch.optim.LBFGS uses the same bound).
CURVATURE = 1e-10
# Of the initial inverse Hessian, over eq. 7.20: that estimate is dominated by the stiffest directions, and timid in all others.
SCALE = 2.0
# Grey levels the most moved pixel moves a step while no curvature has been learnt, after the first step.
BLIND = 4.0


@dataclass(frozen=True)
class Pair:
    """A step taken, the change of gradient it brought, and 1/(step·change)."""

    step: Tensor
    change: Tensor
    inverse: Tensor


@dataclass(frozen=True)
class LBFGSState:
    """What the last steps taught about curvature.

    Attributes:
        pairs: Oldest first.
        x: Where the last step started, flat; None before the first.
        gradient: The gradient there.
        boldness: 1, or less right after a failure.
        shape: Of the canvas; the pairs are flat.
    """

    pairs: tuple[Pair, ...] = ()
    x: Tensor | None = None
    gradient: Tensor | None = None
    boldness: float = 1.0
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class LBFGS:
    """L-BFGS with a fixed step length.

    Attributes:
        learning_rate: Length of a step in units of the quasi-Newton step.
        history: Pairs kept; each costs two pictures of memory.
        max_step: Longest step, in grey levels root mean square. A first guess of the curvature can be off by orders of magnitude; the
            leap it asks for would be taken back at once, but the pair learnt from it would spoil the next hundred steps.

    Paper:
        Nocedal, Wright, "Numerical Optimization", algorithm 7.4 (two loops), scaling of the start by eq. 7.20.

    Differs:
        As in most style transfer programs there is no line search: one evaluation a step pays better here. Unlike torch's, it never
        stops because a number became small, and its first step does not depend on the size of the gradient; a direction that does not
        descend makes it forget its history and take the gradient. The step is measured as the distance really moved, so a clamp or any
        other change between two steps cannot poison the history, and gradients may have any memory layout.
    """

    learning_rate: float = 1.0
    history: int = 100
    max_step: float = 4.0

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("LBFGS option history", self.history, 1)
        check_range("LBFGS option max_step", self.max_step, 0, open_low=True)

    def start(self, x: Tensor) -> LBFGSState:
        """Nothing learnt yet."""
        return LBFGSState(shape=tuple(x.shape))

    def step(self, x: Tensor, gradient: Tensor, state: LBFGSState) -> tuple[Tensor, LBFGSState]:
        """Move along the quasi-Newton direction."""
        here, slope = x.reshape(-1), gradient.reshape(-1)
        pairs = self._learn(here, slope, state)
        direction = _direction(slope, pairs)
        if pairs and not torch.dot(slope, direction) < 0:
            pairs, direction = (), -slope
        length = self.learning_rate * state.boldness
        if not pairs:
            # Where the first step met no curvature, or a negative one, walk on faster.
            length *= first_length(slope) * (1.0 if state.x is None else BLIND)
        step = length * direction
        moved = here + step * min(1.0, self.max_step / max(float(step.square().mean().sqrt()), 1e-30))
        # A failed step makes us timid for a while; each step that holds gives a tenth of the courage back.
        return moved.view_as(x), LBFGSState(pairs, here, slope, min(1.0, 1.1 * state.boldness), tuple(x.shape))

    def damped(self, state: LBFGSState) -> LBFGSState:
        """Forget the history, which led astray, and take half a step."""
        return LBFGSState(boldness=state.boldness / 2, shape=state.shape)

    def carried(self, state: LBFGSState, change: Change) -> LBFGSState:
        """Resample what was learnt of the curvature: coarse forms are as stiff on a finer canvas."""
        pairs = self.trimmed(state).pairs
        moved = [(change.step(pair.step.view(state.shape)), change.slope(pair.change.view(state.shape))) for pair in pairs]
        products = [(step, slope, torch.dot(step.reshape(-1), slope.reshape(-1))) for step, slope in moved]
        carried = tuple(Pair(step.reshape(-1), slope.reshape(-1), 1 / dot) for step, slope, dot in products if dot > CURVATURE)
        return LBFGSState(carried, boldness=state.boldness, shape=tuple(moved[0][0].shape) if moved else ())

    def holdings(self, steps: int) -> Holdings:
        """Two canvases a pair, where the last step started and its gradient; a new pair, three on the way to a direction, and the place."""
        return Holdings(kept=2 * min(self.history, steps) + 2, borrowed=6)

    def lighter(self) -> LBFGS | None:
        """Return one with half the history."""
        return replace(self, history=self.history // 2) if self.history > 1 else None

    def trimmed(self, state: LBFGSState) -> LBFGSState:
        """Forget the oldest pairs."""
        return replace(state, pairs=state.pairs[-self.history :])

    def _learn(self, here: Tensor, slope: Tensor, state: LBFGSState) -> tuple[Pair, ...]:
        if state.x is None or state.gradient is None:
            return state.pairs
        step, change = here - state.x, slope - state.gradient
        if not bool(step.any()):
            # Somebody (a clamp) took the whole step back, and would again: what was learnt points out of bounds.
            return ()
        curvature = torch.dot(step, change)
        if not curvature > CURVATURE:
            return state.pairs
        kept = deque(state.pairs, maxlen=self.history)
        kept.append(Pair(step, change, 1 / curvature))
        return tuple(kept)


def first_length(slope: Tensor) -> float:
    """Length of a step along the negative gradient before any curvature is known: the pixel that moves most moves by one grey level.

    The size of a gradient says nothing about the size of a step: it grows with the weights and shrinks with the picture. Torch moves by one
    unit in all, which spread over a picture is less than float32 can add to a pixel, and so learns its first pair from rounding errors.
    """
    return 1 / max(float(slope.abs().max()), 1e-30)


def _direction(slope: Tensor, pairs: tuple[Pair, ...]) -> Tensor:
    """Multiply the negative gradient by the inverse Hessian the pairs describe (two-loop recursion)."""
    direction = -slope
    shares: list[Tensor] = []
    for pair in reversed(pairs):
        share = torch.dot(pair.step, direction) * pair.inverse
        direction = direction - share * pair.change
        shares.append(share)
    if pairs:
        last = pairs[-1]
        direction = direction * SCALE / (last.inverse * torch.dot(last.change, last.change))
    for pair, share in zip(pairs, reversed(shares), strict=True):
        correction = torch.dot(pair.change, direction) * pair.inverse
        direction = direction + (share - correction) * pair.step
    return direction
