"""Each loss yields the published numbers under the names the log, the record and the bar use."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from pincel.functional.conventions import CONVENTIONS
from pincel.functional.gram import gram_matrix
from pincel.losses import VARIATIONS
from pincel.losses.base import Loss, Term
from pincel.losses.content import ContentLoss
from pincel.losses.moments import RegionMoments, weighted_mean
from pincel.losses.variation import VariationLoss
from pincel.types import Window
from tests.grams import gram_loss
from tests.tensors import assert_close, normal

PIXELS = torch.zeros(1, 3, 2, 2)


def constant(value: float, *shape: int) -> Tensor:
    return torch.full(shape, float(value))


def test_a_term_has_the_name_of_its_group_and_layer() -> None:
    value = torch.tensor(2.0)
    assert Term("style", "relu1_1", 3, 0.5, value).name == "style:relu1_1"
    assert Term("tv", None, 3, 1, value).name == "tv"


def test_a_term_is_weighted_by_its_group_and_its_layer() -> None:
    assert float(Term("style", "relu1_1", 3, 0.5, torch.tensor(2.0)).weighted) == 3


def measured(loss: Loss, features: Mapping[str, Tensor]) -> list[Term]:
    """Tell a loss about its layers, and nothing about others."""
    asked = {layer: features[layer] for layer in loss.layers}
    return list(loss.terms({layer: loss.statistic(layer, f, all_of(f)) / math.prod(f.shape[-2:]) for layer, f in asked.items()}, PIXELS))


def all_of(features: Tensor) -> Window:
    """Return the window that is the whole layer."""
    height, width = features.shape[-2:]
    return Window(0, 0, height, width, (height, width))


@pytest.mark.parametrize(
    ("convention", "value"), [("slides", 9 / 4), ("paper", 9 * 24 / 2), ("mean", 9), ("channels", 9), ("rooted", 9 * 24**0.5 / 2)]
)
def test_content(convention: str, value: float) -> None:
    # Every entry of (1, 4, 2, 3) differs by 3.
    targets = {"relu4_2": constant(1, 1, 4, 2, 3), "relu2_2": constant(0, 1, 4, 2, 3)}
    features = {"relu4_2": constant(4, 1, 4, 2, 3), "relu2_2": constant(3, 1, 4, 2, 3), "relu1_1": constant(7, 1, 4, 2, 3)}
    loss = ContentLoss(targets, {"relu4_2": 0.25, "relu2_2": 0.75}, weight=10, convention=CONVENTIONS[convention])
    terms = list(measured(loss, features))
    assert loss.layers == {"relu4_2", "relu2_2"}
    assert [(t.name, t.group_weight, t.layer_weight) for t in terms] == [("content:relu4_2", 10, 0.25), ("content:relu2_2", 10, 0.75)]
    assert [float(t.value) for t in terms] == pytest.approx([value, value])


@pytest.mark.parametrize(("convention", "factor"), [("slides", 0.25), ("paper", 0.25), ("mean", 1), ("channels", 1 / 4), ("rooted", 0.25)])
def test_style(convention: str, factor: float) -> None:
    # A map of ones has a Gram matrix of ones; the target's entries are all 3.
    targets = {"relu1_1": constant(3, 1, 2, 2), "relu2_1": constant(1, 1, 4, 4)}
    features = {"relu1_1": constant(1, 1, 2, 5, 5), "relu2_1": constant(1, 1, 4, 3, 2)}
    loss = gram_loss(targets, {"relu1_1": 0.5, "relu2_1": 0.5}, 40, CONVENTIONS[convention])
    terms = list(measured(loss, features))
    assert loss.layers == {"relu1_1", "relu2_1"}
    assert [(t.name, t.group_weight, t.layer_weight) for t in terms] == [("style:relu1_1", 40, 0.5), ("style:relu2_1", 40, 0.5)]
    assert [float(t.value) for t in terms] == [pytest.approx(4 * factor), 0]


def test_style_of_another_size_is_the_same_style() -> None:
    style = normal(1, 3, 4, 4, dtype=torch.float32)
    loss = gram_loss({"relu1_1": gram_matrix(style)}, {"relu1_1": 1}, 1, CONVENTIONS["slides"])
    (term,) = measured(loss, {"relu1_1": style.repeat(1, 1, 3, 2)})
    assert float(term.value) == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("name", list(VARIATIONS))
def test_variation(name: str) -> None:
    pixels = normal(1, 3, 4, 5, dtype=torch.float32)
    loss = VariationLoss(VARIATIONS[name], weight=0.5)
    (term,) = loss.terms({}, pixels)
    assert loss.layers == frozenset()
    assert (term.name, term.group_weight, term.layer_weight) == ("tv", 0.5, 1)
    assert torch.equal(term.value, VARIATIONS[name](pixels))


@pytest.fixture
def two_styles() -> tuple[Tensor, Tensor]:
    """Return the Gram matrices of two style pictures of different sizes."""
    return gram_matrix(normal(1, 3, 4, 5, seed=1)), gram_matrix(normal(1, 3, 6, 2, seed=3))


def blend(*styles: tuple[Tensor, float]) -> Tensor:
    """Return the Gram matrix of several styles taken together."""
    return weighted_mean([(RegionMoments(gram, torch.ones(1)), weight) for gram, weight in styles]).gram


def test_the_blend_of_one_style_is_that_style(two_styles: tuple[Tensor, Tensor]) -> None:
    assert_close(blend((two_styles[0], 7.0)), two_styles[0])


@pytest.mark.parametrize(("weights", "kept"), [((1, 0), 0), ((0, 1), 1)])
def test_a_style_of_weight_zero_does_not_count(two_styles: tuple[Tensor, Tensor], weights: tuple[float, float], kept: int) -> None:
    assert_close(blend(*zip(two_styles, weights, strict=True)), two_styles[kept], rtol=1e-6)


@pytest.mark.parametrize("scale", [1, 0.01, 250])
def test_only_the_ratio_of_the_weights_counts(two_styles: tuple[Tensor, Tensor], scale: float) -> None:
    first, second = two_styles
    assert_close(blend((first, 1 * scale), (second, 3 * scale)), 0.25 * first + 0.75 * second)


def test_the_blend_of_equal_sizes_is_the_style_of_both_side_by_side() -> None:
    one, other = normal(1, 3, 4, 5, seed=1), normal(1, 3, 4, 5, seed=2)
    assert_close(blend((gram_matrix(one), 1), (gram_matrix(other), 1)), gram_matrix(torch.cat([one, other], dim=3)))


def test_a_style_counts_for_the_regions_that_it_has() -> None:
    one, other = normal(2, 3, 3, seed=1), normal(2, 3, 3, seed=2)
    styles = [(RegionMoments(one, torch.tensor([1.0, 0.0])), 1.0), (RegionMoments(other, torch.tensor([1.0, 0.0])), 3.0)]
    mean = weighted_mean(styles)
    assert_close(mean.gram[0], 0.25 * one[0] + 0.75 * other[0])
    assert not mean.gram[1].any()
    assert mean.present.tolist() == [1, 0]
    styles[1] = (RegionMoments(other, torch.tensor([0.0, 1.0])), 3.0)
    assert_close(weighted_mean(styles).gram, torch.stack([one[0], other[1]]))


def test_statistics_of_windows_add_up_to_those_of_the_whole() -> None:
    features, target = normal(1, 3, 6, 8, seed=1), normal(1, 3, 6, 8, seed=2)
    losses: list[Loss] = [
        ContentLoss({"relu1_1": target}, {"relu1_1": 1}, 1, CONVENTIONS["slides"]),
        gram_loss({"relu1_1": gram_matrix(target)}, {"relu1_1": 1}, 1, CONVENTIONS["slides"]),
    ]
    windows = [Window(top, left, height, width, (6, 8)) for top, height in ((0, 4), (4, 2)) for left, width in ((0, 3), (3, 5))]
    for loss in losses:
        parts = [loss.statistic("relu1_1", features[..., w.rows, w.columns], w) for w in windows]
        assert_close(torch.stack(parts).sum(0), loss.statistic("relu1_1", features, all_of(features)))
