"""``pincel studio``."""

from __future__ import annotations

from pathlib import Path

import click

from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel studio --port 9000 --home paintings",
        "pincel studio --no-browser --root-path /paint",
    )
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, metavar="N", help="Of the page; the next free one if it is taken. [8765]"
)
@click.option("--home", metavar="DIR", help="Where pictures and runs are kept. [the user's data folder]")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="ADDRESS",
    help="Whom to answer: this machine alone, or, bound to another address of it, whoever has the token that is printed. [127.0.0.1]",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME[:PORT]",
    help="A name the studio is reached by through a reverse proxy or a port mapping, on any port if none is given; may be given several "
    "times. With any but this machine's own (localhost, on whatever port, needs no allowing) the token is asked for.",
)
@click.option("--root-path", default="", metavar="PATH", help="The path below which a reverse proxy serves the studio, as /paint.")
@click.option("--token", is_flag=True, help="Ask for the token in any case: others use this machine too, and reach what only it reaches.")
@click.option("--upload-size", default="64M", metavar="SIZE", help="Of an uploaded file, at most, as 64M or 200M. [64M]")
@click.option("--keep-runs", type=click.IntRange(min=1), default=200, metavar="N", help="Finished runs that are kept. [200]")
@click.option("--keep-bytes", default="5GiB", metavar="SIZE", help="Room they may take, as 800M or 5GiB; the oldest go first. [5GiB]")
def command(  # noqa: PLR0913, PLR0917 - each is an option
    port: int,
    home: str | None,
    no_browser: bool,
    host: str,
    allow_host: tuple[str, ...],
    root_path: str,
    token: bool,
    upload_size: str,
    keep_runs: int,
    keep_bytes: str,
) -> None:
    """Paint in the browser, on a page that this machine serves to itself: drop a photograph, choose a painting, watch.

    Runs wait in a queue, are kept in a gallery, and survive the studio: what was under way when it ended can be resumed. No request leaves
    the machine. Ctrl-C ends the studio; the run under way keeps its best picture.

    Whatever the page does can be done by scripts: http://localhost:8765/api/openapi.json describes how.
    """
    from pincel.bytesize import parse_bytes
    from pincel.cli.terminal import say
    from pincel.folders import data_folder
    from pincel.studio.guard import allowed_host, is_local
    from pincel.studio.guard import root_path as checked_path
    from pincel.studio.home import Home
    from pincel.studio.limits import Limits, parse_size
    from pincel.studio.server import bind, serve

    allowed, root = [allowed_host(text) for text in allow_host], checked_path(root_path)
    limits = Limits(bytes=parse_bytes(upload_size, "The size of an upload is given as 64M"), runs=keep_runs, kept=parse_size(keep_bytes))
    place = Home(Path(home) if home else data_folder() / "studio")
    bound = bind(host, port)
    number = bound.getsockname()[1]

    def tell(address: str) -> None:
        if port and number != port:
            say(f"Port {port} is taken; this is {number}.")
        say(f"The studio is open: {address}  (Ctrl-C ends it)")
        rest = address.partition("://")[2].partition("/")[2]
        for other in allowed:
            if not is_local(other.name):
                say(f"Through a proxy: {other}/{rest}")
        if not no_browser:
            _show(address)

    try:
        serve(place, limits, host, bound, tell, allowed=allowed, root=root, shared=token)
    except KeyboardInterrupt:
        # The way a server ends.
        return


def _show(address: str) -> None:
    """Open an address in the browser, in a thread: some browsers take their time."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
