"""Errors as the API tells them: ``{"error": {"message": one line, "field": name or null}}``."""

from __future__ import annotations

import errno
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pincel.errors import OutputError, PictureSizeError, PictureUnreadableError, PincelError
from pincel.studio.models import Problem, Trouble

TOO_LONG = "What was sent is too large."
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What any route may answer, for the description of the API.
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"model": Trouble, "description": "What was sent makes no sense"},
    404: {"model": Trouble, "description": "There is no such thing"},
    409: {"model": Trouble, "description": "Not in this state"},
    413: {"model": Trouble, "description": "Too large, or too many"},
    415: {"model": Trouble, "description": "Of a kind that is not accepted"},
    422: {"model": Trouble, "description": "A value that is not accepted"},
    429: {"model": Trouble, "description": "Too much waits already"},
    507: {"model": Trouble, "description": "The disk is full"},
}


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe what a route may answer beside success."""
    return {code: ANSWERS[code] for code in codes}


class ApiError(Exception):
    """What is wrong with a request.

    Args:
        status: Of the answer.
        message: One line.
        field: What it is about.
    """

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.field = status, message, field


def missing(what: str, key: str) -> ApiError:
    """Build the error for an id that stands for nothing."""
    return ApiError(404, f"There is no {what} '{key}'; it may have been deleted.")


def answer(status: int, message: str, field: str | None = None) -> JSONResponse:
    """Return the body of an error."""
    told = Trouble(error=Problem(message=" ".join(message.split()), field=field))
    return JSONResponse(told.model_dump(), status_code=status)


def status_of(error: PincelError) -> int:
    """Return the status for an error of pincel."""
    cause = error.__cause__
    if isinstance(error, OutputError) and isinstance(cause, OSError) and cause.errno in FULL:
        return 507
    if isinstance(error, PictureSizeError):
        return 413
    return 415 if isinstance(error, PictureUnreadableError) else 422


def install(app: FastAPI) -> None:
    """Let an application tell its errors so."""

    async def api_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return answer(error.status, error.message, error.field)

    async def pincel_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, PincelError)
        return answer(status_of(error), str(error))

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(422, *sentence(error.errors()[0]))

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, OSError):
            # Of an upload, while it was received.
            return await system_error(request, error.__cause__)
        response = answer(error.status_code, _WORDS.get(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    async def system_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, OSError)
        if error.errno in FULL:
            return answer(507, "The disk is full: delete runs or pictures, or make room otherwise, and try again.")
        return answer(500, f"The disk answers with an error ({(error.strerror or type(error).__name__).lower()}).")

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(PincelError, pincel_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(OSError, system_error)


_WORDS = {
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
    413: TOO_LONG,
}


def sentence(trouble: dict[str, Any]) -> tuple[str, str | None]:
    """Say in one line what is wrong with a request, and with which field."""
    places = [str(part) for part in trouble["loc"] if part not in ("body", "query", "path", "header")]
    where = ".".join(places)
    if trouble["type"] == "json_invalid":
        return f"The request is no JSON: {trouble['ctx']['error']}.", None
    if trouble["type"] == "missing":
        return (f"The request lacks '{where}'." if where else "The request has no body; send JSON."), where or None
    given = repr(trouble.get("input"))
    shown = given if len(given) <= 80 else f"{given[:77]}…"
    message = str(trouble["msg"]).removeprefix("Input ")
    return f"'{where or 'the request'}' cannot be {shown}: it {message}.", where or None
