r"""Standard output and standard error that accept any text, and do not end a run when they cannot be written to.

A character that the encoding lacks is replaced by similar ones (``x`` for ``×``, ``alpha`` for ``α``), or else by its escape in JSON,
``\u00f1``, so that JSON stays JSON. After a closed pipe (``| head``) or on a full disk, output is discarded; :func:`failure` returns
the error at the end. Output to a stream that was closed from the start (``>&-``) is discarded.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

# Name of the error handler for characters that cannot be encoded.
READABLE = "readable"
# Character → similar text in ASCII.
SIMILAR = dict(
    pair.split(" ")
    for pair in (
        *("× x", "÷ /", "· .", "− -", "– -", "— -", "→ ->", "← <-", "± +-", "≈ ~", "≤ <=", "≥ >=", "‖ ||", "√ sqrt", "° deg", "∂ d"),
        *("∇ grad", "∈ in", "′ '", "⌊ floor(", "⌋ )", "⟨ <", "⟩ >", "« '", "» '", "“ '", "” '", "‘ '", "’ '", "• *", "✓ ok"),
        *("─ -", "━ -", "╸ -", "╺ -", "│ |", "┃ |", "├ |", "└ |", "█ #", "Ĝ G^"),
    )
)


def readable(text: str) -> str:
    r"""Return the most similar text in ASCII.

    Example:
        >>> readable("64×48, α = 2², piñata")
        '64x48, alpha = 2^2, pi\\u00f1ata'
    """
    return "".join(character if character.isascii() else _similar(character) for character in text)


def as_utf8(text: str) -> str:
    """Return a text that standard output writes as UTF-8: itself, or in ASCII where the encoding is another."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if codecs.lookup(encoding).name == "utf-8" else readable(text)


def _similar(character: str) -> str:
    if character in SIMILAR:
        return SIMILAR[character]
    name = unicodedata.name(character, "")
    if name.startswith(("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")) and name.count(" ") == 3:
        letter = name.rpartition(" ")[2].replace("LAMDA", "LAMBDA")
        return letter.capitalize() if "CAPITAL" in name else letter.lower()
    kind, _, plain = unicodedata.decomposition(character).partition(" ")
    if kind.startswith("<"):
        # Such as ² (a superscript 2), … and no-break spaces; not letters with accents: a name without them is another name.
        shown = "".join(readable(chr(int(code, 16))) if code != "2044" else "/" for code in plain.split())
        return {"<super>": "^"}.get(kind, "") + shown
    return json.dumps(character)[1:-1]


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Error handler of encoders: return the replacement, and the position after it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return readable(error.object[error.start : error.end]), error.end


class Stream(io.TextIOWrapper):
    """A standard stream that discards output after an error.

    Attributes:
        failure: The first error; None if there was none.
    """

    failure: OSError | None = None

    @property
    def buffer(self) -> NoReturn:
        """Not available: click would write UTF-8 to it, whatever the encoding, and past the bars of rich."""
        raise AttributeError("this stream takes text only")

    def write(self, text: str, /) -> int:
        """Write a text; return its length."""
        with self._tolerant():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._tolerant():
            super().flush()

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            # The null device takes what is in the buffer, and the output of libraries.
            with suppress(OSError), open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), self.fileno())


def prepare() -> None:
    """Make standard output and standard error such streams, and reserve the numbers of closed standard files."""
    codecs.register_error(READABLE, _replaced)
    _fill_closed()
    sys.stdout, sys.stderr = _prepared(sys.stdout, 1), _prepared(sys.stderr, 2)


def _fill_closed() -> None:
    """Open the null device for each standard file that is closed: the next file opened would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, since those below are open.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _prepared(stream: TextIO | None, number: int) -> TextIO:
    """Return a standard stream made tolerant; one that is not of the system, as in a test, only gets the error handler."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if isinstance(stream, Stream):
        return stream
    if stream is not None and (not isinstance(raw, io.FileIO) or raw.fileno() != number):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=READABLE)
        return stream
    encoding, line_buffering = "utf-8", False
    if isinstance(stream, io.TextIOWrapper):
        with suppress(OSError):
            stream.flush()
        encoding, line_buffering = stream.encoding, stream.line_buffering or stream.write_through
    # Another program may have made it non-blocking.
    with suppress(OSError, AttributeError):
        os.set_blocking(number, True)
    buffered = io.BufferedWriter(io.FileIO(number, "wb", closefd=False))
    return Stream(buffered, encoding, READABLE, line_buffering=line_buffering)


def failure() -> OSError | None:
    """Flush both streams; return the error of standard output, if any.

    A pipe closed by its reader, such as ``head``, is no error.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    error = sys.stdout.failure if isinstance(sys.stdout, Stream) else None
    return None if error is None or error.errno == errno.EPIPE else error
