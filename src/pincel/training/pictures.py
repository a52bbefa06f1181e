"""Sources of images, and random crops of them for training.

A place is a folder of images, or of folders of them; ``sample:scenes``, ``sample:styles``, or one of either; ``sample:leaves``, rendered by
:mod:`pincel.training.dead_leaves`. Several are separated by commas. A crop depends on the seed and its number alone.
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
from pincel.samples import KINDS, PREFIX, find_sample, sample_names
from pincel.training import dead_leaves
from pincel.training.schema import StyleTrainingRecipe

Levels: TypeAlias = NDArray[np.uint8]
ACCEPTED = "a folder of pictures, sample:scenes, sample:styles, sample:leaves, or several with commas between"
# Bytes of decoded images in the cache.
CACHE_BYTES = 512 * 2**20
# How often a flat crop is sampled again.
TRIES = 5
# How many images in a row may turn out to be damaged before a training fails.
MAX_DAMAGED = 20
# Range of the random gamma.
GAMMAS = (0.6, 1.6)


@dataclass(frozen=True)
class ImageSource:
    """Images of one place.

    Attributes:
        names: Of the images.
        read: Number → pixels, (H, W, 3), 8 bits.
        digest: Hash of names and bytes of files, or of how they are generated.
        notes: Which files are left out, and why.
    """

    names: Sequence[str]
    read: Callable[[int], Levels]
    digest: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneratedSource:
    """Images that are generated when they are needed, under a name of ``sample:``.

    Attributes:
        count: How many.
        render: Number → (H, W, 3), 8 bits.
    """

    count: int
    render: Callable[[int], Levels]


LEAVES = {f"{PREFIX}leaves": GeneratedSource(dead_leaves.COUNT, dead_leaves.render)}


def find_sources(places: str, generated: Mapping[str, GeneratedSource] = LEAVES) -> list[ImageSource]:
    """Find the images of places, which are separated by commas.

    Raises:
        PictureMissingError: If there is no such place, or no image in it.
    """
    texts = [places] if Path(places).exists() else [text.strip() for text in places.split(",") if text.strip()]
    if not texts:
        raise PictureMissingError(one_line("data: no place was named", quoted(places), ACCEPTED, "sample:scenes,sample:leaves"))
    return [_find_source(text, generated) for text in texts]


def _find_source(text: str, generated: Mapping[str, GeneratedSource]) -> ImageSource:
    if text in generated:
        each = generated[text]
        digest = hashlib.sha256(f"{text} {each.count}".encode() + each.render(0).tobytes()).hexdigest()
        return ImageSource([f"{text}/{number}" for number in range(each.count)], each.render, digest)
    if text.startswith(PREFIX):
        return _file_source(_samples(text, generated))
    return _folder_source(Path(text))


def _samples(text: str, generated: Mapping[str, GeneratedSource]) -> list[Path]:
    if text in KINDS:
        return [path for path in sample_names().values() if path.name.startswith(KINDS[text])]
    if text.removeprefix(PREFIX) in sample_names():
        return [find_sample(text)]
    hint = closest(text, [*KINDS, *generated, *(f"{PREFIX}{name}" for name in sample_names())]).strip() or f"{PREFIX}scenes"
    raise PictureMissingError(one_line("data: no such sample", quoted(text), ACCEPTED, hint))


def missing_folder(folder: Path, accepted: str) -> PictureMissingError:
    """Return the error for a folder that does not exist, with the closest name that does."""
    siblings = [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
    hint = f"the path as seen from the current folder.{closest(folder.name, siblings)}"
    return PictureMissingError(one_line("data: no such folder", quoted(folder), accepted, hint))


def _folder_source(place: Path) -> ImageSource:
    if place.is_file():
        return _file_source([place])
    if not place.is_dir():
        raise missing_folder(place, ACCEPTED)
    listing = list_pictures(place, recursive=True)
    if not listing.paths:
        raise PictureMissingError(
            one_line("data: holds no pictures", quoted(place), ACCEPTED, f"put some there ({' '.join(sorted(SUFFIXES))})")
        )
    return _file_source(listing.paths, listing.notes)


def _file_source(files: Sequence[Path], notes: Sequence[str] = ()) -> ImageSource:
    """Return the files that can be read; raises PictureError if there is none."""
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
    """Return a note that an image is left out of a training, and why."""
    return f"{name} is left out: {str(error).partition(' · ')[0].removeprefix('data: ')}."


def _read(files: Sequence[Path], number: int) -> Levels:
    return np.asarray(to_pil(load_picture(files[number], what="data", background=DEFAULT_BACKGROUND).pixels))


@dataclass(frozen=True)
class CropSampler:
    """Square crops of images at random positions, in random sizes and, some, colors. All sources are equally likely.

    Attributes:
        sources: Of the images.
        recipe: Sizes and variations of the crops.
        stream: Makes two samplers of one seed independent.
        damaged: Name → error of an image that turned out to be damaged; another was used.
    """

    sources: Sequence[ImageSource]
    recipe: StyleTrainingRecipe
    stream: int = 0
    damaged: dict[str, PictureError] = field(default_factory=dict, repr=False, compare=False)
    _cache: OrderedDict[tuple[int, int], Levels] = field(default_factory=OrderedDict, repr=False, compare=False)

    @property
    def count(self) -> int:
        """Images of all sources."""
        return sum(len(source.names) for source in self.sources)

    @property
    def digest(self) -> str:
        """Hash of all images."""
        return hashlib.sha256(" ".join(source.digest for source in self.sources).encode()).hexdigest()

    def crop(self, number: int) -> Tensor:
        """Return a crop, (1, 3, crop, crop) in [0, 1].

        Args:
            number: Which, from 0 on; the same number gives the same crop.

        Raises:
            PictureError: If one image after another cannot be read.
        """
        rng = np.random.default_rng([self.recipe.seed, self.stream, number])
        square = self._sample(rng)
        for _ in range(TRIES):
            if float(square.std()) >= self.recipe.contrast:
                break
            square = self._sample(rng)
        return square

    def _sample(self, rng: Generator) -> Tensor:
        recipe = self.recipe
        levels = self._random_image(int(rng.integers(len(self.sources))), rng)
        scale = recipe.side / max(levels.shape[:2]) * rng.uniform(*recipe.zoom)
        # Images are never enlarged: of one smaller than its crop, all of the shorter side is used.
        side = max(1, min(round(recipe.crop / min(scale, 1.0)), *levels.shape[:2]))
        top, left = (int(rng.integers(length - side + 1)) for length in levels.shape[:2])
        square = torch.from_numpy(levels[top : top + side, left : left + side].copy()).permute(2, 0, 1)[None].float() / 255
        square = resize(square, (recipe.crop, recipe.crop), "box" if side > recipe.crop else "bicubic")
        if rng.uniform() < 0.5:
            square = square.flip(3)
        return _recolor(square, rng) if rng.uniform() < recipe.recolor else square

    def _random_image(self, source: int, rng: Generator) -> Levels:
        """Return a random image of a source; in place of a damaged one another, the same in every run."""
        names = self.sources[source].names
        name = ""
        for _ in range(MAX_DAMAGED):
            number = int(rng.integers(len(names)))
            name = names[number]
            if name not in self.damaged:
                try:
                    return self._levels(source, number)
                except PictureError as error:
                    self.damaged[name] = error
        raise self.damaged[name]

    def _levels(self, source: int, number: int) -> Levels:
        """Return an image from the cache, or read it; the least recently used leave the cache."""
        key = source, number
        if key not in self._cache:
            self._cache[key] = self._shrink(self.sources[source].read(number))
            while sum(each.nbytes for each in self._cache.values()) > CACHE_BYTES and len(self._cache) > 1:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    def _shrink(self, levels: Levels) -> Levels:
        """Return an image in the size that crops are taken from, if it is larger."""
        height, width = levels.shape[:2]
        side = round(self.recipe.side * max(1.0, self.recipe.zoom[1]))
        if max(height, width) <= side:
            return levels
        size = target_size(height, width, side, "long", "nearest")
        pixels = torch.from_numpy(levels.copy()).permute(2, 0, 1)[None].float() / 255
        smaller = resize(pixels, (max(1, size[0]), max(1, size[1])), "box")
        return np.asarray(to_pil(smaller))


def _recolor(square: Tensor, rng: Generator) -> Tensor:
    """Permute channels, invert some, and apply a random gamma to each."""
    permuted = square[:, torch.from_numpy(rng.permutation(3))]
    negative = torch.from_numpy(rng.uniform(size=3) < 0.25).view(1, 3, 1, 1)
    inverted = torch.where(negative, 1 - permuted, permuted)
    gammas = torch.from_numpy(rng.uniform(*GAMMAS, 3)).float().view(1, 3, 1, 1)
    return inverted.clamp(0, 1) ** gammas


def check_crops(crops: CropSampler) -> None:
    """Raise OptionError if a crop is larger than the images it is taken from."""
    recipe = crops.recipe
    if recipe.crop > recipe.side * recipe.zoom[1]:
        given = f"--crop {recipe.crop}, --side {recipe.side}, --zoom {recipe.zoom[0]:g},{recipe.zoom[1]:g}"
        raise OptionError(
            one_line("crop: is larger than the pictures it is taken from", given, "a crop of --side pixels at most", "--side 512")
        )
