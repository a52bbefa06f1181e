"""Animated GIF, WebP, PNG and AVIF, as Pillow reads them: each frame upright, in sRGB, on the film's background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from PIL import Image

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import FilmError
from pincel.files import one_line, quoted
from pincel.films.base import SRGB, Film, Frame, check_size
from pincel.films.pixels import has_transparency, to_frame
from pincel.films.stills import no_film
from pincel.images.decode import Decoded, decode_image
from pincel.images.opening import opened_file

# Of pincel.images.formats, those that may be animated.
KINDS = frozenset({"GIF", "WebP", "PNG", "AVIF"})
ACCEPTED = "an animated GIF, WebP, PNG or AVIF"
# Duration of a frame, in milliseconds, in place of one up to the second number, as in browsers.
DEFAULT_DURATION, SHORTEST = 100, 10
# Times are in milliseconds.
TIME_BASE = Fraction(1, 1000)


@contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    """Open an animation; raises FilmError if it cannot be read at all."""
    try:
        with opened_file(path) as image:
            check_size(path, *image.size)
            yield image
    except FilmError:
        raise
    except Exception as error:  # damaged files make readers raise anything: IndexError, RuntimeError…
        raise FilmError(one_line("film: cannot be read as an animation", quoted(path), ACCEPTED, "another copy of it")) from error


def open_animation(path: str, background: str = DEFAULT_BACKGROUND) -> Film:
    """Open an animation.

    Args:
        path: The file.
        background: Color behind transparent parts.

    Raises:
        FilmError: If it is a single picture, or cannot be read.
    """
    with _opened(path) as image:
        numbers = _numbers(image)
        if len(numbers) < 2:
            raise no_film(path)
        loop = image.info.get("loop", 0 if image.format != "GIF" else 1)
        first, transparent, times = None, False, Fraction(0)
        for number in numbers:
            decoded = _decode(image, number)
            times += _duration(image) * TIME_BASE
            first = first or decoded
            transparent |= decoded is not None and has_transparency(decoded)
    if first is None:
        raise FilmError(one_line("film: not one of its pictures can be read", quoted(path), ACCEPTED, "another copy of it"))
    height, width = first.colors.shape[:2]
    return Film(
        path=path,
        kind="animation",
        width=width,
        height=height,
        frames=len(numbers),
        rate=Fraction(len(numbers)) / times,
        time_base=TIME_BASE,
        duration=float(times),
        color=SRGB,
        background=background,
        loop=loop,
        notes=(
            *(f"Of the frames: {note}." for note in first.notes),
            *((f"The animation has transparent parts; they are seen on {background}.",) if transparent else ()),
        ),
    )


def _numbers(image: Image.Image) -> range:
    """Return the numbers of the frames; an animated PNG may begin with a picture for programs without animations."""
    return range(1 if getattr(image, "default_image", False) else 0, getattr(image, "n_frames", 1))


def _decode(image: Image.Image, number: int) -> Decoded | None:
    """Return a frame, upright and in sRGB, or None if it is damaged."""
    try:
        image.seek(number)
        image.load()
        # A copy is no animation, so that there is no note on the number of frames.
        return decode_image(image.copy(), what="frame", given=f"frame {number}")
    except Exception:  # of which there are endless kinds
        return None


def _duration(image: Image.Image) -> int:
    """Return the duration of the frame that was read last, in milliseconds."""
    milliseconds = round(image.info.get("duration", 0))
    return milliseconds if milliseconds > SHORTEST else DEFAULT_DURATION


def read_animation(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Read an animation from a frame on; see :meth:`Film.read`. All frames are decoded, because each is composited over the one before."""
    with _opened(film.path) as image:
        time, before, times = 0, None, []
        for number in _numbers(image):
            decoded = _decode(image, number)
            times.append(time * TIME_BASE)
            time += _duration(image)
            if decoded is not None:
                pixels, trouble = to_frame(decoded, film)
                # Damaged frames before the first readable one are replaced by it.
                for index in range(len(times) - 1 if before is not None else 0, len(times)):
                    if index >= start:
                        yield Frame(index, times[index], pixels, trouble if index == len(times) - 1 else "repeated")
                before = pixels
            elif before is not None and len(times) > start:
                yield Frame(len(times) - 1, times[-1], before, "repeated")
