"""A studio to test, with a command line that takes no time."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from pincel.studio.access import AccessPolicy
from pincel.studio.app import make_app
from pincel.studio.data_dir import DataDir
from pincel.studio.limits import Limits

STUB = (sys.executable, str(Path(__file__).parent / "stub.py"))
ENDED = ("done", "cancelled", "failed", "interrupted")
# Patience with a busy machine, not a pace.
LONG = 60.0


def file_of(width: int = 60, height: int = 40, kind: str = "PNG", seed: int = 0, **options: Any) -> bytes:
    """Return the bytes of a picture."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass
class Visitor:
    """Asks a studio as the page does."""

    client: TestClient
    home: Path
    ids: list[str] = field(default_factory=list)

    def upload(self, data: bytes | None = None, name: str = "photo.png") -> Any:
        return self.client.post("/api/pictures", files={"file": (name, file_of() if data is None else data)})

    def picture(self, **options: Any) -> str:
        answer = self.upload(file_of(**options))
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def paint(self, content: str = "sample:harbour", **asked: Any) -> Any:
        body = {"content": content, "styles": [{"picture": "sample:impasto"}], "settings": {"steps": 3}, **asked}
        return self.client.post("/api/runs", json=body)

    def begin(self, **asked: Any) -> str:
        answer = self.paint(**asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def run(self, key: str) -> Any:
        answer = self.client.get(f"/api/runs/{key}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until(self, key: str, reached: Callable[[Any], bool]) -> Any:
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            view = self.run(key)
            if reached(view):
                return view
            time.sleep(0.02)
        raise AssertionError(f"it never came to that: {view}")

    def ended(self, key: str) -> Any:
        return self.until(key, lambda view: view["state"] in ENDED)

    def painted(self, **asked: Any) -> Any:
        return self.ended(self.begin(**asked))


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a studio in a home and visits it."""
    opened: list[TestClient] = []

    def open_studio(home: Path | None = None, policy: AccessPolicy | None = None, **limits: Any) -> Visitor:
        place = home or tmp_path / "home"
        app = make_app(DataDir(place), Limits(**limits), policy or AccessPolicy(), STUB)
        client = TestClient(app, base_url="http://localhost:8765")
        client.__enter__()
        opened.append(client)
        return Visitor(client, place)

    yield open_studio
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """Return somebody who visits a studio."""
    return visit()


def events_of(text: str) -> list[tuple[str, Any, str]]:
    """Return (type, data, id) of server-sent events, without comments."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"]), lines["id"]))
    return found
