"""Hashes of large files: computed once for a file that stays as it is, and kept beside one whose makers published none."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pincel.errors import OutputError
from pincel.files import write_text
from pincel.folders import cache_folder

if TYPE_CHECKING:
    from pincel.backbones.specs import ModelSpec

# The weaker two tell a damaged file and another one, not one that was made to have the same: they are asked of where nothing better
# was published.
KINDS: dict[str, Callable[[], Any]] = {
    "SHA-256": hashlib.sha256,
    "SHA-1": partial(hashlib.sha1, usedforsecurity=False),
    "MD5": partial(hashlib.md5, usedforsecurity=False),
}
# Digits of the shortest of them: fewer, of a hash of which only the beginning was published, tell a damaged file and not a forged one.
MIN_DIGITS = 32
# Bytes read at once.
BLOCK = 2**20


class Checksum(NamedTuple):
    """What the file of a spec must hash to.

    Attributes:
        kind: One of :data:`KINDS`.
        digest: What the hash must begin with, in hexadecimal; empty if nothing is known.
        says: Who says so: those who ``published`` the file; ``first``, that it was so when it was first seen; ``nobody``.
    """

    kind: str
    digest: str
    says: str

    def fits(self, found: str) -> bool:
        """Return whether a hash is as expected; any is where nothing is."""
        return found.startswith(self.digest)


def expected_checksum(spec: ModelSpec, path: Path) -> Checksum:
    """Return what the file of a spec must hash to, if it is at ``path``."""
    # A file of one's own has another hash than the file that it was made from.
    kind, published = ("SHA-256", "") if spec.path else spec.fingerprint
    if published:
        return Checksum(kind, published.lower(), "published")
    first = pinned_digest(path)
    return Checksum("SHA-256", first, "first" if first else "nobody")


def file_digests(path: Path, kinds: Iterable[str] = KINDS) -> dict[str, str]:
    """Return hashes of a file's bytes in hexadecimal, by kind, reading it once.

    Args:
        path: The file.
        kinds: Which of :data:`KINDS`.

    Raises:
        OSError: If it cannot be read.
    """
    digests = {kind: KINDS[kind]() for kind in kinds}
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            for digest in digests.values():
                digest.update(block)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


def cached_digest(path: Path, kind: str) -> str:
    """Return the hash of a file; the one that was noted, if the file has not been touched since.

    Half a gigabyte takes a second or more to hash, and would at every start. A file counts as untouched while its length and the
    times of its last change (to the nanosecond, of what is in it and of what is said about it) are what they were: what a disk loses
    by itself goes unseen, and ``pincel weights verify`` looks for it.

    Raises:
        OSError: If it cannot be read.
    """
    state = _state(path)
    note = _note(path, kind)
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["state"] == state and isinstance(kept["digest"], str):
            return kept["digest"]
    digest = file_digests(path, (kind,))[kind]
    if _state(path) == state:
        cache_digest(path, kind, digest)
    return digest


def cache_digest(path: Path, kind: str, digest: str) -> None:
    """Note what a file as it is now hashes to, in the user's cache; without a cache it is hashed each time.

    Raises:
        OSError: If there is no such file.
    """
    state = _state(path)
    note = _note(path, kind)
    with suppress(OSError, OutputError):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_text(note, json.dumps({"path": os.fspath(path), "state": state, "kind": kind, "digest": digest}), what="note")


def pinned_digest(path: Path) -> str:
    """Return the SHA-256 that a file had when it was first seen, or nothing if none was kept."""
    with suppress(OSError, UnicodeDecodeError):
        digest = pin_path(path).read_text(encoding="utf-8").partition(" ")[0]
        if len(digest) == hashlib.sha256().digest_size * 2:
            return digest.lower()
    return ""


def pin_digest(path: Path, digest: str) -> None:
    """Keep the SHA-256 of a file beside it, as ``sha256sum`` writes it and ``sha256sum --check`` reads it.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text(pin_path(path), f"{digest}  {path.name}\n", what="hash")


def pin_path(path: Path) -> Path:
    """Return where that is."""
    return path.with_name(f"{path.name}.sha256")


def _state(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _note(path: Path, kind: str) -> Path:
    key = hashlib.sha256(f"{kind}\n{path.absolute()}".encode(errors="surrogateescape")).hexdigest()
    return cache_folder() / "hashes" / f"{key[:24]}.json"
