"""A data set, wherever it is: a folder with a folder for each class, a set of Hugging Face on the disk, or the textures pincel draws.

::

    data/cat/1.jpg …  data/dog/1.jpg …            a tenth of each class is held out
    data/train/cat/… data/val/cat/… data/test/…   as they are; without a test part, what is held out is what the network is judged by
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from pincel.classify import textures
from pincel.classify.listing import Found, Listing, held_out
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, PictureError, PictureMissingError, closest
from pincel.files import one_line, quoted
from pincel.images.folder import is_hidden, list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import load_picture
from pincel.samples import PREFIX

TEXTURES = f"{PREFIX}textures"
ACCEPTED = f"a folder with a folder of pictures for each class, the same in train/ and val/, a set that Hugging Face saved, or {TEXTURES}"
# What the parts are called, by us and by others.
PARTS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test",)}
# What Hugging Face writes into the folder of a set.
SAVED = ("dataset_dict.json", "state.json")


def find_data(data: str, share: float, seed: int) -> Found:
    """Find the pictures of a data set, and deal them into parts.

    Args:
        data: A folder, or ``sample:textures``.
        share: Of each class, that is held out if the set says not which.
        seed: Of that draw.

    Raises:
        PictureMissingError: If there is no such folder, or no picture in it.
        OptionError: For one class only, an empty class, one that training lacks, or a set that cannot be used.
    """
    if data.startswith(PREFIX):
        found = _textures(data)
    else:
        folder = _checked_folder(data)
        saved = any((folder / name).is_file() for name in SAVED)
        found = _hugging_face(data, folder) if saved else _folder(data, folder)
    return _dealt(found, share, seed)


def _textures(data: str) -> Found:
    if data != TEXTURES:
        raise PictureMissingError(one_line("data: no such sample", quoted(data), ACCEPTED, TEXTURES))
    parts: dict[str, list[int]] = {}
    for number in range(textures.COUNT):
        parts.setdefault(textures.split(number), []).append(number)
    return Found(data, "textures", textures.CLASSES, {part: _drawn(numbers) for part, numbers in parts.items()})


def _drawn(numbers: Iterable[int]) -> Listing:
    keys = tuple(numbers)
    labels = tuple(number % len(textures.CLASSES) for number in keys)
    names = tuple(f"{textures.CLASSES[label]}/{number:04d}" for number, label in zip(keys, labels, strict=True))
    return Listing(names, labels, (0,) * len(keys), keys, drawn)


def drawn(number: int) -> Tensor:
    """Draw a texture, (1, 3, 72, 72) in [0, 1]."""
    pixels, _ = textures.render(number)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def read_file(folder: Path, name: str) -> Tensor:
    """Read a picture file, (1, 3, H, W) in [0, 1]; raises PictureError."""
    return load_picture(folder / name, what="data", background=DEFAULT_BACKGROUND).pixels


def _checked_folder(data: str) -> Path:
    folder = Path(data)
    if folder.is_file():
        raise OptionError(one_line("data: is a file", quoted(data), ACCEPTED, quoted(folder.parent)))
    if not folder.is_dir():
        beside = [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
        hint = f"the path as seen from the current folder.{closest(folder.name, beside)}"
        raise PictureMissingError(one_line("data: no such folder", quoted(data), ACCEPTED, hint))
    return folder


def _folder(data: str, folder: Path) -> Found:
    inside = {part: found for part, names in PARTS.items() if (found := _part(folder, names)) is not None}
    if "train" not in inside:
        classes = _classes(folder)
        listing, notes = _files(folder, folder, classes, classes)
        return Found(data, "folder", tuple(classes), {"all": listing}, tuple(notes))
    classes = _classes(inside["train"])
    listing, notes = _files(folder, inside["train"], classes, classes)
    parts = {"train": listing}
    for part, place in inside.items():
        if part == "train":
            continue
        here = _classes(place)
        if strangers := sorted(set(here) - set(classes)):
            failed = f"data: {place.name}/ has a class that {inside['train'].name}/ lacks"
            raise OptionError(
                one_line(
                    failed,
                    quoted(strangers[0]),
                    f"its classes: {', '.join(classes)}",
                    closest(strangers[0], classes).strip() or f"remove {quoted(place / strangers[0])}",
                )
            )
        notes += [f"Class {name} has no pictures in {place.name}/." for name in classes if name not in here]
        parts[part], left_out = _files(folder, place, classes, here)
        notes += left_out
    return Found(data, "folder", tuple(classes), parts, tuple(notes))


def _part(folder: Path, names: Iterable[str]) -> Path | None:
    """Return the folder of a part: one of these names that has folders, and is no class by that name."""
    places = (folder / name for name in names)
    return next((place for place in places if place.is_dir() and any(each.is_dir() for each in place.iterdir())), None)


def _classes(folder: Path) -> list[str]:
    """Return the folders of classes, in order; raises OptionError for less than two."""
    classes = sorted(each.name for each in folder.iterdir() if each.is_dir() and not is_hidden(each.name))
    if not classes:
        loose = bool(list_pictures(folder).paths)
        failed = "data: its pictures are in no class" if loose else "data: holds no pictures"
        raise PictureMissingError(one_line(failed, quoted(folder), ACCEPTED, "a folder for each class, the pictures inside"))
    return classes


def _files(top: Path, folder: Path, classes: list[str], here: list[str]) -> tuple[Listing, list[str]]:
    """List the pictures below the folders of classes, by their paths from the top; and say which files are left out."""
    names: list[str] = []
    labels: list[int] = []
    notes: list[str] = []
    for name in here:
        found = list_pictures(folder / name, recursive=True)
        files = found.paths
        notes += found.notes
        if not files:
            accepted = f"a picture or more a class ({' '.join(sorted(SUFFIXES))})"
            raise OptionError(one_line("data: a class is empty", quoted(folder / name), accepted, "put its pictures there, or remove it"))
        names += [path.relative_to(top).as_posix() for path in files]
        labels += [classes.index(name)] * len(files)
    sizes = tuple((top / name).stat().st_size for name in names)
    return Listing(tuple(names), tuple(labels), sizes, tuple(names), partial(read_file, top)), notes


def _hugging_face(data: str, folder: Path) -> Found:
    # pyarrow is imported for nobody else.
    from pincel.classify.hugging_face import saved_parts  # noqa: PLC0415

    classes, stored = saved_parts(folder)
    parts = {part: stored[name] for part, names in PARTS.items() for name in names if name in stored}
    if not parts:
        parts = {"all": next(iter(stored.values()))}
    if "train" not in parts and "all" not in parts:
        given = f"{quoted(folder)} with {', '.join(stored)}"
        raise OptionError(one_line("data: has no part to train on", given, "one called train", "save it as train and validation"))
    return Found(data, "hugging face", classes, parts)


def _dealt(found: Found, share: float, seed: int) -> Found:
    """Hold a share out where nothing is, and make sure that there is something to tell apart."""
    parts = dict(found.parts)
    whole = parts.get("all", parts.get("train"))
    if len(found.classes) < 2:
        given = f"{quoted(found.data)} with {', '.join(map(repr, found.classes)) or 'none'}"
        raise OptionError(one_line("data: there is but one class to tell apart", given, "two classes or more", "add pictures of another"))
    if whole is not None and "val" not in parts:
        counts = whole.counts()
        if alone := [name for label, name in enumerate(found.classes) if counts[label] < 2]:
            failed = "data: a class has too few pictures for one to be held out"
            raise OptionError(one_line(failed, f"{alone[0]!r} with {counts[found.classes.index(alone[0])]}", "2 or more", "add some"))
        train, val = held_out(whole, share, seed)
        parts = {"train": train, "val": val, **{name: each for name, each in parts.items() if name == "test"}}
    ordered = {name: parts[name] for name in PARTS if name in parts}
    return Found(found.data, found.kind, found.classes, ordered, found.notes)


def without(found: Found, damaged: Mapping[str, Mapping[int, str]]) -> Found:
    """Leave damaged pictures out.

    Args:
        found: The set.
        damaged: part → place in it → what is wrong.

    Raises:
        PictureError: If that leaves a class without any in training, or nothing to judge by.
    """
    parts = {
        part: pictures.some([place for place in range(len(pictures)) if place not in damaged.get(part, {})])
        for part, pictures in found.parts.items()
    }
    counts = parts["train"].counts()
    empty = [name for label, name in enumerate(found.classes) if counts[label] == 0]
    if empty or not all(len(each) for each in parts.values()):
        failed = f"data: no picture of {f'class {empty[0]!r}' if empty else 'a part'} can be read"
        first = next(reason for reasons in damaged.values() for reason in reasons.values())
        raise PictureError(one_line(failed, first, "pictures that can be opened", "copy the set again"))
    return Found(found.data, found.kind, found.classes, parts, found.notes)
