"""Pictures that are uploaded: what is kept, and what is refused, how early and with which words."""

from __future__ import annotations

import io
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.errors import PictureError
from pincel.images.decode import decode
from pincel.studio.errors import status_of
from pincel.studio.limits import Limits
from pincel.studio.pictures import tidy
from pincel.studio.upload_inspector import MEMORY_FRACTION, inspect
from tests.studio.api.conftest import Visitor, file_of


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that announces more than it has."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def message_of(answer: Any) -> str:
    error = answer.json()["error"]
    assert error["field"] == "file"
    assert "\n" not in error["message"]
    return str(error["message"])


def test_a_picture_is_kept_shrunk_and_found_again(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    data = file_of(2000, 500, "JPEG")
    visitor = visit(tmp_path / "kept")
    answer = visitor.upload(data, "holiday.jpg")
    assert answer.status_code == 201
    view = answer.json()
    assert (view["name"], view["width"], view["height"], view["bytes"], view["notes"]) == ("holiday.jpg", 2000, 500, len(data), [])
    for name, side, kind in (("thumb.webp", 320, "WEBP"), ("view.jpg", 1600, "JPEG")):
        answer = visitor.client.get(f"/api/pictures/{view['id']}/{name}")
        image = Image.open(io.BytesIO(answer.content))
        assert (image.size, image.format) == ((side, side // 4), kind)
        assert "immutable" in answer.headers["cache-control"]
    assert (visitor.home / "pictures" / view["id"] / "original.jpg").read_bytes() == data
    again = visit(tmp_path / "kept")
    assert again.client.get("/api/pictures").json() == [view]
    assert again.client.get(f"/api/pictures/{view['id']}").json() == view


def test_the_same_bytes_are_the_same_picture(visitor: Visitor) -> None:
    first, other = visitor.upload(file_of(), "one.png"), visitor.upload(file_of(seed=1), "other.png")
    again = visitor.upload(file_of(), "two.png")
    assert (first.status_code, other.status_code, again.status_code) == (201, 201, 200)
    assert again.json()["id"] == first.json()["id"]
    # As it was called last, and in front.
    assert [view["name"] for view in visitor.client.get("/api/pictures").json()] == ["two.png", "other.png"]


def test_a_picture_is_upright_and_its_notes_are_told(visitor: Visitor) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    view = visitor.upload(file_of(60, 40, "JPEG", exif=exif)).json()
    assert (view["width"], view["height"]) == (40, 60)
    spanish = {"es": "puesta derecha (orientación EXIF 6)"}
    assert view["notes"] == [{"text": "turned upright (EXIF orientation 6)", "translations": spanish}]
    small = Image.open(io.BytesIO(visitor.client.get(f"/api/pictures/{view['id']}/view.jpg").content))
    assert small.size == (40, 60)


def test_what_is_transparent_is_shown_on_white(visitor: Visitor) -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 20, 40))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    key = visitor.upload(buffer.getvalue()).json()["id"]
    shown = Image.open(io.BytesIO(visitor.client.get(f"/api/pictures/{key}/view.jpg").content)).convert("RGB")
    assert np.asarray(shown)[:, 30:].min() > 245
    image.putalpha(0)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    refused = visitor.upload(buffer.getvalue())
    assert (refused.status_code, "fully transparent" in message_of(refused)) == (415, True)


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (file_of(kind="PPM"), 415, "is PPM, which is not read here · given 'it.png'"),
        (file_of(300, 200, "JPEG")[:3000], 415, "the JPEG is truncated"),
        (file_of(300, 200)[:3000], 415, "truncated"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415, "the PNG is truncated"),
        (bomb(60_000, 60_000), 415, "the PNG is truncated"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", 415, "is PostScript, which is not read here"),
        (b"8BPS\0\1" + b"\0" * 60, 415, "is a Photoshop file, which is not read here"),
        (b"\0\0\0\x18ftypqt  " + b"\0" * 60, 415, "is a film, which is not read here"),
    ],
    ids=["ppm", "cut jpeg", "cut png", "header", "bomb", "postscript", "photoshop", "film"],
)
def test_what_is_no_picture_is_refused_with_its_reason(
    data: bytes, status: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where libvips is installed, pictures beyond memory are read strip by strip.
    monkeypatch.setattr("pincel.images.shrink.find_spec", lambda _: None)
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=re.escape(told)) as caught:
        inspect(path, tmp_path, Limits().pixels, Limits().memory, "'it.png'")
    assert status_of(caught.value) == status
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (b"", 415, "the file is empty · given 0 bytes"),
        (b"<html>no picture</html>", 415, "is a web page, which is not read here · given 'it.png', 23 bytes"),
    ],
    ids=["empty", "page"],
)
def test_nothing_is_left_of_what_was_refused(data: bytes, status: int, told: str, visitor: Visitor) -> None:
    answer = visitor.upload(data, "it.png")
    assert answer.status_code == status, answer.text
    assert told in message_of(answer)
    assert list((visitor.home / "incoming").iterdir()) == []
    assert list((visitor.home / "pictures").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("PNG", "png"),
        ("JPEG", "jpg"),
        ("MPO", "jpg"),
        ("WEBP", "webp"),
        ("TIFF", "tif"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("AVIF", "avif"),
    ],
)
def test_formats_that_are_told_of_are_taken(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(file_of(kind=kind))
    found = inspect(path, tmp_path, 10_000, 2**32, "'it'")
    assert (found["width"], found["height"], found["suffix"]) == (60, 40, suffix)
    assert {each.name for each in tmp_path.iterdir()} == {"upload", "thumb.webp", "view.jpg"}


def test_of_an_animation_the_first_picture_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "upload", "GIF", save_all=True, append_images=frames[1:])
    assert inspect(tmp_path / "upload", tmp_path, 10_000, 2**32, "'it'")["notes"][0]["text"] == "frame 1 of 2"
    red, _, blue = np.asarray(Image.open(tmp_path / "view.jpg"))[9, 9]
    assert (red > 240, blue < 20) == (True, True)


def test_a_very_large_picture_is_shrunk_while_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photograph lying on its side, of more pixels than any bound of a library; black left of white as it is seen."""
    exif, asked = Image.Exif(), []
    exif[0x0112] = 6
    image = Image.new("L", (9000, 8000), "black")
    image.paste("white", (0, 0, 9000, 4000))
    image.save(tmp_path / "upload", "JPEG", exif=exif, quality=50)

    def decoded(*given: Any, **options: Any) -> Any:
        asked.append(options["memory"])
        return decode(*given, **options)

    monkeypatch.setattr("pincel.studio.upload_inspector.decode", decoded)
    monkeypatch.setattr("pincel.studio.upload_inspector.free_host_memory", lambda: 10**9)
    found = inspect(tmp_path / "upload", tmp_path, 100_000_000, 6 * 2**30, "'it'")
    assert (found["width"], found["height"]) == (8000, 9000)
    # 72 million pixels of 40 bytes, in a quarter of what is free.
    assert asked == [MEMORY_FRACTION * 10**9]
    view = np.asarray(Image.open(tmp_path / "view.jpg"))
    assert view.shape == (1600, 1422, 3)
    assert list(view[800, [200, 1200], 0] > 128) == [False, True]


def test_a_hundred_megabytes_are_refused_before_they_are_sent(visitor: Visitor) -> None:
    read = 0

    def stream() -> Iterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b"\0" * 1_000_000

    began = time.monotonic()
    headers = {"content-length": "100000000", "content-type": "multipart/form-data; boundary=x"}
    answer = visitor.client.post("/api/pictures", content=stream(), headers=headers)
    assert answer.status_code == 413
    assert "100,000,000 bytes" in answer.json()["error"]["message"]
    # The client of tests hands over what there is all at once; test_server.py looks at the wire.
    assert time.monotonic() - began < 10
    assert list((visitor.home / "incoming").iterdir()) == []


def test_who_does_not_say_how_much_comes_is_stopped_in_time(visit: Callable[..., Visitor]) -> None:
    visitor = visit(bytes=1_000_000)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    answer = visitor.client.post(
        "/api/pictures", content=iter([head, *[b"\0" * 100_000] * 40]), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert (answer.status_code, answer.json()["error"]["message"]) == (413, "The request is too large.")
    # What slips under the bound of the whole form is weighed by itself.
    answer = visitor.upload(b"\0" * 1_500_000)
    assert answer.status_code == 413
    assert "1,500,000 bytes; up to 1,000,000" in message_of(answer)


def test_opening_may_take_so_long_and_no_longer(visit: Callable[..., Visitor]) -> None:
    visitor = visit(seconds=0.01)
    answer = visitor.upload()
    assert answer.status_code == 413
    assert "took more than 0.01 s" in message_of(answer)


def test_opening_may_take_so_much_memory_and_no_more(visit: Callable[..., Visitor]) -> None:
    visitor = visit(memory=400_000_000)
    assert visitor.upload().status_code == 201
    large = io.BytesIO()
    Image.new("RGB", (9000, 6000)).save(large, "PNG")
    answer = visitor.upload(large.getvalue())
    if find_spec("pyvips"):
        # Which shrinks it strip by strip.
        assert answer.status_code == 201
    else:
        assert answer.status_code == 413
        assert "for the memory there is" in message_of(answer) or "does not fit into" in message_of(answer)


def test_of_too_many_the_oldest_go_that_no_run_needs(visit: Callable[..., Visitor]) -> None:
    visitor = visit(pictures=2)
    needed, free = visitor.picture(seed=1), visitor.picture(seed=2)
    visitor.painted(content=needed)
    other = visitor.picture(seed=3)
    assert {view["id"] for view in visitor.client.get("/api/pictures").json()} == {needed, other}
    assert visitor.client.get(f"/api/pictures/{free}").status_code == 404
    visitor.painted(content=other)
    refused = visitor.upload(file_of(seed=4))
    assert refused.status_code == 413
    assert "There are 2 pictures already" in message_of(refused)


def test_a_picture_is_forgotten(visitor: Visitor) -> None:
    key = visitor.picture()
    assert visitor.client.delete(f"/api/pictures/{key}").status_code == 204
    assert visitor.client.delete(f"/api/pictures/{key}").status_code == 404
    assert list((visitor.home / "pictures").iterdir()) == []
    assert visitor.picture() == key


@pytest.mark.parametrize("key", ["..", "%2e%2e", "0123456789abcde", "0123456789ABCDEF", "..%2f..%2fetc", "0123456789abcdef%00"])
def test_no_path_comes_from_the_client(key: str, visitor: Visitor) -> None:
    for place in (f"/api/pictures/{key}", f"/api/pictures/{key}/view.jpg", f"/api/runs/{key}", f"/api/runs/{key}/record.json"):
        assert visitor.client.get(place).status_code in (404, 422), place


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fotos\\día.jpg", "día.jpg"),
        ("line\nbreak.png", "line_break.png"),
        ("", "picture"),
        ("a" * 300 + ".png", "a" * 76 + ".png"),
    ],
)
def test_names_are_for_showing(given: str, shown: str) -> None:
    assert tidy(given) == shown
