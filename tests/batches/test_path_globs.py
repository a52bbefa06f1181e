"""Where pictures are, and what results are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.batches.names import Names, safe_relative
from pincel.batches.path_globs import pictures
from pincel.errors import OptionError, OutputError, PictureMissingError, UnknownNameError
from pincel.sources import parse_weighted
from tests.batches.stand_in import picture


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two photographs, one below them, and what is none."""
    monkeypatch.chdir(tmp_path)
    folder = Path("photos")
    for name in ("b.png", "a.jpg", "below/c.png", ".hidden.png"):
        picture(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["photos"], ["photos/a.jpg", "photos/b.png"]),
        (["photos/*"], ["photos/a.jpg", "photos/b.png"]),
        (["photos/*.jpg"], ["photos/a.jpg"]),
        (["photos/**/*.png"], ["photos/b.png", "photos/below/c.png"]),
        # Each once, however it is reached, in the order it was asked for.
        (["photos/b.png", "photos/*", "photos/below/../b.png"], ["photos/b.png", "photos/a.jpg"]),
        (["sample:lake", "sample:l*"], ["sample:lake", "sample:lighthouse"]),
        (["blank:64x64"], ["blank:64x64"]),
    ],
)
def test_pictures_are_found(photos: Path, texts: list[str], found: list[str]) -> None:
    assert pictures(texts, "contents") == found
    assert photos.is_dir()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photos/a.jpeg", r"contents: there is no such file · given 'photos/a.jpeg' · .* · try: 'photos/a.jpg'"),
        ("fotos/*.jpg", r"contents: no pictures there · given 'fotos/\*.jpg' · .* · try: 'photos'"),
        ("photos/*.txt", r"contents: no pictures there"),
    ],
)
def test_what_is_no_picture_is_told_with_what_may_have_been_meant(photos: Path, text: str, message: str) -> None:
    assert photos.is_dir()
    with pytest.raises(PictureMissingError, match=message):
        pictures([text], "contents")


def test_a_sample_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'harbour'"):
        pictures(["sample:harbor"], "contents")


def test_results_are_no_contents_unless_they_are_named(photos: Path) -> None:
    assert pictures(["photos/**/*"], "contents", outside=photos / "below") == ["photos/a.jpg", "photos/b.png"]
    assert pictures(["photos/below/c.png"], "contents", outside=photos / "below") == ["photos/below/c.png"]
    with pytest.raises(PictureMissingError, match="all pictures there lie in the folder of the results"):
        pictures(["photos"], "contents", outside=photos)


def test_weights_of_styles(photos: Path) -> None:
    odd = picture(photos / "a=3.png")
    assert parse_weighted("starry.jpg=0.7") == ("starry.jpg", 0.7)
    assert parse_weighted("sample:glass") == ("sample:glass", 1.0)
    # A file that is there under its full name is what is meant.
    assert parse_weighted(str(odd)) == (str(odd), 1.0)
    for text in ("starry.jpg=much", "starry.jpg=-1", "starry.jpg=nan"):
        with pytest.raises(OptionError, match=r"The weight of 'starry.jpg' must be a number of 0 or more"):
            parse_weighted(text)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{content}_{style}.png", "night.final_impasto+glass.png"),
        ("{style}/{folder}-{content}.jpg", "impasto+glass/2024-night.final.jpg"),
        ("{number:03d} {recipe}.webp", "007 mine.webp"),
    ],
)
def test_names_follow_a_pattern(pattern: str, name: str) -> None:
    assert Names(pattern).name("photos/2024/night.final.jpg", ["sample:impasto", "paintings/glass.png"], "recipes/mine.toml", 7) == name


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{contnt}.png", r"there is no field \{contnt\} .* try: \{content\}"),
        ("{content.png", "names: "),
        ("{content:03d}.png", "names: "),
        ("{number:{foo}}.png", "names: "),
        ("{number:{}}.png", "names: "),
        ("{}.png", r"there is no field \{\}"),
        ("../{content}.png", "lies outside the folder"),
        ("/tmp/{content}.png", "lies outside the folder"),
    ],
)
def test_a_pattern_that_is_none(pattern: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Names(pattern)


def test_an_extension_that_no_picture_has() -> None:
    with pytest.raises(OutputError, match=r"no format is called '\.gif'"):
        Names("{content}.gif")


def test_a_name_stays_in_its_folder() -> None:
    assert safe_relative("a/b.png") == "a/b.png"
    assert safe_relative("a\\b.png") == "a/b.png"
    for name in ("..", "a/../../b.png", "/etc/b.png", ""):
        with pytest.raises(OptionError, match="lies outside the folder"):
            safe_relative(name)
