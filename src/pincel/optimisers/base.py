"""What an optimiser is: given the gradient where we stand, where to stand next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

from torch import Tensor

from pincel.errors import OptionError, unknown_name

S = TypeVar("S")


@dataclass(frozen=True)
class Change:
    """From one canvas to another of another size.

    Attributes:
        step: Canvas values, such as steps and velocities → the same on the new canvas.
        slope: Gradients → what they would be on the new canvas.
        ratio: Pixels before over pixels after, by which the gradient of a mean over pixels shrinks.
    """

    step: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    ratio: float


@dataclass(frozen=True)
class Holdings:
    """Memory an optimiser takes, in canvases.

    Attributes:
        kept: From step to step, where they stand not included.
        borrowed: While it makes a step, the new place and the new state included.
    """

    kept: int
    borrowed: int


class Optimiser(Protocol[S]):
    """A rule for one step. It holds settings only; everything that changes is in its state."""

    def start(self, x: Tensor) -> S:
        """Return the state before the first step from ``x``."""

    def step(self, x: Tensor, gradient: Tensor, state: S) -> tuple[Tensor, S]:
        """Return where to go from ``x``, and the state there. Neither argument is written to."""

    def damped(self, state: S) -> S:
        """Return a state fit to go on after a step led nowhere finite: half as bold."""

    def carried(self, state: S, change: Change) -> S:
        """Return what a state is worth on a canvas of another size."""

    def holdings(self, steps: int) -> Holdings:
        """Return the memory it takes in so many steps."""

    def lighter(self) -> Optimiser[S] | None:
        """Return one that makes do with less memory; None if there is none."""

    def trimmed(self, state: S) -> S:
        """Return the state without what this optimiser would not have kept: it takes over from one that keeps more."""


def make_optimiser(kind: type[Any], learning_rate: float | None, options: Mapping[str, object]) -> Optimiser[Any]:
    """Build an optimiser from its settings as a user gives them.

    Args:
        kind: The class, a dataclass whose fields are its options.
        learning_rate: None for the class's own default.
        options: Further fields by name, numbers or numbers as text.

    Raises:
        UnknownNameError: For an option the optimiser does not have; lists those it has.
        OptionError: For a value that is no number or out of range.
    """
    accepted = {f.name: f for f in fields(kind) if f.name != "learning_rate"}
    values: dict[str, float | int] = {} if learning_rate is None else {"learning_rate": learning_rate}
    for key, value in options.items():
        if key not in accepted:
            raise unknown_name(f"{kind.__name__} option", key, accepted)
        values[key] = _number(f"{kind.__name__} option {key}", value, whole=accepted[key].type == "int")
    built: Optimiser[Any] = kind(**values)
    return built


def _number(what: str, value: object, *, whole: bool) -> float | int:
    try:
        number = float(str(value))
    except ValueError:
        raise OptionError(f"{what} must be a number, not '{value}'.") from None
    if not math.isfinite(number) or (whole and number != int(number)):
        raise OptionError(f"{what} must be a {'whole' if whole else 'finite'} number, not '{value}'.")
    return int(number) if whole else number


def check_range(what: str, value: float, low: float, high: float = math.inf, *, open_low: bool = False) -> None:
    """Raise OptionError unless ``low`` ≤ ``value`` < ``high`` (``low`` < ``value`` with ``open_low``)."""
    fits = (value > low if open_low else value >= low) and value < high
    if not fits:
        bound = f"{'above' if open_low else 'at least'} {low:g}" + ("" if math.isinf(high) else f" and below {high:g}")
        raise OptionError(f"{what} must be {bound}, not {value:g}.")
