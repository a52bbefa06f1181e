"""AlexNet and SqueezeNet in NumPy, in double precision, written from the papers and the sources of Caffe and torchvision: a second opinion.

Nothing here is shared with pincel: layers are listed anew, arrays are (C, H, W), fully connected layers are matrices.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = dict[str, tuple[Array, Array]]


def convolved(x: Array, weight: Array, bias: Array, step: int, pad: int, groups: int) -> Array:
    """Slide filters over a map with zeros around it; each group of them sees its share of the channels."""
    wide = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    answers = []
    for seen, filters in zip(np.split(wide, groups), np.split(weight, groups), strict=True):
        windows = sliding_window_view(seen, weight.shape[2:], axis=(1, 2))[:, ::step, ::step]
        answers.append(np.tensordot(filters, windows, axes=((1, 2, 3), (0, 3, 4))))
    return np.concatenate(answers) + bias[:, None, None]


def pooled(x: Array, kernel: int, step: int, *, up: bool = False) -> Array:
    """Take the largest of each window; what is left over at the end gets a window of its own if asked for."""
    if up:
        more = [-(x.shape[axis] - kernel) % step for axis in (1, 2)]
        x = np.pad(x, ((0, 0), (0, more[0]), (0, more[1])), constant_values=-np.inf)
    windows: Array = sliding_window_view(x, (kernel, kernel), axis=(1, 2))[:, ::step, ::step]
    largest: Array = windows.max((3, 4))
    return largest


def normalized(x: Array, k: float, alpha: float, beta: float = 0.75, size: int = 5) -> Array:
    """Divide by what the channels around have answered, as the formula of section 3.3 says."""
    squares = np.zeros_like(x)
    for channel in range(len(x)):
        low, high = max(0, channel - size // 2), min(len(x) - 1, channel + size // 2)
        squares[channel] = (x[low : high + 1] ** 2).sum(0)
    return x / (k + alpha * squares) ** beta


def krizhevsky(picture: Array, weights: Weights, order: str, k: float, alpha: float) -> dict[str, Array]:
    """Compute the network of 2012.

    Args:
        picture: (3, H, W), what the first layer is fed.
        weights: Layer → (weight, bias).
        order: ``norm pool`` as in the paper, ``pool norm`` as in Caffe's reference network.
        k: Of the normalization.
        alpha: α of the normalization, undivided.
    """
    found: dict[str, Array] = {}

    def keep(name: str, x: Array) -> Array:
        found[name] = x
        return x

    x = picture
    for number, (step, pad, groups) in enumerate(((4, 0, 1), (1, 2, 2), (1, 1, 1), (1, 1, 2), (1, 1, 2)), start=1):
        x = keep(f"conv{number}", convolved(x, *weights[f"conv{number}"], step, pad, groups))
        x = keep(f"relu{number}", np.maximum(x, 0))
        for what in order.split() if number < 3 else ["pool"] if number == 5 else []:
            x = keep(f"{what}{number}", normalized(x, k, alpha) if what == "norm" else pooled(x, 3, 2))
    return found | connected(x.reshape(-1), weights)


def one_weird_trick(picture: Array, weights: Weights) -> dict[str, Array]:
    """Compute the network of torchvision: one tower, two positions around the picture, no normalization."""
    found, x = {}, picture
    for number, (step, pad) in enumerate(((4, 2), (1, 2), (1, 1), (1, 1), (1, 1)), start=1):
        found[f"conv{number}"] = x = convolved(x, *weights[f"conv{number}"], step, pad, 1)
        found[f"relu{number}"] = x = np.maximum(x, 0)
        if number in (1, 2, 5):
            found[f"pool{number}"] = x = pooled(x, 3, 2)
    return found | connected(x.reshape(-1), weights)


def connected(x: Array, weights: Weights) -> dict[str, Array]:
    """Multiply by the three matrices."""
    found = {}
    for number in (6, 7, 8):
        weight, bias = weights[f"fc{number}"]
        x = weight.reshape(len(weight), -1) @ x + bias
        found[f"fc{number}"] = x
        x = np.maximum(x, 0)
        found[f"relu{number}"] = x
    return found


def squeezed(picture: Array, state: dict[str, Any]) -> dict[str, Array]:
    """Compute SqueezeNet 1.1 from a state of torchvision.

    Args:
        picture: (3, H, W), what the first layer is fed.
        state: ``features.K…`` and ``classifier.1…`` → array.
    """

    def weights(name: str) -> tuple[Array, Array]:
        return state[f"{name}.weight"], state[f"{name}.bias"]

    found = {"conv1": convolved(picture, *weights("features.0"), 2, 0, 1)}
    found["relu1"] = x = np.maximum(found["conv1"], 0)
    found["pool1"] = x = pooled(x, 3, 2, up=True)
    number = 2
    # torchvision counts modules, poolings among them.
    for place in range(3, 13):
        if place in (5, 8):
            found[f"pool{number - 1}"] = x = pooled(x, 3, 2, up=True)
            continue
        found[f"fire{number}_squeeze"] = x = convolved(x, *weights(f"features.{place}.squeeze"), 1, 0, 1)
        found[f"fire{number}_relu"] = x = np.maximum(x, 0)
        halves = [convolved(x, *weights(f"features.{place}.expand{side}x{side}"), 1, side // 2, 1) for side in (1, 3)]
        found[f"fire{number}_expand"] = np.concatenate(halves)
        found[f"fire{number}"] = x = np.maximum(found[f"fire{number}_expand"], 0)
        number += 1
    found["conv10"] = convolved(x, *weights("classifier.1"), 1, 0, 1)
    found["relu10"] = np.maximum(found["conv10"], 0)
    # The mean over all positions.
    found["logits"] = found["relu10"].mean((1, 2))
    return found
