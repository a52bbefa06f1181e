"""What is looked at: contact sheets with the systems in another order in every row, a page for blind choices, and the key to both."""

from __future__ import annotations

import base64
import io
import json
from hashlib import sha256
from pathlib import Path

from PIL import Image

from _judge import load_seen
from _results import Results, Row, picture_id
from pincel.files import atomically, write_text
from pincel.images.io import load_picture, to_pil
from pincel.images.resize import resize
from pincel.images.sheet import contact_sheet

TEMPLATE = Path(__file__).with_name("choice.html")
ROWS = 6
"""Pairs on a sheet."""


def write_pages(results: Results) -> None:
    """Write ``sheet.jpg`` (and ``sheet-2.jpg`` …), ``choice.html`` and ``key.json`` of everything finished."""
    pairs = [pair for pair in results.pairs if results.of_pair(pair)]
    for first in range(0, len(pairs), ROWS):
        number = first // ROWS + 1
        with atomically(results.folder / ("sheet.jpg" if number == 1 else f"sheet-{number}.jpg")) as path:
            _sheet(results, pairs[first : first + ROWS]).save(path, "JPEG", quality=92, subsampling=0)
    write_text(results.folder / "choice.html", _choice_page(results, pairs))
    numbers = {pair: {str(place): row.system for place, row in enumerate(shuffled(results, pair), 1)} for pair in pairs}
    pictures = {picture_id(row): {"pair": row.pair, "system": row.system} for row in results.rows}
    write_text(results.folder / "key.json", json.dumps({"sheets": numbers, "pictures": pictures}, indent=1, ensure_ascii=False) + "\n")


def shuffled(results: Results, pair: str) -> list[Row]:
    """Return the pictures of a pair, in the order of their digests: another for every pair, always the same for one."""
    return sorted(results.of_pair(pair).values(), key=picture_id)


def _seen(results: Results, pair: str) -> list[Image.Image]:
    """Return photograph, painting, and the pictures of a pair as :func:`shuffled`."""
    photograph, painting = load_seen(results.pairs[pair].content, results.pairs[pair].style, results.size)
    size = (photograph.shape[-2], photograph.shape[-1])
    painted = [load_picture(results.picture(row), background="white").pixels for row in shuffled(results, pair)]
    return [to_pil(each) for each in (photograph, painting, *(resize(pixels, size, "lanczos") for pixels in painted))]


def _sheet(results: Results, pairs: list[str]) -> Image.Image:
    """Return rows of photograph, painting and pictures, these under numbers."""
    columns, cells, height = 2 + len(results.systems), [], 1
    for pair in pairs:
        photograph, painting, *painted = _seen(results, pair)
        named = zip(pair.split(" × ", 1), (photograph, painting), strict=True)
        numbered = ((str(place), image) for place, image in enumerate(painted, 1))
        blank = [("", Image.new("RGBA", (1, 1)))] * (columns - 2 - len(painted))
        cells += [*named, *numbered, *blank]
        height = max(height, photograph.height)
    return contact_sheet(cells, height=height, width=results.size, columns=columns)


def _choice_page(results: Results, pairs: list[str]) -> str:
    """Return the page with all pictures in it; none is named."""
    shown = []
    for pair in pairs:
        photograph, painting, *painted = map(_address, _seen(results, pair))
        ids = [picture_id(row) for row in shuffled(results, pair)]
        shown.append({"content": photograph, "style": painting, "pictures": dict(zip(ids, painted, strict=True))})
    digest = sha256("".join(key for pair in shown for key in pair["pictures"]).encode()).hexdigest()[:12]
    data = json.dumps({"id": digest, "pairs": shown})
    return TEMPLATE.read_text(encoding="utf-8").replace("{DATA}", data)


def _address(image: Image.Image) -> str:
    """Return a picture as an address that holds all of it."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
