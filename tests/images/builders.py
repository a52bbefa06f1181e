"""Files no library at hand would write: 16-bit PNGs and color profiles with a known answer."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

Array = npt.NDArray[Any]


def levels(*shape: int, top: int = 255, seed: int = 0) -> Array:
    """Return random whole numbers, as uint8 or uint16."""
    kind = np.uint8 if top == 255 else np.uint16
    return np.random.default_rng(seed).integers(0, top, shape, dtype=kind, endpoint=True)


def unit(values: Any) -> Tensor:
    """Return (H, W, C) whole numbers as (1, C, H, W) in [0, 1]."""
    array = np.asarray(values)
    scaled = array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))[None]


def smooth(height: int = 40, width: int = 60) -> Image.Image:
    """Return gentle gradients, which survive a lossy format."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * x / width, 255 * y / height, 128 + 0 * x]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the bytes Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(height: int, width: int, depth: int, kind: int, rows: bytes, extra: bytes = b"") -> bytes:
    """Return a PNG; ``kind`` is 0 gray, 2 RGB, 4 gray and alpha, 6 RGBA."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    header += chunk(b"tRNS", extra) if extra else b""
    return header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png16(values: Array, extra: bytes = b"") -> bytes:
    """Return a 16-bit PNG of (H, W, 1 | 2 | 3 | 4) uint16."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(values.shape[0], values.shape[1], 16, {1: 0, 2: 4, 3: 2, 4: 6}[values.shape[2]], rows, extra)


def profile(space: bytes, name: str, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    """Return an ICC version 2 profile of class scanner or printer."""
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        **tags,
    }
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(">I4sI", start + len(body), b"none", 0x02400000)
    header += (b"prtr" if space == b"CMYK" else b"scnr") + space + connection + b"\0" * 12 + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


def xyz(*values: float) -> bytes:
    """Return an XYZ tag."""
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(v * 65536) for v in values))


def gamma(value: float) -> bytes:
    """Return a curve tag."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
"""Primaries of Display P3, adapted to D50: linear RGB → XYZ."""
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
"""Primaries of sRGB, adapted to D50."""


def wide_profile() -> bytes:
    """Return the profile of P3 primaries with a gamma of 2."""
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(2))
    primaries = {tag: xyz(*P3[:, i]) for i, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return profile(b"RGB ", "Wide", {**primaries, **curves})


def linear_gray_profile() -> bytes:
    """Return the profile of a gray proportional to light."""
    return profile(b"GRAY", "Linear gray", {b"kTRC": gamma(1)})


def ink_profile() -> bytes:
    """Return the profile of an odd press: any ink at full strength prints black."""
    lightness = bytes([255, 128, 128]) + bytes([0, 128, 128]) * 15
    identity = bytes(range(256))
    unit = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + unit + identity * 4 + lightness + identity * 3
    return profile(b"CMYK", "Odd press", {b"A2B0": table}, b"Lab ")


def srgb_encoded(light: Array) -> Array:
    """Return the sRGB encoding of linear light, IEC 61966-2-1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
