"""Role: a whole ``pincel``, as from a shell, from nothing to the file on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import IO

from pincel.bench.children import last_line
from pincel.errors import PincelError


class Shell:
    """Starts ``python -m pincel`` and waits for it. It loads no torch itself: a process it starts begins small."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: subprocess.Popen[str] | None = None

    def abandon(self) -> None:
        """End the process under way: nothing outlives us."""
        # Never released: nothing may be started any more.
        self._lock.acquire()
        if self._running:
            self._running.kill()

    def whole(self, arguments: list[str]) -> dict[str, object]:
        """Run it to its end; return the seconds.

        Raises:
            PincelError: If it fails, with the line it says why.
        """
        began = time.perf_counter()
        with self._started(arguments) as (process, errors):
            code = process.wait()
            seconds = time.perf_counter() - began
            if code:
                raise failure(errors, code)
        return {"seconds": seconds}

    def first_step(self, arguments: list[str]) -> dict[str, object]:
        """Run it, with ``--json``, until it tells of its first step; return the seconds until then.

        Raises:
            PincelError: If it ends before.
        """
        began = time.perf_counter()
        with self._started([*arguments, "--json"]) as (process, errors):
            for line in process.stdout or ():
                if json.loads(line)["event"] == "step":
                    return {"seconds": time.perf_counter() - began}
            raise failure(errors, process.wait())

    @contextmanager
    def _started(self, arguments: list[str]) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
        command = [sys.executable, "-m", "pincel", *arguments]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            with self._lock:
                # stdout is read by nobody in a whole run, which is quiet.
                self._running = process = subprocess.Popen(  # noqa: S603 - ourselves
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
                )
            try:
                yield process, errors
            finally:
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()


def failure(errors: IO[str], code: int) -> PincelError:
    """Build the error for a run that failed, from what it wrote."""
    errors.seek(0)
    said = last_line(errors.read()).removeprefix("pincel: ")
    return PincelError(f"pincel transfer failed: {said}" if said else f"pincel transfer failed with exit code {code}.")
