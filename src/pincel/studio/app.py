"""The application: routes, errors, the page, and access."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from pincel.studio import errors
from pincel.studio.access import AccessPolicy
from pincel.studio.auth import AuthMiddleware
from pincel.studio.body_limit import BodyRule, BodySizeLimit
from pincel.studio.child_process import PINCEL
from pincel.studio.data_dir import DataDir
from pincel.studio.limits import Limits
from pincel.studio.prefix import PathPrefix
from pincel.studio.routes import about, courses, pictures, previews, results, runs, studies
from pincel.studio.studio import Studio
from pincel.version import __version__

STATIC = Path(__file__).parent / "static"
# Bytes of a request other than an upload.
BODY = 1 << 20
TEXT = """What the page of the studio does, for scripts. Errors are `{"error": {"message": one line, "field": name or null}}`."""


def make_app(home: DataDir, limits: Limits, policy: AccessPolicy, pincel: Sequence[str] = PINCEL) -> FastAPI:
    """Return the application; its queue starts to work with it.

    Args:
        home: Where its files are stored.
        limits: Their numbers and sizes.
        policy: Where it is reached, and by whom.
        pincel: The command line of pincel.
    """

    @asynccontextmanager
    async def open_studio(app: FastAPI) -> AsyncIterator[None]:
        app.state.studio = studio = Studio(home, limits, pincel)
        await studio.queue.start()
        try:
            yield
        finally:
            await studio.close()

    app = FastAPI(
        title="pincel studio",
        version=__version__,
        description=TEXT,
        lifespan=open_studio,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": policy.root}] if policy.root else None,
    )
    errors.install(app)
    for router in (about.router, pictures.router, previews.router, runs.router, results.router, studies.router, courses.router):
        app.include_router(router)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/static", _Files(directory=STATIC), name="static")
    # The form around a file takes some bytes too.
    upload = BodyRule(limits.bytes + BODY, "multipart/form-data")
    app.add_middleware(BodySizeLimit, usual=BodyRule(BODY, "application/json"), at={"/api/pictures": upload})
    if policy.root:
        app.add_middleware(PathPrefix, root=policy.root)
    app.add_middleware(AuthMiddleware, policy=policy)
    return app


class _Files(StaticFiles):
    """Files that the browser caches, and revalidates each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
