"""A network that learns: the same :class:`pincel.backbones.alexnet.AlexNet` that is looked with later, its weights asking for gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.alexnet import AlexNet
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.classify.augment import stream
from pincel.classify.plan import hidden
from pincel.classify.schema import TrainingRecipe

# Times what, over its inputs, the variance of weights keeps that of answers from layer to layer.
GAINS = {"relu": 2.0, "tanh": 1.0}
# What convolutions multiply in; weights and sums are always kept in single precision.
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def first_weights(spec: ModelSpec, recipe: TrainingRecipe) -> dict[str, tuple[Tensor, Tensor]]:
    """Draw the weights that training begins with.

    Args:
        spec: The network.
        recipe: How weights spread, which biases are 1, and the seed.

    Returns:
        layer → (weight OIHW in channels-last order, bias), float32.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 5: N(0, 0.01); biases 1 in the second, fourth and fifth convolution and the hidden fully
        connected layers, 0 elsewhere.

    Differs:
        With ``fan-in`` the variance is gain/inputs (He et al. 2015, equation 10), where the gain is that of what follows the layer.
    """
    rng = stream("weights", recipe.seed)
    weights = {}
    connected = [layer for layer in spec.layers if layer.kind in ("conv", "fc")]
    for layer in connected:
        inputs = layer.products // layer.channels
        gain = GAINS[recipe.activation] if layer != connected[-1] else 1.0
        spread = (gain / inputs) ** 0.5 if recipe.init == "fan-in" else recipe.init_std
        drawn = torch.from_numpy(rng.standard_normal((layer.channels, inputs), dtype="float32")) * spread
        weight = drawn.view(layer.channels, inputs // layer.kernel**2, layer.kernel, layer.kernel)
        bias = torch.full((layer.channels,), float(layer.name in recipe.ones))
        weights[layer.name] = (weight.contiguous(memory_format=torch.channels_last), bias)
    return weights


def flat(weights: Mapping[str, tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Return weights and biases one after the other."""
    return [each for pair in weights.values() for each in pair]


def answers(eye: AlexNet, x: Tensor, masks: Mapping[str, Tensor]) -> Tensor:
    """Return what the last layer answers, (B, classes).

    Args:
        eye: The network.
        x: What the first layer is fed, (B, 3, crop, crop).
        masks: Layer → what its answers are multiplied by; see :func:`dropout_masks`.
    """
    x = x.contiguous(memory_format=torch.channels_last)
    for part in _parts(eye.spec.layers, masks):
        ((name, x),) = eye.forward_layers(part, x, frozenset({part[-1].name}))
        x = x * masks[name] if name in masks else x
    return x.flatten(1)


def dropout_masks(spec: ModelSpec, recipe: TrainingRecipe, step: tuple[int, int], batch: int, mine: slice) -> dict[str, Tensor]:
    """Draw which units are silent in a step, and make up for them in the others.

    Args:
        spec: The network.
        recipe: The chance, and the seed.
        step: Epoch, and step in it.
        batch: Pictures of the whole batch.
        mine: Those of this process.

    Returns:
        layer → (B, C, 1, 1), 0 or 1/(1-chance).

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.2, where in the end the answers of all units are halved; to double those that are left
        while learning comes to the same.
    """
    if recipe.dropout == 0:
        return {}
    rng = stream("dropout", recipe.seed, *step)
    masks = {}
    for name in hidden(spec):
        drawn = rng.random((batch, spec.layer(name).channels), dtype="float32")[mine]
        masks[name] = torch.from_numpy(drawn >= recipe.dropout).float()[..., None, None] / (1 - recipe.dropout)
    return masks


def loss_of(logits: Tensor, labels: Tensor, batch: int) -> Tensor:
    """Return the cross-entropy of a share of a batch: shares add up to the mean over the whole.

    Args:
        logits: (B, classes) of the share.
        labels: (B,).
        batch: Pictures of the whole batch.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.5: the mean log-probability of the correct label under softmax is maximized.
    """
    return functional.cross_entropy(logits.float() if logits.dtype == torch.bfloat16 else logits, labels, reduction="sum") / batch


def slopes_of(loss: Tensor, weights: Sequence[Tensor]) -> list[Tensor]:
    """Return ∂L/∂w of each; zero where no picture has gone through."""
    if not loss.requires_grad:
        return [torch.zeros_like(each) for each in weights]
    return list(torch.autograd.grad(loss, weights))


def cast(spec: ModelSpec, weights: Mapping[str, tuple[Tensor, Tensor]], dtype: torch.dtype) -> AlexNet:
    """Return the network with its weights as they are multiplied in; gradients flow through to those given."""
    return AlexNet(spec, {name: (weight.to(dtype), bias.to(dtype)) for name, (weight, bias) in weights.items()})


def _parts(layers: Sequence[LayerSpec], masks: Mapping[str, Tensor]) -> Iterator[Sequence[LayerSpec]]:
    """Cut layers behind each that has a mask."""
    begin = 0
    for place, layer in enumerate(layers, 1):
        if layer.name in masks or place == len(layers):
            yield layers[begin:place]
            begin = place
