"""Lists of pictures with their classes. A list travels to the processes that load, so it holds no pictures, but knows how to read them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

# Of a list: file, row or number → picture, (1, 3, H, W) in [0, 1]; raises PictureError if it cannot be read.
Read: TypeAlias = Callable[[Any], Tensor]


@dataclass(frozen=True)
class Listing:
    """Pictures with their classes, in a fixed order.

    Attributes:
        names: What each is called, the same on every machine.
        labels: The class of each, as a place in the list of classes.
        sizes: The bytes of each file, 0 where it has none of its own: what a changed set is known by.
        keys: What ``read`` takes for each.
        read: Reads one.
    """

    names: tuple[str, ...]
    labels: tuple[int, ...]
    sizes: tuple[int, ...]
    keys: tuple[Any, ...]
    read: Read

    def __len__(self) -> int:
        return len(self.names)

    def pixels(self, index: int) -> Tensor:
        """Return a picture, (1, 3, H, W) in [0, 1]; raises PictureError if it cannot be read."""
        return self.read(self.keys[index])

    def some(self, places: Sequence[int]) -> Listing:
        """Return the list of some of them."""
        return Listing(
            tuple(self.names[place] for place in places),
            tuple(self.labels[place] for place in places),
            tuple(self.sizes[place] for place in places),
            tuple(self.keys[place] for place in places),
            self.read,
        )

    def counts(self) -> Mapping[int, int]:
        """Return class → how many."""
        return Counter(self.labels)


@dataclass(frozen=True)
class Found:
    """A data set.

    Attributes:
        data: As it was named.
        kind: ``folder``, ``textures`` or ``hugging face``.
        classes: Their names.
        parts: ``train``, ``val``, and ``test`` if it has one.
        notes: What was decided on the user's behalf.
    """

    data: str
    kind: str
    classes: tuple[str, ...]
    parts: Mapping[str, Listing]
    notes: tuple[str, ...] = ()

    @property
    def judged(self) -> str:
        """The part that the finished network is judged by."""
        return "test" if "test" in self.parts else "val"

    @property
    def sha256(self) -> str:
        """Hash of the list: parts, names, classes and bytes."""
        lines = [f"class\t{name}" for name in self.classes]
        for part, pictures in self.parts.items():
            rows = zip(pictures.names, pictures.labels, pictures.sizes, strict=True)
            lines += sorted(f"{part}\t{label}\t{size}\t{name}" for name, label, size in rows)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def held_out(pictures: Listing, share: float, seed: int) -> tuple[Listing, Listing]:
    """Deal a list into two, class by class.

    Who is held out depends on names and seed alone: the hash of both puts them in order. So it does not matter in which order a disk lists
    its files, and a picture that is added moves few of the others.

    Args:
        pictures: At least two of each class.
        share: Of each class, that is held out; at least one is, and one stays.
        seed: Of the draw.

    Returns:
        Those that stay, and those held out, each in their order.
    """
    places: dict[int, list[int]] = {}
    for place, label in enumerate(pictures.labels):
        places.setdefault(label, []).append(place)
    out: set[int] = set()
    for members in places.values():
        drawn = sorted(
            members, key=lambda place: hashlib.sha256(f"{seed}\t{pictures.names[place]}".encode("utf-8", "surrogateescape")).digest()
        )
        out.update(drawn[: min(max(1, round(share * len(members))), len(members) - 1)])
    everything = range(len(pictures))
    return pictures.some([place for place in everything if place not in out]), pictures.some(sorted(out))
