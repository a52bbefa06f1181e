"""``pincel studio`` from outside: what it prints, what it refuses, what it loads. How it works: tests/studio/api."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pincel.bytesize import parse_bytes
from pincel.errors import OptionError
from pincel.studio.limits import Limits
from tests.cli.run import pincel, process, refused
from tests.cli.test_help import examples
from tests.processes import Forked

Capture = pytest.CaptureFixture[str]


def test_help_loads_no_server() -> None:
    code = (
        "import sys\nfrom pincel.cli import main\n"
        "try:\n    main(['studio', '--help'])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(sorted({'fastapi', 'uvicorn', 'pydantic', 'torch', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--keep-bytes" in found.stdout
    assert found.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--keep-bytes", "much"], "Room on the disk is given as 800M or 5GiB, not 'much'."),
        (["--port", "70000"], "Invalid value for '--port'"),
        (["--keep-runs", "0"], "Invalid value for '--keep-runs'"),
        (["--host", "203.0.113.9"], "studio: cannot listen there"),
        (["--host", "no.such.host.invalid"], "studio: cannot listen there"),
    ],
)
def test_what_is_refused(options: list[str], told: str, tmp_path: Path, capsys: Capture) -> None:
    assert told in refused(pincel(capsys, "studio", "--no-browser", "--port", "0", "--home", tmp_path, *options))


def test_a_home_that_is_a_file_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "home").write_text("")
    assert "studio: cannot be written" in refused(pincel(capsys, "studio", "--no-browser", "--home", tmp_path / "home"))


def opened(*options: str | Path, cwd: Path | None = None) -> tuple[Forked, str]:
    """Start a studio; return it and its address."""
    code = "import webbrowser; webbrowser.open = lambda address: print('opened', address, flush=True)"
    studio = process("studio", *options, cwd=cwd, code=code)
    assert studio.stdout is not None
    told = studio.stdout.readline()
    # Where an example names a port that is taken.
    told = studio.stdout.readline() if told.startswith("Port ") else told
    assert told.startswith("The studio is open: http://"), (told, studio.communicate())
    return studio, told.split()[4]


def asked(address: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        return json.load(answer)


def closed(studio: Forked) -> str:
    """End it as Ctrl-C does; return what it printed meanwhile."""
    studio.send_signal(signal.SIGINT)
    out, errors = studio.communicate(timeout=60)
    assert (studio.returncode, errors) == (0, "")
    return out


def test_it_says_where_it_is_and_opens_the_browser(tmp_path: Path) -> None:
    studio, address = opened("--port", "0", "--home", tmp_path, "--keep-runs", "7", "--keep-bytes", "1GiB")
    assert address.startswith("http://localhost:")
    assert "newest 7 runs and at most 1 GiB" in asked(f"{address}api/about")["prune_rule"]
    assert studio.stdout is not None
    assert studio.stdout.readline() == f"opened {address}\n"
    assert closed(studio) == ""


def test_the_examples_work_as_printed(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for line in examples(pincel(capsys, "studio", "--help").out):
        studio, address = opened(*shlex.split(line)[2:], cwd=tmp_path)
        assert asked(f"{address}api/runs") == {"runs": [], "more": False}
        closed(studio)
    assert (tmp_path / "paintings" / "runs").is_dir()
    assert (tmp_path / "data" / "pincel" / "studio" / "runs").is_dir()


def test_bound_elsewhere_the_address_has_a_token(tmp_path: Path) -> None:
    studio, address = opened("--port", "0", "--home", tmp_path, "--host", "0.0.0.0", "--no-browser")
    place, _, token = address.partition("?token=")
    assert len(token) >= 24
    port = place.rstrip("/").rpartition(":")[2]
    local = f"http://127.0.0.1:{port}/api/runs"
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(local)
    assert caught.value.code == 401
    caught.value.close()
    assert asked(local, Authorization=f"Bearer {token}") == {"runs": [], "more": False}
    assert closed(studio) == ""


@pytest.mark.parametrize(("text", "size"), [("5GiB", 5 * 2**30), ("800M", 800_000_000), ("1.5 kB", 1500), ("2000", 2000)])
def test_room_is_read(text: str, size: int) -> None:
    assert parse_bytes(text, "Room") == size


@pytest.mark.parametrize("text", ["", "0", "-1G", "nan", "5 parsecs"])
def test_what_is_no_room(text: str) -> None:
    with pytest.raises(OptionError, match="Room on the disk"):
        parse_bytes(text, "Room on the disk")


def test_the_rule_is_one_sentence() -> None:
    assert Limits().rule.count(".") == 1
    assert "200 runs and at most 5 GiB" in Limits().rule
