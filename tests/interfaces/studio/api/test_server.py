"""The server as a process: how it starts, how it ends, what it leaves, and what it takes from the wire."""

from __future__ import annotations

import errno
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from pincel.errors import OptionError
from pincel.studio.job_queue import SHUTDOWN_SECONDS
from pincel.studio.run_process import POLL_SECONDS
from pincel.studio.server import bind
from tests.cli.run import process
from tests.studio.api.process import Server, serving


def test_it_starts_with_next_to_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.loaded.strip() == "[]"
        assert server.ask("GET", "/api/settings")[0] == 200
        code, errors = server.end()
        assert (code, errors) == (0, "")
        assert not (tmp_path / "studio.json").exists()


def test_events_come_while_a_run_is_under_way_and_end_with_it(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        everyone, told = server.stream("/api/events")
        key = server.begin(steps=60)
        line, answer = server.stream(f"/api/runs/{key}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        began, names, numbers = time.monotonic(), [], []
        for raw in answer:
            text = raw.decode().rstrip("\n")
            if text.startswith("event: "):
                names.append(text[7:])
            if text.startswith("id: "):
                numbers.append(text[4:])
        assert names[0] == "run"
        assert names[-1] == "end"
        assert names.count("step") > 3
        assert names.count("preview") > 0
        assert numbers == sorted(numbers, key=lambda number: int(number.partition("-")[2]))
        # The stream was read as it came: the run itself takes most of a second.
        assert time.monotonic() - began > 0.5
        line.close()
        seen = [told.readline() for _ in range(8)]
        assert b"event: runs\n" in seen
        everyone.close()


def test_ctrl_c_ends_it_at_once_whoever_listens_and_keeps_what_there_is(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        key = server.begin(steps=50_000)
        server.until_step(key, 3)
        waiting = server.begin(steps=3)
        lines = [server.stream(place) for place in ("/api/events", f"/api/runs/{key}/events", f"/api/runs/{waiting}/events")]
        began = time.monotonic()
        code, errors = server.end()
        assert (code, errors) == (0, "")
        assert time.monotonic() - began < 10
        for line, answer in lines:
            answer.read()
            line.close()
    with serving(tmp_path) as again:
        view = again.run(key)
        assert (view["state"], view["has_result"], view["has_checkpoint"]) == ("interrupted", True, True)
        assert again.ended(waiting)["state"] == "done"


def test_a_run_that_heeds_nothing_is_ended_by_the_second_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        key = server.begin(steps=50_000, seed=5)
        server.until_step(key, 3)
        worker = psutil.Process(server.pid_of(key))
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert server.process.poll() is None
        began = time.monotonic()
        code, errors = server.end()
        assert (code, errors) == (0, "")
        assert time.monotonic() - began < SHUTDOWN_SECONDS / 2
        assert not worker.is_running()
    with serving(tmp_path) as again:
        assert again.run(key)["state"] == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ends_are_as_orderly(number: signal.Signals, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        key = server.begin(steps=50_000)
        server.until_step(key, 3)
        assert server.end(number) == (0, "")
    with serving(tmp_path) as again:
        assert (again.run(key)["state"], again.run(key)["has_result"]) == ("interrupted", True)


def test_a_server_that_is_killed_comes_back_and_the_run_goes_on(tmp_path: Path) -> None:
    server = Server(tmp_path)
    key = server.begin(steps=300)
    reached = server.until_step(key, 20)["step"]
    waiting = server.begin(steps=3)
    worker = psutil.Process(server.pid_of(key))
    # What was told in the last moment may not be on the disk.
    time.sleep(2 * POLL_SECONDS)
    server.kill()
    with serving(tmp_path) as again:
        assert not worker.is_running()
        view = again.run(key)
        assert (view["state"], view["has_checkpoint"]) == ("interrupted", True)
        assert view["message"]["text"] == "The studio ended while this run was under way."
        assert view["step"] >= reached
        assert again.ended(waiting)["state"] == "done"
        assert again.ask("POST", f"/api/runs/{key}/resume")[0] == 200
        view = again.ended(key)
        assert (view["state"], view["step"]) == ("done", 300)
        assert view["message"]["text"].startswith("Goes on from step")


def test_a_run_whose_process_is_killed_is_told_and_the_next_one_begins(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        key, other = server.begin(steps=50_000), server.begin(steps=3)
        server.until_step(key, 3)
        psutil.Process(server.pid_of(key)).kill()
        view = server.ended(key)
        assert view["state"] == "interrupted"
        assert "ended by the signal SIGKILL" in view["message"]["text"]
        assert server.ended(other)["state"] == "done"


def test_a_port_that_is_taken_is_left_for_the_next(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serving(tmp_path, port=port) as server:
            assert port < server.port < port + 20
            assert server.ask("GET", "/api/runs")[0] == 200


def test_where_nobody_can_listen() -> None:
    with pytest.raises(OptionError, match="cannot listen there"):
        bind("203.0.113.9", 0)


def test_where_no_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr("pincel.studio.server.socket.socket.bind", taken)
    with pytest.raises(OptionError, match="no port is free · given 9000 to 9019"):
        bind("127.0.0.1", 9000)


def test_two_studios_do_not_share_a_home(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answer = process("studio", "--no-browser", "--port", "0", "--home", tmp_path)
        _, errors = answer.communicate(timeout=60)
        assert answer.returncode == 2
        assert errors.startswith("pincel: studio: another one works in this folder · given ")
        assert f"http://localhost:{server.port}/" in errors
        assert errors.count("\n") == 1


def test_a_hundred_megabytes_are_refused_by_what_they_announce(tmp_path: Path) -> None:
    head = (
        "POST /api/pictures HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        "Content-Length: 100000000\r\n\r\n--x\r\n"
    )
    with serving(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(head.format(port=server.port).encode())
        answer = line.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 413 ")
        # Who sends on nevertheless, as browsers do, is not cut off before the answer is read.
        line.sendall(b"\0" * 5_000_000)
        assert server.ask("GET", "/api/runs")[0] == 200
        assert list((tmp_path / "incoming").iterdir()) == []


def test_it_answers_while_somebody_sends_slowly(tmp_path: Path) -> None:
    with serving(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(f"POST /api/runs HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert server.ask("GET", "/api/runs")[0] == 200
        code, errors = server.end()
        assert (code, errors) == (0, "")
