"""Previews of what has been chosen: the network for any style paints it small, in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pincel.files import one_line
from pincel.studio.child_process import output_of
from pincel.studio.errors import ApiError
from pincel.studio.models import PreviewRequest
from pincel.studio.pictures import Pictures

# Long side in pixels.
SIZE = 320
# Seconds for what takes two on an idle machine.
PATIENCE = 60.0


class Previews:
    """Paints one preview at a time, in a process of its own.

    Args:
        pictures: The uploads.
        pincel: The command line of pincel.
    """

    def __init__(self, pictures: Pictures, pincel: Sequence[str]) -> None:
        self._pictures, self._pincel = pictures, pincel
        self._turn = asyncio.Semaphore(1)

    async def paint(self, request: PreviewRequest) -> bytes:
        """Return a JPEG. Cancelled, it ends its process.

        Raises:
            ApiError: If a picture is missing, all weights are 0, or nothing can be painted of these.
            UnknownNameError: If there is no such sample.
        """
        if not any(style.weight > 0 for style in request.styles):
            raise ApiError(422, "All styles have the weight 0; give at least one of them more.", "styles")
        styles = [f"{self._pictures.file_of(style.picture)}={style.weight:g}" for style in request.styles]
        pair = [str(self._pictures.file_of(request.content)), *styles]
        async with self._turn:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "preview.jpg"
                try:
                    await output_of(*self._pincel, "quick", *pair, "-o", str(path), f"--size={SIZE}", "--quiet", timeout=PATIENCE)
                    return await asyncio.to_thread(path.read_bytes)
                except (TimeoutError, OSError):
                    failed = "preview: the network cannot paint this"
                    hint = "Paint: it is another method"
                    raise ApiError(422, one_line(failed, "these pictures", "pictures of 16 pixels and more a side", hint)) from None
