"""Style as a set of features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pincel import Run
from pincel.errors import OptionError, UnknownNameError
from pincel.functional.neighbors import neighbor_distance
from pincel.functional.wasserstein import sliced_wasserstein, unit_directions
from pincel.losses import SPREADS
from pincel.losses.chain import ChainLoss, Link, links
from pincel.losses.spread import DIRECTIONS, HISTOGRAM, SEED, Rays, SpreadLoss
from pincel.types import Window
from tests.runs import make_run
from tests.tensors import assert_close, normal

GIVEN: dict[str, Any] = {"size": 64, "steps": 3, "ladder": "none", "precision": "fp32", "style_size": "same-rule", "canvas": "pixels"}


def gradient(run: Run) -> tuple[float, torch.Tensor]:
    x = run.objectives.full.problem.canvas.encode(255 * run.objectives.images.content.pixels.flip(-1))
    evaluation, slope = run.objectives.full.gradient(x)
    return float(evaluation.total), slope


@pytest.mark.parametrize("name", ["sliced-wasserstein", "histogram"])
def test_terms_are_the_formula(name: str) -> None:
    features, target = normal(1, 5, 4, 6), normal(1, 5, 3, 7, seed=1)
    rays = Rays(SPREADS[name])
    targets = {"relu1_1": rays.sets("relu1_1", rays.part("relu1_1", target, Window(0, 0, 3, 7, (3, 7)))["relu1_1"] / 21)}
    loss = SpreadLoss(rays, [(targets, 3.0)], {"relu1_1": 0.5}, 10.0, 2.0)
    (term,) = loss.terms({"relu1_1": loss.statistic("relu1_1", features, Window(0, 0, 4, 6, (4, 6))) / 24}, features)
    drawn = unit_directions(5, min(DIRECTIONS, 5), torch.Generator().manual_seed(SEED)).double()
    expected = sliced_wasserstein(features, target, drawn if name != "histogram" else torch.eye(5).double())
    assert_close(term.value, expected)
    assert term.name == f"style:relu1_1:{name}"
    assert float(term.weighted) == pytest.approx(10 * 2 * 0.5 * float(expected))


def test_windows_add_up_to_the_layer() -> None:
    features = normal(1, 3, 6, 8)
    windows = [Window(0, 0, 6, 5, (6, 8)), Window(0, 5, 6, 3, (6, 8))]
    parts = [Rays(HISTOGRAM).part("a", features[..., w.rows, w.columns], w)["a"] for w in windows]
    assert_close((parts[0] + parts[1]) / 48, features)


def test_neighbours_are_the_nearest() -> None:
    found, target = normal(4, 9), normal(4, 7, seed=1)
    middle = target.mean(1, keepdim=True)
    cosines = torch.nn.functional.cosine_similarity((found - middle)[:, :, None], (target - middle)[:, None, :], dim=0)
    assert_close(neighbor_distance(found, target), (1 - cosines.amax(1)).mean())
    assert float(neighbor_distance(target[:, [3, 1, 5]] * 2 - middle, target)) == pytest.approx(0, abs=1e-9)
    assert torch.autograd.gradcheck(lambda x: neighbor_distance(x, target), (found.requires_grad_(),))
    # Of more positions than are worth comparing, a grid.
    many = normal(2, 40001)
    assert 0 <= float(neighbor_distance(many, many[:, ::5])) < 0.01


def test_chains_are_the_definition() -> None:
    fine, coarse = normal(1, 3, 6, 8), normal(1, 5, 3, 4, seed=1)
    link = Link("relu1_1", "relu2_1", 2)
    seen = {
        "relu1_1": link.part("relu1_1", fine, Window(0, 0, 6, 8, (6, 8)))["relu1_1"] / 48,
        "relu2_1": link.part("relu2_1", coarse, Window(0, 0, 3, 4, (3, 4), 2))["relu2_1"] / 12,
    }
    repeated = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert_close(link.gram(seen), torch.einsum("bihw,bjhw->ij", repeated, fine) / 48)
    (term,) = ChainLoss(link, [(torch.zeros(5, 3).double(), 2.0)], {"relu2_1": 0.5}, 10, 3).terms(seen, fine)
    assert_close(term.value, link.gram(seen).square().mean())
    assert (term.name, term.layer_weight) == ("style:relu2_1:correlation-chain", 1.5)
    pairs = [(each.fine, each.coarse, each.times) for each in links(["a", "b", "c"], {"a": 1, "b": 2, "c": 2})]
    assert pairs == [("a", "b", 2), ("b", "c", 1)]


@pytest.mark.parametrize(
    "terms", ["sliced-wasserstein", "histogram=1,gram=0.1", "neighbours", "correlation-chain", "w2=1,mean-std=2,shift=0.1"]
)
def test_tiles_see_the_same(terms: str, photographs: list[Path]) -> None:
    given = {**GIVEN, "size": 96, "style_terms": terms}
    (total, slope), (again, slopes) = (gradient(make_run(*photographs[:2], tiles=each, **given)) for each in ("whole", "pool2=32,rest=64"))
    assert again == pytest.approx(total, rel=1e-5)
    assert float((slopes - slope).abs().max()) < 2e-4 * float(slope.abs().max())


def test_two_styles_at_one_and_zero(photographs: list[Path]) -> None:
    given = {**GIVEN, "style_terms": "sliced-wasserstein,w2"}
    both = make_run(photographs[0], [(photographs[1], 1.0), (photographs[2], 0.0)], **given)
    assert gradient(both)[0] == pytest.approx(gradient(make_run(photographs[0], photographs[1], **given))[0], rel=1e-6)


def test_terms_that_are_none(photographs: list[Path]) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown style term 'grim' .*Did you mean 'gram'\?"):
        make_run(photographs[0], photographs[1], style_terms="grim", **GIVEN)
    with pytest.raises(OptionError, match="chain knows no regions"):
        make_run(photographs[0], photographs[1], style_terms="correlation-chain", content_mask="mask.png", **GIVEN)
    with pytest.raises(OptionError, match="give at least two --style-layers"):
        make_run(photographs[0], photographs[1], style_terms="correlation-chain", style_layers="relu1_1", **GIVEN)
    with pytest.raises(OptionError, match="All weights are zero"):
        make_run(photographs[0], photographs[1], style_terms="gram=0", content_weight=0, tv_weight=0, **GIVEN)
    with pytest.raises(OptionError, match="No style term given"):
        make_run(photographs[0], photographs[1], style_terms="", **GIVEN)
