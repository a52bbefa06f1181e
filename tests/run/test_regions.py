"""Styles for regions of a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pincel import Notice, Run, resume
from pincel.errors import CheckpointError, OptionError
from pincel.functional.gram import gram_matrix, gram_sum, moment_sum
from pincel.losses.style import StyleLoss
from pincel.run.worker import network_terms
from tests.cli.run import pincel, refused
from tests.runs import make_run
from tests.tensors import assert_close, normal

GIVEN: dict[str, Any] = {"recipe": "gram", "size": 64, "steps": 3, "scales": "none", "precision": "fp32", "style_size": "same-rule"}
Draw = Callable[[str, Any], str]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Write a mask and return its path."""

    def written(name: str, values: Any) -> str:
        Image.fromarray(np.asarray(values, dtype=np.uint8)).save(tmp_path / name)
        return str(tmp_path / name)

    return written


def halves(left: Any = 255, right: Any = 0, size: tuple[int, int] = (64, 64)) -> Any:
    values = np.zeros((*size, *np.shape(left)), dtype=np.uint8)
    values[:, : size[1] // 2], values[:, size[1] // 2 :] = left, right
    return values


def gradient(run: Run) -> tuple[float, torch.Tensor]:
    x = run.objectives.full.problem.canvas.encode(255 * run.objectives.images.content.pixels.flip(-1))
    evaluation, slope = run.objectives.full.gradient(x)
    return float(evaluation.total), slope


def test_weighted_sums_are_the_definition() -> None:
    features, weights = normal(1, 3, 5, 7), normal(1, 1, 5, 7).square()
    blocks = [(slice(0, 5), slice(0, 4)), (slice(0, 5), slice(4, 7))]
    expected = torch.einsum("bihw,bjhw,xyhw->bij", features, features, weights)
    assert_close(gram_sum(features, blocks, weights), expected)
    leaf = features.clone().requires_grad_()
    target = normal(1, 3, 3)
    (slope,) = torch.autograd.grad((gram_sum(leaf, blocks, weights) * target).sum(), leaf)
    assert_close(slope, weights * torch.einsum("bij,bjhw->bihw", target + target.transpose(1, 2), features))


def test_weighted_moments_are_the_definition() -> None:
    features, weights = normal(1, 3, 5, 7), normal(1, 1, 5, 7).square()
    blocks = [(slice(0, 5), slice(0, 4)), (slice(0, 5), slice(4, 7))]
    for given in (None, weights):
        by_position = (torch.ones(1, 1, 5, 7) if given is None else given).double()
        sums = (by_position * features).sum((2, 3))[:, :, None]
        assert_close(moment_sum(features, blocks, given), torch.cat([gram_sum(features, blocks, given), sums], dim=2))
        leaf = features.clone().requires_grad_()
        target = normal(1, 3, 4)
        (found,) = torch.autograd.grad((moment_sum(leaf, blocks, given) * target).sum(), leaf)
        products = torch.einsum("bij,bjhw->bihw", target[..., :3] + target[..., :3].transpose(1, 2), features)
        assert_close(found, by_position * (products + target[..., 3][..., None, None]))


def test_a_mask_of_ones_is_no_mask(photographs: list[Path], draw: Draw) -> None:
    ones = draw("ones.png", halves(255, 255))
    plain = make_run(photographs[0], photographs[1], **GIVEN)
    for masks in ({"content_mask": ones}, {"style_mask": [ones]}, {"content_mask": ones, "style_mask": ones}):
        masked = make_run(photographs[0], photographs[1], **GIVEN, **masks)
        (total, slope), (again, slopes) = gradient(plain), gradient(masked)
        assert again == pytest.approx(total, rel=1e-6)
        assert_close(slopes, slope, atol=1e-6 * float(slope.abs().max()))
        assert masked.objectives.full.problem.preserved is None


def test_a_style_at_weight_zero_is_no_style(photographs: list[Path]) -> None:
    both = make_run(photographs[0], [(photographs[1], 1.0), (photographs[2], 0.0)], **GIVEN)
    alone = make_run(photographs[0], photographs[1], **GIVEN)
    assert gradient(both)[0] == pytest.approx(gradient(alone)[0], rel=1e-6)


def test_regions_have_the_styles_of_their_own(photographs: list[Path], draw: Draw) -> None:
    mask = draw("halves.png", halves())
    run = make_run(photographs[0], photographs[1:], content_mask=mask, content_weight=0, tv_weight=0, style_layers="relu2_1", **GIVEN)
    x = 255 * run.objectives.images.content.pixels
    backbone = run.objectives.full.problem.backbone
    seen = backbone.features(x, ["relu2_1"])["relu2_1"]
    styles = [backbone.features(255 * style.pixels, ["relu2_1"])["relu2_1"] for style, _ in run.objectives.images.styles]
    distances = [
        (gram_matrix(part) - gram_matrix(style)).square().mean()
        for part, style in zip((seen[..., :16], seen[..., 16:]), styles, strict=True)
    ]
    loss: Any = run.objectives.full.problem.objective.losses[0]
    expected = loss.weight * loss.layer_weights["relu2_1"] * loss.convention.style(128) * float(sum(distances)) / 2
    assert float(run.objectives.full.measure(run.objectives.full.problem.canvas.encode(x)).total) == pytest.approx(expected, rel=1e-4)


def test_a_region_without_style_keeps_the_photograph(photographs: list[Path], draw: Draw) -> None:
    mask = draw("halves.png", halves())
    _, slope = gradient(make_run(photographs[0], photographs[1], content_mask=mask, canvas="pixels", **GIVEN))
    assert float(slope[..., 32:].abs().max()) == 0.0
    assert float(slope[..., :32].abs().max()) > 0.0
    run = make_run(photographs[0], photographs[1], content_mask=mask, init="noise", **GIVEN)
    previews = [event.preview() for event in run if hasattr(event, "preview")]
    kept = (run.objectives.images.content.pixels * 255).round().byte()[0].permute(1, 2, 0).numpy()
    painted = np.asarray(run.result.image)
    assert (painted[:, 32:] == kept[:, 32:]).all()
    assert (painted[:, :32] != kept[:, :32]).any()
    assert_close(previews[-1][..., 32:], run.objectives.images.content.pixels[..., 32:])


def test_soft_edges_are_painted_in_part(photographs: list[Path], draw: Draw) -> None:
    run = make_run(photographs[0], photographs[1], content_mask=draw("soft.png", halves(255, 51)), canvas="pixels", **GIVEN)
    assert run.objectives.full.problem.preserved is not None
    x = run.objectives.full.problem.canvas.encode(255 * run.objectives.images.content.pixels.flip(-1))
    own, new = 255 * run.objectives.images.content.pixels, run.objectives.full.problem.canvas.pixels(x)
    assert_close(run.objectives.full.problem.pixels(x)[..., 40:], own[..., 40:] + 0.2 * (new - own)[..., 40:], atol=1e-3)


def test_other_processes_evaluate_the_picture_that_they_are_sent(photographs: list[Path], draw: Draw) -> None:
    # What is kept of the photograph is in it already; composited once more it would be another picture.
    run = make_run(photographs[0], photographs[1], content_mask=draw("soft.png", halves(255, 51)), **GIVEN)
    sent = run.objectives.full.problem.pixels(255 * torch.rand(1, 3, 64, 64))
    assert torch.equal(network_terms(run.objectives.full).problem.pixels(sent), sent)


@pytest.mark.parametrize("propagation", ["simple", "all", "inside"])
def test_masks_of_both_pictures(propagation: str, photographs: list[Path], draw: Draw) -> None:
    red, blue, green = (255, 0, 0), (0, 0, 255), (0, 255, 0)
    masks: dict[str, Any] = {
        "content_mask": draw("content.png", halves(red, blue)),
        "style_mask": [draw("first.png", halves(blue, red)), draw("second.png", halves(red, red))],
    }
    run = make_run(photographs[0], photographs[1:], propagation=propagation, **masks, **GIVEN)
    assert run.objectives.full.problem.preserved is None
    assert list(run)
    assert np.isfinite(run.result.losses[-1]["total"])
    # A color of the content that no style has is left alone.
    alone = make_run(
        photographs[0], photographs[1], content_mask=masks["content_mask"], style_mask=draw("third.png", halves(red, red)), **GIVEN
    )
    assert alone.objectives.full.problem.preserved is not None
    # Black in a style's mask is for nobody: with half of the style, the same region.
    half = make_run(
        photographs[0], photographs[1], content_mask=masks["content_mask"], style_mask=draw("half.png", halves(red, (0, 0, 0))), **GIVEN
    )
    assert half.objectives.full.problem.preserved is not None
    assert gradient(half)[0] != gradient(alone)[0]
    with pytest.raises(OptionError, match=r"first\.png has a region #00ff00, and content\.png has none: #0000ff, #ff0000"):
        make_run(photographs[0], photographs[1], **{**GIVEN, **masks, "style_mask": draw("first.png", halves(green, red))})


@pytest.mark.parametrize("tiles", ["pool2=32,rest=64", "pool3=64"])
def test_tiles_make_no_difference(tiles: str, photographs: list[Path], draw: Draw) -> None:
    masks = {"content_mask": draw("soft.png", halves(255, 60)), "style_mask": draw("style.png", halves(255, 30))}
    given = {**GIVEN, "size": 96, **masks}
    (total, slope), (again, slopes) = (gradient(make_run(*photographs[:2], tiles=each, **given)) for each in ("whole", tiles))
    assert again == pytest.approx(total, rel=1e-6)
    assert float((slopes - slope).abs().max()) < 1e-5 * float(slope.abs().max())


def test_runs_with_masks_go_on_and_notice_another_mask(photographs: list[Path], draw: Draw, tmp_path: Path) -> None:
    mask = draw("mask.png", halves())
    given = {**GIVEN, "content_mask": mask, "device": "cpu"}
    whole = make_run(photographs[0], photographs[1], **given)
    list(whole)
    cut = make_run(photographs[0], photographs[1], checkpoint=tmp_path / "kept", checkpoint_every=1e-6, **given)
    for event in cut:
        if getattr(event, "step", 0) == 1:
            cut.stop("interrupted")
    assert resume(tmp_path / "kept").image.tobytes() == whole.result.image.tobytes()
    draw("mask.png", halves(0, 255))
    with pytest.raises(CheckpointError, match="the mask picture is not the one the run began with"):
        resume(tmp_path / "kept")


def test_a_mask_of_another_size_is_resized_with_a_word(photographs: list[Path], draw: Draw) -> None:
    run = make_run(photographs[0], photographs[1], content_mask=draw("small.png", halves(size=(10, 20))), **GIVEN)
    said = [event.text for event in run if isinstance(event, Notice)]
    assert "small.png: 20×10, resized to astronaut.png, 96×96." in said


def test_masks_that_make_no_sense(capsys: pytest.CaptureFixture[str], photographs: list[Path], draw: Draw, tmp_path: Path) -> None:
    black, mask = draw("black.png", halves(0, 0)), draw("mask.png", halves())
    given = ("-o", tmp_path / "out.png", "--size", "48", "--steps", "1", "--scales", "none")

    def told(*arguments: str | Path) -> str:
        return refused(pincel(capsys, "transfer", *arguments, *given))

    first, second, third = photographs
    assert "No region of the content has a style: black.png has black only" in told(first, second, "--content-mask", black)
    assert "There are 2 style masks for 1 style pictures" in told(first, second, "--style-mask", mask, "--style-mask", mask)
    assert "There are 3 styles for the 2 regions of mask.png (white, black)" in told(first, second, third, first, "--content-mask", mask)
    assert "without --content-mask the white one is used" in told(first, second, "--style-mask", black)
    assert "--content-mask: no such file" in told(first, second, "--content-mask", tmp_path / "nowhere.png")
    assert "at most 16 flat colors" in told(first, second, "--content-mask", second)


def test_a_region_whose_style_a_layer_does_not_see_counts_nothing_there(photographs: list[Path], draw: Draw) -> None:
    red, blue = (255, 0, 0), (0, 0, 255)
    speck = halves(red, red)
    speck[30:33, 30:33] = blue
    masks = {"content_mask": draw("content.png", halves(red, blue)), "style_mask": draw("speck.png", speck), "propagation": "inside"}
    given: dict[str, Any] = {"canvas": "pixels", "content_weight": 0, "tv_weight": 0, **masks, **GIVEN}
    both = make_run(photographs[0], photographs[1], style_layers="relu1_1,relu3_1", **given)
    loss = both.objectives.full.problem.objective.losses[0]
    assert isinstance(loss, StyleLoss)
    assert loss.guides is not None
    assert {layer: (norms > 0).tolist() for layer, norms in loss.guides.norms.items()} == {
        "relu1_1": [True, True],
        "relu3_1": [False, True],
    }
    # Nothing is pulled towards the matrix of nothing.
    _, slope = gradient(make_run(photographs[0], photographs[1], style_layers="relu3_1", **given))
    middle = slope.shape[-1] // 2
    # Blue, on the right; quick convolutions may leave a last bit there.
    assert float(slope[..., middle + 1 :].abs().max()) < 1e-6 * float(slope[..., : middle - 1].abs().max())


def test_a_folder_in_a_grid_has_one_scale(capsys: pytest.CaptureFixture[str], photographs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "paintings"
    folder.mkdir()
    for path in photographs[1:]:
        (folder / path.name).write_bytes(path.read_bytes())
    given = ("--strokes", "1,0.5", "--size", "32", "--steps", "1", "--scales", "none", "--folder", tmp_path / "each")
    answer = pincel(capsys, "grid", photographs[0], folder, photographs[0], "-o", tmp_path / "grid.png", "--rows", "seed=1", *given)
    assert answer.code == 0, answer.err


def test_what_is_kept_keeps_its_grain(photographs: list[Path], draw: Draw) -> None:
    mask = draw("halves.png", halves())
    plain, smooth = (make_run(photographs[0], photographs[1], content_mask=mask, degrain=degrain, **GIVEN) for degrain in (0.0, 0.2))
    for run in (plain, smooth):
        list(run)
    middle = plain.size[1] // 2
    before, after = (np.asarray(run.result.image).astype(int) for run in (plain, smooth))
    assert (before[:, middle + 1 :] == after[:, middle + 1 :]).all()
    assert np.abs(before[:, : middle - 1] - after[:, : middle - 1]).mean() > 1
