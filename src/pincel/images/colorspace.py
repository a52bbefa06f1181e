"""Colors that a file describes by numbers and not by a profile: PNG's cICP, gAMA and cHRM, AVIF's and HEIC's nclx, EXIF's Adobe RGB.

Linear light by the transfer function, XYZ by the primaries, to the white of sRGB (Bradford), and back. Sources: ITU-T H.273 (2021), tables
2 and 3; PNG, third edition, 11.3.2; IEC 61966-2-1 for sRGB; Adobe RGB (1998), 4.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from pincel.translation import Note
from pincel.translation import gettext_lazy as _

Floats = npt.NDArray[np.float32]
Chromaticities: TypeAlias = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""(x, y) of red, green, blue and white."""

_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
SRGB: Chromaticities = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_PRIMARIES: Mapping[int, tuple[str, Chromaticities]] = {
    1: ("BT.709", SRGB),
    4: ("BT.470 M", ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C)),
    5: ("BT.470 BG", ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65)),
    6: ("BT.601", ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)),
    7: ("SMPTE 240M", ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)),
    9: ("BT.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)),
    11: ("DCI-P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351))),
    12: ("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65)),
}
_UNSPECIFIED = 2
_SRGB_CURVE, _GAMMA_22, _GAMMA_28, _LINEAR = 13, 4, 5, 8
_CAMERA_CURVES = (1, 6, 14, 15)
_HDR = {16: "PQ", 18: "HLG"}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ROWS = 256
_NCLX = re.compile(rb"colrnclx(..)(..)..", re.S)


@dataclass(frozen=True)
class ColorSpace:
    """How numbers from 0 to 1 mean colors.

    Attributes:
        name: As notes call it.
        primaries: Of red, green, blue and white.
        gamma: Exponent from a number to light; 0 for the curve of sRGB.
        full_range: Whether black is 0 and white 1, and not 16/255 and 235/255.
    """

    name: str
    primaries: Chromaticities = SRGB
    gamma: float = 0.0
    full_range: bool = True

    @property
    def note(self) -> str:
        """The note that colors were converted from it."""
        return Note(_("colors converted from {space} to sRGB"), space=self.name)

    @property
    def is_srgb(self) -> bool:
        """Whether nothing is to be converted."""
        near = bool(np.abs(np.array(self.primaries) - np.array(SRGB)).max() < 0.005)
        return near and self.full_range and (self.gamma == 0 or abs(1 / self.gamma - 0.45455) < 0.005)


_ADOBE_RGB = ColorSpace("Adobe RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65), 2.19921875)


def space_of_code_points(primaries: int, transfer: int, *, full_range: bool = True) -> tuple[ColorSpace | None, tuple[str, ...]]:
    """Return the color space that code points of H.273 name, and notes on what cannot be honored.

    The curves of cameras (1, 6, 14, 15) are shown with that of sRGB, as browsers do. HDR is not tone mapped.
    """
    name, chromaticities = _PRIMARIES.get(primaries, ("sRGB", SRGB))
    ignored = _("primaries {number} of the file ignored: taken as sRGB's")
    notes = [] if primaries in (*_PRIMARIES, _UNSPECIFIED) else [Note(ignored, number=primaries)]
    gammas = {_GAMMA_22: 2.2, _GAMMA_28: 2.8, _LINEAR: 1.0}
    if transfer in _HDR:
        notes.append(Note(_("HDR ({curve}) is not tone mapped: its values are taken as sRGB's"), curve=_HDR[transfer]))
    elif transfer not in (*gammas, *_CAMERA_CURVES, _SRGB_CURVE, _UNSPECIFIED):
        notes.append(Note(_("transfer function {number} of the file ignored: taken as sRGB's"), number=transfer))
    space = ColorSpace(name, chromaticities, gammas.get(transfer, 0.0), full_range)
    return (None if space.is_srgb else space), tuple(notes)


def described_space(image: Image.Image, data: bytes, cicp: tuple[int, int, int, int] | None) -> tuple[ColorSpace | None, tuple[str, ...]]:
    """Return the color space an image describes by numbers, None for sRGB or where there is a profile, and notes.

    Args:
        image: Opened; its ``info`` and EXIF are read.
        data: The bytes of the file, for AVIF.
        cicp: Of a PNG.
    """
    if cicp is not None:
        return space_of_code_points(cicp[0], cicp[1], full_range=bool(cicp[3]))
    if image.info.get("icc_profile"):
        return None, ()
    if image.format in {"AVIF", "HEIF"} and (found := _NCLX.search(data)):
        return space_of_code_points(int.from_bytes(found[1], "big"), int.from_bytes(found[2], "big"))
    if image.format == "PNG" and "srgb" not in image.info:
        return _of_gamma(image.info)
    return (_ADOBE_RGB if _says_adobe(image) else None), ()


def to_srgb_values(values: Floats, space: ColorSpace) -> Floats:
    """Convert (H, W, 3) values of a color space to sRGB; what sRGB cannot show is clipped."""
    matrix = (_from_xyz(SRGB) @ _adaptation(space.primaries[3], SRGB[3]) @ np.linalg.inv(_from_xyz(space.primaries))).T.astype(np.float32)
    result = np.empty_like(values)
    for top in range(0, len(values), _ROWS):  # in strips: of a large picture, each copy is gigabytes
        strip = values[top : top + _ROWS]
        if not space.full_range:
            strip = ((strip * 255 - 16) / 219).clip(0, 1)
        light = (_light(strip) if space.gamma == 0 else strip**space.gamma) @ matrix
        result[top : top + _ROWS] = _encoded(light.clip(0, 1))
    return result


def _light(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def _xyz(point: tuple[float, float]) -> npt.NDArray[np.float64]:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _from_xyz(primaries: Chromaticities) -> npt.NDArray[np.float64]:
    """Return the matrix from XYZ to linear RGB of some primaries."""
    columns = np.stack([_xyz(point) for point in primaries[:3]], axis=1)
    return np.linalg.inv(columns * np.linalg.solve(columns, _xyz(primaries[3])))


def _adaptation(white: tuple[float, float], wanted: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return the matrix that adapts XYZ of one white to another (Bradford)."""
    gains = (_BRADFORD @ _xyz(wanted)) / (_BRADFORD @ _xyz(white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD)


def _of_gamma(info: Mapping[Any, Any]) -> tuple[ColorSpace | None, tuple[str, ...]]:
    """Return what PNG's gAMA and cHRM say."""
    encoding, points = info.get("gamma"), info.get("chromaticity")
    if encoding is None and points is None:
        return None, ()
    gamma = 0.0 if encoding is None else 1 / encoding if 0.1 <= encoding <= 10 else -1.0
    primaries = SRGB
    if points is not None and len(points) == 8:
        white, red, green, blue = ((points[i], points[i + 1]) for i in (0, 2, 4, 6))
        primaries = (red, green, blue, white)
    try:
        space = ColorSpace(Note(_("gAMA and cHRM of the file")), primaries, gamma)
        _from_xyz(primaries)
        sound = gamma >= 0 and all(0 <= x <= 1 and 0 < y <= 1 for x, y in primaries)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        sound = False
    if not sound:
        return None, (Note(_("gAMA and cHRM of the file ignored: they make no sense")),)
    return (None if space.is_srgb else space), ()


def _says_adobe(image: Image.Image) -> bool:
    """Return whether EXIF names Adobe RGB, which cameras say by an index and not by a profile."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        return space == 2 or (space == 0xFFFF and str(exif.get_ifd(ExifTags.IFD.Interop).get(1, "")).startswith("R03"))
    except Exception:  # a picture is not lost to a damaged EXIF block
        return False
