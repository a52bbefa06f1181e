"""What each scale of a run is painted by: its pictures, its objective, its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from pincel import Run
from pincel.engine.multiscale import Scale, resample
from tests.runs import SHALLOW, make_run
from tests.tensors import assert_close

# Half of it is 80, enough for a scale of its own.
TWO_SCALES: dict[str, Any] = {"size": 160, "scales": "1/2=1", "steps": 2, "precision": "fp32", **SHALLOW}


def coarse_scale(run: Run) -> Scale:
    return run.plan.scales[0]


def test_a_style_is_never_stretched(photographs: list[Path]) -> None:
    for recipe in ("pincel", "gatys2016", "gatys2015"):
        run = make_run(photographs[0], photographs[1], recipe=recipe, size=64, activations="raw", steps=0)
        ((style, _),) = run.objectives.images.styles
        with Image.open(photographs[1]) as original:
            assert style.width / style.height == pytest.approx(original.width / original.height, rel=0.03)


@pytest.mark.parametrize("factor", [0.0, 1.0, 7.0])
def test_content_counts_differently_on_coarse_scales(factor: float, photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], coarse_content_factor=factor, content_weight=3.0, **TWO_SCALES)
    evaluator = run.objectives.at(coarse_scale(run))
    drawn = torch.rand(1, 3, *coarse_scale(run).size, generator=torch.Generator().manual_seed(0)) * 255
    weights = {term.group: term.group_weight for term in evaluator.evaluate(drawn).terms}
    assert weights.get("content", 0.0) == 3.0 * factor
    assert weights["style"] == run.recipe.style_weight
    at_full_size = {term.group: term.group_weight for term in run.objectives.full.evaluate(resample(drawn, run.size)).terms}
    assert at_full_size["content"] == 3.0


def test_the_last_scale_is_the_objective_asked_for(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], coarse_content_factor=7.0, **TWO_SCALES)
    list(run)
    judged = run.result.record["saved"]
    # Only rounding to 8 bits is between them.
    assert judged["total"] == pytest.approx(run.result.losses[-1]["total"], rel=0.02)
    assert run.objectives.at(run.plan.scales[-1]) is run.objectives.full


@pytest.mark.parametrize("style_size", ["same-rule", "content-area"])
def test_styles_shrink_with_the_scale(style_size: str, photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], style_size=style_size, **TWO_SCALES)
    ((coarse, _),), ((full, _),) = run.objectives.images_at(coarse_scale(run)).styles, run.objectives.images.styles
    assert (coarse.height, coarse.width) == pytest.approx((full.height / 2, full.width / 2), abs=1)


def test_detail_is_what_the_content_has_and_the_scale_before_could_not_show(photographs: list[Path]) -> None:
    def finer(coarse: torch.Tensor, detail: float) -> torch.Tensor:
        run = make_run(*photographs[:2], detail_transfer=detail, **TWO_SCALES)
        return run.objectives.upsample(coarse, run.plan.scales[-1])

    gray = 60 + 100 * torch.rand(1, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    plain, whole, double = (finer(gray, detail) for detail in (0.0, 1.0, 2.0))
    assert_close(plain, resample(gray, (160, 160)))
    # Twice the detail is twice as far, and nothing leaves the range of colors.
    inside = (double > 0) & (double < 255) & (whole > 0) & (whole < 255)
    assert_close((double - plain)[inside], 2 * (whole - plain)[inside], atol=1e-2)
    assert 0 <= float(double.min()) <= float(double.max()) <= 255
    # Enlarged, the content itself comes back with all its detail.
    content = 255 * make_run(*photographs[:2], **TWO_SCALES).objectives.images.content.pixels
    assert_close(finer(resample(content, (80, 80)), 1.0), content, atol=1e-2)
