"""Everything a painted film depends on but the film and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Long side of painted frames where none is asked for: a frame is painted many times over.
SIZE = 512
# Share of J that ten steps must win for a frame to go on.
SETTLE = 0.01
# Weight of the temporal term: with less, what is painted is painted on and on, and J asks nothing more of what is new.
CONSISTENCY = 1.0
# What frames do not depend on.
MACHINE = frozenset({"device", "precision", "memory", "tiles"})


@dataclass(frozen=True)
class Settings:
    """How the frames of a film are painted. Small, and can be sent to another process.

    Attributes:
        styles: (picture, weight) each; paths or ``sample:NAME``.
        recipe: Name, or a TOML file.
        overrides: Values of the recipe that are not its own.
        size: Long side of painted frames; 0 as the film is. The recipe's is not used.
        flow: Of :data:`pincel.video.flow.FLOWS`: how things move from frame to frame.
        consistency: Weight of the temporal term; 0 for none.
        long_term: The frames before that a frame is held to: 1 for the last, 2 for the one before it.
        next_steps: Steps of a frame that continues another; None for as many as of one that does not.
        settle: A frame that continues another is left once J fell by less than this share over ten steps; 0 for never.
        passes: How often the frames of a scene are painted over, forward and backward in turn.
        device: Where to work.
        precision: How convolutions multiply.
        memory: What may be used in all, such as ``6G``; what is free when left out.
        tiles: How pictures are cut to work in less.
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

    def written(self) -> dict[str, Any]:
        """Return as plain data what the frames depend on."""
        values = asdict(self)
        # Another machine paints frames alike.
        return {name: value for name, value in values.items() if name not in MACHINE}
