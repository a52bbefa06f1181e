"""What the terminal cannot show is shown in other signs, and a reader that goes away ends nothing."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pincel.cli import streams
from pincel.cli.app import VERBS
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES

# All that costs no torch: what is asked for comes as arguments, parted by +.
MANY = """
import sys
from pincel.cli import main
for words in sys.argv[1:]:
    try:
        main(words.split("+"))
    except SystemExit as left:
        assert left.code == 0, words
"""


def ran(*arguments: str, script: str = MANY, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a process of its own; ``shell`` is what a shell does with it, as ``"$@" | head -1``."""
    command = [sys.executable, "-c", script, *arguments]
    shown = ["bash", "-c", f"set -o pipefail; {shell}", "bash", *command] if shell else command
    return subprocess.run(shown, capture_output=True, check=False, timeout=120, env={**os.environ, **environment})


@pytest.mark.parametrize(
    ("text", "likeness"),
    [
        ("64×48 → α·β, λ = 2², 5 µm", "64x48 -> alpha.beta, lambda = 2^2, 5 mum"),
        ("a – b — c… “d” ‘e’", "a - b - c... 'd' 'e'"),
        ("Φ ₀ ½", "Phi 0 1/2"),
        # The name of a file without its accents is that of another.
        ("año 写真 🎨", "a\\u00f1o \\u5199\\u771f \\ud83c\\udfa8"),
        # As the system gives a name that is not UTF-8.
        (os.fsdecode(b"\xff.png"), "\\udcff.png"),
        ("plain", "plain"),
    ],
)
def test_a_sign_is_shown_by_others_that_are_like_it(text: str, likeness: str) -> None:
    assert streams.readable(text) == likeness


def test_what_is_spelled_is_json_still() -> None:
    told = json.dumps({"name": 'año "写真" 🎨'}, ensure_ascii=False)
    assert json.loads(streams.readable(told)) == json.loads(told)


@pytest.fixture(scope="module")
def shown() -> str:
    """Return help, lists and recipes, as UTF-8 has them."""
    words = [
        "--help",
        *(f"{verb}+--help" for verb in VERBS),
        "recipes",
        *(f"recipes+{name}" for name in RECIPES),
        "weights+list",
        "backbones",
    ]
    answer = ran(*words, PYTHONIOENCODING="utf-8", COLUMNS="200")
    assert (answer.returncode, answer.stderr) == (0, b"")
    return answer.stdout.decode()


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_help_lists_and_recipes_can_be_shown_in_any_encoding(encoding: str, shown: str) -> None:
    codecs.register_error(streams.READABLE, streams._replaced)
    text = shown.encode(encoding, streams.READABLE).decode(encoding)
    assert "Usage: pincel transfer" in text
    # Each sign that pincel writes itself has a likeness.
    assert re.findall(r"\S*\\u[0-9a-f]{4}\S*", text) == []
    assert "alpha" in text
    # Written as UTF-8 by mistake, × would be these.
    assert not set(re.findall("Ã.", text))


def test_names_of_files_can_be_shown_in_any_encoding(tmp_path: Path) -> None:
    answer = ran("recipes", str(tmp_path / "año.toml"), script="import sys\nfrom pincel.cli import main\nmain()", PYTHONIOENCODING="ascii")
    assert answer.returncode == 2
    assert b"a\\u00f1o.toml" in answer.stderr
    assert answer.stderr.count(b"\n") == 1


def test_a_recipe_that_was_redirected_to_a_file_is_read_again(tmp_path: Path) -> None:
    # As in the console of Windows, where what is redirected is in an encoding of the country.
    copy = tmp_path / "copy.toml"
    copy.write_bytes(ran("recipes+gatys2015", PYTHONIOENCODING="cp1252").stdout)
    values = [each.model_dump(exclude=set(NAMES)) for each in (RECIPES.read(copy).recipe, RECIPES["gatys2015"].recipe)]
    assert values[0] == values[1]


@pytest.mark.parametrize(("words", "unbuffered"), [("weights+list", ""), ("weights+list+--json", "1")])
def test_a_reader_that_ends_early_is_no_error(words: str, unbuffered: str) -> None:
    answer = ran(words, shell='"$@" | head -1', PYTHONUNBUFFERED=unbuffered)
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert answer.stdout.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
def test_a_full_disk_is_told_in_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    script = "import sys\nfrom pincel.cli import main\nmain(['recipes'])"
    answer = ran(script=script, shell='"$@" > /dev/full')
    assert answer.returncode == 2
    said = "pincel: standard output: not all of it could be written, no space left on device · given the results"
    assert answer.stderr.decode().startswith(said)
    assert answer.stderr.count(b"\n") == 1
    # Of standard error nobody can be told; what was asked for is done.
    answer = ran(script=script, shell='"$@" 2> /dev/full')
    assert (answer.returncode, b"gatys2016" in answer.stdout) == (0, True)


def test_what_is_written_to_closed_streams_is_discarded(tmp_path: Path) -> None:
    script = f"""
import os
from pincel.cli import main
from pincel.cli.app import app
def written(*_, **__):
    # The next file must not get the number of standard output.
    number = os.open({str(tmp_path / "a.txt")!r}, os.O_CREAT | os.O_WRONLY)
    print("a result")
    os.write(1, b"from a library")
    os.write(2, b"from a library")
    assert number > 2
app.main = written
main([])
"""
    answer = ran(script=script, shell='"$@" <&- >&- 2>&-')
    assert answer.returncode == 0
    assert (tmp_path / "a.txt").read_bytes() == b""


def test_work_goes_on_without_a_reader(tmp_path: Path) -> None:
    script = f"""
import click, sys, time
from pathlib import Path
from rich.console import Console
from rich.progress import Progress
from pincel.cli import main
from pincel.cli.app import app
from pincel.cli.terminal import echo
def working(*_, **__):
    with Progress(console=Console(stderr=True, force_terminal=True)) as bar:
        for number in bar.track(range(400)):
            echo(f"a line of results, number {{number}}")
            click.echo("what went wrong", err=True)
    Path({str(tmp_path / "done")!r}).write_text("whole")
app.main = working
main([])
"""
    answer = ran(script=script, shell='"$@" 2>&1 | head -1')
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert (tmp_path / "done").read_text() == "whole"


def test_a_file_that_refuses_once_is_left_alone() -> None:
    reading, writing = os.pipe()
    text = streams.Stream(io.BufferedWriter(io.FileIO(writing, "wb")), "utf-8", line_buffering=True)
    print("heard", file=text)
    assert os.read(reading, 100) == b"heard\n"
    os.close(reading)
    for _ in range(3):
        print("not heard", file=text)
    assert text.failure is not None
    assert text.failure.errno == errno.EPIPE
    # Whatever prints past the stream ends nothing either.
    assert os.write(writing, b"not heard") == 9
    text.close()


def test_a_slow_reader_of_a_stream_that_does_not_wait_gets_everything() -> None:
    script = "import os\nos.set_blocking(1, False)\nfrom pincel.cli import streams\nstreams.prepare()\nprint('x' * 300_000, flush=True)"
    answer = ran(script=script, shell='"$@" | (sleep 0.2; cat)')
    assert (answer.stderr, len(answer.stdout)) == (b"", 300_001)
