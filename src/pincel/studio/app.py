"""The application: routes, errors, the page, and who may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from pincel.studio import troubles
from pincel.studio.bounds import Bounds, Taken
from pincel.studio.guard import Door, Guard
from pincel.studio.home import Home
from pincel.studio.limits import Limits
from pincel.studio.prefix import Prefix
from pincel.studio.routes import about, pictures, results, runs, studies
from pincel.studio.studio import Studio
from pincel.studio.worker import PINCEL
from pincel.version import __version__

STATIC = Path(__file__).parent / "static"
# Of anything but an upload.
BODY = 1 << 20
TEXT = """What the page of the studio does, for scripts. Errors are `{"error": {"message": one line, "field": name or null}}`."""


def make_app(home: Home, limits: Limits, door: Door, pincel: Sequence[str] = PINCEL) -> FastAPI:
    """Return the application; its studio begins to work when it is started.

    Args:
        home: Where everything is kept.
        limits: How much of it.
        door: Where it is, and who may come in.
        pincel: The command line.
    """

    @asynccontextmanager
    async def open_studio(app: FastAPI) -> AsyncIterator[None]:
        app.state.studio = studio = Studio(home, limits, pincel)
        await studio.workshop.start()
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
        servers=[{"url": door.root}] if door.root else None,
    )
    troubles.install(app)
    for router in (about.router, pictures.router, runs.router, results.router, studies.router):
        app.include_router(router)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/static", _Files(directory=STATIC), name="static")
    # The form around a file takes some bytes, too.
    upload = Taken(limits.bytes + BODY, "multipart/form-data")
    app.add_middleware(Bounds, usual=Taken(BODY, "application/json"), at={"/api/pictures": upload})
    if door.root:
        app.add_middleware(Prefix, root=door.root)
    app.add_middleware(Guard, door=door)
    return app


class _Files(StaticFiles):
    """Files that the browser keeps, and asks whether they are still the same."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
