"""A filter in numbers: how bright, how flat, in which direction."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

# From this share on a filter is called flat, a color, an edge.
MOST = 0.5


@dataclass(frozen=True)
class FilterShape:
    """Measurements of a filter.

    Attributes:
        strength: Root of the sum of its squared weights.
        brightness: Share of its energy that red, green and blue have in common; None for a filter whose input is not a picture.
        flat: Share of its energy that is the same at each place, which responds to even surfaces.
        coherence: From 0, alike in every direction, to 1, stripes.
        angle: Direction of the stripes or of the edge in degrees, 0 is level, 90 upright, counted against the clock; None without any.
        inputs: On how many input channels its energy is spread, (Σe)²/Σe².
    """

    strength: float
    brightness: float | None
    flat: float
    coherence: float
    angle: float | None
    inputs: float

    @property
    def kind(self) -> str:
        """One of :data:`pincel.studies.filters_page.KINDS`, by what has more than half of the energy."""
        if self.strength == 0:
            return "nothing"
        form = "flat" if self.flat > MOST else "edge" if self.coherence > MOST else "spot"
        if self.brightness is None:
            return form
        what = "brightness" if self.brightness > MOST else "color"
        return what if form == "flat" else f"{what} {form}"


@dataclass(frozen=True)
class ConvolutionFilter:
    """A filter of a layer.

    Attributes:
        channel: Counted from 0.
        weight: (C, f, f).
        bias: Added to its sums.
        shape: Its measurements.
        answer: (H, W), its output for the picture after ReLU; None if the study was ended before.
    """

    channel: int
    weight: Tensor
    bias: float
    shape: FilterShape
    answer: Tensor | None = None

    def as_json(self) -> dict[str, Any]:
        """Return its numbers as plain data."""
        shape = self.shape
        found = {"channel": self.channel, "side": self.weight.shape[-1], "kind": shape.kind, "strength": shape.strength, "bias": self.bias}
        seen = {"brightness": shape.brightness, "flat": shape.flat, "coherence": shape.coherence, "angle": shape.angle}
        response: dict[str, Any] = {"mean": None, "active": None}
        if self.answer is not None:
            response = {"mean": float(self.answer.mean()), "active": float((self.answer > 0).double().mean())}
        return {**found, **seen, "inputs": shape.inputs, **response}


def filter_shape(weight: Tensor) -> FilterShape:
    """Describe a filter.

    Args:
        weight: (C, f, f); three channels are red, green and blue.
    """
    energies = weight.square().sum(dim=(1, 2))
    angle, coherence = orientation(weight)
    spread = float(energies.sum().square() / energies.square().sum()) if bool(energies.any()) else 0.0
    brightness = brightness_share(weight) if len(weight) == 3 else None
    return FilterShape(float(energies.sum().sqrt()), brightness, flat_share(weight), coherence, angle, spread)


def brightness_share(weight: Tensor) -> float:
    r"""Share of the energy of a filter that red, green and blue have in common.

    .. math:: \frac{\sum_x (r_x + g_x + b_x)^2 / 3}{\sum_x r_x^2 + g_x^2 + b_x^2}

    Args:
        weight: (3, f, f).

    Returns:
        1 for a gray filter, 0 for one that cancels on gray; 1/3 on average for a random one.

    Example:
        >>> brightness_share(torch.ones(3, 3, 3))
        1.0
    """
    whole = float(weight.square().sum())
    return float(weight.sum(dim=0).square().sum()) / 3 / whole if whole else 0.0


def flat_share(weight: Tensor) -> float:
    r"""Share of the energy of a filter that is the same at each place, in every channel by itself.

    .. math:: \frac{\sum_c (\sum_x w_{cx})^2 / f^2}{\sum_{cx} w_{cx}^2}

    Args:
        weight: (C, f, f).

    Returns:
        1 for a filter that only averages, 0 for one whose output for even surfaces is 0; 1/f² on average for a random one.

    Example:
        >>> flat_share(torch.tensor([[[1.0, -1.0], [1.0, -1.0]]]))
        0.0
    """
    whole = float(weight.square().sum())
    return float(weight.sum(dim=(1, 2)).square().sum()) / weight[0].numel() / whole if whole else 0.0


def orientation(weight: Tensor) -> tuple[float | None, float]:
    r"""Direction of the stripes or the edge of a filter, and how clear it is.

    .. math:: T = \sum_{cx} \nabla w_{cx} \nabla w_{cx}^\top, \quad \text{coherence} = \frac{\lambda_1 - \lambda_2}{\lambda_1 + \lambda_2}

    The structure tensor, added up over channels. Gradients are taken between the four neighbors around each inner corner, so that nothing
    outside the filter counts. The edge runs along the eigenvector of the smaller eigenvalue.

    Args:
        weight: (C, f, f).

    Returns:
        Degrees in [0, 180), against the clock from level, None where no direction stands out; coherence in [0, 1].

    Example:
        >>> orientation(torch.tensor([[[-1.0, 0.0, 1.0]] * 3]))
        (90.0, 1.0)

    Source:
        Bigün, Granlund 1987, "Optimal orientation detection of linear symmetry"; over channels: Di Zenzo 1986.
    """
    across, down = weight[..., 1:] - weight[..., :-1], weight[..., 1:, :] - weight[..., :-1, :]
    across, down = (across[..., 1:, :] + across[..., :-1, :]) / 2, (down[..., 1:] + down[..., :-1]) / 2
    xx, yy, xy = (float((one * other).sum()) for one, other in ((across, across), (down, down), (across, down)))
    apart = math.hypot(xx - yy, 2 * xy)
    # What is left by rounding has no direction.
    if xx + yy <= 1e-12 * float(weight.square().sum()) or apart <= 1e-9 * (xx + yy):
        return None, 0.0
    # Of the gradient, with rows counted downwards; the edge is at right angles to it, and is seen with up above.
    gradient = 0.5 * math.degrees(math.atan2(2 * xy, xx - yy))
    return (90 - gradient) % 180, apart / (xx + yy)


def directions(angles: Sequence[float]) -> dict[str, float]:
    """Count angles in eight sectors around 0°, 22.5°, 45° …; 180° is 0° again.

    Example:
        >>> directions([1.0, 179.0, 90.0])["0°"]
        2.0
    """
    sectors = Counter(round(angle / 22.5) % 8 for angle in angles)
    return {f"{22.5 * sector:g}°": float(sectors[sector]) for sector in range(8)}
