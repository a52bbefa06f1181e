"""What a request may bring: how many bytes, and of which kind.

Too many are refused by what is announced, before a byte is read, or as soon as they are too many. The kind is named by each request that
brings anything and changes something: the forms that any page of the web can send without being asked (text, form fields) are of no kind
that is taken.

Starlette's RequestBodyLimitMiddleware has one limit for all paths, answers in plain text, says neither what came nor what is accepted, and
knows nothing of kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.studio.guard import SAFE
from pincel.studio.troubles import TOO_LONG, answer


@dataclass(frozen=True)
class Taken:
    """What a path takes.

    Attributes:
        bytes: At most.
        kind: Content-Type, without parameters.
    """

    bytes: int
    kind: str


class Bounds:
    """Wraps an application.

    Args:
        app: What is wrapped.
        usual: What is taken.
        at: Path → what is taken there instead.
    """

    def __init__(self, app: ASGIApp, usual: Taken, at: Mapping[str, Taken]) -> None:
        self._app, self._usual, self._at = app, usual, at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or as much of it as may be."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = self._at.get(scope["path"], self._usual)
        refused = _refusal(scope, taken)
        if refused:
            await refused(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > taken.bytes:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


def _refusal(scope: Scope, taken: Taken) -> Response | None:
    """Return what is answered to a request that announces too much, or another kind; None if it announces neither."""
    headers = Headers(scope=scope)
    announced = headers.get("content-length", "")
    length = int(announced[:20]) if announced.isdecimal() else 0
    if length > taken.bytes:
        return answer(413, f"{TOO_LONG} It has {length:,} bytes; up to {taken.bytes:,} are taken.")
    kind = headers.get("content-type")
    brings = kind is not None or length > 0 or "transfer-encoding" in headers
    if brings and scope["method"] not in SAFE and (kind or "").partition(";")[0].strip().lower() != taken.kind:
        given = f"'{kind[:80]}'" if kind else "a body without a Content-Type"
        return answer(415, f"This address takes {taken.kind}, not {given}.")
    return None
