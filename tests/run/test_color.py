"""Whose colors a result has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pincel import evaluate, transfer
from pincel.errors import OptionError
from pincel.functional.color import color_statistics
from pincel.images.io import load_picture
from tests.runs import SHALLOW, make_run
from tests.tensors import assert_close

GIVEN: dict[str, Any] = {"size": 48, "steps": 3, "scales": "none", "precision": "fp32", "style_size": "same-rule", **SHALLOW}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("match", ["cholesky", "pca", "monge", "histogram"])
@pytest.mark.parametrize("color", ["content", "match"])
def test_colors_are_matched(color: str, match: str, when: str, photographs: list[Path]) -> None:
    run = make_run(*photographs[:2], **GIVEN, color=color, color_match=match, color_when=when)
    list(run)
    content, style = (load_picture(path) for path in photographs[:2])
    target = color_statistics((content if color == "content" else style).pixels)
    if when == "after":
        moved = load_picture(run.result.image)
    else:
        moved = run.objectives.images.styles[0][0] if color == "content" else run.objectives.images.content
    # What is out of range is clipped, and pictures are resized after.
    assert_close(color_statistics(moved.pixels).mean, target.mean, atol=0.05)
    if match == "histogram":
        # It has a middle, not a mean.
        return
    other = content if color == "match" else style
    after, before = ((color_statistics(each.pixels).mean - target.mean).norm() for each in (moved, other))
    assert float(after) < float(before) / 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_luminance_keeps_the_photographs_chroma(when: str, photographs: list[Path]) -> None:
    run = make_run(*photographs[:2], **GIVEN, color="luminance", color_when=when)
    previews = [event.preview() for event in run if hasattr(event, "preview")]
    image = np.asarray(run.result.image).astype(int)
    expected = (make_run(*photographs[:2], **GIVEN).objectives.images.content.pixels[0].permute(1, 2, 0).numpy() * 255).astype(float)
    for first, second in ((0, 1), (2, 1)):
        found = image[..., first] - image[..., second]
        # Each channel is rounded to a whole number.
        assert np.abs(found - (expected[..., first] - expected[..., second])).max() <= 1.01
    shown = previews[-1][0]
    assert float(((shown[0] - shown[1]) - torch.from_numpy(expected[..., 0] - expected[..., 1]) / 255).abs().max()) < 1e-5
    gray = run.objectives.images.styles[0][0].pixels
    assert bool((gray[:, 0] == gray[:, 1]).all()) == (when == "before")


def test_the_record_judges_what_was_painted(photographs: list[Path]) -> None:
    options = {"color": "luminance", **GIVEN}
    result = transfer(*photographs[:2], **options)
    again = evaluate(result.image, *photographs[:2], **{k: v for k, v in options.items() if k != "precision"})
    assert again["total"] == pytest.approx(result.record["saved"]["total"], rel=1e-6)
    # In gray, what was saved is what was painted, but for rounding and what left the range of colors.
    assert again["total"] == pytest.approx(min(row["total"] for row in result.losses), rel=0.2)


def test_a_folder_is_one_style(photographs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "paintings"
    folder.mkdir()
    for path in photographs[1:]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    content, *styles = photographs
    apart = make_run(content, [(style, 0.35) for style in styles], **GIVEN)
    together = make_run(content, [(folder, 0.7)], **GIVEN)
    mixed = make_run(content, [(folder, 0.7), (content, 0.3)], strokes="1,0.5", **GIVEN)
    x = apart.objectives.full.problem.canvas.encode(255 * apart.objectives.images.content.pixels)
    assert float(together.objectives.full.measure(x).total) == float(apart.objectives.full.measure(x).total)
    assert [round(weight, 9) for _, weight in mixed.objectives.images.styles] == [0.35, 0.35, 0.3]
    assert [max(style.width, style.height) for style, _ in mixed.objectives.images.styles] == [48, 48, 24]


def test_an_empty_folder_is_no_style(photographs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"holds no pictures \(\.apng, \.avif"):
        make_run(photographs[0], tmp_path, **GIVEN)


def test_scales_that_do_not_fit_the_styles(photographs: list[Path]) -> None:
    with pytest.raises(OptionError, match="--strokes has 2 numbers for 3 style pictures"):
        make_run(photographs[0], list(photographs[:3]), strokes="1,2", **GIVEN)
    with pytest.raises(OptionError, match=r"--strokes takes numbers, as 1 or 1,0\.5, not 'big'"):
        make_run(photographs[0], photographs[1], strokes="big", **GIVEN)
    with pytest.raises(OptionError, match=r"^strokes: cannot be that · given 0 "):
        make_run(photographs[0], photographs[1], strokes="0", **GIVEN)
