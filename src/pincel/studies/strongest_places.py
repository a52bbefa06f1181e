"""The places of one photograph where the channels of a layer answer most, at several sizes of it, and apart from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.studies.receptive_field import ReceptiveField

# Activations that are compared at a time.
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class StrongestPlaces:
    """The strongest activations of each channel in one photograph.

    Attributes:
        values: (C, each), falling; -inf where there was no further place.
        reductions: (C, each), 1 for the photograph as it is, 2 for half its sides, and so on.
        rows: (C, each), position in the layer.
        columns: (C, each), likewise.
        sums: (C,) of magnitudes over all positions at all sizes, float64.
        positions: How many those are.
    """

    values: Tensor
    reductions: Tensor
    rows: Tensor
    columns: Tensor
    sums: Tensor
    positions: int

    @classmethod
    def find(cls, maps: Mapping[int, Tensor], field: ReceptiveField, each: int = 1) -> StrongestPlaces:
        """Find them: the strongest, then the strongest that is apart from it, and so on.

        Two places are apart if the middle of neither lies in the receptive field of the other.

        Args:
            maps: Reduction → activations (1, C, H, W) of the photograph at that size.
            field: The receptive fields of the layer.
            each: Places of a channel.
        """
        flat = torch.cat([activations[0].flatten(1) for activations in maps.values()], 1)
        places = torch.cat([_places(reduction, activations) for reduction, activations in maps.items()]).to(flat.device)
        # Middle and half the side of every receptive field, in half pixels of the photograph: whole numbers.
        middles = (2 * (field.start + places[:, 1:] * field.jump) + field.size) * places[:, :1]
        halves = field.size * places[:, 0]
        pairs = [_apart(part, middles, halves, each) for part in torch.split(flat, max(1, AT_ONCE // flat.shape[1]))]
        values, chosen = (torch.cat(parts).cpu() for parts in zip(*pairs, strict=True))
        reductions, rows, columns = places.cpu()[chosen].unbind(-1)
        return cls(values.float(), reductions, rows, columns, flat.abs().sum(1, dtype=torch.float64).cpu(), flat.shape[1])


def _places(reduction: int, activations: Tensor) -> Tensor:
    """Return reduction, row and column of every position, (H·W, 3)."""
    height, width = activations.shape[-2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([torch.full_like(rows, reduction), rows, columns], -1).flatten(0, 1)


def _apart(flat: Tensor, middles: Tensor, halves: Tensor, each: int) -> tuple[Tensor, Tensor]:
    """Return the values (C, each) of activations (C, N) and where they are; each choice takes its neighborhood with it."""
    left, values, chosen = flat.float().clone(), [], []
    for number in range(each):
        value, where = left.max(1)
        values.append(value)
        chosen.append(where)
        if number + 1 < each:
            distance = (middles - middles[where][:, None]).abs().amax(-1)
            left.masked_fill_(distance < torch.maximum(halves, halves[where][:, None]), -torch.inf)
    return torch.stack(values, 1), torch.stack(chosen, 1)
