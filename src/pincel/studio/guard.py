"""Who may ask: only this machine's own page, or who has the token; and the headers that bind the page.

- The name the request was sent to (Host) must be this machine's: another site could otherwise point a name of its own at it.
- What changes anything must come from the page itself (Origin), or from no page at all.
- Bound to an address that others reach, a token is asked for: once in the address, then in a cookie, or as a bearer.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.studio.troubles import answer

LOCAL = ("localhost", "127.0.0.1", "::1")
COOKIE = "pincel"
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
_SAFE = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]/@]+)(:(?P<port>\d{1,5}))?")


@dataclass(frozen=True)
class Door:
    """Where the studio is, and who may come in.

    Attributes:
        host: The address it is bound to.
        port: Likewise.
        token: Asked for; none where only this machine reaches it.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""

    @classmethod
    def at(cls, host: str, port: int) -> Door:
        """Return a door with a token if others reach it."""
        return cls(host, port, "" if is_local(host) else secrets.token_urlsafe(24))

    def knows(self, host: str) -> bool:
        """Tell whether a request was sent to a name of this machine."""
        found = _HOST.fullmatch(host)
        if not found or int(found["port"] or 80) != self.port:
            return False
        name = found["name"].strip("[]").lower()
        return name in (*LOCAL, self.host.lower()) or (bool(self.token) and (_is_address(name) or name in _own_names()))


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    return host in LOCAL or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return name, f"{name}.local"


class Guard:
    """Turns away who may not ask, and gives every answer its headers. Wraps the whole application.

    Args:
        app: What is guarded.
        door: Who may come in.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, bound)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._door.knows(host):
            hint = f"open http://localhost:{self._door.port}, through a tunnel on the same port if need be"
            return answer(403, f"The studio does not answer to the name '{host[:80]}'; {hint}.")
        origin = headers.get("origin")
        if scope["method"] not in _SAFE and origin is not None and origin.lower() != f"{scope['scheme']}://{host}".lower():
            return answer(403, f"A page of '{origin[:80]}' may not change anything here.")
        if scope["method"] not in _SAFE and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return answer(403, "A page of another site may not change anything here.")
        return self._unknown(scope, headers) if self._door.token else None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """Turn away who has no token; who has it in the address gets it as a cookie."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and self._is_token(given) and scope["method"] == "GET":
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            welcome = RedirectResponse(f"{_path(scope)}{'?' if rest else ''}{rest}", 303)
            welcome.set_cookie(self._cookie, self._door.token, httponly=True, samesite="strict", path="/")
            return welcome
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if self._is_token(cookie) or (kind.lower() == "bearer" and self._is_token(bearer.strip())):
            return None
        told = "This studio asks for its token: open the address that 'pincel studio' printed, or send 'Authorization: Bearer TOKEN'."
        if scope["path"].startswith("/api/"):
            response = answer(401, told)
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return PlainTextResponse(told + "\n", 401)

    @property
    def _cookie(self) -> str:
        # Cookies know no ports: two studios on one machine must not take each other's.
        return f"{COOKIE}-{self._door.port}"

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self._door.token.encode())


def _path(scope: Scope) -> str:
    """Return the path of a request, such that it cannot lead to another host."""
    raw: str = scope.get("raw_path", b"/").decode("latin-1").partition("?")[0]
    return "/" + raw.lstrip("/\\")
