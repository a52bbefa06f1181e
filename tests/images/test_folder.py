"""Which files of a folder are pictures, in which order, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincel.files import natural_key
from pincel.images.folder import list_pictures, select_pictures
from tests.images.builders import saved, smooth

PNG = saved(smooth(4, 6), "PNG")


def names(folder: Path, *, recursive: bool = False) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in list_pictures(folder, recursive=recursive).paths]


def put(folder: Path, *files: str, data: bytes = PNG) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_numbers_count_as_numbers(tmp_path: Path) -> None:
    put(tmp_path, *(f"{number}.png" for number in range(1, 13)), "b2.PNG", "B10.jpg", "a.png")
    assert names(tmp_path) == [*(f"{number}.png" for number in range(1, 13)), "a.png", "b2.PNG", "B10.jpg"]


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_of_any_length_are_in_order(numbers: list[int]) -> None:
    found = sorted((f"frame {number}.png" for number in numbers), key=natural_key)
    assert found == [f"frame {number}.png" for number in sorted(numbers)]


@given(st.lists(st.text()))
def test_any_names_have_an_order(texts: list[str]) -> None:
    assert sorted(sorted(texts, key=natural_key, reverse=True), key=natural_key) == sorted(texts, key=natural_key)


def test_what_systems_leave_in_folders_is_no_picture_and_said(tmp_path: Path) -> None:
    put(tmp_path, "1.jpg", "._1.jpg", ".DS_Store", "Thumbs.db", "notes.txt", data=b"\0\5\26\7\0\2\0\0Mac OS X        ")
    listing = list_pictures(tmp_path)
    assert [path.name for path in listing.paths] == ["1.jpg"]
    assert {path.name: reason for path, reason in listing.left_out} == {
        "._1.jpg": "hidden",
        ".DS_Store": "hidden",
        "Thumbs.db": "hidden",
        "notes.txt": "a resource file of a Mac",
    }
    (note,) = listing.notes
    assert note.startswith(f"{tmp_path}: 4 of the files left out: '._1.jpg' (hidden), ")
    assert note.endswith(", and 1 more.")


@pytest.mark.parametrize("suffix", ["", ".picture", ".JPG_original"])
def test_a_picture_without_the_name_of_one_is_known_by_its_first_bytes(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, f"IMG_1{suffix}")
    assert names(tmp_path) == [f"IMG_1{suffix}"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"8BPS\0\1", "a Photoshop file"),
        (b"%PDF-1.7", "a PDF"),
        (b"<svg xmlns='x'>", "SVG, a drawing of lines"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a film"),
        (b"II*\0\x10\0\0\0CR\2\0", "a raw file of a camera (CR2)"),
        (b"", "not a picture"),
        (b"hello", "not a picture"),
    ],
)
def test_other_files_are_called_what_they_are(tmp_path: Path, data: bytes, reason: str) -> None:
    put(tmp_path, "file.bin", data=data)
    assert [why for _, why in list_pictures(tmp_path).left_out] == [reason]


def test_folders_inside_and_links_that_lead_back(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "b/10.png", "b/9.png", ".git/x.png", "__MACOSX/1.png")
    (tmp_path / "b" / "again").symlink_to(tmp_path)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    assert names(tmp_path) == ["1.png"]
    assert names(tmp_path, recursive=True) == ["1.png", "b/9.png", "b/10.png"]
    assert dict(list_pictures(tmp_path).left_out)[tmp_path / "gone.png"] == "not a file"


def test_a_device_is_no_picture() -> None:
    assert select_pictures([Path(os.devnull)]).left_out == ((Path(os.devnull), "not a file"),)
