"""The photographs that folders, files and samples stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.samples import KINDS, PREFIX, sample_names
from pincel.sources import open_picture


def photographs(sources: Sequence[str], *, recursive: bool = False) -> list[str]:
    """Return the paths and names of photographs, each once, in natural order within a folder.

    ``sample:scenes`` and ``sample:styles`` are all samples of a kind.

    Raises:
        OptionError: If there is none, or a folder cannot be read.
        PictureMissingError: For a file that is not there, with the closest name that is.
    """
    files = [file for source in sources for file in _inside(source, recursive=recursive)]
    if not files:
        hint = "another folder" if recursive else "--recursive, if they are in folders inside it"
        given = ", ".join(quoted(source) for source in sources) or "nothing"
        raise OptionError(one_line("photographs: there is none", given, f"a folder with {', '.join(sorted(SUFFIXES))}", hint))
    return list(dict.fromkeys(files))


def _inside(source: str, *, recursive: bool) -> Iterator[str]:
    if source in KINDS:
        yield from (PREFIX + name for name, path in sample_names().items() if path.name.startswith(KINDS[source]))
        return
    if source.startswith(PREFIX) or not Path(source).is_dir():
        if not source.startswith(PREFIX) and not Path(source).exists():
            # Fails with the closest name there is.
            open_picture(source, "photograph")
        yield source
        return
    try:
        yield from map(str, list_pictures(Path(source), recursive=recursive).paths)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(
            one_line(f"photographs: a folder cannot be read ({reason})", quoted(source), "a folder", "another one")
        ) from error
