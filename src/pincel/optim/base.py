"""What an optimizer is: a rule that turns a gradient into the next canvas."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor

from pincel.errors import OptionError, unknown_name
from pincel.optim import OPTIMIZERS

S = TypeVar("S")


@dataclass(frozen=True)
class CanvasChange:
    """From a canvas to one of another size.

    Attributes:
        step: Canvas values, such as steps and velocities → the same on the new canvas.
        grad: Gradients → the same on the new canvas.
        ratio: Pixels before / pixels after: by this factor the gradient of a mean over pixels shrinks.
    """

    step: Callable[[Tensor], Tensor]
    grad: Callable[[Tensor], Tensor]
    ratio: float


@dataclass(frozen=True)
class MemoryUse:
    """Memory of an optimizer, in units of one canvas.

    Attributes:
        state: Kept between steps, without the canvas itself.
        scratch: Needed within a step, the new canvas and the new state included.
    """

    state: int
    scratch: int


class Optimizer(ABC, Generic[S]):
    """A rule for one step. It holds settings only; everything that changes is in its state."""

    # Classes that a state consists of, so that checkpoints can hold it.
    state_types: ClassVar[tuple[type[Any], ...]] = ()
    # The loop multiplies the step scale by this after each step, up to 1; 1 to keep a reduced scale for good.
    step_scale_growth: ClassVar[float] = 1.0

    @abstractmethod
    def init(self, x: Tensor) -> S:
        """Return the state before the first step from canvas ``x``; also used after a failed step, which discards the old state."""

    @abstractmethod
    def step(self, x: Tensor, grad: Tensor, state: S, step_scale: float = 1.0) -> tuple[Tensor, S]:
        """Return the next canvas and state. No argument is written to.

        Args:
            x: Canvas values.
            grad: Gradient there, shaped as ``x``.
            state: As the last call returned it.
            step_scale: Factor of the learning rate: 1, or less after steps that failed.
        """

    @abstractmethod
    def rescale(self, state: S, change: CanvasChange) -> S:
        """Return the state for a canvas of another size."""

    def memory(self, steps: int) -> MemoryUse:
        """Return the memory used in so many steps; by default, that of two moments."""
        return MemoryUse(state=2, scratch=4)

    def reduce_memory(self) -> Optimizer[S] | None:
        """Return an optimizer that uses less memory; None if there is none."""
        return None

    def truncate(self, state: S) -> S:
        """Return a state, made by an optimizer that keeps more, without what this one does not keep."""
        return state


def make_optimizer(name: str, learning_rate: float | None, options: Mapping[str, object]) -> Optimizer[Any]:
    """Build an optimizer from its settings as a user gives them.

    Args:
        name: In :data:`pincel.optim.OPTIMIZERS`; a class whose dataclass fields are its options.
        learning_rate: None for the default of the class.
        options: Further fields by name, numbers or numbers as text.

    Raises:
        UnknownNameError: For an optimizer that does not exist, or an option it does not have; lists those there are.
        OptionError: For a value that is no number or out of range.
    """
    cls: Any = OPTIMIZERS[name]
    accepted = {f.name: f for f in fields(cls) if f.name != "learning_rate"}
    values: dict[str, float | int] = {} if learning_rate is None else {"learning_rate": learning_rate}
    for key, value in options.items():
        if key not in accepted:
            raise unknown_name(f"{cls.__name__} option", key, accepted)
        values[key] = _parse_number(f"{cls.__name__} option {key}", value, whole=accepted[key].type == "int")
    optimizer: Optimizer[Any] = cls(**values)
    return optimizer


def _parse_number(what: str, value: object, *, whole: bool) -> float | int:
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
