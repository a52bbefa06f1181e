"""A network as an ONNX file, for other programs: ``torch.onnx`` exports the function that stylizes a whole image here.

Inputs ``content``, and of an any-style network ``style`` and ``strength``; output ``painting``. Images are (1, 3, height, width), RGB, in
[0, 1], of any size. The encoder is in the file.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from pincel.extras import require_extra
from pincel.feedforward.network import Network
from pincel.feedforward.operations import local_norm, run_ops, run_to_end
from pincel.feedforward.tiles import stylize_pixels
from pincel.feedforward.transforms import Covariance
from pincel.files import atomically
from pincel.version import __version__

# Versions of the operators and of the file: the oldest that suffice.
OPSET, IR = 18, 8
# name → (an example, dimension → name of a size that may be another).
Inputs: TypeAlias = dict[str, tuple[Tensor, dict[int, str]]]


def write_onnx(path: Path, network: Network) -> None:
    """Write a network as ONNX, whole or not at all.

    Raises:
        ExtraMissingError: Without the libraries onnx and onnxscript.
        OutputError: If the file cannot be written.
    """
    for library in ("onnx", "onnxscript"):
        require_extra(library, extra="onnx", what="ONNX files")
    program = export(network)
    with atomically(path, what="ONNX file") as temporary:
        program.save(temporary, external_data=False)


def export(network: Network) -> torch.onnx.ONNXProgram:
    """Return a network as an ONNX program for images of any size."""
    # Only the sides of the examples count: large enough for the padding, and no two alike, which would be taken for one.
    side = max(128, network.min_side)
    inputs: Inputs = {"content": (torch.zeros(1, 3, side, side + 8), {2: "height", 3: "width"})}
    if network.encoder:
        inputs["style"] = torch.zeros(1, 3, side + 16, side + 24), {2: "style_height", 3: "style_width"}
        inputs["strength"] = torch.tensor(1.0), {}
    program = export_module(network, _StylizerModule(network.to(torch.device("cpu"))), inputs, ("painting",))
    model: Any = program.model
    # The exporter does not know that odd sizes are rounded up and cropped again.
    model.graph.outputs[0].shape = model.graph.inputs[0].shape
    return program


def export_module(network: Network, module: nn.Module, inputs: Inputs, outputs: Sequence[str]) -> torch.onnx.ONNXProgram:
    """Return a function as an ONNX program.

    Args:
        network: That it is part of.
        module: The function.
        inputs: Its inputs.
        outputs: Names of its outputs.
    """
    with _silent_exporter():
        program = torch.onnx.export(
            module.eval(),
            tuple(example for example, _ in inputs.values()),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=tuple(sides for _, sides in inputs.values()),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    # Remove what names lines of source files, with their paths on this machine.
    require_extra("onnx_ir.passes.common", extra="onnx", what="ONNX files").ClearMetadataAndDocStringPass()(program.model)
    model: Any = program.model
    model.ir_version, model.producer_name, model.producer_version = IR, "pincel", __version__
    model.doc_string = f"{network.spec.kind}: {network.spec.stages}"
    model.graph.name = network.spec.name or "painter"
    return program


class _StylizerModule(nn.Module):
    """A network as a function of images, for the exporter."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network

    def forward(self, content: Tensor, style: Tensor | None = None, strength: float = 1.0) -> Tensor:
        network, target = self._network, None
        if style is not None:
            features = run_to_end(run_ops(network.encoder_ops, network.preprocess(style), network.weights), local_norm(network.weights))
            target = network.transform.target(Covariance.of(features))
        return stylize_pixels(network, content, target, strength, side=0)


@contextmanager
def _silent_exporter() -> Iterator[None]:
    """Suppress warnings of the exporter about itself: optional libraries, deprecated functions."""
    registration = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = registration.level
    registration.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        registration.setLevel(level)
