"""One address of one file: what of it is here already, the rest asked for, and asked for again when the network falters."""

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

# Told how many bytes of how many are here; None while nobody has said how many there are.
ByteProgress = Callable[[int, int | None], None]
# Answers of a server that may be another in a moment.
RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class PermanentError(Exception):
    """An address will not give the file; says why. The next may."""


class TransientError(Exception):
    """This time it came to nothing, or not to all of it: worth another try.

    Attributes:
        pause: Seconds that the server asks to wait.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait for a server, and how often to try again.

    Attributes:
        connect: Seconds for a connection.
        silence: Seconds without a byte after which it is given up.
        tries: In a row that bring nothing; one that brings a byte begins the count anew.
        pause: Seconds before the second of them; doubled for each one after.
        longest: Seconds that a pause may take, also one that the server asks for.
    """

    connect: float = 15.0
    silence: float = 30.0
    tries: int = 4
    pause: float = 0.5
    longest: float = 60.0

    def before(self, attempt: int, asked: float = 0.0) -> float:
        """Return the seconds to wait before an attempt, the second being 1."""
        return min(max(self.pause * 2.0 ** (attempt - 1), asked), self.longest)


@dataclass(frozen=True)
class Mirror:
    """One of the places where a file can be had.

    Attributes:
        url: The place.
        size: Of the file in bytes; 0 if nobody has said.
        digits: How many hexadecimal digits of its hash were published; with any, a part of it can be gone on with wherever it came from.
    """

    url: str
    size: int
    digits: int

    def refusal(self) -> str:
        """Return why nothing is to be had from here, or nothing: on a way that is not encrypted, anybody can put another file."""
        scheme = self.url.partition(":")[0].lower()
        if scheme == "https" or (scheme == "http" and self.digits >= MIN_DIGITS):
            return ""
        return "it is not encrypted, and no whole hash was published to check the file by" if scheme == "http" else "it is no https address"


def fetch(address: Mirror, part: PartialFile, watch: ByteProgress, patience: RetryPolicy) -> bool:
    """Bring what is missing of a part from one address.

    Args:
        address: The place.
        part: Gone on with where that is possible, and kept if this fails.
        watch: Told of progress.
        patience: How often to try.

    Returns:
        Whether it was put together from several answers: if it is not as it must be then, it may be so when it is fetched anew.

    Raises:
        UnusableError: If it cannot be had from here.
        OSError: If it cannot be written.
    """
    if why := address.refusal():
        raise PermanentError(why)
    best, idle = part.length(), 0
    with _client(address, patience) as client:
        while True:
            try:
                return _request(client, address, part, watch)
            except TransientError as error:
                here = part.length()
                best, idle = max(best, here), 0 if here > best else idle + 1
                if idle >= patience.tries:
                    raise PermanentError(str(error)) from error
                time.sleep(patience.before(max(idle, 1), error.pause))


def _client(address: Mirror, patience: RetryPolicy) -> httpx.Client:
    """Make what speaks HTTP: with the proxies and certificates of this machine's settings, and TLS as strict as it comes."""

    def stay_encrypted(request: httpx.Request) -> None:
        if address.url.lower().startswith("https:") and request.url.scheme != "https":
            raise PermanentError(f"it sends on to {request.url}, which is not encrypted")

    try:
        return httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(patience.silence, connect=patience.connect),
            # Compressed on the way, lengths and ranges would count other bytes than those of the file.
            headers={"User-Agent": f"pincel/{__version__}", "Accept-Encoding": "identity"},
            event_hooks={"request": [stay_encrypted]},
        )
    except (ValueError, ImportError, OSError) as error:
        raise PermanentError(f"the proxy or certificates that this machine is set to cannot be used: {error}") from error


def _request(client: httpx.Client, address: Mirror, part: PartialFile, watch: ByteProgress) -> bool:
    """Ask once for what is missing, and write it as it comes; return whether something was here before and still is.

    Raises:
        FalteredError: If the network fails, or not all has come.
        UnusableError: If this address has no such file.
    """
    if address.size and part.length() == address.size:
        return True
    try:
        with client.stream("GET", address.url, headers=_range_headers(address, part)) as response:
            return _write(response, address, part, watch)
    except httpx.TimeoutException as error:
        raise TransientError("it stopped answering") from error
    except httpx.UnsupportedProtocol as error:
        raise PermanentError(str(error)) from error
    except httpx.TransportError as error:
        # Another try would meet the same certificate.
        kind = PermanentError if "CERTIFICATE" in str(error) else TransientError
        raise kind(str(error) or type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PermanentError(str(error) or type(error).__name__) from error


def _range_headers(address: Mirror, part: PartialFile) -> dict[str, str]:
    """Return the headers that ask for what is missing; none to ask for everything."""
    here = part.length()
    if not here or (address.size and here > address.size):
        return {}
    url, version = part.origin()
    if url == address.url and version:
        return {"Range": f"bytes={here}-", "If-Range": version}
    # Of another place, or of one that tells no versions: whether the ends fit, the hash will say.
    return {"Range": f"bytes={here}-"} if address.digits else {}


def _write(response: httpx.Response, address: Mirror, part: PartialFile, watch: ByteProgress) -> bool:
    here = part.length()
    begin, total = _content_extent(response, address, part)
    if begin == total:
        return True
    limit = address.size or total
    if limit is not None and total not in (None, limit):
        raise PermanentError(f"the file there has {total} bytes, {limit} are expected")
    if total is not None and (free := shutil.disk_usage(part.path.parent).free) < total - begin:
        raise OSError(errno.ENOSPC, f"{total - begin} more bytes are needed and {free} are free", part.path)
    with part.path.open("r+b" if here else "wb") as stream:
        stream.truncate(begin)
        stream.seek(begin)
        part.comes_from(address.url, _version(response))
        done = begin
        for block in response.iter_raw():
            stream.write(block)
            done += len(block)
            if limit is not None and done > limit:
                raise PermanentError(f"it sends more than the {limit} bytes that are expected")
            watch(done, limit)
        stream.flush()
        os.fsync(stream.fileno())
    if limit is not None and done < limit:
        raise TransientError(f"it ended after {done} of {limit} bytes")
    return begin > 0


def _content_extent(response: httpx.Response, address: Mirror, part: PartialFile) -> tuple[int, int | None]:
    """Return at which byte of the file an answer begins, and how many the file has, if that is said.

    Raises:
        FalteredError: If it is worth asking again, anew or later.
        UnusableError: If there is no such file.
    """
    status, here = response.status_code, part.length()
    if status == 206:
        first, total = _range(response)
        url, version = part.origin()
        if first != here or (url == address.url and version and _version(response) not in ("", version)):
            part.drop()
            raise TransientError("it has another file now than before")
        return here, total
    if status == 416:
        if here and _range(response)[1] == here:
            return here, here
        part.drop()
        raise TransientError("it has less of the file than is here")
    said = f"{status} {response.reason_phrase}".strip()
    if status in RETRY_STATUS:
        raise TransientError(said, _number(response.headers.get("Retry-After", "")) or 0)
    if status != 200:
        raise PermanentError(said)
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
    """Return what tells this version of the file from others: a strong ETag, or the time of its last change."""
    tag: str = response.headers.get("ETag", "")
    changed: str = response.headers.get("Last-Modified", "")
    return changed if tag.startswith("W/") else tag or changed
