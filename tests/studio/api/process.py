"""A studio in a process of its own, asked over the wire."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.studio.api.conftest import ENDED, LONG, STUB

CODE = """
import json, sys
from pathlib import Path
from pincel.studio.access import AccessPolicy
from pincel.studio.data_dir import DataDir
from pincel.studio.limits import Limits
from pincel.studio.server import bind, serve

home, port, pincel = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
bound = bind("127.0.0.1", port)

def tell(address):
    print(bound.getsockname()[1], sorted({"torch", "numpy", "PIL"} & set(sys.modules)), flush=True)

serve(DataDir(home), Limits(), AccessPolicy(port=bound.getsockname()[1]), bound, tell, pincel)
"""


class Server:
    """A studio that runs."""

    def __init__(self, home: Path, pincel: Sequence[str] = STUB, port: int = 0) -> None:
        began = time.monotonic()
        command = [sys.executable, "-c", CODE, str(home), str(port), json.dumps(pincel)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        number, _, self.loaded = self.process.stdout.readline().partition(" ")
        self.starting = time.monotonic() - began
        assert number, self.process.communicate()
        self.home, self.port = home, int(number)

    def ask(self, method: str, place: str, body: Any = None) -> tuple[int, Any]:
        """Return status and what was answered."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        try:
            line.request(method, place, None if body is None else json.dumps(body), {"content-type": "application/json"})
            answer = line.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if "json" in answer.headers.get("content-type", "") else data
        finally:
            line.close()

    def begin(self, **settings: Any) -> str:
        body = {"content": "sample:harbour", "styles": [{"picture": "sample:impasto"}], "settings": settings}
        if "recipe" in settings:
            body["recipe"] = settings.pop("recipe")
        status, view = self.ask("POST", "/api/runs", body)
        assert status == 201, view
        return str(view["id"])

    def run(self, key: str) -> Any:
        return self.ask("GET", f"/api/runs/{key}")[1]

    def until_step(self, key: str, step: int) -> Any:
        return self._until(key, lambda view: (view["step"] or 0) >= step or view["state"] in ENDED)

    def ended(self, key: str) -> Any:
        return self._until(key, lambda view: view["state"] in ENDED)

    def _until(self, key: str, reached: Any) -> Any:
        end = time.monotonic() + 3 * LONG
        while time.monotonic() < end:
            if reached(view := self.run(key)):
                return view
            time.sleep(0.05)
        raise AssertionError(f"it never came to that: {view}")

    def pid_of(self, key: str) -> int:
        """Return the number of the process of a run."""
        return int(json.loads((self.home / "runs" / key / "run.json").read_text())["process"]["pid"])

    def stream(self, place: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        line.request("GET", place)
        return line, line.getresponse()

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it as Ctrl-C does; return the exit code and what it complained of."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=LONG)
        return self.process.returncode, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def serving(home: Path, pincel: Sequence[str] = STUB, port: int = 0) -> Iterator[Server]:
    """Run a studio, and end it whatever happens."""
    server = Server(home, pincel, port)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()
