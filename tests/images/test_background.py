"""What stands behind transparent parts, role by role."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pincel.colors import parse_color
from pincel.errors import OptionError
from pincel.images.background import flatten
from pincel.images.io import load_picture
from pincel.images.masks import load_mask
from pincel.images.picture import LoadedImage


def clear(path: Path, *, color: tuple[int, int, int] = (255, 255, 255), hidden: tuple[int, int, int] = (0, 0, 0)) -> Path:
    """Write a picture of which the left half is a color, the next quarter half so, and the rest clear."""
    values = np.zeros((4, 8, 4), np.uint8)
    values[..., :3] = hidden
    values[:, :6, :3] = color
    values[:, :4, 3], values[:, 4:6, 3] = 255, 102
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize(("background", "seen"), [("white", (255, 255, 255)), ("#102030", (16, 32, 48)), ("rgb(0, 255, 0)", (0, 255, 0))])
def test_a_style_is_seen_on_it(tmp_path: Path, background: str, seen: tuple[int, int, int]) -> None:
    picture = load_picture(clear(tmp_path / "a.png", color=(200, 100, 0)), background=background)
    assert picture.alpha is None
    row = (picture.pixels[0, :, 0] * 255).T
    torch.testing.assert_close(row[0], torch.tensor([200.0, 100, 0]))
    torch.testing.assert_close(row[7], torch.tensor(seen).float())
    torch.testing.assert_close(row[5], 0.4 * torch.tensor([200.0, 100, 0]) + 0.6 * torch.tensor(seen).float(), atol=1e-3, rtol=0)
    assert picture.notes == (f"transparent parts seen on {background}",)


def test_a_content_keeps_its_alpha(tmp_path: Path) -> None:
    assert load_picture(clear(tmp_path / "a.png")).alpha is not None


@given(st.floats(0, 1), st.floats(0, 1), st.tuples(*[st.integers(0, 255)] * 3))
def test_it_is_a_mixture(value: float, alpha: float, color: tuple[int, int, int]) -> None:
    picture = LoadedImage(torch.full((1, 3, 1, 1), value), torch.full((1, 1, 1, 1), alpha), "", "")
    flat = flatten(picture, "#{:02x}{:02x}{:02x}".format(*color)).pixels.flatten()
    expected = torch.tensor([alpha * value + (1 - alpha) * each / 255 for each in color])
    torch.testing.assert_close(flat, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("text", ["", "clear", "#12", "#11223344", "rgb(1,2)", "transparent"])
def test_what_is_no_color_is_told(text: str) -> None:
    with pytest.raises(OptionError, match="is no opaque color: give a name of CSS"):
        parse_color(text)


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_what_is_clear_in_a_mask_is_of_no_region(tmp_path: Path, hidden: tuple[int, int, int]) -> None:
    mask = load_mask(str(clear(tmp_path / "mask.png", hidden=hidden)), "mask")
    assert set(mask.regions) == {"white"}
    torch.testing.assert_close(mask.regions["white"][0, 0, 0], torch.tensor([1, 1, 1, 1, 0.4, 0.4, 0, 0]))


def test_a_clear_mask_in_colors(tmp_path: Path) -> None:
    mask = load_mask(str(clear(tmp_path / "mask.png", color=(255, 0, 0), hidden=(0, 0, 255))), "mask")
    assert set(mask.regions) == {"#ff0000"}
