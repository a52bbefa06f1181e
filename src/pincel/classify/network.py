"""The network in training: :class:`pincel.backbones.alexnet.AlexNet`, as it is used afterwards, with weights that require gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.alexnet import AlexNet
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.classify.augment import rng_for
from pincel.classify.plan import hidden
from pincel.classify.schema import TrainingRecipe

# The variance of weights that keeps that of activations from layer to layer, times the number of inputs.
GAINS = {"relu": 2.0, "tanh": 1.0}
# What convolutions multiply in; weights and sums are always in single precision.
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def init_weights(spec: ModelSpec, recipe: TrainingRecipe) -> dict[str, tuple[Tensor, Tensor]]:
    """Draw initial weights.

    Args:
        spec: The network.
        recipe: Deviation of the weights, which biases are 1, and the seed.

    Returns:
        layer → (weight OIHW in channels-last order, bias), float32.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 5: N(0, 0.01); biases 1 in the second, fourth and fifth convolution and the hidden fully
        connected layers, 0 elsewhere.

    Differs:
        With ``fan-in`` the variance is gain/inputs (He et al. 2015, equation 10), where the gain is that of what follows the layer.
    """
    rng = rng_for("weights", recipe.seed)
    weights = {}
    connected = [layer for layer in spec.layers if layer.kind in ("conv", "fc")]
    for layer in connected:
        inputs = layer.products // layer.channels
        gain = GAINS[recipe.activation] if layer != connected[-1] else 1.0
        deviation = (gain / inputs) ** 0.5 if recipe.init == "fan-in" else recipe.init_std
        values = torch.from_numpy(rng.standard_normal((layer.channels, inputs), dtype="float32")) * deviation
        weight = values.view(layer.channels, inputs // layer.kernel**2, layer.kernel, layer.kernel)
        bias = torch.full((layer.channels,), float(layer.name in recipe.ones))
        weights[layer.name] = (weight.contiguous(memory_format=torch.channels_last), bias)
    return weights


def parameters(weights: Mapping[str, tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Return weights and biases one after the other."""
    return [each for pair in weights.values() for each in pair]


def compute_logits(network: AlexNet, x: Tensor, masks: Mapping[str, Tensor]) -> Tensor:
    """Return the output of the last layer, (B, classes).

    Args:
        network: The network.
        x: Input of the first layer, (B, 3, crop, crop).
        masks: Layer → factors of its activations; see :func:`dropout_masks`.
    """
    x = x.contiguous(memory_format=torch.channels_last)
    for part in _parts(network.spec.layers, masks):
        ((name, x),) = network.forward_layers(part, x, frozenset({part[-1].name}))
        x = x * masks[name] if name in masks else x
    return x.flatten(1)


def dropout_masks(spec: ModelSpec, recipe: TrainingRecipe, step: tuple[int, int], batch: int, mine: slice) -> dict[str, Tensor]:
    """Draw the dropout masks of a step.

    Args:
        spec: The network.
        recipe: Probability of dropout, and the seed.
        step: Epoch, and step in it.
        batch: Images of the whole batch.
        mine: Those of this process.

    Returns:
        layer → (B, C, 1, 1), 0 or 1/(1-chance).

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.2, where the outputs of all units are halved after training; to double those that are
        left during training is the same.
    """
    if recipe.dropout == 0:
        return {}
    rng = rng_for("dropout", recipe.seed, *step)
    masks = {}
    for name in hidden(spec):
        values = rng.random((batch, spec.layer(name).channels), dtype="float32")[mine]
        masks[name] = torch.from_numpy(values >= recipe.dropout).float()[..., None, None] / (1 - recipe.dropout)
    return masks


def cross_entropy(logits: Tensor, labels: Tensor, batch: int) -> Tensor:
    """Return the cross-entropy of a part of a batch: the parts add up to the mean over the whole.

    Args:
        logits: (B, classes) of the part.
        labels: (B,).
        batch: Images of the whole batch.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.5: the mean log-probability of the correct label under softmax is maximized.
    """
    return functional.cross_entropy(logits.float() if logits.dtype == torch.bfloat16 else logits, labels, reduction="sum") / batch


def gradients(loss: Tensor, weights: Sequence[Tensor]) -> list[Tensor]:
    """Return ∂L/∂w of each; zero for a process without an image."""
    if not loss.requires_grad:
        return [torch.zeros_like(each) for each in weights]
    return list(torch.autograd.grad(loss, weights))


def cast_network(spec: ModelSpec, weights: Mapping[str, tuple[Tensor, Tensor]], dtype: torch.dtype) -> AlexNet:
    """Return the network with its weights in another type; differentiable in those given."""
    return AlexNet(spec, {name: (weight.to(dtype), bias.to(dtype)) for name, (weight, bias) in weights.items()})


def _parts(layers: Sequence[LayerSpec], masks: Mapping[str, Tensor]) -> Iterator[Sequence[LayerSpec]]:
    """Divide layers after each that has a mask."""
    begin = 0
    for place, layer in enumerate(layers, 1):
        if layer.name in masks or place == len(layers):
            yield layers[begin:place]
            begin = place
