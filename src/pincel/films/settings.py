"""The settings of a painted film."""

from __future__ import annotations

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
# Default weight of the temporal loss: with less, known parts change in every frame, and new ones too little.
CONSISTENCY = 1.0
# Settings that do not change frames.
MACHINE = frozenset({"device", "precision", "memory", "tiles"})


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
        most = {"settle": 1.0}
        for name, least in {"size": 0, "consistency": 0, "next_steps": 1, "settle": 0, "passes": 1}.items():
            value = getattr(self, name)
            whole = isinstance(value, Integral) or name in {"consistency", "settle"}
            if value is not None and not (isinstance(value, Real) and whole and least <= float(value) <= most.get(name, 2**62)):
                kind = "a whole number" if name not in {"consistency", "settle"} else "a number"
                accepted = f"{kind}, {least} {f'to {most[name]:g}' if name in most else 'or more'}"
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
