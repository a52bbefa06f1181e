"""Pictures that maximize channels: parametrizations, augmentations, gradients and the page."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.random_filters import load_random_filters
from pincel.backbones.vgg import VGG
from pincel.engine.events import SetupProgress
from pincel.errors import OptionError, UnknownNameError
from pincel.samples import sample_names
from pincel.studies.declarations import MaximizeOptions
from pincel.studies.feature_visualization import (
    AUGMENTATIONS,
    OBJECTIVES,
    PARAMETRIZATIONS,
    augment,
    color_matrix,
    frequency_scale,
    from_spectrum,
    high_freq_ratio,
    jitter,
    pad,
    rotate,
    rotate_by,
    scale,
    to_rgb,
)
from pincel.studies.features import features, load_input
from pincel.studies.maximize import Maximizer, study
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, normal

Capture = pytest.CaptureFixture[str]
SIDES = st.tuples(st.integers(1, 7), st.integers(1, 7))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# How pictures are written down.


@given(SIDES, st.integers(0, 1000))
def test_a_spectrum_is_a_sum_of_cosines(size: tuple[int, int], seed: int) -> None:
    height, width = size
    half = width // 2 + 1
    values = normal(1, 3, height, half, 2, seed=seed)
    expected = torch.zeros(1, 3, height, width, dtype=torch.float64)
    rows, columns = torch.arange(height).double()[:, None], torch.arange(width).double()[None]
    for u in range(height):
        for v in range(half):
            # Those of the other half are the same again, but for the first column and, of an even width, the last.
            twice = 1 if v in (0, width / 2) else 2
            around = u if u <= height / 2 else u - height
            frequency = math.hypot(around / height, v / width)
            gain = 1 / (4 * max(frequency, 1 / max(height, width)))
            angle = 2 * math.pi * (u * rows / height + v * columns / width)
            real, imaginary = (values[0, :, u, v, part].view(3, 1, 1) for part in (0, 1))
            expected[0] += twice * gain * (real * angle.cos() - imaginary * angle.sin())
    assert_close(from_spectrum(values, size), expected / math.sqrt(height * width))


@pytest.mark.parametrize("size", [(4, 6), (5, 5), (1, 3)])
def test_gradients_of_the_parameterisations(size: tuple[int, int]) -> None:
    spectrum = normal(1, 3, size[0], size[1] // 2 + 1, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda values: to_rgb(from_spectrum(values, size)), (spectrum,))
    assert torch.autograd.gradcheck(to_rgb, (normal(1, 3, *size).requires_grad_(),))


def test_low_frequencies_weigh_as_much_as_the_lowest_that_fits() -> None:
    # Of 8 by 4 pixels: 0 counts as 1/8; (1/8, 1/4) has √(1/64 + 1/16).
    found = frequency_scale(8, 4)
    assert found.shape == (8, 3)
    assert float(found[0, 0]) == 8 / 4
    assert float(found[1, 0]) == 8 / 4
    assert float(found[1, 1]) == pytest.approx(1 / (4 * math.sqrt(1 / 64 + 1 / 16)))
    assert torch.equal(found[1], found[7])


def test_the_colors_are_those_of_lucid() -> None:
    # Columns: (0.26, 0.27, 0.27) is the longest.
    longest = math.sqrt(0.26**2 + 0.27**2 + 0.27**2)
    expected = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], dtype=torch.float64) / longest
    assert_close(color_matrix(torch.zeros(1, dtype=torch.float64)), expected)
    one = torch.zeros(1, 3, 1, 1, dtype=torch.float64)
    one[0, 1] = 2.0
    assert_close(to_rgb(one)[0, :, 0, 0], torch.sigmoid(2 * expected[:, 1]))
    assert to_rgb(torch.zeros(1, 3, 2, 2)).eq(0.5).all()


@pytest.mark.parametrize("way", PARAMETRIZATIONS)
def test_pictures_begin_almost_gray(way: str) -> None:
    begin, decode = PARAMETRIZATIONS[way]
    values = begin((32, 20), generator())
    picture = to_rgb(decode(values[None], (32, 20)))
    assert picture.shape == (1, 3, 32, 20)
    assert 0 < float((picture - 0.5).abs().max()) < 0.1
    assert float(values.std()) == pytest.approx(0.01, rel=0.1)


# What pictures bear.


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("size", [(40, 40), (33, 48)])
def test_transforms_can_be_gone_back_through(name: str, size: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *size, generator=generator(), dtype=torch.float64).requires_grad_()
    seen = augment(x, AUGMENTATIONS[name], generator(5))
    assert seen.shape[:2] == (2, 3)
    # Gray around, less what is cut off.
    assert all(side <= kept <= 1.1 * (side + 24) for side, kept in zip(size, seen.shape[-2:], strict=True))
    (gradient,) = torch.autograd.grad(seen.sum(), x)
    # Every pixel of the middle is seen.
    assert bool((gradient[..., 8:-8, 8:-8] > 0).all())
    assert torch.equal(seen, augment(x, AUGMENTATIONS[name], generator(5)))


def test_nothing_is_done_without_transforms() -> None:
    x = torch.rand(1, 3, 8, 8)
    assert augment(x, AUGMENTATIONS["none"], generator()) is x


def test_each_transform_by_itself() -> None:
    x = torch.rand(1, 3, 12, 16, dtype=torch.float64)
    wide = pad(3)(x, generator())
    assert wide.shape == (1, 3, 18, 22)
    assert torch.equal(wide[..., 3:-3, 3:-3], x)
    assert wide[..., 0, 0].eq(0.5).all()
    cut = jitter(4)(x, generator(1))
    assert cut.shape == (1, 3, 8, 12)
    assert any(torch.equal(cut, x[..., a : a + 8, b : b + 12]) for a in range(5) for b in range(5))
    assert len({jitter(4)(x, generator(seed)).sum().item() for seed in range(40)}) > 10
    assert scale([0.9])(x, generator()).shape == (1, 3, 11, 15)
    assert scale([1.0])(x, generator()).allclose(x)
    assert rotate([0])(x, generator()).allclose(x)


def test_jitter_of_a_picture_smaller_than_itself() -> None:
    assert jitter(8)(torch.rand(1, 3, 5, 20), generator()).shape == (1, 3, 1, 12)


@pytest.mark.parametrize(("height", "width"), [(9, 9), (6, 6)])
def test_a_quarter_turn_is_a_quarter_turn(height: int, width: int) -> None:
    x = normal(1, 3, height, width)
    # rot90 turns counter-clockwise too.
    assert rotate_by(x, 90).allclose(torch.rot90(x, 1, (2, 3)))
    assert rotate_by(x, 180).allclose(x.flip(2, 3))


def test_turning_an_oblong_keeps_shapes() -> None:
    # A dot right of the middle comes to stand above it, as far away.
    x = torch.full((1, 3, 9, 21), 0.5, dtype=torch.float64)
    x[..., 4, 13] = 1.0
    seen = rotate_by(x, 90)
    assert_close(seen[0, 0, 1, 10], torch.tensor(1.0, dtype=torch.float64))
    assert float((seen - 0.5).abs().sum()) == pytest.approx(1.5)


# What is wished.


def test_the_wishes_by_hand() -> None:
    features = torch.zeros(1, 2, 2, 3, dtype=torch.float64)
    features[0, 0], features[0, 1] = torch.tensor([[3.0, 0, 0], [0, 6, 3]]), torch.tensor([[4.0, 0, 0], [0, 8, 0]])
    made = {name: wishes[0](features)[0].tolist() for name, wishes in OBJECTIVES.items()}
    assert made["channel"] == [2.0, 2.0]
    assert made["neuron"] == [6.0, 8.0]
    # Cosines 3/5, 3/5 and 1; a silent position counts as none.
    assert made["direction"] == pytest.approx([(0.6 + 0.6 + 1) / 6, (0.8 + 0.8) / 6])
    features[0, 0, 0, 0] = 7
    assert OBJECTIVES["neuron"][0](features)[0, 0] == 6
    assert OBJECTIVES["neuron"][1](features)[0, 0] == 7


def test_fineness_of_waves() -> None:
    x = torch.arange(32).double()
    coarse, fine = (torch.cos(2 * math.pi * x / period).expand(1, 3, 32, 32) for period in (8, 2))
    assert high_freq_ratio(coarse).tolist() == pytest.approx([0], abs=1e-12)
    assert high_freq_ratio(fine).tolist() == pytest.approx([1])
    # Variances 1/2 and 4.
    assert high_freq_ratio(coarse + 2 * fine).tolist() == pytest.approx([4 / 4.5])
    assert high_freq_ratio(torch.ones(1, 3, 4, 4)).tolist() == [0]


@pytest.fixture(scope="module")
def bank() -> VGG:
    return load_random_filters(BACKBONES["random-cnn-11"])


def climbed(maximizer: Maximizer, steps: int, rate: float, size: tuple[int, int] = (16, 16)) -> tuple[Tensor, list[list[float]]]:
    values, history = maximizer.init(size), []
    for step in range(steps):
        gradient, objectives = maximizer.gradient(values, size, step)
        history.append(objectives)
        values = values - rate * gradient
    return values, history


@pytest.mark.parametrize("way", PARAMETRIZATIONS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_slope_is_that_of_finite_differences(way: str, objective: str, vgg: VGG) -> None:
    precise = vgg.to(dtype=torch.float64)
    maximizer = Maximizer(precise, "relu2_1", (5, 9), way, objective, "none", 0)
    values = maximizer.init((8, 8)).double()
    gradient, objectives = maximizer.gradient(values, (8, 8), 0)
    towards = normal(*values.shape, seed=3)
    h = 1e-6
    after, before = (sum(maximizer.gradient(values + sign * h * towards, (8, 8), 0)[1]) for sign in (1, -1))
    assert len(objectives) == 2
    # The wish grows, what is descended falls.
    assert -float((gradient * towards).sum()) == pytest.approx((after - before) / (2 * h), rel=1e-3)


def test_a_silent_unit_is_woken(bank: VGG) -> None:
    # Of random filters, half are below zero in the middle of the noise.
    maximizer = Maximizer(bank, "relu1_1", tuple(range(16)), "fourier", "neuron", "none", 0)
    start = maximizer.init((16, 16))
    silent = [
        n for n, value in enumerate(maximizer.objectives(maximizer.pictures(start, (16, 16)), maximizer.channels)[0].tolist()) if value == 0
    ]
    assert silent
    values, _ = climbed(maximizer, 10, 1e-2)
    objectives = maximizer.objectives(maximizer.pictures(values, (16, 16)), maximizer.channels)[0]
    assert all(float(objectives[n]) > 0 for n in silent)


def test_a_picture_does_not_depend_on_the_other_channels(bank: VGG) -> None:
    several = Maximizer(bank, "relu1_1", tuple(range(11)), "fourier", "channel", "all", 4)
    alone = Maximizer(bank, "relu1_1", (10,), "fourier", "channel", "all", 4)
    (together, _), (single, _) = climbed(several, 3, 1e-3), climbed(alone, 3, 1e-3)
    assert_close(together[10:], single, rtol=1e-4)


# The study.


def made(own: dict[str, Any] | None = None, steps: int = 3, seed: int = 0, size: int = 24, backbone: str = "random-cnn-11") -> Report:
    settings = StudySettings(size=size, steps=steps, seed=seed, backbone=backbone, device="cpu")
    return study(MaximizeOptions(**{"channels": "3,8", **(own or {})}), settings, ProgressReporter())


def pictures_of(report: Report) -> dict[str, bytes]:
    (sheet,) = [block for block in report.blocks if isinstance(block, Sheet) and block.name == "pictures"]
    return {caption.text("en").split(":")[0]: image.tobytes() for caption, image in sheet.cells if caption.text("en").startswith("channel")}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two of the samples: opening all of them takes longer than the rest."""
    kept = {name: path for name, path in sample_names().items() if name in ("lake", "impasto")}
    monkeypatch.setattr("pincel.studies.maximize.sample_names", lambda: kept)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("objective", "parameterisation", "robust"),
    [
        *((objective, "fourier", "all") for objective in OBJECTIVES),
        *(("channel", way, "jitter") for way in (*PARAMETRIZATIONS, "both")),
        *(("neuron", "pixels", robust) for robust in AUGMENTATIONS),
        ("direction", "both", "none"),
    ],
)
def test_three_steps_of_every_choice(objective: str, parameterisation: str, robust: str) -> None:
    report = made({"objective": objective, "parameterisation": parameterisation, "robust": robust})
    rows = report.numbers["pictures"]
    assert [row["channel"] for row in rows] == [3, 8] * (2 if parameterisation == "both" else 1)
    assert all(len(row["history"]) == 3 for row in rows)
    assert all(math.isfinite(row["ended"]) for row in rows)
    assert report.settings["robust"] == robust


def test_the_answer_grows_past_the_noise_and_the_samples() -> None:
    report = made(steps=40, size=32)
    for row in report.numbers["pictures"]:
        assert row["ended"] > 3 * row["begun"]
        assert row["sample"] in sample_names()
        assert row["times"] == pytest.approx(row["ended"] / row["best"])
    (text,) = [block.text.text("en") for block in report.blocks if isinstance(block, Paragraph) and "surpass" in block.text.text("en")]
    above = sum(row["ended"] > row["best"] for row in report.numbers["pictures"])
    assert text.startswith({2: "Every picture", 1: "1 of 2", 0: "No picture"}[above])


@pytest.mark.usefixtures("few")
def test_the_real_network_is_climbed() -> None:
    report = made({"layer": "relu2_1", "channels": "2", "robust": "none"}, steps=20, size=32, backbone="vgg19")
    rows = report.numbers["pictures"]
    # The first step is larger than the noise it starts from, and may well lose what the noise had.
    assert all(row["ended"] > max(row["begun"], row["history"][1]) for row in rows)
    assert {type(block) for block in report.blocks} >= {Sheet, Plot, Table}


@pytest.mark.usefixtures("few")
def test_the_same_seed_makes_the_same_picture() -> None:
    first, again, other = made(), made(), made(seed=1)
    assert pictures_of(first) == pictures_of(again)
    assert all(pictures_of(first)[name] != pictures_of(other)[name] for name in pictures_of(first))


def test_samples_are_measured_as_they_are(bank: VGG) -> None:
    report = made({"objective": "neuron"})
    settings = StudySettings(size=24, device="cpu")
    for row in report.numbers["pictures"]:
        reached = {
            name: float(features(bank, load_input(f"sample:{name}", settings), ["relu1_1"])["relu1_1"][0, row["channel"]].max())
            for name in sample_names()
        }
        assert row["best"] == pytest.approx(max(reached.values()))
        assert reached[row["sample"]] == max(reached.values())


@pytest.mark.parametrize("after", ["looking at the samples", "drawing 2 pictures (fourier)"])
def test_stopping_keeps_the_pictures_so_far(after: str) -> None:
    last = SetupProgress(after, 2, len(sample_names()) if "samples" in after else 9)
    progress = ProgressReporter(lambda event: progress.stop("interrupted") if event == last else None)
    settings = StudySettings(size=24, steps=9, backbone="random-cnn-11", device="cpu")
    report = study(MaximizeOptions(channels="2"), settings, progress)
    done = 0 if "samples" in after else 2
    assert [len(row["history"]) for row in report.numbers["pictures"]] == [done, done]
    assert report.notes[0].text("en") == f"Ended early, after {done} of 9 steps."
    assert len(pictures_of(report)) == 2


def test_stopping_at_once_has_nothing_to_compare_with() -> None:
    progress = ProgressReporter()
    progress.stop("interrupted")
    report = study(MaximizeOptions(), StudySettings(size=24, steps=2, backbone="random-cnn-11", device="cpu"), progress)
    assert all("best" not in row for row in report.numbers["pictures"])


@pytest.mark.parametrize(
    ("own", "error", "message"),
    [
        ({"objective": "chanel"}, UnknownNameError, r"Unknown objective 'chanel' .* Did you mean 'channel'"),
        ({"parameterisation": "wavelets"}, UnknownNameError, r"Unknown parameterisation 'wavelets' \(known: fourier, pixels, both\)"),
        ({"robust": "most"}, UnknownNameError, r"Unknown transforms \(--robust\) 'most'"),
        ({"layer": "relu4_1"}, UnknownNameError, r"Unknown layer of backbone random-cnn-11 'relu4_1'"),
        ({"layer": "conv1_1,relu1_1"}, OptionError, r"layer: there can be only one .* try: --layer conv1_1"),
        ({"channels": "128,"}, OptionError, r"relu1_1 has 128 · given 128 · accepted: 0 to 127"),
        ({"channels": "few"}, OptionError, r"channels: no list of numbers · given 'few'"),
    ],
)
def test_refusals(own: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        made(own)


def test_a_picture_too_small_for_the_layer() -> None:
    with pytest.raises(OptionError, match="nothing would be left in relu5_1, which sees a position every 16 pixels · given 12"):
        made({"layer": "relu5_1"}, size=12, backbone="vgg19")


def test_the_command(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    quick = ("--backbone", "random-cnn-11", "--size", "24", "--steps", "2", "--device", "cpu")
    answer = pincel(capsys, "study", "maximize", "-o", out, *quick, "--channels", "0,1,2", "--parameterisation", "both", "--lang", "es")
    assert answer.code == 0, answer.err
    numbers = json.loads((out / "numbers.json").read_text())
    assert numbers["settings"]["parameterisation"] == "both"
    with (out / "channels.csv").open() as file:
        assert [row["way"] for row in csv.DictReader(file)] == ["fourier"] * 3 + ["pixels"] * 3
    assert "Las imágenes que más gustan a un canal" in (out / "index.html").read_text()
    assert "Did you mean 'neuron'" in refused(pincel(capsys, "study", "maximize", "-o", out, "--objective", "neurone"))
