"""Recipe files: commented TOML, one format for the recipes that come with pincel, of every kind, and for those that users write.

A comment directly above a value, or above the title of its table, is the source of the value: a paper, a file of a program, or a reason.
Comments of several lines are one source. A blank line ends a comment, so what is said at the top of a file, before the first blank line,
is about the recipe as a whole. ``base = "NAME"`` takes each value that the file leaves out from another recipe, with its source::

    # The notebook with fewer steps.

    base = "gatys2016"

    # ours: nothing changes after that
    steps = 300
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from pincel.documents import Reader
from pincel.errors import OptionError, RecipeError
from pincel.recipes.schema import NAMES, RecipeModel
from pincel.registry import Registry

R = TypeVar("R", bound=RecipeModel)
R_co = TypeVar("R_co", bound=RecipeModel, covariant=True)

READER = Reader("recipe", "a file as 'pincel recipes NAME' prints it", RecipeError)
CONTROL = "ours: a control, not in use"
# A key with its value, or the title of a table, of which the first name counts.
_KEY = re.compile(r"""(\[{0,2})\s*["']?([\w-]+)["']?\s*[.=\]]""")


@dataclass(frozen=True)
class Cited(Generic[R_co]):
    """A recipe and where each of its values comes from.

    Attributes:
        recipe: The values.
        sources: field → paper, file, cell, or why.
    """

    recipe: R_co
    sources: Mapping[str, str] = field(default_factory=dict)


class RecipeTable(Registry[Cited[R]]):
    """The recipes of one kind: name → file, read when it is first asked for. :meth:`add` takes a file, too.

    Args:
        kind: What such a recipe is called in messages.
        schema: The class of its values.
        folder: Where the files ``NAME.toml`` are, and ``variants/VARIANT.toml``.
        names: All names, in the order they are listed.
        variants: The names that have no file of their own → (recipe, variant): the values of the variant are laid over the recipe.
    """

    def __init__(
        self, kind: str, schema: type[R], folder: Path, names: Iterable[str], variants: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        super().__init__(kind, {name: str(folder / f"{name}.toml") for name in names})
        self.folder = folder
        self._schema = schema
        self._variants = dict(variants or {})
        self._loaded: dict[str, Cited[R]] = {}

    def __getitem__(self, name: str) -> Cited[R]:
        """Return the recipe called ``name``; raises UnknownNameError with the closest match."""
        if self.check(name) not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def find(self, name: str) -> Cited[R]:
        """Return the recipe called ``name``, or the one in the TOML file of that path.

        Raises:
            UnknownNameError: For neither; with the closest match.
            RecipeError: For a file that is not such a recipe.
        """
        if name not in self and (name.endswith(".toml") or os.path.isfile(name)):
            return self.read(Path(name))
        return self[name]

    def read(self, path: Path) -> Cited[R]:
        """Read a file: all values, or ``base = "NAME"`` and those that differ. The source of a value without a comment is the file.

        Raises:
            RecipeError: For a file that cannot be read, is no TOML, or has unknown keys (closest match) or values.
            UnknownNameError: For an unknown base.
        """
        return self._read(path, uncited=str(path))

    def vary(self, base: Cited[R], variant: str) -> Cited[R]:
        """Return a recipe, ``NAME-VARIANT``, with the values of a variant laid over it.

        Texts of the variant may contain ``{name}`` and ``{summary}``, those of the recipe it is laid over.
        """
        cited = self._read(self.folder / "variants" / f"{variant}.toml", over=base)
        own = base.recipe.model_dump()
        texts = {key: str(text).format_map(own) for key, text in cited.recipe.model_dump(include=set(NAMES)).items()}
        return replace(cited, recipe=cited.recipe.model_copy(update={**texts, "name": f"{base.recipe.name}-{variant}"}))

    def _load(self, name: str) -> Cited[R]:
        if name in self._variants:
            base, variant = self._variants[name]
            return self.vary(self[base], variant)
        place = self._entry_points[name]
        return self._read(Path(place)) if place.endswith(".toml") else super().__getitem__(name)

    def _read(self, path: Path, *, uncited: str = "", over: Cited[R] | None = None) -> Cited[R]:
        """Read a file.

        Args:
            path: The file.
            uncited: Source of a value without a comment.
            over: The recipe that the file is laid over, if it names no other base.
        """
        text = READER.text(path)
        given = READER.parse_toml(text, path)
        base = self[str(given.pop("base"))] if "base" in given else over
        texts = {"name": path.stem, "summary": f"from {path.name}", "good_for": ""}
        try:
            values = {**{key: texts[key] for key in texts if key in self._schema.model_fields}, **given}
            recipe = self._schema.inherit(values, base.recipe if base else None)
        except OptionError as error:
            raise RecipeError(f"{path}: {error}") from None
        comments = read_comments(text)
        inherited = base.sources if base else dict.fromkeys(self._schema.controls(), CONTROL)
        return Cited(recipe, {**inherited, **{key: comments.get(key, uncited) for key in given if key not in NAMES}})


def read_comments(text: str) -> dict[str, str]:
    """Return the comment directly above each key of a TOML document, in one line; above the title of a table, for a key with a table."""
    comments: dict[str, str] = {}
    above: list[str] = []
    in_table = False
    for line in map(str.strip, text.split("\n")):
        if line.startswith("#"):
            above.append(line.removeprefix("#").strip())
            continue
        if key := _KEY.match(line):
            title = bool(key[1])
            if above and (title or not in_table):
                comments.setdefault(key[2], " ".join(above))
            in_table = in_table or title
        above = []
    return comments
