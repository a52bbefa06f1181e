"""The same picture by another program: onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pincel.backbones.vgg import VGG
from pincel.errors import ExtraMissingError
from pincel.feedforward.network import Network
from pincel.feedforward.onnx import write_onnx
from pincel.feedforward.stylize import StylizeOptions, stylize
from pincel.images.picture import LoadedImage
from tests.feedforward.nets import any_style, one_style

runtime = pytest.importorskip("onnxruntime")


def session(path: Path) -> Any:
    quiet = runtime.SessionOptions()
    quiet.log_severity_level = 3
    quiet.intra_op_num_threads = 1
    return runtime.InferenceSession(str(path), quiet, providers=["CPUExecutionProvider"])


def drawn(*size: int) -> LoadedImage:
    return LoadedImage(torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(sum(size))), None, "drawn", "")


@pytest.mark.parametrize("padding", ["reflect", "reflect-start"])
def test_one_style(padding: str, tmp_path: Path) -> None:
    network = one_style(padding=padding)
    write_onnx(tmp_path / "n.onnx", network)
    other = session(tmp_path / "n.onnx")
    assert [each.name for each in other.get_inputs()] == ["content"]
    assert [each.shape for each in (*other.get_inputs(), *other.get_outputs())] == [[1, 3, "height", "width"]] * 2
    for content in (drawn(48, 64), drawn(51, 37)):
        (found,) = other.run(["painting"], {"content": content.pixels.numpy()})
        assert found.shape == tuple(content.pixels.shape)
        assert np.abs(found - stylize(network, content).numpy()).max() < 1e-4


def test_any_style(vgg: VGG, tmp_path: Path) -> None:
    network = any_style(vgg)
    write_onnx(tmp_path / "n.onnx", network)
    other = session(tmp_path / "n.onnx")
    assert [each.name for each in other.get_inputs()] == ["content", "style", "strength"]
    for content, style, strength in ((drawn(32, 40), drawn(24, 24), 1.0), (drawn(33, 27), drawn(40, 31), 0.4)):
        given = {"content": content.pixels.numpy(), "style": style.pixels.numpy(), "strength": np.array(strength, np.float32)}
        (found,) = other.run(["painting"], given)
        assert np.abs(found - stylize(network, content, [(style, 1.0)], StylizeOptions(strength)).numpy()).max() < 1e-4


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    network: Network = one_style()
    with pytest.raises(ExtraMissingError, match=r"try: .* pip install .*\[onnx\]'$"):
        write_onnx(tmp_path / "n.onnx", network)
    assert list(tmp_path.iterdir()) == []
