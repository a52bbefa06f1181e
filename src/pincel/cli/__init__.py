"""The command line: one thin file a verb; the only prints and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED, TERMINATED = 130, 143


class TerminatedError(KeyboardInterrupt):
    """SIGTERM has come: like Ctrl-C where nobody expects it in particular."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run ``pincel`` and exit.

    Exit codes: 0 done · 1 some picture of a batch failed · 2 a mistake of the user's, told in one line · 130 interrupted (Ctrl-C) ·
    143 terminated.
    """
    try:
        code = _run(arguments)
    except KeyboardInterrupt as error:
        ended, code = ("terminated", TERMINATED) if isinstance(error, TerminatedError) else ("interrupted", INTERRUPTED)
        print(f"pincel: {ended} before there was a picture; nothing was written.", file=sys.stderr)
    sys.exit(code or _undelivered())


def _run(arguments: list[str] | None) -> int:
    """Run a verb; return the exit code."""
    from pincel.cli import streams

    streams.prepare()
    _have_a_home()
    with _sigterm_raising():
        import click

        from pincel.cli.app import app
        from pincel.cli.crew import follows, hush
        from pincel.errors import PincelError

        if follows():
            hush()
        try:
            # Outside standalone mode click hands us the code of ctx.exit() as a return value.
            code = app.main(arguments, prog_name="pincel", standalone_mode=False)
        except (PincelError, click.ClickException) as error:
            return _tell(error)
        except click.Abort as error:
            # What click makes of an interrupt.
            raise error.__cause__ or KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


def _have_a_home() -> None:
    """Give all libraries a home where the user has none, as in many containers."""
    if os.path.expanduser("~") == "~":
        from pincel.folders import without_home

        os.environ["HOME"] = str(without_home())


@contextmanager
def _sigterm_raising() -> Iterator[None]:
    """Let SIGTERM raise an exception, so that files half written are removed and a word is said."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise TerminatedError

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _undelivered() -> int:
    """Return 2 if not all of the output could be printed, and say why; else 0."""
    from pincel.cli import streams

    error = streams.failure()
    if error is None:
        return 0
    from pincel.files import one_line

    failed = f"standard output: not all of it could be written, {(error.strerror or str(error)).lower()}"
    print(f"pincel: {one_line(failed, 'the results', 'a file or a program that takes them', 'a disk with room')}", file=sys.stderr)
    return 2


def _tell(error: Exception) -> int:
    import click

    from pincel.cli.crew import follows

    if follows():
        # Process 0 has the same to tell: leave it the time, since torchrun ends all when one has ended.
        time.sleep(3)
        return 2
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx else "pincel"
        text = f"{error.format_message()} See: {verb} --help"
    else:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    print("pincel: " + " ".join(text.split()), file=sys.stderr)
    return 2
