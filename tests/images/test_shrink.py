"""Very large pictures: shrunk while they are decoded, by what they will be and by the memory there is."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.images import shrink
from pincel.images.shrink import shrink_factor
from tests.images.builders import saved
from tests.images.test_colorspace import with_chunks

GIB = 1 << 30


@pytest.mark.parametrize(
    ("size", "target", "memory", "expected"),
    [
        ((8192, 8192), (512, 512), 16 * GIB, 1),
        ((6000, 4000), None, GIB // 4, 2),
        ((16320, 12240), (384, 512), 16 * GIB, 7),
        ((16320, 12240), (12240, 16320), 16 * GIB, 1),
        ((16320, 12240), (12240, 16320), GIB, 3),
        ((16320, 12240), None, 16 * GIB, 1),
        ((16320, 12240), None, GIB, 3),
        ((100_000, 1000), (10, 1000), 16 * GIB, 25),
    ],
)
def test_by_how_much(size: tuple[int, int], target: tuple[int, int] | None, memory: int | None, expected: int) -> None:
    fit = None if target is None else lambda _height, _width: target
    assert shrink_factor(size, fit, memory) == expected


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take pictures of more than 1,000 pixels for large ones."""
    monkeypatch.setattr(shrink, "WHOLE", 1000)


def fit(_height: int, _width: int) -> tuple[int, int]:
    return (6, 8)


VALUES = np.random.default_rng(0).integers(0, 256, (48, 64, 4), np.uint8)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGB"), ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("TIFF", "RGB"), ("TIFF", "CMYK"), ("PNG", "I;16"), ("WEBP", "RGB")],
)
def test_pixels_are_averaged(load: Any, form: str, mode: str) -> None:
    image = Image.fromarray(VALUES[..., :3]).convert(mode) if mode != "I;16" else Image.fromarray(VALUES[..., 0].astype(np.uint16) * 257)
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(image, form, **options)
    whole, shrunk = load(data), load(data, fit=fit)
    assert (shrunk.height, shrunk.width) == (24, 32)
    expected = whole.pixels.reshape(1, 3, 24, 2, 32, 2).mean((3, 5))
    assert float((shrunk.pixels - expected).abs().max()) < 0.006
    assert "64x48, read at 32x24" in shrunk.notes
    assert ("16 bit reduced to 8" in shrunk.notes) == (mode == "I;16")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("by", [2, 3, 5, 7, 8, 15])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_is_shrunk_by_no_less_than_was_asked_for(load: Any, form: str, by: int) -> None:
    data = saved(Image.fromarray(VALUES[..., :3]).resize((640, 480)), form)
    shrunk = load(data, fit=lambda _height, _width: (480 // by // shrink.MARGIN, 640 // by // shrink.MARGIN))
    wanted = shrink_factor((640, 480), lambda _height, _width: (480 // by // shrink.MARGIN, 640 // by // shrink.MARGIN))
    assert wanted >= by
    assert shrunk.width <= math.ceil(640 / wanted) + 1
    assert shrunk.width >= 640 / wanted / 2


@pytest.mark.usefixtures("small")
def test_gray_of_sixteen_bits_with_a_clear_one(load: Any) -> None:
    samples = np.full((48, 64), 30_000, np.uint16)
    samples[:, :32] = 7
    data = with_chunks(saved(Image.fromarray(samples), "PNG"), tRNS=struct.pack(">H", 7))
    shrunk = load(data, fit=fit)
    assert shrunk.alpha[0, 0, 0].tolist() == [0.0] * 16 + [1.0] * 16
    assert float((shrunk.pixels[0, :, 0, -1] * 255 - (30_000 >> 8)).abs().max()) < 1.01


@pytest.mark.usefixtures("small")
def test_a_jpeg_is_decoded_at_a_half(load: Any) -> None:
    smooth = Image.fromarray(VALUES[:6, :8, :3]).resize((64, 48), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[274] = 6
    data = saved(smooth, "JPEG", quality=100, subsampling=0, exif=exif)
    whole, shrunk = load(data), load(data, fit=fit)
    assert (shrunk.height, shrunk.width) == (32, 24)
    expected = whole.pixels.reshape(1, 3, 32, 2, 24, 2).mean((3, 5))
    assert float((shrunk.pixels - expected).abs().max()) < 0.05
    assert "turned upright (EXIF orientation 6)" in shrunk.notes


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("memory", [None, 1])
def test_what_is_hidden_does_not_bleed(load: Any, memory: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if memory:
        pytest.importorskip("pyvips")
        monkeypatch.setattr(shrink, "most_bytes", lambda _=None: 1)
    values = VALUES.copy()
    values[..., :3] = (200, 60, 40)
    values[:, ::2, :3], values[..., 3] = 0, 255
    values[:, ::2, 3] = 0
    shrunk = load(saved(Image.fromarray(values), "PNG"), fit=fit)
    assert float((shrunk.pixels[0, :, 5, 5] * 255 - shrunk.pixels.new_tensor([200, 60, 40])).abs().max()) < 2
    assert float((shrunk.alpha - 0.5).abs().max()) < 0.01


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_libvips_gives_the_same(load: Any, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyvips")
    data = saved(Image.fromarray(VALUES[..., :3]).convert(mode), "PNG")
    expected = load(data, fit=fit)
    monkeypatch.setattr(shrink, "most_bytes", lambda _=None: 1)
    assert float((load(data, fit=fit).pixels - expected.pixels).abs().max()) <= 1.01 / 255
