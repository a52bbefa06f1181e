"""The download of a file of weights: by one process at a time, gone on with where it stopped, and checked before it has its name.

What has come so far is beside the file, as ``FILE.part``, and stays there whatever interrupts it. TLS is always checked; proxies and
certificates are those of the machine's settings (``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``). With ``PINCEL_OFFLINE=1`` nothing
is asked of the network.

Pooch was considered: it begins anew whenever a download is cut short, has no bound for what a server sends, and waits for no other process.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pincel.backbones.fetch import ByteProgress, Mirror, PermanentError, RetryPolicy, fetch
from pincel.backbones.hashes import Checksum, cache_digest, expected_checksum, file_digests
from pincel.backbones.partial_file import PartialFile, partial_file
from pincel.backbones.specs import ModelSpec
from pincel.errors import WeightsError

RETRY_POLICY = RetryPolicy()
# Seconds between two looks at what another process has downloaded, and between two lines on stderr.
POLL_SECONDS, LINE_SECONDS = 0.1, 10.0


def download(spec: ModelSpec, path: Path, watch: ByteProgress | None = None, patience: RetryPolicy = RETRY_POLICY) -> None:
    """Download the file of a spec, unless another process has done so in the meantime.

    Args:
        spec: The network: its ``url``, then its ``mirrors``, are asked in turn.
        path: The name the file has once it is whole and its hash is right.
        watch: Told how many bytes of how many are here; without one, a line now and then goes to stderr.
        patience: How long to wait, and how often to try again.

    Raises:
        WeightsError: If it cannot be had; says what to fetch and where to put it by hand.
    """
    show = watch or StderrProgress(spec.name).show
    if offline():
        raise _download_error(spec, path, "PINCEL_OFFLINE is set", "Try again without it")
    part = partial_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, lambda: show(part.length(), spec.size or None)):
            if not path.is_file():
                _try_mirrors(spec, path, show, patience)
    except OSError as error:
        raise _write_error(spec, path, error) from error


def offline() -> bool:
    """Return whether ``PINCEL_OFFLINE`` forbids to ask the network."""
    return os.environ.get("PINCEL_OFFLINE", "") not in ("", "0")


class StderrProgress:
    """Progress as lines on stderr, for a program that shows none itself: one when it begins, then one every ten seconds.

    Args:
        name: Of the network.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = -LINE_SECONDS

    def show(self, done: int, total: int | None) -> None:
        """Tell how many bytes of how many are here."""
        if time.monotonic() - self._told >= LINE_SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"downloading the weights of {self._name}: {mebibytes(done, total)}\n")


def mebibytes(done: int, total: int | None) -> str:
    """Return ``1.5 of 548.1 MiB``.

    Example:
        >>> mebibytes(2**20, 3 * 2**19), mebibytes(2**20, None)
        ('1.0 of 1.5 MiB', '1.0 MiB')
    """
    return f"{done / 2**20:.1f} MiB" if total is None else f"{done / 2**20:.1f} of {total / 2**20:.1f} MiB"


@contextmanager
def _locked(path: Path, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Be the only process that downloads this file; until then, do something else now and again."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    while True:
        try:
            lock.acquire(timeout=POLL_SECONDS)
            break
        except Timeout:
            meanwhile()
    try:
        yield
    finally:
        if path.is_file():
            # Whoever makes a new one now finds the file, and downloads nothing.
            with suppress(OSError):
                Path(lock.lock_file).unlink()
        lock.release()


def _try_mirrors(spec: ModelSpec, path: Path, show: ByteProgress, patience: RetryPolicy) -> None:
    """Ask one address after the other until one gives the file, and give it its name."""
    wanted, part, reasons = expected_checksum(spec, path), partial_file(path), dict[str, str]()
    for url in (spec.url, *spec.mirrors):
        address = Mirror(url, spec.size, len(wanted.digest) if wanted.says == "published" else 0)
        try:
            found = _fetch_verified(address, part, wanted, show, patience)
        except PermanentError as error:
            reasons[url] = str(error)
        else:
            part.path.replace(path)
            part.note.unlink(missing_ok=True)
            cache_digest(path, wanted.kind, found)
            return
    told = "; ".join(reasons.values() if len(reasons) == 1 else (f"{url}: {reason}" for url, reason in reasons.items()))
    hint = f"Try again later: the {mebibytes(part.length(), None)} that have come are kept" if part.length() else "Try again with a network"
    raise _download_error(spec, path, told, hint)


def _fetch_verified(address: Mirror, part: PartialFile, wanted: Checksum, show: ByteProgress, patience: RetryPolicy) -> str:
    """Bring the whole file from one address and check it; return its hash.

    Raises:
        UnusableError: If this address has another file, or none.
    """
    pieced = fetch(address, part, show, patience)
    found = _digest(part, wanted)
    if pieced and not wanted.fits(found):
        # What was here before may have been of another file: once more, and without it.
        part.drop()
        fetch(address, part, show, patience)
        found = _digest(part, wanted)
    if wanted.fits(found):
        return found
    part.drop()
    told = f"expected {wanted.digest[:16]}…" if wanted.says == "published" else f"it had {wanted.digest[:16]}… before"
    raise PermanentError(f"the file there has {wanted.kind} {found[:16]}…, {told}")


def _digest(part: PartialFile, wanted: Checksum) -> str:
    return file_digests(part.path, (wanted.kind,))[wanted.kind]


def _download_error(spec: ModelSpec, path: Path, reason: str, hint: str) -> WeightsError:
    """Build the error that says what is missing, from where it can be had, and where to put it."""
    also = f" (or from {', '.join(spec.mirrors)})" if spec.mirrors else ""
    return WeightsError(
        f"The weights of {spec.name} are not here and cannot be downloaded ({' '.join(reason.split())}). "
        f"{hint}, or download {spec.url}{also} elsewhere and save it as {path}"
    )


def _write_error(spec: ModelSpec, path: Path, error: OSError) -> WeightsError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    reason = f"the disk is full: {error.strerror}" if full else f"{error.filename or path.parent}: {error.strerror or error}"
    return _download_error(
        spec,
        path,
        reason,
        "Make room there, set TORCH_HOME to a folder on another disk" if full else "Set TORCH_HOME to a folder of your own",
    )
