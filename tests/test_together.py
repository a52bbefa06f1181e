"""What can be asked for can be asked for together."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel import resume
from tests.runs import SHALLOW, make_run

CONTROLS = ("luminance", "matched", "masks", "two styles", "tiles", "bf16", "resume", "padding")


def asked(control: str, mask: str) -> dict[str, Any]:
    """Return what a control asks for."""
    return {
        "luminance": {"color": "luminance"},
        "matched": {"color": "content", "color_match": "histogram", "color_when": "after"},
        "masks": {"content_mask": mask, "style_mask": mask},
        "tiles": {"tiles": "pool2=32,rest=32"},
        "bf16": {"precision": "bf16"},
        "padding": {"padding": "reflect"},
    }.get(control, {})


# Ways of everything that can be chosen, from which some are drawn at a time.
WAYS: dict[str, list[Any]] = {
    "style_terms": [
        "gram",
        "mean-std=1e4,w2=1e4",
        "sliced-wasserstein=1e4",
        "gram=1,neighbors=1e8",
        "histogram=1e4",
        "shift",
        "covariance",
    ],
    "content_terms": ["features", "self-similarity=1e4", "features=1,self-similarity=1e4"],
    "gradients": ["plain", "normalized"],
    "degrain": [0.0, 0.05],
    "color": ["style", "content", "luminance", "match"],
    "color_match": ["cholesky", "pca", "monge", "histogram"],
    "color_when": ["before", "after"],
    "padding": ["zero", "replicate", "replicate-first", "reflect"],
    "pooling": ["avg", "max"],
    "canvas": ["pixels", "fourier"],
    "optimizer": ["lbfgs", "adam"],
    "bounds": ["free", "clip"],
    "strokes": [1.0, 0.7],
    "tiles": ["whole", "pool2=32,rest=32"],
    "propagation": ["simple", "all"],
    "content_mask": [False, True],
}


@pytest.mark.parametrize("draw", range(10))
def test_any_choice_of_controls_runs(draw: int, photographs: list[Path], tmp_path: Path) -> None:
    choice = random.Random(draw)
    given = {name: choice.choice(ways) for name, ways in WAYS.items()}
    mask = np.zeros((48, 48), dtype=np.uint8)
    mask[:, :30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    given["content_mask"] = str(tmp_path / "mask.png") if given["content_mask"] else ""
    run = make_run(photographs[0], photographs[1:], size=48, steps=3, scales="none", device="cpu", precision="fp32", **SHALLOW, **given)
    totals = [event.total for event in run if hasattr(event, "total")]
    assert len(totals) == 4, given
    # Balanced gradients are not those of J.
    assert min(totals[1:]) < totals[0] or given["gradients"] == "normalized", given
    assert run.result.image.size == run.size[::-1]


@pytest.mark.parametrize(("first", "second"), [p for p in combinations(CONTROLS, 2) if p != ("luminance", "matched")], ids=" + ".join)
def test_every_pair_of_controls_runs(first: str, second: str, photographs: list[Path], tmp_path: Path) -> None:
    mask = np.zeros((48, 48), dtype=np.uint8)
    mask[:, :30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    given = {"size": 48, "steps": 3, "scales": "none", "device": "cpu", "precision": "fp32", **SHALLOW}
    for control in (first, second):
        given |= asked(control, str(tmp_path / "mask.png"))
    styles = photographs[1:] if "two styles" in (first, second) else photographs[1:2]
    run = make_run(photographs[0], styles, **given)
    totals = [event.total for event in run if hasattr(event, "total")]
    assert len(totals) == 4
    assert min(totals[1:]) < totals[0]
    if "resume" in (first, second):
        cut = make_run(photographs[0], styles, checkpoint=tmp_path / "kept", checkpoint_every=1e-6, **given)
        for event in cut:
            if getattr(event, "step", 0) == 2:
                cut.stop("interrupted")
        assert resume(tmp_path / "kept").image.tobytes() == run.result.image.tobytes()
