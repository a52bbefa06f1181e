"""What the routes work with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from pincel.studio.home import Home
from pincel.studio.limits import Limits
from pincel.studio.pictures import Pictures
from pincel.studio.small import shrink
from pincel.studio.worker import PINCEL
from pincel.studio.workshop import Workshop

# Says where runs will work, in a process that may load torch.
_LOOK = """
from pincel.engine.device import resolve_device
from pincel.engine.machine import processor_name
device = str(resolve_device("auto"))
print(f"cpu ({processor_name()})" if device == "cpu" else device)
"""


class Studio:
    """Everything behind the page. To be made in a running event loop.

    Args:
        home: Where it is kept.
        limits: How much of it.
        pincel: The command line.
    """

    def __init__(self, home: Home, limits: Limits, pincel: Sequence[str] = PINCEL) -> None:
        self.home, self.limits = home, limits
        home.clear_incoming()
        self.workshop = Workshop(home, limits, pincel)
        self.pictures = Pictures(home, limits, self.workshop.needed)
        self.device: str | None = None
        self._asking: asyncio.Task[None] | None = None
        self._thumbs: dict[str, asyncio.Task[Path]] = {}

    def ask_device(self) -> None:
        """Have somebody look where runs will work, once; the answer is in :attr:`device` later."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _LOOK),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(os.environ),
            start_new_session=True,
        )
        try:
            told, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                # What it said is of no use any more, but its pipe must be emptied to be closed.
                await process.communicate()
        self.device = told.decode(errors="replace").strip() or None

    async def sample_thumb(self, source: Path) -> Path:
        """Return the thumbnail of a picture that comes with pincel, made when first asked for."""
        target = self.home.samples / f"{source.stem}.webp"
        if target.is_file():
            return target
        if source.stem not in self._thumbs:
            self._thumbs[source.stem] = asyncio.create_task(_shrunk(source, target))
        return await self._thumbs[source.stem]

    async def close(self) -> None:
        """End in order."""
        if self._asking:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        await self.workshop.close()


async def _shrunk(source: Path, target: Path) -> Path:
    await asyncio.to_thread(shrink, source, target)
    return target


def studio_of(request: Request) -> Studio:
    """Return the studio an application works with."""
    return cast("Studio", request.app.state.studio)


Here = Annotated[Studio, Depends(studio_of)]
