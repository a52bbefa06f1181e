"""Nearest neighbors: compared in all channels where there are few, by principal directions where there are many."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pincel.functional import neighbors
from pincel.functional.neighbors import nearest


def features(channels: int, count: int, rank: int, seed: int) -> Tensor:
    """Features (channels, count) that differ mostly in a few directions, as those of a network do."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.randn(channels, rank, generator=torch.Generator().manual_seed(0))
    strengths = 0.9 ** torch.arange(rank)[:, None]
    offset = 1 + torch.arange(channels)[:, None] / channels
    return (
        offset
        + directions @ (strengths * torch.randn(rank, count, generator=generator))
        + 0.05 * torch.randn(channels, count, generator=generator)
    )


def cosines(mine: Tensor, theirs: Tensor) -> Tensor:
    """All cosines of centered features, (M, N), in float64."""
    a, b = (torch.nn.functional.normalize(each.double() - each.double().mean(1, keepdim=True), dim=0) for each in (mine, theirs))
    return a.T @ b


def test_few_features_are_compared_in_all_channels() -> None:
    mine, theirs = features(1100, 30, 60, 1), features(1100, 50, 60, 2)
    assert torch.equal(nearest(mine, torch.split(theirs, 20, dim=1)), cosines(mine, theirs).argmax(1))


def test_many_features_are_compared_by_principal_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbors, "FEW_PAIRS", 100)
    monkeypatch.setattr(neighbors, "MOST_DIRECTIONS", 25)
    monkeypatch.setattr(neighbors, "SAMPLE", 200)
    mine, theirs = features(256, 300, 60, 1), features(256, 500, 60, 2)
    every, found = cosines(mine, theirs), nearest(mine, torch.split(theirs, 180, dim=1))
    chosen = every.gather(1, found[:, None])[:, 0]
    # Not the same ones: 25 of 60 directions were looked at; but hardly worse ones, and far better than those of 25 channels.
    assert not torch.equal(found, every.argmax(1))
    assert float((every.max(1).values - chosen).mean()) < 0.002 * float(every.max(1).values.mean())
    blind = every.gather(1, nearest(mine[:25], [theirs[:25]])[:, None])
    assert float((every.max(1).values - blind[:, 0]).mean()) > 0.002


def test_a_set_that_counts_more_wins_by_principal_directions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbors, "FEW_PAIRS", 100)
    monkeypatch.setattr(neighbors, "MOST_DIRECTIONS", 40)
    mine, theirs = features(256, 300, 60, 1), features(256, 500, 60, 2)
    halves = torch.split(theirs, 250, dim=1)
    shares = [float((nearest(mine, halves, factors) < 250).double().mean()) for factors in ([1.0, 1.0], [1.0, 0.5])]
    assert shares[0] < 0.7 < shares[1]


def test_features_that_were_computed_in_bfloat16_are_compared_so() -> None:
    generator = torch.Generator().manual_seed(3)
    theirs = features(64, 4000, 60, 2).bfloat16().float()
    mine = (theirs[:, torch.randperm(4000, generator=generator)[:300]] + 0.3 * features(64, 300, 60, 1)).bfloat16().float()
    every = cosines(mine, theirs)
    chosen = [every.gather(1, nearest(factor * mine, [theirs])[:, None])[:, 0] for factor in (1.0, 1 + 2.0**-12)]
    lost = [float((every.max(1).values - each).max()) for each in chosen]
    # In float32 the very best is found; in bfloat16 one that is as good but for rounding.
    assert lost[1] < 1e-6 < lost[0] < 0.01
