"""``pincel mcp``."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import click

from pincel.cli.help_format import Verb
from pincel.cli.options import device_option


@click.command(
    cls=Verb,
    examples=(
        "pincel mcp ~/Pictures",
        "pincel mcp paintings ~/Pictures/photographs --device cpu",
    ),
)
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER…")
@device_option
def command(folders: tuple[str, ...], device: str) -> None:
    """Let an assistant paint: a server of the Model Context Protocol, over standard input and output.

    An assistant starts it by itself, when it is told this command. It can then paint, recolor, plan and make studies with the pictures in
    each FOLDER and below it; results go into the first. Nothing elsewhere is read or written, no file is replaced, and no network is used.
    """
    from pincel.cli.computing import begin_computing
    from pincel.extras import require_extra
    from pincel.folders import expanded

    require_extra("mcp.server.mcpserver", extra="mcp", what="the server of an assistant")
    from pincel.mcp.folders import AllowedFolders
    from pincel.mcp.server import make_server

    allowed = AllowedFolders([expanded(each) for each in folders])
    begin_computing()
    if sys.stdin.isatty():
        click.echo("Waiting for an assistant on standard input: it starts this command by itself. Ctrl-C ends it.", err=True)
    # The protocol is bytes, which the tolerant stream of the command line does not take.
    with redirect_stdout(sys.__stdout__):
        make_server(allowed, device).run("stdio")
