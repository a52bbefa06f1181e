"""Files written whole or not at all, and the check made before a long run that they can be.

::

    check_output("out/night.png", inputs=[content, style])     # before the work
    with atomically("out/night.png") as temporary:             # after it
        temporary.write_bytes(data)
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pincel.errors import OptionError, OutputError, PincelError

# Bytes of a name before what is added: a file system takes 255.
LONGEST = 200
_WEEK = 7 * 24 * 3600
_REASONS = {
    errno.ENOSPC: ("the disk is full", "make room, or write to another disk"),
    errno.EDQUOT: ("your quota on this disk is used up", "make room, or write to another disk"),
    errno.EFBIG: ("the file is larger than is allowed here", "raise the file size limit, or write elsewhere"),
    errno.EACCES: ("there is no permission to write here", "a folder of your own"),
    errno.EPERM: ("there is no permission to write here", "a folder of your own"),
    errno.EROFS: ("the disk is read-only", "a folder on another disk"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "another folder"),
    errno.EEXIST: ("a part of the path is a file, not a folder", "another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "a shorter name"),
    errno.EIO: ("the disk answers with an error", "another disk"),
}


def one_line(failed: str, given: str, accepted: str, hint: str) -> str:
    """Return a message in the form of every message of pincel: failed · given · accepted · try.

    Line breaks inside the parts become spaces, so that the message stays on one line; signs that would steer a terminal are replaced.

    Example:
        >>> one_line("output: the name is a folder", "'.'", "a file name", "'./out.png'")
        "output: the name is a folder · given '.' · accepted: a file name · try: './out.png'"
    """
    return printable(" ".join(f"{failed} · given {given} · accepted: {accepted} · try: {hint}".splitlines()))


def check_between_saves(seconds: float, usual: float) -> None:
    """Raise OptionError unless so many seconds may pass between two checkpoints: more than 0, and a week at most."""
    if not 0 < seconds <= _WEEK:
        accepted = f"seconds above 0, at most {_WEEK} (a week)"
        raise OptionError(one_line("cannot be that", f"{seconds:g}", accepted, f"{usual:g}"), about="checkpoint_every")


def printable(text: str) -> str:
    """Return a text of which what cannot be printed, or would steer a terminal, is replaced."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def quoted(path: str | os.PathLike[str]) -> str:
    """Return ``path`` in quotes, with line breaks and other unprintable characters spelled out."""
    return repr(os.fspath(path))


def a_type_of(value: object) -> str:
    """Return the type of a value with its article, for messages about values that are too long to be shown.

    Example:
        >>> a_type_of(5), a_type_of("five")
        ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return what to sort names by so that numbers in them count as numbers.

    Example:
        >>> sorted(["10.png", "2.png", "1.png"], key=natural_key)
        ['1.png', '2.png', '10.png']
    """
    # Text and digits alternate, so that only like is compared with like; the name itself decides between 1 and 01.
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name


def _refusal(error: OSError, path: Path, what: str) -> OutputError:
    """Say in plain words why the system refused to write ``path``."""
    fallback = (error.strerror or str(error) or type(error).__name__).lower()
    reason, hint = _REASONS.get(error.errno or 0, (fallback, "another place"))
    return OutputError(one_line(f"{what}: cannot be written, {reason}", quoted(path), "a file in a writable folder", hint))


def _temporary_beside(path: Path) -> Path:
    """Return a new short name in the folder of ``path``, hidden, with the same suffix."""
    # Not derived from the name: a name of the longest length allowed must still have a temporary.
    return path.with_name(f".pincel-{secrets.token_hex(6)}{path.suffix}")


def default_stem(*pictures: str) -> str:
    """Return the names of pictures, without folders and extensions, with hyphens between.

    Example:
        >>> default_stem("holidays/beach.jpg", "sample:impasto")
        'beach-impasto'
    """
    stems = (Path(text.removeprefix("sample:").rstrip("/")).stem for text in pictures)
    return os.fsencode("-".join(stems)).lstrip(b"-.")[:LONGEST].decode("utf-8", "ignore") or "painted"


def check_name(path: str | os.PathLike[str], what: str, accepted: str, hint: str) -> str:
    """Return the text of a path; raises OutputError for what no file or folder can be called."""
    text = os.fspath(path)
    if not text or "\0" in text:
        raise OutputError(one_line(f"{what}: has no usable name", quoted(text), accepted, hint))
    return text


def _destination(path: str | os.PathLike[str], what: str) -> Path:
    """Return the real file that ``path`` names; raises OutputError for a folder or a device.

    Links are followed: a rename would otherwise replace the link instead of the file it points at, and
    would turn a device such as ``/dev/null`` into an ordinary file.
    """
    text = check_name(path, what, "a file name", "'out.png'")
    real = Path(os.path.realpath(text))
    if text.endswith(("/", os.sep)) or real.is_dir():
        hint = quoted(Path(text) / "out.png")
        raise OutputError(one_line(f"{what}: is a folder", quoted(text), "a file name", hint))
    if real.exists() and not real.is_file():
        raise OutputError(one_line(f"{what}: is a device, not a file", quoted(text), "a file", "'out.png'"))
    return real


def check_output(path: str | os.PathLike[str], *, inputs: Iterable[Path] = (), what: str = "output") -> Path:
    """Make sure that a result can be written to ``path``, before any work is done for it.

    Missing folders are created, and a temporary file is really written and removed in the last one.

    Args:
        path: Where the result shall go.
        inputs: Files that must not be overwritten, under whatever name or link they are reached.
        what: How the message calls the file (``"output"``, ``"record"``).

    Returns:
        ``path`` as a Path.

    Raises:
        OutputError: if the path is a folder, a device or one of the inputs, or cannot be written.
    """
    given = Path(path)
    try:
        real = _destination(path, what)
        for source in inputs:
            if real.exists() and source.exists() and real.samefile(source):
                failed, hint = f"{what}: would overwrite the input {quoted(source)}", "another name"
                raise OutputError(one_line(failed, quoted(given), "a file that is no input", hint))
        real.parent.mkdir(parents=True, exist_ok=True)
        _try_writing(_temporary_beside(real))
        # A name the system refuses (too long, forbidden characters) shows only when it is asked for.
        with suppress(FileNotFoundError):
            real.stat()
    except OSError as error:
        raise _refusal(error, given, what) from error
    return given


def _try_writing(path: Path) -> None:
    """Write one byte to ``path`` and remove it; raises OSError."""
    try:
        path.write_bytes(b"0")
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def atomically(path: str | os.PathLike[str], *, what: str = "output") -> Iterator[Path]:
    """Give a temporary file that takes the name ``path`` only once it is complete and on the disk.

    Args:
        path: The final name. An existing file stays as it is until the moment it is replaced.
        what: How the message calls the file.

    Yields:
        A path in the same folder with the same suffix, not yet existing.

    Raises:
        OutputError: when the system refuses, with the reason. Other exceptions of the block pass through.
            In either case the temporary file is removed and the final name is untouched.
    """
    try:
        real = _destination(path, what)
        temporary = _temporary_beside(real)
        try:
            yield temporary
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            temporary.replace(real)
        finally:
            temporary.unlink(missing_ok=True)
    except PincelError:
        raise  # some are OSErrors too (PictureMissingError) and are not about this file
    except OSError as error:
        raise _refusal(error, Path(path), what) from error


def write_text(path: str | os.PathLike[str], text: str, *, what: str = "output") -> None:
    r"""Write ``text`` as UTF-8 with ``\n`` line ends, atomically.

    The bytes of a file's name that are not UTF-8 are written as ``\udcff``, which JSON reads back as the same name.

    Raises:
        OutputError: when it cannot be written.
    """
    with atomically(path, what=what) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        OSError: if the file cannot be read.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def csv_text(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return rows as CSV with a line of headings; what a row does not say stays empty, what has no column is left out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
