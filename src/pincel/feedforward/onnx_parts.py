"""An any-style network as three ONNX files, for a program that paints a photograph after several paintings, and again with other settings.

=============  =======================================================================================
``encoder``    ``picture`` → ``features``, their ``mean`` and ``matrix`` (covariance)
``target``     ``mean``, ``matrix`` of a painting → ``spread``; several paintings: the weighted mean of mean and spread
``decoder``    ``features``, ``mean``, ``matrix``, ``style_mean``, ``style_spread``, ``strength`` → ``painting``
=============  =======================================================================================

A picture is (1, 3, height, width), RGB, in [0, 1], of any size; the painting is as large, rounded up to a multiple of the network's stride:
its last rows and columns are to be cut off. What was computed of a painting or a photograph serves as long as it stays. Weights are in half
precision, and computed with in single.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pincel.errors import OptionError
from pincel.extras import require_extra
from pincel.feedforward.network import Network
from pincel.feedforward.onnx import Inputs, export_module
from pincel.feedforward.operations import local_norm, run_ops, run_to_end
from pincel.feedforward.transforms import Covariance, StyleTarget
from pincel.files import atomically, one_line, quoted

# Values from which on weights are stored in half precision; fewer are biases and constants.
MANY = 1024


def write_onnx_parts(folder: Path, network: Network) -> dict[str, Path]:
    """Write the three parts of an any-style network, each whole or not at all.

    Args:
        folder: Where to; it exists.
        network: The network.

    Returns:
        name → ``folder/NAME.onnx``.

    Raises:
        ExtraMissingError: Without the libraries onnx and onnxscript.
        OptionError: For a one-style network, which has no parts.
        OutputError: If a file cannot be written.
    """
    for library in ("onnx", "onnxscript"):
        require_extra(library, extra="onnx", what="ONNX files")
    if network.encoder is None:
        raise OptionError(
            one_line("network: has no parts", quoted(network.spec.name), "an any-style network", "pincel export, in one file")
        )
    paths = {}
    for name, (module, inputs, outputs) in _parts(network.to(torch.device("cpu")), network.encoder.channels).items():
        proto = export_module(network, module, inputs, outputs).model_proto
        _shorten_constants(proto)
        paths[name] = folder / f"{name}.onnx"
        with atomically(paths[name], what="ONNX file") as temporary:
            temporary.write_bytes(proto.SerializeToString())
    return paths


def _parts(network: Network, channels: int) -> Mapping[str, tuple[nn.Module, Inputs, tuple[str, ...]]]:
    """Return name → (function, inputs, names of outputs)."""
    mean, matrix, side = torch.zeros(channels), torch.eye(channels), max(128, network.min_side)
    target = network.transform.target(Covariance(mean, matrix))
    statistics: Inputs = {"mean": (mean, {}), "matrix": (matrix, {})}
    # A copy: of one tensor given twice the exporter makes one input.
    style: Inputs = {"style_mean": (mean.clone(), {}), "style_spread": (target.spread, {}), "strength": (torch.tensor(1.0), {})}
    features: Inputs = {"features": (torch.zeros(1, channels, 32, 40), {2: "rows", 3: "columns"})}
    picture: Inputs = {"picture": (torch.zeros(1, 3, side, side + 8), {2: "height", 3: "width"})}
    return {
        "encoder": (_Encoder(network), picture, ("features", "mean", "matrix")),
        "target": (_Target(network), statistics, ("spread",)),
        "decoder": (_Decoder(network), {**features, **statistics, **style}, ("painting",)),
    }


class _Encoder(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        network = self._network
        features = run_to_end(run_ops(network.encoder_ops, network.preprocess(picture), network.weights), local_norm(network.weights))
        own = Covariance.of(features)
        return features, own.mean, own.matrix


class _Target(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self._transform = network.transform

    def forward(self, mean: Tensor, matrix: Tensor) -> Tensor:
        return self._transform.target(Covariance(mean, matrix)).spread


class _Decoder(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def forward(self, features: Tensor, mean: Tensor, matrix: Tensor, style_mean: Tensor, style_spread: Tensor, strength: Tensor) -> Tensor:
        network = self._network
        moved = network.transform.apply(features, Covariance(mean, matrix), StyleTarget(style_mean, style_spread), strength)
        out = run_to_end(run_ops(network.decoder_ops, moved, network.weights), local_norm(network.weights))
        return (network.to_levels(out) / 255).clamp(0, 1)


def _shorten_constants(proto: Any) -> None:
    """Store weights in half precision, and identity matrices by their size; whoever reads the file computes them once, on loading it."""
    onnx = require_extra("onnx", extra="onnx", what="ONNX files")
    graph, node, kinds = proto.graph, onnx.helper.make_node, onnx.TensorProto
    for each in graph.initializer:
        values, name = onnx.numpy_helper.to_array(each), each.name
        if values.size < MANY:
            continue
        short = f"{name}.short"
        if each.data_type == kinds.FLOAT:
            stored, made = values.astype(np.float16), [node("Cast", [short], [name], to=kinds.FLOAT)]
        elif each.data_type == kinds.BOOL and np.array_equal(values, np.eye(len(values), dtype=bool)):
            stored, zeros, ones = np.array(values.shape), f"{name}.zeros", f"{name}.ones"
            made = [
                node("ConstantOfShape", [short], [zeros]),
                node("EyeLike", [zeros], [ones]),
                node("Cast", [ones], [name], to=kinds.BOOL),
            ]
        else:
            continue
        each.CopyFrom(onnx.numpy_helper.from_array(stored, short))
        for at, new in enumerate(made):
            graph.node.insert(at, new)
