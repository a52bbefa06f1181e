"""Operations on tensors. Where one needs to know the whole picture, whoever runs them is asked.

A network that normalizes is no function of a neighborhood: mean and spread are those of all of the picture. So it runs up to there, and
asks; of a picture in tiles the answer is known once all tiles have come as far.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from pincel.feedforward.stages import GLOBAL, Kind, Op

# Added to variances before their root, in gray levels or whatever features are in; as in both papers' code.
FLOOR = 1e-5
# Of the tanh at the end, in gray levels: fast-neural-style, tanh_constant.
SWING = 150.0

Weights: TypeAlias = Mapping[str, Tensor]
# (operation, what it would work on) → what comes out.
Answer: TypeAlias = Callable[[Op, Tensor], Tensor]
Steps: TypeAlias = Generator[tuple[Op, Tensor], Tensor, Tensor]


@dataclass(frozen=True)
class Spread:
    """Mean and variance of each channel over all positions.

    Attributes:
        mean: (1, C, 1, 1).
        variance: Likewise, 0 or more.
    """

    mean: Tensor
    variance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Spread:
        """Measure (B, C, H, W); differentiable."""
        variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
        return cls(mean, variance)

    @property
    def deviation(self) -> Tensor:
        """Root of the variance, above 0."""
        return (self.variance + FLOOR).sqrt()

    def towards(self, other: Spread, share: float) -> Spread:
        """Go a share of the way to another, in means and deviations."""
        deviation = self.deviation.lerp(other.deviation, share)
        return Spread(self.mean.lerp(other.mean, share), deviation.square() - FLOOR)


def run(ops: Sequence[Op], x: Tensor, weights: Weights) -> Steps:
    """Run operations; yields (operation, x) for each that needs to know the whole picture, is sent what comes out of it.

    Args:
        ops: In order.
        x: (B, C, H, W).
        weights: By name.

    Returns:
        What the last one gives.
    """
    kept: list[Tensor] = []
    for op in ops:
        if op.kind in GLOBAL:
            x = yield op, x
        elif op.kind == "keep":
            kept.append(x)
        elif op.kind == "add":
            x = x + _shaved(kept.pop(), op.amount)
        else:
            x = _PLAIN[op.kind](op, x, weights)
    return x


def finished(steps: Steps, answer: Answer) -> Tensor:
    """Run to the end, answering each question."""
    try:
        asked = next(steps)
        while True:
            asked = steps.send(answer(*asked))
    except StopIteration as end:
        result: Tensor = end.value
        return result


def normalized(op: Op, x: Tensor, spread: Spread, weights: Weights) -> Tensor:
    """Give each channel mean and deviation of its own: learned ones.

    Paper:
        Ulyanov, Vedaldi, Lempitsky 2016, "Instance Normalization: The Missing Ingredient for Fast Stylization".
    """
    weight, bias = (weights[f"{op.name}.{part}"].view(1, -1, 1, 1) for part in ("weight", "bias"))
    factor = weight / spread.deviation
    return x * factor + (bias - spread.mean * factor)


def adapted(x: Tensor, spread: Spread, target: Spread) -> Tensor:
    r"""Give each channel mean and deviation of a style: :math:`\sigma(s) \frac{c - \mu(c)}{\sigma(c)} + \mu(s)`.

    Paper:
        Huang, Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", eq. 8.
    """
    factor = target.deviation / spread.deviation
    return x * factor + (target.mean - spread.mean * factor)


def by_itself(weights: Weights) -> Answer:
    """Answer from what is there: the whole picture."""
    return lambda op, x: normalized(op, x, Spread.of(x), weights)


def _shaved(x: Tensor, amount: int) -> Tensor:
    return x[..., amount : x.shape[-2] - amount, amount : x.shape[-1] - amount] if amount else x


def _padded(op: Op, x: Tensor, _: Weights) -> Tensor:
    padded = functional.pad(x, (op.amount,) * 4, mode="reflect")
    return padded.contiguous(memory_format=torch.channels_last)


def _convolved(op: Op, x: Tensor, weights: Weights) -> Tensor:
    weight, bias = weights[f"{op.name}.weight"], weights[f"{op.name}.bias"]
    return functional.conv2d(x, weight, bias, stride=op.stride, padding=op.amount)


def _widened(op: Op, x: Tensor, weights: Weights) -> Tensor:
    weight, bias = weights[f"{op.name}.weight"], weights[f"{op.name}.bias"]
    return functional.conv_transpose2d(x, weight, bias, stride=op.stride, padding=1, output_padding=1)


def _doubled(op: Op, x: Tensor, _: Weights) -> Tensor:
    return functional.interpolate(x, scale_factor=op.amount, mode="nearest")


def _pooled(op: Op, x: Tensor, _: Weights) -> Tensor:
    return functional.max_pool2d(x, op.kernel, op.stride, ceil_mode=True)


def _rectified(_op: Op, x: Tensor, _weights: Weights) -> Tensor:
    return functional.relu(x)


def _swung(_op: Op, x: Tensor, _weights: Weights) -> Tensor:
    return torch.tanh(x) * SWING


def _scaled(_op: Op, x: Tensor, _weights: Weights) -> Tensor:
    return x * 255


_PLAIN: Mapping[Kind, Callable[[Op, Tensor, Weights], Tensor]] = {
    "pad": _padded,
    "conv": _convolved,
    "deconv": _widened,
    "unpool": _doubled,
    "pool": _pooled,
    "relu": _rectified,
    "tanh": _swung,
    "scale": _scaled,
}
