"""The command line: one thin file a verb; the only prints and exit codes."""

from __future__ import annotations

import sys
import time


def main(arguments: list[str] | None = None) -> None:
    """Run ``pincel`` and exit.

    Exit codes: 0 done · 1 some picture of a batch failed · 2 a mistake of the user's, told in one line · 130 interrupted (Ctrl-C) ·
    143 terminated.
    """
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
        sys.exit(_tell(error))
    except (click.Abort, KeyboardInterrupt):
        print("pincel: interrupted before there was a picture; nothing was written.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough. Nothing is left to flush to.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


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
