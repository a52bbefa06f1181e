"""Optional libraries: imported when they are used, with an error that says what installs them where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pincel.errors import ExtraMissingError
from pincel.files import one_line
from pincel.installation import extra_command


def require_extra(module: str, *, extra: str, what: str) -> Any:
    """Import an optional library.

    Args:
        module: Its name, as it is imported.
        extra: The extra of pincel that it belongs to.
        what: What it is needed for, for the message (``films``).

    Returns:
        The module; of no declared type, so that its users need not have it to be checked.

    Raises:
        ExtraMissingError: If it is not installed, with the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        # One of the libraries it needs may be what is missing: the extra brings them all.
        failed = f"{what}: the library {error.name or module} is not installed"
        raise ExtraMissingError(one_line(failed, f"pincel without [{extra}]", f"pincel[{extra}]", extra_command(extra))) from error
