"""``pincel studio``."""

from __future__ import annotations

import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.help_format import Verb

if TYPE_CHECKING:
    from pincel.studio.access import AccessPolicy


@click.command(
    cls=Verb,
    examples=(
        "pincel studio --port 9000 --home paintings",
        "pincel studio --no-browser --root-path /paint",
    ),
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, metavar="N", help="Port of the page; if it is taken, the next free one. [8765]"
)
@click.option("--home", metavar="DIR", help="Folder for pictures and runs. [the user's data folder]")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="ADDRESS",
    help="Address to listen on: with the default only this machine can connect, with another everybody who has the printed token. "
    "[127.0.0.1]",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME[:PORT]",
    help="Another name of the studio, behind a reverse proxy or a port mapping, on any port if none is given; once for each name. The "
    "token is required with every name but localhost, which is always allowed.",
)
@click.option("--root-path", default="", metavar="PATH", help="Path below which a reverse proxy serves the studio, such as /paint.")
@click.option("--token", is_flag=True, help="Always require the printed token, so that other users of this machine cannot connect.")
@click.option("--upload-size", default="64M", metavar="SIZE", help="Largest file that can be uploaded, such as 64M or 200M. [64M]")
@click.option("--keep-runs", type=click.IntRange(min=1), default=200, metavar="N", help="Number of finished runs to keep. [200]")
@click.option(
    "--keep-bytes", default="5GiB", metavar="SIZE", help="Size of all runs to keep, such as 800M; the oldest are removed first. [5GiB]"
)
def command(**options: Any) -> None:
    """Paint in the browser, on a local web page: drop a photograph, choose a painting, watch. Nothing is uploaded.

    Runs wait in a queue and are kept in a gallery. Ctrl-C ends the studio: the current run keeps its best picture, and can be continued in
    the next studio. No request leaves the machine.

    Scripts can do everything that the page does: http://localhost:8765/api/openapi.json describes the API.
    """
    from pincel.bytesize import parse_bytes
    from pincel.extras import require_extra
    from pincel.folders import data_folder

    for library in ("fastapi", "uvicorn", "python_multipart"):
        require_extra(library, extra="studio", what="studio")
    from pincel.studio.access import AccessPolicy, allowed_host, root_path
    from pincel.studio.data_dir import DataDir
    from pincel.studio.limits import Limits
    from pincel.studio.server import bind, serve

    allowed, root = tuple(allowed_host(text) for text in options["allow_host"]), root_path(options["root_path"])
    limits = Limits(
        bytes=parse_bytes(options["upload_size"], "The size of an upload is given as 64M"),
        runs=options["keep_runs"],
        kept=parse_bytes(options["keep_bytes"], "Room on the disk is given as 800M or 5GiB"),
    )
    home = DataDir(Path(options["home"]) if options["home"] else data_folder() / "studio")
    bound = bind(options["host"], options["port"])
    policy = AccessPolicy.at(options["host"], bound.getsockname()[1], allowed, root, shared=options["token"])
    with suppress(KeyboardInterrupt):
        serve(home, limits, policy, bound, lambda address: _announce(address, policy, options))


def _announce(address: str, policy: AccessPolicy, options: dict[str, Any]) -> None:
    """Print the address, and open it in the browser."""
    from pincel.cli.terminal import echo
    from pincel.studio.access import is_local

    if options["port"] not in (0, policy.port):
        echo(f"Port {options['port']} is taken; the studio uses port {policy.port}.")
    echo(f"The studio is open: {address}  (Ctrl-C ends it)")
    path = address.partition("://")[2].partition("/")[2]
    for other in policy.allowed:
        if not is_local(other.name):
            echo(f"Through a proxy: {other}/{path}")
    if not options["no_browser"]:
        # In a thread: some browsers take seconds to start.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
