"""The study of total variation: its numbers by hand, the smoothing against an exact solution, what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pincel.errors import OptionError, PictureSizeError
from pincel.functional.variation import absolute_variation, differences, squared_variation
from pincel.studies.declarations import TotalVariationOptions
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.total_variation import Descent, blurred, study
from pincel.studies.total_variation_page import difference_maps, measured
from pincel.studies.write import write_report
from tests.tensors import picture

SMALL = StudySettings(size=32, steps=60)


@pytest.fixture(scope="module")
def report() -> Report:
    return study("sample:harbour", TotalVariationOptions(gammas="4,1"), SMALL, ProgressReporter())


def said(report: Report) -> str:
    return " ".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


def test_sums_and_maps_by_hand() -> None:
    small = torch.tensor([[[[0.0, 30.0], [10.0, 10.0]]]]).expand(1, 3, 2, 2)
    assert measured(small) == pytest.approx({"across": 90, "down": 90, "absolute": 15, "squared": (900 + 100 + 400) / 4})
    across, down = difference_maps(small)
    # (½ + 2·Δ/255)·255, of Δx = 30 and 0, of Δy = 10 and -20.
    assert [across.getpixel((0, row)) for row in (0, 1)] == [(188, 188, 188), (128, 128, 128)]
    assert [down.getpixel((column, 0)) for column in (0, 1)] == [(148, 148, 148), (88, 88, 88)]


def exact(noisy: Tensor, gamma: float) -> Tensor:
    """Return the least J with absolute differences: the dual problem by accelerated projections (Beck, Teboulle 2009)."""
    limit, last = 2 * gamma, 1.0
    across, down = (torch.zeros_like(each) for each in differences(noisy))
    ahead = across, down

    def moved(right: Tensor, below: Tensor) -> Tensor:
        picture = noisy.clone()
        picture[..., 1:] -= right
        picture[..., :-1] += right
        picture[..., 1:, :] -= below
        picture[..., :-1, :] += below
        return picture

    for _ in range(300):
        found = [(dual + step / 8).clamp(-limit, limit) for dual, step in zip(ahead, differences(moved(*ahead)), strict=True)]
        momentum = (1 + (1 + 4 * last**2) ** 0.5) / 2
        ahead = tuple(new + (last - 1) / momentum * (new - old) for new, old in zip(found, (across, down), strict=True))
        (across, down), last = found, momentum
    return moved(across, down)


@pytest.mark.parametrize("gamma", [2.0, 8.0])
def test_the_descent_ends_where_the_exact_solution_is(gamma: float) -> None:
    descent = Descent(picture(20, 24), absolute_variation, gamma)
    least = float(descent.objective(exact(descent.noisy, gamma)))
    found, values = descent.minimized(120)
    assert values[-1] == float(descent.objective(found))
    assert least <= values[-1] <= 1.02 * least < values[0]


def test_squared_differences_have_the_solution_of_a_linear_system() -> None:
    descent = Descent(picture(6, 7)[:, :1].double(), squared_variation, 0.3)
    found, _ = descent.minimized(200)
    size = found.numel()
    # Where the gradient is 0: (1 + 4·γ·DᵀD) G = X.
    basis = torch.eye(size, dtype=found.dtype).view(size, 1, 6, 7)
    operator = torch.cat([each.flatten(1) for each in differences(basis)], dim=1)
    system = torch.eye(size, dtype=found.dtype) + 4 * 0.3 * operator @ operator.T
    wanted = torch.linalg.solve(system, descent.noisy.flatten())
    torch.testing.assert_close(found.flatten(), wanted, atol=0.05, rtol=0)


def test_the_gradient_is_the_formula_of_the_page() -> None:
    descent = Descent(picture(8, 9), absolute_variation, 3.0)
    point = (descent.noisy + 20 * torch.sin(torch.arange(descent.noisy.numel()).view_as(descent.noisy))).requires_grad_()
    (gradient,) = torch.autograd.grad(descent.objective(point), point)
    across, down = (each.sign() for each in differences(point.detach()))
    signs = torch.zeros_like(descent.noisy)
    signs[..., 1:] += across
    signs[..., :-1] -= across
    signs[..., 1:, :] += down
    signs[..., :-1, :] -= down
    count = signs.numel()
    torch.testing.assert_close(gradient, (point.detach() - descent.noisy) / (2 * count) + 3 * signs / count)


def test_a_blur_keeps_a_color_and_lowers_the_variation() -> None:
    flat = torch.full((1, 3, 9, 11), 77.0)
    torch.testing.assert_close(blurred(flat), flat)
    assert absolute_variation(blurred(picture(9, 11))) < 0.6 * absolute_variation(picture(9, 11))


def test_a_larger_weight_leaves_less_variation(report: Report) -> None:
    rows = report.numbers["smoothed"]
    assert [(row["formula"], row["gamma"]) for row in rows] == [
        ("absolute", 1.0),
        ("absolute", 4.0),
        ("squared", pytest.approx(0.05)),
        ("squared", 0.2),
    ]
    assert rows[1]["variation"] < rows[0]["variation"]
    assert rows[3]["variation"] < rows[2]["variation"]
    assert all(row["end"] < row["start"] for row in rows)
    pictures = {row["picture"]: row["absolute"] for row in report.numbers["pictures"]}
    assert 0 == pictures["flat"] < pictures["blurred"] < pictures["photograph"] < pictures["noisy"]
    assert "With absolute differences G comes nearest at γ =" in said(report)


def test_the_report_is_written_in_both_languages(report: Report, tmp_path: Path) -> None:
    for language, word in (("en", "neighboring"), ("es", "vecinos")):
        page, *_ = write_report(report, tmp_path, language)  # type: ignore[arg-type]
        assert word in page.read_text(encoding="utf-8")
    assert {block.name for block in report.blocks if isinstance(block, Sheet)} == {"maps", "before", "smoothed", "changes"}
    assert [len(block.rows) for block in report.blocks if isinstance(block, Table)] == [4, 4]
    assert json.loads((tmp_path / "numbers.json").read_text())["study"] == "total-variation"


def test_it_ends_early_with_what_is_there() -> None:
    progress = ProgressReporter()
    progress.stop()
    report = study("sample:harbour", TotalVariationOptions(), SMALL, progress)
    assert [note.text("en") for note in report.notes] == ["The study was ended early: 0 of 6 pictures are smoothed."]
    assert report.numbers["smoothed"] == []


@pytest.mark.parametrize("given", ["", "a", "1,", "0", "-1", "1e400", "nan"])
def test_weights_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(OptionError, match="gammas: these are no weights γ"):
        study("sample:harbour", TotalVariationOptions(gammas=given), SMALL, ProgressReporter())


@pytest.mark.parametrize("noise", [0.0, -1.0, 256.0, float("nan")])
def test_noise_that_is_none_is_refused(noise: float) -> None:
    with pytest.raises(OptionError, match="noise: no such noise"):
        TotalVariationOptions(noise=noise)


def test_a_picture_smaller_than_the_crop_is_refused() -> None:
    with pytest.raises(PictureSizeError, match="smaller than the crop of 6×6"):
        study("sample:harbour", TotalVariationOptions(), StudySettings(size=5, steps=1), ProgressReporter())
