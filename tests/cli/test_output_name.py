"""The name of a result for which none was given: that of the two pictures, and never one that is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.cli.output_name import output_path, reserved_name
from pincel.cli.painting import Outputs
from pincel.errors import OutputError
from pincel.files import default_stem
from tests.cli.run import pincel

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("pictures", "stem"),
    [
        (("holidays/beach.jpg", "sample:impasto"), "beach-impasto"),
        (("beach.old.jpg", "paintings/", "b.png"), "beach.old-paintings-b"),
        (("--x.jpg", ".hidden"), "x-.hidden"),
        (("a" * 300 + ".jpg", "b.jpg"), "a" * 200),
    ],
)
def test_the_names_of_the_pictures_make_the_name(pictures: tuple[str, ...], stem: str) -> None:
    assert default_stem(*pictures) == stem


def test_a_texture_is_named_after_its_painting(folder: Path) -> None:
    with output_path(None, "blank:8x8", ["sample:glass"]) as path:
        assert path == folder / "glass-texture.png"


@pytest.mark.parametrize("taken", ["a-b.png", "a-b.json", "a-b-00050.png", "a-b-64x48-00050.png", "a-b.png.checkpoint/00001.pt"])
def test_a_name_that_is_taken_gets_a_number(taken: str, folder: Path) -> None:
    (folder / taken).parent.mkdir(exist_ok=True)
    (folder / taken).touch()
    with reserved_name("a-b") as path:
        assert path == folder / "a-b-2.png"
    assert (folder / taken).exists()


def test_two_at_once_have_two_names_and_leave_nothing(folder: Path) -> None:
    with reserved_name("a-b") as one, reserved_name("a-b") as other, reserved_name("a-b") as third:
        assert [path.name for path in (one, other, third)] == ["a-b.png", "a-b-2.png", "a-b-3.png"]
        (folder / "a-b-2.png.checkpoint" / "00001.pt").touch()
    assert [path.name for path in folder.iterdir()] == ["a-b-2.png.checkpoint"]


def test_a_name_that_somebody_took_meanwhile_is_left_alone(folder: Path) -> None:
    picture = folder / "a-b.png"
    outputs = Outputs(picture, folder / "a-b.json", auto_named=True)
    assert outputs.replacing_none() == outputs
    picture.touch()
    moved = outputs.replacing_none()
    assert (moved.picture, moved.record) == (folder / "a-b-2.png", folder / "a-b-2.json")
    given = Outputs(picture, folder / "a-b.json")
    assert given.replacing_none() == given
    assert Outputs.from_dict(outputs.to_dict()) == outputs


def test_a_folder_that_cannot_be_written_to_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OutputError("no")

    monkeypatch.setattr("pincel.files.check_output", refuse)
    with pytest.raises(OutputError), reserved_name("a-b"):
        pass
    assert not list(folder.iterdir())


def test_the_command_says_where_the_picture_is(capsys: Capture, folder: Path) -> None:
    answers = [pincel(capsys, "quick", "sample:lake", "sample:glass", "--size", "32", "--style-size", "32") for _ in range(2)]
    assert [answer.code for answer in answers] == [0, 0]
    names = ["lake-glass.png", "lake-glass.json", "lake-glass-2.png", "lake-glass-2.json"]
    assert [line for answer in answers for line in answer.out.splitlines()] == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
