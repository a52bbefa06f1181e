"""Style terms: their formulas, what they share, the same in tiles as whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel import Run
from pincel.errors import OptionError, UnknownNameError
from pincel.functional.conventions import CONVENTIONS
from pincel.functional.neighbors import neighbor_distance
from pincel.functional.wasserstein import sliced_wasserstein, unit_directions
from pincel.losses import STYLE_TERMS
from pincel.losses.cross_layer import CORRELATION_CHAIN, LayerPair
from pincel.losses.distribution import DIRECTIONS, HISTOGRAM, SEED
from pincel.losses.moments import FeatureStatistics
from pincel.losses.style import StyleLoss, StyleStatistic, shared_statistics
from pincel.types import Window
from tests.runs import make_run
from tests.tensors import assert_close, normal

GIVEN: dict[str, Any] = {"size": 64, "steps": 3, "scales": "none", "precision": "fp32", "style_size": "same-rule", "canvas": "pixels"}


def gradient(run: Run) -> tuple[float, torch.Tensor]:
    x = run.objectives.full.problem.canvas.encode(255 * run.objectives.images.content.pixels.flip(-1))
    evaluation, slope = run.objectives.full.gradient(x)
    return float(evaluation.total), slope


def whole(features: torch.Tensor, stride: int = 1) -> Window:
    """Return the window that is the whole layer."""
    height, width = features.shape[-2:]
    return Window(0, 0, height, width, (height, width), stride)


@pytest.mark.parametrize("name", ["sliced-wasserstein", "histogram"])
def test_terms_are_the_formula(name: str) -> None:
    features, target = normal(1, 5, 4, 6), normal(1, 5, 3, 7, seed=1)
    term = STYLE_TERMS[name]
    (statistic,) = term.statistics({"relu1_1": 1})
    style = statistic.finish({"relu1_1": statistic.partial_sum("relu1_1", target, whole(target), None) / 21}, None)
    loss = StyleLoss(statistic, statistic.blend([(style, 3.0)]), {name: (term, 2.0)}, {"relu1_1": 0.5}, 10.0, CONVENTIONS["mean"])
    (value,) = loss.terms({"relu1_1": loss.statistic("relu1_1", features, whole(features)) / 24}, features)
    drawn = unit_directions(5, min(DIRECTIONS, 5), torch.Generator().manual_seed(SEED)).double()
    expected = sliced_wasserstein(features, target, drawn if name != "histogram" else torch.eye(5).double())
    assert_close(value.value, expected)
    assert value.name == f"style:relu1_1:{name}"
    assert float(value.weighted) == pytest.approx(10 * 2 * 0.5 * float(expected))


def test_windows_add_up_to_the_layer() -> None:
    features = normal(1, 3, 6, 8)
    windows = [Window(0, 0, 6, 5, (6, 8)), Window(0, 5, 6, 3, (6, 8))]
    (statistic,) = HISTOGRAM.statistics({"a": 1})
    parts = [statistic.partial_sum("a", features[..., w.rows, w.columns], w, None) for w in windows]
    assert_close((parts[0] + parts[1]) / 48, features)


def test_neighbors_are_the_nearest() -> None:
    found, target = normal(4, 9), normal(4, 7, seed=1)
    mine, theirs = (each - each.mean(1, keepdim=True) for each in (found, target))
    cosines = torch.nn.functional.cosine_similarity(mine[:, :, None], theirs[:, None, :], dim=0)
    assert_close(neighbor_distance(found, [target[:, :3], target[:, 3:]]), (1 - cosines.amax(1)).mean())
    assert float(neighbor_distance(target.flip(1) * 2 + 5, [target])) == pytest.approx(0, abs=1e-9)
    assert torch.autograd.gradcheck(lambda x: neighbor_distance(x, [target]), (found.requires_grad_(),))


def test_chains_are_the_definition() -> None:
    fine, coarse = normal(1, 3, 6, 8), normal(1, 5, 3, 4, seed=1)
    pair = LayerPair(("relu1_1", "relu2_1"), 2)
    means = {
        "relu1_1": pair.partial_sum("relu1_1", fine, whole(fine), None) / 48,
        "relu2_1": pair.partial_sum("relu2_1", coarse, whole(coarse, 2), None) / 12,
    }
    repeated = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    gram = pair.finish(means, None)["relu2_1"]
    assert_close(gram, torch.einsum("bihw,bjhw->ij", repeated, fine) / 48)
    target = pair.blend([({"relu2_1": torch.zeros(5, 3).double()}, 2.0), ({"relu2_1": torch.full((5, 3), 4.0).double()}, 6.0)])
    weights = {"correlation-chain": (CORRELATION_CHAIN, 3.0)}
    (term,) = StyleLoss(pair, target, weights, {"relu1_1": 7.0, "relu2_1": 0.5}, 10, CONVENTIONS["mean"]).terms(means, fine)
    assert_close(term.value, (gram - 3).square().mean())
    assert (term.name, term.layer_weight) == ("style:relu2_1:correlation-chain", 1.5)
    assert CORRELATION_CHAIN.statistics({"a": 1, "b": 2, "c": 2}) == [LayerPair(("a", "b"), 2), LayerPair(("b", "c"), 1)]


def test_terms_share_what_is_measured() -> None:
    strides = {"a": 1, "b": 2}

    def shared(*names: str) -> list[StyleStatistic[Any, Any]]:
        return shared_statistics([STYLE_TERMS[name] for name in names], strides)

    assert shared("gram") == [FeatureStatistics(("a", "b"))]
    assert shared("gram", "mean-std", "w2", "shift") == [FeatureStatistics(("a", "b"), means=True)]
    assert len(shared("w2", "gram", "histogram", "neighbors")) == 3
    assert shared("correlation-chain", "correlation-chain") == [LayerPair(("a", "b"), 2)]


@pytest.mark.parametrize("name", list(STYLE_TERMS))
def test_every_term_is_zero_for_the_style_itself_and_more_for_another(name: str) -> None:
    features = {"relu1_1": normal(1, 4, 8, 6, seed=1), "relu2_1": normal(1, 5, 4, 3, seed=2)}
    others = {layer: normal(*each.shape, seed=3) for layer, each in features.items()}
    term = STYLE_TERMS[name]

    def measured(statistic: StyleStatistic[Any, Any], seen: Mapping[str, torch.Tensor]) -> Mapping[str, Any]:
        sums = {layer: statistic.partial_sum(layer, seen[layer], whole(seen[layer]), None) for layer in statistic.layers}
        return statistic.finish({layer: value / seen[layer][0, 0].numel() for layer, value in sums.items()}, None)

    for statistic in term.statistics({"relu1_1": 1, "relu2_1": 2}):
        style, other = measured(statistic, features), measured(statistic, others)
        blended = statistic.blend([(style, 0.5), (style, 2.0)])
        for layer, target in statistic.match(blended, partial(lambda measured: measured, style)).items():
            assert float(term.distance(style[layer], target, CONVENTIONS["mean"])) == pytest.approx(0, abs=1e-9)
            assert float(term.distance(other[layer], target, CONVENTIONS["mean"])) > 1e-3


@pytest.mark.parametrize(
    "terms", ["sliced-wasserstein", "histogram=1,gram=0.1", "neighbors,hypercolumns", "correlation-chain", "w2=1,mean-std=2,shift=0.1"]
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
    with pytest.raises(OptionError, match="give at least 2 --style-layers"):
        make_run(photographs[0], photographs[1], style_terms="correlation-chain", style_layers="relu1_1", **GIVEN)
    with pytest.raises(OptionError, match="All weights are zero"):
        make_run(photographs[0], photographs[1], style_terms="gram=0", content_weight=0, tv_weight=0, **GIVEN)
    with pytest.raises(OptionError, match="No style term given"):
        make_run(photographs[0], photographs[1], style_terms="", **GIVEN)
