"""From a tensor to a Pillow image, and from that to a file that is the same byte for byte in every run."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image, features

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OutputError, closest
from pincel.files import atomically, one_line, quoted
from pincel.images.color import srgb_profile
from pincel.images.metadata import Metadata, metadata_options, tiff_tags
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

if TYPE_CHECKING:
    from torch import Tensor

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
    # 4:4:4: strokes of a style are as fine in color as in brightness.
    "JPEG": {"quality": 95, "subsampling": 0},
    # Lossless: lossy WebP is always 4:2:0, which at quality 95 still leaves a saturated painting at 34 dB.
    # With "lossless", quality and method are effort: these take half the time of the defaults for 1 % more.
    "WEBP": {"lossless": True, "exact": True, "quality": 30, "method": 2},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
}


@dataclass(frozen=True)
class FormatLimits:
    """What a format can hold.

    Attributes:
        side: Pixels of its longer side.
        bytes: Of samples, all in all.
        alpha: Whether it can be transparent.
    """

    side: int
    bytes: int = 2**63
    alpha: bool = True


LIMITS = {
    "PNG": FormatLimits(2**31 - 1),
    "JPEG": FormatLimits(65_500, alpha=False),  # libjpeg's JPEG_MAX_DIMENSION
    "WEBP": FormatLimits(16_383),
    "TIFF": FormatLimits(2**31 - 1, 2**32 - 2**25),  # offsets of 32 bits, with room for the tables
    "AVIF": FormatLimits(32_768, 4 * 2**28),  # what libavif reads by default
}
"""Pillow's name of a format → its limits."""


def check_limits(path: str | os.PathLike[str], size: tuple[int, int], *, alpha: bool = False, depth: int = 8) -> tuple[str, ...]:
    """Make sure, before a picture is made, that the format its name asks for can hold it.

    Args:
        path: Where it will be written; see :func:`check_format`.
        size: Its (height, width).
        alpha: Whether it will be transparent.
        depth: Bits a sample.

    Returns:
        Notes on what will not be kept.

    Raises:
        OutputError: If a side, or all in all, is more than the format can hold.
    """
    name = check_format(path, depth)
    limits, samples = LIMITS[name], size[0] * size[1] * (4 if alpha else 3) * depth // 8
    if max(size) > limits.side or samples > limits.bytes:
        most = f"sides up to {limits.side:,} pixels" if max(size) > limits.side else f"up to {limits.bytes / 2**30:.1f} GiB of samples"
        fits = [suffix for suffix in (".png", ".tif") if max(size) <= LIMITS[_EXTENSIONS[suffix]].side]
        failed, hint = f"output: {name} cannot hold so large a picture", quoted(Path(path).with_suffix(fits[0]))
        raise OutputError(one_line(failed, f"{size[1]} x {size[0]} pixels for {quoted(path)}", most, hint))
    if limits.alpha or not alpha:
        return ()
    return (Note(_("{format} has no transparency: the content's is laid on the background."), format=name),)


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
    import torch  # noqa: PLC0415 - files are written without, too

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


def encode(
    image: Image.Image,
    format: str,  # noqa: A002 - Pillow's word
    dpi: tuple[float, float] | None = None,
    *,
    background: str = DEFAULT_BACKGROUND,
    metadata: Metadata | None = None,
) -> bytes:
    """Return the bytes of a file, with an sRGB profile inside.

    Args:
        image: Any mode; what is neither RGB nor RGBA is converted.
        format: One of the values of ``output_formats()``.
        dpi: Dots an inch across and down; WebP and AVIF have no place for them.
        background: What a JPEG, which has no alpha, gets the picture on.
        metadata: To be written. Where a format cannot hold it (a JPEG has 64 KiB), copyright and artist are kept; of EXIF a
            TIFF has the first directory: description, camera, date, artist, copyright.

    Raises:
        OutputError: if the format cannot hold the picture.
    """
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if mode == "RGBA" and format == "JPEG":
        ground = Image.new("RGBA", image.size, background)
        image = Image.alpha_composite(ground, image).convert("RGB")
    # A copy without info: Pillow would write what the source file said (comment, EXIF) into the new one.
    image = Image.frombytes(image.mode, image.size, image.tobytes())
    buffer = io.BytesIO()
    try:
        printed = {"dpi": dpi} if dpi and format in {"PNG", "JPEG", "TIFF"} else {}
        options = {"icc_profile": srgb_profile(), **_SETTINGS[format], **printed}
        _save_described(image, buffer, format, options, metadata)
    except (OSError, ValueError) as error:
        failed = f"output: {format} cannot hold this picture ({error})"
        raise OutputError(one_line(failed, f"{image.width} x {image.height} pixels", "smaller pictures", "'.png' or '.tif'")) from error
    return buffer.getvalue()


def _save_described(image: Image.Image, buffer: io.BytesIO, form: str, options: dict[str, Any], metadata: Metadata | None) -> None:
    """Save an image with its metadata or, where that cannot be written, with copyright and artist."""
    if metadata is None:
        image.save(buffer, form, **options)
        return
    try:
        image.save(buffer, form, **options, **metadata_options(metadata, form))
    except Exception:  # a stranger's EXIF makes writers raise anything, and is no reason to lose a picture
        buffer.seek(0)
        buffer.truncate()
        image.save(buffer, form, **options, **metadata_options(metadata.essential, form))


def save_16bit(
    pixels: Tensor,
    alpha: Tensor | None,
    path: str | os.PathLike[str],
    dpi: tuple[float, float] | None = None,
    *,
    metadata: Metadata | None = None,
) -> None:
    """Write a TIFF with 16 bits a sample, whole or not at all.

    Args:
        pixels: (1, 3, H, W) in [0, 1], sRGB-encoded; values outside are clipped.
        alpha: (1, 1, H, W), or None.
        path: The file, ``.tif`` or ``.tiff``; replaced if it exists.
        dpi: Dots an inch across and down.
        metadata: To be written; of EXIF, copyright and artist.

    Raises:
        OutputError: for another extension, or a file that cannot be written.
    """
    import torch  # noqa: PLC0415 - files are written without, too

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
        extratags=() if metadata is None else tiff_tags(metadata),
    )
    with atomically(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def save_picture(
    image: Image.Image,
    path: str | os.PathLike[str],
    dpi: tuple[float, float] | None = None,
    *,
    background: str = DEFAULT_BACKGROUND,
    metadata: Metadata | None = None,
) -> None:
    """Write a picture in the format its extension asks for: whole or not at all.

    PNG, TIFF and WebP are lossless; JPEG is quality 95 and AVIF quality 90, both in 4:4:4.

    Args:
        image: Any mode, taken as sRGB.
        path: The file; replaced if it exists.
        dpi: Dots an inch across and down, for formats that have a place for them.
        background: As of :func:`encode`.
        metadata: Likewise.

    Raises:
        OutputError: for an unknown extension, a picture the format cannot hold, or a file that cannot be
            written.
    """
    data = encode(image, check_format(path), dpi, background=background, metadata=metadata)
    with atomically(path) as temporary:
        temporary.write_bytes(data)


def write_or_keep(write: Callable[[Path], None], path: Path) -> None:
    """Write a finished picture; one that cannot be written where it should is kept elsewhere: work is not lost to a full disk or a format.

    Args:
        write: Writes the picture under a name, in the format its extension asks for; raises OutputError.
        path: Where it should go.

    Raises:
        OutputError: If it could not be written there; names the file it was kept as, beside the output or in the temporary folder.
    """
    try:
        if path.is_dir():
            raise OutputError(one_line("output: is a folder", quoted(path), "a file name", quoted(path / "out.png")))
        write(path)
    except OutputError as error:
        for other in _other_places(path):
            try:
                write(other)
            except OutputError:
                continue
            raise OutputError(f"{error} · the picture was kept as {other}") from error
        raise


def _other_places(path: Path) -> Iterator[Path]:
    """Yield names that are free, in formats without limits: beside the output, then in a temporary folder of this user alone."""
    yield from _free_names(path, "out") if path.is_dir() else _free_names(path.parent, path.stem)
    yield from _free_names(Path(tempfile.mkdtemp(prefix="pincel-")), path.stem)


def _free_names(folder: Path, stem: str) -> Iterator[Path]:
    for suffix in (".png", ".tif"):
        names = (f"{stem}{'-kept' * bool(number)}{number or ''}{suffix}" for number in range(1000))
        yield from islice((place for name in names if not os.path.lexists(place := folder / name)), 1)
