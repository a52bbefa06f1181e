"""AlexNet: five convolutions, overlapping poolings, responses normalized across channels, and three fully connected layers.

Paper:
    Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks"; for the network of torchvision
    Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks".

Differs:
    Fully connected layers are convolutions without a border, so that a picture of more than 227 pixels gives a map of answers.
    Dropout does nothing, as in any trained network. Means are of colors, not of pixels; see :mod:`pincel.backbones.alexnet_specs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.lrn import normalized
from pincel.backbones.specs import LayerSpec, ModelSpec, Response
from pincel.backbones.vgg import VGG, Padding, Pooling, PoolRounding, upcast
from pincel.backbones.weights import load_weights
from pincel.errors import OptionError, WeightsError
from pincel.files import one_line

BORDERS = {"replicate": "replicate", "replicate-first": "replicate", "reflect": "reflect"}


@dataclass(frozen=True)
class AlexNet(VGG):
    """An AlexNet with frozen weights; otherwise what :class:`VGG` is.

    Convolutions that have no border of their own (the first one of 2012, all fully connected ones) see none whatever ``padding`` says.
    """

    @property
    def tileable(self) -> bool:
        """Nowhere: poolings overlap, and layers do not begin where those before them do."""
        return False

    def with_winograd(self, _layers: Iterable[str], _channels: int = 0) -> VGG:
        """Return itself: most convolutions are larger than 3×3 or of two groups."""
        return self

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Go on from ``x``, what the layer before the first of ``layers`` answered, and yield those that are wanted."""
        # What came from elsewhere, or was handed out, is not written to.
        own = False
        for layer in layers:
            self._check(layer, x)
            x = functional.relu(x, inplace=own) if layer.kind == "relu" else self._answered(layer, x)
            own = layer.kind in ("conv", "fc") and layer.name not in wanted
            if layer.name in wanted:
                yield layer.name, upcast(x)

    def output_size(self, length: int, times: int) -> int:
        """Return what becomes of a side in the deepest layer with so many times the stride, but for the fully connected ones."""
        mapped = takewhile(lambda layer: layer.kind != "fc" and layer.stride <= times, self.spec.layers)
        names = [layer.name for layer in mapped]
        return self.spec.positions(length, names[-1], up=self.pool_rounding == "up") if names else length // times

    def _answered(self, layer: LayerSpec, x: Tensor) -> Tensor:
        if layer.kind == "norm" and self.spec.response is not None:
            return local_response(x, self.spec.response)
        if layer.kind == "tanh":
            return x.tanh()
        if layer.kind == "pool":
            pooled = functional.avg_pool2d if self.pooling == "avg" else functional.max_pool2d
            return pooled(x, layer.kernel, layer.step, ceil_mode=layer.up or self.pool_rounding == "up")
        weight, bias = self.weights[layer.name]
        if layer.kind == "fc" and x.shape[-2:] == weight.shape[-2:]:
            return linear_layer(x.to(weight.dtype), weight, bias)
        x, pad = self._with_border(layer, x.to(weight.dtype))
        return functional.conv2d(x, weight, bias, layer.step, pad, groups=layer.groups)

    def _with_border(self, layer: LayerSpec, x: Tensor) -> tuple[Tensor, int]:
        """Return what a convolution sees, and how many zeros it is to see around that."""
        first_only = self.padding == "replicate-first" and layer.name != self.spec.layers[0].name
        if self.padding == "zero" or first_only or layer.pad == 0:
            return x, layer.pad
        # A map no wider than its border has no mirror image of that width.
        mode = BORDERS[self.padding] if min(x.shape[-2:]) > layer.pad else "replicate"
        return functional.pad(x, (layer.pad,) * 4, mode=mode).contiguous(memory_format=torch.channels_last), 0


def linear_layer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return what a fully connected layer answers to a map of its own size: a product of matrices, several times as quick as a convolution.

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


def local_response(x: Tensor, response: Response) -> Tensor:
    r"""Divide each channel by what it and its neighbors answer at the same place, in single precision or better.

    .. math:: b_i = a_i \Big/ \Big(k + \alpha \sum_{j=\max(0, i-n/2)}^{\min(N-1, i+n/2)} a_j^2\Big)^{\beta}

    Args:
        x: Responses, (B, C, H, W).
        response: k, α, β and n.

    Returns:
        The same shape.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.3.
    """
    return normalized(upcast(x), response)


def load_alexnet(
    spec: ModelSpec,
    *,
    pooling: Pooling = "max",
    pool_rounding: PoolRounding = "down",
    padding: Padding = "zero",
    weights: Mapping[str, tuple[Tensor, Tensor]] | None = None,
) -> AlexNet:
    """Load an AlexNet with the weights its spec names, or others of the same shapes.

    Raises:
        OptionError: For circular padding: poolings, and the first convolution of 2012, have no border to look round.
        WeightsError: If the weights are missing or damaged, or nobody published any.
    """
    if padding == "circular":
        failed = f"padding: {spec.name} cannot look round the border, for its poolings overlap and have none"
        raise OptionError(one_line(failed, repr(padding), f"zero, {', '.join(BORDERS)}", "--backbone vgg19"))
    if not (spec.path or spec.package or spec.url):
        failed = f"weights: nobody published those of {spec.name}"
        train = f"'pincel train DATA --recipe {spec.name} -o RUN', then --backbone RUN"
        raise WeightsError(one_line(failed, repr(spec.name), "alexnet and caffenet, trained again; or your own", train))
    if weights is None:
        weights = VGG(spec, load_weights(spec)).to(torch.device("cpu")).weights
    return AlexNet(spec, weights, pooling, pool_rounding, padding)
