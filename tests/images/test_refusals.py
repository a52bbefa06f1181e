"""What is no picture is refused in one line that says what to do, never with a traceback of a reader."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, features

from pincel.errors import PictureError, PictureMissingError, PictureSizeError, PictureUnreadableError
from pincel.images.io import load_picture
from tests.images.builders import levels, png, saved, smooth

FORM = r"^content: .+ · given .+ · accepted: .+ · try: .+$"


def refusal(source: Any, kind: type[PictureError]) -> str:
    """Return the message with which a source is refused; it must have the form of all messages."""
    with pytest.raises(kind, match=FORM) as caught:
        load_picture(source, what="content")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file_comes_with_the_closest_name(tmp_path: Path) -> None:
    (tmp_path / "tübingen's.jpg").write_bytes(b"x")
    message = refusal(tmp_path / "tubingen's.jpeg", PictureMissingError)
    assert message.startswith("content: no such file")
    assert message.endswith(f'''try: "{tmp_path}/tübingen's.jpg"''')


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere/a.png", "try: another folder, for there is none called 'nowhere'"),
        (".", "is a folder"),
        ("", "no file was named"),
        ("pyproject.toml/a.png", "no such file"),
        ("https://example.org/a.png", "addresses are not fetched"),
    ],
)
def test_what_is_not_there(source: str, said: str) -> None:
    assert said in refusal(source, PictureMissingError)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (os.devnull, "is a device"),
        ("a\0b.png", "null byte"),
        ("x" * 300, "name too long"),
        (5, "is not a picture · given an int"),
        (levels(5, 7, 2), r"no array of a picture · given an array of shape (5, 7, 2), uint8"),
        (levels(3, 5, 7), "try: array.transpose(1, 2, 0)"),
        (levels(0, 7, 3), "shape (0, 7, 3)"),
        (levels(5, 7, 3).astype(int), "type that is not accepted · given an array of shape (5, 7, 3), int64"),
        (np.full((2, 2), np.nan), "not finite"),
        (np.full((2, 2), np.inf, dtype="f4"), "not finite"),
        (np.full((2, 2), 255.0), "outside 0 to 1 · given an array of shape (2, 2), float64, values from 255 to 255"),
        (np.full((2, 2), 1.5), "values from 1.5 to 1.5"),
        (torch.rand(2, 3, 4, 4), "no tensor of a picture · given a tensor of shape (2, 3, 4, 4), float32"),
        (torch.rand(4, 4, 3), "try: tensor.permute(2, 0, 1)"),
        (torch.full((3, 2, 2), -1.0), "outside 0 to 1"),
        (torch.full((3, 2, 2), torch.nan), "not finite"),
        (torch.ones(3, 2, 2, dtype=torch.int64), "type that is not accepted"),
        (torch.ones(3, 2, 2, device="meta"), "has no values"),
        (torch.ones(3, 2, 2).to_sparse(), "not all of them · given a tensor of shape (3, 2, 2), float32, torch.sparse_coo"),
        (Image.new("RGBA", (4, 4)), "every pixel is transparent"),
        (Image.new("RGB", (0, 0)), "has no pixels · given a Pillow image (RGB), 0 x 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_there_but_cannot_be_used(source: Any, said: str) -> None:
    assert said in refusal(source, PictureUnreadableError)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"a\nb.png', 0 bytes"),
        (b"hello " * 50, "is not a picture"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "damaged (could not create decoder object)"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n", "is PostScript, which is not read here"),
        (b"II*\0" + b"\xff" * 40, "TIFF"),
    ],
)
def test_files_that_are_no_pictures(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a\nb.png"
    path.write_bytes(data)
    assert said in refusal(path, PictureUnreadableError)


FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", *(["AVIF"] if features.check("avif") else [])]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("form", FORMATS)
def test_truncated_files_are_called_so(tmp_path: Path, form: str, share: float) -> None:
    data = saved(Image.fromarray(levels(64, 64, 3)), form)
    (tmp_path / "cut").write_bytes(data[: int(len(data) * share)])
    assert "truncated" in refusal(tmp_path / "cut", PictureUnreadableError)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(FORMATS), data=st.data())
def test_a_damaged_file_is_a_picture_or_a_picture_error(tmp_path: Path, form: str, data: st.DataObject) -> None:
    content = bytearray(saved(smooth(8, 12), form))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged").write_bytes(content)
    with suppress(PictureError):  # and nothing else
        assert torch.isfinite(load_picture(tmp_path / "damaged").pixels).all()


def test_a_decompression_bomb_is_refused_from_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.images.shrink.find_spec", lambda _: None)
    (tmp_path / "bomb.png").write_bytes(png(20_000, 20_000, 8, 2, os.urandom(1_300_000)))
    with pytest.raises(PictureSizeError, match=r"too many pixels \(400,000,000\) for the memory there is .*smaller copy"):
        load_picture(tmp_path / "bomb.png", memory=1 << 30)


BMP_OF_210_MEGAPIXELS = bytes.fromhex(
    "424d7a0100000000000036000000280000000c00000009000104010018000000000044010000c40e000605040a09080e0d0c1211101615141a"
)


BMP_A_PIXEL_WIDE = bytes.fromhex(
    "424d7a01000000000000330000002800000001000000090000424d7a0100000000000036000000280000000c0000000900000001001800000000004401000000c4010e"
)


@pytest.mark.parametrize(
    "data",
    [png(20_000, 20_000, 8, 2, b""), png(60_000, 60_000, 1, 0, b"x"), png(2**30, 1, 1, 0, b"x"), BMP_OF_210_MEGAPIXELS, BMP_A_PIXEL_WIDE],
)
def test_what_is_too_short_for_its_pixels_is_refused_before_memory_is_asked_for(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    (tmp_path / "bomb").write_bytes(data)
    assert "is truncated" in refusal(tmp_path / "bomb", PictureUnreadableError)


def test_a_large_picture_below_the_bound_does_not_warn(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png(10_000, 10_000, 8, 2, b""))
    assert "truncated" in refusal(tmp_path / "large.png", PictureUnreadableError)


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").write_bytes(saved(smooth(), "PNG"))
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "there is no permission to read it" in refusal(tmp_path / "a.png", PictureUnreadableError)
