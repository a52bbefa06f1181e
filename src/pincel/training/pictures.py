"""Where pictures come from, and the crops of them that a network is trained on.

A place is a folder of pictures, or of folders of them; ``sample:scenes``, ``sample:styles``, or one of either; ``sample:leaves``, drawn by
:mod:`pincel.training.dead_leaves`. Several are joined by commas. The crop of a step comes from the seed and the number of the crop alone.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, PictureError, PictureMissingError, closest
from pincel.files import one_line, quoted
from pincel.images.decode import check_file
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import load_picture, to_pil
from pincel.images.resize import resize, target_size
from pincel.samples import PREFIX, find_sample, sample_names
from pincel.training import dead_leaves
from pincel.training.schema import StyleTrainingRecipe

Levels: TypeAlias = NDArray[np.uint8]
ACCEPTED = "a folder of pictures, sample:scenes, sample:styles, sample:leaves, or several with commas between"
# Bytes of pictures that are kept decoded.
KEPT = 512 * 2**20
# How often a flat crop is drawn again.
TRIES = 5
# How many pictures may turn out to be damaged, one after the other, before a training gives up.
DAMAGED_IN_A_ROW = 20
# Of lights and darks that are moved, the least and the largest power.
POWERS = (0.6, 1.6)


@dataclass(frozen=True)
class ImageSource:
    """Pictures of one place.

    Attributes:
        names: Of each.
        read: Number → its pixels, (H, W, 3), 8 bits.
        digest: Of what they are: names and bytes of files, or how they are drawn.
        notes: Which files are left out, and why.
    """

    names: Sequence[str]
    read: Callable[[int], Levels]
    digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneratedSource:
    """Pictures that are drawn when they are asked for, so that whoever has them can offer them by a name of ``sample:``.

    Attributes:
        count: How many.
        draw: Number → (H, W, 3), 8 bits.
    """

    count: int
    draw: Callable[[int], Levels]


LEAVES = {f"{PREFIX}leaves": GeneratedSource(dead_leaves.COUNT, dead_leaves.render)}


def find_sources(places: str, drawn: Mapping[str, GeneratedSource] = LEAVES) -> list[ImageSource]:
    """Find the pictures of places with commas between.

    Raises:
        PictureMissingError: If there is no such place, or no picture in it.
    """
    whole = [places] if Path(places).exists() else [text.strip() for text in places.split(",") if text.strip()]
    if not whole:
        raise PictureMissingError(one_line("data: no place was named", quoted(places), ACCEPTED, "sample:scenes,sample:leaves"))
    return [_source(text, drawn) for text in whole]


def _source(text: str, drawn: Mapping[str, GeneratedSource]) -> ImageSource:
    if text in drawn:
        each = drawn[text]
        digest = hashlib.sha256(f"{text} {each.count}".encode() + each.draw(0).tobytes()).hexdigest()
        return ImageSource([f"{text}/{number}" for number in range(each.count)], each.draw, digest)
    if text.startswith(PREFIX):
        return _files(_samples(text, drawn))
    return _inside(Path(text))


def _samples(text: str, drawn: Mapping[str, GeneratedSource]) -> list[Path]:
    kinds = {f"{PREFIX}scenes": "scene-", f"{PREFIX}styles": "style-"}
    if text in kinds:
        return [path for path in sample_names().values() if path.name.startswith(kinds[text])]
    if text.removeprefix(PREFIX) in sample_names():
        return [find_sample(text)]
    hint = closest(text, [*kinds, *drawn, *(f"{PREFIX}{name}" for name in sample_names())]).strip() or f"{PREFIX}scenes"
    raise PictureMissingError(one_line("data: no such sample", quoted(text), ACCEPTED, hint))


def _inside(place: Path) -> ImageSource:
    if place.is_file():
        return _files([place])
    if not place.is_dir():
        beside = [each.name for each in place.parent.iterdir() if each.is_dir()] if place.parent.is_dir() else []
        hint = f"the path as seen from the current folder.{closest(place.name, beside)}"
        raise PictureMissingError(one_line("data: no such folder", quoted(place), ACCEPTED, hint))
    listing = list_pictures(place, recursive=True)
    if not listing.paths:
        raise PictureMissingError(
            one_line("data: holds no pictures", quoted(place), ACCEPTED, f"put some there ({' '.join(sorted(SUFFIXES))})")
        )
    return _files(listing.paths, listing.notes)


def _files(files: Sequence[Path], notes: Sequence[str] = ()) -> ImageSource:
    """Return the whole pictures among some files; raises PictureError if there is none."""
    digest, whole, damaged = hashlib.sha256(), [], {}
    for path in files:
        try:
            data = path.read_bytes()
            check_file(data, what="data", given=quoted(path))
        except (PictureError, OSError) as error:
            damaged[path.name] = error
        else:
            digest.update(f"{path.name} {hashlib.sha256(data).hexdigest()}\n".encode("utf-8", "surrogateescape"))
            whole.append(path)
    if not whole:
        raise next(iter(damaged.values()))
    left_out = [damaged_note(name, error) for name, error in damaged.items()]
    return ImageSource([str(path) for path in whole], partial(_read, tuple(whole)), digest.hexdigest(), (*notes, *left_out))


def damaged_note(name: str, error: Exception) -> str:
    """Say that a picture is left out of a training, and why."""
    return f"{name} is left out: {str(error).partition(' · ')[0].removeprefix('data: ')}."


def _read(files: Sequence[Path], number: int) -> Levels:
    return np.asarray(to_pil(load_picture(files[number], what="data", background=DEFAULT_BACKGROUND).pixels))


@dataclass(frozen=True)
class CropSampler:
    """Squares of pictures, of random places, sizes and, some, colors. Each place has an equal share of them.

    Attributes:
        sources: Where from.
        recipe: How large, and how varied.
        stream: Tells apart two of these with one seed.
        damaged: Name → what is wrong with a picture that turned out to be damaged when a square of it was wanted; another was taken.
    """

    sources: Sequence[ImageSource]
    recipe: StyleTrainingRecipe
    stream: int = 0
    damaged: dict[str, PictureError] = field(default_factory=dict, repr=False, compare=False)
    _kept: OrderedDict[tuple[int, int], Levels] = field(default_factory=OrderedDict, repr=False, compare=False)

    @property
    def count(self) -> int:
        """Pictures in all."""
        return sum(len(source.names) for source in self.sources)

    @property
    def digest(self) -> str:
        """Of all pictures."""
        return hashlib.sha256(" ".join(source.digest for source in self.sources).encode()).hexdigest()

    def crop(self, number: int) -> Tensor:
        """Return a square, (1, 3, crop, crop) in [0, 1].

        Args:
            number: Which, from 0 on; the same number gives the same square.

        Raises:
            PictureError: If one picture after the other cannot be read.
        """
        rng = np.random.default_rng([self.recipe.seed, self.stream, number])
        square = self._drawn(rng)
        for _ in range(TRIES):
            if float(square.std()) >= self.recipe.contrast:
                break
            square = self._drawn(rng)
        return square

    def _drawn(self, rng: Generator) -> Tensor:
        """Draw a square."""
        recipe = self.recipe
        levels = self._readable(int(rng.integers(len(self.sources))), rng)
        scale = recipe.side / max(levels.shape[:2]) * rng.uniform(*recipe.zoom)
        # Never enlarged: of a picture that is too small for its crop, all of the shorter side.
        side = max(1, min(round(recipe.crop / min(scale, 1.0)), *levels.shape[:2]))
        top, left = (int(rng.integers(length - side + 1)) for length in levels.shape[:2])
        square = torch.from_numpy(levels[top : top + side, left : left + side].copy()).permute(2, 0, 1)[None].float() / 255
        square = resize(square, (recipe.crop, recipe.crop), "box" if side > recipe.crop else "bicubic")
        if rng.uniform() < 0.5:
            square = square.flip(3)
        return _recolored(square, rng) if rng.uniform() < recipe.recolor else square

    def _readable(self, source: int, rng: Generator) -> Levels:
        """Return a picture of a source; of those that turn out to be damaged another, the same one in every run."""
        names = self.sources[source].names
        name = ""
        for _ in range(DAMAGED_IN_A_ROW):
            number = int(rng.integers(len(names)))
            name = names[number]
            if name not in self.damaged:
                try:
                    return self._levels(source, number)
                except PictureError as error:
                    self.damaged[name] = error
        raise self.damaged[name]

    def _levels(self, source: int, number: int) -> Levels:
        """Read a picture, or have it from before; those not asked for longest are let go."""
        key = source, number
        if key not in self._kept:
            self._kept[key] = self._brought(self.sources[source].read(number))
            while sum(each.nbytes for each in self._kept.values()) > KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _brought(self, levels: Levels) -> Levels:
        """Shrink a picture to what crops are taken from, if it is larger."""
        height, width = levels.shape[:2]
        side = round(self.recipe.side * max(1.0, self.recipe.zoom[1]))
        if max(height, width) <= side:
            return levels
        size = target_size(height, width, side, "long", "nearest")
        pixels = torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255
        smaller = resize(pixels, (max(1, size[0]), max(1, size[1])), "box")
        return np.asarray(to_pil(smaller))


def _recolored(square: Tensor, rng: Generator) -> Tensor:
    """Exchange channels, turn some into their negative, and move lights and darks."""
    exchanged = square[:, torch.from_numpy(rng.permutation(3))]
    negative = torch.from_numpy(rng.uniform(size=3) < 0.25).view(1, 3, 1, 1)
    turned = torch.where(negative, 1 - exchanged, exchanged)
    powers = torch.from_numpy(rng.uniform(*POWERS, 3)).float().view(1, 3, 1, 1)
    return turned.clamp(0, 1) ** powers


def check_crops(crops: CropSampler) -> None:
    """Raise OptionError if a crop is larger than what pictures are brought to."""
    recipe = crops.recipe
    if recipe.crop > recipe.side * recipe.zoom[1]:
        given = f"--crop {recipe.crop}, --side {recipe.side}, --zoom {recipe.zoom[0]:g},{recipe.zoom[1]:g}"
        raise OptionError(
            one_line("crop: is larger than the pictures it is taken from", given, "a crop of --side pixels at most", "--side 512")
        )
