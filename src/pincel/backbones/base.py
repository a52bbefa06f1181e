"""What a backbone is: pixels in, named features out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from torch import Tensor

from pincel.backbones.cards import Card


class Backbone(Protocol):
    """An eye."""

    @property
    def card(self) -> Card:
        """What it is."""

    def features(self, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Look at a picture, and keep all layers asked for.

        Args and returns as :meth:`look`.
        """

    def look(self, pixels: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Look at a picture, layer by layer; who needs less than a whole layer saves its memory.

        Args:
            pixels: Shape (B, 3, H, W), RGB, in the units the network is fed (0-255).
            layers: Names of the layers wanted.

        Yields:
            layer, (B, C, H_l, W_l), shallow to deep. Gradients flow to ``pixels`` and to nothing else.
        """
