"""A run yields events, can be stopped, and has a result at any time."""

from __future__ import annotations

import gc
import io
import json
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel import Notice, Step, Stopped, evaluate, transfer
from pincel.engine.events import ScaleStart
from tests.runs import SHALLOW, make_run

QUICK: dict[str, Any] = {"size": 48, "steps": 3, **SHALLOW}

# Half of it is 80, enough for a scale of its own.
TWO_SCALES: dict[str, Any] = {"size": 160, "scales": "1/2=1", "steps": 2, "precision": "fp32", **SHALLOW}


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_events_come_in_order_and_the_run_can_be_stopped(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], size=48, steps=1000)
    events = []
    for event in run:
        events.append(event)
        if isinstance(event, Step) and event.step == 2:
            run.stop()
    assert isinstance(events[-1], Stopped)
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.step for event in steps] == [0, 1, 2, 3][: len(steps)]
    assert run.result.stopped == "stopped"
    assert steps[0].preview().shape == (1, 3, *run.size)
    assert steps[-1].memory > 0


def test_a_result_can_be_had_before_and_during_a_run(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], **QUICK)
    assert run.result.stopped == "not started"
    assert next(event for event in run if isinstance(event, Step))
    assert run.result.stopped == "unfinished"


def test_the_normalized_network_names_its_calibration(photographs: list[Path], calibration: Path) -> None:
    run = make_run(photographs[0], photographs[1], activations="normalized", calibration=str(calibration), **QUICK)
    notices = [event.text for event in run if isinstance(event, Notice)]
    assert any(str(calibration) in text and "mean activation 1" in text for text in notices)
    assert any("mean activation 1" in note for note in run.result.record["notes"])


def test_a_canvas_kept_in_range_never_leaves_it(photographs: list[Path]) -> None:
    for canvas in ("pixels", "fourier"):
        run = make_run(photographs[0], photographs[1], bounds="clip", optimizer="adam", learning_rate=60, canvas=canvas, **QUICK)
        for _ in run:
            pixels = run.loop.picture
            assert -0.05 <= float(pixels.min()) <= float(pixels.max()) <= 255.05


def test_the_record_has_both_scales(photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **TWO_SCALES)
    record = result.record
    assert result.image.size == (160, 160)
    assert record["size"] == [160, 160]
    assert [(s["size"], s["steps"], s["stopped"]) for s in record["scales"]] == [([80, 80], 2, "steps"), ([160, 160], 2, "steps")]
    assert all(scale["seconds"] > 0 for scale in record["scales"])
    assert [(loss["size"], loss["step"]) for loss in result.losses] == [([side, side], step) for side in (80, 160) for step in range(3)]
    assert {"content", "style", "tv", "style:relu1_1:w2"} <= set(result.losses[0])
    assert json.loads(json.dumps(record))["recipe"]["scales"] == {"1/2": 1.0}
    styles = make_run(*photographs[:2], **TWO_SCALES).objectives.images.styles
    assert record["style_sizes"] == [[style.width, style.height] for style, _ in styles]


def test_without_coarse_scales_the_record_has_one(photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **QUICK)
    assert [(s["size"], s["steps"]) for s in result.record["scales"]] == [([48, 48], 3)]
    assert {tuple(loss["size"]) for loss in result.losses} == {(48, 48)}


def test_a_scale_too_small_to_paint_is_left_out(photographs: list[Path]) -> None:
    with_scale = transfer(photographs[0], photographs[1], scales="1/2=1,1/4=4", **QUICK)
    assert len(with_scale.record["scales"]) == 1
    assert encoded(with_scale.image) == encoded(transfer(photographs[0], photographs[1], **QUICK).image)


def test_stopped_in_a_coarse_scale_the_picture_has_the_full_size(photographs: list[Path], tmp_path: Path) -> None:
    run = make_run(photographs[0], photographs[1], **{**TWO_SCALES, "steps": 50})
    for event in run:
        if isinstance(event, Step) and event.step == 1:
            run.stop("interrupted")
    result = run.result
    assert result.image.size == (160, 160)
    assert (result.stopped, result.record["stopped"], result.record["steps"]) == ("interrupted", "interrupted", 1)
    assert [(s["size"], s["stopped"]) for s in result.record["scales"]] == [([80, 80], "interrupted")]
    assert {tuple(loss["size"]) for loss in result.losses} == {(80, 80)}
    # Judged by the objective of the full size.
    path = result.save(tmp_path / "out.png")
    measured = evaluate(path, photographs[0], photographs[1], size=160, **SHALLOW)
    assert measured["total"] == pytest.approx(result.record["saved"]["total"], rel=1e-5)


def test_stopped_at_the_last_step_of_a_coarse_scale_it_says_so(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], **TWO_SCALES)
    for event in run:
        if isinstance(event, Step) and event.step == 2:
            run.stop("interrupted")
    assert {tuple(loss["size"]) for loss in run.result.losses} == {(80, 80)}
    assert run.result.stopped == "interrupted"


def test_a_result_can_be_had_at_any_scale(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], **TWO_SCALES)
    assert run.result.image.size == (160, 160)
    for event in run:
        if isinstance(event, ScaleStart) or (isinstance(event, Step) and event.step == 1):
            assert run.result.image.size == (160, 160)


def test_transparency_is_kept_from_scale_to_scale(photographs: list[Path]) -> None:
    content = Image.open(photographs[0]).convert("RGBA")
    content.putalpha(Image.linear_gradient("L").resize(content.size))
    image = transfer(content, photographs[1], **TWO_SCALES).image
    assert (image.mode, image.size) == ("RGBA", (160, 160))


@pytest.mark.parametrize(
    "given", [{"init": "noise"}, {"init": "style"}, {"init": "blend"}, {"canvas": "pixels", "bounds": "free"}], ids=str
)
def test_coarse_to_fine_from_any_start(given: dict[str, Any], photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **TWO_SCALES, **given)
    assert result.stopped == "steps"
    assert np.isfinite([loss["total"] for loss in result.losses]).all()


def test_same_seed_same_bytes_coarse_to_fine(photographs: list[Path]) -> None:
    first, second = (transfer(photographs[0], photographs[1], init="noise", **TWO_SCALES) for _ in range(2))
    assert encoded(first.image) == encoded(second.image)


def test_a_coarse_scale_is_left_once_it_has_settled(photographs: list[Path]) -> None:
    # Ten steps do not bring a total down to a hundredth.
    given = {**TWO_SCALES, "scales": "1/2=20", "steps": 1, "tolerance": 0.99}
    result = transfer(photographs[0], photographs[1], **given)
    assert [(s["steps"], s["stopped"]) for s in result.record["scales"]] == [(10, "settled"), (1, "steps")]
    assert result.stopped == "steps"


def test_a_run_does_not_keep_the_pictures_of_its_steps(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], size=32, steps=6)
    canvases = [weakref.ref(event.preview) for event in run if isinstance(event, Step)]
    gc.collect()
    assert sum(canvas() is not None for canvas in canvases) <= 1
    assert len(run.result.losses) == 7
