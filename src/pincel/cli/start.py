"""Start of a verb: streams, home folder and signals are prepared; exceptions of the verb become messages of one line."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from pincel.cli import TerminatedError, streams

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

    import click

SPIN = "1000"
"""GOMP_SPINCOUNT: iterations for which an idle thread of OpenMP spins before it sleeps."""


def run(arguments: list[str] | None) -> int:
    """Run a verb; return the exit code.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        TerminatedError: SIGTERM.
    """
    if "_PINCEL_COMPLETE" in os.environ:
        from pincel.cli.completion import answer_shell

        return answer_shell()
    streams.prepare()
    _prepare_environment()
    with _interrupts_raising():
        code = _verb(arguments)
    return code or _undelivered()


def _verb(arguments: list[str] | None) -> int:
    import click

    from pincel.cli.app import app
    from pincel.cli.distributed import is_worker, silence
    from pincel.errors import PincelError

    if is_worker():
        silence()
    try:
        # Outside standalone mode click returns the code of ctx.exit().
        code = app.main(arguments, prog_name="pincel", standalone_mode=False)
    except (PincelError, click.ClickException, OSError) as error:
        return _tell(error)
    return code if isinstance(code, int) else 0


def _prepare_environment() -> None:
    """Set variables of the environment that libraries read when they are imported."""
    if os.path.expanduser("~") == "~":
        # No home, as in many containers.
        from pincel.folders import without_home

        os.environ["HOME"] = str(without_home())
    if os.environ.get("COLUMNS") == "0":
        # As in some containers; nothing would be shown.
        del os.environ["COLUMNS"]
    if "OMP_WAIT_POLICY" not in os.environ:
        # By default an idle thread of GNU OpenMP spins for milliseconds, which takes cores from threads that have work.
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN)


@contextmanager
def _interrupts_raising() -> Iterator[None]:
    """Let SIGTERM raise an exception, so that temporary files are removed and a message is printed; and let no interrupt be lost.

    Python ignores exceptions in finalizers and callbacks; an interrupt that was ignored is sent again.
    """

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise TerminatedError

    def again(ignored: UnraisableHookArgs) -> None:
        if isinstance(ignored.exc_value, KeyboardInterrupt):
            number = signal.SIGTERM if isinstance(ignored.exc_value, TerminatedError) else signal.SIGINT
            # Later: an exception raised here is ignored as well.
            threading.Timer(0.01, os.kill, (os.getpid(), number)).start()
        else:
            before(ignored)

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    before, sys.unraisablehook = sys.unraisablehook, again
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.unraisablehook = before


def _undelivered() -> int:
    """Return 2, after a message, if not all of the output could be printed; else 0."""
    error = streams.failure()
    if error is None:
        return 0
    from pincel.files import one_line

    failed = f"standard output: not all of it could be written, {(error.strerror or str(error)).lower()}"
    print(f"pincel: {one_line(failed, 'the results', 'a file or a program that takes them', 'a disk with room')}", file=sys.stderr)
    return 2


def _tell(error: Exception) -> int:
    import click

    from pincel.cli.distributed import is_worker
    from pincel.errors import PincelError

    if is_worker():
        # Process 0 prints the same error; wait for it, since torchrun ends all processes when one has ended.
        time.sleep(3)
        return 2
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx else "pincel"
        text = f"{_unknown_option(error) or error.format_message()} See: {verb} --help"
    elif isinstance(error, click.ClickException):
        text = error.format_message()
    else:
        text = _refusal(error) if isinstance(error, OSError) and not isinstance(error, PincelError) else str(error)
    print("pincel: " + " ".join(text.split()), file=sys.stderr)
    return 2


def _unknown_option(error: click.UsageError) -> str:
    """Return a message with the option that may be meant for an unknown one; empty for another error."""
    import click

    from pincel.errors import closest

    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return ""
    options = [option for parameter in error.ctx.command.params for option in parameter.opts if option.startswith("--")]
    return f"No such option '{error.option_name}'.{closest(error.option_name, options)}"


def _refusal(error: OSError) -> str:
    """Return a message for an error of the system that no check has found, such as a name of 300 letters."""
    from pincel.files import one_line, quoted

    reason = (error.strerror or str(error) or type(error).__name__).lower()
    given = quoted(error.filename)[:200] if isinstance(error.filename, str) else "no file"
    return one_line(f"system: {reason}", given, "what the system allows", "another file, folder or disk")
