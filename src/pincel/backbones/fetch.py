"""The download of one file from one mirror, resumed and retried when the network fails."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from pincel.backbones.hashes import MIN_DIGITS
from pincel.backbones.partial_file import PartialFile
from pincel.version import __version__

# Called with the bytes downloaded and of the whole file, None while that is unknown.
ByteProgress = Callable[[int, int | None], None]
# Status codes after which a request is repeated.
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class PermanentError(Exception):
    """A mirror does not give the file; says why."""


class TransientError(Exception):
    """An attempt failed that may succeed when repeated.

    Attributes:
        pause: Seconds that the server asks to wait.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True)
class RetryPolicy:
    """Timeouts and retries.

    Attributes:
        connect: Seconds to connect.
        silence: Seconds without a byte until an attempt fails.
        tries: Attempts in a row without a new byte.
        pause: Seconds before the second of them; doubled for each one after.
        longest: Largest pause, also one that the server asks for.
    """

    connect: float = 15.0
    silence: float = 30.0
    tries: int = 4
    pause: float = 0.5
    longest: float = 60.0

    def pause_before(self, attempt: int, requested: float = 0.0) -> float:
        """Return the seconds to wait before an attempt, the second being 1."""
        return min(max(self.pause * 2.0 ** (attempt - 1), requested), self.longest)


@dataclass(frozen=True)
class Mirror:
    """An address of a file.

    Attributes:
        url: The address.
        size: Of the file in bytes; 0 if unknown.
        digits: Hexadecimal digits of its hash that were published; with any, a part from another mirror can be continued.
    """

    url: str
    size: int
    digits: int

    def refusal(self) -> str:
        """Return why the mirror cannot be used, or nothing: without encryption, anybody on the way can replace the file."""
        scheme = self.url.partition(":")[0].lower()
        if scheme == "https" or (scheme == "http" and self.digits >= MIN_DIGITS):
            return ""
        return "it is not encrypted, and no whole hash was published to check the file by" if scheme == "http" else "it is no https address"


def fetch(mirror: Mirror, part: PartialFile, progress: ByteProgress, policy: RetryPolicy) -> bool:
    """Download the rest of a file from one mirror.

    Args:
        mirror: The address.
        part: Continued where possible, and kept if this fails.
        progress: Called with progress.
        policy: Timeouts and retries.

    Returns:
        Whether the file consists of several responses; if its hash is wrong, a fresh download may be right.

    Raises:
        PermanentError: If the mirror does not give it.
        OSError: If it cannot be written.
    """
    if why := mirror.refusal():
        raise PermanentError(why)
    best, idle = part.length(), 0
    with _client(mirror, policy) as client:
        while True:
            try:
                return _request(client, mirror, part, progress)
            except TransientError as error:
                here = part.length()
                best, idle = max(best, here), 0 if here > best else idle + 1
                if idle >= policy.tries:
                    raise PermanentError(str(error)) from error
                time.sleep(policy.pause_before(max(idle, 1), error.pause))


def _client(mirror: Mirror, policy: RetryPolicy) -> httpx.Client:
    """Return a client with the proxies and certificates of the environment."""

    def stay_encrypted(request: httpx.Request) -> None:
        if mirror.url.lower().startswith("https:") and request.url.scheme != "https":
            raise PermanentError(f"it sends on to {request.url}, which is not encrypted")

    try:
        return httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(policy.silence, connect=policy.connect),
            # With compression, lengths and ranges would count other bytes than those of the file.
            headers={"User-Agent": f"pincel/{__version__}", "Accept-Encoding": "identity"},
            event_hooks={"request": [stay_encrypted]},
        )
    except (ValueError, ImportError, OSError) as error:
        raise PermanentError(f"the proxy or certificates that this machine is set to cannot be used: {error}") from error


def _request(client: httpx.Client, mirror: Mirror, part: PartialFile, progress: ByteProgress) -> bool:
    """Request the missing bytes and write them; return whether the file consists of several responses.

    Raises:
        TransientError: If the network fails, or the response is incomplete.
        PermanentError: If the mirror has no such file.
    """
    if mirror.size and part.length() == mirror.size:
        return True
    try:
        with client.stream("GET", mirror.url, headers=_range_headers(mirror, part)) as response:
            return _write(response, mirror, part, progress)
    except httpx.TimeoutException as error:
        raise TransientError("it stopped answering") from error
    except httpx.UnsupportedProtocol as error:
        raise PermanentError(str(error)) from error
    except httpx.TransportError as error:
        # The certificate would be the same the next time.
        kind = PermanentError if "CERTIFICATE" in str(error) else TransientError
        raise kind(str(error) or type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PermanentError(str(error) or type(error).__name__) from error


def _range_headers(mirror: Mirror, part: PartialFile) -> dict[str, str]:
    """Return the headers of a request for the missing bytes; none to request all."""
    here = part.length()
    if not here or (mirror.size and here > mirror.size):
        return {}
    url, version = part.origin()
    if url == mirror.url and version:
        return {"Range": f"bytes={here}-", "If-Range": version}
    # From another mirror, or one without versions: the hash will show whether the pieces fit.
    return {"Range": f"bytes={here}-"} if mirror.digits else {}


def _write(response: httpx.Response, mirror: Mirror, part: PartialFile, progress: ByteProgress) -> bool:
    here = part.length()
    begin, total = _content_extent(response, mirror, part)
    if begin == total:
        return True
    limit = mirror.size or total
    if limit is not None and total not in (None, limit):
        raise PermanentError(f"the file there has {total} bytes, {limit} are expected")
    if total is not None and (free := shutil.disk_usage(part.path.parent).free) < total - begin:
        raise OSError(errno.ENOSPC, f"{total - begin} more bytes are needed and {free} are free", part.path)
    with part.path.open("r+b" if here else "wb") as stream:
        stream.truncate(begin)
        stream.seek(begin)
        part.set_origin(mirror.url, _version(response))
        done = begin
        for block in response.iter_raw():
            stream.write(block)
            done += len(block)
            if limit is not None and done > limit:
                raise PermanentError(f"it sends more than the {limit} bytes that are expected")
            progress(done, limit)
        stream.flush()
        os.fsync(stream.fileno())
    if limit is not None and done < limit:
        raise TransientError(f"it ended after {done} of {limit} bytes")
    return begin > 0


def _content_extent(response: httpx.Response, mirror: Mirror, part: PartialFile) -> tuple[int, int | None]:
    """Return the first byte of a response in the file, and the length of the file if known.

    Raises:
        TransientError: If the request is worth repeating.
        PermanentError: If there is no such file.
    """
    status, here = response.status_code, part.length()
    if status == 206:
        first, total = _range(response)
        url, version = part.origin()
        if first != here or (url == mirror.url and version and _version(response) not in ("", version)):
            part.drop()
            raise TransientError("it has another file now than before")
        return here, total
    if status == 416:
        if here and _range(response)[1] == here:
            return here, here
        part.drop()
        raise TransientError("it has less of the file than is here")
    text = f"{status} {response.reason_phrase}".strip()
    if status in RETRY_STATUS:
        raise TransientError(text, _number(response.headers.get("Retry-After", "")) or 0)
    if status != 200:
        raise PermanentError(text)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise PermanentError("it answers with a web page, not with a file")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise PermanentError(f"it sends the file only as {response.headers['Content-Encoding']}")
    return 0, _number(response.headers.get("Content-Length", ""))


def _range(response: httpx.Response) -> tuple[int | None, int | None]:
    """Return the first byte and the length of the file in ``bytes 5-9/10`` or ``bytes */10``."""
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    return _number(span.partition("-")[0]), _number(total)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _version(response: httpx.Response) -> str:
    """Return the version of the file: a strong ETag, or the time of its last change."""
    tag: str = response.headers.get("ETag", "")
    changed: str = response.headers.get("Last-Modified", "")
    return changed if tag.startswith("W/") else tag or changed
