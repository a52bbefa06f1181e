"""Size and type of request bodies.

A body that is announced as too large is refused before a byte is read, any other as soon as it is too large. A request that changes
something must name the type of its body: the types that any web page may send without permission (text, form fields) are not accepted.

Starlette's RequestBodyLimitMiddleware has one limit for all paths, answers in plain text without the sizes, and does not check types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.studio.auth import SAFE
from pincel.studio.errors import TOO_LONG, error_response


@dataclass(frozen=True)
class BodyRule:
    """What a path accepts: at most so many ``bytes``, of the Content-Type ``kind`` (without parameters)."""

    bytes: int
    kind: str


class BodySizeLimit:
    """Wraps an application.

    Args:
        app: The application.
        usual: What paths accept.
        at: Path → what it accepts instead.
    """

    def __init__(self, app: ASGIApp, usual: BodyRule, at: Mapping[str, BodyRule]) -> None:
        self._app, self._usual, self._at = app, usual, at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an accepted request on; answer any other with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = self._at.get(scope["path"], self._usual)
        refusal = _refusal(scope, rule)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > rule.bytes:
                raise HTTPException(413)
            return message

        await (refusal(scope, receive, send) if refusal else self._app(scope, counted, send))


def _refusal(scope: Scope, rule: BodyRule) -> Response | None:
    """Return the error for a body announced as too large or of another type; None if there is none."""
    headers = Headers(scope=scope)
    announced = headers.get("content-length", "")
    length = int(announced[:20]) if announced.isdecimal() else 0
    if length > rule.bytes:
        return error_response(413, f"{TOO_LONG} It has {length:,} bytes; up to {rule.bytes:,} are accepted.")
    kind = headers.get("content-type")
    has_body = kind is not None or length > 0 or "transfer-encoding" in headers
    if has_body and scope["method"] not in SAFE and (kind or "").partition(";")[0].strip().lower() != rule.kind:
        given = f"'{kind[:80]}'" if kind else "a body without a Content-Type"
        return error_response(415, f"This address takes {rule.kind}, not {given}.")
    return None
