"""The operations of a network on tensors. Those that need statistics of the whole image are left to the caller.

A network with instance normalization is no local function: each normalization needs mean and variance of the whole image. So a run pauses
at each of them; for an image in tiles the statistics are known once every tile has come that far.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from pincel.feedforward.stages import GLOBAL_KINDS, Op, OpKind

# Added to variances before the root, in gray levels or the unit of the features; as in both papers' code.
EPSILON = 1e-5
# Factor of the final tanh, in gray levels: fast-neural-style, tanh_constant.
TANH_SCALE = 150.0

Weights: TypeAlias = Mapping[str, Tensor]
# (operation, its input) → its output.
GlobalOp: TypeAlias = Callable[[Op, Tensor], Tensor]
OpRun: TypeAlias = Generator[tuple[Op, Tensor], Tensor, Tensor]


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and variance of each channel over all positions.

    Attributes:
        mean: (1, C, 1, 1).
        variance: Likewise, 0 or more.
    """

    mean: Tensor
    variance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> ChannelStatistics:
        """Measure (B, C, H, W); differentiable."""
        variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
        return cls(mean, variance)

    @property
    def deviation(self) -> Tensor:
        """Root of the variance, above 0."""
        return (self.variance + EPSILON).sqrt()


def run_ops(ops: Sequence[Op], x: Tensor, weights: Weights) -> OpRun:
    """Run operations; yield (operation, input) for each that needs the whole image, and be sent its output.

    Args:
        ops: In order.
        x: (B, C, H, W).
        weights: By name.

    Returns:
        The output of the last one.
    """
    saved: list[Tensor] = []
    for op in ops:
        if op.kind in GLOBAL_KINDS:
            x = yield op, x
        elif op.kind == "keep":
            saved.append(x)
        elif op.kind == "add":
            x = x + _crop(saved.pop(), op.amount)
        else:
            x = _LOCAL_OPS[op.kind](op, x, weights)
    return x


def run_to_end(run: OpRun, apply_global: GlobalOp) -> Tensor:
    """Run to the end, with a function for the operations that need the whole image."""
    try:
        pending = next(run)
        while True:
            pending = run.send(apply_global(*pending))
    except StopIteration as end:
        result: Tensor = end.value
        return result


def instance_norm(op: Op, x: Tensor, statistics: ChannelStatistics, weights: Weights) -> Tensor:
    """Give each channel the mean and deviation that were learned.

    Paper:
        Ulyanov, Vedaldi, Lempitsky 2016, "Instance Normalization: The Missing Ingredient for Fast Stylization".
    """
    weight, bias = (weights[f"{op.name}.{part}"].view(1, -1, 1, 1) for part in ("weight", "bias"))
    factor = weight / statistics.deviation
    return x * factor + (bias - statistics.mean * factor)


def local_norm(weights: Weights) -> GlobalOp:
    """Return instance normalization by the statistics of its own input, which is the whole image."""
    return lambda op, x: instance_norm(op, x, ChannelStatistics.of(x), weights)


def _crop(x: Tensor, amount: int) -> Tensor:
    return x[..., amount : x.shape[-2] - amount, amount : x.shape[-1] - amount] if amount else x


def _pad(op: Op, x: Tensor, _: Weights) -> Tensor:
    padded = functional.pad(x, (op.amount,) * 4, mode="reflect")
    return padded.contiguous(memory_format=torch.channels_last)


def _conv(op: Op, x: Tensor, weights: Weights) -> Tensor:
    return functional.conv2d(x, weights[f"{op.name}.weight"], weights[f"{op.name}.bias"], stride=op.stride, padding=op.amount)


def _deconv(op: Op, x: Tensor, weights: Weights) -> Tensor:
    weight, bias = weights[f"{op.name}.weight"], weights[f"{op.name}.bias"]
    return functional.conv_transpose2d(x, weight, bias, stride=op.stride, padding=1, output_padding=1)


_LOCAL_OPS: Mapping[OpKind, Callable[[Op, Tensor, Weights], Tensor]] = {
    "pad": _pad,
    "conv": _conv,
    "deconv": _deconv,
    "unpool": lambda op, x, _: functional.interpolate(x, scale_factor=op.amount, mode="nearest"),
    "pool": lambda op, x, _: functional.max_pool2d(x, op.kernel, op.stride, ceil_mode=True),
    "relu": lambda _op, x, _: functional.relu(x),
    "tanh": lambda _op, x, _: torch.tanh(x) * TANH_SCALE,
    "scale": lambda _op, x, _: x * 255,
}
