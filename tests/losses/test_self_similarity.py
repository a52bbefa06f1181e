"""How places are alike, in whole pictures and in windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.errors import OptionError, UnknownNameError
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.similarity import self_similarity_distance
from pincel.losses.content import ContentLoss
from pincel.losses.self_similarity import POSITIONS, SELF_SIMILARITY, sample
from pincel.types import Window
from tests.runs import make_run
from tests.tensors import assert_close, normal

GIVEN: dict[str, Any] = {"size": 64, "steps": 3, "scales": "none", "precision": "fp32"}


def shares(features: Any) -> Any:
    unit = features / np.linalg.norm(features, axis=0)
    distances = 1 - unit.T @ unit
    return distances / distances.sum(0)


def test_the_formula_against_numpy_and_finite_differences() -> None:
    found, target = normal(4, 6).double(), normal(4, 6, seed=1).double()
    expected = np.abs(shares(found.numpy()) - shares(target.numpy())).sum() / 6
    assert float(self_similarity_distance(found, target)) == pytest.approx(expected, rel=1e-6)
    assert torch.autograd.gradcheck(lambda x: self_similarity_distance(x, target), found.requires_grad_())


def test_it_does_not_see_brightness_and_is_there_where_nothing_is_seen() -> None:
    features = normal(4, 6).abs()
    assert float(self_similarity_distance(3 * features, features)) < 1e-5
    features[:, 2] = 0
    leaf = features.clone().requires_grad_()
    (slope,) = torch.autograd.grad(self_similarity_distance(leaf, normal(4, 6)), leaf)
    assert bool(slope.isfinite().all())


@given(st.integers(1, 90), st.integers(1, 90), st.data())
def test_windows_add_up_to_the_grid(height: int, width: int, data: st.DataObject) -> None:
    features = normal(1, 2, height, width)
    row, column = data.draw(st.integers(0, height)), data.draw(st.integers(0, width))
    whole = sample(features, Window(0, 0, height, width, (height, width)))
    pieces = [
        sample(features[..., top:bottom, left:right], Window(top, left, bottom - top, right - left, (height, width)))
        for top, bottom in ((0, row), (row, height))
        for left, right in ((0, column), (column, width))
    ]
    assert torch.equal(torch.stack(pieces).sum(0), whole)
    assert whole[0, 0].numel() <= POSITIONS
    assert height * width > POSITIONS or torch.equal(whole, height * width * features)


def test_the_loss_is_the_formula_of_the_grid() -> None:
    features, target = normal(1, 3, 6, 5), normal(1, 3, 6, 5, seed=1)
    loss = ContentLoss({"relu1_1": target}, {"relu1_1": 0.5}, 10.0, CONVENTIONS["mean"], 2.0, SELF_SIMILARITY, "self-similarity")
    (term,) = loss.terms({"relu1_1": loss.statistic("relu1_1", features, Window(0, 0, 6, 5, (6, 5))) / 30}, features)
    assert (term.name, term.group_weight, term.layer_weight) == ("content:relu1_1:self-similarity", 10.0, 1.0)
    assert_close(term.value, self_similarity_distance(features[0].flatten(1), target[0].flatten(1)))


def test_terms_of_content_are_added_up(photographs: list[Path]) -> None:
    def total(terms: str) -> float:
        run = make_run(photographs[0], photographs[1], content_terms=terms, style_weight=0, tv_weight=0, **GIVEN)
        evaluator, pixels = run.objectives.full, 255 * run.objectives.images.content.pixels.flip(-1)
        return float(evaluator.measure(evaluator.problem.canvas.encode(pixels)).total)

    features, alike = total("features"), total("self-similarity")
    assert min(features, alike) > 0
    assert total("features=2,self-similarity=1e4") == pytest.approx(2 * features + 1e4 * alike, rel=1e-5)


def test_terms_that_make_no_sense(photographs: list[Path]) -> None:
    with pytest.raises(UnknownNameError, match=r"content term 'self-similar'.*Did you mean 'self-similarity'"):
        make_run(photographs[0], photographs[1], content_terms="self-similar", **GIVEN)
    with pytest.raises(OptionError, match="All weights are zero"):
        make_run(photographs[0], photographs[1], content_terms="features=0", style_weight=0, tv_weight=0, **GIVEN)
