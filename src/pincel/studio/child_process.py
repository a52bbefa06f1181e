"""Processes that the studio starts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from pincel.studio.records import Process
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

PINCEL = (sys.executable, "-m", "pincel")
# Bytes of a line, at most.
LINE = 1 << 22
# Niceness: runs give way to the server and other programs.
NICE = 5
# Seconds in which a killed process ends.
GRACE = 5.0


async def output_of(*command: str, timeout: float | None = None) -> bytes:
    """Run a command; return its standard output. Raises TimeoutError after so many seconds."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout)
    finally:
        if process.returncode is None:
            process.kill()
            # The pipe is closed only when it has been emptied.
            await process.communicate()
    return output


class ChildProcess:
    """A process in a run's folder, in a session of its own: Ctrl-C reaches only the server, which then ends the process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.identity = Process(pid=process.pid, started=_start_time(process.pid))

    @classmethod
    async def start(cls, command: Sequence[str], folder: Path) -> ChildProcess:
        """Start a command in a folder."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
            limit=LINE,
            start_new_session=True,
        )
        with suppress(psutil.Error, OSError):
            psutil.Process(process.pid).nice(NICE)
        return cls(process)

    async def listen(self, stdout: Callable[[str], None], stderr: Callable[[str], None]) -> int:
        """Call a function with each line of standard output, another with each of standard error; return the exit code.

        The exit code of a process ended by a signal is minus its number.
        """
        await asyncio.gather(_lines(self._process.stdout, stdout), _lines(self._process.stderr, stderr))
        return await self._process.wait()

    def interrupt(self) -> None:
        """Ask it to end and keep what it has, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()


async def _lines(stream: asyncio.StreamReader | None, receive: Callable[[str], None]) -> None:
    while stream:
        try:
            line = await stream.readline()
        except ValueError:  # too long to be of pincel
            continue
        if not line:
            return
        receive(line.decode(errors="replace").rstrip())


def _start_time(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def kill_stale(identity: Process) -> None:
    """End a process that an earlier server left behind: its run may be started again."""
    with suppress(psutil.Error):
        process = psutil.Process(identity.pid)
        if abs(process.create_time() - identity.started) <= 1:
            process.kill()
            process.wait(GRACE)


def exit_message(code: int, last_line: str) -> str:
    """Return why a process failed: by its exit code, and by the last line of its standard error."""
    if code < 0:
        name = next((known.name for known in signal.Signals if known == -code), str(-code))
        if code == -signal.SIGKILL:
            text = _("The process of the run was ended by the signal {name}, as when memory runs out: try a smaller size.")
        else:
            text = _("The process of the run was ended by the signal {name}.")
        return Note(text, name=name)
    error = last_line.removeprefix("pincel: ").strip()
    return error or Note(_("The process of the run ended with code {code} and said nothing."), code=code)
