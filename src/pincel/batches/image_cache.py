"""A cache of decoded pictures, for files that have not changed."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from pincel.images.picture import LoadedImage
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK, open_picture

# Bytes of pixels in the cache: three photographs of twelve megapixels.
CAPACITY = 1 << 29


class ImageCache:
    """Opens pictures, and keeps the most recently used.

    Args:
        capacity: Bytes of pixels that are kept; the latest picture always is.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._pictures: OrderedDict[tuple[str, int, int], LoadedImage] = OrderedDict()

    def open(self, place: str, what: str) -> LoadedImage:
        """Return a picture; raises PictureError for one that cannot be used. A file that changed is read again."""
        if place.startswith(BLANK):
            return open_picture(place, what)
        path = find_sample(place) if place.startswith(PREFIX) else Path(place)
        try:
            found = path.stat()
        except OSError:
            # Raises an error that says what is wrong with it.
            return open_picture(place, what)
        key = str(path.absolute()), found.st_mtime_ns, found.st_size
        if key not in self._pictures:
            self._pictures[key] = open_picture(place, what)
        self._pictures.move_to_end(key)
        while len(self._pictures) > 1 and sum(map(_bytes, self._pictures.values())) > self._capacity:
            self._pictures.popitem(last=False)
        return self._pictures[key]


def _bytes(picture: LoadedImage) -> int:
    return sum(plane.numel() * plane.element_size() for plane in (picture.pixels, picture.alpha) if plane is not None)
