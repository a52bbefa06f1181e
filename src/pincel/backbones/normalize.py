"""The normalized network: the same function, with every filter's mean activation scaled to 1.

Gatys, Ecker, Bethge 2016: "We normalized the network by scaling the weights such that the mean activation of each convolutional filter
over images and positions is equal to one. Such re-scaling can be done for the VGG network without changing its output, because it contains
only rectifying linear activation functions and no normalization or pooling over feature maps."

With m^l the mean of relu^l over a calibration set and m^0 = 1:  W'[i,k] = W[i,k]·m^{l-1}_k / m^l_i,  b'_i = b_i / m^l_i,
so relu'^l = relu^l / m^l exactly. Pooling commutes with a positive scale of its channels.

Differs: the paper calibrates on ImageNet's validation images; here any images can be given. Dividing activations by their mean at run time,
as public ports do, is another network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG

# A filter with a smaller mean activation keeps its scale.
DEAD = 1e-8


def mean_activations(vgg: VGG, pictures: Iterable[Tensor]) -> dict[str, Tensor]:
    """Mean activation of every filter over a set of pictures.

    Args:
        vgg: The network as trained, with the pooling it will be used with.
        pictures: Each (1, 3, H, W), RGB, 0-255; sizes may differ, every position counts once.

    Returns:
        convolution name → (C,), float64.
    """
    relus = {layer.name: before.name for before, layer in pairwise(vgg.spec.layers) if layer.kind == "relu"}
    sums = {conv: torch.zeros(1, dtype=torch.float64) for conv in relus.values()}
    positions = dict.fromkeys(relus.values(), 0)
    with torch.no_grad():
        for picture in pictures:
            for relu, activation in vgg.features(picture, relus).items():
                conv = relus[relu]
                sums[conv] = sums[conv] + activation.cpu().double().sum((0, 2, 3))
                positions[conv] += activation.shape[0] * activation.shape[2] * activation.shape[3]
    return {conv: sums[conv] / max(positions[conv], 1) for conv in sums}


def normalize(vgg: VGG, means: Mapping[str, Tensor]) -> VGG:
    """Rescale the weights so that every filter's mean activation is 1.

    Args:
        vgg: The network as trained.
        means: From :func:`mean_activations`; a filter with mean below 1e-8 keeps its scale.

    Returns:
        A network with relu'^l = relu^l / m^l.
    """
    before = torch.ones(3, dtype=torch.float64)
    weights: dict[str, tuple[Tensor, Tensor]] = {}
    for name, (weight, bias) in vgg.weights.items():
        mean = torch.where(means[name] > DEAD, means[name], torch.ones_like(means[name]))
        scale = before.view(1, -1, 1, 1) / mean.view(-1, 1, 1, 1)
        # In double precision, which not every device has.
        weights[name] = ((weight.cpu().double() * scale).to(weight), (bias.cpu().double() / mean).to(bias))
        before = mean
    return replace(vgg, weights=weights).to()
