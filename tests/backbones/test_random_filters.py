"""Random filters of many sizes, each against the definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from pincel.backbones import BACKBONES
from pincel.backbones.random_filters import load_random_filters
from pincel.backbones.random_specs import RANDOM_CNN, RANDOM_CNN_11
from pincel.errors import OptionError, UnknownNameError
from tests.runs import make_run
from tests.tensors import assert_close, picture

BORDERS = {"zero": "constant", "replicate": "edge", "reflect": "reflect", "circular": "wrap"}


def test_filters_are_those_of_glorot_in_every_size() -> None:
    bank = load_random_filters(RANDOM_CNN)
    assert [tuple(weight.shape) for weight, _ in bank.weights.values()] == [(128, 3, n, n) for n in (3, 5, 7, 11, 15, 23, 37, 55)]
    for weight, bias in bank.weights.values():
        limit = math.sqrt(6 / (131 * weight.shape[-1] ** 2))
        assert 0.99 * limit < float(weight.abs().max()) <= limit
        assert float(weight.std()) == pytest.approx(limit / math.sqrt(3), rel=0.02)
        assert not bias.any()
    again = load_random_filters(RANDOM_CNN)
    assert all(torch.equal(bank.weights[name][0], again.weights[name][0]) for name in bank.weights)


@pytest.mark.parametrize("padding", BORDERS)
@pytest.mark.parametrize("size", [(9, 14), (64, 30)])
def test_answers_are_correlations(padding: Any, size: tuple[int, int]) -> None:
    bank = load_random_filters(RANDOM_CNN, padding=padding)
    pixels = picture(*size, 1)
    seen = bank.features(pixels, ["conv1_1", "relu1_1"])
    assert seen["conv1_1"].shape == (1, 1024, *size)
    assert_close(seen["relu1_1"], seen["conv1_1"].clamp_min(0))
    fed = (pixels - torch.tensor([123.0, 117.0, 104.0]).view(1, 3, 1, 1))[0].double().numpy()
    mode: Any = BORDERS[padding]
    for index, n in ((0, 3), (3, 11), (7, 55)):
        weight = list(bank.weights.values())[index][0][5].double().numpy()
        wide = np.pad(fed, ((0, 0), (n // 2, n // 2), (n // 2, n // 2)), mode=mode)
        expected = np.einsum("chwij,cij->hw", sliding_window_view(wide, (n, n), axis=(1, 2)), weight, optimize=True)
        assert_close(seen["conv1_1"][0, 128 * index + 5].double(), torch.from_numpy(expected), rtol=1e-4, atol=1e-3)


def test_it_paints_in_tiles_too() -> None:
    given: dict[str, Any] = {"recipe": "random-texture", "backbone": "random-cnn-11", "size": 96, "steps": 2, "precision": "fp32"}
    runs = [make_run("blank:96x96", "sample:pointillism", tiles=tiles, **given) for tiles in ("whole", "rest=32")]
    for run in runs:
        totals = [event.total for event in run if hasattr(event, "total")]
        assert totals[-1] < totals[0]
    whole, tiled = (np.asarray(run.result.image).astype(int) for run in runs)
    assert np.abs(whole - tiled).max() <= 1


def test_what_it_cannot_be_asked_for() -> None:
    with pytest.raises(UnknownNameError, match="content layer of backbone random-cnn 'relu4_2'"):
        make_run("sample:lake", "sample:glass", backbone="random-cnn", style_layers="relu1_1")
    with pytest.raises(OptionError, match="nothing to normalize"):
        make_run("blank:32x32", "sample:glass", recipe="random-texture", activations="normalized")
    assert {"random-cnn", "random-cnn-11"} <= set(BACKBONES)
    assert RANDOM_CNN_11.layer("relu1_1").channels == 128
