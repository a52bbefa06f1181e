"""Pictures that are read once, as long as they are the same files and there is room for them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from pincel.images.picture import LoadedImage
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK, open_picture

# Bytes of pixels that are kept: three photographs of twelve megapixels.
ROOM = 1 << 29


class ImageCache:
    """Opens pictures, and keeps the latest as they were read.

    Args:
        room: Bytes of pixels that are kept; the latest picture always is.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[tuple[str, int, int], LoadedImage] = OrderedDict()

    def open(self, place: str, what: str) -> LoadedImage:
        """Return a picture; raises PictureError for one that cannot be used. A file that changed is read again."""
        if place.startswith(BLANK):
            return open_picture(place, what)
        path = find_sample(place) if place.startswith(PREFIX) else Path(place)
        try:
            found = path.stat()
        except OSError:
            # Says what is wrong with it better than we could.
            return open_picture(place, what)
        key = str(path.absolute()), found.st_mtime_ns, found.st_size
        if key not in self._kept:
            self._kept[key] = open_picture(place, what)
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(map(_bytes, self._kept.values())) > self._room:
            self._kept.popitem(last=False)
        return self._kept[key]


def _bytes(picture: LoadedImage) -> int:
    return sum(plane.numel() * plane.element_size() for plane in (picture.pixels, picture.alpha) if plane is not None)
