"""Errors of libraries, in one line."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    r"""Return the first line of an error, or its type if it has no text.

    Example:
        >>> first_line(ValueError("No room.\nTry this.")), first_line(KeyError())
        ('No room', 'KeyError')
    """
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__).rstrip(".")
