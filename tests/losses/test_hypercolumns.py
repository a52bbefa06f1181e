"""Hypercolumns and their matches: the formulas of Kolkin et al. 2022, written out in float64 from the authors' code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pincel.functional import neighbors
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.neighbors import column_distance, nearest, pick
from pincel.losses.hypercolumns import HYPERCOLUMNS, Columns, Hypercolumns
from pincel.losses.neighbors import NEIGHBORS, SampledFeatures
from pincel.losses.style import ALL_LAYERS, Guides, StyleLoss
from pincel.types import Window
from tests.tensors import assert_close, normal

# Of a picture of 43 × 52: its layers, which drop rows that a pooling has no pair for.
STRIDES = {"relu1_1": 1, "relu2_1": 2, "relu3_1": 4, "relu4_1": 8}


def layers(seed: int = 0, height: int = 43, width: int = 52) -> dict[str, Tensor]:
    """Return random features of every layer of a picture."""
    channels = zip(STRIDES, (3, 4, 5, 6), strict=True)
    return {name: normal(1, count, height // STRIDES[name], width // STRIDES[name], seed=seed + count).abs() for name, count in channels}


def statistic() -> Hypercolumns:
    (found,) = HYPERCOLUMNS.statistics(STRIDES)
    return found


def measured(of: Any, features: dict[str, Tensor], guides: Guides | None = None, cut: int | None = None) -> Any:
    """Return what a statistic makes of features, in two windows a layer if cut before some column of the deepest."""
    means = {}
    for name in of.layers:
        each, stride = features[name], STRIDES[name]
        height, width = each.shape[-2:]
        edge = width if cut is None else cut * max(STRIDES.values()) // stride
        windows = [Window(0, left, height, wide, (height, width), stride) for left, wide in ((0, edge), (edge, width - edge)) if wide]
        parts = [of.partial_sum(name, each[..., w.rows, w.columns], w, guides) for w in windows]
        means[name] = torch.stack(parts).sum(0) / (height * width)
    return of.finish(means, guides)


def stretched(values: Any, size: int) -> Any:
    """Interpolate the last axis at ``size`` places, the first and the last of both on each other."""
    places = np.linspace(0, values.shape[-1] - 1, size)
    return np.apply_along_axis(lambda line: np.interp(places, np.arange(len(line)), line), -1, values)


def published_columns(features: dict[str, Tensor]) -> Any:
    """Return hypercolumns (C, places) at a quarter of the size; the corners of all layers are on each other."""
    rows, columns = (length // 4 for length in features["relu1_1"].shape[-2:])
    resized = [
        stretched(stretched(each[0].numpy(), columns).swapaxes(1, 2), rows).swapaxes(1, 2) / each.shape[1] for each in features.values()
    ]
    return np.concatenate(resized).reshape(sum(each.shape[1] for each in features.values()), -1)


def cosines(mine: Any, theirs: Any) -> Any:
    return (mine / np.linalg.norm(mine, axis=0)).T @ (theirs / np.linalg.norm(theirs, axis=0))


def centered(values: Any) -> Any:
    return values - values.mean(1, keepdims=True)


def test_hypercolumns_are_as_published() -> None:
    features = layers()
    found = measured(statistic(), features)[ALL_LAYERS].features
    assert found.shape == (18, 10 * 13)
    np.testing.assert_allclose(found, published_columns(features), rtol=1e-9)


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_hypercolumns_of_tiles_add_up(cut: int) -> None:
    features = layers()
    assert_close(measured(statistic(), features, cut=cut)[ALL_LAYERS].features, measured(statistic(), features)[ALL_LAYERS].features)


def test_matches_and_loss_are_as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    # Blocks that end in the middle of each set.
    monkeypatch.setattr(neighbors, "MINE", 7)
    monkeypatch.setattr(neighbors, "THEIRS", 11)
    features, styles, start = layers(), [layers(10), layers(20, 37, 24)], layers(30)
    own = statistic()
    blended = own.blend([(measured(own, each), 0.3) for each in styles])
    target = own.match(blended, lambda: measured(own, start))
    theirs = np.concatenate([published_columns(each) for each in styles], axis=1)
    chosen = theirs[:, cosines(centered(published_columns(start)), centered(theirs)).argmax(1)]
    np.testing.assert_allclose(target[ALL_LAYERS], chosen, rtol=1e-9)  # type: ignore[arg-type]

    columns = torch.from_numpy(published_columns(features)).requires_grad_()
    wanted = (1 - torch.cosine_similarity(columns, torch.from_numpy(chosen), dim=0)).mean()
    loss = StyleLoss(own, target, {"hypercolumns": (HYPERCOLUMNS, 2.0)}, dict.fromkeys(STRIDES, 0.5), 10.0, CONVENTIONS["mean"])
    found = measured(own, features)[ALL_LAYERS].features.requires_grad_()
    value = HYPERCOLUMNS.distance(Columns(found), target[ALL_LAYERS], CONVENTIONS["mean"])
    assert_close(value, wanted)
    assert_close(torch.autograd.grad(value, found)[0], torch.autograd.grad(wanted, columns)[0])
    (term,) = loss.terms({name: own_mean(own, name, each) for name, each in features.items()}, features["relu1_1"])
    assert (term.name, term.layer_weight, term.group_weight) == ("style:hypercolumns", 2.0, 10.0)
    assert_close(term.value, wanted)


def own_mean(of: Hypercolumns, name: str, features: Tensor) -> Tensor:
    height, width = features.shape[-2:]
    return of.partial_sum(name, features, Window(0, 0, height, width, (height, width), STRIDES[name]), None) / (height * width)


def test_the_gradient_is_that_of_the_distance() -> None:
    target = normal(3, 6, seed=1)
    target[:, 2] = 0
    found = normal(3, 6).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: column_distance(x, target), (found,))
    kept = [0, 1, 3, 4, 5]
    assert_close(column_distance(found, target), column_distance(found[:, kept], target[:, kept]))


def test_a_style_of_half_the_weight_needs_twice_the_similarity() -> None:
    mine, theirs = torch.eye(2).double(), torch.tensor([[1.0, 0.2], [0.2, 1.0]]).double()
    alike, other = theirs.clone(), theirs.flip(1) + 0.01
    assert nearest(mine, [alike, other]).tolist() == [0, 1]
    assert nearest(mine, [alike, other], [0.4, 1.0]).tolist() == [3, 2]
    assert_close(pick([alike, other], torch.tensor([3, 0])), torch.stack([other[:, 1], alike[:, 0]], dim=1))


def halves(features: dict[str, Tensor]) -> Guides:
    """Return guides of the left and of the right half of a picture."""
    squares = {name: torch.zeros(2, 1, *each.shape[-2:], dtype=torch.float64) for name, each in features.items()}
    for square in squares.values():
        square[0, ..., : square.shape[-1] // 2] = 1
        square[1] = 1 - square[0]
    return Guides(squares, {name: square.sum((1, 2, 3)) for name, square in squares.items()})


@pytest.mark.parametrize("term", [HYPERCOLUMNS, NEIGHBORS])
def test_regions_find_their_matches_in_their_own_styles(term: Any) -> None:
    features, style = layers(), layers(10)
    (own,) = term.statistics(STRIDES)
    # The right half of the style is of no use to the left half of the picture, however much alike.
    picture, painting = measured(own, features, halves(features)), measured(own, style, halves(style))
    target = own.match(own.blend([(painting, 1.0)]), lambda: picture)
    if isinstance(own, Hypercolumns):
        left, right = picture[ALL_LAYERS].regions
        # A place on the border is in both.
        for place, each in zip((left & ~right, right & ~left), painting[ALL_LAYERS].sets, strict=True):
            assert all((each == column[:, None]).all(0).any() for column in target[ALL_LAYERS][:, place].T)
    # A picture without a region, and a style without one.
    everywhere = Guides(
        {name: torch.cat([square * 0 + 1, square * 0])[[0, 2]] for name, square in halves(style).squared_guides.items()}, {}
    )
    alone = measured(own, style, everywhere)
    lacking = own.match(own.blend([(alone, 1.0)]), lambda: picture)
    for layer, each in lacking.items():
        assert 0 < float(term.distance(picture[layer], each, CONVENTIONS["mean"])) < 2


def test_neighbors_of_a_large_layer_are_those_of_a_grid() -> None:
    features, target = normal(1, 3, 130, 80), normal(1, 3, 200, 64, seed=1)
    (own,) = NEIGHBORS.statistics({"relu1_1": 1})
    assert own == SampledFeatures(("relu1_1",))
    found, style = (measured(own, {"relu1_1": each})["relu1_1"] for each in (features, target))
    assert_close(found[0], features[0, :, 1::2, 1::2].flatten(1))
    assert_close(style[0], target[0, :, 1::3, 1::3].flatten(1))
    squares = normal(2, 1, 130, 80, seed=2)
    regions = measured(own, {"relu1_1": features}, Guides({"relu1_1": squares}, {}))["relu1_1"]
    for each, square in zip(regions, squares[:, 0, 1::2, 1::2], strict=True):
        assert_close(each, features[0, :, 1::2, 1::2][:, square > 0.25])
    blended = own.blend([({"relu1_1": style}, 1.0), ({"relu1_1": found}, 1.0)])["relu1_1"]
    theirs = np.concatenate([style[0].numpy(), found[0].numpy()], axis=1)
    wanted = 1 - cosines(centered(found[0].numpy()), centered(theirs)).max(1)
    assert float(NEIGHBORS.distance(found, blended, CONVENTIONS["mean"])) == pytest.approx(wanted.mean())
