"""``pincel samples``."""

from __future__ import annotations

from pathlib import Path

import click

from pincel.cli.help_format import Verb


@click.command(cls=Verb, examples=("pincel samples pictures", "pincel samples --list"))
@click.argument("folder", required=False, metavar="DIR")
@click.option("--list", "only_list", is_flag=True, help="Only print the names of the samples.")
def command(folder: str | None, only_list: bool) -> None:
    """Write the sample pictures into the folder DIR: scenes to paint, and styles to paint after.

    sample:NAME stands for a sample in every command that takes a picture.
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
        raise OptionError("No folder for the sample pictures was given; give one, as pincel samples DIR, or --list to print their names.")
    for source in sample_names().values():
        target = check_output(Path(folder) / source.name, what="sample picture")
        content = source.read_bytes()
        if target.exists() and target.read_bytes() != content:
            raise OutputError(f"{target} exists and is another picture, so it was not replaced. Choose another folder.")
        with atomically(target, what="sample picture") as temporary:
            temporary.write_bytes(content)
        echo(str(target))
