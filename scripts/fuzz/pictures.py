"""Targets: pictures of every format that is read, and masks."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from fuzz.common import MIB, Plain, Target, as_file, some_of
from pincel.images.color import srgb_profile
from pincel.images.decode import check_file
from pincel.images.folder import list_pictures
from pincel.images.io import load_bytes, load_picture
from pincel.images.masks import load_mask

MEMORY = 64 * MIB


def read_picture(data: bytes) -> object:
    """Read a picture as a style is read, and as a content that will be small; look at it as a training does."""
    check_file(data, what="picture", given="input")
    with as_file(data, "input") as path:
        list_pictures(path.parent)
        load_picture(path, fit=lambda height, width: (max(1, height // 64), max(1, width // 64)), memory=MEMORY)
    return load_bytes(data, what="picture", given="input", background="white")


def read_mask(data: bytes) -> object:
    """Read a mask."""
    with as_file(data, "mask") as path:
        return load_mask(str(path), "mask")


def in_chunk(data: bytes, plain: Plain, chance: random.Random) -> bytes:
    """Change what a chunk of a PNG says, unpacked where it is packed, and set its length and checksum right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            break
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if data[:4] != b"\x89PNG" or not chunks:
        return plain(data)
    chosen = chance.randrange(len(chunks))
    name, body = chunks[chosen]
    try:
        body = zlib.compress(plain(zlib.decompress(body))) if name == b"IDAT" else plain(body)
    except zlib.error:
        body = plain(body)
    chunks[chosen] = name, body
    return data[:8] + b"".join(
        struct.pack(">I", len(text)) + kind + text + struct.pack(">I", zlib.crc32(kind + text)) for kind, text in chunks
    )


def seeds() -> dict[str, bytes]:
    """Return a small picture of each format, and of the kinds that have a way of their own."""
    values = np.arange(9 * 12 * 4, dtype=np.uint8).reshape(9, 12, 4)
    color, clear = Image.fromarray(values[..., :3]), Image.fromarray(values)
    exif = Image.Exif()
    exif[274], exif[0x8298] = 6, "somebody"
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Copyright", "somebody", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x/>")
    texts.add(b"cICP", bytes([12, 13, 0, 1]))
    texts.add(b"gAMA", struct.pack(">I", 100_000))
    found = {f"{form}-plain": saved(color, form) for form in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF")}
    found |= {f"{form}-clear": saved(clear, form) for form in ("PNG", "WEBP", "TIFF", "AVIF")}
    found |= {f"{form}-exif": saved(color, form, exif=exif.tobytes(), icc_profile=srgb_profile()) for form in ("PNG", "JPEG", "WEBP")}
    found |= {
        f"{form}-moving": saved(color, form, save_all=True, append_images=[clear.convert("RGB")]) for form in ("PNG", "WEBP", "GIF", "AVIF")
    }
    found["PNG-texts"] = saved(color, "PNG", pnginfo=texts)
    found["PNG-palette"] = saved(color.quantize(8), "PNG", transparency=1)
    found["PNG-deep"] = saved(Image.fromarray(values[..., 0].astype(np.uint16) * 257), "PNG")
    found["JPEG-cmyk"] = saved(color.convert("CMYK"), "JPEG")
    for name, samples in (("deep", values[..., :3].astype(np.uint16)), ("float", (values[..., :3] / 255).astype(np.float32))):
        tifffile.imwrite(buffer := io.BytesIO(), samples, photometric="rgb")
        found[f"TIFF-{name}"] = buffer.getvalue()
    return found


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the bytes Pillow writes."""
    image.save(buffer := io.BytesIO(), form, **options)
    return buffer.getvalue()


def mask_seeds() -> dict[str, bytes]:
    """Return a mask in gray, one in colors, and one with clear parts."""
    values = np.zeros((6, 8, 4), np.uint8)
    values[:, :4, :3], values[2:, :, 3] = 255, 255
    colors = np.zeros((6, 8, 3), np.uint8)
    colors[:3, :, 0] = 255
    return {
        "gray": saved(Image.fromarray(values[..., 0]), "PNG"),
        "colors": saved(Image.fromarray(colors), "PNG"),
        "clear": saved(Image.fromarray(values), "PNG"),
    }


PICTURES = Target(read_picture, seeds, some_of(in_chunk), memory=768 * MIB)
MASKS = Target(read_mask, mask_seeds, some_of(in_chunk), memory=768 * MIB)
