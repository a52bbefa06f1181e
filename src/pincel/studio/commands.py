"""What a run is on the command line and in Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue

from pincel.studio.models import Model

# Where a run's process writes, seen from the run's folder, in which it works.
RESULT, RECORD, PREVIEW, CHECKPOINT, PAGE = "result.png", "result.json", "preview.jpg", "checkpoint", "page"
# Seconds between two checkpoints: what is lost at most if the machine goes dark.
EVERY = 10


class Order(Model):
    """A command of pincel: what a run's process is told, and what a person would type for it.

    Attributes:
        verb: ``["transfer"]``, or ``["study", NAME]``.
        arguments: Pictures, as files below the run's folder or ``sample:NAME``, and their weights.
        options: (``size``, ``"256"``), and so on; one without a value is a switch.
        files: File below the run's folder → what its owner calls it.
        output: What a person would call the result.
    """

    verb: list[str]
    arguments: list[tuple[str, float | None]]
    options: list[tuple[str, str]] = Field(default=[])
    files: dict[str, str] = Field(default={})
    output: str


def argv(order: Order) -> list[str]:
    """Return the arguments of the process that begins a run."""
    if order.verb[0] == "study":
        return [*order.verb, *_pictures(order, {}), *_options(order, {}), "-o", PAGE]
    kept = ["--json", f"--preview={PREVIEW}", f"--checkpoint={CHECKPOINT}", f"--checkpoint-every={EVERY}"]
    return [*order.verb, *_pictures(order, {}), *_options(order, {}), *kept, "-o", RESULT]


def resuming() -> list[str]:
    """Return the arguments of the process that goes on with a run."""
    return ["resume", CHECKPOINT, "--json", f"--preview={PREVIEW}"]


def shown(order: Order) -> str:
    """Return what a person would type, with the names of their own files."""
    names = own_names(order.files)
    words = ["pincel", *order.verb, *_pictures(order, names), "-o", order.output, *_options(order, names, apart=True)]
    return " ".join(shlex.quote(word) for word in words)


def _pictures(order: Order, names: Mapping[str, str]) -> list[str]:
    return [names.get(path, path) + ("" if weight is None else f"={weight:g}") for path, weight in order.arguments]


def _options(order: Order, names: Mapping[str, str], *, apart: bool = False) -> list[str]:
    """Return options as words: ``--size=256``, or, as people write them, ``--size 256``."""
    pairs = [(f"--{key.replace('_', '-')}", names.get(value, value)) for key, value in order.options]
    return [word for option, value in pairs for word in ([option] if not value else [option, value] if apart else [f"{option}={value}"])]


def own_names(files: Mapping[str, str]) -> dict[str, str]:
    """Return file → the name its owner knows it by, no two alike, none like an option."""
    names: dict[str, str] = {}
    for path, name in files.items():
        stem, dot, suffix = name.rpartition(".")
        told, number = name, 2
        while told in names.values():
            told, number = (f"{stem}-{number}{dot}{suffix}" if stem else f"{name}-{number}"), number + 1
        names[path] = told
    return {path: f"./{name}" if name.startswith(("-", "sample:")) else name for path, name in names.items()}


def python(order: Order, recipe: str, values: Mapping[str, JsonValue]) -> str:
    """Return the lines of Python that remake a picture.

    Args:
        order: Of a transfer.
        recipe: Its name.
        values: What was set.
    """
    names = own_names(order.files)
    (content, _), *styles = order.arguments
    pairs = [repr(names.get(path, path)) if w is None else f"({names.get(path, path)!r}, {w:g})" for path, w in styles]
    style = pairs[0] if len(pairs) == 1 and styles[0][1] is None else f"[{', '.join(pairs)}]"
    given: dict[str, Any] = {"recipe": recipe, **values}
    masks = [names[value] for key, value in order.options if key == "style_mask"]
    # Masks, and where a picture that is painted on begins.
    further = {key: names.get(value, value) for key, value in order.options if key not in (*given, "optimizer_option", "style_mask")}
    given |= {**further, **({"style_mask": masks} if masks else {})}
    told = "".join(f"    {key}={value!r},\n" for key, value in given.items())
    call = f"pincel.transfer(\n    {names.get(content, content)!r},\n    {style},\n{told})"
    return f"import pincel\n\nresult = {call}\nresult.save({order.output!r})\n"


def written(value: JsonValue) -> str:
    """Return a value as the command line takes it."""
    if isinstance(value, dict):
        return ",".join(f"{key}={written(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ",".join(written(each) for each in value)
    return value if isinstance(value, str) else repr(value)
