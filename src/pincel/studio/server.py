"""The port, the address, and a quick end."""

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
from pincel.studio.app import make_app
from pincel.studio.guard import Address, Door
from pincel.studio.home import Home
from pincel.studio.limits import Limits
from pincel.studio.worker import PINCEL

PORT = 8765
# Ports tried, one after the other.
TRIES = 20


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to a port, or to the next one that is free.

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
            # Bound alone, another server could still have it: only who listens has it for sure.
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
    """Ends when it is told to: whoever listens to events is let go, and the run under way keeps what it has."""

    def __init__(self, app: FastAPI, tell: Callable[[], None]) -> None:
        # Streams of events end by themselves; two seconds are for whoever is slow to take the rest of an answer.
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2))
        self._studio_app, self._tell = app, tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if hasattr(signal, "SIGHUP"):
            # A terminal that is closed is no reason to leave a run behind.
            signal.signal(signal.SIGHUP, self.handle_exit)
        if self.started:
            self._tell()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let the studio know before the server waits for its connections."""
        studio = getattr(self._studio_app.state, "studio", None)
        if studio:
            asyncio.get_running_loop().call_soon_threadsafe(studio.workshop.farewell)
        # Whoever is cut off in the middle of a request is no error any more.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        self.should_exit = True


def serve(  # noqa: PLR0913 - the first five are each studio's, the others few need
    home: Home,
    limits: Limits,
    host: str,
    bound: socket.socket,
    tell: Callable[[str], None],
    pincel: Sequence[str] = PINCEL,
    *,
    allowed: Sequence[Address] = (),
    root: str = "",
    shared: bool = False,
) -> None:
    """Serve the studio until somebody ends it.

    Args:
        home: Where everything is kept.
        limits: How much of it.
        host: The address it was asked to be at.
        bound: The socket.
        tell: Is told the address to open once it answers.
        pincel: The command line.
        allowed: Other addresses it is reached by.
        root: The path its page is below.
        shared: Whether others use this machine, so that a token is asked for in any case.

    Raises:
        OptionError: If another studio works in this home.
    """
    door = Door.at(host, bound.getsockname()[1], tuple(allowed), root, shared=shared)
    address = address_of(door)
    home.lock(address.partition("?")[0])
    try:
        Server(make_app(home, limits, door, pincel), lambda: tell(address)).run(sockets=[bound])
    finally:
        home.unlock()


def address_of(door: Door) -> str:
    """Return what to open in a browser."""
    name = {"127.0.0.1": "localhost", "0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(door.host, door.host)  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{door.port}{door.root}/" + (f"?token={door.token}" if door.token else "")
