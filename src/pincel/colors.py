"""Colors as people write them."""

from __future__ import annotations

from contextlib import suppress

from pincel.errors import OptionError

DEFAULT_BACKGROUND = "white"
"""Color behind transparent parts by default."""


def parse_color(text: str) -> tuple[int, int, int]:
    """Read a color as CSS writes it; returns its red, green and blue from 0 to 255.

    Raises:
        OptionError: If it is no color, or a transparent one.
    """
    from PIL import ImageColor  # noqa: PLC0415 - recipes are read without

    with suppress(ValueError):
        red, green, blue, *alpha = ImageColor.getrgb(text)
        if alpha in ([], [255]):
            return red, green, blue
    raise OptionError(f"'{text}' is no opaque color: give a name of CSS, #rrggbb, rgb(r, g, b) or hsl(h, s%, l%), such as white.")
