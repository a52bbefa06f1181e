"""The actor of a Ray process: it runs a worker, and answers the driver meanwhile."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from pathlib import Path
from typing import Any

from pincel.cluster import store
from pincel.engine.device import resolve_device
from pincel.engine.memory import free_memory
from pincel.errors import ClusterError
from pincel.executors.protocol import MakeWorker, Worker
from pincel.files import one_line, quoted
from pincel.run.machine import MEMORY_FRACTION

# File whose contents show that a folder is the same as the driver's.
SENTINEL = ".pincel-shared"


class RayWorker:
    """An actor that runs the tasks of a worker, and keeps its messages until the driver fetches them.

    Args:
        make: Makes the worker, in this process.
        folder: Where results go: a path all machines share, or an address.
        token: Contents of the driver's file there, if it is a path.
    """

    def __init__(self, make: MakeWorker[Any], folder: str, token: str = "") -> None:
        self._make, self._folder, self._token = make, folder, token
        self._worker: Worker[Any] | None = None
        self._stop = threading.Event()
        self._messages: deque[Any] = deque()

    def ready(self) -> str:
        """Make the worker and return its name; raises PincelError if it cannot write into the folder."""
        name = f"{socket.gethostname()} {os.getpid()}"
        if store.is_address(self._folder):
            store.check_writing(self._folder)
        else:
            check_folder(self._folder, self._token)
        self._worker = self._make(name)
        return name

    def work(self, task: Any) -> tuple[Any, list[Any]]:
        """Do a task; return its result, and the messages that were not fetched."""
        assert self._worker is not None
        return self._worker.run(task, self._messages.append, self._stop.is_set), self.messages()

    def messages(self) -> list[Any]:
        """Return the messages since the last call; called from another thread."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def stop(self) -> None:
        """Have the worker return early; called from another thread."""
        self._stop.set()


def share_of_memory(device: str, memory: str | None, peers: int) -> str | None:
    """Return the memory of one of several workers on a machine; on a GPU each is alone."""
    where = resolve_device(device)
    if memory is not None or where.type != "cpu" or peers == 1:
        return memory
    return str(round(MEMORY_FRACTION * free_memory(where)) // peers)


def check_folder(folder: str, token: str) -> None:
    """Raise ClusterError unless the driver's file is in a folder, which may be another of the same name on this machine."""
    file = Path(folder, SENTINEL)
    if not file.is_file() or file.read_text(encoding="utf-8") != token:
        failed = f"the machine {socket.gethostname()} has another folder of this name, or none"
        hint = "a folder that all machines share, or for pictures a store such as s3://bucket/folder"
        raise ClusterError(one_line(failed, quoted(folder), "a folder that every worker sees", hint))
