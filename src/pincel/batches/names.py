"""Names of results, from a pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from string import Formatter

from pincel.batches.path_globs import basename, closest_name, folder_of
from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.images.io import check_format

PATTERN = "{content}_{style}.png"
FIELDS = ("content", "style", "folder", "recipe", "number")
ACCEPTED = f"a name of a picture with any of {', '.join(f'{{{name}}}' for name in FIELDS)}"


class Names:
    """Makes names from a pattern.

    Args:
        pattern: Such as ``{content}_{style}.png``; with ``/`` for folders. ``{content}`` and ``{style}`` are the names of the files without
            their extension (of several styles, with ``+`` between them), ``{folder}`` is that of the folder the content is in, ``{recipe}``
            that of the recipe, ``{number}`` counts the jobs from 1, as ``{number:04d}`` with zeros in front.

    Raises:
        OptionError: For an unknown field, with the closest match, a pattern that cannot be read, or a name outside the folder.
        OutputError: For an extension that no picture can be written with.
    """

    def __init__(self, pattern: str = PATTERN) -> None:
        self._pattern = pattern
        try:
            fields = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
        except ValueError as error:
            raise OptionError(one_line(f"names: {error}", quoted(pattern), ACCEPTED, quoted(PATTERN))) from None
        for name in fields:
            if name not in FIELDS:
                near = closest_name(name, FIELDS)
                hint = f"{{{near}}}" if near else quoted(PATTERN)
                raise OptionError(one_line(f"names: there is no field {{{name}}}", quoted(pattern), ACCEPTED, hint))
        # A first try, so that errors of the pattern come before there are jobs.
        check_format(Path(self.name("content", ["style"], "recipe", 1)))

    def name(self, content: str, styles: Sequence[str], recipe: str, number: int) -> str:
        """Return the name for one job."""
        values: Mapping[str, object] = {
            "content": basename(content),
            "style": "+".join(basename(style) for style in styles),
            "folder": folder_of(content),
            "recipe": Path(recipe).stem if recipe.endswith(".toml") else recipe,
            "number": number,
        }
        try:
            return safe_relative(self._pattern.format(**values))
        except (ValueError, TypeError, LookupError) as error:
            raise OptionError(one_line(f"names: {error}", quoted(self._pattern), ACCEPTED, quoted(PATTERN))) from None


def safe_relative(name: str) -> str:
    """Return a relative path with ``/`` between its parts; raises OptionError if it leads out of its folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or Path(name).is_absolute() or not path.name:
        failed = "output: lies outside the folder of the batch"
        raise OptionError(
            one_line(failed, quoted(name), "a name within it, as night.png or paintings/night.png", quoted(path.name or "out.png"))
        )
    return str(path)
