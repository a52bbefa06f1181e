"""What can be asked for can be asked for together."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel import Run, resume

CONTROLS = ("luminance", "matched", "masks", "two styles", "tiles", "bf16", "resume", "padding")


def asked(control: str, mask: str) -> dict[str, Any]:
    """Return what a control asks for."""
    return {
        "luminance": {"colour": "luminance"},
        "matched": {"colour": "content", "colour_match": "histogram", "colour_when": "after"},
        "masks": {"content_mask": mask, "style_mask": mask},
        "tiles": {"tiles": "pool2=32,rest=32"},
        "bf16": {"precision": "bf16"},
        "padding": {"padding": "reflect"},
    }.get(control, {})


@pytest.mark.parametrize(("first", "second"), [p for p in combinations(CONTROLS, 2) if p != ("luminance", "matched")], ids=" + ".join)
def test_every_pair_of_controls_runs(first: str, second: str, photographs: list[Path], tmp_path: Path) -> None:
    mask = np.zeros((48, 48), dtype=np.uint8)
    mask[:, :30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    given = {"size": 48, "steps": 3, "ladder": "none", "device": "cpu", "precision": "fp32"}
    for control in (first, second):
        given |= asked(control, str(tmp_path / "mask.png"))
    styles = photographs[1:] if "two styles" in (first, second) else photographs[1:2]
    run = Run(photographs[0], styles, **given)  # type: ignore[arg-type]
    totals = [event.total for event in run if hasattr(event, "total")]
    assert len(totals) == 4
    assert min(totals[1:]) < totals[0]
    if "resume" in (first, second):
        cut = Run(photographs[0], styles, checkpoint=tmp_path / "kept", checkpoint_every=1e-6, **given)  # type: ignore[arg-type]
        for event in cut:
            if getattr(event, "step", 0) == 2:
                cut.stop("interrupted")
        assert resume(tmp_path / "kept").image.tobytes() == run.result.image.tobytes()
