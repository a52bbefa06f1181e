"""Which numbers of a code count: a window of positions, some of the channels."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.errors import OptionError

_WINDOW = re.compile(r"(\d+)x(\d+)(?:@(\d+),(\d+))?")
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
HALVES = ("first-half", "last-half")
_FORMS = "a window of positions as 5x5 (in the middle) or 5x5@2,3 (from row 2, column 3), channels=first-half or channels=0-47,60"


@dataclass(frozen=True)
class CodeMask:
    """A choice among the numbers of a code.

    Attributes:
        window: (height, width) in positions; None for all.
        corner: (row, column) it begins at; None for the middle.
        channels: First and last, from 0, of each range; or one of :data:`HALVES`; nothing for all.
    """

    window: tuple[int, int] | None = None
    corner: tuple[int, int] | None = None
    channels: tuple[tuple[int, int], ...] | str = ()

    def mask(self, target: Tensor, representation: str) -> Tensor:
        """Return 1 where a number counts and 0 elsewhere, (1, C, H, W) or what spreads over it.

        Args:
            target: The code, (1, C, H, W), or (1, N) of one position.
            representation: Its name, for messages.

        Raises:
            OptionError: For what is not in the code.
        """
        whole = torch.ones_like(target)
        if self.window:
            whole = whole * self._inside(target, self.window, representation)
        if self.channels:
            chosen = torch.zeros(target.shape[1], dtype=target.dtype, device=target.device)
            for first, last in self._ranges(target.shape[1], representation):
                chosen[first : last + 1] = 1
            whole = whole * chosen.view(1, -1, *[1] * (target.dim() - 2))
        return whole

    def _inside(self, target: Tensor, window: tuple[int, int], representation: str) -> Tensor:
        if target.dim() != 4:
            raise OptionError(f"--neurons {window[0]}x{window[1]}: the code of {representation} has no positions; choose channels alone.")
        height, width = target.shape[-2:]
        # The paper's middle: where it does not go evenly, the place before.
        corner = self.corner or ((height - window[0]) // 2, (width - window[1]) // 2)
        if min(window) < 1 or min(corner) < 0 or corner[0] + window[0] > height or corner[1] + window[1] > width:
            where = f"@{self.corner[0]},{self.corner[1]}" if self.corner else ""
            raise OptionError(
                f"--neurons {window[0]}x{window[1]}{where} is out of bounds: the code of {representation} has {height}x{width} positions "
                f"here. Try a smaller window, or a larger --size."
            )
        mask = torch.zeros((1, 1, height, width), dtype=target.dtype, device=target.device)
        mask[..., corner[0] : corner[0] + window[0], corner[1] : corner[1] + window[1]] = 1
        return mask

    def _ranges(self, count: int, representation: str) -> tuple[tuple[int, int], ...]:
        if isinstance(self.channels, str):
            return ((0, count // 2 - 1),) if self.channels == HALVES[0] else ((count // 2, count - 1),)
        for first, last in self.channels:
            if not first <= last < count:
                raise OptionError(
                    f"--neurons channels={first}-{last} is out of bounds: the code of {representation} has channels 0 to {count - 1}."
                )
        return self.channels


def parse_code_mask(text: str) -> CodeMask:
    """Read ``5x5``, ``5x5@2,3``, ``channels=first-half``, ``channels=0-47,60``, or two of them with ``;`` between.

    Raises:
        OptionError: For anything else.
    """
    made = CodeMask()
    for part in (each.strip() for each in text.split(";") if each.strip()):
        name, sign, given = part.partition("=")
        if sign and name.strip() == "channels" and not made.channels:
            made = CodeMask(made.window, made.corner, _channels(given.strip(), text))
        elif (found := _WINDOW.fullmatch(part)) and not made.window:
            rows, columns, top, left = found.groups()
            made = CodeMask((int(rows), int(columns)), (int(top), int(left)) if top else None, made.channels)
        else:
            raise OptionError(f"--neurons takes {_FORMS}, or two of them with ; between, not '{text}'.")
    return made


def _channels(given: str, text: str) -> tuple[tuple[int, int], ...] | str:
    if given in HALVES:
        return given
    found = [_RANGE.fullmatch(part.strip()) for part in given.split(",")]
    if not all(found):
        raise OptionError(f"--neurons takes {_FORMS}, not '{text}'.")
    return tuple((int(each[1]), int(each[2] or each[1])) for each in found if each)
