"""The interface of this package: ``load_picture`` takes anything that is a picture, ``save_picture`` writes one.

::

    content = load_picture("tuebingen.jpg", what="content")
    save_picture(to_pil(content.pixels), "copy.png")
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from pincel.errors import PictureMissingError, closest
from pincel.files import a_type_of, one_line, quoted
from pincel.images.background import flatten
from pincel.images.decode import ACCEPTED, Decoded, check_unit, decode, decode_image, unreadable
from pincel.images.encode import check_format, check_limits, encode, output_formats, save_16bit, save_picture, to_pil, write_or_keep
from pincel.images.formats import SUFFIXES
from pincel.images.picture import LoadedImage, fill_transparent
from pincel.images.shrink import Fit

__all__ = [
    "SUFFIXES",
    "LoadedImage",
    "Source",
    "check_format",
    "check_limits",
    "encode",
    "load_picture",
    "output_formats",
    "save_16bit",
    "save_picture",
    "to_pil",
    "write_or_keep",
]

Source: TypeAlias = "str | os.PathLike[str] | Image.Image | npt.NDArray[Any] | Tensor | LoadedImage"

_ARRAYS = "an array (H, W) or (H, W, 1|3|4), uint8, uint16, or float in [0, 1]"
_TENSORS = "a tensor (3, H, W) or (1, 3, H, W), uint8, or float in [0, 1]"


def load_picture(
    source: Source, *, what: str = "picture", background: str | None = None, fit: Fit | None = None, memory: int | None = None
) -> LoadedImage:
    """Load a picture from wherever it is.

    Files and Pillow images are turned upright and converted to sRGB; 16-bit samples keep their precision; of
    an animation the first frame is taken; the colors of fully transparent pixels, which are arbitrary,
    become the mean of the visible ones. An alpha channel that hides nothing is dropped: an ordinary
    screenshot is an ordinary picture.

    Args:
        source: A path, a Pillow image, a numpy array (H, W) or (H, W, 1|3|4) of uint8, uint16 or float in
            [0, 1], a tensor (3, H, W) or (1, 3, H, W) of uint8 or float in [0, 1], or a LoadedImage, returned as
            it is.
        what: How messages call it: ``"content"``, ``"style"``.
        background: A color to see transparent parts on (:func:`pincel.colors.parse_color`): the picture has no alpha then. When
            left out, its alpha is kept.
        fit: (height, width) of the file → those the picture will be resized to: a file of more than 67 million pixels is shrunk while it is
            decoded, to four times that size or more.
        memory: Bytes that decoding may use; half of what is free when left out. A picture that does not fit is shrunk while it is decoded.

    Raises:
        PictureMissingError: if there is no such file, with the closest name that is there.
        PictureUnreadableError: if it is empty, truncated, no picture, forbidden, wholly transparent, or an
            array of a wrong shape, type or range.
        PictureSizeError: if it cannot be decoded in that memory.
        OptionError: if the background is no color.
    """
    picture = source if isinstance(source, LoadedImage) else _load(source, what, fit, memory)
    return picture if background is None else flatten(picture, background)


def load_bytes(data: bytes, *, what: str, given: str, background: str | None = None) -> LoadedImage:
    """Load a picture from the bytes of a file; ``given`` is what messages say it is. See :func:`load_picture`."""
    picture = _picture(decode(data, what=what, given=given), given, hashlib.sha256(data).hexdigest(), what)
    return picture if background is None else flatten(picture, background)


def _load(source: Source, what: str, fit: Fit | None, memory: int | None) -> LoadedImage:
    if isinstance(source, Image.Image):
        name = Path(str(getattr(source, "filename", ""))).name or "image"
        return _picture(decode_image(source, what=what, given=f"a Pillow image ({source.mode})"), name, None, what)
    if isinstance(source, Tensor):
        return _picture(_from_tensor(source, what), "tensor", None, what)
    if isinstance(source, np.ndarray):
        return _picture(_from_array(source, what, _ARRAYS), "array", None, what)
    if isinstance(source, str | os.PathLike):
        data = _read(source, what)
        decoded = decode(data, what=what, given=quoted(source), fit=fit, memory=memory)
        return _picture(decoded, Path(source).name, hashlib.sha256(data).hexdigest(), what)
    hint = "the path of a file"
    raise unreadable(what, "is not a picture", a_type_of(source), hint, f"a path, {_ARRAYS}, {_TENSORS}")


def _picture(decoded: Decoded, name: str, sha256: str | None, what: str) -> LoadedImage:
    """Make a LoadedImage of decoded arrays; without a file, its hash is that of the values."""
    pixels = torch.from_numpy(np.ascontiguousarray(decoded.colors.transpose(2, 0, 1)))[None]
    alpha = None
    if decoded.alpha is not None and decoded.alpha.min() < 1:
        alpha = torch.from_numpy(np.ascontiguousarray(decoded.alpha))[None, None]
        pixels = fill_transparent(pixels, alpha, what=what)
    if sha256 is None:
        digest = hashlib.sha256(str(tuple(pixels.shape)).encode())
        for part in (pixels, alpha):
            digest.update(b"" if part is None else part.numpy().tobytes())
        sha256 = digest.hexdigest()
    return LoadedImage(pixels, alpha, name, sha256, decoded.notes, decoded.dpi, decoded.metadata)


def _read(path: str | os.PathLike[str], what: str) -> bytes:
    """Return the bytes of a file."""
    given = quoted(path)
    try:
        if not os.fspath(path) or Path(path).is_dir():
            failed = "is a folder" if os.fspath(path) else "no file was named"
            raise PictureMissingError(one_line(failed, given, ACCEPTED, "a file inside it"), about=what)
        if Path(path).is_char_device() or Path(path).is_block_device():
            raise unreadable(what, "is a device, not a file", given, "a file")
        return Path(path).read_bytes()
    except PictureMissingError:
        raise
    except PermissionError as error:
        hint = "change its permissions, or copy it"
        raise unreadable(what, "there is no permission to read it", given, hint) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(path, what) from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise unreadable(what, f"cannot be read ({reason})", given, "another file") from error


def _missing(path: str | os.PathLike[str], what: str) -> PictureMissingError:
    """Build the error for a file that is not there, naming the one that may be meant."""
    if str(path).startswith(("http://", "https://")):
        hint = "download it, then give the file"
        return PictureMissingError(one_line("addresses are not fetched", quoted(path), f"a file: {ACCEPTED}", hint), about=what)
    folder = Path(path).parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        names = []
    hint = "the path as seen from the current folder, or an absolute one"
    if nearest := closest(Path(path).name, names):
        hint = quoted(folder / nearest.split("'", 1)[1].removesuffix("'?"))
    elif not folder.is_dir():
        hint = f"another folder, for there is none called {quoted(folder)}"
    return PictureMissingError(one_line("no such file", quoted(path), ACCEPTED, hint), about=what)


def _from_array(array: npt.NDArray[Any], what: str, accepted: str) -> Decoded:
    """Check and convert a numpy array."""
    given = f"an array of shape {array.shape}, {array.dtype}"
    if array.ndim not in {2, 3} or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in {1, 3, 4}):
        hint = "array.transpose(1, 2, 0)" if array.ndim == 3 and array.shape[0] in {1, 3, 4} else "reshape it"
        raise unreadable(what, "is no array of a picture", given, hint, accepted)
    values = array if array.ndim == 3 else array[..., None]
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        values = values.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    elif array.dtype.kind == "f":
        values = check_unit(values, what, given)
    else:
        raise unreadable(what, "has values of a type that is not accepted", given, "array.astype('uint8')", accepted)
    colors = np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values[..., :3]
    return Decoded(colors, values[..., 3] if values.shape[2] == 4 else None, ())


def _from_tensor(tensor: Tensor, what: str) -> Decoded:
    """Check and convert a torch tensor."""
    given = f"a tensor of shape {tuple(tensor.shape)}, {str(tensor.dtype).removeprefix('torch.')}"
    if tensor.is_meta or tensor.layout != torch.strided:
        given += ", on the device meta" if tensor.is_meta else f", {tensor.layout}"
        raise unreadable(what, "has no values, or not all of them", given, "tensor.to_dense(), of a device that has memory", _TENSORS)
    planes = tensor.detach()[0] if tensor.ndim == 4 and len(tensor) == 1 else tensor.detach()
    if planes.ndim != 3 or len(planes) != 3 or planes.numel() == 0:
        hint = "tensor.permute(2, 0, 1)" if planes.ndim == 3 and planes.shape[2] == 3 else "three channels"
        raise unreadable(what, "is no tensor of a picture", given, hint, _TENSORS)
    if planes.dtype == torch.uint8:
        return _from_array(planes.permute(1, 2, 0).cpu().numpy(), what, _TENSORS)
    if planes.is_floating_point():
        return Decoded(check_unit(planes.permute(1, 2, 0).float().cpu().numpy(), what, given), None, ())
    hint = "tensor.float() with white at 1"
    raise unreadable(what, "has values of a type that is not accepted", given, hint, _TENSORS)
