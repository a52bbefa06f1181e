"""What a file is: by its content, whatever it is called."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.errors import FilmError
from pincel.films.read import open_film
from pincel.images.formats import HEIC, is_readable
from tests.films.make_films import moving, spoil, write_film


def pictures(count: int = 3) -> list[Image.Image]:
    return [Image.fromarray(frame) for frame in moving(count)]


def save_all(path: Path, form: str) -> Path:
    first, *rest = pictures()
    first.save(path, form, save_all=True, append_images=rest, duration=100)
    return path


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("name", ["a.mp4", "a.jpg", "a", "a.gif"])
def test_an_animation_is_one_under_every_name(tmp_path: Path, form: str, name: str) -> None:
    film = open_film(save_all(tmp_path / name, form))
    assert (film.kind, film.frames) == ("animation", 3)
    for frame, pixels in zip(film.read(), moving(3), strict=True):
        assert np.abs(frame.pixels.astype(int) - pixels).mean() < 12


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.avif", "a.webp", "a.jpg", "a"])
def test_a_film_is_one_under_every_name(tmp_path: Path, name: str) -> None:
    write_film(tmp_path / "in.mp4", moving(3)).rename(tmp_path / name)
    assert (open_film(tmp_path / name).kind, open_film(tmp_path / name).frames) == ("video", 3)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("name", ["still", "still.mp4", "two words.gif"])
def test_a_picture_is_said_to_be_one(tmp_path: Path, form: str, name: str) -> None:
    pictures(1)[0].save(tmp_path / name, form)
    with pytest.raises(FilmError, match=rf"^film: is a single picture \((?i:{form})\)") as refused:
        open_film(tmp_path / name)
    path = f"'{tmp_path}/{name}'" if " " in name else f"{tmp_path}/{name}"
    assert f"try: pincel transfer {path} STYLE -o OUT.png" in str(refused.value)


def make(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    if name == "playlist.mp4":
        path.write_text("ffconcat version 1.0\nfile moving.gif\n")
    elif name == "playlist.m3u8":
        path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n")
    elif name == "IMG_1.HEIC":
        path.write_bytes(struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(500))
    elif name == "pages.tif":
        first, *rest = pictures()
        first.save(path, save_all=True, append_images=rest)
    elif name == "views.mpo":
        first, *rest = pictures(2)
        first.save(path, save_all=True, append_images=rest)
    elif name == "story.nfo":
        path.write_text("no film at all\n" * 50)
    elif name == "book.pdf":
        path.write_bytes(b"%PDF-1.7\n" + bytes(600))
    elif name in {"photo.jp2", "still.avif"}:
        pictures(1)[0].save(path)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("IMG_1.HEIC", "film: is a single picture (HEIC)"),
        ("pages.tif", "film: holds 3 pictures (TIFF) without times, and is no film"),
        ("views.mpo", "film: holds 2 pictures (JPEG) without times, and is no film"),
        ("story.nfo", "film: is not a film"),
        ("book.pdf", "film: is a PDF, and no film"),
        ("photo.jp2", "film: is JPEG 2000, and no film"),
        ("playlist.mp4", "film: is not a film"),
        ("playlist.m3u8", "film: is not a film"),
        ("still.avif", "film: is a single picture (AVIF)"),
    ],
)
def test_what_is_no_film_is_called_by_its_name(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(FilmError) as refused:
        open_film(make(tmp_path, name))
    line = str(refused.value)
    assert line.startswith(said)
    assert " · accepted: " in line
    assert "\n" not in line
    # What cannot be painted as a picture either is converted first.
    assert ("pincel transfer" in line) == (name == "still.avif" or (name == "IMG_1.HEIC" and is_readable(HEIC)))


@pytest.mark.parametrize(("name", "size"), [("a.webp", (16000, 8000)), ("a.png", (16000, 8000)), ("a.avi", (16000, 8000))])
def test_frames_that_are_too_large_are_refused_before_they_are_read(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    path, (width, height) = tmp_path / name, size
    if name == "a.avi":
        write_film(path, moving(2), codec="rawvideo", pixels="yuv420p")
    else:
        save_all(path, name[2:].upper())
    data = bytearray(path.read_bytes())
    if name == "a.webp":
        data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif name == "a.png":
        data[16:24] = struct.pack(">2I", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    else:
        place = data.index(b"strf") + 12
        data[place : place + 8] = struct.pack("<2i", width, height)
    path.write_bytes(data)
    with pytest.raises(FilmError, match=r"its frames are too large \(16000×8000\)"):
        open_film(path)


def test_jpegs_one_after_the_other_are_a_film(tmp_path: Path) -> None:
    data = io.BytesIO()
    for picture in pictures():
        picture.save(data, "JPEG")
    (tmp_path / "camera.mjpg").write_bytes(data.getvalue())
    assert len(list(open_film(tmp_path / "camera.mjpg").read())) == 3


def test_a_picture_for_programs_that_know_no_animations_is_no_frame(tmp_path: Path) -> None:
    first, *rest = pictures()
    other = Image.new("RGB", first.size, "red")
    other.save(tmp_path / "a.png", save_all=True, append_images=[first, *rest], duration=100, default_image=True)
    film = open_film(tmp_path / "a.png")
    assert film.frames == 3
    assert [frame.index for frame in film.read()] == [0, 1, 2]
    for frame, pixels in zip(film.read(), moving(3), strict=True):
        assert np.array_equal(frame.pixels, pixels)


def test_a_film_begins_with_its_first_frame_that_can_be_read(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.avi", moving(5), codec="mjpeg", pixels="yuvj420p")
    spoil(path, 0)
    frames = list(open_film(path).read())
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert np.abs(frames[0].pixels.astype(int) - moving(5)[1]).mean() < 8


def test_a_damaged_first_picture_is_the_next_one(tmp_path: Path) -> None:
    for number, picture in enumerate(pictures(4)):
        picture.save(tmp_path / f"{number}.png")
    for damaged in (0, 1):
        (tmp_path / f"{damaged}.png").write_bytes(b"\x89PNG, no more")
    frames = list(open_film(tmp_path).read())
    assert [(frame.index, frame.trouble) for frame in frames] == [(0, "repeated"), (1, "repeated"), (2, ""), (3, "")]
    assert all(np.array_equal(frame.pixels, moving(4)[2]) for frame in frames[:3])


def test_a_damaged_frame_of_an_animation_is_one_beside_it(tmp_path: Path) -> None:
    noise = [Image.effect_noise((48, 36), 90).convert("RGB") for _ in range(4)]
    noise[0].save(tmp_path / "a.png", save_all=True, append_images=noise[1:], duration=100)
    data = bytearray((tmp_path / "a.png").read_bytes())
    chunks = png_chunks(data)
    for name, place, size in chunks:
        if name == b"IDAT":
            data[place : place + size] = bytes(size)
    (tmp_path / "a.png").write_bytes(data)
    film = open_film(tmp_path / "a.png")
    frames = list(film.read())
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert frames[0].trouble == "repeated"
    assert np.array_equal(frames[0].pixels, frames[1].pixels)
    assert [frame.index for frame in film.read(1)] == [1, 2, 3]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_spoiled_animation_is_refused_or_has_all_its_frames(tmp_path: Path, form: str) -> None:
    data = save_all(tmp_path / "a", form).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        spoiled = bytearray(data[: rng.integers(16, len(data))] if rng.random() < 0.3 else data)
        for place in rng.integers(12, min(len(spoiled), 400), 4):
            spoiled[place] = rng.integers(256)
        (tmp_path / "a").write_bytes(spoiled)
        try:
            film = open_film(tmp_path / "a")
            frames = list(film.read())
        except FilmError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most are refused, and some are not
        else:
            assert [frame.index for frame in frames] == list(range(film.frames))


def png_chunks(data: bytes | bytearray) -> list[tuple[bytes, int, int]]:
    """Return name, place and size of what is in each chunk."""
    found, place = [], 8
    while place < len(data):
        size, name = struct.unpack(">I4s", data[place : place + 8])
        found.append((bytes(name), place + 8, size))
        place += size + 12
    return found
