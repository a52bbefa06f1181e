"""``pincel resume``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.computing import begin_computing
from pincel.cli.crew import crew, device_here, follow, follows, stand_fast
from pincel.cli.painting import check_outputs, finish, paint, read_back
from pincel.cli.preview import check_preview, preview_option
from pincel.cli.texts import GroupedCommand, examples

if TYPE_CHECKING:
    from pincel.cli.painting import Outputs
    from pincel.cli.progress import Bar
    from pincel.engine.process_group import ProcessGroup
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run


class ResumeCommand(GroupedCommand):
    """Options under a title."""

    groups: ClassVar = {"Output": ["preview", "json_lines", "quiet", "device"]}


@click.command(
    cls=ResumeCommand,
    epilog=examples(
        "pincel transfer sample:lake sample:woodcut -o woods.png --size 256 --checkpoint woods && pincel resume woods",
        "pincel resume woods",
    ),
)
@click.argument("folder", metavar="DIR")
@preview_option
@click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", metavar="NAME", help="Go on on another device: cpu, cuda, cuda:N or mps. [where it was]")
@click.pass_context
def command(ctx: click.Context, /, folder: str, **options: Any) -> None:
    """Go on with a run of 'pincel transfer' that was cut short, from its newest checkpoint in the folder DIR.

    Picture, record and sheet go where that run would have written them. On the same machine, with the same number of threads, the picture
    is the same to the byte. The pictures the run began with must be where they were, unchanged.

    A folder that pincel made by itself is removed when the picture is written; one given with --checkpoint is kept.

    Under torchrun, several processes share one picture, on one machine or many. Each has one thread, or as many as OMP_NUM_THREADS says:
    'torchrun --nproc-per-node 4 -m pincel resume DIR'.
    """
    from pincel.cli.progress import Bar

    begin_computing()
    if follows():
        ctx.exit(follow())
    with crew() as hands:
        with Bar(quiet=options["quiet"]) as bar:
            run, checkpoints, outputs, preview = _opened(folder, options, bar, hands)
            stand_fast(hands)
            paint(run, outputs, bar, json_lines=options["json_lines"], preview=preview)
        code = finish(run, outputs, checkpoints, json_lines=options["json_lines"], quiet=options["quiet"])
    ctx.exit(code)


def _opened(folder: str, options: Mapping[str, Any], bar: Bar, hands: ProcessGroup) -> tuple[Run, CheckpointWriter, Outputs, Path | None]:
    """Read the checkpoint, and make sure that its run can be written where it should before it is built; return where previews go, too."""
    from pincel.engine.checkpoint import find_checkpoint
    from pincel.run.checkpoint import resume_run

    found = find_checkpoint(folder)
    with found.reading():
        written = found.values()
        sources = [Path(picture["path"]) for picture in (written["content"], *written["styles"])]
        outputs = check_outputs(read_back(written["also"]), sources)
    preview = check_preview(options["preview"], outputs, sources)
    device = device_here(options["device"]) if options["device"] else None
    run, checkpoints = resume_run(found, device=device, processes=hands, on_event=bar.show)
    return run, checkpoints, outputs, preview
