"""``pincel samples``."""

from __future__ import annotations

from pathlib import Path

import click

from pincel.cli.help_format import Verb


@click.command(cls=Verb, examples=("pincel samples pictures", "pincel samples --list"))
@click.argument("folder", required=False, metavar="DIR")
@click.option("--list", "only_list", is_flag=True, help="Only list them.")
def command(folder: str | None, only_list: bool) -> None:
    """Write the sample pictures into the folder DIR, which is made if need be: scenes to paint, styles to paint after.

    Wherever pincel asks for a picture, sample:NAME means one of them without writing it out.
    """
    from pincel.cli.terminal import echo
    from pincel.errors import OptionError, OutputError
    from pincel.files import atomically, check_output
    from pincel.samples import sample_names

    if only_list:
        for name, path in sample_names().items():
            echo(f"sample:{name:<14}{path.stem.partition('-')[0]}")
        return
    if folder is None:
        raise OptionError("Say where the pictures should go: pincel samples DIR (or --list to see their names).")
    for source in sample_names().values():
        target = check_output(Path(folder) / source.name, what="sample picture")
        content = source.read_bytes()
        if target.exists() and target.read_bytes() != content:
            raise OutputError(f"{target} exists and is another picture; it was left alone. Choose another folder.")
        with atomically(target, what="sample picture") as temporary:
            temporary.write_bytes(content)
        echo(str(target))
