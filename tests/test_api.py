"""transfer and evaluate, from Python."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops

import pincel
from pincel import Step, evaluate, transfer
from pincel.errors import OptionError, PictureSizeError
from tests.runs import SHALLOW, make_run

QUICK: dict[str, Any] = {"size": 48, "steps": 3, **SHALLOW}


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_everything_public_is_there() -> None:
    assert all(getattr(pincel, name) is not None for name in pincel.__all__)
    with pytest.raises(AttributeError, match="no attribute 'transfre'"):
        pincel.transfre  # type: ignore[attr-defined]  # noqa: B018


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
    assert {"content", "style", "tv", "content:relu3_1", "style:relu1_1", "style:relu2_1"} <= set(record["losses"][0])
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
        ([("sample:impasto", "much")], r"style: not a picture and its weight · given \('sample:impasto', 'much'\)"),
        ([("sample:impasto", None)], "not a picture and its weight"),
        ([("sample:impasto", 1, 2)], "not a picture and its weight"),
        ([("sample:impasto",)], "not a picture and its weight"),
    ],
)
def test_styles_that_cannot_be(style: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        transfer("sample:harbour", style, **QUICK)


def test_a_rate_far_too_large_ends_with_a_finite_picture(photographs: list[Path]) -> None:
    wild: dict[str, Any] = {"optimizer": "gradient-descent", "learning_rate": 1e12, "bounds": "free", "init": "noise"}
    result = transfer(photographs[0], photographs[1], size=32, steps=8, **wild)
    assert np.isfinite([loss["total"] for loss in result.losses]).all()
    assert any("back to step" in note for note in result.record["notes"])


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


@pytest.mark.parametrize("method", ["cholesky", "pca", "monge", "histogram"])
def test_colors_alone_become_those_of_another_picture(method: Any, photographs: list[Path], tmp_path: Path) -> None:
    result = pincel.match_colors(photographs[0], photographs[1], method=method, size=40)
    wanted = pincel.match_colors(photographs[1], photographs[1], size=40)
    assert max(result.image.size) == 40
    assert result.pixels is not None
    assert wanted.pixels is not None
    # Of what is clipped, a little is lost.
    means = [each.mean((0, 2, 3)) for each in (result.pixels, wanted.pixels)]
    assert float((means[0] - means[1]).abs().max()) < 0.05
    assert json.loads(result.save(tmp_path / "a.png").with_suffix(".json").read_text())["method"] == method


def test_a_picture_with_its_own_colors_stays_as_it_is(photographs: list[Path]) -> None:
    same = pincel.match_colors(photographs[0], photographs[0])
    with Image.open(photographs[0]) as picture:
        assert np.asarray(ImageChops.difference(same.image, picture.convert("RGB"))).max() <= 1
