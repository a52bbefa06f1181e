"""The recipe nnst computes what nkolkin13/NeuralNeighborStyleTransfer computes: its formulas written out in float64, on another network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from pincel import Run
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import ScaleStart, Step
from pincel.engine.multiscale import resample
from pincel.errors import OptionError, UnknownNameError
from pincel.losses.style import ALL_LAYERS
from pincel.run.forecast import Forecast
from tests.recipes.test_sources import Network, look
from tests.runs import SHALLOW, make_run
from tests.tensors import assert_close

LAYERS = [f"relu{block}_{number}" for block, count in ((1, 2), (2, 2), (3, 4), (4, 4)) for number in range(1, count + 1)]
# Shallow layers, and a scale of half the size.
TINY: dict[str, Any] = {
    "recipe": "nnst",
    "size": 136,
    "scales": "1/2=1,1=1",
    "steps": 2,
    "color": "style",
    "style_layers": "relu1_1=1,relu2_1=0.5",
    "precision": "fp32",
}


@pytest.fixture
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare fewer places in the last pass than 64 × 64, which is quicker."""
    monkeypatch.setattr("pincel.losses.neighbors.SIDE", 16)


def rotations(picture: Tensor) -> list[Tensor]:
    return [picture, picture.flip(2).transpose(2, 3), picture.flip((2, 3)), picture.flip(3).transpose(2, 3)]


def columns(network: Any, picture: Tensor) -> Tensor:
    """Return hypercolumns (places, channels): layers over their channels, at a quarter of the size, corners on corners."""
    size, seen = (picture.shape[-2] // 4, picture.shape[-1] // 4), look(network, picture)
    resized = [interpolate(seen[layer] / seen[layer].shape[1], size, mode="bilinear", align_corners=True) for layer in LAYERS]
    found: Tensor = torch.cat(resized, 1)[0].flatten(1).T
    return found


def distances(mine: Tensor, theirs: Tensor) -> Tensor:
    """Return the table of centered cosine distances."""
    mine, theirs = (each - each.mean(0) for each in (mine, theirs))
    cosines: Tensor = (mine / mine.norm(dim=1, keepdim=True)) @ (theirs / theirs.norm(dim=1, keepdim=True)).T
    return 1 - cosines


def sampled(features: Tensor) -> Tensor:
    stride = max(1, max(features.shape[-2:]) // 16)
    grid: Tensor = features[0, :, stride // 2 :: stride, stride // 2 :: stride]
    return grid.flatten(1).T


def noisy(run: Run) -> tuple[Tensor, Tensor, Tensor]:
    """Return content, style and a picture to judge, in gray levels."""
    content, style = (255 * each.pixels.double() for each in (run.objectives.images.content, run.objectives.images.styles[0][0]))
    return content, style, content + 20 * torch.randn(content.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def compare(run: Run, wanted: Tensor, picture: Tensor) -> None:
    """Compare an objective and its gradient on the canvas with those of a formula at a picture."""
    canvas = run.objectives.full.problem.canvas
    found, grad = run.objectives.full.gradient(canvas.encode(picture.detach().float()))
    assert float(found.total) == pytest.approx(float(wanted.detach()), rel=2e-5)
    x = canvas.encode(picture.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(wanted, picture)
    (expected,) = torch.autograd.grad(canvas.pixels(x), x, slope)
    assert float((grad - expected).norm()) < 1e-3 * float(expected.norm())


def test_hypercolumns_are_those_of_the_program(photographs: list[Path], reference_vgg: Network) -> None:
    run = make_run(*photographs[:2], recipe="nnst", style_terms="hypercolumns", size=50, steps=0, precision="fp32")
    network = reference_vgg("max")
    content, style, picture = noisy(run)
    theirs = torch.cat([columns(network, each) for each in rotations(style)])
    target = theirs[distances(columns(network, content), theirs).argmin(1)]
    wanted = (1 - torch.cosine_similarity(columns(network, picture.requires_grad_()), target, dim=1)).mean()
    compare(run, wanted, picture)


@pytest.mark.usefixtures("few_places")
def test_the_last_pass_is_that_of_the_program(photographs: list[Path], reference_vgg: Network) -> None:
    run = make_run(*photographs[:2], recipe="nnst", size=48, steps=1, precision="fp32", style_layers="relu1_1=1,relu2_1=1")
    _, style, picture = noisy(run)
    seen, painted = look(reference_vgg("max"), picture.requires_grad_()), [look(reference_vgg("max"), each) for each in rotations(style)]
    wanted = torch.zeros((), dtype=torch.float64)
    for layer in ("relu1_1", "relu2_1"):
        theirs = torch.cat([sampled(each[layer]) for each in painted])
        mine = sampled(seen[layer])
        wanted = wanted + distances(mine, theirs).amin(1).mean()
    compare(run, wanted, picture)


@pytest.mark.parametrize("detail", [0.0, 1.0])
def test_finer_scales_are_matched_with_a_mixture(photographs: list[Path], detail: float) -> None:
    run = make_run(*photographs[:2], **TINY, match_content=0.75, detail_transfer=detail)
    coarse, full, last = run.plan.scales
    content = 255 * run.objectives.images.content.pixels
    painted = resample(content.flip(-1), coarse.size)
    start = run.objectives.upsample(painted, full)
    mixture = 0.25 * (resample(painted, full.size) + content - resample(resample(content, coarse.size), full.size)) + 0.75 * content
    matched = run.objectives.images_at(full, start).matched
    assert matched is not None
    assert_close(255 * matched.pixels, mixture, atol=1e-3)
    # The first scale has nothing painted yet, and the last pass finds its matches in each step.
    assert run.objectives.images_at(coarse, painted).matched is None
    assert run.objectives.images_at(last, start).matched is None
    # Other matches than those of the content alone.
    found, alone = (target_of(run.objectives.at(full, each)) for each in (start, None))
    assert not torch.equal(found, alone)
    assert torch.equal(target_of(run.objectives.at(coarse, painted)), target_of(run.objectives.at(coarse)))


def test_a_run_that_goes_on_from_a_picture_is_matched_with_a_mixture_from_the_first_scale(photographs: list[Path]) -> None:
    run = make_run(
        *photographs[:2], **{**TINY, "scales": "none", "style_terms": "hypercolumns", "init": str(photographs[2])}, match_content=0.6
    )
    assert not any("match-content" in note for note in run.history.notes)
    (only,) = run.plan.scales
    start = run.objectives.start(only)
    matched = run.objectives.images_at(only, start).matched
    assert matched is not None
    assert_close(matched.pixels, 0.4 * start / 255 + 0.6 * run.objectives.images.content.pixels)


def target_of(evaluator: Evaluator) -> Tensor:
    (loss,) = evaluator.problem.objective.losses
    target: Tensor = loss.targets[ALL_LAYERS]  # type: ignore[attr-defined]
    return target


@pytest.mark.usefixtures("few_places")
def test_a_run_ends_with_its_last_pass(photographs: list[Path]) -> None:
    run = make_run(*photographs[:2], **{**TINY, "scales": "1/2=1,1=1.5"})
    events = list(run)
    size = run.size
    begun = [event for event in events if isinstance(event, ScaleStart)]
    assert begun == [ScaleStart(1, 3, (size[0] // 2, size[1] // 2), 2), ScaleStart(2, 3, size, 3), ScaleStart(3, 3, size, 2)]
    record = run.result.record
    assert [each["steps"] for each in record["scales"]] == [2, 3, 2]
    names = ["style:hypercolumns" in loss for loss in record["losses"]]
    assert names == [True] * 7 + [False] * 3
    steps = [event for event in events if isinstance(event, Step)]
    assert steps[-1].total < steps[-3].total
    # The record judges by the objective of the last pass.
    assert record["saved"]["total"] == pytest.approx(record["losses"][-1]["total"], rel=0.1)
    assert forecast_rows(run) == [(coarse["size"], coarse["steps"]) for coarse in record["scales"]]


def forecast_rows(run: Run) -> list[tuple[Any, int]]:
    return [(each["size"], each["steps"]) for each in Forecast(run.plan, run.machine).scales]


@pytest.mark.usefixtures("few_places")
def test_a_resumed_run_finds_the_same_matches(photographs: list[Path]) -> None:
    given = {**TINY, "steps": 1}
    whole = make_run(*photographs[:2], **given)
    states = {(whole.loop.state.index, event.step): whole.loop.state for event in whole if isinstance(event, Step)}
    for stop in ((1, 1), (2, 0)):
        again = make_run(*photographs[:2], **given, init_image=states[stop])
        list(again)
        assert torch.equal(again.loop.picture, whole.loop.picture)


def test_any_recipe_can_have_coarse_terms(photographs: list[Path]) -> None:
    run = make_run(
        *photographs[:2],
        **{**SHALLOW, "coarse_content_factor": 1.0},
        size=64,
        steps=2,
        scales="1=1",
        coarse_terms="w2",
        style_terms="sliced-wasserstein=1e3,w2",
    )
    steps = [event for event in run if isinstance(event, Step)]
    assert "style:relu1_1:sliced-wasserstein" not in steps[2].terms
    assert "style:relu1_1:sliced-wasserstein" in steps[3].terms
    # The first picture of the last pass is the best of the pass before.
    assert steps[3].terms["content"] == pytest.approx(steps[2].terms["content"], rel=1e-4)


def test_a_style_turned_is_a_style_with_more_features(photographs: list[Path]) -> None:
    given = {**TINY, "size": 64, "steps": 0}
    totals = {
        each: float(
            run.objectives.full.measure(run.objectives.full.problem.canvas.encode(255 * run.objectives.images.content.pixels)).total
        )
        for each, run in ((each, make_run(*photographs[:2], **given, style_rotations=each)) for each in (1, 4))
    }
    assert 0 < totals[4] < totals[1]


def test_what_coarse_terms_can_be(photographs: list[Path]) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown style term 'neighbours' .*Did you mean 'neighbors'\?"):
        make_run(*photographs[:2], size=48, coarse_terms="neighbours")
    with pytest.raises(OptionError, match="chain knows no regions"):
        make_run(*photographs[:2], size=48, coarse_terms="correlation-chain", scales="1/2=1", content_mask="mask.png")
    assert make_run(*photographs[:2], size=48, coarse_terms="none", steps=1, **SHALLOW).recipe.coarse_terms == {}
