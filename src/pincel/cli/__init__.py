"""The command line: one thin file a verb; the only prints and exit codes."""

from __future__ import annotations

import sys


class TerminatedError(KeyboardInterrupt):
    """SIGTERM was received; handled like Ctrl-C where it is not expected."""


def main(arguments: list[str] | None = None) -> None:
    """Run ``pincel`` and exit.

    Exit codes: 0 done · 1 some picture of a batch failed · 2 an error, printed in one line · 130 interrupted (Ctrl-C) ·
    143 terminated.
    """
    try:
        # Nothing is imported above, so that an interrupt during the start prints a message too.
        from pincel.cli.start import run

        code = run(arguments)
    except BaseException as error:
        interrupt = _interrupt_behind(error)
        if interrupt is None:
            raise
        ended, code = ("terminated", 143) if isinstance(interrupt, TerminatedError) else ("interrupted", 130)
        from pincel.cli.distributed import is_worker

        if not is_worker():  # process 0 prints it for all
            print(f"pincel: {ended} before there was a picture; nothing was written.", file=sys.stderr)
    sys.exit(code)


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the interrupt that an exception is or was raised from, as click and Python's imports do; None if there is none.

    An error after an interrupt, while files were removed or a picture was saved, is not one.
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or (error.__context__ if _is_abort(error) else None)
    return error


def _is_abort(error: BaseException) -> bool:
    """Return whether an exception is click's for an interrupt at a prompt, which has no cause."""
    click = sys.modules.get("click")
    return click is not None and isinstance(error, click.Abort)
