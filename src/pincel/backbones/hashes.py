"""Checksums of large files: computed once per change of a file, and pinned beside files whose makers published none."""

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

# The weaker two detect damage, not a forgery; they are used where nothing better was published.
KINDS: dict[str, Callable[[], Any]] = {
    "SHA-256": hashlib.sha256,
    "SHA-1": partial(hashlib.sha1, usedforsecurity=False),
    "MD5": partial(hashlib.md5, usedforsecurity=False),
}
# Digits of the shortest of them. Fewer, where only the beginning of a hash was published, detect damage, not a forgery.
MIN_DIGITS = 32
# Bytes read at once.
BLOCK = 2**20


class Checksum(NamedTuple):
    """The checksum of a file.

    Attributes:
        kind: One of :data:`KINDS`.
        digest: In hexadecimal, or the beginning of it; empty if unknown.
        origin: How it is known: ``published`` by the makers of the file; ``first``, pinned when the file was first seen; ``nobody``.
    """

    kind: str
    digest: str
    origin: str

    def matches(self, found: str) -> bool:
        """Return whether a hash in hexadecimal begins like this one."""
        return found.startswith(self.digest)


def expected_checksum(spec: ModelSpec, path: Path) -> Checksum:
    """Return the checksum that the file of a spec must have at ``path``."""
    # A network in a file of our own was made from the file with the published hash, and has another.
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
    """Return the hash of a file, from the cache if the file has not changed since; half a gigabyte takes a second or more to hash.

    A file counts as unchanged while its length and the times of its last change (mtime and ctime, in nanoseconds) are the same. Damage by
    the disk itself goes undetected; ``pincel weights verify`` reads the whole file.

    Raises:
        OSError: If it cannot be read.
    """
    state = _state(path)
    with suppress(OSError, ValueError, TypeError, KeyError):
        entry = json.loads(_cache_entry(path, kind).read_text(encoding="utf-8"))
        if entry["state"] == state and isinstance(entry["digest"], str):
            return entry["digest"]
    digest = file_digests(path, (kind,))[kind]
    if _state(path) == state:
        cache_digest(path, kind, digest)
    return digest


def cache_digest(path: Path, kind: str, digest: str) -> None:
    """Cache the hash of a file in its present state; without a writable cache it is hashed each time.

    Raises:
        OSError: If there is no such file.
    """
    state = _state(path)
    entry = _cache_entry(path, kind)
    with suppress(OSError, OutputError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_text(entry, json.dumps({"path": os.fspath(path), "state": state, "kind": kind, "digest": digest}), what="note")


def pinned_digest(path: Path) -> str:
    """Return the SHA-256 pinned when a file was first seen, or nothing."""
    with suppress(OSError, UnicodeDecodeError):
        digest = pin_path(path).read_text(encoding="utf-8").partition(" ")[0]
        if len(digest) == hashlib.sha256().digest_size * 2:
            return digest.lower()
    return ""


def pin_digest(path: Path, digest: str) -> None:
    """Write the SHA-256 of a file beside it, in the format of ``sha256sum --check``.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text(pin_path(path), f"{digest}  {path.name}\n", what="hash")


def pin_path(path: Path) -> Path:
    """Return the file in which the hash of a file is pinned."""
    return path.with_name(f"{path.name}.sha256")


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _cache_entry(path: Path, kind: str) -> Path:
    key = hashlib.sha256(f"{kind}\n{path.absolute()}".encode(errors="surrogateescape")).hexdigest()
    return cache_folder() / "hashes" / f"{key[:24]}.json"
