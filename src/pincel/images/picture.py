"""A loaded image, and the colors of its transparent pixels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pincel.errors import PictureUnreadableError
from pincel.files import one_line
from pincel.images.metadata import Metadata


@dataclass(frozen=True)
class LoadedImage:
    """An image as every other package receives it.

    Attributes:
        pixels: (1, 3, H, W) float32, RGB, sRGB-encoded, in [0, 1], upright.
        alpha: (1, 1, H, W) float32 in [0, 1], or None where every pixel is opaque.
        name: The file's name, or what kind of object it was made from.
        sha256: Of the file's bytes, or of the values for a picture that never was a file.
        notes: What was adjusted while loading, a sentence each.
        dpi: Dots per inch across and down, if the file has them.
        metadata: EXIF, XMP, copyright and artist of the file.
        uri: Where it can be opened again from any folder: an absolute path, ``sample:NAME``, ``blank:WxH``; empty for what is no file.
    """

    pixels: Tensor
    alpha: Tensor | None
    name: str
    sha256: str
    notes: tuple[str, ...] = ()
    dpi: tuple[float, float] | None = None
    metadata: Metadata | None = None
    uri: str = ""

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.pixels.shape[-2]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.pixels.shape[-1]


def fill_transparent(pixels: Tensor, alpha: Tensor, *, what: str = "picture") -> Tensor:
    """Give fully transparent pixels the mean of the visible colors.

    What a file stores there is arbitrary (often black), and the network would be fed with it.

    Args:
        pixels: (1, 3, H, W).
        alpha: (1, 1, H, W); a pixel with alpha 0 is hidden, the others weigh in the mean by their alpha.
        what: How the message calls the picture.

    Raises:
        PictureUnreadableError: if every pixel is transparent.
    """
    visible = alpha.double().sum()
    if visible == 0:
        failed, hint = "every pixel is transparent", "export the picture with a background"
        raise PictureUnreadableError(one_line(failed, "alpha 0 throughout", "a picture that can be seen", hint), about=what)
    mean = (pixels.double() * alpha).sum((2, 3), keepdim=True) / visible
    return pixels.where(alpha > 0, mean.to(pixels.dtype))
