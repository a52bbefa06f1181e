"""The interface of a backbone: an image in, named features out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from torch import Tensor

from pincel.backbones.specs import LayerSpec, ModelSpec


class Backbone(Protocol):
    """A network with frozen weights that maps an image to named features."""

    @property
    def spec(self) -> ModelSpec:
        """Layers and preprocessing."""

    @property
    def tileable(self) -> bool:
        """Whether the features of a tile with its margin are those of the whole image there."""

    def features(self, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of some layers; arguments and values as :meth:`iter_features`."""

    def iter_features(self, pixels: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute an image layer by layer; a caller that keeps less than a whole layer saves memory.

        Args:
            pixels: (B, 3, H, W), RGB, in the units the network is fed (0-255).
            layers: Names of the layers wanted.

        Yields:
            layer, (B, C, H_l, W_l), shallow to deep. Gradients flow to ``pixels`` and to nothing else.
        """

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Return the input of the first layer for ``pixels``."""

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute ``layers`` from ``x``, the output of the layer before them, and yield those that are wanted.

        For a tile of ``x`` the results are those of the whole except in a margin, where the border of the tile was taken for the border of
        the image; receptive fields (:class:`LayerSpec`) say how wide it is.
        """

    def block_size(self, layer: str) -> int:
        """Return the side of the squares of positions that are computed together: rounding in one depends on all they depend on."""

    def output_size(self, length: int, downscale: int) -> int:
        """Return the positions along a side of ``length`` in a layer that is ``downscale`` times smaller."""


class FeatureMethods:
    """``features`` and ``iter_features``, for backbones that define the other methods."""

    def features(self: Backbone, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of some layers; see :meth:`Backbone.features`."""
        return dict(self.iter_features(pixels, layers))

    def iter_features(self: Backbone, pixels: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute an image layer by layer, nothing above the deepest layer wanted; see :meth:`Backbone.iter_features`.

        Raises:
            UnknownNameError: For a layer the network does not have.
            PictureSizeError: If nothing would be left of the image in one of them.
        """
        wanted = frozenset(layers)
        yield from self.forward_layers(self.spec.up_to(wanted), self.preprocess(pixels), wanted)
