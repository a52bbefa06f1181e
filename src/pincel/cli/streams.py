r"""Standard output and standard error that take any text, and end no run when nobody takes what they are given.

A sign that an encoding lacks is shown in signs that it has: ``x`` for ``×``, ``alpha`` for ``α``, and what has no likeness as JSON spells
it, ``\u00f1``, so that JSON stays JSON. A reader that has gone (``| head``) or a full disk costs what was still to be printed, nothing
else; :func:`failure` says at the end what was lost. What is written to a stream that was closed from the start (``>&-``) is discarded.
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

# How encoders that are given this name treat what they cannot encode.
READABLE = "readable"
# Signs, and what is like each of them.
LIKE = dict(
    pair.split(" ")
    for pair in (
        *("× x", "÷ /", "· .", "− -", "– -", "— -", "→ ->", "← <-", "± +-", "≈ ~", "≤ <=", "≥ >=", "‖ ||", "√ sqrt", "° deg", "∂ d"),
        *("∇ grad", "∈ in", "′ '", "⌊ floor(", "⌋ )", "⟨ <", "⟩ >", "« '", "» '", "“ '", "” '", "‘ '", "’ '", "• *", "✓ ok"),
        *("─ -", "━ -", "╸ -", "╺ -", "│ |", "┃ |", "├ |", "└ |", "█ #", "Ĝ G^"),
    )
)


def readable(text: str) -> str:
    r"""Return a text in ASCII, as like as can be.

    Example:
        >>> readable("64×48, α = 2², piñata")
        '64x48, alpha = 2^2, pi\\u00f1ata'
    """
    return "".join(sign if sign.isascii() else _likeness(sign) for sign in text)


def as_utf8(text: str) -> str:
    """Return a text that standard output writes as UTF-8: itself, or in ASCII where the encoding is another."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if codecs.lookup(encoding).name == "utf-8" else readable(text)


def _likeness(sign: str) -> str:
    if sign in LIKE:
        return LIKE[sign]
    name = unicodedata.name(sign, "")
    if name.startswith(("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")) and name.count(" ") == 3:
        letter = name.rpartition(" ")[2].replace("LAMDA", "LAMBDA")
        return letter.capitalize() if "CAPITAL" in name else letter.lower()
    kind, _, plain = unicodedata.decomposition(sign).partition(" ")
    if kind.startswith("<"):
        # Such as ² (a superscript 2), … and no-break spaces: letters with accents are none, for a name without them is another name.
        shown = "".join(readable(chr(int(code, 16))) if code != "2044" else "/" for code in plain.split())
        return {"<super>": "^"}.get(kind, "") + shown
    return json.dumps(sign)[1:-1]


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for the signs that could not be encoded, and where to go on: an error handler of encoders."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return readable(error.object[error.start : error.end]), error.end


class Stream(io.TextIOWrapper):
    """A standard stream whose file may refuse what it is given: from then on what is written is discarded.

    Attributes:
        failure: Why the file first refused something; None if it never did.
    """

    failure: OSError | None = None

    @property
    def buffer(self) -> NoReturn:
        """Not to be had: click would write UTF-8 past a stream of ASCII, and past the bars of rich, whatever the encoding."""
        raise AttributeError("what is written here is text")

    def write(self, text: str, /) -> int:
        """Write a text; return its length."""
        with self._tolerant():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is still to be written."""
        with self._tolerant():
            super().flush()

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            # The null device takes what is still in the buffer, and what libraries print by themselves.
            with suppress(OSError), open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), self.fileno())


def prepare() -> None:
    """Make standard output and standard error such streams, and see to it that no file that is opened later takes their place."""
    codecs.register_error(READABLE, _replaced)
    _fill_closed()
    sys.stdout, sys.stderr = _prepared(sys.stdout, 1), _prepared(sys.stderr, 2)


def _fill_closed() -> None:
    """Open the null device for each of the three standard files that is closed, for the next file opened would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one, since those below are open.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _prepared(stream: TextIO | None, number: int) -> TextIO:
    """Return a standard stream made tolerant; one that is none of the system's, as of a test, only takes any text."""
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
    # Another program may have made it one that does not wait for a slow reader.
    with suppress(OSError, AttributeError):
        os.set_blocking(number, True)
    buffered = io.BufferedWriter(io.FileIO(number, "wb", closefd=False))
    return Stream(buffered, encoding, READABLE, line_buffering=line_buffering)


def failure() -> OSError | None:
    """Print what is still to be printed; return why standard output took less than it was given, if anybody should know.

    A reader that has closed the pipe, such as ``head``, wants no more: that is no failure.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    error = sys.stdout.failure if isinstance(sys.stdout, Stream) else None
    return None if error is None or error.errno == errno.EPIPE else error
