"""Text, TOML and JSON that somebody else wrote: whatever the bytes are, a value or an error of one line."""

from __future__ import annotations

import codecs
import json
import os
import tomllib
from pathlib import Path
from typing import Any

from pincel.errors import PincelError
from pincel.files import one_line, quoted

# Bytes that a document may have; those of people have thousands.
LONGEST = 64 * 2**20
# Bytes read at once.
BLOCK = 2**20
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Reader:
    """Reads files of one kind.

    Args:
        what: How messages call such a file: ``jobs``, ``recipe``.
        accepted: What they say is accepted.
        error: What is raised.
    """

    def __init__(self, what: str, accepted: str, error: type[PincelError]) -> None:
        self._what, self._accepted, self._error = what, accepted, error

    def text(self, path: str | os.PathLike[str]) -> str:
        """Return the text of a file, with line ends as Python has them.

        It may be UTF-8, with or without a byte order mark, or UTF-16 with one, as Excel's "Unicode text" and PowerShell's ``>`` are. No
        other encoding is guessed: a guess that is wrong names another file.

        Raises:
            PincelError: Of the kind of this reader, if it cannot be read, or is no such text.
        """
        try:
            data = bytearray()
            with Path(path).open("rb") as stream:
                # Not all at once: that takes the memory of the longest.
                while len(data) <= LONGEST and (block := stream.read(BLOCK)):
                    data += block
        except OSError as error:
            failed = f"cannot be read, {(error.strerror or str(error)).lower()}"
            raise self.refused(path, failed, "the path as seen from the current folder, or an absolute one") from None
        except ValueError:
            # A name with a zero byte.
            raise self.refused(path, "cannot be read, no such file or directory", "another path") from None
        if len(data) > LONGEST:
            raise self.refused(path, f"has more than {LONGEST // 2**20} MiB", "several files")
        try:
            text = data.decode("utf-16" if data.startswith(UTF16) else "utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise self.refused(path, f"is no text in UTF-8 (line {line})", "save it as UTF-8 (in Excel: CSV UTF-8)") from None
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise self.refused(path, f"is no text: it has a zero byte (line {line})", "save it as UTF-8")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def toml(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Return what a TOML file says; raises PincelError of the kind of this reader."""
        return self.parse_toml(self.text(path), path)

    def parse_toml(self, text: str, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Return what the text of a TOML file says; raises PincelError of the kind of this reader, about the file."""
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            # Not every value that tomllib refuses is a TOMLDecodeError: a number of 5000 digits, the thirtieth of February.
            raise self.refused(path, f"is not TOML: {_reason(error)}", "quotes around texts") from None

    def json(self, path: str | os.PathLike[str]) -> Any:
        """Return what a JSON file says; raises PincelError of the kind of this reader."""
        text = self.text(path)
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.refused(path, f"is damaged ({_reason(error)})", "another file") from None

    def refused(self, path: str | os.PathLike[str], failed: str, hint: str) -> PincelError:
        """Return the error for a file."""
        return self._error(one_line(f"{self._what}: {failed}", quoted(path), self._accepted, hint))


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
