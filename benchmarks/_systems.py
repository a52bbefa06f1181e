"""Who paints: recipes of pincel with values changed, and other programs by their command lines."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pincel
from _programs import run_program
from pincel.errors import OptionError, unknown_name
from pincel.files import one_line, quoted
from pincel.images.encode import save_picture
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe

COMMAND, PROGRAM = "command:", "program:"
SAME_FOR_ALL = {"size": "--size", "size_of": "--size", "rounding": "--size"}
LISTS = ("content_layers", "style_layers", "content_terms", "style_terms", "strokes", "scales", "optimizer_options")
"""Values that may hold commas of their own."""


@dataclass(frozen=True)
class Job:
    """A picture to be painted: from what, whereto, its long side in pixels, and how many steps, None for as many as the system likes."""

    content: Path
    style: Path
    output: Path
    size: int
    steps: int | None = None


class System(Protocol):
    """Paints."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def takes_steps(self) -> bool:
        """Whether it can be asked for a number of steps."""

    @property
    def identity(self) -> str:
        """All that makes it paint as it does: with another identity, a picture is painted again."""

    def paint(self, job: Job) -> float:
        """Write a picture and return the seconds that it took; raises PincelError if there is none."""


@dataclass(frozen=True)
class RecipeSystem:
    """A recipe, in this process: its seconds are those of ``pincel.transfer``, with the reading of pictures and weights."""

    name: str
    recipe: Recipe
    device: str = "auto"
    takes_steps: bool = True

    @property
    def identity(self) -> str:
        """All its values but those that any recipe has unless it says otherwise: a value that is new leaves old pictures as they are."""
        values = self.recipe.model_dump(exclude={"name", "summary", "good_for"}, exclude_defaults=True)
        return json.dumps(values, sort_keys=True)

    def paint(self, job: Job) -> float:
        """Paint with pincel."""
        began = time.perf_counter()
        recipe = self.recipe.override(size=job.size, size_of="long", rounding="nearest", steps=job.steps)
        result = pincel.transfer(job.content, job.style, recipe=recipe, device=self.device)
        seconds = time.perf_counter() - began
        save_picture(result.image, job.output)
        return seconds


@dataclass(frozen=True)
class Command:
    """Another program: its seconds are those of the whole process. No shell reads its words."""

    name: str
    words: tuple[str, ...]

    @property
    def takes_steps(self) -> bool:
        """Whether a word stands for steps."""
        return any("{steps}" in word for word in self.words)

    @property
    def identity(self) -> str:
        """Its words."""
        return shlex.join(self.words)

    def paint(self, job: Job) -> float:
        """Run the program."""
        values = {"content": job.content, "style": job.style, "output": job.output, "size": job.size, "steps": job.steps}
        words = [re.sub(r"\{(content|style|output|size|steps)\}", lambda found: str(values[found[1]]), word) for word in self.words]
        return run_program(self.name, words, job.output)


# Other programs that are known by name

PROGRAMS = ("pastiche", "crowsonkb", "nnst")


def _parse_program(text: str, timed: bool, nnst: Path | None) -> Command:
    name, in_out = text.removeprefix(PROGRAM), ("{content}", "{style}", "{output}")
    if name not in PROGRAMS:
        raise unknown_name("program", name, PROGRAMS)
    if name == "nnst":
        return Command(text, (sys.executable, str(Path(__file__).with_name("_nnst.py")), _checkout(nnst), *in_out, "{size}"))
    if name == "crowsonkb":
        program = _installed("style_transfer", "pip install git+https://github.com/crowsonkb/style-transfer-pytorch")
        return Command(text, (program, *in_out[:2], "--output", in_out[2], "--end-scale", "{size}"))
    program = _installed("pastiche", "pip install pastiche==1.6.0")
    named = (word for pair in zip(("--content", "--styles", "--output"), in_out, strict=True) for word in pair)
    # 500 steps of L-BFGS are what it is usually compared with; its own default is twice as many.
    return Command(text, (program, *named, "--size", "{size}", "--num-steps", "{steps}" if timed else "500"))


def _checkout(nnst: Path | None) -> str:
    """Return the folder of a checkout of NNST."""
    if nnst is None or not (nnst / "styleTransfer.py").is_file():
        given, hint = quoted(nnst or ""), "git clone https://github.com/nkolkin13/NeuralNeighborStyleTransfer, then --nnst FOLDER"
        raise OptionError(
            one_line("program:nnst: there is no checkout of it", given, "--nnst with a folder that has styleTransfer.py", hint)
        )
    return str(nnst.resolve())


def _installed(program: str, how: str) -> str:
    """Return the path of a program of this environment, or of any."""
    found = shutil.which(program, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        raise OptionError(one_line("system: its program is not installed", quoted(program), "a program that can be found", how))
    return found


# What is asked for


def parse_systems(texts: Sequence[str], *, timed: bool, device: str = "auto", nnst: Path | None = None) -> list[System]:
    """Read systems; one given twice is told apart by a number, and shows how much is chance.

    Args:
        texts: ``RECIPE[:key=value,…]``, ``FILE.toml[:key=value,…]``, ``command:NAME=WORDS``, or ``program:NAME`` of ``PROGRAMS``.
        timed: Whether the comparison gives each the same time, so that nobody chooses a number of steps.
        device: Where recipes paint.
        nnst: The checkout of NNST.

    Raises:
        PincelError: For a program that is not here, or a recipe, key or value that does not exist.
    """
    read = [_parse(text, timed, device, nnst) for text in texts]
    names = [system.name for system in read]
    counts = [names[:index].count(name) for index, name in enumerate(names)]
    return [replace(s, name=f"{s.name} ({n + 1})") if n else s for s, n in zip(read, counts, strict=True)]


def _parse(text: str, timed: bool, device: str, nnst: Path | None) -> RecipeSystem | Command:
    if text.startswith(COMMAND):
        return _parse_command(text, timed)
    if text.startswith(PROGRAM):
        return _parse_program(text, timed, nnst)
    return _parse_recipe(text, timed, device)


def _parse_command(text: str, timed: bool) -> Command:
    name, _, template = text.removeprefix(COMMAND).partition("=")
    try:
        command = Command(name.strip(), tuple(shlex.split(template)))
    except ValueError as error:
        raise OptionError(one_line(f"command: {str(error).lower()}", quoted(text), "words as a shell reads them", "both quotes")) from error
    if not (command.name and command.words) or any(each not in template for each in ("{content}", "{style}", "{output}")):
        hint = "'command:mine=paint {content} {style} -o {output} --size {size}'"
        raise OptionError(one_line("command: a part is missing", quoted(text), "NAME=WORDS with {content}, {style} and {output}", hint))
    if command.takes_steps and not timed:
        raise OptionError(one_line("command: nobody says how many steps", quoted(text), "{steps} together with --seconds", "--seconds 60"))
    return command


def _parse_recipe(text: str, timed: bool, device: str) -> RecipeSystem:
    name, changes = (text, {}) if Path(text).is_file() else _split(text)
    for key, option in {**SAME_FOR_ALL, **({"steps": "--seconds"} if timed else {})}.items():
        if key in changes:
            raise OptionError(one_line(f"system: {key} is the same for all", quoted(text), "other values of a recipe", option))
    called = text.replace(name, Path(name).stem, 1) if name.endswith(".toml") else text
    return RecipeSystem(called, RECIPES.find(name).recipe.override(**changes), device)


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a recipe and its changes; a list of layers or options may hold commas of its own."""
    name, _, rest = text.partition(":")
    changes: dict[str, Any] = {}
    last = ""
    for part in filter(None, rest.split(",")):
        key, sign, value = part.partition("=")
        if last in LISTS and (not sign or key.strip().replace("-", "_") not in Recipe.model_fields):
            changes[last] += f",{part}"
        elif not sign:
            raise OptionError(one_line("system: a change has no value", quoted(part), "key=value", f"'{name}:canvas=pixels'"))
        else:
            last = key.strip().replace("-", "_")
            changes[last] = value
    if "optimizer_options" in changes:
        pairs = (part.partition("=") for part in changes["optimizer_options"].split(","))
        changes["optimizer_options"] = {key: value for key, _, value in pairs}
    return name, changes
