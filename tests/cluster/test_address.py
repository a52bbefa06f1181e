"""Where a Ray cluster is looked for, and what is said where there is none."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from pincel.cluster.address import SETTINGS, check_answer, host_and_port, join
from pincel.errors import ClusterError, ExtraMissingError, OptionError


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Serve one caller with so many bytes, and give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(64)
                line.sendall(answer)
                with suppress(ConnectionResetError):
                    # Until the caller has had enough.
                    line.recv(64)

        server.settimeout(60)
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def unused() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_an_address_where_nobody_answers_is_told_at_once() -> None:
    pytest.importorskip("ray")
    began = time.monotonic()
    address = f"127.0.0.1:{unused()}"
    with pytest.raises(ClusterError, match=rf"^cluster: no Ray answers, connection refused · given '{address}' · .* 'ray start --head'"):
        join(address)
    # Ray itself would take over a minute.
    assert time.monotonic() - began < 30


def test_what_speaks_otherwise_is_not_ray() -> None:
    with (
        answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port,
        pytest.raises(ClusterError, match=r"^cluster: what answers there is not Ray"),
    ):
        check_answer("127.0.0.1", port)
    nobody = pytest.raises(ClusterError, match=r"^cluster: no Ray answers, nobody answers")
    with answering(b"") as port, nobody:
        check_answer("127.0.0.1", port, patience=0.2)
    with answering(bytes([0, 0, 6, SETTINGS, 0, 0, 0, 0, 0]) + bytes(6)) as port:
        check_answer("127.0.0.1", port)


@pytest.mark.parametrize("address", ["", "head", "head:", "head:ray", ":6379", "http://head:80", "head:99999"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(OptionError, match=r"^cluster: that is no address · given '.*' · accepted: auto, local, or HOST:PORT"):
        host_and_port(address)


def test_without_ray_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExtraMissingError, match=r"^cluster: the library ray is not installed · .* · try: .* pip install .*\[cluster\]'$"):
        join("auto")
