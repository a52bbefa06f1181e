"""How long a request may be: refused by what it announces, before a byte of it is read, or as soon as it is longer than it may be."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.studio.troubles import TOO_LONG, answer


class Bounds:
    """Wraps an application.

    Args:
        app: What is wrapped.
        most: Bytes of a request.
        at: Path → bytes where more, or less, are taken.
    """

    def __init__(self, app: ASGIApp, most: int, at: Mapping[str, int]) -> None:
        self._app, self._most, self._at = app, most, at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or as much of it as may be."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._at.get(scope["path"], self._most)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            await answer(413, f"{TOO_LONG} It has {int(announced[:20]):,} bytes; up to {most:,} are taken.")(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
