"""What a target of fuzzing is, and what several of them share: files in memory, mutators that know the structure of a file.

A target is a function of some bytes, its seeds, and, where a change of single bytes would get no further than a checksum, a mutator.
Add one: define a :class:`Target` in a module here and name it in :data:`fuzz.run.TARGETS`.
"""

from __future__ import annotations

import os
import random
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias
from zipfile import BadZipFile, ZipFile

MIB = 2**20
# Changes single bytes, as the fuzzer does by itself.
Plain: TypeAlias = Callable[[bytes], bytes]
# (data, plain, chance) → other data. It must not raise, whatever the data are.
Mutate: TypeAlias = Callable[[bytes, Plain, random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """Something that reads what strangers send.

    Attributes:
        run: Reads it. It may raise PincelError, whose text is one line; any other exception is a finding.
        seeds: Returns small valid inputs, by name.
        mutate: Changes an input; bytes at random where there is none.
        memory: Bytes it may take beyond what the process has before; more is a finding.
        seconds: It may take for one input; more is a finding.
        longest: Bytes of the longest input.
    """

    run: Callable[[bytes], object]
    seeds: Callable[[], Mapping[str, bytes]]
    mutate: Mutate | None = None
    memory: int = 512 * MIB
    seconds: int = 10
    longest: int = 64 * 1024


@contextmanager
def as_file(data: bytes, name: str = "input") -> Iterator[Path]:
    """Give data as a file of that name, in memory where the system can; it is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=_memory_folder(), prefix="fuzz-") as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        yield path


def _memory_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the folder inside it has a name of its own


def some_of(*ways: Mutate) -> Mutate:
    """Return a mutator that takes one of several at random, or changes single bytes."""

    def mutate(data: bytes, plain: Plain, chance: random.Random) -> bytes:
        way = chance.choice((None, *ways))
        return plain(data) if way is None else way(data, plain, chance)

    return mutate


def inside_zip(data: bytes, plain: Plain, chance: random.Random) -> bytes:
    """Change the content of one file in a zip file, whose checksums are made anew; single bytes of what is no zip file."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            members = {each.filename: archive.read(each) for each in archive.infolist() if each.file_size < MIB}
    except (BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, struct.error):
        return plain(data)
    if not members:
        return plain(data)
    # Small files say what the large ones are.
    chosen = chance.choice(sorted(members, key=lambda name: len(members[name]))[: chance.randint(1, len(members))])
    members[chosen] = plain(members[chosen])
    return zipped(members)


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip file, not compressed, of such contents by name."""
    text = BytesIO()
    with ZipFile(text, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return text.getvalue()


def in_header(data: bytes, plain: Plain, _chance: random.Random) -> bytes:
    """Change the header of a safetensors file, and set the length before it right."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        return plain(data)
    header = plain(data[8 : 8 + length])
    return struct.pack("<Q", len(header)) + header + data[8 + length :]
