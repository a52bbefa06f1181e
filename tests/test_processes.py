"""Forked processes of tests are as new ones are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import Forked

ENDS = [
    ("print('a'); import sys; print('b', file=sys.stderr); sys.exit(3)", 3, "a\n", "b\n"),
    ("import atexit; atexit.register(print, 'last'); print('first')", 0, "first\nlast\n", ""),
    ("import sys; sys.exit('that was it')", 1, "", "that was it\n"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "", ""),
    ("raise KeyboardInterrupt", -signal.SIGINT, "", "KeyboardInterrupt\n"),
    ("1 / 0", 1, "", "ZeroDivisionError: division by zero\n"),
    ("input()", 1, "", "EOFError: EOF when reading a line\n"),
    ("import os; os.environ['HERE'] += '!'; os.system('echo $HERE')", 0, "there!\n", ""),
]


@pytest.mark.parametrize(("script", "code", "out", "last"), ENDS)
def test_they_end_as_new_ones_do(script: str, code: int, out: str, last: str) -> None:
    environment = {**os.environ, "HERE": "there"}
    forked = Forked(script, env=environment)
    new = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    printed, complained = forked.communicate(timeout=60)
    assert (forked.returncode, printed, complained[-len(last) :] if last else complained) == (code, out, last)
    assert (new.returncode, new.stdout, new.stderr.splitlines()[-1:]) == (code, out, complained.splitlines()[-1:])


def test_they_are_where_and_what_they_are_told(tmp_path: Path) -> None:
    script = "import os, sys; print(os.getcwd(), sys.argv, 'torch' in sys.modules, os.getpid())"
    forked = Forked(script, ["a", "b c"], cwd=tmp_path)
    assert forked.communicate(timeout=60) == (f"{tmp_path} ['-c', 'a', 'b c'] True {forked.pid}\n", "")
    assert forked.wait() == forked.poll() == 0


def test_they_can_be_waited_for_and_killed() -> None:
    forked = Forked("import time; print('here', flush=True); time.sleep(600)")
    assert forked.stdout.readline() == "here\n"
    assert forked.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        forked.communicate(timeout=0.01)
    forked.kill()
    assert forked.communicate(timeout=60) == ("", "")
    assert forked.returncode == -signal.SIGKILL
    forked.send_signal(signal.SIGINT)
