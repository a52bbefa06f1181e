"""``pincel transfer``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.computing import begin_computing
from pincel.cli.crew import crew, device_here, follow, follows, stand_fast
from pincel.cli.options import MACHINE, F, gather, input_paths, machine_options, objective_options, styles
from pincel.cli.painting import Outputs, check_fits, check_outputs, finish, paint, written_down
from pincel.cli.plan import announced
from pincel.cli.preview import check_preview, preview_option
from pincel.cli.texts import GroupedCommand, examples
from pincel.errors import OptionError
from pincel.recipes.schema import GROUPS

if TYPE_CHECKING:
    from pincel.cli.progress import Bar
    from pincel.engine.process_group import ProcessGroup
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run


class TransferCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {
        **GROUPS,
        "Output": ["output", "depth", "record", "sheet", "save_every", "preview", "json_lines", "quiet", *MACHINE],
        "Interrupted runs": ["checkpoint", "checkpoint_every", "no_checkpoint"],
    }


def painting_options(function: F) -> F:
    """Give a command the options of a run: what is asked for and written, where it works, and how it is kept from being lost."""
    output = [
        click.option(
            "-o", "--output", required=True, metavar="OUT", help="The picture to write: .png .jpg .webp .tif, .avif where there is AVIF."
        ),
        click.option(
            "--depth",
            type=click.Choice(["8", "16"]),
            default="8",
            help="Bits a sample; 16, for TIFF only, leave room for grading afterwards. [8]",
        ),
        click.option("--record", metavar="FILE", help="Where the record of the run goes. [beside OUT, as .json]"),
        click.option("--sheet", metavar="FILE", help="Also write a contact sheet: content | style | result."),
        click.option(
            "--save-every",
            type=click.IntRange(min=1),
            metavar="N",
            help="Also write the picture every N steps, as OUT-00050.png, or OUT-256x192-00050.png in runs with coarse scales.",
        ),
        preview_option,
        click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
    ]
    cut_short = [
        click.option(
            "--checkpoint",
            metavar="DIR",
            help="Keep in the new folder DIR all that 'pincel resume DIR' needs. "
            "[OUT.checkpoint in runs over two minutes, removed at the end]",
        ),
        click.option(
            "--checkpoint-every",
            type=click.FloatRange(min=0, min_open=True),
            default=30.0,
            metavar="SECONDS",
            help="Pause between two checkpoints; longer where writing one takes more than a tenth of it. [30]",
        ),
        click.option("--no-checkpoint", is_flag=True, help="Write no checkpoints, however long the run."),
    ]
    for option in reversed([objective_options, *output, machine_options, *cut_short]):
        function = option(function)
    return function


@click.command(
    cls=TransferCommand,
    epilog=examples(
        "pincel transfer sample:harbour sample:impasto -o painted.png --size 256 --steps 60",
        "pincel transfer sample:lake sample:woodcut=0.7 sample:watercolor=0.3 -o mix.jpg --size 192 --steps 30 --init blend=0.3",
    ),
)
@click.argument("content")
@click.argument("style", nargs=-1, required=True)
@painting_options
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Paint the photograph CONTENT in the manner of the painting STYLE, or of several.

    CONTENT and STYLE are picture files, or sample:NAME for one that comes with pincel ('pincel samples DIR' writes them out).
    A style may carry a weight: starry.jpg=0.7 scream.jpg=0.3.

    The picture is moved, step by step, until the network sees the content of the one and the style of the other in it: more
    --style-weight for more painting, more --content-weight for more photograph, more --tv-weight for smoother areas.
    Ctrl-C stops after the step under way and keeps the best picture so far; 'pincel resume' goes on with a long run that was cut short.

    Under torchrun, several processes share one picture, on one machine or many. Each has one thread, or as many as OMP_NUM_THREADS says:
    'torchrun --nproc-per-node 4 -m pincel transfer PHOTO PAINTING -o OUT'.
    """
    ctx.exit(painted(content, style, options))


def painted(content: str, style: tuple[str, ...], options: dict[str, Any]) -> int:
    """Paint, in this process or in those that torchrun started; return the exit code."""
    begin_computing()
    if follows():
        return follow()
    with crew() as hands:
        return _transferred(content, style, options, hands)


def _transferred(content: str, style: tuple[str, ...], options: dict[str, Any], hands: ProcessGroup) -> int:
    """Check, paint and write; return the exit code."""
    from pincel.cli.progress import Bar

    values = gather(options)
    pairs = styles(style)
    outputs = _outputs(options)
    inputs = input_paths(content, pairs, options["recipe"], values)
    preview = check_preview(options["preview"], check_outputs(outputs, inputs), inputs)
    from pincel.run.machine import Machine
    from pincel.run.run import Run

    folder = checkpoint_folder(options, outputs)
    with Bar(quiet=options["quiet"]) as bar:
        machine = Machine.resolve(
            device_here(options["device"]), options["precision"], options["tiles"], options["memory"], processes=hands
        )
        run = Run(content, pairs, recipe=options["recipe"], machine=machine, on_event=bar.show, **values)
        for line in (*check_fits(run, outputs), *announced(run)):
            bar.line(line)
        checkpoints = None if folder is None else _checkpoints(run, folder, outputs, options["checkpoint_every"], bar)
        stand_fast(hands)
        paint(run, outputs, bar, json_lines=options["json_lines"], preview=preview)
    return finish(run, outputs, checkpoints, json_lines=options["json_lines"], quiet=options["quiet"])


def _outputs(options: dict[str, Any]) -> Outputs:
    from pincel.engine.result import record_path

    if options["no_checkpoint"] and options["checkpoint"]:
        raise OptionError("--checkpoint and --no-checkpoint contradict each other; give only one of them.")
    picture = Path(options["output"])
    return Outputs(
        picture,
        Path(options["record"] or record_path(picture)),
        Path(options["sheet"]) if options["sheet"] else None,
        options["save_every"],
        int(options["depth"]),
        passing=not (options["checkpoint"] or options["no_checkpoint"]),
    )


def checkpoint_folder(options: dict[str, Any], outputs: Outputs) -> Path | None:
    """Return where checkpoints go: the folder asked for, which must be new, or one beside the picture; None for none.

    Raises:
        PincelError: For a folder that cannot be written to, or that holds checkpoints of another run.
    """
    from pincel.engine.checkpoint_manager import new_folder

    if options["checkpoint"]:
        return new_folder(Path(options["checkpoint"]))
    # A name of the longest length allowed must still have a folder.
    name = os.fsencode(outputs.picture.name)[:200].decode("utf-8", "ignore")
    return outputs.picture.with_name(f"{name}.checkpoint") if outputs.passing else None


def _checkpoints(run: Run, folder: Path, outputs: Outputs, every: float, bar: Bar) -> CheckpointWriter:
    """Let a run write checkpoints: those that nobody asked for only once it turns out to take long."""
    from pincel.engine.checkpoint import checkpoint_files
    from pincel.engine.checkpoint_manager import LONG
    from pincel.run.checkpoint import keep_checkpoints

    if outputs.passing and checkpoint_files(folder):
        text = f"{folder} has checkpoints of an earlier run; this run starts anew, and replaces them with its own if it takes long."
        bar.console.print(text, style="yellow", soft_wrap=True, markup=False)
    return keep_checkpoints(run, folder, every, after=LONG if outputs.passing else 0.0, user_state=written_down(outputs))
