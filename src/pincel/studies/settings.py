"""What every study can be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pincel.backbones import CARDS
from pincel.backbones.cards import Card
from pincel.errors import OptionError

# Beyond that, nobody waits for a study, and all layers at once do not fit into memory.
LARGEST = 4096


@dataclass(frozen=True)
class Settings:
    """What every study can be told.

    Attributes:
        size: Long side of the pictures in pixels.
        backbone: The network.
        seed: Of whatever is drawn at random.
        steps: Of the optimiser, where there is one.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        OptionError: For a size or a number of steps out of range.
        UnknownNameError: For a backbone there is not.
    """

    size: int
    backbone: str = "vgg19"
    seed: int = 0
    steps: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST:
            raise OptionError(f"--size {self.size}: a study takes pictures of 1 to {LARGEST} pixels.")
        if self.steps < 0:
            raise OptionError(f"--steps {self.steps}: give 1 or more.")
        CARDS.check(self.backbone)

    @property
    def card(self) -> Card:
        """Of the network."""
        return CARDS[self.backbone]

    def as_json(self) -> dict[str, Any]:
        """Return them as plain data."""
        return asdict(self)


def chosen_layers(card: Card, given: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers named in a comma-separated text, shallow to deep, or those of ``default`` that the network has.

    Raises:
        UnknownNameError: For a layer the network does not have, with the closest match.
        OptionError: If none is named.
    """
    if given is None:
        # A network that is not a VGG has layers of its own.
        return tuple(name for name in default if name in card.names) or tuple(layer.name for layer in card.layers if layer.kind == "relu")
    names = [part.strip() for part in given.split(",") if part.strip()]
    if not names:
        raise OptionError(f"Layers are given as relu1_1,relu2_1, not '{given}'.")
    return tuple(sorted({card.layer(name).name for name in names}, key=card.names.index))
