"""Oklab, and hues of one picture in another: as utils/colorization.py of nkolkin13/NeuralNeighborStyleTransfer has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pincel.functional.oklab import from_oklab, to_oklab, with_hues_of
from tests.tensors import assert_close, picture


def image(height: int, width: int, seed: int) -> Tensor:
    return picture(height, width, seed).double() / 255


def lab(pixels: Any) -> Any:
    """Return (L, a, b) of (H, W, 3), each formula by itself."""
    r, g, b = np.moveaxis(np.clip(pixels, 0, 1), -1, 0)
    roots = [
        np.cbrt(0.4121656120 * r + 0.5362752080 * g + 0.0514575653 * b),
        np.cbrt(0.2118591070 * r + 0.6807189584 * g + 0.1074065790 * b),
        np.cbrt(0.0883097947 * r + 0.2818474174 * g + 0.6302613616 * b),
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.stack([sum(factor * root for factor, root in zip(axis, roots, strict=True)) for axis in axes], -1)


def pixels_of(values: Any) -> Any:
    lightness, a, b = np.moveaxis(values, -1, 0)
    red = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    green = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    blue = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    rows = [
        [4.0767245293, -3.3072168827, 0.2307590544],
        [-1.2681437731, 2.6093323231, -0.3411344290],
        [-0.0041119885, -0.7034763098, 1.7068625689],
    ]
    return np.clip(np.stack([row[0] * red + row[1] * green + row[2] * blue for row in rows], -1), 0, 1)


def matched(values: Any, target: Any) -> Any:
    """Give points the mean and, with 1e-4 on the diagonals, the covariance of others: whitened, then colored, by eigenvectors."""
    points, wanted = values.reshape(-1, values.shape[-1]), target.reshape(-1, values.shape[-1])
    roots = []
    for each, power in ((points, -0.5), (wanted, 0.5)):
        centered = each - each.mean(0)
        vectors, sizes, _ = np.linalg.svd(centered.T @ centered / len(each) + 1e-4 * np.eye(each.shape[1]))
        roots.append(vectors @ np.diag(sizes**power) @ vectors.T)
    return ((points - points.mean(0)) @ roots[0] @ roots[1] + wanted.mean(0)).reshape(values.shape)


def smoothed(hues: Any, lightness: Any) -> Any:
    """Average every pixel with those around it, five times, by weights that fall with the difference in lightness."""
    height, width = lightness.shape
    for _ in range(5):
        before = hues.copy()
        for y in range(height):
            for x in range(width):
                around = [(min(max(y + j, 0), height - 1), min(max(x + i, 0), width - 1)) for j in (-1, 0, 1) for i in (-1, 0, 1)]
                weights = [np.exp(-5 * abs(lightness[y, x] - lightness[place])) ** 2 for place in around]
                hues[y, x] = sum(weight * before[place] for weight, place in zip(weights, around, strict=True)) / sum(weights)
    return hues


def published(painted: Any, content: Any, style: Any) -> Any:
    """Return what color_match returns, of (H, W, 3) each."""
    own, hues, wanted = lab(painted), lab(content)[..., 1:], lab(style)
    low, high = wanted.min((0, 1)), wanted.max((0, 1))
    result = np.clip(own, low, high)
    spread = np.cov(wanted[..., 1:].reshape(-1, 2).T, bias=True)
    if np.abs(spread).max() < 6e-5:
        result = matched(np.concatenate([result[..., :1], own[..., 1:]], -1), wanted)
    else:
        result[..., 1:] = smoothed(matched(hues, wanted[..., 1:]), result[..., 0])
    return pixels_of(np.clip(result, low, high))


def as_array(pixels: Tensor) -> Any:
    return pixels[0].permute(1, 2, 0).numpy()


def test_a_color_comes_back() -> None:
    pixels = image(7, 9, 1)
    np.testing.assert_allclose(as_array(to_oklab(pixels)), lab(as_array(pixels)), atol=1e-9)
    assert_close(from_oklab(to_oklab(pixels)), pixels, atol=1e-6)


@pytest.mark.parametrize("gray", [False, True])
def test_hues_are_as_published(gray: bool) -> None:
    painted, content, style = image(9, 12, 1), image(9, 12, 2), image(8, 11, 3)
    if gray:
        style = style.mean(1, keepdim=True).expand(1, 3, -1, -1)
    found = with_hues_of(painted, content, [(style, 0.7)])
    np.testing.assert_allclose(as_array(found), published(*map(as_array, (painted, content, style))), atol=2e-5)


def test_hues_of_several_styles_lie_between_theirs() -> None:
    painted, content, styles = image(9, 12, 1), image(9, 12, 2), [image(8, 11, 3), image(9, 9, 4)]
    one, both, other = (with_hues_of(painted, content, list(zip(styles, weights, strict=True))) for weights in ((1, 0), (1, 1), (0, 1)))
    assert_close(one, with_hues_of(painted, content, [(styles[0], 2.0)]))
    distances = [(first - second).norm() for first, second in ((both, one), (both, other), (one, other))]
    assert torch.stack(distances[:2]).max() < distances[2]
