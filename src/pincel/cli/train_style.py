"""``pincel train-style``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import F
from pincel.cli.painting import EXIT_CODES, watch_learning
from pincel.cli.texts import GroupedCommand, examples
from pincel.training.recipes import DEFAULTS, RECIPES
from pincel.training.schema import StyleTrainingRecipe

if TYPE_CHECKING:
    from pincel.training.style_training import StyleTraining

_GROUPS = {
    "What it learns": ["any_style", "recipe", "before", "stages", "content_weight", "style_weight", "tv_weight", "copies", "lead"],
    "The pictures": ["crop", "side", "style_side", "zoom", "recolor"],
    "The training": ["batch", "steps", "learning_rate", "warming", "decay", "cooling", "seed", "minutes"],
    "Output": ["output", "onnx", "resume", "checkpoint_every", "json_lines", "quiet"],
    "The machine": ["device"],
}
# Values of a recipe that are options; the others make another method of it, and are for recipes.
_VALUES = [
    name
    for title in ("What it learns", "The pictures", "The training")
    for name in _GROUPS[title]
    if name in StyleTrainingRecipe.model_fields
]
_TYPES = {int: ("N", click.INT), float: ("X", click.FLOAT)}
_METAVARS = {"content_weight": "α", "style_weight": "β", "tv_weight": "γ", "zoom": "X,X", "stages": "STAGE,…"}


class TrainStyleCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = _GROUPS


def recipe_options(function: F) -> F:
    """Give a command an option for each value that may be given."""
    for name in reversed(_VALUES):
        function = _option(name)(function)
    return function


def _option(name: str) -> Callable[[F], F]:
    field = StyleTrainingRecipe.model_fields[name]
    metavar, kind = _TYPES.get(field.annotation, (None, click.STRING))  # type: ignore[arg-type]
    names = ["--lr", "--learning-rate"] if name == "learning_rate" else [f"--{name.replace('_', '-')}"]
    shown = " or ".join(dict.fromkeys(_shown(RECIPES[each].recipe, name) for each in DEFAULTS.values()))
    help_text = f"{field.description} [{shown}]"
    return click.option(*names, name, type=kind, metavar=_METAVARS.get(name, metavar), help=help_text)


def _shown(recipe: StyleTrainingRecipe, name: str) -> str:
    value = getattr(recipe, name)
    if isinstance(value, tuple):
        return ",".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@click.command(
    cls=TrainStyleCommand,
    epilog=examples(
        "pincel train-style sample:impasto sample:scenes,sample:leaves -o impasto.safetensors",
        "pincel train-style --any sample:styles,sample:leaves sample:scenes,sample:leaves -o any.safetensors",
    ),
)
@click.argument("style")
@click.argument("data")
@click.option("--any", "any_style", is_flag=True, help="Learn to paint after any picture; STYLE are places of pictures to learn that from.")
@click.option(
    "--recipe",
    metavar="NAME",
    help=f"{', '.join(RECIPES)}. [{DEFAULTS['one-style']}, with --any {DEFAULTS['any-style']}; with --resume that of the run]",
)
@recipe_options
@click.option(
    "--from",
    "before",
    metavar="NET",
    help="A network to begin with, as another training with the same --recipe wrote it: a further style takes fewer steps.",
)
@click.option("--minutes", type=click.FloatRange(min=0), default=0.0, metavar="M", help="End after so much time in all; 0 = never. [0]")
@click.option("-o", "--output", required=True, metavar="NET", help="The network to write, NAME.safetensors; its record goes beside it.")
@click.option("--onnx", metavar="FILE", help="Also write it for other programs, as NAME.onnx.")
@click.option("--resume", is_flag=True, help="Go on with the training of NET from the checkpoint beside it, to the same bytes.")
@click.option("--checkpoint-every", type=click.FLOAT, default=60.0, metavar="S", help="Seconds between two checkpoints. [60]")
@click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")
@click.pass_context
def command(ctx: click.Context, /, style: str, data: str, **options: Any) -> None:
    """Teach a network to paint in the manner of STYLE, on the pictures of DATA, and write it to NET.

    'pincel quick PHOTO -o OUT --network NET' then paints in one go, and 'pincel transfer --init feedforward=NET' begins there.

    STYLE is a painting. With --any, it is places of paintings, and the network learns to paint after any picture that it is shown. A place
    is a folder, sample:scenes, sample:styles, one sample, sample:leaves or sample:textures, which pincel draws; or several with commas
    between. So is DATA.

    Ctrl-C keeps what was learned, and a checkpoint for --resume.
    """
    ctx.exit(taught(style, data, options))


def taught(style: str, data: str, options: dict[str, Any]) -> int:
    """Teach and write; return the exit code."""
    from pincel.cli.training import TrainingBar
    from pincel.files import check_output
    from pincel.training.events import TrainStart
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
            config=StyleTrainingConfig(options["device"], _generated(), options["before"]),
            **values,
        )
        for path in (subject.files.network, subject.files.record, subject.files.checkpoint):
            check_output(path, inputs=[Path(style)], what="network")
        watch_learning(Trainer(subject, config), bar.show, TrainStart, json_lines=options["json_lines"])
    return _told(subject, options)


def _generated() -> dict[str, Any]:
    """Return the pictures that other rooms generate."""
    from pincel.classify import textures
    from pincel.classify.data import TEXTURES
    from pincel.training.pictures import GeneratedSource

    return {TEXTURES: GeneratedSource(textures.COUNT, lambda number: textures.render(number)[0])}


def _check_onnx(path: str) -> None:
    """Find out before the training whether the file can be written after it."""
    from pincel.extras import require_extra
    from pincel.files import check_output

    require_extra("onnx", extra="onnx", what="ONNX files")
    check_output(path, what="ONNX file")


def _told(subject: StyleTraining, options: dict[str, Any]) -> int:
    """Write the ONNX file, and say what was written; return the exit code."""
    from pincel.cli.terminal import say

    files = [subject.files.network, subject.files.record]
    if options["onnx"]:
        from pincel.feedforward.file import load_stylizer
        from pincel.feedforward.onnx import write_onnx

        write_onnx(Path(options["onnx"]), load_stylizer(subject.files.network))
        files.append(Path(options["onnx"]))
    stopped = subject.record["stopped"]
    if options["json_lines"]:
        say(json.dumps({"event": "saved", "stopped": stopped, "J": subject.record.get("J"), "files": [str(path) for path in files]}))
    elif not options["quiet"]:
        for path in files:
            say(str(path))
    return EXIT_CODES.get(stopped, 0)
