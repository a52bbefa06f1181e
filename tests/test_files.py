"""Files are written whole or not at all, and a bad place is found before the work."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pincel.errors import OutputError, PictureMissingError
from pincel.files import atomically, check_output, one_line, quoted, sha256_of, write_text


def listing(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_check_output_leaves_nothing_behind_and_creates_folders(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "out.png"
    assert check_output(str(path)) == path
    assert listing(path.parent) == []


def test_check_output_accepts_a_file_that_exists_and_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_text("old")
    check_output(path, inputs=[tmp_path / "content.png"])
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["", "a\0b"], ids=["empty", "null"])
def test_check_output_refuses_a_name_that_is_none(name: str) -> None:
    with pytest.raises(OutputError, match=r"^output: has no usable name · given .* · accepted: a file name · try: "):
        check_output(name)


@pytest.mark.parametrize("ending", ["", "/", "/new/"])
def test_check_output_refuses_a_folder(tmp_path: Path, ending: str) -> None:
    with pytest.raises(OutputError, match=r"^record: is a folder · given '.*' · .* · try: '.*out.png'$"):
        check_output(f"{tmp_path}{ending}", what="record")


def test_check_output_refuses_a_device() -> None:
    with pytest.raises(OutputError, match="is a device"):
        check_output(os.devnull)


def test_check_output_refuses_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        check_output(tmp_path / "file" / "out.png")


def test_check_output_refuses_a_name_too_long(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the name is too long"):
        check_output(tmp_path / ("x" * 300 + ".png"))


@pytest.mark.parametrize("way", ["itself", "relative", "symlink", "hard link", "through a linked folder"])
def test_check_output_refuses_to_overwrite_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    source = tmp_path / "content.png"
    source.write_text("precious")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "soft.png").symlink_to(source)
    (tmp_path / "hard.png").hardlink_to(source)
    (tmp_path / "door").symlink_to(tmp_path, target_is_directory=True)
    out = {
        "itself": source,
        "relative": Path("./content.png"),
        "symlink": tmp_path / "soft.png",
        "hard link": tmp_path / "hard.png",
        "through a linked folder": tmp_path / "door" / "content.png",
    }[way]
    with pytest.raises(OutputError, match=r"would overwrite the input '.*content.png' · given .* · try: another name"):
        check_output(out, inputs=[tmp_path / "absent.png", source])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_check_output_refuses_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    with pytest.raises(OutputError, match="no permission to write here"):
        check_output(tmp_path / "out.png")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EACCES, "there is no permission to write here"),
        (errno.EROFS, "the disk is read-only"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EHOSTDOWN, "host is down"),
    ],
)
def test_check_output_says_why_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OutputError, match=f"^output: cannot be written, {reason} · given '.*out.png' · "):
        check_output(tmp_path / "out.png")
    assert listing(tmp_path) == []


def test_atomically_shows_the_file_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    with atomically(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".png")
        temporary.write_text("whole")
    assert (listing(tmp_path), path.read_text()) == (["out.png"], "whole")


def test_atomically_obeys_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "out.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o640


def test_atomically_writes_through_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "through")
    assert link.is_symlink()
    assert target.read_text() == "through"


def test_atomically_works_with_the_longest_name(tmp_path: Path) -> None:
    name = "x" * 251 + ".png"
    write_text(tmp_path / name, "x")
    assert listing(tmp_path) == [name]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt(), PictureMissingError("another file")], ids=repr)
def test_atomically_lets_other_errors_through_and_keeps_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail() -> None:
        with atomically(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (listing(tmp_path), path.read_text()) == (["out.txt"], "old")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_atomically_removes_everything_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, refuse)
    with pytest.raises(OutputError, match=r"the disk is full · given '.*' · .* · try: make room"):
        write_text(tmp_path / "out.txt", "text")
    assert listing(tmp_path) == []


def test_a_real_limit_on_the_size_of_files_is_explained(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pincel.files import write_text\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "try: write_text(sys.argv[1], 'x' * 5000)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(tmp_path / "out.txt")], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("OutputError output: cannot be written, the file is larger than is allowed")
    assert listing(tmp_path) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000


def test_atomically_refuses_a_device_before_the_work() -> None:
    with pytest.raises(OutputError, match="is a device"), atomically(os.devnull):
        pytest.fail("the block was entered")


def test_write_text_writes_utf_8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "año\n")
    assert (tmp_path / "a.txt").read_bytes() == "año\n".encode()


def test_sha256_of_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_messages_stay_on_one_line() -> None:
    message = one_line("failed\nbadly", quoted("a\nb  c"), "x", "y")
    assert message == r"failed badly · given 'a\nb  c' · accepted: x · try: y"


def test_names_that_are_not_utf8_are_read_back_from_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff.png")
    write_text(tmp_path / "a.json", json.dumps({"name": name}, ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["name"] == name
