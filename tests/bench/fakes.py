"""A crew that takes no time: answers as the real children would, and keeps a log of who worked when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pincel.bench.plan import Settings
from pincel.errors import PincelError
from pincel.samples import find_sample

STEP = {"ours": 0.5, "peer": 2.0}
PEER_TOTAL = 100.0
MIB = 2**20


def settings(**changes: Any) -> Settings:
    """Small numbers, pictures that are there."""
    values: dict[str, Any] = {"size": 64, "peer_steps": 20, "rounds": 2, "recipe": "pastiche", **changes}
    return Settings(find_sample("sample:harbour"), find_sample("sample:impasto"), **values)


class Crew:
    """Hires fakes.

    Args:
        enough: Steps of ours from which on the picture is as good as the peer's.
        interrupted_at: Entry of the log at which the user presses Ctrl-C.
        dies_at: Entry of the log at which a child dies.
    """

    def __init__(self, *, enough: int = 8, interrupted_at: str = "", dies_at: str = "") -> None:
        self.enough = enough
        self.interrupted_at = interrupted_at
        self.dies_at = dies_at
        self.log: list[str] = []
        self.open: list[Fake] = []
        self.steps_of_the_file = 0

    def __call__(self, role: str, environment: Mapping[str, str] | None = None) -> Fake:
        fake = Fake(self, role)
        self.open.append(fake)
        return fake


class Fake:
    """One of them."""

    age = 10.0

    def __init__(self, crew: Crew, role: str) -> None:
        self.crew = crew
        self.role = role
        self.size = 0
        self.made = 0

    def close(self) -> None:
        self.crew.open = [fake for fake in self.crew.open if fake is not self]

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        assert self in self.crew.open
        entry = f"{self.role} {do}"
        self.crew.log.append(entry)
        if entry == self.crew.interrupted_at:
            raise KeyboardInterrupt
        if entry == self.crew.dies_at:
            raise PincelError("The process that measures 'x' died: out of memory")
        found: dict[str, Any] = getattr(self, f"_{do}")(**given)
        # The real ones speak JSON.
        json.dumps(given)
        back: dict[str, Any] = json.loads(json.dumps(found))
        return back

    def _ready(self) -> dict[str, Any]:
        return {}

    def _open(self, **given: Any) -> dict[str, Any]:
        self.size = given.get("size", 0)
        return {
            "size": [self.size, self.size],
            "device": "cpu",
            "device_name": "",
            "precision": "fp32",
            "torch": "9.9",
            "threads": 1,
            "multiply_adds_per_pixel": 361152.0,
            "baseline": 200 * MIB,
            "flops": 1e9,
        }

    def _step(self) -> dict[str, Any]:
        self.made += 1
        # The first step is slow, as the first always is; then time grows with the pixels.
        seconds = STEP[self.role] * (self.size / 64) ** 2 * (10 if self.made == 1 else 1)
        return {"seconds": seconds, "memory": 200 * MIB + (100 if self.role == "ours" else 300) * MIB * (self.size // 64)}

    def _measure(self) -> dict[str, Any]:
        return {"seconds": 0.01}

    def _save(self, path: str) -> dict[str, Any]:
        Path(path).write_bytes(b"")
        return {}

    def _terms(self) -> dict[str, Any]:
        return {"total": PEER_TOTAL / 2, "content": 5.0, "style": 45.0, "tv": 1.0}

    def _judge(self, path: str) -> dict[str, Any]:
        steps = self.crew.steps_of_the_file
        total = PEER_TOTAL if path.endswith("peer.png") else PEER_TOTAL * self.crew.enough / max(steps, 1)
        return {"total": total, "content": 0.1 * total, "style": 0.9 * total, "tv": 1.0}

    def _whole(self, arguments: list[str]) -> dict[str, Any]:
        named = dict(zip(arguments[3::2], arguments[4::2], strict=False))
        self.crew.steps_of_the_file = int(named["--steps"])
        Path(named["-o"]).with_suffix(".json").write_text(json.dumps({"peak_memory": 500 * MIB}))
        return {"seconds": 1.0 + STEP["ours"] * self.crew.steps_of_the_file}

    def _first_step(self, arguments: list[str]) -> dict[str, Any]:
        return {"seconds": 1.5}
