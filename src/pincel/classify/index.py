"""Images with their classes, by name. An index is sent to the loading processes, so it holds no pixels, but knows how to read them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

# File, row or number → image, (1, 3, H, W) in [0, 1]; raises PictureError if it cannot be read.
ReadImage: TypeAlias = Callable[[Any], Tensor]


@dataclass(frozen=True)
class ImageIndex:
    """Images with their classes, in a fixed order.

    Attributes:
        names: Of the images, the same on every machine.
        labels: Class of each, as an index.
        sizes: Bytes of each file, 0 where it has none of its own: a changed set is recognized by them.
        keys: Argument of ``read`` for each.
        read: Reads one.
    """

    names: tuple[str, ...]
    labels: tuple[int, ...]
    sizes: tuple[int, ...]
    keys: tuple[Any, ...]
    read: ReadImage

    def __len__(self) -> int:
        return len(self.names)

    def pixels(self, index: int) -> Tensor:
        """Return an image, (1, 3, H, W) in [0, 1]; raises PictureError if it cannot be read."""
        return self.read(self.keys[index])

    def subset(self, indices: Sequence[int]) -> ImageIndex:
        """Return an index of some of the images."""
        return ImageIndex(
            tuple(self.names[index] for index in indices),
            tuple(self.labels[index] for index in indices),
            tuple(self.sizes[index] for index in indices),
            tuple(self.keys[index] for index in indices),
            self.read,
        )

    def counts(self) -> Mapping[int, int]:
        """Return class → number of images."""
        return Counter(self.labels)


@dataclass(frozen=True)
class DatasetSplits:
    """A data set.

    Attributes:
        data: Its name, as given.
        kind: ``folder``, ``textures`` or ``hugging face``.
        classes: Their names.
        parts: ``train``, ``val``, and ``test`` if it has one.
        notes: What was decided for the user.
    """

    data: str
    kind: str
    classes: tuple[str, ...]
    parts: Mapping[str, ImageIndex]
    notes: tuple[str, ...] = ()

    @property
    def test_split(self) -> str:
        """The part that the finished network is evaluated on."""
        return "test" if "test" in self.parts else "val"

    @property
    def sha256(self) -> str:
        """Hash of parts, names, classes and sizes."""
        lines = [f"class\t{name}" for name in self.classes]
        for part, images in self.parts.items():
            rows = zip(images.names, images.labels, images.sizes, strict=True)
            lines += sorted(f"{part}\t{label}\t{size}\t{name}" for name, label, size in rows)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def hold_out(images: ImageIndex, fraction: float, seed: int) -> tuple[ImageIndex, ImageIndex]:
    """Split an index in two, class by class.

    The order is that of a hash of seed and name. So the order of files on the disk makes no difference, and an image that is added moves
    few of the others.

    Args:
        images: At least two of each class.
        fraction: Of each class, that is held out; at least one image is, and one stays.
        seed: Of the split.

    Returns:
        Those that stay, and those held out, each in their order.
    """

    def rank(index: int) -> bytes:
        return hashlib.sha256(f"{seed}\t{images.names[index]}".encode("utf-8", "surrogateescape")).digest()

    classes: dict[int, list[int]] = {}
    for index, label in enumerate(images.labels):
        classes.setdefault(label, []).append(index)
    out: set[int] = set()
    for members in classes.values():
        out.update(sorted(members, key=rank)[: min(max(1, round(fraction * len(members))), len(members) - 1)])
    return images.subset([index for index in range(len(images)) if index not in out]), images.subset(sorted(out))
