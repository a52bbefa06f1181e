"""What each layer of a network costs, from its spec alone: size, parameters, multiply-adds. No weights are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.backbones.vgg_specs import VGG16_LAYERS, VGG19_LAYERS, with_classifier


@dataclass(frozen=True)
class LayerCost:
    """A layer at a size of the input.

    Attributes:
        layer: Its spec.
        height: n_H of its output; 0 where the input is too small.
        width: n_W of its output.
        depth: Channels of the layer before that one filter sees: all of them, or those of its group.
    """

    layer: LayerSpec
    height: int
    width: int
    depth: int

    @property
    def values(self) -> int:
        """Numbers of its output."""
        return self.height * self.width * self.layer.channels

    @property
    def parameters(self) -> int:
        """Weights and biases: (f·f·depth + 1)·n_C."""
        return self.layer.products + self.layer.channels if self.layer.products else 0

    @property
    def work(self) -> int:
        """Multiply-adds of one pass."""
        return self.layer.products * self.height * self.width

    @property
    def dense(self) -> bool:
        """Whether it is fully connected."""
        return self.layer.kind == "fc"

    @property
    def kernel(self) -> str:
        """Its filter or window, as ``3×3×64``; empty for what has neither."""
        side = f"{self.layer.kernel}×{self.layer.kernel}"
        return f"{side}×{self.depth}" if self.layer.products else side if self.layer.kind == "pool" else ""

    @property
    def size(self) -> str:
        """As ``224×224×64``."""
        return f"{self.height}×{self.width}×{self.layer.channels}"


def whole_network(spec: ModelSpec) -> ModelSpec:
    """Return the spec of a network with its dense part, which the files of VGG for style transfer leave out."""
    return with_classifier(spec) if spec.layers in (VGG16_LAYERS, VGG19_LAYERS) else spec


def layer_costs(spec: ModelSpec, height: int, width: int) -> list[LayerCost]:
    """Return the layers of a network at a size of its input, shallow to deep, without activations and normalizations: they change no size.

    Example:
        >>> from pincel.backbones.alexnet_specs import ALEXNET2012
        >>> [f"{each.layer.name} {each.kernel} {each.size}" for each in layer_costs(ALEXNET2012, 227, 227)[:3]]
        ['conv1 11×11×3 55×55×96', 'pool1 3×3 27×27×96', 'conv2 5×5×48 27×27×256']
    """
    costs, channels = [], 3
    for layer in spec.layers:
        if layer.kind in ("conv", "pool", "fc"):
            size = spec.positions(height, layer.name), spec.positions(width, layer.name)
            costs.append(LayerCost(layer, *size, channels // layer.groups))
        channels = layer.channels
    return costs


def cost_totals(costs: Sequence[LayerCost]) -> dict[str, Any]:
    """Return parameters, multiply-adds and numbers of layers together, and the shares of the dense ones."""
    dense = [each for each in costs if each.dense]
    parameters, work = sum(each.parameters for each in costs), sum(each.work for each in costs)
    return {
        "parameters": parameters,
        "dense_parameters": sum(each.parameters for each in dense),
        "dense_parameters_share": sum(each.parameters for each in dense) / parameters,
        "work": work,
        "dense_work": sum(each.work for each in dense),
        "dense_work_share": sum(each.work for each in dense) / max(work, 1),
        "values": sum(each.values for each in costs),
    }
