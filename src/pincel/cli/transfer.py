"""``pincel transfer``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.distributed import ignore_signals, is_worker, local_device, process_group, work
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import (
    PAINTINGS,
    PHOTO,
    F,
    NumberType,
    add_options,
    input_paths,
    json_option,
    machine_options,
    objective_options,
    parse_styles,
    pop_recipe,
    quiet_option,
    record_option,
)
from pincel.cli.output_name import checkpoint_folder_of, output_path
from pincel.cli.painting import Outputs, also_as_json, finish, paint, print_json
from pincel.cli.plan import plan_summary
from pincel.cli.preview import check_preview, preview_option
from pincel.errors import OptionError
from pincel.recipes.schema import BASIC
from pincel.recipes.schema import GROUPS as RECIPE_GROUPS

if TYPE_CHECKING:
    from pincel.engine.process_group import ProcessGroup
    from pincel.progress import Bar
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run


GROUPS = {
    "The picture": ["output", *RECIPE_GROUPS["The picture"]],
    **{title: RECIPE_GROUPS[title] for title in BASIC[1:]},
    "Output and machine": ["sheet", "save_every", "preview", "device", "memory", "quiet"],
}
MORE = {
    "Files": ["depth", *RECIPE_GROUPS["Files"], "record"],
    **{title: RECIPE_GROUPS[title] for title in RECIPE_GROUPS if title not in (*BASIC, "Files")},
    "Long runs and machine": ["checkpoint", "checkpoint_every", "no_checkpoint", "precision", "tiles", "json_lines"],
}
OUTPUT_OPTIONS = (
    click.option(
        "-o",
        "--output",
        metavar="OUT",
        help="Picture to write: .png .jpg .webp .tif .avif. [PHOTO-PAINTING.png here, with -2, -3 … if it exists]",
    ),
    click.option(
        "--depth", type=click.Choice(["8", "16"]), default="8", help="Bits of each color in a TIFF; 16 leave room for grading. [8]"
    ),
    record_option,
    click.option("--sheet", metavar="FILE", help="Also write a contact sheet: photograph | painting | result."),
    click.option(
        "--save-every",
        type=click.IntRange(min=1),
        metavar="N",
        help="Also write the picture every N steps, as OUT-00050.png; at smaller sizes as OUT-256x192-00050.png.",
    ),
    preview_option,
    json_option,
    quiet_option,
)
CHECKPOINT_OPTIONS = (
    click.option(
        "--checkpoint",
        metavar="DIR",
        help="New folder for what 'pincel resume DIR' needs. [OUT.checkpoint in runs over two minutes, removed at the end]",
    ),
    click.option(
        "--checkpoint-every",
        type=NumberType(),
        default=30.0,
        metavar="S",
        help="Seconds between two checkpoints; more if writing one takes longer than a tenth of that. [30]",
    ),
    click.option("--no-checkpoint", is_flag=True, help="Write no checkpoints, however long the run is."),
)


def painting_options(function: F) -> F:
    """Give a command the options of a run: objective, output, machine, checkpoints."""
    return add_options(function, objective_options, *OUTPUT_OPTIONS, machine_options, *CHECKPOINT_OPTIONS)


DETAILS = """
    Content is what the photograph gives, style what the painting gives. The picture is changed step by step to lower
    J = α·J_content + β·J_style + γ·J_tv: how far its features in a network are from those of the photograph, how far their statistics are
    from those of the painting, and how rough it is.

    'pincel resume' continues a run over two minutes that was interrupted.

    Under torchrun, several processes compute one picture, on one machine or several: 'torchrun --nproc-per-node 4 -m pincel transfer PHOTO
    PAINTING'. Each uses one thread, or OMP_NUM_THREADS of them.
    """


@click.command(
    cls=GroupedCommand,
    groups=GROUPS,
    more=MORE,
    details=DETAILS,
    examples=(
        "pincel transfer sample:harbour sample:impasto --size 256 --steps 60",
        "pincel transfer sample:lake sample:woodcut=0.7 sample:watercolor=0.3 -o mix.jpg --size 192",
    ),
)
@click.argument("content", metavar=PHOTO)
@click.argument("style", metavar=PAINTINGS, nargs=-1, required=True)
@painting_options
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Paint the photograph PHOTO in the style of PAINTING, or of several.

    PHOTO and PAINTING are picture files, or sample:NAME ('pincel samples --list'). Several paintings are mixed, by their weights if given.
    Ctrl-C keeps the best picture so far.
    """
    ctx.exit(run_transfer(content, style, options))


def run_transfer(content: str, style: tuple[str, ...], options: dict[str, Any]) -> int:
    """Paint, in this process or in those of torchrun; return the exit code."""
    begin_computing()
    if is_worker():
        return work()
    pairs, given = parse_styles(style), options["output"]
    with process_group() as group, output_path(given, content, [path for path, _ in pairs]) as path:
        return _transfer(content, pairs, {**options, "output": path, "auto_named": given is None}, group)


def _transfer(content: str, pairs: list[tuple[str, float]], options: dict[str, Any], group: ProcessGroup) -> int:
    """Check, paint and write; return the exit code."""
    from pincel.progress import Bar

    values = pop_recipe(options)
    outputs = _outputs(options)
    inputs = input_paths(content, pairs, options["recipe"], values)
    outputs.check(inputs)
    preview = check_preview(options["preview"], outputs, inputs)
    from pincel.run.machine import Machine
    from pincel.run.run import Run

    folder = checkpoint_folder(options, outputs)
    with Bar(quiet=options["quiet"]) as bar:
        machine = Machine.resolve(
            local_device(options["device"]), options["precision"], options["tiles"], options["memory"], processes=group
        )
        show = also_as_json(bar.show, json_lines=options["json_lines"])
        run = Run(content, pairs, recipe=options["recipe"], machine=machine, on_event=show, **values)
        _show_plan(run, outputs, bar, json_lines=options["json_lines"])
        checkpoints = None if folder is None else _checkpoints(run, folder, outputs, options["checkpoint_every"], bar)
        if group.processes > 1:
            ignore_signals()
        paint(run, outputs, bar, json_lines=options["json_lines"], preview=preview)
    return finish(run, outputs, checkpoints, options)


def _show_plan(run: Run, outputs: Outputs, bar: Bar, *, json_lines: bool) -> None:
    """Show what is known before a run: limits of the output format, then device, memory and time."""
    from pincel.engine.events import Notice

    notes, (start, *scales) = outputs.check_fits(run), plan_summary(run)
    for line in (*notes, f"{start} Ctrl-C keeps the best picture so far.", *scales):
        bar.line(line)
    if json_lines:
        for line in (*notes, start):
            print_json(Notice(line))


def _outputs(options: dict[str, Any]) -> Outputs:
    from pincel.engine.result import record_path
    from pincel.files import check_between_saves

    if options["no_checkpoint"] and options["checkpoint"]:
        raise OptionError("--checkpoint and --no-checkpoint contradict each other; give only one of them.")
    check_between_saves(options["checkpoint_every"], 60)
    picture = options["output"]
    return Outputs(
        picture,
        Path(options["record"] or record_path(picture)),
        Path(options["sheet"]) if options["sheet"] else None,
        options["save_every"],
        int(options["depth"]),
        auto_checkpoint=not (options["checkpoint"] or options["no_checkpoint"]),
        auto_named=options["auto_named"],
    )


def checkpoint_folder(options: dict[str, Any], outputs: Outputs) -> Path | None:
    """Return the folder of checkpoints: the one given, which must be new, or one beside the picture; None for none.

    Raises:
        PincelError: For a folder that cannot be written to, or that holds checkpoints of another run.
    """
    from pincel.engine.checkpoint_manager import new_folder

    if options["checkpoint"]:
        return new_folder(Path(options["checkpoint"]))
    return checkpoint_folder_of(outputs.picture) if outputs.auto_checkpoint else None


def _checkpoints(run: Run, folder: Path, outputs: Outputs, every: float, bar: Bar) -> CheckpointWriter:
    """Let a run write checkpoints; without --checkpoint, only once it has taken long."""
    from pincel.engine.checkpoint import checkpoint_files
    from pincel.engine.checkpoint_manager import LONG
    from pincel.run.checkpoint import keep_checkpoints

    if outputs.auto_checkpoint and checkpoint_files(folder):
        text = f"{folder} has checkpoints of an earlier run; this run starts again, and replaces them with its own if it takes long."
        bar.console.print(text, style="yellow", soft_wrap=True, markup=False)
    return keep_checkpoints(run, folder, every, after=LONG if outputs.auto_checkpoint else 0.0, user_state=outputs.to_dict())
