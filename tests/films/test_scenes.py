"""Cuts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.engine.events import Notice
from pincel.errors import FilmError
from pincel.executors.protocol import StopFlag
from pincel.films.base import ScanProgress, Scene, VideoEvent
from pincel.films.read import open_film
from pincel.films.scenes import find_scenes, is_cut
from pincel.films.synthetic import Pan
from tests.films.make_films import spoil, write_film


def test_a_film_of_three_pictures_has_three_scenes_that_meet() -> None:
    told: list[VideoEvent] = []
    film = open_film("sample:cuts")
    assert find_scenes(film, told.append) == [
        Scene(0, 20, Fraction(0)),
        Scene(20, 40, Fraction(20, 24)),
        Scene(40, 60, Fraction(40, 24)),
    ]
    assert [event.done for event in told if isinstance(event, ScanProgress)] == [10, 20, 30, 40, 50, 60]


def test_a_moving_camera_is_one_scene() -> None:
    film = open_film("sample:pan")
    flag = StopFlag()

    def emit(event: VideoEvent) -> None:
        if isinstance(event, ScanProgress) and event.done == 20:
            flag.stop()

    assert find_scenes(film, emit, flag) == [Scene(0, 20)]


def small(photographs: tuple[Path, ...]) -> Iterator[np.ndarray]:
    for path in photographs:
        with Image.open(path) as image:
            yield np.asarray(image.convert("RGB").resize((96, 64)))


def test_different_pictures_are_cuts_and_more_light_is_none(photographs: tuple[Path, ...]) -> None:
    pictures = list(small(photographs))
    assert is_cut(pictures[0], pictures[1])
    for picture in pictures:
        assert not is_cut(picture, picture)
        assert not is_cut(picture, np.clip(picture * 1.1, 0, 255).astype(np.uint8))


def test_a_quick_pan_is_no_cut() -> None:
    picture = np.asarray(Image.effect_noise((40, 30), 80).resize((600, 400)).convert("RGB"))
    pan = Pan(picture, None, 96, 72, 4, 9.0, 0.0, 0.0)
    assert not any(is_cut(pan.frame(index), pan.frame(index + 1)) for index in range(3))


def test_trouble_with_frames_is_counted(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "a.avi", [np.full((36, 48, 3), 9 * index, np.uint8) for index in range(12)], codec="mjpeg", pixels="yuvj420p"
    )
    spoil(path, 4)
    spoil(path, 7)
    told: list[VideoEvent] = []
    find_scenes(open_film(path), told.append)
    assert [event.text for event in told if isinstance(event, Notice)] == [
        "Of the frames, 2 cannot be read; the one before is shown in their place."
    ]


def test_a_film_that_breaks_off_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (30, 36, 48, 3), dtype=np.uint8)
    path = write_film(tmp_path / "a.mkv", noise, options={"bf": "0"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    told: list[VideoEvent] = []
    scenes = find_scenes(open_film(path), told.append)
    assert 5 < scenes[-1].stop < 25
    assert [event.text for event in told if isinstance(event, Notice)] == [
        f"The film says it has 30 frames, but ends after {scenes[-1].stop}."
    ]


def test_a_film_that_went_away_is_an_error(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", [np.zeros((36, 48, 3), np.uint8)] * 3)
    film = open_film(path)
    path.unlink()
    with pytest.raises(FilmError, match=r"cannot be read"):
        find_scenes(film)
