"""A process of one's own, asked in JSON lines; see :mod:`pincel.bench.child` for its side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from pincel.errors import PincelError

# A child that is asked to go is gone in milliseconds; one that is deep in the system gets this long.
GRACE = 5.0


class Worker(Protocol):
    """Who can be asked."""

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Put a question and wait for the answer."""

    def close(self) -> None:
        """Send it home."""

    @property
    def age(self) -> float:
        """Seconds since it was started."""


class Child:
    """A child process in a role. Use as a context manager.

    It has a session of its own, so that Ctrl-C reaches only the parent, which then ends it in order.

    Args:
        role: One of :data:`pincel.bench.child.ROLES`.
        environment: Variables; those of this process when left out.
    """

    def __init__(self, role: str, environment: Mapping[str, str] | None = None) -> None:
        self.role = role
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-W", "ignore", "-m", "pincel.bench.child", role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self._began

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Put a question and wait for the answer.

        Raises:
            PincelError: If the child answers with a mistake of the user's, or dies.
        """
        sending, receiving = self._process.stdin, self._process.stdout
        line = ""
        if sending and receiving:
            with suppress(BrokenPipeError):
                sending.write(json.dumps({"do": do, **given}) + "\n")
                sending.flush()
                line = receiving.readline()
        if not line:
            raise PincelError(f"The process that measures '{self.role}' died: {self._last_words()}")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise PincelError(found["error"])
        return found

    def close(self) -> None:
        """End the child and whatever it started; by force if it lingers."""
        if self._errors.closed:
            return
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._kill()
        self._errors.close()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "it answers no more."
        if code < 0:
            return f"ended by signal {-code}" + (", as when memory runs out; try a smaller size." if code == -signal.SIGKILL else ".")
        self._errors.seek(0)
        return last_line(self._errors.read().decode(errors="replace")) or f"exit code {code}."


def last_line(text: str) -> str:
    """Return the last line with anything in it."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def environment_with_bytecode(folder: Path) -> dict[str, str]:
    """Return this process's variables, but so that compiled bytecode is kept, as Python does unless told otherwise.

    Where PYTHONDONTWRITEBYTECODE is set and nobody compiled the packages, every start compiles torch again: five seconds for
    either program.

    Args:
        folder: Where bytecode goes in that case.
    """
    variables = dict(os.environ)
    if variables.pop("PYTHONDONTWRITEBYTECODE", ""):
        variables["PYTHONPYCACHEPREFIX"] = str(folder)
    return variables
