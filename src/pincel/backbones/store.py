"""Where the weight file of each network is, and whether it is intact. Loads no torch.

- ``spec.path``: a network that was trained or imported here is its own file;
- ``spec.package``: a data file of an installed Python package, which is never imported;
- otherwise a download, in torch's own cache, which torchvision shares.

A file is used if its hash is that of its spec. Where nobody published one, the hash of the first use is pinned beside it, as
``FILE.sha256``: that detects a file that changed, not one that was wrong from the start.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pincel.backbones.hashes import Checksum, cached_digest, expected_checksum, file_digests, pin_digest, pin_path
from pincel.errors import OutputError, WeightsError
from pincel.extras import require_extra
from pincel.folders import expanded
from pincel.installation import install_command

if TYPE_CHECKING:
    from pincel.backbones.fetch import ByteProgress
    from pincel.backbones.specs import ModelSpec


# Why networks of some kinds have no file here.
WITHOUT_FILE = {"timm": "timm fetches and keeps it"}


def download_folder() -> Path:
    """Return the folder of downloads, ``torch.hub.get_dir()``/checkpoints, without loading torch.

    That is in ``TORCH_HOME``/hub, else ``XDG_CACHE_HOME``/torch/hub, else ``~/.cache/torch/hub``, or where a program that has loaded torch
    set it by ``torch.hub.set_dir``.
    """
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:
        return expanded(loaded.get_dir()) / "checkpoints"
    parent = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return expanded(os.environ.get("TORCH_HOME", f"{parent}/torch")) / "hub" / "checkpoints"


def has_file(spec: ModelSpec) -> bool:
    """Return whether a network has a weight file: filters may be random, and timm keeps its own files."""
    return bool(spec.path or spec.package or spec.url)


def weights_path(spec: ModelSpec) -> Path:
    """Return the path of the file of a spec, downloaded or not.

    Raises:
        WeightsError: If it has none, or the package that should have it is not installed or lacks it; says how to get it.
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
    """Return whether the file of a spec is here, whatever its content."""
    try:
        return weights_path(spec).is_file()
    except WeightsError:
        return False


def ensure(spec: ModelSpec, progress: ByteProgress | None = None) -> Path:
    """Return the path of the file of a spec, downloaded if necessary and with its hash checked.

    A file is not hashed again until it changes; see :func:`pincel.backbones.hashes.cached_digest`.

    Args:
        spec: The network.
        progress: Called with the bytes downloaded and of the whole file; without one, lines are written to stderr.

    Raises:
        WeightsError: If it cannot be downloaded, with the address and the path for doing so by hand; if it cannot be read, or its hash is
            another.
    """
    path = weights_path(spec)
    if not path.is_file():
        _fetch(spec, path, progress)
    wanted = expected_checksum(spec, path)
    if spec.path and wanted.origin == "nobody":
        return path
    try:
        found = cached_digest(path, wanted.kind)
    except OSError as error:
        raise _unreadable(spec, path, error) from error
    _compare(spec, path, wanted, found)
    return path


def verify(spec: ModelSpec) -> Checksum:
    """Read the whole file of a spec and return its hash, having compared it with the expected one, whose origin it has.

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
    return Checksum(wanted.kind, found, wanted.origin)


def fix_hint(spec: ModelSpec) -> str:
    """Return what to do about a file whose hash is wrong."""
    if spec.path:
        return "import it again from where it came: pincel weights import FILE --as NAME --force"
    if spec.package:
        return install_command("--force-reinstall", "--no-deps", spec.package)
    return f"remove that file, and it is downloaded again from {spec.url}"


def _compare(spec: ModelSpec, path: Path, wanted: Checksum, found: str) -> None:
    """Raise WeightsError unless a hash is the expected one; pin it where none is known."""
    if not wanted.matches(found):
        known = f"had {wanted.digest[:16]}… when it was first seen, says {pin_path(path).name}"
        what = f"expected {wanted.digest[:16]}…" if wanted.origin == "published" else known
        raise WeightsError(f"The weights of {spec.name} are damaged: {path} has {wanted.kind} {found[:16]}…, {what}. Try: {fix_hint(spec)}")
    if wanted.origin == "nobody" and not spec.path:
        # In a folder that is not writable, nothing is pinned.
        with suppress(OutputError):
            pin_digest(path, found)


def _in_package(spec: ModelSpec) -> Path:
    """Return the path of a file in an installed package, which is not imported."""
    name = spec.package.partition("==")[0]
    module = find_spec(name)
    folders = [Path(folder) for folder in (module.submodule_search_locations or [])] if module else []
    for folder in folders:
        if (folder / spec.file).is_file():
            return folder / spec.file
    raise WeightsError(f"The weights of {spec.name} are missing: no file {spec.file} in the Python package {name}. Try: {fix_hint(spec)}")


def _fetch(spec: ModelSpec, path: Path, progress: ByteProgress | None) -> None:
    if spec.path:
        raise _unreadable(spec, path, FileNotFoundError(2, "No such file or directory"))
    require_extra("httpx", extra="weights", what=f"download of {spec.name}")
    from pincel.backbones.download import download  # noqa: PLC0415 - a library for the network, where most runs need none

    download(spec, path, progress)


def _unreadable(spec: ModelSpec, path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"Cannot read the weights of {spec.name}, {path}: {error.strerror or error}.")
