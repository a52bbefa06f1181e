"""Options of the objective, derived from the recipe schema: a value added to a recipe is an option the same day."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from pincel.errors import OptionError
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.samples import PREFIX

F = TypeVar("F", bound=Callable[..., Any])

_METAVARS = {
    "size": "N",
    "steps": "N",
    "background": "COLOR",
    "scales": "SHARE=MULTIPLE,…",
    "coarse_content_factor": "X",
    "style_scale": "X,…",
    "detail_transfer": "X",
    "tolerance": "X",
    "seed": "N",
    "strength": "X",
    "content_weight": "α",
    "style_weight": "β",
    "tv_weight": "γ",
    "white": "X",
    "noise_level": "X",
    "learning_rate": "X",
    "content_layers": "LAYER[=w],…",
    "style_layers": "LAYER[=λ],…",
    "content_terms": "TERM[=w],…",
    "style_terms": "TERM[=w],…",
    "degrain": "X",
    "backbone": "NAME",
    "optimizer": "NAME",
    "calibration": "FOLDER",
    "init": "START",
    "content_mask": "FILE",
    "style_mask": "FILE",
}
# Other names of an option.
_ALIASES = {"init": ("--start",)}
# Given as text, whatever they are made of.
_TEXTS = ("content_layers", "style_layers", "content_terms", "style_terms", "scales", "style_scale")
# Given once for each.
_LISTS = ("style_mask",)
_TYPES: Mapping[Any, Any] = {int: click.INT, float: click.FLOAT}


def objective_options(function: F) -> F:
    """Give a command ``--recipe`` and an option for every value of a recipe."""
    names = [n for n in Recipe.model_fields if n not in (*NAMES, "optimizer_options")]
    options = [
        click.option("--recipe", default="pincel", metavar="NAME|FILE.toml", help="Where the values left out come from. [pincel]"),
        *(_option(name) for name in names),
        click.option(
            "--optimizer-option",
            multiple=True,
            metavar="KEY=VALUE",
            help="More settings, repeatable: history max_step (lbfgs), beta1 beta2 eps (adam), momentum (gradient-descent).",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def machine_options(function: F) -> F:
    """Give a command the options that say where and how to work, which change nothing of the picture but rounding."""
    options = [
        click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]"),
        click.option(
            "--precision",
            default="auto",
            metavar="NAME",
            help="How convolutions multiply: fp32, tf32 (NVIDIA), bf16, or the quickest here, measured once. [auto]",
        ),
        click.option(
            "--memory",
            metavar="SIZE",
            help="What the run may use in all, such as 6G or 1.5GiB: larger pictures are looked at in tiles, which gives the same picture "
            "but for rounding, and takes longer. [what is free]",
        ),
        click.option(
            "--tiles",
            default="auto",
            metavar="LAYERS=PX,…",
            help="How that is done: the layers up to a pooling in tiles so many pixels wide, as pool2=512 or pool3=1024,rest=2048; or "
            "whole. [auto: as --memory asks]",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


MACHINE = ["device", "precision", "memory", "tiles"]


def _option(name: str) -> Callable[[F], F]:
    field = Recipe.model_fields[name]
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        kind: Any = click.Choice([str(choice) for choice in get_args(annotation)])
    else:
        kind = next((_TYPES[a] for a in (annotation, *get_args(annotation)) if a in _TYPES and name not in _TEXTS), click.STRING)
    if annotation is bool:
        return click.option(f"--{name.replace('_', '-')}", name, is_flag=True, default=None, help=str(field.description))
    default = getattr(RECIPES["pincel"].recipe, name)
    shown = (",".join(f"{k}={v:.3g}" for k, v in default.items()) or "none") if isinstance(default, dict) else default
    shown = ",".join(f"{each:g}" for each in shown) if isinstance(shown, list) else shown
    shown = "none" if shown == "" else shown
    return click.option(
        f"--{name.replace('_', '-')}",
        *_ALIASES.get(name, ()),
        name,
        type=kind,
        multiple=name in _LISTS,
        metavar=_METAVARS.get(name),
        help=f"{field.description} [{shown:g}]" if isinstance(shown, float) else f"{field.description} [{shown}]",
    )


def gather(options: dict[str, Any]) -> dict[str, Any]:
    """Take the recipe values out of a command's parameters; those not given are left out.

    Args:
        options: Parameters by name; the recipe's are removed from it.

    Returns:
        Keyword arguments for :meth:`pincel.Recipe.override`.
    """
    pairs = options.pop("optimizer_option", ())
    values = {name: options.pop(name) for name in Recipe.model_fields if name in options}
    if pairs:
        values["optimizer_options"] = dict(option_pair(pair) for pair in pairs)
    return {name: list(value) if name in _LISTS else value for name, value in values.items() if value is not None and value != ()}


def option_pair(text: str) -> tuple[str, str]:
    """Read ``history=20``; raises OptionError for anything without ``=``."""
    key, sign, value = text.partition("=")
    if not sign:
        raise OptionError(f"--optimizer-option takes KEY=VALUE, such as history=20, not '{text}'.")
    return key.strip(), value.strip()


def styles(texts: tuple[str, ...]) -> list[tuple[str, float]]:
    """Read STYLE arguments: a path, ``sample:NAME``, or either followed by ``=weight``.

    Raises:
        OptionError: If the weight is no number of 0 or more.
    """
    from pincel.sources import parse_weighted

    return [parse_weighted(text) for text in texts]


def input_paths(content: str, style: Sequence[tuple[str, float]], recipe: str, values: Mapping[str, Any]) -> list[Path]:
    """Return the files a run reads, which no output may replace; ``values`` are those of the recipe that were given."""
    others = [recipe, values.get("init", "").removeprefix("feedforward="), values.get("content_mask", ""), *values.get("style_mask", ())]
    named = [Path(text) for text in (content, *(path for path, _ in style), *others) if text and not text.startswith(PREFIX)]
    return [file for path in named for file in (path.iterdir() if os.path.isdir(path) else [path]) if os.path.isfile(file)]
