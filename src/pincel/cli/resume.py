"""``pincel resume``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.distributed import ignore_signals, is_worker, local_device, process_group, work
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import json_option, quiet_option
from pincel.cli.painting import Outputs, also_as_json, finish, paint
from pincel.cli.preview import check_preview, preview_option

if TYPE_CHECKING:
    from pincel.engine.process_group import ProcessGroup
    from pincel.progress import Bar
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run


@click.command(
    cls=GroupedCommand,
    groups={"Output": ["preview", "json_lines", "quiet", "device"]},
    examples=(
        "pincel transfer sample:lake sample:woodcut -o woods.png --size 256 --checkpoint woods && pincel resume woods",
        "pincel resume woods",
    ),
)
@click.argument("folder", metavar="DIR")
@preview_option
@json_option
@quiet_option
@click.option("--device", metavar="NAME", help="Device to continue on: cpu, cuda, cuda:N or mps. [the one of the run]")
@click.pass_context
def command(ctx: click.Context, /, folder: str, **options: Any) -> None:
    """Continue a run of 'pincel transfer' that was interrupted, from its newest checkpoint in the folder DIR.

    Picture, record and sheet are written where the interrupted run would have written them. On the same machine, with the same number of
    threads, the picture is the same to the byte. The photograph and the paintings must be where they were, unchanged.

    DIR is removed when the picture is written, unless --checkpoint of the run had named it.

    Under torchrun, several processes compute one picture: 'torchrun --nproc-per-node 4 -m pincel resume DIR'.
    """
    from pincel.progress import Bar

    begin_computing()
    if is_worker():
        ctx.exit(work())
    with process_group() as group:
        with Bar(quiet=options["quiet"]) as bar:
            run, checkpoints, outputs, preview = _opened(folder, options, bar, group)
            if group.processes > 1:
                ignore_signals()
            paint(run, outputs, bar, json_lines=options["json_lines"], preview=preview)
        code = finish(run, outputs, checkpoints, options)
    ctx.exit(code)


def _opened(folder: str, options: Mapping[str, Any], bar: Bar, group: ProcessGroup) -> tuple[Run, CheckpointWriter, Outputs, Path | None]:
    """Read the checkpoint and check the outputs of its run before it is built; return the file of previews, too."""
    from pincel.engine.checkpoint import find_checkpoint
    from pincel.run.checkpoint import resume_run

    found = find_checkpoint(folder)
    with found.reading():
        stored = found.values()
        sources = [Path(picture["path"]) for picture in (stored["content"], *stored["styles"])]
        outputs = Outputs.from_dict(stored["user_state"])
        outputs.check(sources)
    preview = check_preview(options["preview"], outputs, sources)
    device = local_device(options["device"]) if options["device"] else None
    show = also_as_json(bar.show, json_lines=options["json_lines"])
    run, checkpoints = resume_run(found, device=device, processes=group, on_event=show)
    return run, checkpoints, outputs, preview
