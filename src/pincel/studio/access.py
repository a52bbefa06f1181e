"""Where the studio is reached, and by whom: this machine alone, or whoever has the token.

- A request must be sent to a name of this machine, or one that was allowed (header Host): another site could otherwise point a name of its
  own at it. The port does not matter, since it differs behind a port mapping or a tunnel.
- What changes anything must come from the studio's own page (header Origin), or from no page at all.
- Where others reach the studio, a token is required.

Starlette's TrustedHostMiddleware has a fixed list of names: it handles neither ports nor numeric addresses, which are never another site's.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass

from pincel.errors import OptionError
from pincel.files import one_line

LOCAL = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]/@?#\s*]+)(:(?P<port>\d{1,5}))?", re.I)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class HostPort:
    """A name and a port, as in the header Host.

    Attributes:
        name: Host name in lower case, or an IP address without brackets.
        port: None if not given.
    """

    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> HostPort | None:
        """Read ``name``, ``name:8765`` or ``[::1]:8765``; None for anything else."""
        match = _HOST.fullmatch(text)
        if not match or int(match["port"] or 0) > 65_535:
            return None
        # A trailing dot only marks a fully qualified name.
        return cls(match["name"].strip("[]").lower().removesuffix("."), int(match["port"]) if match["port"] else None)

    def on(self, scheme: str) -> HostPort:
        """Return the address with the default port of http or https if it has none."""
        return HostPort(self.name, self.port or _PORTS.get(scheme))

    def __str__(self) -> str:
        """Return the text that :meth:`read` accepts."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


@dataclass(frozen=True)
class AccessPolicy:
    """Which requests the studio accepts.

    Attributes:
        host: Address the studio is bound to.
        port: Port it is bound to.
        token: Required of every request; empty if only this machine reaches the studio.
        allowed: Other addresses of the studio; one without a port stands for all ports.
        root: Path of the page, such as ``/paint``; empty for none.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    allowed: tuple[HostPort, ...] = ()
    root: str = ""

    @classmethod
    def at(cls, host: str, port: int, allowed: tuple[HostPort, ...] = (), root: str = "", *, shared: bool = False) -> AccessPolicy:
        """Return a policy that requires a token if other machines reach the studio, or other users of this one (``shared``)."""
        alone = is_local(host) and all(is_local(other.name) for other in allowed) and not shared
        return cls(host, port, "" if alone else secrets.token_urlsafe(24), allowed, root)

    def allows_host(self, host: str) -> bool:
        """Return whether the header Host is a name of this machine, or one that was allowed."""
        sent = HostPort.read(host)
        if sent is None:
            return False
        # A page of another site has a name of that site, never a number or localhost, whatever the port.
        own = is_local(sent.name) or sent.name == self.host.lower()
        return own or self._allows(sent) or (bool(self.token) and (_is_number(sent.name) or sent.name in _own_names()))

    def is_own_page(self, origin: str, scheme: str, host: str) -> bool:
        """Return whether a page is the studio's own.

        Args:
            origin: Header Origin.
            scheme: Scheme of the request; http where a proxy speaks https to the browser.
            host: Header Host; a proxy may have replaced it.
        """
        page_scheme, _, rest = origin.lower().partition("://")
        page, sent = HostPort.read(rest), HostPort.read(host)
        if page_scheme not in _PORTS or page is None or sent is None:
            return False
        page = page.on(page_scheme)
        return (page_scheme == scheme and page == sent.on(scheme)) or self._allows(page)

    def _allows(self, sent: HostPort) -> bool:
        return any(other.name == sent.name and other.port in (None, sent.port) for other in self.allowed)


def allowed_host(text: str) -> HostPort:
    """Read the value of ``--allow-host``: ``paint.example.org`` or ``paint.example.org:8443``.

    Raises:
        OptionError: For anything else.
    """
    try:
        address = HostPort.read(text)
        if address is None:
            raise ValueError
        # Browsers send names that are not ASCII in this form.
        return address if _is_number(address.name) else HostPort(address.name.encode("idna").decode(), address.port)
    except ValueError:
        name = text.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        hint = name if HostPort.read(name) else "paint.example.org"
        given = f"--allow-host {text}"
        raise OptionError(one_line("studio: not a host name", given, "NAME or NAME:PORT", hint)) from None


def root_path(text: str) -> str:
    """Read the value of ``--root-path``: ``/paint``; empty for none, and for ``/``.

    Raises:
        OptionError: For anything else.
    """
    path = f"/{text.strip('/')}" if text.strip("/") else ""
    if not re.fullmatch(r"(/(?!\.)[\w.~-]+)*", path, re.A):
        accepted = "the path below which a proxy serves the studio, of letters, digits and . _ ~ -"
        raise OptionError(one_line("studio: not a path", f"--root-path {text}", accepted, "/paint"))
    return path


def is_local(host: str) -> bool:
    """Return whether only this machine reaches an address."""
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
