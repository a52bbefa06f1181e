"""From a tensor to a Pillow image, and from that to a file that is the same byte for byte in every run."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch
from PIL import Image, features
from torch import Tensor

from pincel.errors import OutputError, closest
from pincel.files import atomically, one_line, quoted
from pincel.image.color import srgb_profile

# Rows that are rounded at a time.
STRIP = 256
_EXTENSIONS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
}
_SETTINGS: dict[str, dict[str, Any]] = {
    "PNG": {},
    # 4:4:4: the brush strokes a style paints are as fine in colour as in light.
    "JPEG": {"quality": 95, "subsampling": 0},
    # Lossless: lossy WebP is always 4:2:0, which at quality 95 still leaves a saturated painting at 34 dB.
    # With "lossless", quality and method are effort: these take half the time of the defaults for 1 % more.
    "WEBP": {"lossless": True, "exact": True, "quality": 30, "method": 2},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
}


def to_pil(pixels: Tensor, alpha: Tensor | None = None) -> Image.Image:
    """Round an image to 8 bits.

    Args:
        pixels: (1, 3, H, W) or (3, H, W), on any device; values outside [0, 1] are clipped.
        alpha: (1, 1, H, W) or (1, H, W), or None.

    Returns:
        A Pillow image, RGB, or RGBA where alpha is given.

    Raises:
        OutputError: if a value is not a finite number.
    """
    planes = pixels if alpha is None else torch.cat([pixels, alpha.to(pixels)], dim=-3)
    planes = planes.detach().reshape(planes.shape[-3:]).float()
    if not bool(torch.isfinite(planes).all()):
        failed, given = "picture: has values that are not finite numbers", "an image that diverged"
        raise OutputError(one_line(failed, given, "0 to 1", "a smaller step size"))
    # In strips: of a large picture, every copy in floating point is gigabytes.
    levels = torch.empty(*planes.shape[1:], planes.shape[0], dtype=torch.uint8)
    for top in range(0, planes.shape[1], STRIP):
        strip = planes[:, top : top + STRIP].clamp(0, 1).mul_(255).round_()
        levels[top : top + STRIP] = strip.permute(1, 2, 0).to("cpu", torch.uint8)
    return Image.fromarray(levels.numpy())


def output_formats() -> dict[str, str]:
    """Return the extensions a picture can be saved under → Pillow's name of the format."""
    missing = set() if features.check("avif") else {"AVIF"}
    return {extension: name for extension, name in _EXTENSIONS.items() if name not in missing}


def check_format(path: str | os.PathLike[str], depth: int = 8) -> str:
    """Return Pillow's name of the format that the extension of ``path`` asks for.

    Raises:
        OutputError: for an extension that is not in ``output_formats()``, or one that cannot hold ``depth`` bits a sample.
    """
    known, extension = output_formats(), Path(path).suffix
    if extension.lower() not in known:
        failed = f"output: no format is called '{extension}'" if extension else "output: the name has no extension"
        suggestion = closest(extension, known).removeprefix(" Did you mean ").rstrip("?") or "'.png'"
        raise OutputError(one_line(failed, quoted(path), ", ".join(known), suggestion))
    if depth > 8 and known[extension.lower()] != "TIFF":
        failed = f"output: {known[extension.lower()]} is written with 8 bits here, not {depth}"
        raise OutputError(one_line(failed, quoted(path), ".tif or .tiff", quoted(Path(path).with_suffix(".tif"))))
    return known[extension.lower()]


def encode(image: Image.Image, format: str, dpi: tuple[float, float] | None = None) -> bytes:  # noqa: A002 - Pillow's word
    """Return the bytes of a file, with an sRGB profile inside.

    Args:
        image: Any mode; what is neither RGB nor RGBA is converted. A JPEG, which has no alpha, gets the
            picture on white.
        format: One of the values of ``output_formats()``.
        dpi: Dots an inch across and down; WebP and AVIF have no place for them.

    Raises:
        OutputError: if the format cannot hold the picture.
    """
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if mode == "RGBA" and format == "JPEG":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    # A copy without info: Pillow would write what the source file said (comment, EXIF) into the new one.
    image = Image.frombytes(image.mode, image.size, image.tobytes())
    buffer = io.BytesIO()
    try:
        printed = {"dpi": dpi} if dpi and format in {"PNG", "JPEG", "TIFF"} else {}
        image.save(buffer, format, icc_profile=srgb_profile(), **_SETTINGS[format], **printed)
    except (OSError, ValueError) as error:
        failed = f"output: {format} cannot hold this picture ({error})"
        raise OutputError(one_line(failed, f"{image.width} x {image.height} pixels", "smaller pictures", "'.png' or '.tif'")) from error
    return buffer.getvalue()


def save_deep(pixels: Tensor, alpha: Tensor | None, path: str | os.PathLike[str], dpi: tuple[float, float] | None = None) -> None:
    """Write a TIFF with 16 bits a sample, whole or not at all.

    Args:
        pixels: (1, 3, H, W) in [0, 1], sRGB-encoded; values outside are clipped.
        alpha: (1, 1, H, W), or None.
        path: The file, ``.tif`` or ``.tiff``; replaced if it exists.
        dpi: Dots an inch across and down.

    Raises:
        OutputError: for another extension, or a file that cannot be written.
    """
    check_format(path, 16)
    planes = pixels if alpha is None else torch.cat([pixels, alpha.to(pixels)], dim=1)
    samples = planes[0].clamp(0, 1).mul(65535).round().permute(1, 2, 0).contiguous().cpu().numpy().astype(np.uint16)
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        samples,
        photometric="rgb",
        extrasamples=None if alpha is None else ("unassalpha",),
        compression="zlib",
        iccprofile=srgb_profile(),
        metadata=None,
        software=False,
        resolution=dpi,
        resolutionunit="inch" if dpi else None,
    )
    with atomically(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def save_picture(image: Image.Image, path: str | os.PathLike[str], dpi: tuple[float, float] | None = None) -> None:
    """Write a picture in the format its extension asks for: whole or not at all.

    PNG, TIFF and WebP are lossless; JPEG is quality 95 and AVIF quality 90, both in 4:4:4.

    Args:
        image: Any mode, taken as sRGB.
        path: The file; replaced if it exists.
        dpi: Dots an inch across and down, for formats that have a place for them.

    Raises:
        OutputError: for an unknown extension, a picture the format cannot hold, or a file that cannot be
            written.
    """
    data = encode(image, check_format(path), dpi)
    with atomically(path) as temporary:
        temporary.write_bytes(data)
