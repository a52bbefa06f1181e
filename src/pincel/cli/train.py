"""``pincel train``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.classify.recipes import ABLATIONS, BASES
from pincel.classify.schema import TrainingRecipe
from pincel.cli.completers import among
from pincel.cli.computing import begin_computing
from pincel.cli.distributed import ignore_signals, is_worker, local_device, replica_group
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import (
    F,
    add_options,
    checkpoint_every_option,
    device_option,
    json_option,
    minutes_option,
    quiet_option,
    schema_option,
)
from pincel.cli.painting import EXIT_CODES, announce, follow
from pincel.recipes.schema import NAMES

if TYPE_CHECKING:
    from pincel.classify.record import TrainingResult

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


def recipe_options(function: F) -> F:
    """Give a command an option for each value of a recipe of training."""
    return add_options(function, *(_option(name) for name in TrainingRecipe.model_fields if name not in NAMES))


def _option(name: str) -> Callable[[F], F]:
    names = ["--lr", "--learning-rate"] if name == "learning_rate" else []
    return schema_option(name, TrainingRecipe.model_fields[name], _shown(name), _METAVARS.get(name), *names)


def _shown(name: str) -> str:
    """Return the value of the default recipe."""
    value = getattr(BASES[DEFAULT].recipe, name)
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


@click.command(
    cls=GroupedCommand,
    groups=_GROUPS,
    examples=(
        "pincel train sample:textures --recipe alexnet-small --epochs 1 -o run",
        "pincel train sample:textures --resume --epochs 2 -o run",
    ),
)
@click.argument("data")
@click.option(
    "--recipe",
    metavar="NAME",
    shell_complete=among(lambda: BASES),
    help=f"Values of the options that are not given: {' or '.join(BASES)}, also without some of their parts: "
    f"{', '.join(f'NAME-{each}' for each in ABLATIONS)}. [{DEFAULT}; with --resume that of the run]",
)
@recipe_options
@click.option(
    "--damaged",
    type=click.Choice(["leave", "refuse"]),
    default="leave",
    help="Pictures that cannot be read: leave them out with a notice, or refuse to train. [leave]",
)
@minutes_option
@click.option(
    "--stop-error",
    type=click.FloatRange(min=0, max=1),
    default=0.0,
    metavar="SHARE",
    help="Stop when the training error, averaged over an epoch, is below this share, such as 0.25; 0 = never. [0]",
)
@click.option("-o", "--output", required=True, metavar="RUN", help="Folder for the network, checkpoints, record and figures.")
@click.option("--resume", is_flag=True, help="Continue the training in RUN; the result is the same to the byte.")
@checkpoint_every_option
@json_option
@quiet_option
@device_option
@click.option("--precision", type=click.Choice(["fp32", "bf16"]), default="fp32", help="Precision of convolutions. [fp32]")
@click.option(
    "--workers",
    type=click.INT,
    metavar="N",
    help="Number of processes that load pictures. [0 if all pictures fit into --memory, else as many as needed]",
)
@click.option("--memory", metavar="SIZE", help="Memory for decoded pictures, such as 6G. [a quarter of what is free]")
@click.pass_context
def command(ctx: click.Context, /, data: str, **options: Any) -> None:
    """Train an AlexNet on DATA, as in its paper, and write it to the folder RUN; --backbone RUN then uses it in every verb.

    DATA is a folder with a folder of pictures for each class; a folder with such folders in train/ and val/ (and test/, for the final
    test); an image set saved by Hugging Face; or one that pincel draws, of ten classes: sample:textures, or sample:shapes, of 32 pixels,
    for --recipe alexnet-tiny. Without val/, a tenth of the pictures is held out.

    RUN/record.json has 'top1_error' and 'top5_error', averaged over ten crops of each picture; history.csv has a row for each epoch,
    curves.png and confusion.png show the errors, filters.png the filters of the first layer. Ctrl-C keeps the best network, and a
    checkpoint for --resume.

    Under torchrun, several processes train together, each on a part of every batch: 'torchrun --nproc-per-node 2 -m pincel train DATA -o
    RUN'.
    """
    ctx.exit(trained(data, options))


def trained(data: str, options: dict[str, Any]) -> int:
    """Train and write; return the exit code."""
    from pincel.extras import require_extra

    # Of the figures, drawn at the end.
    require_extra("matplotlib", extra="studies", what="train")
    from pincel.classify.config import ClassifierTrainingConfig
    from pincel.classify.training import ClassifierTraining
    from pincel.engine.memory import parse_memory
    from pincel.training.events import TrainStart
    from pincel.training.progress import TrainingBar
    from pincel.training.trainer import Trainer, TrainerConfig

    begin_computing()
    values = {name: options[name] for name in TrainingRecipe.model_fields if options.get(name) is not None}
    with replica_group() as group, TrainingBar(quiet=options["quiet"] or is_worker()) as bar:
        config = ClassifierTrainingConfig(
            device=local_device(options["device"]),
            precision=options["precision"],
            workers=options["workers"],
            memory=parse_memory(options["memory"]) if options["memory"] else None,
            group=group,
            stop_error=options["stop_error"],
            damaged=options["damaged"],
        )
        recipe, resume = options["recipe"], options["resume"]
        subject = ClassifierTraining(data, options["output"], recipe=recipe, resume=resume, config=config, **values)
        limits = TrainerConfig(options["checkpoint_every"], options["minutes"])
        if group.processes > 1:
            # Ctrl-C and SIGTERM reach every process, maybe twice; they end the run together.
            ignore_signals()
        follow(Trainer(subject, limits), bar.show, json_lines=options["json_lines"], unsafe_until=TrainStart)
    if not is_worker():
        _report(subject.result, Path(options["output"]), options)
    return EXIT_CODES.get(subject.result.stopped, 0)


def _report(result: TrainingResult, folder: Path, options: dict[str, Any]) -> None:
    """Draw the figures, and print the errors and the files."""
    from pincel.backbones.native import read_network
    from pincel.studies.training_figures import write_figures
    from pincel.training.progress import table

    first = result.spec.layers[0].name
    figures = write_figures(folder, result.record, read_network(folder / result.spec.file, result.spec)[first][0])
    names = [result.spec.file, "record.json", *(["history.csv"] if result.record["history"] else [])]
    lines = [*table(result.record), *([""] if "ten_crops" in result.record else [])]
    errors = {name: result.record[name] for name in ("top1_error", "top5_error")}
    announce([*(folder / name for name in names), *figures], options, *lines, stopped=result.stopped, **errors)
