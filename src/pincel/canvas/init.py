"""The initial value of the canvas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from pincel.errors import OptionError, closest

KINDS = ("content", "noise", "style", "blend", "feedforward")


@dataclass(frozen=True)
class Init:
    """A parsed ``init``.

    Attributes:
        kind: ``content``, ``noise``, ``style``, ``blend``, ``feedforward`` or ``file``.
        noise_fraction: For ``blend``: the fraction of noise, 0 to 1.
        path: For ``file``: the picture; for ``feedforward``: the network, empty for the one that comes with pincel.
    """

    kind: str
    noise_fraction: float = 0.0
    path: str = ""


def parse_init(text: str) -> Init:
    """Read ``content``, ``noise``, ``style``, ``blend``, ``blend=0.6``, ``feedforward``, ``feedforward=NET`` or the path of a picture.

    Raises:
        OptionError: For a fraction outside [0, 1], or a word that is neither a kind nor looks like a path.
    """
    kind, _, given = text.partition("=")
    if kind == "blend":
        return Init("blend", noise_fraction=_parse_fraction(given or "0.6"))
    if kind == "feedforward":
        return Init("feedforward", path=given)
    if text in KINDS:
        return Init(text)
    if given and kind in KINDS:
        raise OptionError(f"Only blend takes a fraction of noise (blend=0.6), not init '{text}'.")
    if any(sign in text for sign in "./\\"):
        return Init("file", path=text)
    raise OptionError(
        f"Unknown init '{text}' (known: content, noise, style, blend[=0.6], feedforward[=NET], or a picture file).{closest(text, KINDS)}"
    )


def _parse_fraction(text: str) -> float:
    try:
        fraction = float(text)
    except ValueError:
        fraction = math.nan
    if not 0 <= fraction <= 1:
        raise OptionError(f"The fraction of noise in init 'blend={text}' must be a number from 0 to 1, such as blend=0.6.")
    return fraction


def noise(
    shape: Sequence[int],
    *,
    kind: Literal["normal", "uniform"],
    level: float,
    mean: Sequence[float],
    generator: torch.Generator,
) -> Tensor:
    """Return white noise around the backbone's mean pixel.

    Args:
        shape: (1, C, H, W).
        kind: ``normal`` with standard deviation ``level``, or ``uniform`` between -``level`` and ``level``.
        level: In gray levels.
        mean: Of each channel, 0-255.
        generator: A CPU generator: the same seed gives the same noise on every device.

    Returns:
        Shape ``shape``, float32, on the CPU, in the network's pixel units.
    """
    draw = torch.randn(*shape, generator=generator) if kind == "normal" else torch.rand(*shape, generator=generator) * 2 - 1
    return draw * level + torch.tensor(mean).view(1, -1, 1, 1)
