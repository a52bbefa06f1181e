"""Downloads of weight files: by one process at a time, resumed where they stopped, and checked before the file gets its name.

A partial download stays beside the file, as ``FILE.part``. TLS is always checked; proxies and certificates are those of the environment
(``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE``). With ``PINCEL_OFFLINE=1`` the network is not used.

Pooch was considered: it does not resume, does not limit what a server sends, and does not wait for other processes.
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
# Seconds between checks of another process's download, and between lines on stderr.
POLL_SECONDS, LINE_SECONDS = 0.1, 10.0


def download(spec: ModelSpec, path: Path, progress: ByteProgress | None = None, policy: RetryPolicy = RETRY_POLICY) -> None:
    """Download the file of a spec, unless another process does so meanwhile.

    Args:
        spec: Its ``url``, then its ``mirrors``, are tried in turn.
        path: Name of the complete file.
        progress: Called with the bytes downloaded and of the whole file; without one, lines are written to stderr.
        policy: Timeouts and retries.

    Raises:
        WeightsError: If no mirror gives the file; says what to download and where to put it by hand.
    """
    show = progress or StderrProgress(spec.name).show
    if offline():
        raise _download_error(spec, path, "PINCEL_OFFLINE is set", "Try again without it")
    part = partial_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, lambda: show(part.length(), spec.size or None)):
            if not path.is_file():
                _try_mirrors(spec, path, show, policy)
    except OSError as error:
        raise _write_error(spec, path, error) from error


def offline() -> bool:
    """Return whether ``PINCEL_OFFLINE`` forbids to use the network."""
    return os.environ.get("PINCEL_OFFLINE", "") not in ("", "0")


class StderrProgress:
    """Shows progress as lines on stderr, one at the start and then one every ten seconds.

    Args:
        name: Of the network.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = -LINE_SECONDS

    def show(self, done: int, total: int | None) -> None:
        """Write a line with the bytes downloaded and of the whole file, if the last is old enough."""
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            sys.stderr.write(f"downloading the weights of {self._name}: {mebibytes(done, total)}\n")


def mebibytes(done: int, total: int | None) -> str:
    """Return ``1.5 of 548.1 MiB``.

    Example:
        >>> mebibytes(2**20, 3 * 2**19), mebibytes(2**20, None)
        ('1.0 of 1.5 MiB', '1.0 MiB')
    """
    return f"{done / 2**20:.1f} MiB" if total is None else f"{done / 2**20:.1f} of {total / 2**20:.1f} MiB"


@contextmanager
def _locked(path: Path, while_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file; while waiting for another process, call a function now and then."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    while True:
        try:
            lock.acquire(timeout=POLL_SECONDS)
            break
        except Timeout:
            while_waiting()
    try:
        yield
    finally:
        if path.is_file():
            # A process that creates a new lock now finds the file, and downloads nothing.
            with suppress(OSError):
                Path(lock.lock_file).unlink()
        lock.release()


def _try_mirrors(spec: ModelSpec, path: Path, show: ByteProgress, policy: RetryPolicy) -> None:
    """Try one mirror after the other until one gives the file, and give it its name."""
    wanted, part, reasons = expected_checksum(spec, path), partial_file(path), dict[str, str]()
    for url in (spec.url, *spec.mirrors):
        mirror = Mirror(url, spec.size, len(wanted.digest) if wanted.origin == "published" else 0)
        try:
            digest = _fetch_verified(mirror, part, wanted, show, policy)
        except PermanentError as error:
            reasons[url] = str(error)
        else:
            part.path.replace(path)
            part.note.unlink(missing_ok=True)
            cache_digest(path, wanted.kind, digest)
            return
    reason = "; ".join(reasons.values() if len(reasons) == 1 else (f"{url}: {reason}" for url, reason in reasons.items()))
    hint = f"Try again later: the {mebibytes(part.length(), None)} that have come are kept" if part.length() else "Try again with a network"
    raise _download_error(spec, path, reason, hint)


def _fetch_verified(mirror: Mirror, part: PartialFile, wanted: Checksum, show: ByteProgress, policy: RetryPolicy) -> str:
    """Download the whole file from one mirror and return its hash, which is the expected one.

    Raises:
        PermanentError: If the mirror has another file, or none.
    """
    resumed = fetch(mirror, part, show, policy)
    found = _digest(part, wanted)
    if resumed and not wanted.matches(found):
        # The part that was here may have been of another file: start again without it.
        part.drop()
        fetch(mirror, part, show, policy)
        found = _digest(part, wanted)
    if wanted.matches(found):
        return found
    part.drop()
    expected = f"expected {wanted.digest[:16]}…" if wanted.origin == "published" else f"it had {wanted.digest[:16]}… before"
    raise PermanentError(f"the file there has {wanted.kind} {found[:16]}…, {expected}")


def _digest(part: PartialFile, wanted: Checksum) -> str:
    return file_digests(part.path, (wanted.kind,))[wanted.kind]


def _download_error(spec: ModelSpec, path: Path, reason: str, hint: str) -> WeightsError:
    """Return the error that says what is missing, where it can be downloaded, and where to put it."""
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
