"""VGG: a plain stack of 3×3 convolutions, ReLUs and 2×2 poolings, with three fully connected layers on top if its spec has them.

Paper: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, table 1, column E.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.base import FeatureMethods
from pincel.backbones.specs import UNDIVIDED, LayerSpec, ModelSpec
from pincel.backbones.weights import load_weights
from pincel.backbones.winograd import OUT, Winograd, make_winograd
from pincel.errors import PictureSizeError
from pincel.files import one_line

Pooling = Literal["avg", "max"]
PoolRounding = Literal["down", "up"]
Padding = Literal["zero", "replicate", "replicate-first", "reflect", "circular"]
# Channels from which on the products saved by Winograd's method outweigh its changes of basis: 64 → 128.
WINOGRAD_CHANNELS = 128


@dataclass(frozen=True)
class VGG(FeatureMethods):
    """A VGG with frozen weights.

    Attributes:
        spec: Its layers and preprocessing.
        weights: convolution → (weight OIHW with RGB input, bias). They never ask for a gradient.
        pooling: ``max`` as trained; ``avg`` as Gatys et al. draw with.
        pool_rounding: What a pooling does with an odd size: drop the last row (torch, TensorFlow) or keep it (Caffe).
        padding: What convolutions see beyond the border: nothing (as trained), the nearest pixel (all of them, or the first one alone), the
            picture mirrored, or the picture again, as if it were repeated for ever.
        winograd: convolution → the same with fewer multiplications, where that is faster; see :meth:`with_winograd`.
    """

    spec: ModelSpec
    weights: Mapping[str, tuple[Tensor, Tensor]]
    pooling: Pooling = "max"
    pool_rounding: PoolRounding = "down"
    padding: Padding = "zero"
    winograd: Mapping[str, Winograd] = field(default_factory=dict, repr=False)

    @property
    def tileable(self) -> bool:
        """Whether tiles can be computed apart: convolutions do not wrap around, and layers have one position per stride."""
        return self.padding != "circular" and not self.spec.classifies

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> VGG:
        """Return a copy on a device, in a precision, with channels-last weights (1.3× plain fp32 on a CPU)."""
        moved = {
            name: (
                weight.to(device=device, dtype=dtype).contiguous(memory_format=torch.channels_last),
                bias.to(device=device, dtype=dtype),
            )
            for name, (weight, bias) in self.weights.items()
        }
        return replace(self, weights=moved, winograd={})

    def to_bfloat16(self) -> VGG:
        """Return a copy that multiplies in bf16, except in the first convolution.

        That one costs little, and rounding its input changes which of four neighbors is the largest in every later pooling.
        """
        first = next(iter(self.weights))
        fewer = {name: layer.to_bfloat16() for name, layer in self.winograd.items()}
        return replace(self, weights={**self.to(dtype=torch.bfloat16).weights, first: self.weights[first]}, winograd=fewer)

    def with_winograd(self, layers: Iterable[str], channels: int = WINOGRAD_CHANNELS) -> VGG:
        """Return a float32 copy that uses Winograd's method in wide convolutions, up to the deepest of some layers.

        Their weights take four times the memory.

        Args:
            layers: Any layers by name.
            channels: Least input or output channels of such a convolution.
        """
        convolutions = [layer.name for layer in self.spec.up_to(frozenset(layers)) if layer.kind == "conv"]
        built = {name: make_winograd(*self.weights[name]) for name in convolutions if _is_wide(self.weights[name][0], channels)}
        return replace(self, winograd=built)

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Subtract the mean and divide by the deviation of the spec."""
        mean, std = (pixels.new_tensor(each).view(1, 3, 1, 1) for each in (self.spec.mean, self.spec.std))
        x = pixels - mean if self.spec.std == UNDIVIDED else (pixels - mean) / std
        return x.contiguous(memory_format=torch.channels_last)

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute ``layers`` from ``x``, the output of the layer before them; see :meth:`Backbone.forward_layers`."""
        deferred = self._deferred_relus(layers, wanted)
        raw = False
        for layer in layers:
            self._check(layer, x)
            if layer.kind in ("conv", "fc"):
                # Its ReLU is applied at once and in place, unless the convolution is wanted itself or its ReLU is deferred.
                raw = layer.name in wanted or layer.name.replace("conv", "relu") in deferred
                x = self._convolve(layer, x, rectify=not raw)
            elif layer.kind == "pool":
                x = self._pool(x)
                x, raw = functional.relu(x, inplace=True) if raw else x, False
            elif raw and layer.name not in deferred:
                x, raw = functional.relu(x), False
            if layer.name in wanted:
                # Squares of half-precision features would be summed in half precision.
                yield layer.name, upcast(x)

    def block_size(self, layer: str) -> int:
        """Return the side of Winograd's tiles where a layer uses them."""
        return OUT if layer in self.winograd else 1

    def output_size(self, length: int, downscale: int) -> int:
        """Return the length of a side after poolings that make it ``downscale`` times smaller."""
        return -(-length // downscale) if self.pool_rounding == "up" else length // downscale

    def _deferred_relus(self, layers: Sequence[LayerSpec], wanted: frozenset[str]) -> frozenset[str]:
        """Return the ReLUs to apply after their max pooling, where a quarter of the values is left: the two commute."""
        if self.pooling != "max":
            return frozenset()
        return frozenset(relu.name for relu, pool in pairwise(layers) if pool.kind == "pool" and relu.name not in wanted)

    def _convolve(self, layer: LayerSpec, x: Tensor, *, rectify: bool) -> Tensor:
        name, pad = layer.name, layer.pad
        first_only = self.padding == "replicate-first"
        bordered = pad > 0 and self.padding != "zero" and (name == self.spec.layers[0].name or not first_only)
        x = self._pad(x) if bordered else x
        if name in self.winograd:
            winograd = self.winograd[name]
            x = winograd(x.to(winograd.kernels.dtype), relu=rectify)
            # Winograd adds a border of zeros around the border.
            return x[..., 1:-1, 1:-1] if bordered else x
        weight, bias = self.weights[name]
        x = functional.conv2d(x.to(weight.dtype), weight, bias, padding=0 if bordered else pad)
        return functional.relu(x, inplace=True) if rectify else x

    def _check(self, layer: LayerSpec, x: Tensor) -> None:
        """Raise PictureSizeError if a layer would have no position."""
        if min(layer.positions(side, up=self.pool_rounding == "up") for side in x.shape[-2:]) > 0:
            return
        failed = f"picture: nothing of it is left in {layer.name} of {self.spec.name}"
        given = f"a picture of which the layer before has {x.shape[-1]}×{x.shape[-2]} positions"
        accepted = f"{self.spec.smallest(layer.name)} pixels or more on each side"
        raise PictureSizeError(one_line(failed, given, accepted, "a larger --size, or shallower layers"))

    def _pad(self, x: Tensor) -> Tensor:
        """Return ``x`` with a border of one position; a single row is its own mirror image."""
        mirrored = self.padding == "reflect" and min(x.shape[-2:]) >= 2
        mode = "reflect" if mirrored else "circular" if self.padding == "circular" else "replicate"
        return functional.pad(x, (1, 1, 1, 1), mode=mode).contiguous(memory_format=torch.channels_last)

    def _pool(self, x: Tensor) -> Tensor:
        up = self.pool_rounding == "up"
        if self.pooling == "avg":
            return functional.avg_pool2d(x, kernel_size=2, stride=2, ceil_mode=up)
        largest: Tensor = _MaxPool.apply(x, up)  # type: ignore[no-untyped-call]
        return largest


class _MaxPool(torch.autograd.Function):
    """2×2 max pooling that saves only the index of the largest of four; torch's own saves its input as well."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, up: bool) -> Tensor:
        largest, where = functional.max_pool2d_with_indices(x, [2, 2], [2, 2], ceil_mode=up)
        ctx.save_for_backward(where.int())
        ctx.shape, ctx.up = x.shape, up
        return largest

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (where,) = ctx.saved_tensors
        # torch takes the input for its shape and memory layout only.
        like = torch.empty(ctx.shape, dtype=grad.dtype, device=grad.device, memory_format=torch.channels_last)
        back = torch.ops.aten.max_pool2d_with_indices_backward
        return back(grad, like, [2, 2], [2, 2], [0, 0], [1, 1], ctx.up, where.long()), None


def upcast(x: Tensor) -> Tensor:
    """Return features in single precision or better."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def _is_wide(weight: Tensor, channels: int) -> bool:
    """Tell whether a convolution is wide enough."""
    return min(weight.shape[:2]) >= channels // 2 and max(weight.shape[:2]) >= channels


def load_vgg(
    spec: ModelSpec,
    *,
    pooling: Pooling = "max",
    pool_rounding: PoolRounding = "down",
    padding: Padding = "zero",
    weights: Mapping[str, tuple[Tensor, Tensor]] | None = None,
) -> VGG:
    """Load a VGG with the weights its spec names, or others of the same shapes.

    Raises:
        WeightsError: If the weights are missing or damaged.
    """
    network = VGG(spec, load_weights(spec) if weights is None else weights, pooling, pool_rounding, padding)
    return network.to(torch.device("cpu")) if weights is None else network
