"""Networks with weights one can reason about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import savemat
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.specs import ModelSpec, vgg_layers
from pincel.backbones.vgg import VGG, Pooling
from tests.tensors import normal


def awake(means: Tensor) -> Tensor:
    """Say which filters fire more than once in a while: pictures as small as those of the tests leave some deep ones nearly asleep."""
    return means > 1e-3 * means.max()


def small_spec(blocks: Sequence[tuple[int, int]]) -> ModelSpec:
    """Return a VGG of the same plan with fewer channels."""
    return replace(BACKBONES["vgg19"], name="small", layers=vgg_layers(blocks))


def convolutions(spec: ModelSpec) -> Iterable[tuple[str, int, int]]:
    """Yield (name, channels in, channels out) of each convolution."""
    before = 3
    for layer in spec.layers:
        if layer.kind == "conv":
            yield layer.name, before, layer.channels
            before = layer.channels


def save_as_torchvision(vgg: VGG, path: Path) -> Path:
    """Write a file as torchvision's are: numbered layers, a classifier, and the format torch had before it wrote zip files.

    The filters are those of ``vgg``, rescaled so that they see in (x - m)/s what they saw in x - m, with the m and s of torchvision.
    """
    spec, state = BACKBONES["vgg19-torchvision"], dict[str, Tensor]()
    for index, layer in enumerate(spec.layers):
        if layer.kind == "conv":
            weight, bias = vgg.weights[layer.name]
            scale = 255 * torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) if weight.shape[1] == 3 else 1.0
            state |= {f"features.{index}.weight": (weight * scale).contiguous(), f"features.{index}.bias": bias}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**state, "classifier.0.weight": torch.zeros(2, 2)}, path, _use_new_zipfile_serialization=False)
    return path


def drawn_weights(spec: ModelSpec) -> dict[str, tuple[Tensor, Tensor]]:
    """Draw He's random weights for any spec, each filter for the channels of its group, in float32."""
    weights, before = {}, 3
    for seed, layer in enumerate(layer for layer in spec.layers if layer.kind in ("conv", "fc")):
        seen = before // layer.groups
        weight = normal(layer.channels, seen, layer.kernel, layer.kernel, seed=seed, dtype=torch.float32)
        weights[layer.name] = (
            weight * (2 / (seen * layer.kernel**2)) ** 0.5,
            normal(layer.channels, seed=seed + 1000, dtype=torch.float32),
        )
        before = layer.channels
    return weights


def torchvision_state(spec: ModelSpec, weights: dict[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Name weights as torchvision does; those of fully connected layers as matrices, whose inputs are channels, rows, columns."""
    state, places = dict[str, Tensor](), iter(spec.classifier)
    for index, layer in enumerate(spec.layers):
        if layer.name in weights:
            weight, bias = weights[layer.name]
            place = f"features.{index}" if layer.kind == "conv" else f"classifier.{next(places)}"
            state |= {f"{place}.weight": weight if layer.kind == "conv" else weight.flatten(1), f"{place}.bias": bias}
    return state


def matconvnet_layers(spec: ModelSpec, weights: dict[str, tuple[Tensor, Tensor]], *, old: bool = False) -> list[dict[str, Any]]:
    """Write layers as MatConvNet does: filters (H, W, I, O) and a row of biases; ``old`` with these two apart, as it first did."""
    kinds, layers = {"conv": "conv", "fc": "conv", "norm": "normalize"}, list[dict[str, Any]]()
    for layer in spec.layers:
        written: dict[str, Any] = {"type": kinds.get(layer.kind, layer.kind), "name": layer.name}
        if layer.name in weights:
            weight, bias = weights[layer.name]
            pair = np.asfortranarray(weight.permute(2, 3, 1, 0).numpy()), bias.numpy().reshape(1, -1)
            together = np.empty((1, 2), dtype=object)
            together[0, 0], together[0, 1] = pair
            written |= {"filters": pair[0], "biases": pair[1]} if old else {"weights": together}
        layers.append(written)
    return layers


def save_as_matconvnet(spec: ModelSpec, weights: dict[str, tuple[Tensor, Tensor]], path: Path, *, old: bool = False) -> Path:
    """Write a file as MatConvNet's are: a cell array of structures, compressed."""
    cells = np.empty((1, len(spec.layers)), dtype=object)
    for index, layer in enumerate(matconvnet_layers(spec, weights, old=old)):
        cells[0, index] = layer
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"layers": cells, "normalization": {"averageImage": np.zeros((2, 2, 3), np.float32)}}, do_compression=True)
    return path


def positive_vgg(blocks: Sequence[tuple[int, int]], pooling: Pooling) -> VGG:
    """Return a VGG that lets through everything: no weight is 0 or less."""
    spec = small_spec(blocks)
    weights = {name: (torch.full((after, before, 3, 3), 1 / (9 * before)), torch.ones(after)) for name, before, after in convolutions(spec)}
    return VGG(spec, weights, pooling)


def random_vgg(blocks: Sequence[tuple[int, int]], pooling: Pooling = "max") -> VGG:
    """Return a VGG with He's random weights."""
    spec = small_spec(blocks)

    def drawn(seed: int, before: int, after: int) -> tuple[Tensor, Tensor]:
        weight = normal(after, before, 3, 3, seed=seed, dtype=torch.float32) * (2 / (9 * before)) ** 0.5
        return weight, normal(after, seed=seed + 1000, dtype=torch.float32)

    weights = {name: drawn(seed, before, after) for seed, (name, before, after) in enumerate(convolutions(spec))}
    return VGG(spec, weights, pooling).to()
