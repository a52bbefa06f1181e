"""Each measure is right on pictures and features made by hand, of which it is known what they must give."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from _judge import LAYERS, MEASURES, Judge, default_network, layers_of, load_network, load_seen
from _measures import (
    affinity_divergence,
    color_distance,
    contrast,
    cosine_distance,
    finest_band,
    frechet_share,
    ghosting,
    grain,
    gram_share,
    luminance,
    moments_of,
    on_grid,
    wasserstein_share,
)
from _pairs import find_picture
from pincel.errors import OptionError
from pincel.samples import find_sample

SIDE = 96


def noise(seed: int, spread: float = 0.05) -> Tensor:
    """Gray noise around 0, (1, 3, SIDE, SIDE)."""
    drawn = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return spread * drawn.expand(-1, 3, -1, -1)


def features(seed: int, channels: int = 4, side: int = 12) -> Tensor:
    return torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(seed)).relu()


def shuffled(x: Tensor) -> Tensor:
    order = torch.randperm(x.shape[2] * x.shape[3], generator=torch.Generator().manual_seed(9))
    return x.flatten(2)[..., order].view(x.shape)


# Pixels


@pytest.mark.parametrize(("cycles", "kept"), [(0.1, 0.0), (0.24, 0.0), (0.26, 1.0), (0.4, 1.0)])
def test_the_finest_band_begins_at_half_of_nyquist(cycles: float, kept: float) -> None:
    steps = round(2 * SIDE * cycles)
    wave = np.cos(np.pi * (np.arange(SIDE) + 0.5) * steps / SIDE)
    for luma in (np.tile(wave, (SIDE, 1)), np.tile(wave[:, None], (1, SIDE))):
        assert finest_band(luma) == pytest.approx(kept * luma, abs=1e-9)


def test_luminance_is_weighed_as_the_eye_does() -> None:
    assert luminance(torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1))[0, 0] == pytest.approx(0.299 + 0.587 / 2)


def test_grain_is_what_noise_adds_to_the_finest_band() -> None:
    painting = 0.5 + noise(1)
    assert grain(painting, painting) == 1
    assert grain(painting + noise(2), painting) == pytest.approx(2, rel=0.05)
    assert grain(0.5 + noise(1) / 2, painting) == pytest.approx(0.25)


def test_a_painting_without_detail_gives_a_number_all_the_same() -> None:
    flat = torch.full((1, 3, SIDE, SIDE), 0.5)
    assert grain(flat, flat) == 1
    assert math.isfinite(grain(0.5 + noise(1), flat))
    assert ghosting(flat, flat) == 0
    assert contrast(flat, flat) == 1


def test_lines_of_the_photograph_in_a_painting_are_ghosts() -> None:
    painting, photograph = 0.5 + noise(1), 0.5 + noise(2)
    chance = 2 / SIDE
    assert ghosting(photograph, photograph) == pytest.approx(1)
    assert abs(ghosting(painting, photograph)) < chance
    # As much of the one as of the other: 1/√2.
    assert ghosting(painting + noise(2), photograph) == pytest.approx(math.sqrt(0.5), abs=chance)
    assert ghosting(painting - noise(2), photograph) == pytest.approx(-math.sqrt(0.5), abs=chance)


def test_contrast_is_a_ratio() -> None:
    painting = 0.5 + noise(1)
    assert contrast(0.5 + noise(1) * 2, painting) == pytest.approx(2)


def test_colors_are_apart_by_how_far_they_are_moved() -> None:
    picture = 0.5 + noise(1)
    assert color_distance(picture, shuffled(picture)) == 0
    # White has L 100, black 0, both no hue.
    white, black = torch.ones(1, 3, 8, 8), torch.zeros(1, 3, 4, 4)
    assert color_distance(white, black) == pytest.approx(100, abs=0.01)
    # Half of the pixels are moved: √½ of the distance.
    half = torch.cat([white, torch.zeros(1, 3, 8, 8)], 2)
    assert color_distance(half, white) == pytest.approx(100 * math.sqrt(0.5), abs=0.01)


# Features


def test_the_same_features_at_other_positions_are_no_distance_from_the_painting() -> None:
    target = features(1)
    moved, there = moments_of(shuffled(target)), moments_of(target)
    assert wasserstein_share(shuffled(target), target) == 0
    assert gram_share(moved, there) < 1e-20
    assert frechet_share(moved, there) < 1e-9


def test_distances_to_the_painting_are_in_its_own_units() -> None:
    target, nothing = features(1, channels=64), torch.zeros(1, 64, 3, 3)
    assert gram_share(moments_of(nothing), moments_of(target)) == 1
    assert wasserstein_share(nothing, target) == pytest.approx(1, rel=0.3)
    mean_alone = target.mean((2, 3), keepdim=True).expand(-1, -1, 3, 3)
    assert frechet_share(moments_of(mean_alone), moments_of(target)) == pytest.approx(1)
    assert wasserstein_share(3 * nothing, 3 * target) == pytest.approx(wasserstein_share(nothing, target))


def test_directions_of_features_count_not_their_lengths() -> None:
    target = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert cosine_distance(5 * target, target) == pytest.approx(0)
    assert cosine_distance(target.flip(0), target) == pytest.approx(1)


def test_affinities_diverge_as_the_formula_says() -> None:
    target = torch.eye(2)
    assert affinity_divergence(3 * target, target) == pytest.approx(0, abs=1e-6)
    assert affinity_divergence(target.flip(0), target) == pytest.approx(0, abs=1e-6)
    # Each position is like itself by 1 and like the other by 0, where all are alike in the other picture.
    share = 1 / (1 + math.exp(-1))
    expected = share * math.log(2 * share) + (1 - share) * math.log(2 * (1 - share))
    assert affinity_divergence(torch.ones(2, 2), target) == pytest.approx(expected, rel=1e-5)


def test_positions_lie_on_an_even_grid() -> None:
    rows = torch.arange(10.0).view(1, 1, 10, 1).expand(1, 1, 10, 10)
    assert set(on_grid(rows, 25)[0].tolist()) == {1, 3, 5, 7, 9}
    assert on_grid(rows, 100).shape == (1, 100)


# Of a pair


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    content = find_picture("coffee", tmp_path_factory.mktemp("sources"))
    return Judge(*load_seen(content, find_sample("woodcut"), 48), load_network("vgg19", torch.device("cpu")))


def test_copies_are_at_no_distance_from_what_they_copy(judge: Judge) -> None:
    copies = judge.measure_copies()
    content, style = copies["copy of content"], copies["copy of style"]
    assert list(content) == [measure.name for measure in MEASURES]
    assert [content[name] for name in ("self_similarity", "cosine", "affinity")] == pytest.approx([0, 0, 0], abs=1e-5)
    assert [style[name] for name in ("wasserstein", "gram", "frechet", "color")] == pytest.approx([0, 0, 0, 0], abs=1e-5)
    assert [style["grain"], style["contrast"], content["ghosting"]] == pytest.approx([1, 1, 1])
    assert min(style["self_similarity"], style["cosine"], content["wasserstein"], content["gram"], content["frechet"]) > 0.05


def test_the_painting_is_compared_in_its_own_shape_and_never_enlarged(judge: Judge) -> None:
    assert judge.size == (32, 48)
    photograph, painting = load_seen(find_sample("lake"), find_sample("woodcut"), 2000)
    assert photograph.shape[-1] == 2000
    assert painting.shape[-2] * painting.shape[-1] < 1000**2


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [("grain", 0.5, 0), ("grain", 1.5, 0.5), ("ghosting", -0.3, 0), ("contrast", 0.5, math.log(2)), ("contrast", 2, math.log(2))],
)
def test_what_counts_as_a_fault(name: str, value: float, fault: float) -> None:
    (measure,) = (measure for measure in MEASURES if measure.name == name)
    assert measure.fault(value) == pytest.approx(fault)


def test_the_network_is_none_that_recipes_optimize_or_seen_at_other_layers() -> None:
    # The tests have no downloaded files.
    assert default_network() == "vgg19"
    optimized = {"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"}
    assert not optimized & {*LAYERS["vgg19"].style, LAYERS["vgg19"].content, LAYERS["vgg19"].affinity}
    assert layers_of("vgg16-torchvision") == LAYERS["vgg16"]
    with pytest.raises(OptionError, match="alexnet"):
        layers_of("alexnet")
