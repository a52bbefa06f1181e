"""The plain program in ``examples/`` minimizes what the library does, and runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import gatys
import pincel
from pincel.backbones.vgg import VGG
from pincel.recipes import RECIPES
from pincel.run.machine import Machine

SIDE = 96
SLIDES = RECIPES["slides"].recipe


def test_layers_are_those_of_the_recipe() -> None:
    assert SLIDES.content_layers == {gatys.CONTENT_LAYER: 1.0}
    assert SLIDES.style_layers == gatys.STYLE_LAYERS


# The deck's weights, the program's own, and each part of J by itself: one may be too small beside another for its errors to be seen.
@pytest.mark.parametrize(
    "weights",
    [
        (SLIDES.content_weight, SLIDES.style_weight, SLIDES.tv_weight),
        (gatys.ALPHA, gatys.BETA, gatys.GAMMA),
        (1.0, 0.0, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, 0.0, 1.0),
    ],
)
def test_loss_and_gradient_are_those_of_the_library(
    photographs: list[Path], vgg: VGG, monkeypatch: pytest.MonkeyPatch, weights: tuple[float, float, float]
) -> None:
    # Of different shapes, so that a Gram matrix is divided by its own number of positions.
    painting, photo, _ = photographs
    content, style = (gatys.load(str(path), SIDE) for path in (photo, painting))
    assert content.shape != style.shape
    for name, weight in zip(("ALPHA", "BETA", "GAMMA"), weights, strict=True):
        monkeypatch.setattr(gatys, name, weight)
    given: dict[str, Any] = dict(zip(("content_weight", "style_weight", "tv_weight"), weights, strict=True))
    machine = Machine(torch.device("cpu"))
    library = pincel.Run(str(photo), str(painting), recipe="slides", machine=machine, size=SIDE, **given).objectives.full

    picture = (content + 20 * torch.randn(content.shape, generator=torch.Generator().manual_seed(1))).requires_grad_()
    a_g, a_c, a_s = (gatys.features(each, vgg.weights) for each in (picture, content, style))
    loss = gatys.objective(picture, a_g, a_c[gatys.CONTENT_LAYER], a_s)
    (gradient,) = torch.autograd.grad(loss, picture)

    expected, expected_gradient = library.gradient(picture.detach())
    assert float(loss.detach()) == pytest.approx(float(expected.total), rel=1e-5)
    assert float((gradient - expected_gradient).norm() / expected_gradient.norm()) < 1e-5


def test_the_program_writes_a_picture(photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    painting, photo, _ = photographs
    torch.manual_seed(0)
    gatys.main([str(photo), str(painting), str(tmp_path / "out.png"), "--size", "48", "--steps", "6"])
    losses = [float(number) for number in re.findall(r"J = (\S+)", capsys.readouterr().out)]
    assert len(losses) == 6
    # Less would not do: Adam that ascends lowers J a little at first, too.
    assert losses[-1] < losses[0] / 2
    with Image.open(tmp_path / "out.png") as written, Image.open(photo) as original:
        assert max(written.size) == 48
        assert written.width / written.height == pytest.approx(original.width / original.height, rel=0.02)
        assert written.getextrema() != ((0, 255),) * 3
