"""What a backbone is: pixels in, named features out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from torch import Tensor

from pincel.backbones.specs import LayerSpec, ModelSpec


class Backbone(Protocol):
    """An eye."""

    @property
    def spec(self) -> ModelSpec:
        """What it is."""

    @property
    def tileable(self) -> bool:
        """Whether a part of a picture shows what is seen there in the whole; not where the left border sees the right one."""

    def features(self, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Look at a picture, and keep all layers asked for.

        Args and returns as :meth:`iter_features`.
        """

    def iter_features(self, pixels: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Look at a picture, layer by layer; who needs less than a whole layer saves its memory.

        Args:
            pixels: Shape (B, 3, H, W), RGB, in the units the network is fed (0-255).
            layers: Names of the layers wanted.

        Yields:
            layer, (B, C, H_l, W_l), shallow to deep. Gradients flow to ``pixels`` and to nothing else.
        """

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Return what the first layer is fed for ``pixels``."""

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Go on from ``x``, what the layer before the first of ``layers`` answered, and yield those that are wanted.

        On a part of ``x``, the answer is that of the whole but for a margin, where the border of the part was taken for the border of
        the picture; :class:`LayerSpec` has the receptive fields that say how wide.
        """

    def block_size(self, layer: str) -> int:
        """Return the side of the squares of positions that are computed together: rounding in one depends on all they depend on."""

    def output_size(self, length: int, times: int) -> int:
        """Return the length of a side in a layer with so many times the stride."""
