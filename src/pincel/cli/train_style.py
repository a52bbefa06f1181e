"""``pincel train-style``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pincel.cli.completers import among
from pincel.cli.computing import begin_computing
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
from pincel.training.recipes import DEFAULTS, RECIPES
from pincel.training.schema import StyleTrainingRecipe

_GROUPS = {
    "What it learns": ["any_style", "recipe", "before", "stages", "content_weight", "style_weight", "tv_weight", "copies", "lead"],
    "The pictures": ["crop", "side", "style_side", "zoom", "recolor"],
    "The training": ["batch", "steps", "learning_rate", "warming", "decay", "cooling", "seed", "minutes"],
    "Output": ["output", "onnx", "resume", "checkpoint_every", "json_lines", "quiet"],
    "The machine": ["device"],
}
# Values of a recipe that are options; others would change the method, and are for recipes.
_VALUES = [
    name
    for title in ("What it learns", "The pictures", "The training")
    for name in _GROUPS[title]
    if name in StyleTrainingRecipe.model_fields
]
_METAVARS = {"content_weight": "α", "style_weight": "β", "tv_weight": "γ", "zoom": "X,X", "stages": "STAGE,…"}


def recipe_options(function: F) -> F:
    """Give a command an option for each of :data:`_VALUES`."""
    return add_options(function, *(_option(name) for name in _VALUES))


def _option(name: str) -> Callable[[F], F]:
    names = ["--lr", "--learning-rate"] if name == "learning_rate" else []
    shown = " or ".join(dict.fromkeys(_shown(RECIPES[each].recipe, name) for each in DEFAULTS.values()))
    return schema_option(name, StyleTrainingRecipe.model_fields[name], shown, _METAVARS.get(name), *names)


def _shown(recipe: StyleTrainingRecipe, name: str) -> str:
    value = getattr(recipe, name)
    if isinstance(value, tuple):
        return ",".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@click.command(
    cls=GroupedCommand,
    groups=_GROUPS,
    examples=(
        "pincel train-style sample:impasto sample:scenes,sample:leaves -o impasto.safetensors",
        "pincel train-style --any sample:styles,sample:leaves sample:scenes,sample:leaves -o any.safetensors",
    ),
)
@click.argument("style")
@click.argument("data")
@click.option("--any", "any_style", is_flag=True, help="Train for any style; STYLE is then one or several sets of paintings.")
@click.option(
    "--recipe",
    metavar="NAME",
    shell_complete=among(lambda: RECIPES),
    help=f"Values of the options that are not given: {', '.join(RECIPES)}. [{DEFAULTS['one-style']}, with --any "
    f"{DEFAULTS['any-style']}; with --resume that of the run]",
)
@recipe_options
@click.option(
    "--from",
    "before",
    metavar="NET",
    help="Network to start from, of a training with the same --recipe: another style then takes fewer steps.",
)
@minutes_option
@click.option("-o", "--output", required=True, metavar="NET", help="Network to write, NAME.safetensors; its record is written beside it.")
@click.option("--onnx", metavar="FILE", help="Also write the network for other programs, as NAME.onnx.")
@click.option(
    "--resume", is_flag=True, help="Continue the training of NET from the checkpoint beside it; the result is the same to the byte."
)
@checkpoint_every_option
@json_option
@quiet_option
@device_option
@click.pass_context
def command(ctx: click.Context, /, style: str, data: str, **options: Any) -> None:
    """Train a network that paints in the style of STYLE, on the pictures of DATA, and write it to NET.

    'pincel quick PHOTO -o OUT --network NET' then takes about a second; 'pincel transfer --init feedforward=NET' starts from its result.

    STYLE is a painting; with --any, it is a set of paintings, and the network then paints in the style of any picture. DATA is a set of
    photographs. A set is a folder, sample:scenes, sample:styles, one sample, sample:leaves or sample:textures, which pincel draws; or
    several of them with commas between.

    Ctrl-C keeps the network trained so far, and a checkpoint for --resume.
    """
    ctx.exit(trained(style, data, options))


def trained(style: str, data: str, options: dict[str, Any]) -> int:
    """Train and write; return the exit code."""
    from pincel.classify.public import generated_pictures
    from pincel.feedforward.file import load_stylizer
    from pincel.feedforward.onnx import write_onnx
    from pincel.files import check_output
    from pincel.training.events import TrainStart
    from pincel.training.progress import TrainingBar
    from pincel.training.style_training import StyleTraining, StyleTrainingConfig
    from pincel.training.trainer import Trainer, TrainerConfig

    begin_computing()
    values = {name: options[name] for name in _VALUES if options[name] is not None}
    if options["onnx"]:
        _check_onnx(options["onnx"])
    with TrainingBar(quiet=options["quiet"]) as bar:
        config = TrainerConfig(options["checkpoint_every"], options["minutes"])
        subject = StyleTraining(
            style,
            data,
            options["output"],
            recipe=options["recipe"],
            kind="any-style" if options["any_style"] else "one-style",
            resume=options["resume"],
            config=StyleTrainingConfig(options["device"], generated_pictures(), options["before"]),
            **values,
        )
        for path in (subject.files.network, subject.files.record, subject.files.checkpoint):
            check_output(path, inputs=[Path(style)], what="network")
        follow(Trainer(subject, config), bar.show, json_lines=options["json_lines"], unsafe_until=TrainStart)
    files = [subject.files.network, subject.files.record]
    if options["onnx"]:
        files.append(Path(options["onnx"]))
        write_onnx(files[-1], load_stylizer(subject.files.network))
    stopped = subject.record["stopped"]
    announce(files, options, stopped=stopped, J=subject.record.get("J"))
    return EXIT_CODES.get(stopped, 0)


def _check_onnx(path: str) -> None:
    """Check before the training that the file can be written after it."""
    from pincel.extras import require_extra
    from pincel.files import check_output

    require_extra("onnx", extra="onnx", what="ONNX files")
    check_output(path, what="ONNX file")
