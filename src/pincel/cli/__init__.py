"""The command line: one thin file a verb; the only prints and exit codes."""

from __future__ import annotations

import sys


class TerminatedError(KeyboardInterrupt):
    """SIGTERM has come: like Ctrl-C where nobody expects it in particular."""


def main(arguments: list[str] | None = None) -> None:
    """Run ``pincel`` and exit.

    Exit codes: 0 done · 1 some picture of a batch failed · 2 a mistake of the user's, told in one line · 130 interrupted (Ctrl-C) ·
    143 terminated.
    """
    try:
        # Nothing is imported above: whoever interrupts the program while it starts is to be answered in words, too.
        from pincel.cli.start import run

        code = run(arguments)
    except BaseException as error:
        interrupt = _interrupt_behind(error)
        if interrupt is None:
            raise
        ended, code = ("terminated", 143) if isinstance(interrupt, TerminatedError) else ("interrupted", 130)
        from pincel.cli.distributed import is_worker

        if not is_worker():  # of processes that share a picture, one speaks for all
            print(f"pincel: {ended} before there was a picture; nothing was written.", file=sys.stderr)
    sys.exit(code)


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the interrupt that an exception is or was made of on purpose, as click and Python's imports do; None if there is none.

    What merely went wrong after an interrupt, while files were removed or a picture was saved, is an exception of its own.
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or (error.__context__ if _is_abort(error) else None)
    return error


def _is_abort(error: BaseException) -> bool:
    """Return whether it is click's exception for an interrupt at a prompt, which names no cause."""
    click = sys.modules.get("click")
    return click is not None and isinstance(error, click.Abort)
