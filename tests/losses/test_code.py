"""The code of a picture as a loss: relative, masked, the same in parts as whole, each picture of a batch for itself."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.losses.code import CodeLoss, full_mask
from pincel.losses.regularization import RegularizationLoss
from pincel.types import Window
from tests.tensors import assert_close, normal

PIXELS = torch.zeros(1, 3, 2, 2)


def whole(features: Tensor) -> Window:
    height, width = features.shape[-2:]
    return Window(0, 0, height, width, (height, width))


def errors(loss: CodeLoss, features: Tensor) -> Tensor:
    positions = features[0, 0].numel() if features.dim() == 4 else 1
    return loss.errors({loss.layer: loss.statistic(loss.layer, features, whole(features)) / positions})


def test_by_hand() -> None:
    target = torch.tensor([[[[3.0, 4.0]]]])
    loss = CodeLoss("relu1_1", target, full_mask(target), weight=2.0)
    # (3 - 0)² + (4 - 8)² over 3² + 4².
    assert_close(errors(loss, torch.tensor([[[[0.0, 8.0]]]])), torch.tensor([1.0], dtype=torch.float64))
    (term,) = loss.terms({"relu1_1": torch.tensor([12.5])}, PIXELS)
    assert term.name == "code:relu1_1"
    assert (float(term.value), float(term.weighted)) == (1, 2)


def test_only_the_numbers_that_count_are_compared_and_measured() -> None:
    target, features = normal(1, 4, 5, 6), normal(1, 4, 5, 6, seed=1)
    mask = torch.zeros(1, 4, 5, 6, dtype=torch.float64)
    mask[:, 1:3, 2:4, 1:5] = 1
    part = (..., slice(1, 3), slice(2, 4), slice(1, 5))
    expected = (features[part] - target[part]).square().sum() / target[part].square().sum()
    assert_close(errors(CodeLoss("l", target, mask, 1), features), expected.view(1))


def test_the_weight_of_a_batch_grows_with_it() -> None:
    target, features = normal(1, 2, 3, 3), normal(4, 2, 3, 3, seed=2)
    loss = CodeLoss("l", target, full_mask(target), 3.0, images=4)
    (term,) = loss.terms({"l": loss.statistic("l", features, whole(features)) / 9}, PIXELS)
    alone = [errors(loss, each[None]) for each in features]
    assert_close(term.weighted, 3 * torch.cat(alone).sum())


def test_a_code_without_positions() -> None:
    target = normal(1, 7)
    loss = CodeLoss("f", target, full_mask(target), 1)
    assert_close(errors(loss, torch.zeros(2, 7, dtype=torch.float64)), torch.ones(2, dtype=torch.float64))


@given(cut=st.integers(1, 5), seed=st.integers(0, 50))
def test_windows_add_up(cut: int, seed: int) -> None:
    target, features = normal(1, 3, 4, 6, seed=seed), normal(2, 3, 4, 6, seed=seed + 1)
    mask = (normal(1, 1, 4, 6, seed=seed + 2) > 0).double()
    loss = CodeLoss("l", target, mask, 1)
    left, right = Window(0, 0, 4, cut, (4, 6)), Window(0, cut, 4, 6 - cut, (4, 6))
    parts = loss.statistic("l", features[..., :cut], left) + loss.statistic("l", features[..., cut:], right)
    assert_close(parts, loss.statistic("l", features, whole(features)))


def test_a_regularizer_is_of_gray_levels_from_the_mean_once_for_a_gray_picture() -> None:
    def formula(x: Tensor) -> Tensor:
        return x.square().sum((1, 2, 3))

    gray = torch.tensor([[[[128.0, 131.0]]]]).expand(2, 3, 1, 2)
    loss = RegularizationLoss("norm", formula, 0.5, torch.tensor([[[[128.0]]]]), images=2)
    (term,) = loss.terms({}, gray)
    assert (term.name, float(term.value), float(term.weighted)) == ("norm", 9, 9)
