"""What libraries say over many lines, in one."""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    r"""Return what an error says first, or its kind if it says nothing.

    Example:
        >>> first_line(ValueError("No room.\nTry this.")), first_line(KeyError())
        ('No room', 'KeyError')
    """
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__).rstrip(".")
