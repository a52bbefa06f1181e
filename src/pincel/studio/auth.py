"""Middleware that refuses requests of others, and gives every response its security headers."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.studio.access import AccessPolicy, HostPort
from pincel.studio.errors import error_response

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; frame-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SAFE = ("GET", "HEAD", "OPTIONS")


class AuthMiddleware:
    """Wraps the whole application: checks host, origin and token of each request.

    Args:
        app: The application.
        policy: Which requests it accepts.
    """

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app, self._policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an accepted request on; answer any other with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        scope = _in_origin_form(scope)
        refusal = self._refusal(scope)
        # A HEAD request is answered as GET; the server leaves the body out. A stream of events would never end.
        if scope["method"] == "HEAD" and not scope["path"].endswith("/events"):
            scope = {**scope, "method": "GET"}
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, policy = Headers(scope=scope), self._policy
        host = headers.get("host", "")
        if not policy.allows_host(host):
            sent = HostPort.read(host)
            hint = f"if that is its name, start it with --allow-host {sent.name[:80]}" if sent else f"open http://localhost:{policy.port}"
            return error_response(403, f"The studio does not answer to the name '{host[:80]}'; {hint}.")
        if scope["method"] not in SAFE:
            origin = headers.get("origin")
            if origin is not None and not policy.is_own_page(origin, scope["scheme"], host):
                page = HostPort.read(origin.partition("://")[2])
                hint = f"; if that is this studio behind a proxy, start it with --allow-host {str(page)[:80]}" if page else ""
                return error_response(403, f"A page of '{origin[:80]}' may not change anything here{hint}.")
            if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                return error_response(403, "A page of another site may not change anything here.")
        return self._check_token(scope, headers) if policy.token else None

    def _check_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Return an error for a request without the token; a redirect that sets the cookie if the token is in the address."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and self._is_token(given) and scope["method"] == "GET":
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            redirect = RedirectResponse(f"{self._path(scope)}{'?' if rest else ''}{rest}", 303)
            secure = scope["scheme"] == "https"
            redirect.set_cookie(
                self._cookie, self._policy.token, httponly=True, samesite="strict", secure=secure, path=self._policy.root or "/"
            )
            return redirect
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if self._is_token(cookie) or (kind.lower() == "bearer" and self._is_token(bearer.strip())):
            return None
        message = "This studio asks for its token: open the address that 'pincel studio' printed, or send 'Authorization: Bearer TOKEN'."
        if "text/html" in headers.get("accept", ""):
            return PlainTextResponse(message + "\n", 401)
        response = error_response(401, message)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @property
    def _cookie(self) -> str:
        # Cookies have no ports: two studios on one machine must not share one.
        return f"pincel-{self._policy.port}"

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self._policy.token.encode())

    def _path(self, scope: Scope) -> str:
        """Return the path as the browser has it, such that it cannot lead to another host."""
        raw: str = scope.get("raw_path", b"/").decode("latin-1").partition("?")[0]
        path, root = "/" + raw.lstrip("/\\"), self._policy.root
        return path if f"{path}/".startswith(f"{root}/") else f"{root}{path}"


def _in_origin_form(scope: Scope) -> Scope:
    """Return a request whose target is a path: a target that names a host, as to a proxy, is for that host (RFC 9112, 3.2.2)."""
    target = urlsplit(scope["path"])
    if target.scheme not in {"http", "https"} or not target.netloc:
        return scope
    path, host = target.path or "/", target.netloc.encode("latin-1", "replace")
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "path": path, "raw_path": quote(path).encode(), "headers": [*headers, (b"host", host)]}
