"""State of the application, which its routes share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from pincel.studio.child_process import PINCEL, output_of
from pincel.studio.data_dir import DataDir
from pincel.studio.job_queue import JobQueue
from pincel.studio.limits import Limits
from pincel.studio.pictures import Pictures
from pincel.studio.previews import Previews
from pincel.studio.run_store import RunStore
from pincel.studio.thumbnails import shrink

# Prints the device of runs, in a process that may load torch.
_DEVICE = """
from pincel.engine.device import resolve_device
from pincel.host import processor_name
device = str(resolve_device("auto"))
print(f"cpu ({processor_name()})" if device == "cpu" else device)
"""


class Studio:
    """Pictures, previews, runs and their queue. Must be made in a running event loop.

    Args:
        home: Where they are stored.
        limits: Their numbers and sizes.
        pincel: The command line of pincel.
    """

    def __init__(self, home: DataDir, limits: Limits, pincel: Sequence[str] = PINCEL) -> None:
        self.home, self.limits = home, limits
        home.clear_incoming()
        self.runs = RunStore(home)
        self.queue = JobQueue(self.runs, limits, pincel)
        self.pictures = Pictures(home, limits, self.runs.pictures)
        self.previews = Previews(self.pictures, pincel)
        self.device: str | None = None
        self._detecting: asyncio.Task[None] | None = None
        self._thumbs: dict[str, asyncio.Task[Path]] = {}

    def detect_device(self) -> None:
        """Start finding out the device of runs, once; it is in :attr:`device` seconds later."""
        if self._detecting is None:
            self._detecting = asyncio.create_task(self._detect())

    async def _detect(self) -> None:
        output = await output_of(sys.executable, "-c", _DEVICE)
        self.device = output.decode(errors="replace").strip() or None

    async def sample_thumb(self, source: Path) -> Path:
        """Return the thumbnail of a picture that comes with pincel, made the first time."""
        target = self.home.samples / f"{source.stem}.webp"
        if target.is_file():
            return target
        if source.stem not in self._thumbs:
            self._thumbs[source.stem] = asyncio.create_task(_shrunk(source, target))
        return await self._thumbs[source.stem]

    async def close(self) -> None:
        """End the run under way and all tasks."""
        if self._detecting:
            self._detecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._detecting
        await self.queue.close()


async def _shrunk(source: Path, target: Path) -> Path:
    await asyncio.to_thread(shrink, source, target)
    return target


def studio_of(request: Request) -> Studio:
    """Return the studio of an application."""
    return cast("Studio", request.app.state.studio)


Here = Annotated[Studio, Depends(studio_of)]
