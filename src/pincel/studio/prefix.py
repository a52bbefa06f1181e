"""Middleware for a studio below a path such as ``/paint``, whether the proxy before it removes that path or not.

FastAPI's root_path finds routes either way, but mounted files only if the proxy keeps the path.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class PathPrefix:
    """Wraps an application, whose addresses are all relative, that is below the path ``root``, such as ``/paint``."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on without the path."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path == self._root:
                # Without the slash, relative addresses of the page would be outside the path.
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"{self._root}/{'?' if query else ''}{query}")(scope, receive, send)
                return
            if path.startswith(f"{self._root}/"):
                scope = {**scope, "path": path.removeprefix(self._root)}
        await self._app(scope, receive, send)
