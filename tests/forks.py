"""The process that forks those of tests: it has torch loaded, which takes each process seconds otherwise.

It has no threads and has done nothing but import, so that a fork of it is what a new process is after the same imports. Only the seed of
``hash`` is the same in all of its forks.
"""

from __future__ import annotations

import array
import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

# What nearly every command loads.
LOADED = (
    "torch",
    "torch.distributed.run",
    "pincel.run.run",
    "pincel.cli.transfer",
    "pincel.cli.resume",
    "pincel.cli.train",
    "pincel.cli.study",
)
# Bytes a request may have.
LIMIT = 1 << 20


def load() -> None:
    """Import what all forks will have."""
    for name in LOADED:
        importlib.import_module(name)


def next_script(line: socket.socket) -> str:
    """Fork a process for each request, and return, in that process alone, what it shall run.

    The process that forked it stays beside it, and writes its number, and then how it ended as subprocess has it, into the request's pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, handles, _, _ = socket.recv_fds(line, LIMIT, 3)
        if not request:
            os._exit(0)
        if os.fork():
            for handle in handles:
                os.close(handle)
            continue
        line.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out, err, told = handles
        number = os.fork()
        if not number:
            os.close(told)
            return _become(json.loads(request), out, err)
        os.close(out)
        os.close(err)
        os.write(told, array.array("i", [number]).tobytes())
        _, status = os.waitpid(number, 0)
        # Whoever asked may be gone.
        with suppress(BrokenPipeError):
            os.write(told, array.array("i", [os.waitstatus_to_exitcode(status)]).tobytes())
        os._exit(0)


def _become(asked: dict[str, Any], out: int, err: int) -> str:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, standard in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(handle, standard)
        os.close(handle)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["-c", *asked["arguments"]]
    return str(asked["script"])
