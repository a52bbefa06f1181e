"""A worker that does what its task says; it imports nothing that takes long."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pincel.errors import OptionError


@dataclass(frozen=True)
class Task:
    """What to do: wait, die so many times, raise, wait for the word to leave."""

    name: str
    folder: str
    deaths: int = 0
    trouble: str = ""
    until_told: bool = False

    def begun(self) -> list[Path]:
        """Return a file for each time it was begun."""
        return sorted(Path(self.folder).glob(f"{self.name}.*"))


class Toy:
    """The worker."""

    def __init__(self, welcome: str = "") -> None:
        self._welcome = welcome
        self._told = threading.Event()
        self._doing = ""

    def ready(self) -> str:
        if self._welcome:
            raise OptionError(self._welcome)
        return str(os.getpid())

    def work(self, task: Task) -> tuple[str, list[str]]:
        self._doing = task.name
        Path(task.folder, f"{task.name}.{time.time_ns()}").touch()
        if len(task.begun()) <= task.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        if task.trouble:
            raise OptionError(task.trouble)
        if task.until_told:
            assert self._told.wait(120)
            return "left", []
        return f"{task.name} by {os.getpid()}", []

    def messages(self) -> list[str]:
        return [self._doing] if self._doing else []

    def stop(self) -> None:
        self._told.set()
