"""An animation of a report as a WebP file, which every browser plays."""

from __future__ import annotations

import io

from PIL import Image

from pincel.images.sheet import contact_sheet
from pincel.studies.plots import font_file
from pincel.studies.report import Animation
from pincel.translation import Language

# Of 100: strokes and grain are kept, and a film of noise stays small.
QUALITY = 80
# How often it plays; what never comes to rest keeps readers from the text.
PLAYS = 3
# The last frame stays so many times as long as the others.
REST = 8


def as_webp(animation: Animation, language: Language) -> bytes:
    """Return an animation as a file; pictures of a frame are beside each other, their captions under them."""
    frames = [_frame(animation, number, language) for number in range(len(animation.frames))]
    file = io.BytesIO()
    durations = [animation.milliseconds] * (len(frames) - 1) + [REST * animation.milliseconds]
    frames[0].save(
        file, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=PLAYS, quality=QUALITY, minimize_size=True
    )
    return file.getvalue()


def _frame(animation: Animation, number: int, language: Language) -> Image.Image:
    cells = [(caption.text(language), image) for caption, image in animation.frames[number]]
    width = max(round(animation.height * image.width / image.height) for _, image in cells)
    return contact_sheet(cells, height=animation.height, columns=len(cells), width=width, typeface=font_file())
