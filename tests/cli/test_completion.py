"""Commands, options and values are completed, in the words of a shell."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pincel.cli.completion import VARIABLE
from pincel.losses import STYLE_TERMS
from pincel.recipes import RECIPES
from pincel.samples import sample_names
from tests.cli.run import pincel

Capture = pytest.CaptureFixture[str]


def completed(capsys: Capture, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    """Return what bash is answered at the end of a line."""
    given = {"COMP_LINE": line, "COMP_POINT": str(len(os.fsencode(line))), VARIABLE: "bash_complete"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    answer = pincel(capsys)
    assert (answer.code, answer.err) == (0, "")
    return [item.removeprefix("plain,") for item in answer.out.split()]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pincel tr", ["transfer", "train", "train-style"]),
        ("pincel study re", ["reconstruct"]),
        ("pincel transfer --rec", ["--recipe", "--record"]),
        ("pincel transfer --recipe gatys2016-n", ["gatys2016-normalized", "gatys2016-normalized-fast"]),
        ("pincel transfer --recipe=gatys2016-n", ["gatys2016-normalized", "gatys2016-normalized-fast"]),
        ("pincel recipes mah", ["mahendran2015", "mahendran2016"]),
        ("pincel invert sample:lake --recipe pl", ["plain"]),
        ("pincel transfer --backbone vgg19-torchvision-", ["vgg19-torchvision-255", "vgg19-torchvision-fc"]),
        ("pincel weights get alexnet-t", ["alexnet-torchvision"]),
        ("pincel transfer --backbone alexnet --content-layers fc", ["fc6", "fc7", "fc8"]),
        # Bash replaces what follows the last : or =.
        ("pincel transfer --style-layers relu1_1=0.5,relu2", ["0.5,relu2_1", "0.5,relu2_2"]),
        ("pincel transfer --style-layers relu1_1,relu1", ["relu1_1,relu1_2"]),
        ("pincel invert a.jpg --representation vgg19:relu2", ["relu2_1", "relu2_2"]),
        ("pincel invert a.jpg --representation ho", ["hog", "hogb"]),
        ("pincel transfer --style-terms w2,sl", ["w2,sliced-wasserstein"]),
        ("pincel transfer --content-terms s", ["self-similarity"]),
        ("pincel transfer --optimizer ad", ["adam", "adagrad"]),
        ("pincel transfer --color l", ["luminance"]),
        ("pincel transfer --init bl", ["blend"]),
        ("pincel grid a.jpg b.jpg --rows stre", ["strength="]),
        ("pincel transfer sample:harb", ["harbour"]),
        ("pincel study activations sample:harb", ["harbour"]),
        ("pincel transfer photo.j", ["file,photo.j"]),
        ("pincel transfer -o ", ["file,"]),
        ("pincel transfer --checkpoint ", ["dir,"]),
    ],
)
def test_what_begins_so(line: str, found: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(completed(capsys, monkeypatch, line)) == sorted(found)


@pytest.mark.parametrize(
    ("line", "all_of_them"),
    [
        ("pincel transfer --recipe ", RECIPES),
        ("pincel transfer --style-terms ", STYLE_TERMS),
        ("pincel transfer sample:", sample_names()),
    ],
)
def test_nothing_typed_gives_all(line: str, all_of_them: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(completed(capsys, monkeypatch, line)) == sorted(all_of_them)


@pytest.mark.parametrize(
    ("shell", "line"), [("bash", "complete -o nosort -F _pincel_completion pincel"), ("zsh", "compdef"), ("fish", "-m 1")]
)
def test_a_script_for_each_shell(shell: str, line: str, capsys: Capture) -> None:
    answer = pincel(capsys, "completion", shell)
    assert answer.code == 0
    assert line in answer.out
    assert f"{VARIABLE}={shell}_complete" in answer.out


def test_completing_layers_loads_no_torch() -> None:
    code = (
        "import sys\n"
        "from pincel.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "assert not {'torch', 'numpy', 'PIL', 'matplotlib'} & set(sys.modules)\n"
    )
    line = "pincel transfer sample:lake --style-layers relu3"
    given = {"COMP_LINE": line, "COMP_POINT": str(len(line)), VARIABLE: "bash_complete"}
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **given}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [f"plain,relu3_{number}" for number in (1, 2, 3, 4)]
