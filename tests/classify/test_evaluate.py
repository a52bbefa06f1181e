"""Errors: top-1 and top-5, by class, and what is taken for what; over views that are averaged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from pincel.classify.evaluate import CROP_SETS, ConfusionMetrics, evaluate
from pincel.classify.loader import Batch
from pincel.training.events import EvalProgress
from pincel.training.trainer import SingleReplica


def likely(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_errors_by_hand() -> None:
    metric = ConfusionMetrics.empty(7)
    falling = [0.4, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02]
    metric.add(likely(falling, falling, falling), torch.tensor([0, 4, 5]))
    metric.add(likely(falling), torch.tensor([6]))
    assert metric.pictures == 4
    assert metric.top1 == 0.75
    # Classes 5 and 6 are not among the five likeliest.
    assert metric.top5 == 0.5
    assert metric.mean_loss == pytest.approx(-sum(math.log(falling[label]) for label in (0, 4, 5, 6)) / 4)
    assert metric.confusion[:, 0].tolist() == [1, 0, 0, 0, 1, 1, 1]
    assert metric.as_record() == {"top1_error": 0.75, "top5_error": 0.5, "loss": metric.mean_loss}


def test_errors_by_class() -> None:
    metric = ConfusionMetrics.empty(3)
    metric.add(likely([0.1, 0.9, 0.0], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9], [0.9, 0.1, 0.0]), torch.tensor([0, 0, 0, 0]))
    metric.add(likely([0.1, 0.9, 0.0]), torch.tensor([1]))
    assert metric.by_class(("a", "b", "c")) == {
        "a": {"pictures": 4, "top1_error": 0.75, "top5_error": 0.0, "taken_for": "b"},
        "b": {"pictures": 1, "top1_error": 0.0, "top5_error": 0.0, "taken_for": None},
        "c": {"pictures": 0, "top1_error": None, "top5_error": None, "taken_for": None},
    }


def test_what_cannot_be_is_no_infinite_loss() -> None:
    metric = ConfusionMetrics.empty(2)
    metric.add(likely([1.0, 0.0]), torch.tensor([1]))
    assert 80 < metric.mean_loss < 100


def judge(stream: Iterator[Batch], sizes: list[int], look: Any) -> tuple[dict[str, ConfusionMetrics], list[EvalProgress]]:
    told, walk = [], evaluate(look, stream, sizes, CROP_SETS, SingleReplica(), classes=2, what="ten crops")
    while True:
        try:
            told.append(next(walk))
        except StopIteration as end:
            return end.value, told


def test_probabilities_of_ten_views_are_averaged_and_the_first_is_the_center() -> None:
    # The first pixel of a view says how far its logits are apart.
    apart = torch.tensor([-1.0, 9, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5])
    views = apart.view(1, 10, 1, 1, 1).expand(1, 10, 3, 2, 2)

    def look(seen: Tensor) -> Tensor:
        return torch.stack([seen[:, 0, 0, 0], torch.zeros(len(seen))], 1)

    batches = [Batch(views, torch.tensor([1])), Batch(views[:0], torch.tensor([], dtype=torch.int64))]
    metrics, told = judge(iter(batches), [1, 4], look)
    # σ(-1) for class 0 in the center; (σ(-1) + σ(9) + 8σ(-0.5)) / 10 in all: both say class 1, the logits' mean says class 0.
    mean = (torch.sigmoid(torch.tensor(-1.0)) + torch.sigmoid(torch.tensor(9.0)) + 8 * torch.sigmoid(torch.tensor(-0.5))) / 10
    assert float(mean) < 0.5 < float(torch.sigmoid(apart.mean()))
    assert (metrics["center"].top1, metrics["ten_crops"].top1) == (0.0, 0.0)
    assert metrics["ten_crops"].mean_loss == pytest.approx(-math.log(1 - float(mean)), rel=1e-6)
    assert metrics["center"].mean_loss == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-6)
    assert [(event.done, event.total) for event in told] == [(0, 5), (1, 5), (5, 5)]
