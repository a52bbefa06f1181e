"""What a name means: first of all the file or folder that is called so."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.errors import FilmError
from pincel.films.formats import find_target
from pincel.films.read import open_film
from pincel.films.sequence import numbered
from pincel.films.video_run import check_target, inputs
from tests.films.make_films import moving, write_film


def animation(path: Path, count: int = 3) -> Path:
    pictures = [Image.fromarray(frame) for frame in moving(count)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    return path


@pytest.mark.parametrize(
    "name", ["100% wool.gif", "50%d.gif", "100%%.gif", "%05d.png", "a*.gif", "[1].gif", "sample:pan", "sample:none.gif", "-.gif", "a:b.gif"]
)
def test_a_file_that_is_there_is_what_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    animation(tmp_path / "in.gif").rename(tmp_path / name)
    film = open_film(name)
    assert (film.kind, film.frames) == ("animation", 3)
    assert len(list(film.read())) == 3
    assert inputs(name) == [Path(name)]


@pytest.mark.parametrize("name", ["50%d.mp4", "a:b.mp4", "sample:pan", "http:x.mp4", "-"])
def test_no_name_of_a_film_is_a_protocol_or_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "in.mp4", moving(3)).rename(tmp_path / name)
    assert len(list(open_film(name).read())) == 3


def test_a_folder_that_is_there_is_what_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("%05d.png", "sample:pan", "100%% frames"):
        (tmp_path / name).mkdir()
        Image.fromarray(moving(1)[0]).save(tmp_path / name / "1.png")
        assert (open_film(name).kind, open_film(name).frames) == ("pictures", 1)
    assert find_target("%05d.png").path == Path("%05d.png/%05d.png")


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("100%% frames/%05d.png", "100%% frames/00007.png"),
        ("50% off %05d.png", "50% off 00007.png"),
        ("50%_%d.png", "50%_7.png"),
        ("%5d.jpg", "00007.jpg"),
        ("%d%%.png", "7%%.png"),
    ],
)
def test_only_the_place_for_the_number_is_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, first: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_target(pattern).container is None
    assert numbered(Path(pattern), 7) == Path(first)
    (tmp_path / first).parent.mkdir(exist_ok=True)
    for number in (7, 8):
        Image.fromarray(moving(1)[0]).save(numbered(Path(pattern), number))
    assert open_film(pattern, Fraction(2)).frames == 2


@pytest.mark.parametrize("name", ["50% off.gif", "100%.mp4", "%s.webm", "50%d.mp4", "100%% wool.apng", "% 5d.png", "%0100d.png"])
def test_an_output_with_a_percent_sign_is_a_file(name: str) -> None:
    target = find_target(name)
    assert target.container is not None
    assert target.path == Path(name)


def test_an_output_that_is_there_is_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "%05d.png").touch()
    assert find_target(tmp_path / "%05d.png").codec == "apng"


def test_pictures_go_by_the_number_they_have(tmp_path: Path) -> None:
    for number in range(1, 13):
        Image.fromarray(np.full((20, 30, 3), 20 * number, np.uint8)).save(tmp_path / f"{number}.png")
    for source in (tmp_path, tmp_path / "%d.png", tmp_path / "%02d.png"):
        assert [frame.pixels[0, 0, 0] // 20 for frame in open_film(source).read()] == list(range(1, 13))


@pytest.mark.parametrize(("names", "missing"), [(("1", "01", "3"), 1), (("1", "01"), 0), (("7", "9", "10"), 1), (("2", "3"), 0)])
def test_missing_numbers_are_counted(names: tuple[str, ...], missing: int, tmp_path: Path) -> None:
    for name in names:
        Image.fromarray(moving(1)[0]).save(tmp_path / f"{name}.png")
    film = open_film(tmp_path / "%d.png")
    assert film.frames == len(names)
    assert [note.split()[0] for note in film.notes if "missing" in note] == [str(missing)] * (missing > 0)


def test_a_folder_leaves_out_what_is_no_picture_and_says_so(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "._1.png"):
        Image.fromarray(moving(1)[0]).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("shot on Sunday")
    film = open_film(tmp_path)
    assert film.frames == 2
    assert "'._1.png' (hidden)" in film.notes[0]
    assert "'notes.txt' (not a picture)" in film.notes[0]
    assert len(list(film.read())) == 2


def test_an_output_is_kept_apart_from_the_film_it_is_made_from(tmp_path: Path) -> None:
    animation(tmp_path / "100% wool.gif")
    assert check_target(str(tmp_path / "100% wool.gif"), tmp_path / "50% off.gif", None, None).path == tmp_path / "50% off.gif"


def test_what_can_be_read_once_only_is_no_film(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(FilmError, match="a device or a pipe"):
        open_film(tmp_path / "pipe.mp4")
