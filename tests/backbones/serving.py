"""A real HTTP server in a thread that answers as it is told to, one answer a request."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import trustme


class Asked(BaseHTTPRequestHandler):
    """One request; an answer is a function of it."""

    server: Listening

    def do_GET(self) -> None:
        answer = self.server.script.next(self.path, {name.lower(): value for name, value in self.headers.items()})
        answer(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        return

    def begin(self, status: int, **headers: str | int) -> None:
        """Send the first line and the headers, whose names have ``_`` for ``-``."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


Answer = Callable[[Asked], None]


@dataclass
class Script:
    """What is answered, and what was asked: path and headers in lower case; the last answer is given for ever."""

    answers: list[Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str, headers: dict[str, str]) -> Answer:
        with self.lock:
            self.asked.append((path, headers))
            return self.answers[min(len(self.asked), len(self.answers)) - 1]


class Listening(ThreadingHTTPServer):
    """Quiet about clients that hang up."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        self.script = script
        super().__init__(("127.0.0.1", 0), Asked)

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


class Server:
    """Use as a context manager.

    Args:
        answers: One a request; the last is given for ever.
        authority: Signs the certificate of a server that speaks HTTPS.
    """

    def __init__(self, *answers: Answer, authority: trustme.CA | None = None) -> None:
        self._script = Script(list(answers))
        self._listening = Listening(self._script)
        self._scheme = "http"
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
            self._listening.socket = context.wrap_socket(self._listening.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=lambda: self._listening.serve_forever(poll_interval=0.01), daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listening.shutdown()
        self._listening.server_close()
        self._thread.join()

    def url(self, path: str = "file.bin") -> str:
        return f"{self._scheme}://127.0.0.1:{self._listening.server_address[1]}/{path}"

    @property
    def asked(self) -> list[dict[str, str]]:
        """The headers of all requests."""
        return [headers for _, headers in self._script.asked]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self._script.asked]


def whole(data: bytes, **headers: str | int) -> Answer:
    """Send all of a file, whatever part is asked for."""

    def answer(asked: Asked) -> None:
        asked.begin(200, Content_Length=len(data), **headers)
        asked.wfile.write(data)

    return answer


def ranged(data: bytes, tag: str = '"one"', **headers: str | int) -> Answer:
    """Send what is asked for, as RFC 9110 says."""

    def answer(asked: Asked) -> None:
        span, condition = asked.headers.get("Range"), asked.headers.get("If-Range")
        if span is None or (condition is not None and condition != tag):
            whole(data, ETag=tag, **headers)(asked)
            return
        first = int(span.removeprefix("bytes=").removesuffix("-"))
        if first >= len(data):
            asked.begin(416, Content_Range=f"bytes */{len(data)}", Content_Length=0)
            return
        extent = f"bytes {first}-{len(data) - 1}/{len(data)}"
        asked.begin(206, Content_Length=len(data) - first, Content_Range=extent, ETag=tag, **headers)
        asked.wfile.write(data[first:])

    return answer


def cut(data: bytes, after: int, **headers: str | int) -> Answer:
    """Promise all of a file, send the beginning and hang up."""

    def answer(asked: Asked) -> None:
        asked.begin(200, Content_Length=len(data), **headers)
        asked.wfile.write(data[:after])

    return answer


def held(data: bytes, after: int, until: threading.Event, **headers: str | int) -> Answer:
    """Send the beginning of a file, and the rest once ``until`` is set."""

    def answer(asked: Asked) -> None:
        asked.begin(200, Content_Length=len(data), **headers)
        asked.wfile.write(data[:after])
        asked.wfile.flush()
        until.wait(20)
        asked.wfile.write(data[after:])

    return answer


def status(code: int, **headers: str | int) -> Answer:
    return lambda asked: asked.begin(code, Content_Length=0, **headers)


def unsized(data: bytes, **headers: str | int) -> Answer:
    """Send a file without saying how long it is."""

    def answer(asked: Asked) -> None:
        asked.begin(200, **headers)
        asked.wfile.write(data)

    return answer
