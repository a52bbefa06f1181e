"""A process that plays a role: its methods are called from another process, one at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Protocol

import psutil

from pincel.errors import PincelError
from pincel.registry import Registry

ROLES: Registry[type] = Registry(
    "role",
    {
        "pincel": "_speed.pincel_runner:PincelRunner",
        "pastiche": "_speed.pastiche_runner:PasticheRunner",
        "judge": "_speed.pastiche_runner:PasticheJudge",
        "convolution": "_speed.conv_baseline:ConvBaseline",
        "shell": "_speed.cold_start:ColdStart",
    },
)


class Worker(Protocol):
    """What answers questions."""

    @property
    def age(self) -> float:
        """Seconds since it was started."""

    def ask(self, method: str, **arguments: Any) -> Any:
        """Call a method of the role and return its result."""

    def close(self) -> None:
        """End it."""


class WorkerProcess:
    """A process in a role.

    It ignores Ctrl-C, which this process gets as well and then ends it in order. It ends with this process, even if that is killed.

    Args:
        role: One of ``ROLES``.
    """

    def __init__(self, role: str) -> None:
        # A fork would take the memory of this process along.
        context = multiprocessing.get_context("spawn")
        self._role, self._began = role, time.perf_counter()
        self._connection, other_end = context.Pipe()
        self._process = context.Process(target=run_worker, args=(role, other_end), daemon=True)
        self._process.start()
        other_end.close()

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.perf_counter() - self._began

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid or 0

    def ask(self, method: str, **arguments: Any) -> Any:
        """Call a method of the role and return its result.

        Raises:
            PincelError: If the method raises, or the process dies.
        """
        try:
            self._connection.send((method, arguments))
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise PincelError(f"The process that measures '{self._role}' died: {self._reason()}") from error
        if isinstance(answer, PincelError):
            raise answer
        return answer

    def _reason(self) -> str:
        self._process.join()
        code = self._process.exitcode or 0
        if code < 0:
            return f"ended by signal {-code}" + (", as when memory runs out; try a smaller size." if code == -signal.SIGKILL else ".")
        return f"exit code {code}."

    def close(self) -> None:
        """End the process and whatever it started."""
        self._connection.close()
        if self._process.is_alive():
            kill_tree(self.pid)
            self._process.join()


def run_worker(role: str, connection: Connection) -> None:
    """Answer questions until there are no more; an exception is an answer, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    # Python hands it on to processes that it spawns, and each would compile torch anew.
    sys.dont_write_bytecode = False
    # What libraries print must not come between the tables.
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    player = ROLES[role]()
    with suppress(EOFError):
        while True:
            method, arguments = connection.recv()
            connection.send(answer(player, role, method, arguments))


def answer(player: object, role: str, method: str, arguments: dict[str, Any]) -> Any:
    """Return what a method returns, or the exception it raises as a PincelError."""
    try:
        return getattr(player, method)(**arguments)
    except PincelError as error:
        return error
    except Exception as error:  # torch says in many ways that memory has run out
        return PincelError(f"The process that measures '{role}' failed: {type(error).__name__}: {error}")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        kill_tree(os.getpid())


def kill_tree(pid: int) -> None:
    """Kill the processes that a process has started, then itself."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
