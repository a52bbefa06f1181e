"""``pincel train``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin

import click

from pincel.classify.recipes import ABLATIONS, BASES
from pincel.classify.schema import TrainingRecipe
from pincel.cli.computing import begin_computing
from pincel.cli.crew import device_here, follows, ignore_signals, place
from pincel.cli.options import F
from pincel.cli.painting import EXIT_CODES, watch_learning
from pincel.cli.texts import GroupedCommand, examples
from pincel.recipes.schema import NAMES

if TYPE_CHECKING:
    from pincel.classify.record import Trained
    from pincel.training.trainer import ReplicaGroup

DEFAULT = "alexnet-small"
_GROUPS = {
    "The pictures": ["recipe", "side", "crop", "views", "color_noise", "held_out", "damaged"],
    "The network": ["channels", "first", "wide", "groups", "activation", "response", "pooling", "without"],
    "The training": [
        "batch",
        "epochs",
        "learning_rate",
        "momentum",
        "decay",
        "dropout",
        "patience",
        "drops",
        "drop_factor",
        "divisor",
        "init",
        "init_std",
        "ones",
        "seed",
    ],
    "When it ends early": ["minutes", "stop_error"],
    "Output": ["output", "resume", "checkpoint_every", "json_lines", "quiet"],
    "The machine": ["device", "precision", "workers", "memory"],
}
_METAVARS = {
    "channels": "N,N,N,N,N",
    "first": "WIDTH,STEP",
    "pooling": "WIDTH,STEP",
    "without": "LAYER,…",
    "ones": "LAYER,…",
    "color_noise": "σ",
    "learning_rate": "ε",
}
_NUMBERS: Mapping[Any, tuple[str, Any]] = {int: ("N", click.INT), float: ("X", click.FLOAT)}


class TrainCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = _GROUPS


def recipe_options(function: F) -> F:
    """Give a command an option for each value of a recipe of training; those not given are the recipe's."""
    for name in reversed([name for name in TrainingRecipe.model_fields if name not in NAMES]):
        function = _option(name)(function)
    return function


def _option(name: str) -> Callable[[F], F]:
    field = TrainingRecipe.model_fields[name]
    metavar = _METAVARS.get(name)
    kind: Any = click.STRING
    if get_origin(field.annotation) is Literal:
        kind = click.Choice([str(choice) for choice in get_args(field.annotation)])
    elif field.annotation in _NUMBERS:
        usual, kind = _NUMBERS[field.annotation]
        metavar = metavar or usual
    names = ["--lr", "--learning-rate"] if name == "learning_rate" else [f"--{name.replace('_', '-')}"]
    return click.option(*names, name, type=kind, metavar=metavar, help=f"{field.description} [{_shown(name)}]")


def _shown(name: str) -> str:
    """Say what the default recipe has."""
    value = getattr(BASES[DEFAULT].recipe, name)
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


@click.command(
    cls=TrainCommand,
    epilog=examples(
        "pincel train sample:textures --recipe alexnet-small --epochs 1 -o run",
        "pincel train sample:textures --resume --epochs 2 -o run",
    ),
)
@click.argument("data")
@click.option(
    "--recipe",
    metavar="NAME",
    help=f"{' or '.join(BASES)}; and either without one of its parts, or several: {', '.join(f'NAME-{each}' for each in ABLATIONS)}. "
    f"[{DEFAULT}; with --resume that of the run]",
)
@recipe_options
@click.option(
    "--damaged",
    type=click.Choice(["leave", "refuse"]),
    default="leave",
    help="What to do about pictures that cannot be read: leave them out, and say so, or refuse the set. [leave]",
)
@click.option("--minutes", type=click.FloatRange(min=0), default=0.0, metavar="M", help="End after so much time in all; 0 = never. [0]")
@click.option(
    "--stop-error",
    type=click.FloatRange(min=0, max=1),
    default=0.0,
    metavar="SHARE",
    help="End when the training error over the latest epoch's worth of steps is below, as 0.25; 0 = never. [0]",
)
@click.option("-o", "--output", required=True, metavar="RUN", help="Folder for the network, checkpoints, record and figures.")
@click.option("--resume", is_flag=True, help="Go on with the training in RUN, to the same bytes.")
@click.option("--checkpoint-every", type=click.FLOAT, default=60.0, metavar="S", help="Seconds between two checkpoints. [60]")
@click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")
@click.option("--precision", type=click.Choice(["fp32", "bf16"]), default="fp32", help="How convolutions multiply. [fp32]")
@click.option("--workers", type=click.INT, metavar="N", help="Processes that load. [none if pictures are kept, else as many as keep up]")
@click.option(
    "--memory", metavar="SIZE", help="What decoded pictures may take, such as 6G: if all fit, they are kept. [a quarter of what is free]"
)
@click.pass_context
def command(ctx: click.Context, /, data: str, **options: Any) -> None:
    """Train an AlexNet on DATA, as its paper does, and write it to RUN: a network for --backbone RUN everywhere.

    DATA is a folder with a folder of pictures for each class; the same inside train/ and val/ (and test/, to be judged by in the end); an
    image set that Hugging Face saved; or sample:textures, ten classes of textures that pincel draws. Without val/, a tenth is held out.

    RUN/record.json says 'top1_error' and 'top5_error', of ten crops a picture; history.csv has each epoch, curves.png and confusion.png
    show them, filters.png what the first layer sees. Ctrl-C keeps the best network, and a checkpoint for --resume.

    Under torchrun, several processes learn together, each its share of every batch: 'torchrun --nproc-per-node 2 -m pincel train DATA -o
    RUN'.
    """
    ctx.exit(trained(data, options))


def trained(data: str, options: dict[str, Any]) -> int:
    """Train and write; return the exit code."""
    from pincel.classify.training import ClassifierTraining, TrainingMachine
    from pincel.cli.training import TrainingBar
    from pincel.engine.memory import parse_memory
    from pincel.training.events import TrainStart
    from pincel.training.trainer import Trainer, TrainerConfig

    begin_computing()
    values = {name: options[name] for name in TrainingRecipe.model_fields if options.get(name) is not None}
    asked = {name: options[name] for name in ("recipe", "resume", "stop_error", "damaged")}
    with _together() as group, TrainingBar(quiet=options["quiet"] or follows()) as bar:
        machine = TrainingMachine(
            device=device_here(options["device"]),
            precision=options["precision"],
            workers=options["workers"],
            memory=parse_memory(options["memory"]) if options["memory"] else None,
            group=group,
        )
        config = TrainerConfig(options["checkpoint_every"], options["minutes"])
        subject = ClassifierTraining(data, options["output"], machine=machine, **asked, **values)
        if group.processes > 1:
            # Ctrl-C and SIGTERM reach every process, maybe twice; they end the run together.
            ignore_signals()
        watch_learning(Trainer(subject, config), bar.show, TrainStart, json_lines=options["json_lines"])
    if not follows():
        _tell(subject.result, Path(options["output"]), options)
    return EXIT_CODES.get(subject.result.stopped, 0)


def _tell(result: Trained, folder: Path, options: dict[str, Any]) -> None:
    """Draw the figures, and say what training has come to."""
    from pincel.backbones.native import read_network
    from pincel.cli.terminal import say
    from pincel.cli.training import table
    from pincel.studies.training_figures import write_figures

    first = result.spec.layers[0].name
    figures = write_figures(folder, result.record, read_network(folder / result.spec.file, result.spec)[first][0])
    names = [result.spec.file, "record.json", *(["history.csv"] if result.record["history"] else [])]
    files = [str(path) for path in [*(folder / name for name in names), *figures]]
    if options["json_lines"]:
        errors = {name: result.record[name] for name in ("top1_error", "top5_error")}
        say(json.dumps({"event": "saved", "stopped": result.stopped, **errors, "files": files}))
    elif not options["quiet"]:
        for line in (*table(result.record), *([""] if "ten_crops" in result.record else []), *files):
            say(line)


@contextmanager
def _together() -> Iterator[ReplicaGroup]:
    """Meet the processes that torchrun started; a process by itself is alone."""
    from pincel.engine.process_group import join
    from pincel.training.trainer import SingleReplica

    here = place(os.environ)
    if here is None:
        yield SingleReplica()
        return
    team = join(here.rank, here.processes, here.local)
    try:
        yield team
    finally:
        team.destroy()
