"""Workers answer, die with a reason, and never outlive anybody. Those here load no torch, which takes seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from _speed.worker import WorkerProcess
from pincel.errors import PincelError

TIMEOUT = 20.0
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def gone(pid: int) -> bool:
    """Wait until there is no such process, or only what is left of one that no parent has asked after."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def wait_for_text(path: Path) -> str:
    """Wait for a file with something in it."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end and not (path.exists() and path.read_text()):
        time.sleep(0.05)
    return path.read_text()


@pytest.fixture
def shell() -> Iterator[WorkerProcess]:
    with closing(WorkerProcess("shell")) as worker:
        yield worker


def test_a_mistake_in_a_run_is_an_answer_and_no_end(shell: WorkerProcess, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(PincelError, match=r"^pincel transfer: .* pincel: There is no verb 'trnsfer'.*Did you mean 'transfer'"):
            shell.ask("run", arguments=["trnsfer"], output=str(tmp_path / "out.png"))
    shell.close()
    assert gone(shell.pid)
    shell.close()


def test_an_exception_is_an_answer_too(shell: WorkerProcess) -> None:
    with pytest.raises(PincelError, match=r"measures 'shell' failed: AttributeError: .*'sing'"):
        shell.ask("sing")


def test_a_worker_that_is_killed(shell: WorkerProcess) -> None:
    os.kill(shell.pid, signal.SIGKILL)
    with pytest.raises(PincelError, match="measures 'shell' died: ended by signal 9, as when memory runs out"):
        shell.ask("run", arguments=["--version"], output="out.png")


def test_a_role_that_does_not_exist() -> None:
    with closing(WorkerProcess("shel")) as worker, pytest.raises(PincelError, match="measures 'shel' died: exit code 1"):
        worker.ask("open")


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    # The parent starts a worker, and that a pincel, which here writes down its number and sleeps. Then the parent is killed.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, pathlib, sys, time\n"
        "if 'samples' in sys.orig_argv:\n"
        f"    pathlib.Path({str(tmp_path / 'sleeper')!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    (tmp_path / "parent.py").write_text(
        "from _speed.worker import WorkerProcess\n"
        "if __name__ == '__main__':\n"
        "    worker = WorkerProcess('shell')\n"
        "    print(worker.pid, flush=True)\n"
        "    worker.ask('run', arguments=['samples', '--list'], output='out.png')\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{BENCHMARKS}"}
    with subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        sleeper = int(wait_for_text(tmp_path / "sleeper"))
        parent.kill()
    assert gone(worker)
    assert gone(sleeper)


@pytest.mark.parametrize("module", ["speed", "_speed.worker", "_speed.cold_start"])
def test_who_conducts_loads_no_torch(module: str) -> None:
    # It must not take the memory that is measured.
    code = f"import sys, {module}; print(sorted({{'torch', 'numpy', 'PIL'}} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == "[]"
