"""Limits of the studio."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """Limits of the studio.

    Attributes:
        bytes: Size of an uploaded file.
        pixels: Pixels of an uploaded picture that is decoded at full size; larger ones are shrunk while they are decoded.
        pictures: Number of uploaded pictures.
        waiting: Number of runs in the queue.
        runs: Number of finished runs.
        kept: Bytes of all runs.
        seconds: Time to open an upload.
        memory: Bytes of memory to open an upload.
    """

    bytes: int = 64_000_000
    pixels: int = 100_000_000
    pictures: int = 500
    waiting: int = 100
    runs: int = 200
    kept: int = 5 * GIB
    seconds: float = 60.0
    memory: int = 6 * GIB

    @property
    def rule(self) -> str:
        """Which runs are deleted, and when, in one sentence."""
        return (
            f"The newest {self.runs} runs and at most {self.kept / GIB:.3g} GiB of them are kept, those that wait or are under way in any "
            f"case; of pictures {self.pictures}, and those that no run needs go first."
        )
