"""AlexNet: five convolutions, overlapping poolings, local response normalization, and three fully connected layers.

Paper:
    Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks"; for the network of torchvision
    Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks".

Differs:
    Fully connected layers are convolutions without a border, so that an image of more than 227 pixels gives a map of outputs. Means are
    colors, not images; see :mod:`pincel.backbones.alexnet_specs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.lrn import local_response
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.backbones.store import has_file
from pincel.backbones.vgg import VGG, load_vgg, upcast
from pincel.errors import OptionError, WeightsError
from pincel.files import one_line

BORDERS = {"replicate": "replicate", "replicate-first": "replicate", "reflect": "reflect"}


@dataclass(frozen=True)
class AlexNet(VGG):
    """An AlexNet with frozen weights; fields as of :class:`VGG`. Layers without a border keep none, whatever ``padding``."""

    @property
    def tileable(self) -> bool:
        """False: poolings overlap, and layers do not start where the layer before does."""
        return False

    def with_winograd(self, _layers: Iterable[str], _channels: int = 0) -> VGG:
        """Return the network itself: most of its convolutions are larger than 3×3 or grouped."""
        return self

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Compute ``layers`` from ``x``, the output of the layer before them; see :meth:`Backbone.forward_layers`."""
        # ReLU works in place, but neither on the input nor on what was yielded.
        own = False
        for layer in layers:
            self._check(layer, x)
            x = functional.relu(x, inplace=own) if layer.kind == "relu" else self._compute(layer, x)
            own = layer.kind in ("conv", "fc") and layer.name not in wanted
            if layer.name in wanted:
                yield layer.name, upcast(x)

    def output_size(self, length: int, downscale: int) -> int:
        """Return the length of a side in the deepest layer that is at most ``downscale`` times smaller, fully connected ones excepted."""
        mapped = takewhile(lambda layer: layer.kind != "fc" and layer.stride <= downscale, self.spec.layers)
        names = [layer.name for layer in mapped]
        return self.spec.positions(length, names[-1], up=self.pool_rounding == "up") if names else length // downscale

    def _compute(self, layer: LayerSpec, x: Tensor) -> Tensor:
        if layer.kind == "norm" and self.spec.response is not None:
            return local_response(x, self.spec.response)
        if layer.kind == "tanh":
            return x.tanh()
        if layer.kind == "pool":
            pool = functional.avg_pool2d if self.pooling == "avg" else functional.max_pool2d
            return pool(x, layer.kernel, layer.step, ceil_mode=layer.up or self.pool_rounding == "up")
        weight, bias = self.weights[layer.name]
        if layer.kind == "fc" and x.shape[-2:] == weight.shape[-2:]:
            return linear_layer(x.to(weight.dtype), weight, bias)
        x, pad = self._with_border(layer, x.to(weight.dtype))
        return functional.conv2d(x, weight, bias, layer.step, pad, groups=layer.groups)

    def _with_border(self, layer: LayerSpec, x: Tensor) -> tuple[Tensor, int]:
        """Return the input of a convolution with its border, and how many zeros are still to be added around it."""
        first_only = self.padding == "replicate-first" and layer.name != self.spec.layers[0].name
        if self.padding == "zero" or first_only or layer.pad == 0:
            return x, layer.pad
        # A map no wider than its border has no mirror image of that width.
        mode = BORDERS[self.padding] if min(x.shape[-2:]) > layer.pad else "replicate"
        return functional.pad(x, (layer.pad,) * 4, mode=mode).contiguous(memory_format=torch.channels_last), 0


def linear_layer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the output of a fully connected layer for a map of its own size: a matrix product, several times faster than a convolution.

    Args:
        x: (B, C, H, W).
        weight: (O, C, H, W).
        bias: (O,).

    Returns:
        (B, O, 1, 1).
    """
    # Both lie in memory channels last, so that neither is copied.
    rows, columns = (each.permute(0, 2, 3, 1).flatten(1) for each in (x, weight))
    return functional.linear(rows, columns, bias)[..., None, None]


def load_alexnet(spec: ModelSpec, **options: Any) -> AlexNet:
    """Load an AlexNet; ``options`` are those of :func:`pincel.backbones.vgg.load_vgg`.

    Raises:
        OptionError: For circular padding: poolings, and the first convolution of 2012, have no border to wrap around.
        WeightsError: If the weights are missing or damaged, or nobody published any.
    """
    if options.get("padding") == "circular":
        failed = f"padding: {spec.name} cannot wrap around the border, for its poolings overlap and have none"
        raise OptionError(one_line(failed, "'circular'", f"zero, {', '.join(BORDERS)}", "--backbone vgg19"))
    if not has_file(spec):
        failed = f"weights: nobody published those of {spec.name}"
        train = f"'pincel train DATA --recipe {spec.name} -o RUN', then --backbone RUN"
        raise WeightsError(one_line(failed, repr(spec.name), "alexnet and caffenet, trained again; or your own", train))
    vgg = load_vgg(spec, **options)
    return AlexNet(spec, vgg.weights, vgg.pooling, vgg.pool_rounding, vgg.padding)
