"""Sizes in bytes with units. Loads no torch."""

from __future__ import annotations

from pydantic import ByteSize, TypeAdapter, ValidationError

from pincel.errors import OptionError


def parse_bytes(text: str, what: str) -> int:
    """Read a size: ``6G`` is 6·10⁹, ``6GiB`` 6·2³⁰.

    Args:
        text: The size.
        what: Beginning of the message, as ``Memory is given as 6G``.

    Raises:
        OptionError: For anything else, or 0.
    """
    try:
        size = int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        size = 0
    if size <= 0:
        raise OptionError(f"{what}, not '{text}'.")
    return size
