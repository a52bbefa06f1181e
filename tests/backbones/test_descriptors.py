"""HOG and dense SIFT are those of the paper, of their definition, and of VLFeat."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.backbones import DESCRIPTORS
from pincel.backbones.cells import image_gradients, pool_cells, soft_bins
from pincel.backbones.descriptors import DSIFT, HOG, HOGB, Descriptor
from pincel.errors import OptionError, PictureSizeError
from record_descriptors import REFERENCE, SIZE, SMALL, Array, picture
from tests.tensors import assert_close, normal

SEEDS = st.integers(0, 10_000)
ALL = [HOG, HOGB, DSIFT]
NAMES = [descriptor.name for descriptor in ALL]
Share = Callable[[float, float, int], list[float]]


def noise(height: int, width: int, seed: int = 0) -> Tensor:
    """Return a picture in gray levels minus 128 whose neighbors have little to do with each other."""
    return 40 * normal(1, 1, height, width, seed=seed)


def photograph(height: int, width: int) -> Tensor:
    """Return the face of the man with the camera."""
    load: Any = skimage.data.camera
    return torch.from_numpy(load()[60 : 60 + height, 200 : 200 + width].astype(np.float64) - 128)[None, None]


# The definition, pixel by pixel.


def all_in_one(across: float, down: float, directions: int) -> list[float]:
    # A picture of bytes has slopes straight down, as near to 80° as to 100°: sines are as exact as floats are, and the first is taken.
    length = math.hypot(across, down)
    angles = [2 * math.pi * k / directions for k in range(directions)]
    cosines = [round((across * math.cos(a) + down * math.sin(a)) / (length or 1), 9) for a in angles]
    return [length if k == cosines.index(max(cosines)) else 0.0 for k in range(directions)]


def shared_by_two(across: float, down: float, directions: int) -> list[float]:
    length = math.hypot(across, down)
    votes = []
    for k in range(directions):
        angle = 2 * math.pi * k / directions
        cosine = (across * math.cos(angle) + down * math.sin(angle)) / max(length, 1e-10)
        votes.append(length * max(0, 1 - directions / (2 * math.pi) * math.acos(max(min(cosine, 1), -1))))
    return votes


def plain_cells(gray: Array, share: Share, directions: int, cell: int, middles: tuple[list[float], list[float]]) -> Array:
    """Return histograms (rows, columns, K) of cells with some middles, of all pixels that have four neighbors."""
    cells = np.zeros((len(middles[0]), len(middles[1]), directions))
    for i in range(1, gray.shape[0] - 1):
        for j in range(1, gray.shape[1] - 1):
            votes = share((gray[i, j + 1] - gray[i, j - 1]) / 2, (gray[i + 1, j] - gray[i - 1, j]) / 2, directions)
            for p, row in enumerate(middles[0]):
                for q, column in enumerate(middles[1]):
                    weight = max(0, 1 - abs(i - row) / cell) * max(0, 1 - abs(j - column) / cell)
                    if weight > 0:
                        cells[p, q] += weight * np.array(votes)
    return cells


def plain_hog(gray: Array, share: Share, cell: int) -> Array:
    rows, columns = (n // cell for n in gray.shape)
    # One pixel of gray around, which has no vote of its own but gives one to the rim.
    middles = [1 + (p + 0.5) * cell - 0.5 for p in range(rows)], [1 + (q + 0.5) * cell - 0.5 for q in range(columns)]
    cells = plain_cells(np.pad(gray, 1), share, 18, cell, middles)
    code = np.zeros((27, rows, columns))
    for top in range(rows - 1):
        for left in range(columns - 1):
            four = [(top + i, left + j) for i in (0, 1) for j in (0, 1)]
            histograms = {place: np.concatenate([cells[place], cells[place][:9] + cells[place][9:]]) for place in four}
            length = max(math.sqrt(sum((h[18:] ** 2).sum() for h in histograms.values())), 1e-6)
            for place, histogram in histograms.items():
                code[:, place[0], place[1]] += 0.5 * np.minimum(histogram / length, 0.2)
    return code


def plain_descriptors(cells: Array) -> Array:
    """Return (128, h, w) of cells (rows, columns, 8)."""
    rows, columns = ((n - 4) // 3 + 1 for n in cells.shape[:2])
    code = np.zeros((128, rows, columns))
    for p in range(rows):
        for q in range(columns):
            window = [(i, j, math.exp(-((i - 1.5) ** 2 + (j - 1.5) ** 2) / (2 * 1.5**2))) for i in range(4) for j in range(4)]
            vector = np.concatenate([weight * cells[3 * p + i, 3 * q + j] for i, j, weight in window])
            code[:, p, q] = np.minimum(vector / math.sqrt(1e-6 + (vector**2).sum()), 0.2)
    return code


def plain_dsift(gray: Array, cell: int) -> Array:
    rows, columns = ((n - 2) // cell - 1 for n in gray.shape)
    # Pixel 0 has no slope; the first square is 2·cell pixels from pixel 1 on.
    middles = [0.5 + (p + 1) * cell for p in range(rows)], [0.5 + (q + 1) * cell for q in range(columns)]
    return plain_descriptors(plain_cells(gray, shared_by_two, 8, cell, middles))


PLAIN: dict[str, Callable[[Array, int], Array]] = {
    "hog": lambda gray, cell: plain_hog(gray, all_in_one, cell),
    "hogb": lambda gray, cell: plain_hog(gray, shared_by_two, cell),
    "dsift": plain_dsift,
}


@pytest.mark.parametrize("gray", [noise(32, 47), photograph(45, 34)], ids=["noise", "photograph"])
@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
def test_codes_are_those_of_the_definition(descriptor: Descriptor, gray: Tensor) -> None:
    expected = torch.from_numpy(PLAIN[descriptor.name](gray[0, 0].numpy(), descriptor.cell))
    assert_close(descriptor.code(gray)[0], expected, rtol=1e-9, atol=1e-9)
    assert_close(descriptor.code(gray.float())[0].double(), expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
def test_a_picture_hardly_to_be_seen_is_not_made_as_clear_as_others(descriptor: Descriptor) -> None:
    # Slopes of 3e-9, blocks of some 5e-7. Some slopes are too faint for a direction, and count for little.
    gray = noise(32, 47) * 1e-10
    expected = torch.from_numpy(PLAIN[descriptor.name](gray[0, 0].numpy(), descriptor.cell))
    assert_close(descriptor.code(gray)[0], expected, rtol=1e-6, atol=1e-4 if descriptor is HOGB else 1e-7)


@pytest.mark.parametrize("cell", [2, 4, 6])
@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
def test_cells_may_have_another_size(descriptor: Descriptor, cell: int) -> None:
    other = replace(descriptor, cell=cell)
    gray = noise(other.smallest + cell - 1, other.smallest + cell + 1, seed=cell)
    assert_close(other.code(gray)[0], torch.from_numpy(PLAIN[other.name](gray[0, 0].numpy(), cell)), rtol=1e-9, atol=1e-9)


# VLFeat.


def in_vlfeat(name: str) -> Tensor:
    found: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return torch.tensor(found[name], dtype=torch.float64)


@pytest.mark.parametrize("descriptor", [HOG, HOGB], ids=NAMES[:2])
def test_hog_is_that_of_vlfeat_but_for_cells_on_the_rim(descriptor: Descriptor) -> None:
    gray = torch.from_numpy(picture(*SIZE))[None, None]
    # VLFeat finds angles by an arccos in float32, which is good to 3e-4 near a direction.
    assert_close(descriptor.code(gray)[0, :, 1:-1, 1:-1], in_vlfeat(descriptor.name), rtol=1e-4, atol=1e-6 if descriptor is HOG else 5e-5)


# Its dense SIFT takes short cuts to angles and roots that are good to 1 %.
@pytest.mark.parametrize(("cell", "error"), [(4, 2e-5), (5, 0.02)])
def test_cells_of_sift_are_those_of_vlfeat(cell: int, error: float) -> None:
    gray, expected = torch.from_numpy(picture(*SMALL))[None, None], in_vlfeat(f"cells_{cell}")
    found = pool_cells(soft_bins(image_gradients(gray), 8), cell)[0]
    assert_close(found, expected, rtol=0, atol=error * float(expected.max()))
    code = torch.from_numpy(plain_descriptors(expected.permute(1, 2, 0).numpy()))
    assert_close(replace(DSIFT, cell=cell).code(gray)[0], code, rtol=0, atol=error * 0.2)


# Codes.


@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
def test_gradient_of_codes(descriptor: Descriptor) -> None:
    small = replace(descriptor, cell=2)
    gray = noise(small.smallest + 1, small.smallest + 2, seed=3).requires_grad_()
    assert torch.autograd.gradcheck(small.code, (gray,))


@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
def test_a_step_along_the_gradient_does_what_the_gradient_says(descriptor: Descriptor) -> None:
    gray, way = photograph(48, 56) + noise(48, 56) / 100, normal(1, 1, 48, 56, seed=5)
    weights = normal(*descriptor.code(gray).shape, seed=6)
    leaf = gray.clone().requires_grad_()
    (gradient,) = torch.autograd.grad((descriptor.code(leaf) * weights).sum(), leaf)
    ahead, behind = ((descriptor.code(gray + step * way) * weights).sum() for step in (1e-6, -1e-6))
    assert float((ahead - behind) / 2e-6) == pytest.approx(float((gradient * way).sum()), rel=1e-4)


@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
@pytest.mark.parametrize("level", [0.0, 30.0])
def test_a_flat_picture_has_a_code_of_0_and_finite_gradients(descriptor: Descriptor, level: float) -> None:
    gray = torch.full((1, 1, 48, 48), level, requires_grad=True)
    code = descriptor.code(gray)
    seen = code.detach().abs()
    # Around HOG's picture is a gray of 0: all but the cells on the rim see nothing else.
    assert float(seen[..., 2:-2, 2:-2].sum()) == 0
    assert (float(seen.sum()) == 0) == (level == 0 or descriptor is DSIFT)
    (found,) = torch.autograd.grad(code.sum(), gray)
    assert bool(found.isfinite().all())


@given(SEEDS, st.sampled_from(ALL), st.floats(-100, 100))
def test_a_brighter_picture_has_the_same_code(seed: int, descriptor: Descriptor, more: float) -> None:
    gray = noise(40, 48, seed)
    inner = slice(None) if descriptor is DSIFT else slice(2, -2)
    assert_close(descriptor.code(gray + more)[..., inner, inner], descriptor.code(gray)[..., inner, inner])


@given(SEEDS, st.sampled_from(ALL), st.floats(0.1, 10))
def test_contrast_does_not_matter(seed: int, descriptor: Descriptor, factor: float) -> None:
    gray = noise(40, 48, seed)
    assert_close(descriptor.code(factor * gray), descriptor.code(gray), rtol=0, atol=1e-6)


@given(SEEDS, st.sampled_from(ALL))
def test_a_picture_moved_by_a_position_has_its_code_moved(seed: int, descriptor: Descriptor) -> None:
    stride = 3 * descriptor.cell if descriptor is DSIFT else descriptor.cell
    gray = noise(48, 64, seed)
    moved = torch.cat([noise(48, stride, seed + 1), gray], dim=3)
    inner = slice(None) if descriptor is DSIFT else slice(2, -2)
    assert_close(descriptor.code(moved)[..., 1:][..., inner], descriptor.code(gray)[..., inner])


@given(SEEDS, st.sampled_from([HOG, HOGB]))
def test_a_mirrored_picture_has_mirrored_directions(seed: int, descriptor: Descriptor) -> None:
    gray = noise(24, 40, seed)
    directed = [(9 - k) % 18 for k in range(18)]
    order = [*directed, *(18 + (9 - k) % 9 for k in range(9))]
    assert_close(descriptor.code(gray.flip(3)), descriptor.code(gray).flip(3)[:, order])


def test_what_is_left_over_is_not_seen() -> None:
    gray = noise(47, 52)
    # Three descriptors' worth of cells: 2·5 pixels and a pixel around end at 2 + 8·5 = 42.
    assert_close(DSIFT.code(gray), DSIFT.code(gray[..., :42, :42]))
    # 5×6 cells end at 40 and 48; half a cell more has a share, and a slope sees one pixel further.
    other = gray.clone()
    other[..., 45:, :] = 1000
    assert_close(HOG.code(other), HOG.code(gray))
    other[..., 44, :] = 1000
    assert float((HOG.code(other) - HOG.code(gray)).abs().max()) > 0.01


@pytest.mark.parametrize("name", list(DESCRIPTORS))
def test_each_says_what_it_answers(name: str) -> None:
    descriptor = DESCRIPTORS[name]
    assert descriptor.name == name
    least = descriptor.smallest
    both = torch.cat([noise(least, least + 1), noise(least, least + 1, seed=1)])
    code = descriptor.code(both)
    assert code.shape[:2] == (2, descriptor.channels)
    assert float(code.abs().amax(dim=(1, 2, 3)).min()) > 0
    assert_close(descriptor.code(both[1:])[0], code[1])
    with pytest.raises(PictureSizeError, match=f"{name}: the picture is too small · given {least}×{least - 1} · accepted: {least} pixels"):
        descriptor.code(noise(least - 1, least))


@pytest.mark.parametrize("descriptor", ALL, ids=NAMES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_codes_have_the_precision_of_the_picture(descriptor: Descriptor, dtype: torch.dtype) -> None:
    gray = photograph(40, 40).to(dtype)
    code = descriptor.code(gray)
    assert code.dtype == dtype
    assert_close(code.double(), descriptor.code(gray.double()), rtol=0, atol=torch.finfo(dtype).eps)


@pytest.mark.parametrize("given", [torch.zeros(1, 3, 64, 64), torch.zeros(1, 64, 64), torch.zeros(1, 1, 64, 64, dtype=torch.uint8)])
def test_what_is_no_gray_picture_is_refused(given: Tensor) -> None:
    with pytest.raises(OptionError, match=r"hog: needs gray pictures · given \(1, .* · accepted: \(B, 1, H, W\)"):
        HOG.code(given)


@pytest.mark.parametrize(("descriptor", "cell", "accepted"), [(HOG, 7, "even"), (HOGB, 0, "even"), (DSIFT, 0, "1 pixel or more")])
def test_cells_that_cannot_be_are_refused(descriptor: Descriptor, cell: int, accepted: str) -> None:
    with pytest.raises(OptionError, match=f"{descriptor.name}: the cell .* · given {cell} · accepted: .*{accepted}"):
        replace(descriptor, cell=cell)
