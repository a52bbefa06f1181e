"""The studio below a path, as ``/paint``, whether the proxy before it takes that path away or not.

FastAPI's root_path finds routes either way, but files that are mounted only if the proxy leaves the path.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Wraps an application that knows nothing of the path it is below: all its addresses are relative.

    Args:
        app: What is wrapped.
        root: As ``/paint``.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on without the path, if it has it."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path == self._root:
                # Relative addresses of the page would lead beside it.
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"{self._root}/{'?' if query else ''}{query}")(scope, receive, send)
                return
            if path.startswith(f"{self._root}/"):
                scope = {**scope, "path": path.removeprefix(self._root)}
        await self._app(scope, receive, send)
