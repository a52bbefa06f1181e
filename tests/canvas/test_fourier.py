"""The Fourier canvas: another way of writing the same picture down."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from pincel.canvas.fourier import BAND_LIMIT_FRACTION, FLOOR, FourierCanvas, make_fourier, spectral_slope
from tests.runs import make_run


def picture(height: int, width: int) -> Tensor:
    return 255 * torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))


@given(st.integers(1, 40), st.integers(2, 41))
def test_what_is_written_down_can_be_read_again(height: int, width: int) -> None:
    canvas = make_fourier(255.0, (height, width))
    given = picture(height, width)
    assert canvas.pixels(canvas.encode(given)) == pytest.approx(given, abs=1e-2)
    assert canvas.image(canvas.encode(given)) == pytest.approx(given / 255, abs=1e-4)


def test_each_frequency_is_scaled_by_the_root_of_one_over_it() -> None:
    """Without a style, a wave of frequency 1/4 comes out smaller than the mean color by the root of (0.25 + floor) / floor."""
    canvas = make_fourier(255.0, (16, 16))
    wave = torch.cos(torch.arange(16) * torch.pi / 2).expand(1, 3, 16, 16)
    flat = torch.ones(1, 3, 16, 16)
    ratio = canvas.pixels(flat).abs().max() / canvas.pixels(wave).abs().max()
    assert float(ratio) == pytest.approx(((0.25 + FLOOR) / FLOOR) ** 0.5, rel=1e-4)


def test_the_gain_has_a_mean_square_of_one() -> None:
    assert float(make_fourier(255.0, (24, 40)).gain.square().mean()) == pytest.approx(1.0, rel=1e-5)


def test_gradients_pass_in_double_precision() -> None:
    canvas = make_fourier(255.0, (4, 6))
    values = torch.randn(1, 3, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: canvas.pixels(z).square().sum(), values)


def test_clipping_clips_pixels_not_values() -> None:
    canvas = make_fourier(255.0, (8, 8))
    wild = canvas.encode(picture(8, 8) * 3 - 200)
    pixels = canvas.pixels(canvas.clipped(wild))
    assert float(pixels.min()) >= -1e-2
    assert float(pixels.max()) <= 255 + 1e-2
    assert pixels == pytest.approx(canvas.pixels(wild).clamp(0, 255), abs=1e-2)
    assert canvas.image(wild).min() >= 0


def falling(power: float, height: int = 200, width: int = 260, seed: int = 0) -> Tensor:
    """Return a picture whose amplitudes fall with frequency as f^-power."""
    noise = torch.randn(1, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    frequency = (down[:, None].square() + across.square()).sqrt()
    frequency[0, 0] = 1
    wild = torch.fft.irfft2(torch.fft.rfft2(noise) * frequency**-power, s=(height, width))
    found: Tensor = (0.5 + 0.15 * wild / wild.std()).float()
    return found


@pytest.mark.parametrize("power", [0.3, 0.7, 1.0, 1.3, 1.7])
def test_steepness_is_how_fast_amplitudes_fall(power: float) -> None:
    for seed in range(3):
        assert spectral_slope(falling(power, seed=seed)) == pytest.approx(power, abs=0.1)


def test_steepness_is_the_same_of_a_brighter_fainter_or_turned_picture() -> None:
    style = falling(1.2)
    assert spectral_slope(100 + 40 * style) == spectral_slope(style)
    assert spectral_slope(style.flip(-1)) == pytest.approx(spectral_slope(style), abs=0.02)
    assert spectral_slope(style.transpose(-1, -2)) == pytest.approx(spectral_slope(style), abs=0.02)


@pytest.mark.parametrize(
    ("picture_of", "expected"),
    [
        (torch.full((1, 3, 90, 90), 0.4), 1.0),
        (falling(1.7, 63, 300), 1.0),
        (falling(3.5), 2.0),
        (falling(-0.5), 0.0),
    ],
    ids=["plain", "small", "steep", "rising"],
)
def test_steepness_of_what_cannot_be_told_or_followed(picture_of: Tensor, expected: float) -> None:
    assert spectral_slope(picture_of) == expected


def test_the_gain_follows_the_style() -> None:
    """Over two octaves, a style that falls as f^-k has a gain that falls as (f + floor)^(-k/2); of two styles it is their mean."""
    for styles in ([falling(0.6)], [falling(1.4)], [falling(0.6), falling(1.4)]):
        gain = make_fourier(255.0, (64, 64), styles).gain
        mean = sum(spectral_slope(style) for style in styles) / len(styles)
        expected = ((0.5 + FLOOR) / (0.125 + FLOOR)) ** (-mean / 2)
        assert float(gain[0, 32] / gain[0, 8]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("band_limit", "floor"), [(0.0, FLOOR), (0.01, FLOOR), (0.25, 0.25 * BAND_LIMIT_FRACTION), (0.4, 0.4 * BAND_LIMIT_FRACTION)]
)
def test_what_was_painted_already_needs_no_head_start(band_limit: float, floor: float) -> None:
    gain = make_fourier(255.0, (64, 64), band_limit=band_limit).gain
    assert float(gain[0, 0] / gain[0, 32]) == pytest.approx(((0.5 + floor) / floor) ** 0.5, rel=1e-4)


def test_a_finer_scale_knows_what_the_one_before_has_painted() -> None:
    """Half the size shows waves of two of its pixels: of four pixels at full size."""
    alone, after = (make_run("sample:harbour", "sample:impasto", size=192, scales=each, precision="fp32") for each in ("none", "1/2=1"))
    painted = [make_fourier(255.0, after.size, [after.objectives.images.styles[0][0].pixels], each).gain for each in (0.0, 0.25)]
    for run, expected in zip((alone, after), painted, strict=True):
        canvas = run.objectives.full.problem.canvas
        assert isinstance(canvas, FourierCanvas)
        assert torch.equal(canvas.gain, expected)


def test_a_recipe_takes_the_gain_of_its_style(tmp_path: Path) -> None:
    for name, power in (("hard", 0.5), ("soft", 1.5)):
        Image.fromarray((falling(power)[0].permute(1, 2, 0) * 255).clamp(0, 255).byte().numpy()).save(tmp_path / f"{name}.png")
    gains = []
    for name in ("hard", "soft"):
        run = make_run("sample:harbour", tmp_path / f"{name}.png", recipe="pincel", size=96, scales="none", precision="fp32")
        assert isinstance(run.objectives.full.problem.canvas, FourierCanvas)
        gains.append(run.objectives.full.problem.canvas.gain)
    # Coarse over fine.
    hard, soft = (float(gain[0, 1] / gain[0, -1]) for gain in gains)
    assert soft > 2 * hard
