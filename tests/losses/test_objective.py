"""J is the sum of its terms, and its log says which."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pincel.functional.conventions import CONVENTIONS
from pincel.functional.gram import gram_matrix
from pincel.functional.variation import squared_variation
from pincel.losses.base import Loss, Term
from pincel.losses.content import ContentLoss
from pincel.losses.objective import Evaluation, Objective
from pincel.losses.variation import VariationLoss
from pincel.types import Window
from tests.grams import gram_loss
from tests.tensors import assert_close, normal

SLIDES = CONVENTIONS["slides"]


def features_of(pixels: Tensor) -> dict[str, Tensor]:
    """Stand in for a network: two layers that see colors and edges."""
    return {"relu1_1": torch.cat([pixels, -pixels], 1).relu(), "relu2_1": (pixels[..., ::2, ::2] - pixels[..., 1::2, ::2]).relu()}


def evaluated(objective: Objective, pixels: Tensor) -> Evaluation:
    """Show an objective all layers, each as a whole."""
    statistics: dict[tuple[int, str], Tensor] = {}
    for layer, features in features_of(pixels).items():
        height, width = features.shape[-2:]
        sums = objective.statistics(layer, features, Window(0, 0, height, width, (height, width)))
        statistics.update({key: value / (height * width) for key, value in sums.items()})
    return objective.evaluation(statistics, pixels)


@pytest.fixture
def objective() -> Objective:
    """Return α = 10 at one content layer, β = 40 at two style layers, γ = 0.5."""
    content, style = features_of(normal(1, 3, 6, 8, seed=1)), features_of(normal(1, 3, 6, 8, seed=2))
    return Objective(
        [
            ContentLoss({"relu2_1": content["relu2_1"]}, {"relu2_1": 1}, 10, SLIDES),
            gram_loss({layer: gram_matrix(style[layer]) for layer in style}, {"relu1_1": 0.25, "relu2_1": 0.75}, 40, SLIDES),
            VariationLoss(squared_variation, 0.5),
        ]
    )


def test_layers_are_those_that_any_loss_needs(objective: Objective) -> None:
    assert objective.layers == {"relu1_1", "relu2_1"}
    assert Objective([VariationLoss(squared_variation, 1)]).layers == frozenset()


def test_total_is_the_weighted_sum_of_the_terms(objective: Objective) -> None:
    pixels = normal(1, 3, 6, 8, seed=3)
    evaluation = evaluated(objective, pixels)
    content, style1, style2, variation = (term.value for term in evaluation.terms)
    assert [term.name for term in evaluation.terms] == ["content:relu2_1", "style:relu1_1", "style:relu2_1", "tv"]
    expected = 10 * content + 40 * (0.25 * style1 + 0.75 * style2) + 0.5 * variation
    assert float(evaluation.total) == pytest.approx(float(expected), rel=1e-12)


def test_numbers_are_unweighted_groups_then_leaves(objective: Objective) -> None:
    pixels = normal(1, 3, 6, 8, seed=3)
    evaluation = evaluated(objective, pixels)
    numbers = evaluation.numbers()
    assert list(numbers) == ["content", "style", "tv", "content:relu2_1", "style:relu1_1", "style:relu2_1"]
    # Σ λ_l J_style^[l]
    assert numbers["style"] == pytest.approx(0.25 * numbers["style:relu1_1"] + 0.75 * numbers["style:relu2_1"], rel=1e-12)
    assert numbers["content"] == numbers["content:relu2_1"]
    assert float(evaluation.total) == pytest.approx(10 * numbers["content"] + 40 * numbers["style"] + 0.5 * numbers["tv"], rel=1e-12)


def test_numbers_by_hand() -> None:
    terms = (
        Term("style", "relu1_1", 40, 0.5, torch.tensor(2.0)),
        Term("content", "relu4_2", 10, 1, torch.tensor(3.0)),
        Term("style", "relu2_1", 40, 0.25, torch.tensor(8.0)),
        Term("tv", None, 0, 1, torch.tensor(5.0)),
    )
    assert Evaluation(torch.tensor(0.0), terms).numbers() == {
        "style": 0.5 * 2 + 0.25 * 8,
        "content": 3,
        "tv": 5,
        "style:relu1_1": 2,
        "content:relu4_2": 3,
        "style:relu2_1": 8,
    }


def test_gradients_reach_the_pixels(objective: Objective) -> None:
    pixels = normal(1, 3, 6, 8, seed=3).requires_grad_()
    (slope,) = torch.autograd.grad(evaluated(objective, pixels).total, pixels)
    assert bool((slope != 0).any(dim=1).all())
    step = 1e-6 * slope / slope.norm()
    down, up = (evaluated(objective, pixels.detach() + sign * step).total for sign in (-1, 1))
    assert float(up - down) / 2e-6 == pytest.approx(float(slope.norm()), rel=1e-5)


def test_gradients_of_each_term_add_up(objective: Objective) -> None:
    pixels = normal(1, 3, 6, 8, seed=3).requires_grad_()
    evaluation = evaluated(objective, pixels)
    parts = [torch.autograd.grad(term.weighted, pixels, retain_graph=True)[0] for term in evaluation.terms]
    (whole,) = torch.autograd.grad(evaluation.total, pixels)
    assert all(bool(part.any()) for part in parts)
    assert_close(torch.stack(parts).sum(0), whole)


def test_the_minimum_is_zero_where_all_losses_agree() -> None:
    pixels = normal(1, 3, 6, 8, seed=1)
    features = features_of(pixels)
    style = {layer: gram_matrix(features[layer]) for layer in features}
    content_loss = ContentLoss(features, dict.fromkeys(features, 1.0), 10, SLIDES)
    losses: list[Loss] = [content_loss, gram_loss(style, dict.fromkeys(style, 0.5), 40, SLIDES)]
    assert float(evaluated(Objective(losses), pixels).total) == 0


def test_detached_numbers_are_the_same_without_a_graph(objective: Objective) -> None:
    pixels = normal(1, 3, 6, 8, seed=3).requires_grad_()
    evaluation = evaluated(objective, pixels)
    detached = evaluation.detached()
    assert evaluation.total.requires_grad
    assert not any(tensor.requires_grad for tensor in (detached.total, *(term.value for term in detached.terms)))
    assert detached.numbers() == evaluation.numbers()
    assert [term.name for term in detached.terms] == [term.name for term in evaluation.terms]
