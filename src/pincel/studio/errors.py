"""Errors of the API: ``{"error": {"message": one line, "field": name or null}}``."""

from __future__ import annotations

import errno
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pincel.errors import OutputError, PictureSizeError, PictureUnreadableError, PincelError
from pincel.studio.models import ErrorBody, ErrorDetail

TOO_LONG = "The request is too large."
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DESCRIPTIONS = {
    400: "The request cannot be read",
    404: "There is no such thing",
    409: "Not in this state",
    413: "Too large, or too many",
    415: "A type that is not accepted",
    422: "A value that is not accepted",
    429: "Too many runs are waiting",
    507: "The disk is full",
}
_MESSAGES = {404: "There is nothing at this address.", 405: "This address does not take such a request.", 413: TOO_LONG}


def error_responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route, for the description of the API."""
    return {code: {"model": ErrorBody, "description": _DESCRIPTIONS[code]} for code in codes}


class ApiError(Exception):
    """What is wrong with a request.

    Args:
        status: HTTP status of the response.
        message: One line.
        field: The setting or field that is wrong, if it is one.
    """

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.field = status, message, field


def missing(what: str, key: str) -> ApiError:
    """Return the error for an unknown id."""
    return ApiError(404, f"There is no {what} '{key}'; it may have been deleted.")


def error_response(status: int, message: str, field: str | None = None) -> JSONResponse:
    """Return an error as a response."""
    body = ErrorBody(error=ErrorDetail(message=" ".join(message.split()), field=field))
    return JSONResponse(body.model_dump(), status_code=status)


def status_of(error: PincelError) -> int:
    """Return the HTTP status of an error of pincel."""
    cause = error.__cause__
    if isinstance(error, OutputError) and isinstance(cause, OSError) and cause.errno in FULL:
        return 507
    if isinstance(error, PictureSizeError):
        return 413
    return 415 if isinstance(error, PictureUnreadableError) else 422


def install(app: FastAPI) -> None:
    """Let an application answer with such errors."""

    @app.exception_handler(ApiError)
    async def api_error(_: Request, error: ApiError) -> JSONResponse:
        return error_response(error.status, error.message, error.field)

    @app.exception_handler(PincelError)
    async def pincel_error(_: Request, error: PincelError) -> JSONResponse:
        return error_response(status_of(error), str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(422, *describe(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, OSError):
            # While an upload was received.
            return await system_error(request, error.__cause__)
        response = error_response(error.status_code, _MESSAGES.get(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OSError)
    async def system_error(_: Request, error: OSError) -> JSONResponse:
        if error.errno in FULL:
            return error_response(507, "The disk is full: delete runs or pictures, or make room otherwise, and try again.")
        return error_response(500, f"The disk answers with an error ({(error.strerror or type(error).__name__).lower()}).")


def describe(problem: dict[str, Any]) -> tuple[str, str | None]:
    """Return a message for an error of pydantic, and the field that is wrong, if it is one."""
    where = ".".join(str(part) for part in problem["loc"] if part not in ("body", "query", "path", "header"))
    if problem["type"] == "json_invalid":
        return f"The request is no JSON: {problem['ctx']['error']}.", None
    if problem["type"] == "missing":
        return (f"The request lacks '{where}'." if where else "The request has no body; send JSON."), where or None
    given = repr(problem.get("input"))
    shown = given if len(given) <= 80 else f"{given[:77]}…"
    message = str(problem["msg"]).removeprefix("Input ")
    return f"'{where or 'the request'}' cannot be {shown}: it {message}.", where or None
