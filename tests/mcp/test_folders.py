"""What an assistant may read and write."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pincel.errors import OptionError, OutputError, PincelError
from pincel.mcp.folders import AllowedFolders


@pytest.fixture
def two(tmp_path: Path) -> AllowedFolders:
    """Two folders with a picture each, beside one that is not allowed."""
    for name in ("first", "second", "secret"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 3)).save(tmp_path / name / f"{name}.png")
    return AllowedFolders([tmp_path / "first", tmp_path / "second"])


def test_pictures_are_named_from_the_first_folder_or_by_their_whole_path(two: AllowedFolders, tmp_path: Path) -> None:
    second = str(tmp_path.resolve() / "second" / "second.png")
    assert two.pictures() == ["first.png", second]
    assert two.picture("first.png") == str(tmp_path.resolve() / "first" / "first.png")
    assert two.picture(second) == second
    assert two.picture("sample:lake") == "sample:lake"


def test_nothing_outside_is_read_however_it_is_reached(two: AllowedFolders, tmp_path: Path) -> None:
    secret = tmp_path / "secret" / "secret.png"
    (tmp_path / "first" / "link.png").symlink_to(secret)
    (tmp_path / "first" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "first-too").mkdir()
    Image.new("RGB", (4, 3)).save(tmp_path / "first-too" / "a.png")
    for name in (str(secret), "../secret/secret.png", "link.png", "folder/secret.png", "../first-too/a.png", "/etc/passwd", "a\0b.png"):
        with pytest.raises(OptionError):
            two.picture(name)
        with pytest.raises(PincelError):
            two.new_picture(name, "x")
    assert "link.png" not in two.pictures()
    for name in ("../secret", "folder", str(tmp_path)):
        with pytest.raises(OptionError, match="may not be read"):
            two.pictures(name)
    with pytest.raises(OptionError, match="no such folder"):
        two.pictures("first.png")
    for name in ("none.png", "blank:8x8", "", "."):
        with pytest.raises(OptionError, match="no such picture"):
            two.picture(name)


def test_no_file_is_ever_replaced(two: AllowedFolders, tmp_path: Path) -> None:
    first = tmp_path.resolve() / "first"
    assert two.new_picture(None, "first") == first / "first-2.png"
    assert two.new_picture("deep/new.png", "x") == first / "deep" / "new.png"
    with pytest.raises(OutputError, match=r"a file has this name.*'first-2.png'"):
        two.new_picture("first.png", "x")
    # The record of a picture is a file, too.
    (first / "b.json").touch()
    with pytest.raises(OutputError, match="a file has this name"):
        two.new_picture("b.png", "x")
    with pytest.raises(PincelError, match="no format is called"):
        two.new_picture("c.exe", "x")


def test_a_study_gets_a_folder_of_its_own(two: AllowedFolders, tmp_path: Path) -> None:
    first = tmp_path.resolve() / "first"
    (first / "filters").mkdir()
    (first / "full").mkdir()
    (first / "full" / "file").touch()
    assert two.new_folder(None, "filters") == first / "filters-2"
    assert two.new_folder("filters", "x") == first / "filters"
    for name in ("full", "first.png"):
        with pytest.raises(OutputError, match="not a new folder"):
            two.new_folder(name, "x")
    with pytest.raises(OptionError, match="may not be written"):
        two.new_folder("../elsewhere", "x")


def test_folders_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such folder"):
        AllowedFolders([tmp_path / "none"])
