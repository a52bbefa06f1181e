"""Options that several verbs have; those of the objective are made from the recipe schema."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from pincel.errors import OptionError
from pincel.recipes import RECIPES
from pincel.recipes.schema import GROUPS, NAMES, Recipe
from pincel.samples import PREFIX

F = TypeVar("F", bound=Callable[..., Any])

_METAVARS = {
    "color": "WHOSE",
    "background": "COLOR",
    "scales": "SHARE=MULTIPLE,…",
    "strokes": "X[,X…]",
    "content_weight": "α",
    "style_weight": "β",
    "tv_weight": "γ",
    "content_layers": "LAYER[=w],…",
    "style_layers": "LAYER[=λ],…",
    "content_terms": "TERM[=w],…",
    "style_terms": "TERM[=w],…",
    "backbone": "NAME",
    "optimizer": "NAME",
    "calibration": "FOLDER",
    "init": "START",
    "content_mask": "FILE",
    "style_mask": "FILE",
}


class NumberType(click.types.FloatParamType):
    """A number; the messages of click call it so, and not a float."""

    name = "number"


# Other names of an option.
_ALIASES = {"init": ("--start",)}
# Given as text, whatever they are made of.
_TEXTS = ("content_layers", "style_layers", "content_terms", "style_terms", "scales", "strokes")
# Given once for each.
_LISTS = ("style_mask",)
_NUMBERS: Mapping[Any, tuple[str, Any]] = {int: ("N", click.INT), float: ("X", NumberType())}
MACHINE = ["device", "precision", "memory", "tiles"]
# Title → options that only --help-all shows, of every verb that has those of 'pincel transfer'; and what --help says instead.
LIKE_TRANSFER = {**GROUPS, "Long runs and machine": MACHINE}
SEE_TRANSFER = (
    "How it is painted is chosen by the options of 'pincel transfer', such as --size, --steps, --recipe, --strength, --color and --memory; "
    "--help-all lists them here."
)
# The same for each verb that has them.
PHOTO, PAINTING, PAINTINGS = "PHOTO", "PAINTING", "PAINTING…"

device_option = click.option(
    "--device", default="auto", metavar="NAME", help="Device to compute on: auto, cpu, cuda, cuda:N or mps. [auto]"
)
json_option = click.option("--json", "json_lines", is_flag=True, help="Print progress and results as lines of JSON.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
record_option = click.option(
    "--record", metavar="FILE", help="File for the record of the run: options, inputs, losses. [beside OUT, as .json]"
)
checkpoint_every_option = click.option(
    "--checkpoint-every", type=NumberType(), default=60.0, metavar="S", help="Seconds between two checkpoints. [60]"
)
minutes_option = click.option(
    "--minutes", type=NumberType(), default=0.0, metavar="M", help="Stop after this many minutes in all; 0 = never. [0]"
)


def add_options(function: F, *options: Callable[[F], F]) -> F:
    """Apply decorators, the first one outermost, so that help lists options in this order."""
    for option in reversed(options):
        function = option(function)
    return function


def schema_option(
    name: str, field: FieldInfo, shown: str, metavar: str | None = None, *names: str, as_text: bool = False, multiple: bool = False
) -> Callable[[F], F]:
    """Return the option of a value of a schema.

    Args:
        name: Name of the value.
        field: Its type and description.
        shown: Default, as help shows it.
        metavar: What help calls the value, if not what is usual for its type.
        names: Names of the option, if not ``--NAME``.
        as_text: Whether the value is given as text whatever its type.
        multiple: Whether the option may be repeated.
    """
    annotation, types = field.annotation, get_args(field.annotation)
    kind: Any = click.STRING
    if get_origin(annotation) is Literal:
        kind = click.Choice([str(choice) for choice in types])
    elif not as_text:
        kinds = (annotation, *(types if get_origin(annotation) in (Union, UnionType) else ()))
        number = next((each for each in kinds if each in _NUMBERS), None)
        usual, kind = _NUMBERS.get(number, (None, kind))
        metavar = metavar or usual
    text = f"{field.description} [{shown}]" if shown else field.description
    return click.option(*names or [f"--{name.replace('_', '-')}"], name, type=kind, metavar=metavar, multiple=multiple, help=text)


def objective_options(function: F) -> F:
    """Give a command ``--recipe`` and an option for every value of a recipe."""
    return add_options(
        function,
        click.option(
            "--recipe",
            default="pincel",
            metavar="NAME",
            help="Values of the options that are not given: a FILE.toml, or a NAME that 'pincel recipes' lists. [pincel]",
        ),
        *(_recipe_option(name) for name in Recipe.model_fields if name not in (*NAMES, "optimizer_options")),
        click.option(
            "--optimizer-option",
            multiple=True,
            metavar="KEY=VALUE",
            help="A setting of the optimizer: history, max_step (lbfgs), beta1, beta2, eps (adam), momentum (gradient-descent).",
        ),
    )


def machine_options(function: F) -> F:
    """Give a command the options of the machine, which do not change the picture but for rounding."""
    return add_options(
        function,
        device_option,
        click.option(
            "--precision",
            default="auto",
            metavar="NAME",
            help="Precision of convolutions: fp32, tf32 (NVIDIA), bf16, or the fastest on this machine, measured once. [auto]",
        ),
        click.option(
            "--memory",
            metavar="SIZE",
            help="Memory to use, such as 6G; large pictures are computed in tiles, with the same result but for rounding. [what is free]",
        ),
        click.option(
            "--tiles",
            default="auto",
            metavar="LAYERS=PX,…",
            help="Width of the tiles in pixels, for the layers up to a pooling layer, such as pool2=512 or pool3=1024,rest=2048; or whole, "
            "without tiles. [auto: by --memory]",
        ),
    )


def _recipe_option(name: str) -> Callable[[F], F]:
    field = Recipe.model_fields[name]
    if field.annotation is bool:
        return click.option(f"--{name.replace('_', '-')}", name, is_flag=True, default=None, help=str(field.description))
    default = getattr(RECIPES["pincel"].recipe, name)
    if isinstance(default, dict):
        shown = ", ".join(f"{key}={value:.3g}" for key, value in default.items())
    elif isinstance(default, list):
        shown = ",".join(f"{each:g}" for each in default)
    else:
        shown = f"{default:g}" if isinstance(default, float) else str(default)
    names = (f"--{name.replace('_', '-')}", *_ALIASES.get(name, ()))
    return schema_option(name, field, shown, _METAVARS.get(name), *names, as_text=name in _TEXTS, multiple=name in _LISTS)


def pop_recipe(options: dict[str, Any]) -> dict[str, Any]:
    """Remove the recipe values from the parameters of a command, and return those that were given.

    Args:
        options: Parameters by name.

    Returns:
        Keyword arguments for :meth:`pincel.Recipe.override`.
    """
    pairs = options.pop("optimizer_option", ())
    values = {name: options.pop(name) for name in Recipe.model_fields if name in options}
    if pairs:
        values["optimizer_options"] = dict(parse_pair(pair) for pair in pairs)
    return {name: list(value) if name in _LISTS else value for name, value in values.items() if value is not None and value != ()}


def parse_pair(text: str) -> tuple[str, str]:
    """Read ``history=20``; raises OptionError for anything without ``=``."""
    key, sign, value = text.partition("=")
    if not sign:
        raise OptionError(f"--optimizer-option takes KEY=VALUE, such as history=20, not '{text}'.")
    return key.strip(), value.strip()


def parse_styles(texts: tuple[str, ...]) -> list[tuple[str, float]]:
    """Read STYLE arguments: a path, ``sample:NAME``, or either followed by ``=weight``.

    Raises:
        OptionError: If the weight is no number of 0 or more.
    """
    from pincel.sources import parse_weighted

    return [parse_weighted(text) for text in texts]


def input_paths(content: str, style: Sequence[tuple[str, float]], recipe: str, values: Mapping[str, Any]) -> list[Path]:
    """Return the files that a run reads, which no output may replace; ``values`` are the given values of the recipe."""
    others = [recipe, values.get("init", "").removeprefix("feedforward="), values.get("content_mask", ""), *values.get("style_mask", ())]
    named = [Path(text) for text in (content, *(path for path, _ in style), *others) if text and not text.startswith(PREFIX)]
    return [file for path in named for file in (path.iterdir() if os.path.isdir(path) else [path]) if os.path.isfile(file)]
