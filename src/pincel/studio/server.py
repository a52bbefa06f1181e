"""Serves the studio: port, address, and an end without delay."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn
from fastapi import FastAPI

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.studio.access import AccessPolicy
from pincel.studio.app import make_app
from pincel.studio.child_process import PINCEL
from pincel.studio.data_dir import DataDir
from pincel.studio.limits import Limits

PORT = 8765
# Ports that are tried, one after the other.
TRIES = 20


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to a port, or to the next free one.

    Raises:
        OptionError: If there is none, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port + (TRIES if port else 1)
    for number in range(port, min(last, 65_536)):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, number))
            # Binding alone does not reserve the port: another server may listen on it.
            bound.listen(socket.SOMAXCONN)
        except OSError as error:
            bound.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                reason = (error.strerror or "unknown").lower()
                raise OptionError(
                    one_line(f"studio: cannot listen there ({reason})", f"--host {host}", "an address of this machine", "127.0.0.1")
                ) from None
            continue
        bound.set_inheritable(False)
        return bound
    failed, given = "studio: no port is free", f"{port} to {last - 1}"
    raise OptionError(one_line(failed, given, "a port nobody uses, above 1023", "--port 0, which takes any"))


class Server(uvicorn.Server):
    """Calls a function when it answers; at its end disconnects listeners of events, and the run under way keeps what it has."""

    def __init__(self, app: FastAPI, ready: Callable[[], None]) -> None:
        # Streams of events end by themselves; two seconds are for slow receivers of other responses.
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2))
        self._studio_app, self._ready = app, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer."""
        await super().startup(sockets)
        if hasattr(signal, "SIGHUP"):
            # A closed terminal ends the run under way as well.
            signal.signal(signal.SIGHUP, self.handle_exit)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the studio before the server waits for its connections."""
        studio = getattr(self._studio_app.state, "studio", None)
        if studio:
            asyncio.get_running_loop().call_soon_threadsafe(studio.queue.shutdown)
        # Requests that are cut off now are no errors.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        self.should_exit = True


def serve(
    home: DataDir,
    limits: Limits,
    policy: AccessPolicy,
    bound: socket.socket,
    ready: Callable[[str], None],
    pincel: Sequence[str] = PINCEL,
) -> None:
    """Serve the studio until it is interrupted.

    Args:
        home: Where its files are stored.
        limits: Their numbers and sizes.
        policy: Where it is reached, and by whom.
        bound: The socket.
        ready: Called with the address to open once it answers.
        pincel: The command line of pincel.

    Raises:
        OptionError: If another studio works in this directory.
    """
    address = address_of(policy)
    home.lock(address.partition("?")[0])
    try:
        Server(make_app(home, limits, policy, pincel), lambda: ready(address)).run(sockets=[bound])
    finally:
        home.unlock()


def address_of(policy: AccessPolicy) -> str:
    """Return the address to open in a browser."""
    name = {"127.0.0.1": "localhost", "0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(policy.host, policy.host)  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{policy.port}{policy.root}/" + (f"?token={policy.token}" if policy.token else "")
