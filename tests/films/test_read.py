"""Films read: upright, in their colors, with their times, from anywhere, and on past what is damaged."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.errors import FilmError, OptionError, UnknownNameError
from pincel.files import write_text
from pincel.films.base import Color, Film
from pincel.films.read import open_film
from tests.films.make_films import flat, moving, spoil, write_film


def apart(film: Film, frames: list[np.ndarray]) -> float:
    read = list(film.read())
    assert len(read) == len(frames)
    return float(max(np.abs(frame.pixels.astype(int) - wanted).mean() for frame, wanted in zip(read, frames, strict=True)))


def test_a_film_says_what_it_is(tmp_path: Path) -> None:
    frames = moving(12)
    film = open_film(write_film(tmp_path / "a.mp4", frames, sound="aac"))
    assert (film.width, film.height, film.frames, film.orientation) == (48, 36, 12, 1)
    assert film.rate == 25
    assert film.sounds == ("aac",)
    assert film.duration == pytest.approx(0.48, abs=0.03)
    assert film.has_audio
    assert apart(film, frames) < 5
    assert [frame.time for frame in film.read()] == [Fraction(index, 25) for index in range(12)]
    assert [frame.index for frame in film.read()] == list(range(12))


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_turned_film_stands_upright(tmp_path: Path, rotation: int) -> None:
    lying = moving(2)
    film = open_film(write_film(tmp_path / "a.mp4", lying, rotation=rotation))
    upright = [np.rot90(frame, rotation // 90) for frame in lying]
    assert (film.height, film.width) == upright[0].shape[:2]
    assert apart(film, upright) < 5


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    ticks = [0, 40, 100, 110, 300, 340]
    film = open_film(write_film(tmp_path / "a.mp4", moving(6), ticks=ticks, clock=Fraction(1, 1000), start=5000))
    assert [frame.time * 1000 for frame in film.read()] == ticks


@pytest.mark.parametrize(
    ("color", "found"),
    [
        ((1, 1, 1, 1), Color(1, True, 1, 1)),
        ((6, 2, 6, 6), Color(6, False, 6, 6)),
        ((9, 1, 9, 14), Color(9, True, 9, 14)),
    ],
)
def test_colors_are_read_by_their_own_matrix_and_range(tmp_path: Path, color: tuple[int, int, int, int], found: Color) -> None:
    wanted = (200, 40, 90)
    film = open_film(write_film(tmp_path / "a.mkv", flat(2, wanted), color=color))
    assert film.color == found
    for frame in film.read():
        assert np.abs(frame.pixels.astype(int) - wanted).max() <= 2


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "options", "damaged"),
    [
        ("a.avi", "mjpeg", "yuvj420p", {}, 10),
        ("a.mp4", "libx264", "yuv420p", {"bf": "0"}, 10),
        ("a.mkv", "libx264", "yuv420p", {"bf": "2", "g": "10"}, 12),
        ("a.webm", "libvpx-vp9", "yuv420p", {}, 10),
    ],
)
def test_a_damaged_frame_is_the_one_before_once_more_wherever_reading_begins(
    tmp_path: Path, name: str, codec: str, pixels: str, options: dict[str, str], damaged: int
) -> None:
    path = write_film(tmp_path / name, moving(24, 64), codec=codec, pixels=pixels, options=options)
    spoil(path, damaged)
    film = open_film(path)
    frames = list(film.read())
    assert [frame.index for frame in frames] == list(range(24))
    broken = [frame.index for frame in frames if frame.trouble]
    assert len(broken) == 1
    assert np.array_equal(frames[broken[0]].pixels, frames[broken[0] - 1].pixels)
    for start in (1, 9, broken[0], broken[0] + 1, 23):
        first = next(film.read(start, frames[start].time))
        assert (first.index, first.time) == (start, frames[start].time)
        assert np.array_equal(first.pixels, frames[start].pixels)


def test_reading_from_a_number_without_its_time_counts_from_the_start(tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "a.mp4", moving(5)))
    assert [frame.index for frame in film.read(3)] == [3, 4]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.avif"])
def test_animations(tmp_path: Path, name: str) -> None:
    frames = [Image.fromarray(frame) for frame in moving(4)]
    extra: dict[str, Any] = {"lossless": True} if name.endswith("webp") else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=[40, 80, 200, 100], loop=3, **extra)
    film = open_film(tmp_path / name)
    # An AVIF does not say how often it is shown.
    assert (film.kind, film.frames, film.loop) == ("animation", 4, 0 if name == "a.avif" else 3)
    assert [frame.time for frame in film.read()] == [0, Fraction(1, 25), Fraction(3, 25), Fraction(8, 25)]
    assert film.duration == pytest.approx(0.42)
    assert [frame.index for frame in film.read(2)] == [2, 3]
    assert apart(film, moving(4)) < (8 if name in {"a.gif", "a.avif"} else 1)


def test_what_is_transparent_in_an_animation_is_seen_on_the_background(tmp_path: Path) -> None:
    frames = [Image.new("RGBA", (20, 20), (255, 0, 0, alpha)) for alpha in (255, 0)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    film = open_film(tmp_path / "a.webp")
    assert [tuple(frame.pixels[0, 0]) for frame in film.read()] == [(255, 0, 0), (255, 255, 255)]
    assert film.notes == ("The animation has transparent parts; they are seen on white.",)
    blue = open_film(tmp_path / "a.webp", background="#0000ff")
    assert [tuple(frame.pixels[0, 0]) for frame in blue.read()] == [(255, 0, 0), (0, 0, 255)]
    with pytest.raises(OptionError, match="no opaque color"):
        open_film(tmp_path / "a.webp", background="#0000ff80")


def test_pictures_in_a_folder_and_by_number(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    frames = moving(4)
    for number, frame in zip((8, 9, 10, 12), frames, strict=True):
        Image.fromarray(frame).save(folder / f"{number:03d}.png")
    film = open_film(folder / "%03d.png", Fraction(12))
    assert film.notes == ("1 numbers are missing among the pictures; the film goes on without them.",)
    assert apart(film, frames) == 0
    assert [frame.time for frame in film.read(2)] == [Fraction(2, 12), Fraction(3, 12)]
    assert apart(open_film(folder), frames) == 0
    (folder / "009.png").write_bytes(b"no picture")
    Image.fromarray(frames[2][:30]).save(folder / "010.png")
    read = list(film.read())
    assert [frame.trouble for frame in read] == ["", "repeated", "resized", ""]
    assert np.array_equal(read[1].pixels, frames[0])
    # Also where reading begins there.
    assert np.array_equal(next(film.read(1)).pixels, frames[0])


def test_a_film_that_is_drawn() -> None:
    film = open_film("sample:pan")
    first, second = (next(film.read(index)) for index in (0, 1))
    assert first.pixels.shape == (film.height, film.width, 3) == (192, 256, 3)
    assert not np.array_equal(first.pixels, second.pixels)
    assert (second.index, second.time) == (1, Fraction(1, 24))


def make(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    if name == "cut.mp4":
        data = write_film(tmp_path / "whole.mp4", moving(5)).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif name == "sound.m4a":
        write_film(tmp_path / "both.mp4", moving(5), sound="aac")
        import av

        with av.open(str(tmp_path / "both.mp4")) as source, av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    container.mux(packet)
    elif name in {"still.png", "still.jpg", "still.webp"}:
        Image.fromarray(moving(1)[0]).save(path)
    elif name == "empty.mp4":
        path.touch()
    elif name == "text.mkv":
        write_text(path, "no film at all\n" * 50)
    elif name == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.mp4", "film: no such file"),
        ("empty.mp4", "film: the file is empty"),
        ("text.mkv", "film: is not a film, or its beginning or end is missing"),
        ("cut.mp4", "film: is not a film, or its beginning or end is missing"),
        ("sound.m4a", "film: has no pictures, only audio"),
        ("still.jpg", "film: is a single picture"),
        ("still.png", "film: is a single picture"),
        ("still.webp", "film: is a single picture"),
        ("folder", "film: no pictures are there"),
        ("%03d.png", "film: no pictures are there"),
        ("%03d-%d.png", "film: the name has places for several numbers"),
    ],
)
def test_what_is_no_film_is_refused_in_one_line(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(FilmError) as refused:
        open_film(make(tmp_path, name))
    line = str(refused.value)
    assert line.startswith(said)
    assert "\n" not in line
    assert " · accepted: " in line
    assert " · try: " in line


def test_a_name_nearly_right_is_named(tmp_path: Path) -> None:
    write_film(tmp_path / "holiday.mp4", moving(2))
    with pytest.raises(FilmError, match=r"try: 'holiday\.mp4'"):
        open_film(tmp_path / "holday.mp4")
    with pytest.raises(UnknownNameError, match="Did you mean 'pan'"):
        open_film("sample:pen")
