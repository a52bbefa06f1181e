"""Processes of tests, forked from one that has torch loaded; see :mod:`tests.forks`."""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
SERVER = "import socket, sys\nfrom tests import forks\nforks.load()\nexec(forks.next_script(socket.socket(fileno=int(sys.argv[1]))))"
SIZE = array.array("i").itemsize


class Forked:
    """A process, with what of :class:`subprocess.Popen` tests use.

    Attributes:
        args: Script and arguments.
        pid: Its number.
        returncode: How it ended, -N by signal N; None while it runs.
        stdout: What it prints.
        stderr: What it complains of.
    """

    def __init__(
        self, script: str, arguments: Sequence[str] = (), *, cwd: str | Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Start a Python program.

        Args:
            script: Its text.
            arguments: What ``sys.argv[1:]`` is.
            cwd: The folder it begins in; this process's if left out.
            env: Its environment; this process's if left out.
        """
        self.args = [script, *arguments]
        self.returncode: int | None = None
        asked = {"script": script, "arguments": list(arguments), "folder": str(cwd or Path.cwd()), "environment": dict(env or os.environ)}
        pipes = [os.pipe() for _ in range(3)]
        socket.send_fds(_server(os.getpid())[0], [json.dumps(asked).encode()], [written for _, written in pipes])
        for _, written in pipes:
            os.close(written)
        (out, _), (err, _), (self._told, _) = pipes
        self.stdout, self.stderr = (os.fdopen(handle, encoding="utf-8") for handle in (out, err))
        self._texts = {"out": "", "err": ""}
        self._readers: list[Thread] = []
        self.pid = self._heard()

    def poll(self) -> int | None:
        """Return how it ended; None if it still runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it ended.

        Raises:
            subprocess.TimeoutExpired: It still runs after so many seconds.
        """
        ended = self._ended(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return ended

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end and return all that it printed and complained of meanwhile.

        Raises:
            subprocess.TimeoutExpired: It still runs after so many seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        if not self._readers:
            self._readers = [Thread(target=self._read, args=(name,), daemon=True) for name in self._texts]
            for reader in self._readers:
                reader.start()
        for reader in self._readers:
            reader.join(None if end is None else max(0.0, end - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        self.stdout.close()
        self.stderr.close()
        return self._texts["out"], self._texts["err"]

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.communicate()

    def _read(self, name: str) -> None:
        self._texts[name] = getattr(self, f"std{name}").read()

    def _heard(self) -> int:
        told = os.read(self._told, SIZE)
        assert told, "the process that forks others has ended"
        return int(array.array("i", told)[0])

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = self._heard()
            os.close(self._told)
        return self.returncode


@cache
def _server(_process: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start the process that forks others, and return the line to it; it ends with this one."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Its number of threads is that of torch here; no fork can choose another.
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(its.fileno())], cwd=ROOT, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL
    )
    its.close()
    return ours, server
