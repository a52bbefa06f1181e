"""What is seen of a square: crops, mirrored or not, in noisy colors, and the ten crops of the end."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from pincel.classify.augment import CropTransform, center_crop, noisy_center, random_crop, ten_crops
from pincel.classify.statistics import Statistics

SIDE, CROP = 7, 4


def eye(sigma: float = 0.0, divisor: float = 1.0, mean: Tensor | None = None, seed: int = 0) -> CropTransform:
    statistics = Statistics(
        torch.zeros(3, SIDE, SIDE) if mean is None else mean, torch.eye(3, dtype=torch.float64), torch.tensor([0.3, 0.2, 0.1]).double()
    )
    return CropTransform(CROP, statistics, sigma, divisor, seed)


def numbered() -> Tensor:
    """Return a square every pixel of which is another."""
    return torch.arange(3 * SIDE * SIDE, dtype=torch.uint8).view(3, SIDE, SIDE)


def windows(square: Tensor) -> dict[bytes, tuple[int, int, bool]]:
    """Return every crop of a square → where it is, and whether it is mirrored."""
    found = {}
    for top in range(SIDE - CROP + 1):
        for left in range(SIDE - CROP + 1):
            crop = square[:, top : top + CROP, left : left + CROP].float()
            found[crop.numpy().tobytes()] = (top, left, False)
            found[crop.flip(-1).numpy().tobytes()] = (top, left, True)
    return found


def test_random_views_are_crops_anywhere_half_of_them_mirrored() -> None:
    square = numbered()
    known = windows(square)
    seen = Counter(known[random_crop(eye(), square, 1, index)[0].contiguous().numpy().tobytes()] for index in range(3200))
    assert len(seen) == 2 * (SIDE - CROP + 1) ** 2
    # 100 each are expected: five deviations.
    assert all(50 < count < 150 for count in seen.values())
    assert sum(count for place, count in seen.items() if place[2]) == pytest.approx(1600, abs=5 * 800**0.5)


def test_a_view_belongs_to_seed_epoch_and_picture() -> None:
    square = numbered()
    first = random_crop(eye(0.1), square, 3, 5)
    assert torch.equal(first, random_crop(eye(0.1), square, 3, 5))
    for other in (random_crop(eye(0.1), square, 4, 5), random_crop(eye(0.1), square, 3, 6), random_crop(eye(0.1, seed=1), square, 3, 5)):
        assert not torch.equal(first, other)


def test_the_mean_picture_is_cut_and_mirrored_alike() -> None:
    square = numbered()
    for index in range(20):
        assert random_crop(eye(mean=square.float()), square, 1, index).abs().max() == 0


def test_noise_is_one_color_a_picture_and_divided_too() -> None:
    plain, noisy = (random_crop(eye(sigma, 4.0), numbered(), 1, 2)[0] for sigma in (0.0, 0.1))
    added = noisy - plain
    assert torch.allclose(added, added[:, :1, :1].expand_as(added), atol=1e-4)
    assert added[:, 0, 0].abs().min() > 0
    assert torch.allclose(4 * plain, random_crop(eye(), numbered(), 1, 2)[0])


def test_the_same_view_is_the_middle() -> None:
    expected = numbered()[:, 1:5, 1:5].float()
    assert torch.equal(center_crop(eye(0.1), numbered(), 1, 1)[0], expected)
    assert torch.equal(noisy_center(eye(), numbered(), 1, 1)[0], expected)
    assert not torch.equal(noisy_center(eye(0.1), numbered(), 1, 1)[0], expected)


def test_ten_views_by_hand() -> None:
    square, mean = numbered(), torch.rand(3, SIDE, SIDE)
    views = ten_crops(eye(0.1, 2.0, mean), square, 1, 1)
    assert views.shape == (10, 3, CROP, CROP)
    less = (square.float() - mean) / 2
    corners = [less[:, 1:5, 1:5], less[:, :4, :4], less[:, :4, 3:], less[:, 3:, :4], less[:, 3:, 3:]]
    for place, corner in enumerate(corners):
        assert torch.equal(views[place], corner)
        assert torch.equal(views[place + 5], corner.flip(-1))
