"""Colors as people write them."""

from __future__ import annotations

from pincel.errors import OptionError

DEFAULT_BACKGROUND = "white"
"""What transparent parts are seen on where nothing else is asked for."""


def parse_color(text: str) -> tuple[int, int, int]:
    """Read a color as CSS writes it; returns its red, green and blue from 0 to 255.

    Raises:
        OptionError: If it is no color, or a transparent one.
    """
    from PIL import ImageColor  # noqa: PLC0415 - recipes are read without

    try:
        values = ImageColor.getrgb(text)
    except ValueError:
        values = ()
    if len(values) not in (3, 4) or (len(values) == 4 and values[3] < 255):
        raise OptionError(f"'{text}' is no opaque color: give a name of CSS, #rrggbb, rgb(r, g, b) or hsl(h, s%, l%), such as white.")
    return values[0], values[1], values[2]
