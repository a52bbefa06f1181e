"""A canvas of pixels: units, clipping, nothing else."""

from __future__ import annotations

import pytest
import torch

from pincel.canvas.pixels import PixelCanvas, make_pixels
from tests.tensors import assert_close


@pytest.mark.parametrize("white", [255.0, 256.0, 1.0])
def test_a_picture_comes_back(white: float) -> None:
    image = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    canvas = make_pixels(white, (4, 5))
    values = canvas.encode(image * white)
    assert torch.equal(canvas.pixels(values), image * white)
    assert_close(canvas.image(values), image)


def test_white_is_255_unless_told_otherwise() -> None:
    assert PixelCanvas().white == 255


def test_values_beyond_black_and_white_are_clipped_only_where_asked() -> None:
    canvas = PixelCanvas()
    values = torch.tensor([-10.0, 0.0, 127.5, 255.0, 300.0]).view(1, 1, 1, 5)
    assert canvas.image(values).flatten().tolist() == [0, 0, 0.5, 1, 1]
    assert canvas.clipped(values).flatten().tolist() == [0, 0, 127.5, 255, 255]
    assert canvas.pixels(values) is values


def test_the_image_carries_no_graph() -> None:
    values = torch.ones(1, 3, 2, 2, requires_grad=True)
    assert not PixelCanvas().image(values).requires_grad
    assert PixelCanvas().pixels(values).requires_grad
