"""Other programs, each run as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pincel.errors import PincelError
from pincel.files import one_line, printable, quoted

PINCEL = (sys.executable, "-m", "pincel")
"""Words that a command of pincel begins with."""


def run_program(name: str, words: Sequence[str], output: Path, read: Callable[[str], object] = lambda _: None) -> float:
    """Run a program to its end and return the seconds of the whole process. No shell reads its words.

    Args:
        name: What messages call it.
        words: Its path and its arguments.
        output: The file that it writes.
        read: Gets each line of its standard output as it comes.

    Raises:
        PincelError: If it cannot be run, fails, or leaves no file; the message has the last line that it wrote.
    """
    began, last = time.perf_counter(), "nothing"
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace")
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise PincelError(one_line(f"{name}: cannot be run, {reason}", quoted(words[0]), "a program", "its path")) from error
        try:
            for line in process.stdout or ():
                last = line.strip() or last
                read(line)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        seconds = time.perf_counter() - began
        errors.seek(0)
        last = next((line.strip() for line in reversed(errors.readlines()) if line.strip()), last)
    if status or not output.is_file():
        raise PincelError(printable(f"{name}: has painted nothing, status {status}, and said: {last}"))
    return seconds
