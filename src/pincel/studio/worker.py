"""A process of pincel, listened to."""

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

PINCEL = (sys.executable, "-m", "pincel")
# A line longer than this is none of ours.
LINE = 1 << 22
# Runs give way to the server, and to whoever works at this machine.
NICE = 5
# A process that is killed is gone in milliseconds.
GRACE = 5.0


class Worker:
    """A process in a run's folder, with a session of its own: Ctrl-C reaches only the server, which ends it in order.

    Args:
        process: As started.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told = Process(pid=process.pid, started=_begun(process.pid))

    @classmethod
    async def start(cls, command: Sequence[str], folder: Path) -> Worker:
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

    async def listen(self, hear: Callable[[str], None], note: Callable[[str], None]) -> int:
        """Pass on what it says, line by line, until it ends.

        Args:
            hear: Is told each line of its standard output.
            note: Likewise of its standard error.

        Returns:
            The exit code; minus the number of the signal that ended it.
        """
        await asyncio.gather(_lines(self._process.stdout, hear), _lines(self._process.stderr, note))
        return await self._process.wait()

    def interrupt(self) -> None:
        """Ask it to end and keep what it has, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()


async def _lines(stream: asyncio.StreamReader | None, tell: Callable[[str], None]) -> None:
    while stream:
        try:
            line = await stream.readline()
        except ValueError:  # longer than any line of ours
            continue
        if not line:
            return
        tell(line.decode(errors="replace").rstrip())


def _begun(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def put_down(told: Process) -> None:
    """End a process that an earlier server left behind: nobody listens to it, and its run may begin again."""
    try:
        left = psutil.Process(told.pid)
        if abs(left.create_time() - told.started) > 1:
            return
        left.kill()
        left.wait(GRACE)
    except psutil.Error:
        return


def ending(code: int, last: str) -> str:
    """Say why a process ended that did not end well.

    Args:
        code: As :meth:`Worker.listen` returns it.
        last: The last line it complained with.
    """
    if code < 0:
        name = next((known.name for known in signal.Signals if known == -code), str(-code))
        why = ", as when memory runs out: try a smaller size" if code == -signal.SIGKILL else ""
        return f"The process of the run was ended by the signal {name}{why}."
    told = last.removeprefix("pincel: ").strip()
    return told or f"The process of the run ended with code {code} and said nothing."
