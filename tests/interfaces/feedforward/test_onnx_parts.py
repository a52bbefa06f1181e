"""The same picture by another program from a network's three parts: each transform, any size, several paintings, half the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pincel.backbones.vgg import VGG
from pincel.errors import ExtraMissingError, OptionError
from pincel.feedforward.file import SHIPPED, load_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.onnx_parts import write_onnx_parts
from pincel.feedforward.stylize import StylizeOptions, Weighted, stylize
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture
from pincel.sources import open_picture
from tests.feedforward.nets import any_style, one_style
from tests.interfaces.feedforward.test_onnx import drawn, session

pytest.importorskip("onnxruntime")
# Two gray levels.
CLOSE = 2 / 255
Array = NDArray[np.float32]


class OtherProgram:
    """What whoever has the three files does with them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.sessions = {name: session(path) for name, path in files.items()}

    def run(self, part: str, **inputs: Any) -> list[Array]:
        found: list[Array] = self.sessions[part].run(None, {name: np.asarray(each, np.float32) for name, each in inputs.items()})
        return found

    def style(self, picture: LoadedImage) -> tuple[Array, Array]:
        _, mean, matrix = self.run("encoder", picture=picture.pixels)
        return mean, self.run("target", mean=mean, matrix=matrix)[0]

    def paint(self, content: LoadedImage, styles: Weighted, strength: float) -> Array:
        total, measured = sum(weight for _, weight in styles), [(self.style(style), weight) for style, weight in styles]
        mean, spread = (sum(weight / total * each[at] for each, weight in measured) for at in (0, 1))
        features, own, matrix = self.run("encoder", picture=content.pixels)
        given = {"features": features, "mean": own, "matrix": matrix, "style_mean": mean, "style_spread": spread, "strength": strength}
        return self.run("decoder", **given)[0][..., : content.height, : content.width]


def with_transform(vgg: VGG, transform: Any) -> Network:
    network = any_style(vgg)
    return replace(network, spec=replace(network.spec, transform=transform))


@pytest.mark.parametrize("transform", ["adain", "wct"])
def test_paints_as_pincel_does(transform: str, vgg: VGG, tmp_path: Path) -> None:
    network = with_transform(vgg, transform)
    other = OtherProgram(write_onnx_parts(tmp_path, network))
    one, two = drawn(24, 24), drawn(40, 31)
    for content, styles, strength in ((drawn(33, 27), [(one, 1.0)], 1.0), (drawn(32, 40), [(one, 3.0), (two, 1.0)], 0.4)):
        wanted = stylize(network, content, styles, StylizeOptions(strength)).numpy()
        found = other.paint(content, styles, strength)
        assert found.shape == wanted.shape
        assert wanted.std() > 0.05
        assert np.abs(found - wanted).max() < CLOSE


@pytest.mark.parametrize("transform", ["adain", "wct"])
def test_the_network_that_comes_with_pincel(transform: Any, tmp_path: Path) -> None:
    shipped = load_stylizer(SHIPPED)
    network = replace(shipped, spec=replace(shipped.spec, transform=transform))
    files = write_onnx_parts(tmp_path, network)
    # 0.55 million weights of the encoder, 0.44 million of the decoder, two bytes each; constants and operations beside them.
    assert sum(path.stat().st_size for path in files.values()) < 2_100_000
    content, style = (
        resize_picture(open_picture(f"sample:{name}", "picture"), size, "lanczos")
        for name, size in (("harbour", (75, 101)), ("impasto", (90, 66)))
    )
    other = OtherProgram(files)
    for strength in (0.6, 2.0):
        wanted = stylize(network, content, [(style, 1.0)], StylizeOptions(strength)).numpy()
        assert np.abs(other.paint(content, [(style, 1.0)], strength) - wanted).max() < CLOSE


def test_names_nothing_of_this_machine(vgg: VGG, tmp_path: Path) -> None:
    for path in write_onnx_parts(tmp_path, any_style(vgg)).values():
        assert b".py" not in path.read_bytes()


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = one_style()
    with pytest.raises(OptionError, match=r"^network: has no parts · given 'small' · accepted: an any-style network · try: pincel export"):
        write_onnx_parts(tmp_path, network)
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ExtraMissingError, match=r"\[onnx\]'$"):
        write_onnx_parts(tmp_path, network)
    assert list(tmp_path.iterdir()) == []
