"""The photographs that folders, files and samples stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.picture import LoadedImage
from pincel.samples import KINDS, PREFIX, sample_names
from pincel.sources import open_picture
from pincel.studies.features import load_input
from pincel.studies.settings import StudySettings
from pincel.training import dead_leaves

# How a picture of leaves is called, before its number.
LEAF = f"{PREFIX}leaves-"


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


def leaves(count: int) -> list[str]:
    """Return the names of the first pictures of ``sample:leaves``; :func:`load_photograph` draws them."""
    return [f"{LEAF}{number}" for number in range(count)]


def load_photograph(file: str, settings: StudySettings) -> LoadedImage:
    """Open, or draw, what :func:`photographs` or :func:`leaves` name, at the size of the study; raises PictureError."""
    number = file.removeprefix(LEAF)
    return load_input(file if number == file else dead_leaves.render(int(number)), settings, "photograph")


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
