"""Where a run may start, and the noise it may start from."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from pincel.canvas.init import KINDS, Init, noise, parse_init
from pincel.errors import OptionError

MEAN = (123.68, 116.779, 103.939)
Kind = Literal["normal", "uniform"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("content", Init("content")),
        ("noise", Init("noise")),
        ("style", Init("style")),
        ("blend", Init("blend", noise_fraction=0.6)),
        ("blend=0.25", Init("blend", noise_fraction=0.25)),
        ("blend=0", Init("blend", noise_fraction=0)),
        ("blend=1", Init("blend", noise_fraction=1)),
        ("blend=1e-3", Init("blend", noise_fraction=0.001)),
        ("night.png", Init("file", path="night.png")),
        ("pictures/night", Init("file", path="pictures/night")),
        ("C:\\pictures\\night", Init("file", path="C:\\pictures\\night")),
        ("./content", Init("file", path="./content")),
        ("a=b.png", Init("file", path="a=b.png")),
        ("feedforward", Init("feedforward")),
        ("feedforward=nets/a=b.safetensors", Init("feedforward", path="nets/a=b.safetensors")),
    ],
)
def test_accepted(text: str, expected: Init) -> None:
    assert parse_init(text) == expected


def test_every_kind_listed_is_accepted() -> None:
    assert [parse_init(kind).kind for kind in KINDS] == list(KINDS)


@pytest.mark.parametrize("share", ["2", "-0.1", "1.0001", "nan", "inf", "half", "0,5"])
def test_a_share_that_is_none(share: str) -> None:
    accepted = r"must be a number from 0 to 1, such as blend=0\.6\."
    with pytest.raises(OptionError, match=rf"^The fraction of noise in init 'blend={share}' {accepted}$"):
        parse_init(f"blend={share}")


@pytest.mark.parametrize("text", ["", "photograph"])
def test_a_word_that_is_no_start(text: str) -> None:
    with pytest.raises(
        OptionError,
        match=rf"^Unknown init '{text}' \(known: content, noise, style, blend\[=0\.6\], feedforward\[=NET\], or a picture file\)\.",
    ):
        parse_init(text)


def test_a_slip_is_told_with_the_closest_match() -> None:
    with pytest.raises(OptionError, match=r"Did you mean 'content'\?$"):
        parse_init("contnet")


def drawn(kind: Kind, *, seed: int = 0, level: float = 10, mean: tuple[float, float, float] = MEAN, side: int = 200) -> Tensor:
    return noise((1, 3, side, side), kind=kind, level=level, mean=mean, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_same_seed_gives_the_same_noise(kind: Kind) -> None:
    assert torch.equal(drawn(kind), drawn(kind))
    assert not torch.equal(drawn(kind), drawn(kind, seed=1))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_noise_is_a_float32_picture(kind: Kind) -> None:
    found = drawn(kind, side=4)
    assert found.shape == (1, 3, 4, 4)
    assert found.dtype == torch.float32
    assert found.device.type == "cpu"


@pytest.mark.parametrize(("kind", "spread"), [("normal", 10), ("uniform", 10 / 3**0.5)])
def test_noise_has_the_mean_of_the_network_and_the_spread_asked_for(kind: Kind, spread: float) -> None:
    found = drawn(kind)
    for channel, mean in enumerate(MEAN):
        # 40,000 draws: four standard errors.
        assert float(found[0, channel].mean()) == pytest.approx(mean, abs=4 * spread / 200)
        assert float(found[0, channel].std()) == pytest.approx(spread, rel=0.02)


def test_uniform_noise_stays_within_its_level_and_reaches_it() -> None:
    found = drawn("uniform", level=20, mean=(0, 0, 0))
    assert -20 <= float(found.min()) < -19.9
    assert 19.9 < float(found.max()) <= 20


def test_neighbors_and_channels_are_independent() -> None:
    found = drawn("normal", mean=(0, 0, 0), level=1)[0]
    pairs = [(found[:, :, 1:], found[:, :, :-1]), (found[:, 1:], found[:, :-1]), (found[1:], found[:-1])]
    assert all(abs(float((one * other).mean())) < 0.02 for one, other in pairs)


@pytest.mark.parametrize("text", ["noise=1", "noise=0.5", "content=0.2"])
def test_only_a_blend_takes_a_share(text: str) -> None:
    with pytest.raises(OptionError, match=rf"Only blend takes a fraction of noise \(blend=0.6\), not init '{text}'"):
        parse_init(text)
