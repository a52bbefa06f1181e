"""The settings of a painted film."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

from pincel.errors import OptionError
from pincel.files import one_line

# Default of the long side, smaller than that of a picture because there are many frames.
SIZE = 512
# Default of the relative decrease of J over ten steps below which a frame ends.
SETTLE = 0.01
# Default weight of the temporal loss: with less, known parts change in every frame; with more, J of a frame is more than 1.15 times that of
# the frame painted alone; benchmarks/films.py hold.
CONSISTENCY = 0.7
# Settings that do not change frames.
MACHINE = frozenset({"device", "precision", "memory", "tiles"})
# The largest number of a setting without a bound; infinity is none.
_UNBOUNDED = sys.float_info.max
# Setting → kind of number, least, most.
_RANGES: dict[str, tuple[type, int, float]] = {
    "size": (Integral, 0, 1_000_000),
    "consistency": (Real, 0, _UNBOUNDED),
    "next_steps": (Integral, 0, 1_000_000),
    "settle": (Real, 0, 1),
    "passes": (Integral, 1, 100),
}


@dataclass(frozen=True)
class FilmSettings:
    """How the frames of a film are painted. Small, and can be sent to another process.

    Attributes:
        styles: (picture, weight) each; paths or ``sample:NAME``.
        recipe: Name, or a TOML file.
        overrides: Values that differ from the recipe.
        size: Long side of painted frames; 0 for that of the film. The recipe's is not used.
        flow: Optical flow, of :data:`pincel.films.flow.FLOWS`.
        consistency: Weight of the temporal loss; 0 for none.
        long_term: Earlier frames in the temporal loss: 1 for the last, 2 for the one before it.
        next_steps: Steps of a frame that continues another; None for as many as of one by itself.
        settle: A frame that continues another ends when J falls by less than this fraction over ten steps; 0 for never.
        passes: Number of passes over a scene, forward and backward in turn.
        device: Where to compute.
        precision: Of convolutions.
        memory: In all, such as ``6G``; what is free when left out.
        tiles: How frames are divided to use less.

    Raises:
        OptionError: For a number out of its range.
    """

    styles: tuple[tuple[str, float], ...]
    recipe: str = "pincel"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    size: int = SIZE
    flow: str = "dis"
    consistency: float = CONSISTENCY
    long_term: tuple[int, ...] = (1, 2, 4)
    next_steps: int | None = None
    settle: float = SETTLE
    passes: int = 1
    device: str = "auto"
    precision: str = "auto"
    memory: str | None = None
    tiles: str = "auto"

    def __post_init__(self) -> None:
        for name, (kind, least, most) in _RANGES.items():
            value = number = getattr(self, name)
            if value is None or (isinstance(value, kind) and least <= number <= most):
                continue
            upper = "or more" if most == _UNBOUNDED else f"to {most}"
            accepted = f"{'a whole number' if kind is Integral else 'a number'}, {least} {upper}"
            raise OptionError(one_line(f"video: {name} cannot be that", repr(value), accepted, f"{name}={max(1, least)}"))

    def written(self) -> dict[str, Any]:
        """Return the settings that change frames, as plain data."""
        return {name: value for name, value in asdict(self).items() if name not in MACHINE}


def parse_long_term(given: str | Sequence[int]) -> tuple[int, ...]:
    """Read ``1,2,4`` or ``none``, or check numbers; raises OptionError for anything else."""
    if isinstance(given, str) and given.strip() == "none":
        return ()
    try:
        numbers = sorted({int(part) for part in (given.split(",") if isinstance(given, str) else given)})
    except ValueError:
        numbers = [0]
    if numbers and (numbers[0] < 1 or numbers[-1] > 64):
        raise OptionError(f"--long-term takes how many frames back, 1 to 64, as 1,2,4, or none; not '{given}'.")
    return tuple(numbers)


def parse_rate(given: str | float | Fraction | None) -> Fraction | None:
    """Read frames a second, ``24`` or ``30000/1001``; raises OptionError for anything else."""
    if given is None:
        return None
    try:
        rate = Fraction(given)
    except (ValueError, ZeroDivisionError, OverflowError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise OptionError(f"--rate takes frames a second, above 0 and up to 1000, as 24 or 30000/1001; not '{given}'.")
    return rate
