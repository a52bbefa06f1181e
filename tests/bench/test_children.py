"""Children answer, die with a word, and never outlive anybody. Those here load no torch, which takes seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pincel.bench.children import Child, environment_with_bytecode, last_line
from pincel.errors import PincelError

PATIENCE = 20.0


def gone(pid: int) -> bool:
    """Wait until there is no such process, or only what is left of one nobody asked after."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def patiently(path: Path) -> str:
    """Wait for a file with something in it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not (path.exists() and path.read_text()):
        time.sleep(0.05)
    return path.read_text()


def test_a_whole_run_is_timed_and_a_mistake_in_it_is_told() -> None:
    with Child("shell") as shell:
        assert shell.ask("whole", arguments=["--version"])["seconds"] > 0
        with pytest.raises(PincelError, match=r"^pincel transfer failed: Unknown recipe 'none'"):
            shell.ask("whole", arguments=["recipes", "none"])
        with pytest.raises(PincelError, match=r"failed: .*--json"):
            shell.ask("first_step", arguments=["--version"])
        # It is still there.
        assert shell.ask("whole", arguments=["--version"])["seconds"] > 0
    assert gone(shell.pid)


def test_a_child_that_dies_of_an_error_leaves_its_last_line() -> None:
    with Child("shell") as shell, pytest.raises(PincelError, match=r"measures 'shell' died: AttributeError: .*'sing'"):
        shell.ask("sing")


def test_a_child_that_is_killed() -> None:
    with Child("shell") as shell:
        os.kill(shell.pid, signal.SIGKILL)
        with pytest.raises(PincelError, match="ended by signal 9, as when memory runs out"):
            shell.ask("whole", arguments=["--version"])


def test_an_unknown_role() -> None:
    with Child("shel") as child, pytest.raises(PincelError, match="Did you mean 'shell'"):
        child.ask("open")


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    # The parent starts a shell, and that a pincel, which here writes down its number and sleeps. Then the parent is killed.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, pathlib, sys, time\n"
        "if 'samples' in sys.orig_argv:\n"
        f"    pathlib.Path({str(tmp_path / 'sleeper')!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    script = (
        "from pincel.bench.children import Child\n"
        "child = Child('shell')\n"
        "print(child.pid, flush=True)\n"
        "child.ask('whole', arguments=['samples', '--list'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        shell = int(parent.stdout.readline())
        sleeper = int(patiently(tmp_path / "sleeper"))
        parent.kill()
    assert gone(shell)
    assert gone(sleeper)


def test_bytecode_is_kept_where_python_was_told_not_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = environment_with_bytecode(tmp_path)
    assert found["PYTHONPYCACHEPREFIX"] == str(tmp_path)
    assert "PYTHONDONTWRITEBYTECODE" not in found
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert environment_with_bytecode(tmp_path) == dict(os.environ)


def test_last_line() -> None:
    assert last_line("one\ntwo \n\n") == "two"
    assert last_line("") == ""
