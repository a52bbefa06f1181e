"""How much of everything there may be."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.bytesize import parse_bytes

GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """How much there may be.

    Attributes:
        bytes: Of an uploaded file.
        pixels: Of an uploaded picture that is decoded whole; larger ones are shrunk while they are decoded.
        pictures: Uploaded pictures that are kept.
        waiting: Runs in the queue.
        runs: Runs that are kept.
        kept: Bytes of the runs that are kept.
        seconds: To open an upload.
        memory: Bytes to open an upload in.
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
        """Which runs go, and when, in one sentence."""
        return (
            f"The newest {self.runs} runs and at most {self.kept / GIB:.3g} GiB of them are kept, those that wait or are under way in any "
            f"case; of pictures {self.pictures}, and those that no run needs go first."
        )


def parse_size(text: str) -> int:
    """Read an amount of room on the disk: ``800M`` is 8·10⁸ bytes, ``5GiB`` 5·2³⁰.

    Raises:
        OptionError: For anything else, or nothing at all.
    """
    return parse_bytes(text, "Room on the disk is given as 800M or 5GiB")
