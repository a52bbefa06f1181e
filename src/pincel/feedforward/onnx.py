"""A network as an ONNX file, for other programs: written node by node from its operations, so that nothing needs to be traced.

Inputs ``content``, and of an any-style network ``style`` and ``strength``; output ``painting``. Pictures are (1, 3, height, width), RGB, in
[0, 1], of any size. What the network looks at the picture with is in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincel.extras import need
from pincel.feedforward.network import MEAN, Network
from pincel.feedforward.run import FLOOR, SWING
from pincel.feedforward.stages import Kind, Op
from pincel.files import atomically
from pincel.version import __version__

# The oldest that has all the operators in the form they are written here.
OPSET, IR = 18, 8


def write_onnx(path: Path, network: Network) -> None:
    """Write a network as ONNX, whole or not at all.

    Raises:
        ExtraMissingError: Without the library onnx.
        OutputError: If the file cannot be written.
    """
    onnx = need("onnx", extra="onnx", what="ONNX files")
    model = onnx_model(network)
    onnx.checker.check_model(model, full_check=True)
    with atomically(path, what="ONNX file") as temporary:
        temporary.write_bytes(model.SerializeToString())


def onnx_model(network: Network) -> Any:
    """Return a network as an ONNX model."""
    helper = need("onnx", extra="onnx", what="ONNX files").helper
    graph = _Graph(helper, network)
    shown = [graph.picture("content", "height", "width")]
    x = graph.fed("content")
    if network.eye:
        shown += [graph.picture("style", "style_height", "style_width"), graph.number("strength")]
        target = graph.spread(graph.through(network.encoder, graph.fed("style")))
        x = graph.adapted(graph.through(network.encoder, x), target)
        x = graph.through(network.decoder, x)
    else:
        x = graph.through(network.ops, x)
    graph.pictured(x)
    painting = [graph.picture("painting", "height", "width")]
    made = helper.make_graph(graph.nodes, network.card.name or "painter", shown, painting, graph.numbers)
    return helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="pincel",
        producer_version=__version__,
        doc_string=f"{network.card.kind}: {network.card.stages}",
    )


@dataclass
class _Graph:
    """Nodes, as they are added; values have the numbers of the nodes they come from."""

    helper: Any
    network: Network
    nodes: list[Any] = field(default_factory=list)
    numbers: list[Any] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **settings: Any) -> str:
        name = output or f"{len(self.nodes)}_{kind.lower()}"
        self.nodes.append(self.helper.make_node(kind, list(inputs), [name], **settings))
        return name

    def constant(self, name: str, values: Any, kind: type = np.float32) -> str:
        """Keep numbers under a name, once."""
        if name not in self.known:
            self.known.add(name)
            array: NDArray[Any] = np.ascontiguousarray(np.asarray(values, kind))
            numpy_helper = need("onnx.numpy_helper", extra="onnx", what="ONNX files")
            self.numbers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.network.weights[name].detach().cpu().numpy())

    def picture(self, name: str, height: str, width: str) -> Any:
        return self.helper.make_tensor_value_info(name, 1, [1, 3, height, width])

    def number(self, name: str) -> Any:
        return self.helper.make_tensor_value_info(name, 1, [])

    def fed(self, name: str) -> str:
        mean = self.network.eye.vgg.card.mean if self.network.eye else MEAN
        levels = self.node("Mul", [name, self.constant("white", 255.0)])
        return self.node("Sub", [levels, self.constant("mean", np.reshape(mean, (1, 3, 1, 1)))])

    def pictured(self, x: str) -> None:
        """Cut what is too much off an odd size, and bring it to [0, 1]."""
        if self.network.card.output == "tanh":
            x = self.node("Add", [x, self.constant("mean", np.reshape(MEAN, (1, 3, 1, 1)))])
        size = self.node("Shape", ["content"], start=2, end=4)
        start, axes = self.constant("corner", [0, 0], np.int64), self.constant("sides", [2, 3], np.int64)
        cut = self.node("Slice", [x, start, size, axes])
        unit = self.node("Div", [cut, self.constant("white", 255.0)])
        self.node("Clip", [unit, self.constant("black", 0.0), self.constant("one", 1.0)], "painting")

    def through(self, ops: Sequence[Op], x: str) -> str:
        kept: list[str] = []
        for op in ops:
            if op.kind == "keep":
                kept.append(x)
            elif op.kind == "add":
                x = self.node("Add", [x, self.shaved(kept.pop(), op.amount)])
            else:
                x = _WRITERS[op.kind](self, op, x)
        return x

    def shaved(self, x: str, amount: int) -> str:
        if not amount:
            return x
        start, end = (self.constant(f"{what}_{amount}", [sign * amount] * 2, np.int64) for what, sign in (("from", 1), ("to", -1)))
        return self.node("Slice", [x, start, end, self.constant("sides", [2, 3], np.int64)])

    def spread(self, x: str) -> tuple[str, str]:
        """Return mean and deviation of each channel."""
        sides = self.constant("sides", [2, 3], np.int64)
        mean = self.node("ReduceMean", [x, sides], keepdims=1)
        off = self.node("Sub", [x, mean])
        variance = self.node("ReduceMean", [self.node("Mul", [off, off]), sides], keepdims=1)
        return mean, self.node("Sqrt", [self.node("Add", [variance, self.constant("floor", FLOOR)])])

    def adapted(self, x: str, target: tuple[str, str]) -> str:
        """Give each channel mean and deviation of the style, as far as the strength goes."""
        own = self.spread(x)
        mean, deviation = (self.between(mine, its) for mine, its in zip(own, target, strict=True))
        unit = self.node("Div", [self.node("Sub", [x, own[0]]), own[1]])
        return self.node("Add", [self.node("Mul", [unit, deviation]), mean])

    def between(self, mine: str, its: str) -> str:
        return self.node("Add", [mine, self.node("Mul", ["strength", self.node("Sub", [its, mine])])])


def _pad(graph: _Graph, op: Op, x: str) -> str:
    sides = graph.constant(f"pad_{op.amount}", [0, 0, op.amount, op.amount] * 2, np.int64)
    return graph.node("Pad", [x, sides], mode="reflect")


def _conv(graph: _Graph, op: Op, x: str) -> str:
    weights = [graph.weight(f"{op.name}.{part}") for part in ("weight", "bias")]
    settings: dict[str, Any] = {"kernel_shape": [op.kernel] * 2, "strides": [op.stride] * 2, "pads": [op.amount] * 4}
    return graph.node("Conv", [x, *weights], **settings)


def _deconv(graph: _Graph, op: Op, x: str) -> str:
    weights = [graph.weight(f"{op.name}.{part}") for part in ("weight", "bias")]
    settings: dict[str, Any] = {"kernel_shape": [op.kernel] * 2, "strides": [op.stride] * 2, "pads": [1] * 4, "output_padding": [1, 1]}
    return graph.node("ConvTranspose", [x, *weights], **settings)


def _norm(graph: _Graph, op: Op, x: str) -> str:
    weights = [graph.weight(f"{op.name}.{part}") for part in ("weight", "bias")]
    return graph.node("InstanceNormalization", [x, *weights], epsilon=FLOOR)


def _unpool(graph: _Graph, op: Op, x: str) -> str:
    factors = graph.constant(f"times_{op.amount}", [1.0, 1.0, op.amount, op.amount])
    settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.node("Resize", [x, "", factors], **settings)


def _pool(graph: _Graph, op: Op, x: str) -> str:
    return graph.node("MaxPool", [x], kernel_shape=[op.kernel] * 2, strides=[op.stride] * 2, ceil_mode=1)


def _relu(graph: _Graph, _op: Op, x: str) -> str:
    return graph.node("Relu", [x])


def _tanh(graph: _Graph, _op: Op, x: str) -> str:
    return graph.node("Mul", [graph.node("Tanh", [x]), graph.constant("swing", SWING)])


def _scale(graph: _Graph, _op: Op, x: str) -> str:
    return graph.node("Mul", [x, graph.constant("white", 255.0)])


_WRITERS: Mapping[Kind, Callable[[_Graph, Op, str], str]] = {
    "pad": _pad,
    "conv": _conv,
    "deconv": _deconv,
    "norm": _norm,
    "unpool": _unpool,
    "pool": _pool,
    "relu": _relu,
    "tanh": _tanh,
    "scale": _scale,
}
