"""A run as a command of pincel, and as Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue

from pincel.studio.models import Model

# Files of a run, relative to its folder, in which its process works.
RESULT, RECORD, PREVIEW, CHECKPOINT, PAGE = "result.png", "result.json", "preview.jpg", "checkpoint", "page"
# Seconds between two checkpoints.
EVERY = 10
# Events on standard output, errors and downloads on standard error.
EVENTS = ("--json", "--quiet")


class RunSpec(Model):
    """A command of pincel, from which the arguments of the process and the line for a person are made.

    Attributes:
        verb: ``["transfer"]``, ``["study", NAME]`` or ``["course"]``.
        arguments: Pictures (paths below the run's folder, or ``sample:NAME``) and their weights.
        options: Pairs such as (``size``, ``"256"``); a flag has an empty value.
        files: Path below the run's folder → the owner's name for the file.
        output: Name of the result for its owner.
    """

    verb: list[str]
    arguments: list[tuple[str, float | None]]
    options: list[tuple[str, str]] = Field(default=[])
    files: dict[str, str] = Field(default={})
    output: str


def argv(order: RunSpec) -> list[str]:
    """Return the arguments of the process that starts a run."""
    if order.verb[0] == "study":
        return [*order.verb, *_pictures(order, {}), *_options(order, {}), *EVENTS, "-o", PAGE]
    if order.verb[0] == "course":
        return [*order.verb, PAGE, *_options(order, {}), *EVENTS]
    files = [*EVENTS, f"--preview={PREVIEW}", f"--checkpoint={CHECKPOINT}", f"--checkpoint-every={EVERY}"]
    return [*order.verb, *_pictures(order, {}), *_options(order, {}), *files, "-o", RESULT]


def resuming() -> list[str]:
    """Return the arguments of the process that resumes a run."""
    return ["resume", CHECKPOINT, *EVENTS, f"--preview={PREVIEW}"]


def command_line(order: RunSpec) -> str:
    """Return the command a person would type, with their own file names."""
    names = own_names(order.files)
    output = [order.output] if order.verb[0] == "course" else ["-o", order.output]
    words = ["pincel", *order.verb, *_pictures(order, names), *output, *_options(order, names, apart=True)]
    return " ".join(shlex.quote(word) for word in words)


def _pictures(order: RunSpec, names: Mapping[str, str]) -> list[str]:
    return [names.get(path, path) + ("" if weight is None else f"={weight:g}") for path, weight in order.arguments]


def _options(order: RunSpec, names: Mapping[str, str], *, apart: bool = False) -> list[str]:
    """Return options as ``--size=256``, or, ``apart``, as people write them: ``--size 256``."""
    pairs = [(f"--{key.replace('_', '-')}", names.get(value, value)) for key, value in order.options]
    return [word for option, value in pairs for word in ([option] if not value else [option, value] if apart else [f"{option}={value}"])]


def own_names(files: Mapping[str, str]) -> dict[str, str]:
    """Return path → the owner's name for the file, no two alike, none like an option."""
    names: dict[str, str] = {}
    for path, name in files.items():
        stem, dot, suffix = name.rpartition(".")
        unique, number = name, 2
        while unique in names.values():
            unique, number = (f"{stem}-{number}{dot}{suffix}" if stem else f"{name}-{number}"), number + 1
        names[path] = unique
    return {path: f"./{name}" if name.startswith(("-", "sample:")) else name for path, name in names.items()}


def python(order: RunSpec, recipe: str, values: Mapping[str, JsonValue]) -> str:
    """Return the Python that remakes a picture.

    Args:
        order: Command of a transfer.
        recipe: Name of the recipe.
        values: Settings.
    """
    names = own_names(order.files)
    (content, _), *styles = order.arguments
    pairs = [repr(names.get(path, path)) if w is None else f"({names.get(path, path)!r}, {w:g})" for path, w in styles]
    style = pairs[0] if len(pairs) == 1 and styles[0][1] is None else f"[{', '.join(pairs)}]"
    given: dict[str, Any] = {"recipe": recipe, **values}
    masks = [names[value] for key, value in order.options if key == "style_mask"]
    # Content mask, and the start of a continuation.
    further = {key: names.get(value, value) for key, value in order.options if key not in (*given, "optimizer_option", "style_mask")}
    given |= {**further, **({"style_mask": masks} if masks else {})}
    arguments = "".join(f"    {key}={value!r},\n" for key, value in given.items())
    call = f"pincel.transfer(\n    {names.get(content, content)!r},\n    {style},\n{arguments})"
    return f"import pincel\n\nresult = {call}\nresult.save({order.output!r})\n"


def format_value(value: JsonValue) -> str:
    """Return a value as the command line takes it."""
    if isinstance(value, dict):
        return ",".join(f"{key}={format_value(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ",".join(format_value(each) for each in value)
    return value if isinstance(value, str) else repr(value)
