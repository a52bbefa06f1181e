"""Who may ask: only this machine's own page, or who has the token; and the headers that bind the page.

- The name the request was sent to (Host) must be this machine's, or one that was allowed: another site could otherwise point a name of its
  own at it. The port in it says nothing about that, and is another one behind a port mapping or a tunnel.
- What changes anything must come from the page itself (Origin), or from no page at all.
- Bound to an address that others reach, or allowed to be reached by a name of others, a token is asked for: once in the address, then in a
  cookie, or as a bearer.

Starlette's TrustedHostMiddleware has a fixed list of names: it knows neither ports nor that any address in numbers is no other site's name.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincel.errors import OptionError
from pincel.files import one_line
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
SAFE = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]/@?#\s*]+)(:(?P<port>\d{1,5}))?", re.I)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A name and a port, as in the header Host.

    Attributes:
        name: Of a host, in small letters, or an IP address without brackets.
        port: None where none is given.
    """

    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Address | None:
        """Read ``name``, ``name:8765`` or ``[::1]:8765``; None for what is no address."""
        match = _HOST.fullmatch(text)
        if not match or int(match["port"] or 0) > 65_535:
            return None
        # A dot at the end only says that the name is whole.
        return cls(match["name"].strip("[]").lower().removesuffix("."), int(match["port"]) if match["port"] else None)

    def on(self, scheme: str) -> Address:
        """Return it with the port of a scheme, http or https, where it has none."""
        return Address(self.name, self.port or _PORTS.get(scheme))

    def __str__(self) -> str:
        """Return it as it is read."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True)
class Door:
    """Where the studio is, and who may come in.

    Attributes:
        host: The address it is bound to.
        port: Likewise.
        token: Asked for; none where only this machine reaches it.
        allowed: Other addresses it is reached by; one without a port stands for all ports.
        root: The path its page is below, as ``/paint``; empty for none.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    allowed: tuple[Address, ...] = ()
    root: str = ""

    @classmethod
    def at(cls, host: str, port: int, allowed: tuple[Address, ...] = (), root: str = "", *, shared: bool = False) -> Door:
        """Return a door with a token if others reach it: other machines, or, where the machine is shared, its other users."""
        alone = is_local(host) and all(is_local(other.name) for other in allowed) and not shared
        return cls(host, port, "" if alone else secrets.token_urlsafe(24), allowed, root)

    def knows(self, host: str) -> bool:
        """Tell whether a request was sent to a name of this machine, or one that was allowed; ``host`` is its header Host."""
        sent = Address.read(host)
        if sent is None:
            return False
        # A page of another site is at a name of that site's, never at a number or at localhost, whatever the port.
        own = is_local(sent.name) or sent.name == self.host.lower()
        return own or self._allows(sent) or (bool(self.token) and (_is_number(sent.name) or sent.name in _own_names()))

    def is_page(self, origin: str, scheme: str, host: str) -> bool:
        """Tell whether a page is this studio's.

        Args:
            origin: Of the page, the header Origin.
            scheme: Of the request.
            host: Its header Host. A proxy may have put its own there, and may speak https while the request comes by http.
        """
        page_scheme, _, rest = origin.lower().partition("://")
        page, sent = Address.read(rest), Address.read(host)
        if page_scheme not in _PORTS or page is None or sent is None:
            return False
        page = page.on(page_scheme)
        return (page_scheme == scheme and page == sent.on(scheme)) or self._allows(page)

    def _allows(self, sent: Address) -> bool:
        return any(other.name == sent.name and other.port in (None, sent.port) for other in self.allowed)


def allowed_host(text: str) -> Address:
    """Read the name of an option: ``paint.example.org`` or ``paint.example.org:8443``.

    Raises:
        OptionError: For anything else.
    """
    try:
        address = Address.read(text)
        if address is None:
            raise ValueError
        # As browsers send names that are not of ASCII.
        return address if _is_number(address.name) else Address(address.name.encode("idna").decode(), address.port)
    except ValueError:
        name = text.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        hint = name if Address.read(name) else "paint.example.org"
        given = f"--allow-host {text}"
        raise OptionError(one_line("studio: is no name of a host", given, "NAME or NAME:PORT, each by itself", hint)) from None


def root_path(text: str) -> str:
    """Read the path of an option: ``/paint``; empty for none, and for ``/``.

    Raises:
        OptionError: For anything else.
    """
    path = f"/{text.strip('/')}" if text.strip("/") else ""
    if not re.fullmatch(r"(/(?!\.)[\w.~-]+)*", path, re.A):
        accepted = "the path below which a proxy serves the studio, of letters, digits and . _ ~ -"
        raise OptionError(one_line("studio: is no path", f"--root-path {text}", accepted, "/paint"))
    return path


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    return host.lower() in LOCAL or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


def _is_number(name: str) -> bool:
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

        scope = _in_origin_form(scope)
        refusal = self._refusal(scope)
        # What is asked for without its body is prepared all the same; the server leaves the body out.
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" and not scope["path"].endswith("/events") else scope
        await (refusal or self._app)(asked, receive, bound)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, door = Headers(scope=scope), self._door
        host = headers.get("host", "")
        if not door.knows(host):
            sent = Address.read(host)
            hint = f"if that is its name, start it with --allow-host {sent.name[:80]}" if sent else f"open http://localhost:{door.port}"
            return answer(403, f"The studio does not answer to the name '{host[:80]}'; {hint}.")
        if scope["method"] in SAFE:
            return self._unknown(scope, headers) if door.token else None
        origin = headers.get("origin")
        if origin is not None and not door.is_page(origin, scope["scheme"], host):
            page = Address.read(origin.partition("://")[2])
            hint = f"; if that is this studio behind a proxy, start it with --allow-host {str(page)[:80]}" if page else ""
            return answer(403, f"A page of '{origin[:80]}' may not change anything here{hint}.")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return answer(403, "A page of another site may not change anything here.")
        return self._unknown(scope, headers) if door.token else None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """Turn away who has no token; who has it in the address gets it as a cookie."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and self._is_token(given) and scope["method"] == "GET":
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            welcome = RedirectResponse(f"{self._path(scope)}{'?' if rest else ''}{rest}", 303)
            secure = scope["scheme"] == "https"
            welcome.set_cookie(self._cookie, self._door.token, httponly=True, samesite="strict", secure=secure, path=self._door.root or "/")
            return welcome
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if self._is_token(cookie) or (kind.lower() == "bearer" and self._is_token(bearer.strip())):
            return None
        told = "This studio asks for its token: open the address that 'pincel studio' printed, or send 'Authorization: Bearer TOKEN'."
        if "text/html" in headers.get("accept", ""):
            return PlainTextResponse(told + "\n", 401)
        response = answer(401, told)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @property
    def _cookie(self) -> str:
        # Cookies know no ports: two studios on one machine must not take each other's.
        return f"{COOKIE}-{self._door.port}"

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self._door.token.encode())

    def _path(self, scope: Scope) -> str:
        """Return the path of a request as the browser has it, such that it cannot lead to another host."""
        raw: str = scope.get("raw_path", b"/").decode("latin-1").partition("?")[0]
        path, root = "/" + raw.lstrip("/\\"), self._door.root
        return path if f"{path}/".startswith(f"{root}/") else f"{root}{path}"


def _in_origin_form(scope: Scope) -> Scope:
    """Return a request whose target is a path: a target that names a host, as to a proxy, is for that host (RFC 9112, 3.2.2)."""
    target = urlsplit(scope["path"])
    if target.scheme not in {"http", "https"} or not target.netloc:
        return scope
    path, host = target.path or "/", target.netloc.encode("latin-1", "replace")
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "path": path, "raw_path": quote(path).encode(), "headers": [*headers, (b"host", host)]}
