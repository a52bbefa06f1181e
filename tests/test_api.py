"""transfer, Run and evaluate, from Python."""

from __future__ import annotations

import gc
import io
import json
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import pincel
from pincel import Notice, Run, Step, Stopped, evaluate, transfer
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import ScaleStart
from pincel.engine.multiscale import Scale, resample
from pincel.errors import MemoryLimitError, OptionError, PictureSizeError
from pincel.losses.objective import Evaluation
from tests.runs import make_run
from tests.tensors import assert_close

QUICK: dict[str, Any] = {"size": 48, "steps": 3}


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_everything_public_is_there() -> None:
    assert all(getattr(pincel, name) is not None for name in pincel.__all__)
    with pytest.raises(AttributeError, match="no attribute 'transfre'"):
        pincel.transfre  # noqa: B018


def test_paths_images_arrays_and_tensors_give_one_picture(photographs: list[Path]) -> None:
    content, style = (Image.open(path).convert("RGB") for path in photographs[:2])
    as_tensor = torch.from_numpy(np.array(content)).permute(2, 0, 1).unsqueeze(0) / 255
    expected = transfer(photographs[0], photographs[1], **QUICK).image
    for given in (str(photographs[0]), content, np.asarray(content), as_tensor):
        assert transfer(given, style, **QUICK).image.tobytes() == expected.tobytes()


def test_same_seed_same_bytes(photographs: list[Path]) -> None:
    runs = [transfer(photographs[0], photographs[1], init="noise", noise_level=30, seed=seed, **QUICK) for seed in (4, 4, 5)]
    assert encoded(runs[0].image) == encoded(runs[1].image)
    assert encoded(runs[0].image) != encoded(runs[2].image)


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


def test_on_event_sees_them_all(photographs: list[Path]) -> None:
    seen: list[Any] = []
    result = transfer(photographs[0], photographs[1], on_event=seen.append, **QUICK)
    assert sum(isinstance(event, Step) for event in seen) == len(result.losses) == 4


def test_the_record_tells_the_whole_story(photographs: list[Path], tmp_path: Path) -> None:
    result = transfer(photographs[0], [photographs[1], (photographs[2], 0.5)], recipe="slides", **QUICK)
    path = result.save(tmp_path / "out.png")
    record = json.loads(path.with_suffix(".json").read_text())
    assert record["recipe"]["name"] == "slides"
    assert record["recipe"]["steps"] == 3
    assert [style["weight"] for style in record["styles"]] == [1.0, 0.5]
    assert {"content", "style", "tv", "content:relu4_2", "style:relu1_1", "style:relu5_1"} <= set(record["losses"][0])
    assert record["losses"][-1]["total"] < record["losses"][0]["total"]
    assert record["seconds"] > 0
    assert record["peak_memory"] > 1e6
    assert record["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize("recipe", ["pincel", "neural-style", "gatys2016"])
def test_evaluating_the_saved_file_gives_what_the_record_says(recipe: str, photographs: list[Path], tmp_path: Path) -> None:
    given: dict[str, Any] = {"recipe": recipe, "size": 48, "size_of": "short" if recipe == "gatys2016" else "long"}
    result = transfer(photographs[0], photographs[1], steps=3, **given)
    path = result.save(tmp_path / "out.png")
    measured = evaluate(path, photographs[0], photographs[1], **given)
    assert measured["total"] == pytest.approx(result.record["saved"]["total"], rel=1e-5)
    assert measured["terms"] == pytest.approx(result.record["saved"]["terms"], rel=1e-5)


def test_evaluate_finds_the_size_by_itself(photographs: list[Path], tmp_path: Path) -> None:
    path = transfer(photographs[0], photographs[1], size=40, steps=1).save(tmp_path / "out.png")
    measured = evaluate(path, photographs[0], photographs[1])
    assert max(measured["size"]) == 40
    assert sum(measured["weighted"].values()) == pytest.approx(measured["total"], rel=1e-5)


def test_evaluate_refuses_a_picture_of_another_shape(photographs: list[Path]) -> None:
    square = Image.new("RGB", (64, 40))
    with pytest.raises(PictureSizeError, match="The picture is 64×40, and no --size makes that of the content"):
        evaluate(square, photographs[0], photographs[1])


def test_transparency_is_kept(photographs: list[Path], tmp_path: Path) -> None:
    content = Image.open(photographs[0]).convert("RGBA")
    content.putalpha(Image.linear_gradient("L").resize(content.size))
    result = transfer(content, photographs[1], **QUICK)
    path = result.save(tmp_path / "out.png")
    with Image.open(path) as saved:
        assert saved.mode == "RGBA"
        alpha = np.asarray(saved.getchannel("A"))
        assert alpha.min() < 20
        assert alpha.max() > 235


def test_a_style_of_weight_zero_counts_for_nothing(photographs: list[Path]) -> None:
    both = transfer(photographs[0], [(photographs[1], 1.0), (photographs[2], 0.0)], **QUICK)
    alone = transfer(photographs[0], photographs[1], **QUICK)
    assert both.losses[-1]["total"] == pytest.approx(alone.losses[-1]["total"], rel=1e-6)


def test_weights_of_styles_are_shares(photographs: list[Path]) -> None:
    large = transfer(photographs[0], [(photographs[1], 3.0), (photographs[2], 1.0)], **QUICK)
    small = transfer(photographs[0], [(photographs[1], 0.75), (photographs[2], 0.25)], **QUICK)
    assert large.losses[-1]["total"] == pytest.approx(small.losses[-1]["total"], rel=1e-5)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ([], "No style picture given"),
        ([("sample:impasto", -1.0)], "0 or more, not -1"),
        ([("sample:impasto", float("nan"))], "not nan"),
        ([("sample:impasto", 0.0)], "all zero"),
    ],
)
def test_styles_that_cannot_be(style: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        transfer("sample:harbour", style, **QUICK)


def test_a_style_is_never_stretched(photographs: list[Path]) -> None:
    for recipe in ("pincel", "gatys2016", "gatys2015"):
        run = make_run(photographs[0], photographs[1], recipe=recipe, size=64, activations="raw", steps=0)
        ((style, _),) = run.objectives.images.styles
        with Image.open(photographs[1]) as original:
            assert style.width / style.height == pytest.approx(original.width / original.height, rel=0.03)


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


def test_a_rate_far_too_large_ends_with_a_finite_picture(photographs: list[Path]) -> None:
    wild: dict[str, Any] = {"optimizer": "gradient-descent", "learning_rate": 1e12, "bounds": "free", "init": "noise"}
    result = transfer(photographs[0], photographs[1], size=32, steps=8, **wild)
    assert np.isfinite([loss["total"] for loss in result.losses]).all()
    assert any("back to step" in note for note in result.record["notes"])


# --- coarse to fine ---------------------------------------------------------------------------------------------------------------------

# Half of it is 80, enough for a scale of its own.
LADDER: dict[str, Any] = {"size": 160, "scales": "1/2=1", "steps": 2, "precision": "fp32"}


def coarse_scale(run: Run) -> Scale:
    return run.plan.scales[0]


def test_the_record_of_a_ladder_tells_of_both_scales(photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **LADDER)
    record = result.record
    assert result.image.size == (160, 160)
    assert record["size"] == [160, 160]
    assert [(s["size"], s["steps"], s["stopped"]) for s in record["scales"]] == [([80, 80], 2, "steps"), ([160, 160], 2, "steps")]
    assert all(scale["seconds"] > 0 for scale in record["scales"])
    assert [(loss["size"], loss["step"]) for loss in result.losses] == [([side, side], step) for side in (80, 160) for step in range(3)]
    assert {"content", "style", "tv", "style:relu1_1:w2"} <= set(result.losses[0])
    assert json.loads(json.dumps(record))["recipe"]["scales"] == {"1/2": 1.0}
    styles = make_run(*photographs[:2], **LADDER).objectives.images.styles
    assert record["style_sizes"] == [[style.width, style.height] for style, _ in styles]


def test_without_a_ladder_the_record_tells_of_one_scale(photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **QUICK)
    assert [(s["size"], s["steps"]) for s in result.record["scales"]] == [([48, 48], 3)]
    assert {tuple(loss["size"]) for loss in result.losses} == {(48, 48)}


def test_a_picture_too_small_for_a_ladder_is_painted_without(photographs: list[Path]) -> None:
    with_ladder = transfer(photographs[0], photographs[1], scales="1/2=1,1/4=4", **QUICK)
    assert len(with_ladder.record["scales"]) == 1
    assert encoded(with_ladder.image) == encoded(transfer(photographs[0], photographs[1], **QUICK).image)


@pytest.mark.parametrize("factor", [0.0, 1.0, 7.0])
def test_content_counts_differently_on_coarse_scales(factor: float, photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], coarse_content_factor=factor, content_weight=3.0, **LADDER)
    evaluator = run.objectives.at(coarse_scale(run))
    drawn = torch.rand(1, 3, *coarse_scale(run).size, generator=torch.Generator().manual_seed(0)) * 255
    weights = {term.group: term.group_weight for term in evaluator.evaluate(drawn).terms}
    assert weights.get("content", 0.0) == 3.0 * factor
    assert weights["style"] == run.recipe.style_weight
    at_full_size = {term.group: term.group_weight for term in run.objectives.full.evaluate(resample(drawn, run.size)).terms}
    assert at_full_size["content"] == 3.0


def test_the_last_scale_is_the_objective_asked_for(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], coarse_content_factor=7.0, **LADDER)
    list(run)
    judged = run.result.record["saved"]
    # Only rounding to 8 bits is between them.
    assert judged["total"] == pytest.approx(run.result.losses[-1]["total"], rel=0.02)
    assert run.objectives.at(run.plan.scales[-1]) is run.objectives.full


@pytest.mark.parametrize("style_size", ["same-rule", "content-area"])
def test_styles_shrink_with_the_scale(style_size: str, photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], style_size=style_size, **LADDER)
    ((coarse, _),), ((full, _),) = run.objectives.images_at(coarse_scale(run)).styles, run.objectives.images.styles
    assert (coarse.height, coarse.width) == pytest.approx((full.height / 2, full.width / 2), abs=1)


def test_detail_is_what_the_content_has_and_the_scale_before_could_not_show(photographs: list[Path]) -> None:
    def finer(coarse: torch.Tensor, detail: float) -> torch.Tensor:
        run = make_run(*photographs[:2], detail_transfer=detail, **LADDER)
        return run.objectives.upsample(coarse, run.plan.scales[-1])

    gray = 60 + 100 * torch.rand(1, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    plain, whole, double = (finer(gray, detail) for detail in (0.0, 1.0, 2.0))
    assert_close(plain, resample(gray, (160, 160)))
    # Twice the detail is twice as far, and nothing leaves the range of colors.
    inside = (double > 0) & (double < 255) & (whole > 0) & (whole < 255)
    assert_close((double - plain)[inside], 2 * (whole - plain)[inside], atol=1e-2)
    assert 0 <= float(double.min()) <= float(double.max()) <= 255
    # Enlarged, the content itself comes back with all its detail.
    content = 255 * make_run(*photographs[:2], **LADDER).objectives.images.content.pixels
    assert_close(finer(resample(content, (80, 80)), 1.0), content, atol=1e-2)


def test_stopped_in_a_coarse_scale_the_picture_has_the_full_size(photographs: list[Path], tmp_path: Path) -> None:
    run = make_run(photographs[0], photographs[1], **{**LADDER, "steps": 50})
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
    measured = evaluate(path, photographs[0], photographs[1], size=160)
    assert measured["total"] == pytest.approx(result.record["saved"]["total"], rel=1e-5)


def test_stopped_at_the_last_step_of_a_coarse_scale_it_says_so(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], **LADDER)
    for event in run:
        if isinstance(event, Step) and event.step == 2:
            run.stop("interrupted")
    assert {tuple(loss["size"]) for loss in run.result.losses} == {(80, 80)}
    assert run.result.stopped == "interrupted"


def test_a_result_can_be_had_at_any_time_of_a_ladder(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], **LADDER)
    assert run.result.image.size == (160, 160)
    for event in run:
        if isinstance(event, ScaleStart) or (isinstance(event, Step) and event.step == 1):
            assert run.result.image.size == (160, 160)


def test_transparency_is_kept_by_a_ladder(photographs: list[Path]) -> None:
    content = Image.open(photographs[0]).convert("RGBA")
    content.putalpha(Image.linear_gradient("L").resize(content.size))
    image = transfer(content, photographs[1], **LADDER).image
    assert (image.mode, image.size) == ("RGBA", (160, 160))


@pytest.mark.parametrize(
    "given", [{"init": "noise"}, {"init": "style"}, {"init": "blend"}, {"canvas": "pixels", "bounds": "free"}], ids=str
)
def test_a_ladder_from_any_start(given: dict[str, Any], photographs: list[Path]) -> None:
    result = transfer(photographs[0], photographs[1], **LADDER, **given)
    assert result.stopped == "steps"
    assert np.isfinite([loss["total"] for loss in result.losses]).all()


def test_same_seed_same_bytes_coarse_to_fine(photographs: list[Path]) -> None:
    first, second = (transfer(photographs[0], photographs[1], init="noise", **LADDER) for _ in range(2))
    assert encoded(first.image) == encoded(second.image)


def test_a_coarse_scale_is_left_once_it_has_settled(photographs: list[Path]) -> None:
    # Ten steps do not bring a total down to a hundredth.
    given = {**LADDER, "scales": "1/2=20", "steps": 1, "tolerance": 0.99}
    result = transfer(photographs[0], photographs[1], **given)
    assert [(s["steps"], s["stopped"]) for s in result.record["scales"]] == [(10, "settled"), (1, "steps")]
    assert result.stopped == "steps"


def test_a_run_does_not_keep_the_pictures_of_its_steps(photographs: list[Path]) -> None:
    run = make_run(photographs[0], photographs[1], size=32, steps=6)
    canvases = [weakref.ref(event.preview) for event in run if isinstance(event, Step)]
    gc.collect()
    assert sum(canvas() is not None for canvas in canvases) <= 1
    assert len(run.result.losses) == 7


@pytest.fixture
def strips(photographs: list[Path], tmp_path: Path) -> list[Path]:
    """Return two pictures that have many tiles one way and few pixels the other."""
    for path in photographs[:2]:
        with Image.open(path) as image:
            image.crop((0, 20, 96, 44)).save(tmp_path / f"{path.stem}.png")
    return sorted(tmp_path.iterdir())


def test_targets_that_do_not_fit_are_measured_in_tiles(strips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from pincel.run import scales

    measured = scales.make_objective
    asked: list[str] = []

    def cramped(*given: Any, **more: Any) -> Any:
        asked.append(str(given[5].layout))
        if asked[-1] == "whole":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return measured(*given, **more)

    monkeypatch.setattr(scales, "make_objective", cramped)
    run = make_run(strips[0], strips[1], size=400, steps=1, scales="none", precision="fp32")
    notices = [event.text for event in run if isinstance(event, Notice)]
    assert asked[0] == "whole"
    assert f"Out of memory: continuing with tiles {asked[1]}." in notices
    assert run.result.stopped == "steps"


def test_targets_that_fit_in_no_way(photographs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from pincel.run import scales

    def cramped(*given: Any, **more: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(scales, "make_objective", cramped)
    with pytest.raises(MemoryLimitError, match=r"Out of memory at 300×\d+, even with tiles .*Try a smaller --size"):
        list(make_run(photographs[0], photographs[1], size=300, steps=1, scales="none", precision="fp32"))


def test_a_picture_is_judged_with_the_memory_there_is(strips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def saved() -> Any:
        return make_run(strips[0], strips[1], size=400, steps=1, scales="none", precision="fp32", tiles="whole").result.record["saved"]

    expected = saved()
    evaluated, asked = Evaluator.evaluate, []

    def cramped(evaluator: Evaluator, pixels: Tensor) -> Evaluation:
        asked.append(str(evaluator.layout))
        if asked[-1] == "whole":
            raise MemoryError
        return evaluated(evaluator, pixels)

    monkeypatch.setattr(Evaluator, "evaluate", cramped)
    assert saved()["total"] == pytest.approx(expected["total"], rel=1e-6)
    assert asked[0] == "whole"
    assert asked[1] != "whole"
    # If nothing helps, the picture is still worth having.
    monkeypatch.setattr(Evaluator, "reduce_memory", lambda _: None)
    assert saved() is None


def test_strength_goes_from_the_photograph_to_the_painting(photographs: list[Path]) -> None:
    given: dict[str, Any] = {"size": 64, "steps": 4, "scales": "none", "precision": "fp32"}
    photograph = np.asarray(make_run(photographs[0], photographs[1], **given).objectives.images.content.pixels[0].permute(1, 2, 0))
    away, near = [], []
    for strength in (0.0, 0.5, 2.0):
        result = transfer(photographs[0], photographs[1], strength=strength, **given)
        away.append(float(np.abs(np.asarray(result.image) / 255 - photograph).mean()))
        near.append(evaluate(result.image, photographs[0], photographs[1], size=64)["terms"]["style"])
    assert away == sorted(away)
    assert away[0] < 1 / 255
    assert near == sorted(near, reverse=True)
