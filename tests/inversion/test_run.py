"""Pictures rebuilt from their code: the objective, its gradient, each picture of a batch for itself, each option for three steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import pincel
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Notice, Step, Stopped
from pincel.errors import OptionError, PictureSizeError, UnknownNameError
from pincel.images.io import load_picture
from pincel.inversion.loop import make_problem, phases
from pincel.inversion.losses import make_losses
from pincel.inversion.representation import Representation, make_representation
from pincel.inversion.run import InversionRun
from pincel.losses.code import CodeLoss, full_mask
from pincel.recipes import INVERSIONS
from tests.tensors import assert_close, normal, picture

CPU = torch.device("cpu")
NETWORK = "random-cnn-11:relu1_1"


def photograph(height: int = 32, width: int = 40, seed: int = 0) -> Tensor:
    return picture(height, width, seed) / 255


def halves(images: Tensor) -> Tensor:
    """Say of each picture what its upper half is."""
    return images[:, :, : images.shape[-2] // 2].flatten(1)


def in_double(made: Representation) -> Representation:
    encoder = made.encoder
    return replace(made, encoder=encoder.to(CPU, torch.float64)) if hasattr(encoder, "to") else made


@pytest.mark.parametrize("name", list(INVERSIONS))
@pytest.mark.parametrize("spec", [NETWORK, "hogb", "dsift", halves])
def test_the_gradient_of_the_objective_is_that_of_finite_differences(spec: str | Callable[[Tensor], Tensor], name: str) -> None:
    made = in_double(make_representation(spec, pooling="max", device=CPU))
    size = (40, 40)
    target = made.code(255 * photograph(*size).double())
    recipe = INVERSIONS[name].recipe.override(code_weight=1, tv_weight=5, jitter=0)
    losses = make_losses(recipe, made, CodeLoss(made.layer, target, full_mask(target), 1.0))
    (rung, *_) = phases(recipe, size, made.stride)
    evaluator = Evaluator(make_problem(recipe, made, losses, rung))
    x = made.canvas.encode(255 * photograph(*size, seed=3).double())
    evaluation, slope = evaluator.gradient(x)
    way = normal(*x.shape, seed=1)
    ends = [float(evaluator.measure(x + step * way).total) for step in (1e-4, -1e-4)]
    assert (ends[0] - ends[1]) / 2e-4 == pytest.approx(float((slope * way).sum()), rel=2e-4)
    assert float(evaluation.total) > 0


def test_the_record_says_the_error_of_the_picture() -> None:
    run = InversionRun(photograph(), NETWORK, size=40, steps=30, recipe="mahendran2015")
    events = list(run)
    result = run.result
    steps = [event for event in events if isinstance(event, Step)]
    assert result.stopped == "steps"
    assert result.record["relative_error"] == pytest.approx(min(step.terms["code"] for step in steps), rel=0.2)
    assert result.record["relative_error"] < 0.5 * steps[0].terms["code"]
    # Of the picture as it is in the file, by a look of its own.
    made = make_representation(NETWORK, pooling="max", device=CPU)
    code, saved = (made.code(255 * load_picture(each).pixels) for each in (photograph(), result.image))
    expected = float((saved - code).square().sum() / code.square().sum())
    assert result.record["saved"]["relative_error"] == pytest.approx(expected, rel=1e-4)
    assert result.record["size"] == [40, 32]
    assert result.record["code"] == [128, 32, 40]


@pytest.mark.parametrize("recipe", list(INVERSIONS))
def test_each_picture_of_a_batch_is_what_it_would_be_alone(recipe: str) -> None:
    together = InversionRun(photograph(), NETWORK, size=40, steps=6, recipe=recipe, repeats=3, seed=5)
    list(together)
    for number in range(3):
        alone = InversionRun(photograph(), NETWORK, size=40, steps=6, recipe=recipe, seed=5 + number)
        list(alone)
        assert_close(together.result.pictures[number], alone.result.pictures[0], atol=2e-3, rtol=0)
    errors = together.result.record["relative_errors"]
    assert together.result.record["relative_error"] == pytest.approx(sum(errors) / 3)


def test_mean_and_deviation_of_a_batch() -> None:
    run = InversionRun(photograph(), NETWORK, size=40, steps=2, repeats=2)
    list(run)
    result = run.result
    a, b = result.pictures
    assert_close(load_picture(result.mean).pixels[0], (a + b) / 2, atol=0.51 / 255, rtol=0)
    spread = (a - b).abs() / 2
    assert result.record["largest_deviation"] == pytest.approx(float(spread.max()), rel=1e-5)
    assert_close(load_picture(result.deviation).pixels[0], spread / spread.max(), atol=0.51 / 255, rtol=0)
    assert result.sheet().width > 100


def test_the_same_seed_is_the_same_picture() -> None:
    first, second, other = (pincel.invert(photograph(), NETWORK, size=40, steps=4, seed=seed).image.tobytes() for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_neurons_leave_the_rest_to_the_regularizers() -> None:
    """Only where the chosen neurons look is the picture rebuilt."""
    run = InversionRun(photograph(48, 48), NETWORK, size=48, steps=50, recipe="mahendran2015", neurons="9x9", tv_weight=50)
    list(run)
    found, given = run.result.pictures[0], photograph(48, 48)[0]
    rebuilt, lost = (
        (found[part] - given[part]).abs().mean() for part in ((..., slice(20, 29), slice(20, 29)), (..., slice(0, 10), slice(48)))
    )
    assert float(rebuilt) < 0.6 * float(lost)
    assert run.result.record["neurons"] == "9x9"


def test_a_function_is_inverted_and_says_its_name() -> None:
    result = pincel.invert(photograph(), halves, size=40, steps=60, tv_weight=0)
    assert result.record["representation"] == "halves"
    assert_close(result.pictures[:, :, :16], photograph()[:, :, :16], atol=0.15, rtol=0)
    assert result.record["relative_error"] < 0.01


def test_a_function_must_return_a_code_for_each_picture() -> None:
    with pytest.raises(OptionError, match=r"representation norm returned \(\) of torch.float32 for 1 pictures"):
        pincel.invert(photograph(), torch.norm, size=40, steps=1)


@pytest.mark.parametrize("spec", ["hog", "hogb", "dsift"])
def test_descriptors_are_inverted_in_gray(spec: str) -> None:
    run = InversionRun(photograph(48, 64), spec, size=64, steps=60)
    start = next(event for event in run if isinstance(event, Step))
    list(run)
    result = run.result
    assert result.record["relative_error"] < 0.6 * start.terms["code"]
    pixels = result.pictures[0]
    assert torch.equal(pixels[0], pixels[1])
    # Stretched from black to white.
    assert (float(pixels.min()), float(pixels.max())) == (0, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"fit": "crop"},
        {"fit": "stretch"},
        {"norm": "alpha"},
        {"tv": "sigma"},
        {"alpha": 2.0},
        {"beta": 1.0},
        {"norm_weight": 0},
        {"tv_weight": 0},
        {"code_weight": "relu*=3"},
        {"bound": 0},
        {"jitter": 0},
        {"noise": "normal"},
        {"noise_level": 5.0},
        {"pooling": "avg"},
        {"optimizer": "adam"},
        {"optimizer": "lbfgs"},
        {"optimizer": "gradient-descent", "learning_rate": 1.0},
        {"optimizer_options": {"momentum": 0.5}},
        {"learning_rate": 3.0},
        {"schedule": "2x1~1,1x0.1"},
        {"tone": "stretch"},
        {"neurons": "5x5;channels=first-half"},
        {"repeats": 2},
    ],
    ids=lambda options: ",".join(f"{key}={value}" for key, value in options.items()),
)
def test_each_option_for_three_steps(options: dict[str, Any]) -> None:
    run = InversionRun(photograph(), NETWORK, **{"size": 36, "steps": 3, **options})
    totals = [event.total for event in run if isinstance(event, Step)]
    assert all(0 <= total < math.inf for total in totals)
    assert run.result.record["steps"] >= 1


def test_colors_stay_within_the_bound() -> None:
    made = make_representation(NETWORK, pooling="max", device=CPU)
    recipe = INVERSIONS["mahendran2016"].recipe.override(bound=40)
    problem = make_problem(recipe, made, [], phases(recipe, (8, 8), 1)[0])
    pixels = 300 * normal(1, 3, 8, 8, dtype=torch.float32)
    assert float((pixels - made.mean()).norm(dim=1).max()) > 400
    assert float((problem.project(pixels) - made.mean()).norm(dim=1).max()) <= 40 * (1 + 1e-5)
    free = make_problem(recipe.override(bound=0), made, [], phases(recipe, (8, 8), 1)[0])
    assert torch.equal(free.project(pixels), pixels)


def test_the_view_wanders_by_a_quarter_of_the_stride_and_comes_back() -> None:
    made = make_representation("vgg19:relu4_1", pooling="max", device=CPU)
    recipe = INVERSIONS["mahendran2016"].recipe
    wide, last = phases(recipe, (32, 40), made.stride)
    # Stride 8: T = 2 places, one pixel more.
    assert (wide.size, wide.margin, last.size, last.margin) == ((33, 41), 1, (32, 40), 0)
    view = make_problem(recipe, made, [], wide).view_transform
    pixels = normal(1, 3, 33, 41)
    seen = [view(pixels, step) for step in range(40)]
    assert {view.shape[-2:] for view in seen} == {(32, 40)}
    assert len({float(view[0, 0, 0, 0]) for view in seen}) == 4
    assert all(torch.equal(each, view(pixels, step)) for step, each in enumerate(seen))


def test_it_ends_early_with_the_best_so_far() -> None:
    run = InversionRun(photograph(), NETWORK, size=40, steps=50)
    for event in run:
        if isinstance(event, Step) and event.step == 3:
            run.stop("interrupted")
    assert run.result.stopped == "interrupted"
    assert run.result.image.size == (40, 32)


def test_a_picture_smaller_than_what_one_unit_sees_is_told_of() -> None:
    run = InversionRun(photograph(), "vgg19:relu4_1", size=40, steps=1)
    assert "One unit of vgg19:relu4_1 sees 68 pixels, more than the 40×32 of the picture." in [e.text for e in run if isinstance(e, Notice)]


@pytest.mark.parametrize(
    ("spec", "options", "kind", "message"),
    [
        ("vgg19:relu5_1", {"size": 8}, PictureSizeError, "would be 8×6 pixels, and vgg19:relu5_1 sees nothing in one with a side below 16"),
        ("hog", {"size": 8}, PictureSizeError, "hog sees nothing in one with a side below"),
        ("dsift", {"size": 20}, PictureSizeError, "dsift sees nothing"),
        (NETWORK, {"tv_weight": -1}, OptionError, "0 or more, not -1"),
        (NETWORK, {"code_weight": 0}, OptionError, "nothing to rebuild"),
        (NETWORK, {"tv_weight": "hog=1"}, OptionError, "No --tv-weight for random-cnn-11:relu1_1"),
        (NETWORK, {"repeats": 0}, OptionError, "--repeats 0: give 1 to 64"),
        (NETWORK, {"neurons": "99x99"}, OptionError, "out of bounds"),
        (NETWORK, {"recipe": "mahendran2061"}, UnknownNameError, "Did you mean 'mahendran2016'"),
        (NETWORK, {"optimizer": "adagrat"}, UnknownNameError, "Did you mean 'adagrad'"),
        (NETWORK, {"optimizer_options": {"momentun": 1}}, UnknownNameError, "Did you mean 'momentum'"),
        (lambda images: images * 0, {}, OptionError, "is zero in all that counts"),
        (lambda images: images / 0, {}, OptionError, "is not finite"),
    ],
)
def test_what_cannot_be_inverted(spec: Any, options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        InversionRun(photograph(), spec, **{"size": 40, **options})


def test_a_photograph_with_fewer_pixels_than_a_code_needs() -> None:
    with pytest.raises(PictureSizeError, match="is too small: 12×12 pixels, and vgg19:relu5_1 sees nothing in one with a side below 16"):
        InversionRun(photograph(12, 12), "vgg19:relu5_1")


def test_events_end_with_why(tmp_path: Path) -> None:
    run = InversionRun(photograph(), NETWORK, size=40, steps=2)
    *_, last = run
    assert isinstance(last, Stopped)
    run.result.save(tmp_path / "rebuilt.png")
    assert (tmp_path / "rebuilt.json").is_file()
