"""The pictures a run is made from: opened from whatever they are given as, and found again when it goes on later."""

from __future__ import annotations

import hashlib
import math
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pincel.backbones.calibrate import calibration_pictures
from pincel.errors import CheckpointError, OptionError
from pincel.files import a_type_of, one_line, quoted, sha256_of
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import load_picture
from pincel.images.picture import LoadedImage
from pincel.images.shrink import Fit
from pincel.samples import PREFIX, find_sample

BLANK = "blank:"

Source: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray[Any, Any] | Tensor | LoadedImage
Styles: TypeAlias = Source | Sequence[Source | tuple[Source, float]]


def parse_weighted(text: str) -> tuple[str, float]:
    """Read a style as it is written on a command line: a path or ``sample:NAME``, or either followed by ``=weight``.

    Raises:
        OptionError: If the weight is no number of 0 or more.
    """
    path, sign, weight = text.rpartition("=")
    # A file may have = in its name; if it is there under its full name, that is what is meant.
    if not sign or (not text.startswith(PREFIX) and os.path.exists(text)):
        return text, 1.0
    try:
        number = float(weight)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        written = shlex.quote(f"{path}=0.7")
        raise OptionError(f"The weight of '{path}' must be a number of 0 or more, not '{weight}' (write {written}).")
    return path, number


def weighted(style: Styles) -> list[tuple[Source, float]]:
    """Return each style given, with its weight; 1 where none is given.

    Raises:
        OptionError: For a tuple that is no style and its weight, or a weight that is no number.
    """
    given: list[Any] = list(style) if isinstance(style, list | tuple) else [style]
    return [_with_weight(entry) for entry in given]


def _with_weight(entry: Source | tuple[Source, float]) -> tuple[Source, float]:
    if not isinstance(entry, tuple):
        return entry, 1.0
    try:
        source, weight = entry
        return source, float(weight)
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: of a tensor of several numbers
        given = ", ".join(repr(part) if isinstance(part, str | int | float | None) else a_type_of(part) for part in entry)
        failed, accepted = "not a picture and its weight", "(picture, weight), a weight of 0 or more"
        raise OptionError(one_line(failed, f"({given})", accepted, '[("painting.jpg", 0.7), ("other.jpg", 0.3)]'), about="style") from error


def expand_styles(style: Styles, notify: Callable[[str], None] = lambda _: None) -> list[list[tuple[Source, float]]]:
    """Return what each style given stands for, with weights: itself, or the pictures of a folder, which share its weight.

    Args:
        style: One or several, each a source, or a source and its weight.
        notify: Called with a note on the files of a folder that are left out.

    Raises:
        OptionError: For none at all, a folder without pictures, a weight that is no number of 0 or more, or weights that are all zero.
    """
    pairs = weighted(style)
    if not pairs:
        raise OptionError("No style picture given; give at least one.")
    for _, weight in pairs:
        if not (np.isfinite(weight) and weight >= 0):
            raise OptionError(f"The weight of a style picture must be a number of 0 or more, not {weight!r} (write picture.jpg=0.7).")
    if not any(weight > 0 for _, weight in pairs):
        raise OptionError("The weights of the style pictures are all zero; give at least one a weight above 0.")
    return [_expanded(source, float(weight), notify) for source, weight in pairs]


def _expanded(source: Source, weight: float, notify: Callable[[str], None]) -> list[tuple[Source, float]]:
    if not isinstance(source, str | PathLike) or not os.path.isdir(source):
        return [(source, weight)]
    listing = list_pictures(Path(source))
    for note in listing.notes:
        notify(note)
    if not listing.paths:
        raise OptionError(f"The style folder {source} holds no pictures ({', '.join(sorted(SUFFIXES))}).")
    return [(path, weight / len(listing.paths)) for path in listing.paths]


def open_picture(
    source: Source, what: str, background: str | None = None, *, fit: Fit | None = None, memory: int | None = None
) -> LoadedImage:
    """Load a picture; ``sample:NAME`` is one of those that come with pincel, ``blank:512x256`` is gray all over.

    The other arguments are those of :func:`pincel.images.io.load_picture`.
    """
    if isinstance(source, str) and source.startswith(BLANK):
        return _blank(source)
    path = find_sample(source) if isinstance(source, str) and source.startswith(PREFIX) else source
    picture = load_picture(path, what=what, background=background, fit=fit, memory=memory)
    return picture if isinstance(source, LoadedImage) else replace(picture, uri=_uri(source))


def _blank(text: str) -> LoadedImage:
    """Return a gray picture of (width)x(height)."""
    width, _, height = text.removeprefix(BLANK).partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) * int(height) <= 2**30):
        raise OptionError(f"A blank picture is given as blank:512x256, not '{text}'.")
    pixels = torch.full((1, 3, int(height), int(width)), 0.5)
    return LoadedImage(pixels, None, text, hashlib.sha256(text.encode()).hexdigest(), uri=text)


def image_metadata(picture: LoadedImage) -> dict[str, Any]:
    """Return the description of a picture in a record."""
    return {"name": picture.name, "sha256": picture.sha256, "width": picture.width, "height": picture.height}


def _uri(source: Source) -> str:
    """Return where a picture can be opened again from any folder; nothing for one that is no file."""
    if isinstance(source, str) and source.startswith((PREFIX, BLANK)):
        return source
    return os.path.abspath(source) if isinstance(source, str | PathLike) else ""


def reopen_verified(written: Mapping[str, Any], what: str, background: str | None = None, *, fit: Fit | None = None) -> LoadedImage:
    """Load a picture of an earlier run, and check that it is the same.

    Args:
        written: Its ``path`` and its ``sha256``.
        what: How messages call it.
        background: As of :func:`open_picture`.
        fit: Likewise.

    Raises:
        PictureError: If it is not there or cannot be read any more.
        CheckpointError: If it is another picture by now.
    """
    picture = open_picture(written["path"], what, background, fit=fit)
    _check_same(what, written["path"], picture.sha256, written["sha256"])
    if reason := resized_since(written, picture):
        hint = "free memory, or pincel transfer, from the start"
        raise CheckpointError(
            one_line(f"checkpoint: the {what} picture {reason}", quoted(written["path"]), "the size it was read in", hint)
        )
    return picture


def resized_since(written: Mapping[str, Any], picture: LoadedImage) -> str:
    """Return how a picture is read in another size than before, for lack of memory; empty if it is not."""
    height, width = written.get("size") or (picture.height, picture.width)
    if (height, width) == (picture.height, picture.width):
        return ""
    return f"was read at {width}×{height}, and is at {picture.width}×{picture.height} with the memory there is now"


def calibration_hashes(calibration: str) -> dict[str, str]:
    """Return path → SHA-256 of the pictures in a calibration folder; raises OptionError if there are none."""
    return {str(path): sha256_of(path) for path in calibration_pictures(calibration)}


def check_calibration(calibration: str, written: Mapping[str, str]) -> None:
    """Raise CheckpointError if a calibration folder does not hold the pictures it held."""
    found = calibration_hashes(calibration)
    for path in sorted({*found, *written}):
        _check_same("calibration", path, found.get(path, "none"), written.get(path, "none"))


def check_masks(written: Mapping[str, str]) -> None:
    """Raise CheckpointError if a mask (path → SHA-256) is not the one a run began with, or PictureError if it is gone."""
    for path, expected in written.items():
        if not Path(path).is_file():
            load_picture(path, what="mask")
        _check_same("mask", path, sha256_of(Path(path)), expected)


def _check_same(what: str, path: str, found: str, expected: str) -> None:
    if found != expected:
        failed = f"checkpoint: the {what} picture is not the one the run began with (SHA-256 {found[:12]})"
        hint = "put that file back, or pincel transfer, from the start"
        raise CheckpointError(
            one_line(failed, quoted(Path(path) if not path.startswith(PREFIX) else path), f"SHA-256 {expected[:12]}", hint)
        )
