"""Style: the statistics that the features of the style pictures have, Gram matrices first of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.gram import gram_distance, gram_sum, moment_sum
from pincel.functional.moments import Moments
from pincel.losses.base import Term
from pincel.types import BLOCK, LayerWeights, Window


@dataclass(frozen=True)
class Guides:
    """Which positions of a layer belong to which region, and how much.

    Attributes:
        squares: layer → T², (R, 1, H_l, W_l), of each region.
        masses: layer → Σ T², (R,), float64.

    Paper:
        Gatys, Ecker, Bethge, Hertzmann, Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 4. There guides
        are normalised to ΣT² = 1; here sums are divided by their mass.
    """

    squares: Mapping[str, Tensor]
    masses: Mapping[str, Tensor]

    def where(self, styles: Sequence[Guides]) -> Guides:
        """Return the same, but that a layer sees no region of which it sees no style: that has nothing to be compared with there."""
        seen = {layer: torch.stack([style.masses[layer] for style in styles]).sum(0) > 0 for layer in self.masses}
        return Guides(self.squares, {layer: mass * seen[layer] for layer, mass in self.masses.items()})


@dataclass(frozen=True)
class Eye:
    """What style sees of a layer.

    Attributes:
        guides: The regions it tells apart; None for all of the picture.
        means: Whether it is to know means as well as Gram matrices.
    """

    guides: Guides | None = None
    means: bool = False

    def part(self, layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
        """Return layer → the part of a window (1, C, h, w) in sums (R, C, C) over regions; with means, (R, C, C + 1)."""
        blocks = window.blocks(max(1, BLOCK // window.stride))
        if self.guides is None:
            return {layer: self._summed(features, blocks, None)}
        squares = self.guides.squares[layer][..., window.rows, window.columns]
        return {layer: torch.cat([self._summed(features, blocks, square[None]) for square in squares])}

    def _summed(self, features: Tensor, blocks: Sequence[tuple[slice, slice]], weights: Tensor | None) -> Tensor:
        return (moment_sum if self.means else gram_sum)(features, blocks, weights)

    def averaged(self, layer: str, means: Tensor) -> Tensor:
        """Return the averages over each region, of what :meth:`part` adds up to divided by all positions of the layer.

        Of a region that no position of the layer belongs to, they are zero.
        """
        if self.guides is None:
            return means
        masses = self.guides.masses[layer]
        shares = self.guides.squares[layer][0].numel() / masses
        return means * shares.where(masses > 0, 0.0).to(means).view(-1, 1, 1)

    def seen(self, layer: str) -> Tensor:
        """Return 1 for each region that a layer sees, 0 for the others, (R,)."""
        return torch.ones(1) if self.guides is None else (self.guides.masses[layer] > 0).float()


def gram_part(layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
    """Return layer → the part of a window (1, C, h, w) in the sum whose mean is the Gram matrix of the layer."""
    return Eye().part(layer, features, window)


@dataclass(frozen=True)
class StyleLoss:
    """J_style^[l] at each style layer.

    Attributes:
        targets: layer → what :class:`Eye` sees of the style, averaged: (R, C, C) or (R, C, C + 1).
        layer_weights: layer → λ.
        weight: β.
        convention: Which publication's factor of the Gram term.
        eye: How the picture is seen.
        gram: Weight of the Gram term among the terms of style.
        others: (name, formula, weight) of the others; they need an eye that knows means.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    convention: Convention
    eye: Eye = Eye()
    gram: float = 1.0
    others: Sequence[tuple[str, Callable[[Moments, Moments], Tensor], float]] = ()

    @property
    def layers(self) -> frozenset[str]:
        """The style layers."""
        return frozenset(self.targets)

    @cached_property
    def _wanted(self) -> Mapping[str, Moments]:
        """The moments of the style, which keep what formulas derive from them."""
        return {layer: _moments(target) for layer, target in self.targets.items()}

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the products of every two channels, added up over the window; see :class:`Eye`."""
        return self.eye.part(layer, features, window)[layer]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield a term for each layer and formula; of regions their mean, in which every region counts alike."""
        for layer, target in self.targets.items():
            found, weight = self.eye.averaged(layer, statistics[layer]), self.layer_weights[layer]
            channels = target.shape[1]
            if self.gram > 0:
                distance = gram_distance(found[..., :channels], target[..., :channels])
                yield Term("style", layer, self.weight, self.gram * weight, self.convention.style(channels) * distance)
            for name, formula, share in self.others:
                distances = formula(_moments(found), self._wanted[layer])
                yield Term("style", layer, self.weight, share * weight, (distances * self.eye.seen(layer).to(distances)).mean(), name)


def _moments(seen: Tensor) -> Moments:
    return Moments(seen[..., :-1], seen[..., -1])


def blended(styles: Sequence[tuple[Mapping[str, Tensor], Eye, float]]) -> dict[str, Tensor]:
    """Weighted average of what is seen of several styles, region by region.

    A mean of second moments is the second moment of the pooled pictures, so the blend is itself the style of something.

    Args:
        styles: Of each picture layer → what :meth:`Eye.part` adds up to, divided by all positions; how it was seen; its weight. It counts
            for the regions that it has a part in.

    Returns:
        layer → (R, C, C) or (R, C, C + 1); zero for a region that has no style there.
    """
    targets = {}
    for layer in styles[0][0]:
        averages = torch.stack([eye.averaged(layer, means[layer]) for means, eye, _ in styles])
        seen = torch.stack([weight * eye.seen(layer).double() for _, eye, weight in styles])
        shares = (seen / seen.sum(0).clamp_min(torch.finfo(seen.dtype).tiny)).to(averages)
        targets[layer] = (shares[:, :, None, None] * averages).sum(0)
    return targets
