"""GIF, animated WebP and animated PNG, as Pillow reads them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from PIL import Image, UnidentifiedImageError

from pincel.errors import FilmError
from pincel.files import one_line, quoted
from pincel.film.base import Colour, Film, Frame, Pixels

ANIMATIONS = "an animated GIF, WebP or PNG"
# Milliseconds a frame is shown that says nothing or nearly nothing, as browsers do.
SHOWN, BRIEF = 100, 10
# Times are in milliseconds.
TICK = Fraction(1, 1000)


def open_animation(path: str) -> Film:
    """Look at an animation; raises FilmError if it is none."""
    try:
        with Image.open(path) as image:
            count = getattr(image, "n_frames", 1)
            if count < 2:
                hint = f"pincel transfer {path} STYLE -o OUT.png"
                raise FilmError(one_line("film: is a single picture", quoted(path), ANIMATIONS, hint))
            times = _length(image, count)
            loop = image.info.get("loop", 0 if image.format != "GIF" else 1)
            clear = image.has_transparency_data
            width, height = image.size
    except (OSError, UnidentifiedImageError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise FilmError(one_line("film: cannot be read as an animation", quoted(path), ANIMATIONS, "another copy of it")) from error
    return Film(
        path=path,
        kind="animation",
        width=width,
        height=height,
        frames=count,
        rate=Fraction(count) / times if times else Fraction(10),
        tick=TICK,
        duration=float(times),
        colour=Colour(matrix=1, limited=True, primaries=1, transfer=13),
        loop=loop,
        notes=("The animation has transparent parts; they are painted on white.",) if clear else (),
    )


def _length(image: Image.Image, count: int) -> Fraction:
    """Add up how long the frames are shown, in seconds."""
    total = 0
    for index in range(count):
        try:
            image.seek(index)
            # Only then does a WebP say how long it is shown.
            image.load()
        except (OSError, EOFError, SyntaxError, ValueError):
            total += SHOWN * (count - index)
            break
        total += _shown(image)
    return total * TICK


def _shown(image: Image.Image) -> int:
    milliseconds = round(image.info.get("duration", 0))
    return milliseconds if milliseconds > BRIEF else SHOWN


def read_animation(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Read an animation from a frame on; see :meth:`Film.read`. Each frame is laid over the one before, so all are looked at."""
    with Image.open(film.path) as image:
        time, before = 0, None
        for index in range(film.frames):
            trouble = ""
            try:
                image.seek(index)
                pixels = _on_white(image)
            except (OSError, EOFError, SyntaxError, ValueError):
                if before is None:
                    continue
                pixels, trouble = before, "repeated"
            before = pixels
            if index >= start:
                yield Frame(index, time * TICK, pixels, trouble)
            time += _shown(image)


def _on_white(image: Image.Image) -> Pixels:
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    shown = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB"))
