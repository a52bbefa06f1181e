"""Statistics of the feature maps of layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.specs import LayerSpec
from pincel.functional.color import luma
from pincel.functional.sums import accum_dtype

# Maps with a larger correlation show the same thing twice.
ALIKE = 0.5
# Of a float32.
BYTES = 4


@dataclass(frozen=True)
class LayerStats:
    """Statistics of the feature maps of one layer.

    Attributes:
        layer: Of the spec.
        height: n_H.
        width: n_W.
        zeros: Share of values that are exactly 0.
        mean: Of all values.
        largest: Of all values.
        dead: Channels that are nowhere above 0.
        explained: Share of the variance that colors and gradients of the picture explain; see :func:`explained_share`.
    """

    layer: LayerSpec
    height: int
    width: int
    zeros: float
    mean: float
    largest: float
    dead: int
    explained: float | None

    @property
    def values(self) -> int:
        """How many numbers the layer holds, n_H·n_W·n_C."""
        return self.height * self.width * self.layer.channels

    @property
    def size(self) -> str:
        """``n_H×n_W×n_C``."""
        return f"{self.height}×{self.width}×{self.layer.channels}"

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        layer = self.layer
        place = {"layer": layer.name, "n_H": self.height, "n_W": self.width, "n_C": layer.channels}
        seen = {"stride": layer.stride, "receptive_field": layer.receptive_field, "values": self.values}
        found = {"zeros": self.zeros, "mean": self.mean, "max": self.largest, "dead": self.dead, "explained": self.explained}
        return {**place, **seen, "MiB": self.values * BYTES / 2**20, **found}


def layer_stats(features: Tensor, layer: LayerSpec, pixels: Tensor) -> LayerStats:
    """Measure the feature maps of a layer.

    Args:
        features: (1, C, H_l, W_l).
        layer: Whose they are.
        pixels: (1, 3, H, W), the picture, 0-255.
    """
    height, width = features.shape[-2:]
    return LayerStats(
        layer=layer,
        height=height,
        width=width,
        zeros=float((features == 0).sum()) / features.numel(),
        mean=float(features.mean(dtype=accum_dtype(features))),
        largest=float(features.max()),
        dead=int((features.amax(dim=(0, 2, 3)) <= 0).sum()),
        explained=explained_share(features, pixels, layer.stride),
    )


def relu_layers(answers: Sequence[LayerStats]) -> list[LayerStats]:
    """Return the statistics of the layers that are a ReLU."""
    return [answer for answer in answers if answer.layer.kind == "relu"]


def pixel_descriptors(pixels: Tensor, stride: int) -> Tensor:
    """Return simple descriptors of the pixels at each position of a layer: mean red, green, blue, mean gradient across and down.

    Args:
        pixels: (1, 3, H, W), 0-255.
        stride: Pixels between neighboring positions; each position stands for a square of that side.

    Returns:
        (5, positions).
    """
    gray = functional.pad(luma(pixels), (1, 1, 1, 1), mode="replicate")
    across = (gray[..., 1:-1, 2:] - gray[..., 1:-1, :-2]).abs() / 2
    down = (gray[..., 2:, 1:-1] - gray[..., :-2, 1:-1]).abs() / 2
    return functional.avg_pool2d(torch.cat([pixels, across, down], dim=1), stride)[0].flatten(1)


def explained_share(features: Tensor, pixels: Tensor, stride: int) -> float | None:
    r"""Share of the variance of the maps of a layer that the best linear mix of :func:`pixel_descriptors` explains, mean of all channels.

    .. math:: \bar R^2 = 1 - (1 - R^2) \frac{n - 1}{n - 1 - p}

    Args:
        features: (1, C, H_l, W_l).
        pixels: (1, 3, H, W), 0-255.
        stride: Of the layer.

    Returns:
        Between 0 and 1, corrected for chance: with few positions n, p descriptions explain something by accident. None if there are not
        twice as many positions as descriptions, if the picture is one flat color, or if no map varies.

    Source:
        Theil 1961, "Economic Forecasts and Policy": the adjusted coefficient of determination.
    """
    # A network without borders has fewer positions than strides.
    height, width = (min(side // stride, positions) for side, positions in zip(pixels.shape[-2:], features.shape[-2:], strict=True))
    things = pixel_descriptors(pixels[..., : height * stride, : width * stride], stride).to(accum_dtype(pixels))
    features = features[..., :height, :width]
    count = things.shape[1]
    if count <= 2 * len(things):
        return None
    things = things - things.mean(dim=1, keepdim=True)
    energies, directions = torch.linalg.eigh(things @ things.T)
    # In a gray picture three colors are one.
    kept = energies > 1e-9 * energies.max().clamp(min=count * 1e-6)
    if not bool(kept.any()):
        return None
    basis = (directions[:, kept] / energies[kept].sqrt()).T @ things
    shares = []
    # A whole layer in double precision may not fit into memory.
    for some in features[0].flatten(1).tensor_split(-(-features.shape[1] * count // 2**24)):
        maps = some.to(basis.dtype)
        maps = maps - maps.mean(dim=1, keepdim=True)
        energy = maps.square().sum(dim=1)
        shares.append(((maps @ basis.T).square().sum(dim=1) / energy)[energy > 0])
    explained = torch.cat(shares)
    if not len(explained):
        return None
    chance = (count - 1) / (count - 1 - len(basis))
    return max(0.0, 1 - (1 - float(explained.mean())) * chance)


def most_active(features: Tensor, count: int) -> list[int]:
    """Return the channels of (1, C, H, W) with the largest means, largest first; of equal ones the first."""
    return features[0].mean(dim=(1, 2)).argsort(descending=True, stable=True)[:count].tolist()


def most_varied(features: Tensor, count: int) -> list[int]:
    """Return the channels of (1, C, H, W) whose maps vary most, leaving out those that resemble one already taken.

    Maps resemble each other if their correlation is over :data:`ALIKE`. Where too few are left, there are fewer. An eighth of the map on
    each side does not count: some channels respond to nothing but the zero padding.
    """
    rows, columns = (slice(side // 8, side - side // 8) for side in features.shape[-2:])
    maps = features[0, :, rows, columns].flatten(1)
    maps = maps - maps.mean(dim=1, keepdim=True)
    energy = maps.norm(dim=1)
    taken: list[int] = []
    for channel in energy.argsort(descending=True, stable=True).tolist():
        if len(taken) == count or float(energy[channel]) == 0:
            break
        likeness = maps[taken] @ maps[channel] / (energy[taken] * energy[channel])
        if not bool((likeness > ALIKE).any()):
            taken.append(channel)
    return taken
