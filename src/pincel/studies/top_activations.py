"""The strongest activations of channels, updated picture by picture; and the selection of channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.studies.strongest_places import StrongestPlaces

# How many, or which.
Channels: TypeAlias = int | tuple[int, ...]

# Instead of the number of a picture.
NO_PICTURE = -1


@dataclass(frozen=True)
class TopActivations:
    """The strongest activations of each channel of a layer so far.

    Attributes:
        values: (C, top), falling; -inf where there were not so many.
        pictures: (C, top), numbers of pictures, :data:`NO_PICTURE` likewise.
        reductions: (C, top), at which size of the picture: 1 as it is, 2 at half its sides, and so on.
        rows: (C, top), position in the layer.
        columns: (C, top), likewise.
        sums: (C,) of magnitudes over all positions of all pictures, at all sizes, float64.
        positions: How many those are.
    """

    values: Tensor
    pictures: Tensor
    reductions: Tensor
    rows: Tensor
    columns: Tensor
    sums: Tensor
    positions: int

    @property
    def means(self) -> Tensor:
        """Mean magnitude of each channel, (C,), float64."""
        return self.sums / max(self.positions, 1)

    @property
    def selectivity(self) -> Tensor:
        """The weakest activation kept over the mean magnitude of its channel, (C,), float64; 0 where that is 0.

        A selective channel is almost 0 elsewhere. The weakest one kept is used, so that a single odd picture does not decide.
        """
        kept = torch.where(self.pictures == NO_PICTURE, torch.inf, self.values.double()).amin(1)
        known = (self.means > 0) & kept.isfinite()
        return torch.where(known, kept / self.means.clamp(min=1e-300), 0.0).clamp(min=0)

    @classmethod
    def empty(cls, channels: int, top: int) -> TopActivations:
        """Return the state before the first picture."""
        places = torch.full((channels, top), NO_PICTURE)
        return cls(torch.full((channels, top), -torch.inf), places, places, places, places, torch.zeros(channels, dtype=torch.float64), 0)

    def updated(self, found: StrongestPlaces, number: int) -> TopActivations:
        """Return the strongest activations of these pictures and one more.

        Of equal ones, those of the earlier picture are kept, and of one picture the first position.

        Args:
            found: The strongest of that picture.
            number: Of the picture.
        """
        values, order = torch.cat([self.values, found.values], 1).sort(dim=1, descending=True, stable=True)
        top = self.values.shape[1]
        numbers = torch.where(found.values > -torch.inf, number, NO_PICTURE)

        def kept(before: Tensor, new: Tensor) -> Tensor:
            return torch.cat([before, new], 1).gather(1, order)[:, :top]

        return TopActivations(
            values[:, :top],
            kept(self.pictures, numbers),
            kept(self.reductions, found.reductions),
            kept(self.rows, found.rows),
            kept(self.columns, found.columns),
            self.sums + found.sums,
            self.positions + found.positions,
        )


def read_channels(given: str) -> Channels:
    """Read ``9`` as how many channels, ``0,5,17`` as which, and ``5,`` as channel 5 alone.

    Raises:
        OptionError: For anything else.
    """
    parts = [part.strip() for part in given.split(",")]
    names = [part for part in parts if part]
    # More digits than any network has channels are no number of one, and Python refuses to read thousands of them.
    if not names or not all(part.isdecimal() and len(part) <= 9 for part in names):
        raise OptionError(one_line("channels: no list of numbers", repr(given), "how many (9), or which (0,5,17)", "9"))
    numbers = tuple(int(part) for part in names)
    if len(parts) > 1:
        return tuple(dict.fromkeys(numbers))
    if numbers[0] < 1:
        raise OptionError(one_line("channels: none is left", repr(given), "1 or more, or which (0,)", "9"))
    return numbers[0]


def check_channels(wanted: Channels, layer: str, channels: int) -> None:
    """Raise OptionError if a layer has no such channel."""
    beyond = [number for number in wanted if number >= channels] if isinstance(wanted, tuple) else []
    if beyond:
        given = ", ".join(str(number) for number in beyond)
        raise OptionError(one_line(f"channels: {layer} has {channels}", given, f"0 to {channels - 1}", "how many, such as 9"))


def select_channels(wanted: Channels, activations: TopActivations) -> tuple[int, ...]:
    """Return the channels named, or as many of the most selective ones, in order of number."""
    if isinstance(wanted, tuple):
        return wanted
    order = activations.selectivity.sort(descending=True, stable=True).indices
    return tuple(sorted(int(channel) for channel in order[:wanted]))
