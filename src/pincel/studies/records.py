"""The record of a run, and its input pictures, found by name and hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.documents import Reader
from pincel.errors import OptionError, PictureError, PictureMissingError, PincelError
from pincel.files import one_line
from pincel.images.picture import LoadedImage
from pincel.recipes.schema import Recipe
from pincel.samples import sample_names
from pincel.sources import BLANK, open_picture

_KEYS: Mapping[str, type] = {"recipe": dict, "content": dict, "styles": list, "losses": list, "size": list}
_NUMBERS = (int, float)
READER = Reader("record", "the .json that pincel transfer writes beside its picture", OptionError)


@dataclass(frozen=True)
class RunRecord:
    """What a run wrote beside its picture.

    Attributes:
        path: Of the file.
        recipe: Every value of it.
        content: Name and SHA-256 of the photograph, and more.
        styles: Likewise of the paintings, with their weights.
        losses: One entry a step: total, and the unweighted terms.
        size: (width, height) of the picture.
        saved: The terms of the picture as saved, if it was judged: ``total``, ``terms``, ``weighted``.
    """

    path: Path
    recipe: Recipe
    content: Mapping[str, Any]
    styles: Sequence[Mapping[str, Any]]
    losses: Sequence[Mapping[str, Any]]
    size: tuple[int, int]
    saved: Mapping[str, Any] | None


def read_record(path: str | PathLike[str]) -> RunRecord:
    """Read the record of a run.

    Raises:
        OptionError: If there is none, it is damaged, or it is something else.
    """
    values = READER.json(path)
    _check(path, values)
    recipe = Recipe.make(values["recipe"], error=OptionError)
    pictures = values["content"], values["styles"]
    return RunRecord(Path(path), recipe, *pictures, values["losses"], (values["size"][0], values["size"][1]), values.get("saved"))


def _check(path: str | PathLike[str], values: Any) -> None:
    """Raise OptionError unless values are those of a record."""
    if not isinstance(values, dict) or "pincel" not in values:
        raise _refused(path, "is not of pincel")
    wrong = [key for key, kind in _KEYS.items() if not isinstance(values.get(key), kind)]
    if wrong:
        raise _refused(path, f"is not of a run: it has no {', '.join(wrong)}")
    pictures = [values["content"], *values["styles"]]
    if not values["styles"] or not all(isinstance(p, dict) and {"name", "sha256"} <= p.keys() for p in pictures):
        raise _refused(path, "does not say from which pictures the run was made")
    if not all(isinstance(style.get("weight"), _NUMBERS) for style in values["styles"]):
        raise _refused(path, "does not say how much each style counts")
    if len(values["size"]) != 2 or not all(isinstance(side, int) for side in values["size"]):
        raise _refused(path, "does not say how large the picture is")
    if not all(isinstance(step, dict) and isinstance(step.get("total"), _NUMBERS) for step in values["losses"]):
        raise _refused(path, "has steps without a total")


def _refused(path: str | PathLike[str], why: str) -> PincelError:
    return READER.refused(path, why, "the record of this picture")


def find_input(written: Mapping[str, Any], given: Iterable[LoadedImage], folders: Iterable[Path], what: str) -> LoadedImage:
    """Find an input picture of a run.

    Args:
        written: Its ``name`` and ``sha256``.
        given: Candidates.
        folders: Where a file of its name may be.
        what: Its name in messages, and its option: ``content`` or ``style``.

    Raises:
        PictureMissingError: If it is nowhere.
        PictureError: If the candidates, or the file of its name, are other pictures.
    """
    name, digest = str(written["name"]), str(written["sha256"])
    if name.startswith(BLANK):
        return open_picture(name, what)
    offered = list(given)
    files = [*sample_names().values(), *(folder / name for folder in folders)]
    offered += [open_picture(file, what) for file in files if file.name == name and file.is_file()]
    for picture in offered:
        if picture.sha256 == digest:
            return picture
    accepted = f"{name} with SHA-256 {digest[:12]}"
    if offered:
        failed, first = "not the picture the run began with, or changed since", offered[0]
        found = f"{first.name} with SHA-256 {first.sha256[:12]}"
        raise PictureError(one_line(failed, found, accepted, f"--{what} FILE"), about=what)
    raise PictureMissingError(one_line("not found again", "no such file beside record or picture", accepted, f"--{what} FILE"), about=what)
