"""ICC profiles: any picture's colors to sRGB, and the sRGB profile that goes into the files written."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from pincel.files import printable
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


def srgb_profile() -> bytes:
    """Return an sRGB profile whose bytes are the same in every run."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Bytes 24-35 of the header are the moment of creation (ICC.1:2010, 7.2.8): LittleCMS writes the clock.
    data[24:36] = np.array([2000, 1, 1, 0, 0, 0], dtype=">u2").tobytes()
    return bytes(data)


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert an image without alpha to 8-bit sRGB by the profile it carries.

    Args:
        image: Mode RGB, L, CMYK or LAB.
        icc: The bytes of its profile, if any.

    Returns:
        The image in mode RGB, and notes. Without a profile, or with one that changes nothing or is of no use,
        the image is converted by Pillow's plain arithmetic; if it was RGB, it is the very same object.
    """
    notes: tuple[str, ...] = ()
    if icc:
        try:
            return _by_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)))
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            notes = (Note(_("color profile ignored: it is damaged or meant for another kind of picture")),)
    if image.mode == "RGB":
        return image, notes
    lab = image.mode == "LAB"
    plain = _by_profile(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))[0] if lab else image.convert("RGB")
    return plain, (*notes, *(() if image.mode == "L" else (Note(_("{mode} converted to sRGB"), mode=image.mode),)))


def _by_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert by a profile that could be opened; raises PyCMSError if it does not fit the image."""
    name = printable(" ".join((ImageCms.getProfileDescription(profile) or "unnamed profile").split()))
    srgb = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB", _INTENT, flags=_FLAGS)
    # An sRGB profile is known by what it does: its name is free text.
    if image.mode == "RGB" and _is_identity(transform):
        return image, ()
    converted = ImageCms.applyTransform(image, transform)
    return (converted or image), (Note(_("colors converted from '{name}' to sRGB"), name=name),)


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform RGB → RGB moves no color by more than 2 of 255."""
    steps = np.linspace(0, 255, 18).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(18, -1, 3)
    moved = ImageCms.applyTransform(Image.fromarray(cube), transform)
    return int(np.abs(np.asarray(moved).astype(int) - cube).max()) <= 2


def embedded_profile(bmp: bytes) -> bytes | None:
    """Return the profile inside a BMP of version 5, which Pillow passes over; None if there is none."""
    header = int.from_bytes(bmp[14:18], "little")
    if header < 124 or bmp[14 + 56 : 14 + 60] != b"DEBM":
        return None
    start, size = (int.from_bytes(bmp[14 + at : 18 + at], "little") for at in (112, 116))
    return bmp[14 + start : 14 + start + size] or None
