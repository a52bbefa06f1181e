"""Data sets: a folder with a folder for each class, a set of Hugging Face on the disk, or generated textures.

::

    data/cat/1.jpg …  data/dog/1.jpg …            a tenth of each class is held out
    data/train/cat/… data/val/cat/… data/test/…   as they are; without a test part, the network is evaluated on what is held out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from pincel.classify import shapes, textures
from pincel.classify.index import DatasetSplits, ImageIndex, hold_out
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, PictureError, PictureMissingError, closest
from pincel.files import one_line, quoted
from pincel.images.folder import is_hidden, list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import load_picture
from pincel.samples import PREFIX
from pincel.training.pictures import missing_folder

TEXTURES, SHAPES = f"{PREFIX}textures", f"{PREFIX}shapes"
# Name of a set → the module that draws it.
DRAWN = {TEXTURES: textures, SHAPES: shapes}
ACCEPTED = (
    "a folder with a folder of pictures for each class, the same in train/ and val/, a set that Hugging Face saved, or "
    + " or ".join(DRAWN)
)
# Names of the parts: ours → those in use.
PARTS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test",)}
# Files of Hugging Face in the folder of a set.
SAVED = ("dataset_dict.json", "state.json")


def find_data(data: str, fraction: float, seed: int) -> DatasetSplits:
    """Find the images of a data set, and split them into parts.

    Args:
        data: A folder, or the name of a set that is drawn.
        fraction: Of each class, that is held out if the set has no validation part.
        seed: Of that split.

    Raises:
        PictureMissingError: If there is no such folder, or no image in it.
        OptionError: For one class only, an empty class, one that training lacks, or a set that cannot be used.
    """
    if data.startswith(PREFIX):
        splits = _drawn(data)
    else:
        folder = _checked_folder(data)
        saved = any((folder / name).is_file() for name in SAVED)
        splits = _hugging_face(data, folder) if saved else _folder(data, folder)
    return _with_validation(splits, fraction, seed)


def _drawn(data: str) -> DatasetSplits:
    if data not in DRAWN:
        raise PictureMissingError(one_line("data: no such sample", quoted(data), ACCEPTED, TEXTURES))
    drawn, parts = DRAWN[data], dict[str, list[int]]()
    for number in range(drawn.COUNT):
        parts.setdefault(drawn.split(number), []).append(number)
    indexed = {part: _drawn_index(data, numbers) for part, numbers in parts.items()}
    return DatasetSplits(data, data.removeprefix(PREFIX), drawn.CLASSES, indexed)


def _drawn_index(data: str, numbers: Iterable[int]) -> ImageIndex:
    keys, classes = tuple(numbers), DRAWN[data].CLASSES
    labels = tuple(number % len(classes) for number in keys)
    names = tuple(f"{classes[label]}/{number:04d}" for number, label in zip(keys, labels, strict=True))
    return ImageIndex(names, labels, (0,) * len(keys), keys, partial(draw_image, data))


def draw_image(data: str, number: int) -> Tensor:
    """Draw an image of a set that is drawn, (1, 3, side, side) in [0, 1]."""
    pixels, _ = DRAWN[data].render(number)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def read_file(folder: Path, name: str) -> Tensor:
    """Read an image file, (1, 3, H, W) in [0, 1]; raises PictureError."""
    return load_picture(folder / name, what="data", background=DEFAULT_BACKGROUND).pixels


def _checked_folder(data: str) -> Path:
    folder = Path(data)
    if folder.is_file():
        raise OptionError(one_line("data: is a file", quoted(data), ACCEPTED, quoted(folder.parent)))
    if not folder.is_dir():
        raise missing_folder(folder, ACCEPTED)
    return folder


def _folder(data: str, folder: Path) -> DatasetSplits:
    folders = {part: found for part, names in PARTS.items() if (found := _part(folder, names)) is not None}
    if "train" not in folders:
        classes = _classes(folder)
        images, notes = _index_files(folder, folder, classes, classes)
        return DatasetSplits(data, "folder", tuple(classes), {"all": images}, tuple(notes))
    train = folders.pop("train")
    classes = _classes(train)
    images, notes = _index_files(folder, train, classes, classes)
    parts = {"train": images}
    for part, place in folders.items():
        present = _classes(place)
        if unknown := sorted(set(present) - set(classes)):
            failed, accepted = f"data: {place.name}/ has a class that {train.name}/ lacks", f"its classes: {', '.join(classes)}"
            hint = closest(unknown[0], classes).strip() or f"remove {quoted(place / unknown[0])}"
            raise OptionError(one_line(failed, quoted(unknown[0]), accepted, hint))
        notes += [f"Class {name} has no pictures in {place.name}/." for name in classes if name not in present]
        parts[part], left_out = _index_files(folder, place, classes, present)
        notes += left_out
    return DatasetSplits(data, "folder", tuple(classes), parts, tuple(notes))


def _part(folder: Path, names: Iterable[str]) -> Path | None:
    """Return the folder of a part: one of these names that has folders, so that it is no class of that name."""
    places = (folder / name for name in names)
    return next((place for place in places if place.is_dir() and any(each.is_dir() for each in place.iterdir())), None)


def _classes(folder: Path) -> list[str]:
    """Return the folders of classes, in order; raises PictureMissingError if there are none."""
    classes = sorted(each.name for each in folder.iterdir() if each.is_dir() and not is_hidden(each.name))
    if not classes:
        failed = "data: its pictures are in no class" if list_pictures(folder).paths else "data: holds no pictures"
        raise PictureMissingError(one_line(failed, quoted(folder), ACCEPTED, "a folder for each class, the pictures inside"))
    return classes


def _index_files(top: Path, folder: Path, classes: list[str], present: list[str]) -> tuple[ImageIndex, list[str]]:
    """Return the images in the folders of classes, named by their paths from the top, and notes on files that are left out."""
    names: list[str] = []
    labels: list[int] = []
    notes: list[str] = []
    for name in present:
        listing = list_pictures(folder / name, recursive=True)
        notes += listing.notes
        if not listing.paths:
            accepted = f"a picture or more a class ({' '.join(sorted(SUFFIXES))})"
            raise OptionError(one_line("data: a class is empty", quoted(folder / name), accepted, "put its pictures there, or remove it"))
        names += [path.relative_to(top).as_posix() for path in listing.paths]
        labels += [classes.index(name)] * len(listing.paths)
    sizes = tuple((top / name).stat().st_size for name in names)
    return ImageIndex(tuple(names), tuple(labels), sizes, tuple(names), partial(read_file, top)), notes


def _hugging_face(data: str, folder: Path) -> DatasetSplits:
    # Only here, because it imports pyarrow.
    from pincel.classify.hugging_face import saved_parts  # noqa: PLC0415

    classes, stored = saved_parts(folder)
    parts = {part: stored[name] for part, names in PARTS.items() for name in names if name in stored}
    if not parts:
        parts = {"all": next(iter(stored.values()))}
    if "train" not in parts and "all" not in parts:
        given = f"{quoted(folder)} with {', '.join(stored)}"
        raise OptionError(one_line("data: has no part to train on", given, "one called train", "save it as train and validation"))
    return DatasetSplits(data, "hugging face", classes, parts)


def _with_validation(splits: DatasetSplits, fraction: float, seed: int) -> DatasetSplits:
    """Hold a fraction out where there is no validation part; raises OptionError for less than two classes."""
    parts, classes = dict(splits.parts), splits.classes
    whole = parts.get("all", parts.get("train"))
    if len(classes) < 2:
        given = f"{quoted(splits.data)} with {', '.join(map(repr, classes)) or 'none'}"
        raise OptionError(one_line("data: there is but one class to tell apart", given, "two classes or more", "add pictures of another"))
    if whole is not None and "val" not in parts:
        counts = whole.counts()
        if small := [label for label in range(len(classes)) if counts[label] < 2]:
            failed, given = "data: a class has too few pictures for one to be held out", f"{classes[small[0]]!r} with {counts[small[0]]}"
            raise OptionError(one_line(failed, given, "2 or more", "add some"))
        parts["train"], parts["val"] = hold_out(whole, fraction, seed)
    return replace(splits, parts={name: parts[name] for name in PARTS if name in parts})


def without(splits: DatasetSplits, damaged: Mapping[str, Mapping[int, str]]) -> DatasetSplits:
    """Return a data set without damaged images.

    Args:
        splits: The set.
        damaged: part → index → error.

    Raises:
        PictureError: If that leaves a class without any image in training, or a part empty.
    """
    parts = {
        part: images.subset([index for index in range(len(images)) if index not in damaged.get(part, {})])
        for part, images in splits.parts.items()
    }
    counts = parts["train"].counts()
    empty = [name for label, name in enumerate(splits.classes) if counts[label] == 0]
    if empty or not all(len(each) for each in parts.values()):
        failed = f"data: no picture of {f'class {empty[0]!r}' if empty else 'a part'} can be read"
        first = next(reason for reasons in damaged.values() for reason in reasons.values())
        raise PictureError(one_line(failed, first, "pictures that can be opened", "copy the set again"))
    return replace(splits, parts=parts)
