"""Finds a Ray cluster at an address, or starts one on this machine."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pincel.cluster.errors import first_line
from pincel.errors import ClusterError, OptionError
from pincel.extras import require_extra
from pincel.files import one_line, quoted

AUTO, LOCAL = "auto", "local"
ACCEPTED = "auto, local, or HOST:PORT of the head of a Ray cluster (Ray's own is 6379), or ray://HOST:PORT (10001)"
START = "'ray start --head' on that machine, or --cluster auto"
# Seconds to connect; Ray itself would try for minutes.
PATIENCE = 5.0
# Attempts to start Ray, whose time limit of half a minute cannot be changed.
STARTS = 3
# Bytes of Ray's object store: results are records of a few hundred bytes, pictures go through files.
OBJECTS = 100 << 20
# HTTP/2: what a client says first, and the head of an empty frame of settings (RFC 9113, 3.4 and 6.5).
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS = 4


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster whose driver this process is.

    Attributes:
        ray: The library.
        own: Whether it was joined here, and is left in the end.
    """

    ray: Any
    own: bool

    def resources(self) -> dict[str, float]:
        """Return its resources in all: ``CPU``, ``GPU`` and others."""
        resources: dict[str, float] = self.ray.cluster_resources()
        return resources

    def machines(self) -> list[dict[str, float]]:
        """Return the resources of each machine."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        if self.own:
            self.ray.shutdown()


def join(address: str = AUTO, *, cores: int | None = None) -> Cluster:
    """Become a driver of a Ray cluster.

    Args:
        address: ``auto`` for one that runs on this machine (or that RAY_ADDRESS names), and if there is none, a new one here, which ends
            with this process; ``local`` for a new one in any case. Otherwise ``HOST:PORT`` or ``ray://HOST:PORT``.
        cores: How many workers a new one has room for; as many as the machine has cores when left out.

    Raises:
        ExtraMissingError: If Ray is not installed.
        OptionError: If the address is none.
        ClusterError: If no Ray answers there.
    """
    ray = require_extra("ray", extra="cluster", what="cluster")
    if ray.is_initialized():
        return Cluster(ray, own=False)
    known = address not in (AUTO, LOCAL)
    if known:
        check_answer(*host_and_port(address))
    # Messages of Ray are for its operators; the loss of a worker is reported with its job.
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    try:
        if known:
            ray.init(address=address, **quiet)
        elif address == LOCAL or not _is_here(ray, quiet):
            _start(ray, cores, quiet)
    except Exception as error:  # Ray raises whatever it comes across, with advice over many lines.
        failed, hint = f"cluster: Ray cannot be used, {first_line(error)}", "'ray status' there, and the same Ray here"
        raise ClusterError(one_line(failed, quoted(address), ACCEPTED, hint)) from error
    _keep_ray_from_printing(ray)
    return Cluster(ray, own=True)


def _is_here(ray: Any, quiet: dict[str, Any]) -> bool:
    """Join a cluster that runs here, if there is one."""
    try:
        ray.init(address=AUTO, **quiet)
    except ConnectionError:
        return False
    return True


def _start(ray: Any, cores: int | None, quiet: dict[str, Any]) -> None:
    """Start a cluster here; on a busy machine Ray may time out at first."""
    here = {"include_dashboard": False, "object_store_memory": OBJECTS, "_node_ip_address": "127.0.0.1"}
    for left in reversed(range(STARTS)):
        try:
            ray.init(address=LOCAL, num_cpus=cores, **here, **quiet)
            return
        except Exception as error:
            ray.shutdown()
            if not left or "timed out during startup" not in str(error):
                raise


def host_and_port(address: str) -> tuple[str, int]:
    """Split an address; raises OptionError if it is none.

    Example:
        >>> host_and_port("ray://head.example:10001"), host_and_port("[::1]:6379")
        (('head.example', 10001), ('::1', 6379))
    """
    found = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = found.hostname, found.port
    except ValueError:
        host, port = None, None
    if not host or not port or found.scheme not in ("", "ray"):
        raise OptionError(one_line("cluster: that is no address", quoted(address), ACCEPTED, "'auto'"))
    return host, port


def check_answer(host: str, port: int, patience: float = PATIENCE) -> None:
    """Check that Ray may be what answers.

    Ray uses gRPC, which begins with a frame of settings from either side; a web page or a database sends something else, or nothing.

    Raises:
        ClusterError: If nothing answers, or something else.
    """
    given = quoted(f"{host}:{port}")
    try:
        with socket.create_connection((host, port), timeout=patience) as line:
            if os.environ.get("RAY_USE_TLS", "0") == "1":
                return
            line.settimeout(patience)
            line.sendall(GREETING)
            answer = line.recv(9)
    except OSError as error:
        reason = "nobody answers" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise ClusterError(one_line(f"cluster: no Ray answers, {reason}", given, ACCEPTED, START)) from error
    if len(answer) < 4 or answer[3] != SETTINGS:
        raise ClusterError(one_line("cluster: what answers there is not Ray", given, ACCEPTED, START))


def _keep_ray_from_printing(ray: Any) -> None:
    """Keep Ray from printing on standard output, where the results of a command go, that a worker died: its job reports it."""
    # There is no setting for it; a version without this function does not print.
    inside: Any = getattr(getattr(ray, "_private", None), "worker", None)
    if hasattr(inside, "print_to_stdstream"):
        inside.print_to_stdstream = lambda *_args, **_more: None
