"""What happens outside one process: two commands that choose a name at the same time, and bash that completes a line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.run import process


def test_two_commands_at_once_write_two_pictures_beside_one_that_exists(tmp_path: Path) -> None:
    (tmp_path / "lake-glass.png").write_text("mine")
    running = [process("transfer", "sample:lake", "sample:glass", "--size", "32", "--steps", "3", cwd=tmp_path) for _ in range(2)]
    answers = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [0, 0], answers
    pictures = sorted(Path(out.splitlines()[0]).name for out, _ in answers)
    assert pictures == ["lake-glass-2.png", "lake-glass-3.png"]
    for name in pictures:
        with Image.open(tmp_path / name) as picture:
            picture.load()
        assert json.loads((tmp_path / name).with_suffix(".json").read_text())["picture"] == name
    assert (tmp_path / "lake-glass.png").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")
@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("pincel transfer sample:lake sample:gl", ["glass"]),
        ("pincel transfer --style-layers relu1_1,relu2_", ["relu1_1,relu2_1", "relu1_1,relu2_2"]),
        ("pincel transfer --recipe=gatys2016-n", ["gatys2016-normalized", "gatys2016-normalized-fast"]),
    ],
)
def test_bash_completes_with_the_script(line: str, reply: list[str], tmp_path: Path) -> None:
    folder = Path(sys.executable).parent
    script = subprocess.run([folder / "pincel", "completion", "bash"], capture_output=True, text=True, check=True).stdout
    (tmp_path / "script").write_text(script)
    # What bash sets before it calls the function of a completion; compopt works within one only.
    code = (
        "compopt() { :; }; source ./script; COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'; "
        '_pincel_completion pincel; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", code, "bash", line],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == reply, done.stderr
