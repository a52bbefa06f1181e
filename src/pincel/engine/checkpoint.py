"""A run on the disk: one file a checkpoint, written whole or not at all, and damage found when it is read.

The files are safetensors, which hold numbers and text and no code. Their metadata say ``format``, ``version`` and ``document``, the JSON of
:mod:`pincel.engine.snapshot`; the last tensor, 32 bytes at the end of the file, is the SHA-256 of all bytes before it, in every version.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pincel.engine.snapshot import flatten, unflatten
from pincel.errors import CheckpointDamagedError, CheckpointError, PincelError
from pincel.files import atomically, one_line, quoted
from pincel.host import processor_name
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

T = TypeVar("T")
# Of a dataclass that :func:`read_training` makes: it holds tensors, and nothing is written that it has no place for.
WRITTEN = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
FORMAT = "pincel checkpoint"
VERSION = 2
# The newest, and the one before in case the newest is damaged.
KEPT = 2
ACCEPTED = "a folder that 'pincel transfer --checkpoint' wrote"
SEAL, SEAL_BYTES = "sha256", 32
_CHUNK = 1 << 20
_NAME = re.compile(r"checkpoint-(\d+)\.safetensors")
_DTYPES = {
    torch.float64: "F64",
    torch.int64: "I64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.bool: "BOOL",
    torch.uint8: "U8",
}


def environment(device: torch.device, precision: object, processes: int) -> dict[str, str]:
    """Return what the last bits of a number depend on, beside what was asked for."""
    threads = torch.get_num_threads() if device.type == "cpu" else 0
    named = processor_name() if device.type == "cpu" else str(device)
    return {
        "torch": str(torch.__version__),
        "device": named,
        "threads": str(threads),
        "precision": str(precision),
        "processes": str(processes),
    }


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read, whole.

    Attributes:
        path: Its file.
        document: See :mod:`pincel.engine.snapshot`.
        tensors: By name, on the CPU.
        notes: What was wrong with newer ones, a sentence each.
    """

    path: Path
    document: Any
    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()

    def values(self, device: torch.device | None = None) -> dict[str, Any]:
        """Return what was written, with its tensors on a device, the CPU when left out.

        Raises:
            CheckpointError: If it is whole and nevertheless makes no sense.
        """
        try:
            values = unflatten(self.document, self.tensors, device or torch.device("cpu"))
        except ValueError as error:
            raise _senseless(self.path, next(iter(str(error).splitlines()), "")) from error
        if not isinstance(values, dict):
            raise _senseless(self.path, f"it is a {type(values).__name__}")
        return values

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read what was written; a value that is missing, or of another kind, is an error of the checkpoint.

        Anybody can seal a file: that it is whole says nothing of who wrote it.

        Raises:
            CheckpointError: In place of what such a value raises in the block.
        """
        try:
            yield
        except PincelError:
            raise
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
            raise _senseless(self.path, f"{type(error).__name__} {error}") from error


def read_training(
    path: Path, kind: type[T], terms: Mapping[str, type], device: torch.device, *, accepted: str, instead: str
) -> tuple[T, dict[str, Any]]:
    """Read a checkpoint of a training: where it stands, and what it was begun with.

    Args:
        path: The file.
        kind: A dataclass of where it stands, made of what is written beside ``terms``, of the types that it says.
        terms: What must be among the terms it was begun with, by name, and of which type.
        device: Where its tensors go.
        accepted: What is accepted, for messages.
        instead: What to do if there is no such file, likewise.

    Raises:
        CheckpointError: If there is none, or it is damaged or of something else.
    """
    if not path.is_file():
        raise CheckpointError(one_line("checkpoint: there is none to go on from", quoted(path), accepted, instead))
    try:
        values = read_checkpoint(path).values(device)
        begun = TypeAdapter(dict[str, Any]).validate_python(values.pop("terms", None))
        odd = next((name for name, wanted in terms.items() if not isinstance(begun.get(name), wanted)), None)
        if odd is not None:
            raise CheckpointError(f"it does not say with which {odd} it was begun")
        return TypeAdapter(kind).validate_python(values), begun
    except (CheckpointError, ValidationError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        reason = str(error).partition(" · ")[0].removeprefix("checkpoint: ")
        failed = f"checkpoint: cannot be gone on from, {f'its {_place(first)} is none' if first else reason}"
        raise CheckpointError(one_line(failed, quoted(path), accepted, "another place, and train from the start")) from error


def _place(error: ErrorDetails) -> str:
    """Return where in what was read an error is: ``'weights.conv1.0'``."""
    return quoted(".".join(map(str, error["loc"]))) if error["loc"] else f"content ({error['msg'].removeprefix('Value error, ')})"


def checkpoint_files(folder: Path) -> list[Path]:
    """List the files in a folder that are called like checkpoints, oldest first; none where there is no folder."""
    try:
        names = [(int(found[1]), path) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name))]
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null byte in the name
        return []
    return [path for _, path in sorted(names)]


def next_file(folder: Path) -> Path:
    """Name the checkpoint after the newest."""
    numbers = [int(found[1]) for path in checkpoint_files(folder) if (found := _NAME.fullmatch(path.name))]
    return folder / f"checkpoint-{max(numbers, default=0) + 1:06d}.safetensors"


def find_checkpoint(folder: str | PathLike[str]) -> Checkpoint:
    """Read the newest checkpoint in a folder, or the one before if that is damaged.

    Raises:
        CheckpointError: If there is no such folder, none in it, none that is whole, or the newest was written by a newer pincel.
    """
    files = checkpoint_files(_checked_folder(Path(folder)))
    if not files:
        raise CheckpointError(one_line("checkpoint: the folder holds none", quoted(folder), ACCEPTED, "pincel transfer, from the start"))
    troubles: list[CheckpointDamagedError] = []
    for path in reversed(files):
        try:
            found = read_checkpoint(path)
        except CheckpointDamagedError as trouble:
            troubles.append(trouble)
            continue
        notes = (Note(_("{name} was used instead: {trouble}"), name=path.name, trouble=trouble) for trouble in troubles[:1])
        return Checkpoint(path, found.document, found.tensors, tuple(notes))
    raise troubles[0]


def _checked_folder(folder: Path) -> Path:
    if folder.is_file():
        raise CheckpointError(one_line("checkpoint: is a file, not a folder", quoted(folder), ACCEPTED, quoted(folder.parent)))
    if not folder.is_dir():
        hint = "the path as seen from the current folder, or an absolute one"
        raise CheckpointError(one_line("checkpoint: there is no such folder", quoted(folder), ACCEPTED, hint))
    return folder


def write_checkpoint(path: Path, values: Mapping[str, Any]) -> None:
    """Write values to a file, whole or not at all; what they may be made of says :mod:`pincel.engine.snapshot`.

    Raises:
        OutputError: If the system refuses, with the reason; what was there stays as it was.
    """
    document, tensors = flatten(dict(values))
    # Numbers of more bytes first, so that each begins at a multiple of its size.
    ordered = dict(sorted(tensors.items(), key=lambda item: -item[1].element_size()))
    digest = hashlib.sha256()
    with atomically(path, what="checkpoint") as temporary, temporary.open("wb") as stream:
        for piece in _pieces(document, ordered):
            digest.update(piece)
            stream.write(piece)
        stream.write(digest.digest())


def _pieces(document: Any, tensors: Mapping[str, Tensor]) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a file but for its seal, one tensor at a time, so that none is copied but from a device."""
    texts = {"format": FORMAT, "version": str(VERSION), "document": json.dumps(document, allow_nan=False)}
    table: dict[str, Any] = {"__metadata__": texts}
    end = 0
    for name, flat in tensors.items():
        begin, end = end, end + flat.numel() * flat.element_size()
        table[name] = {"dtype": _DTYPES[flat.dtype], "shape": [flat.numel()], "data_offsets": [begin, end]}
    table[SEAL] = {"dtype": "U8", "shape": [SEAL_BYTES], "data_offsets": [end, end + SEAL_BYTES]}
    header = json.dumps(table).encode()
    header += b" " * (-len(header) % 8)
    yield struct.pack("<Q", len(header)) + header
    for flat in tensors.values():
        yield flat.cpu().view(torch.uint8).numpy().data


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one file.

    Raises:
        CheckpointDamagedError: If it is truncated, altered, or unreadable.
        CheckpointError: If it was written by a newer pincel, or is whole and nevertheless makes no sense.
    """
    whole = _is_whole(path)
    try:
        with safe_open(path, "pt") as file:
            texts = file.metadata() or {}
            if texts.get("format") != FORMAT:
                raise CheckpointDamagedError(one_line("checkpoint: is a file of something else", quoted(path), ACCEPTED, "another folder"))
            if not whole:
                raise _damaged(path, "its SHA-256 is another")
            _check_version(path, texts.get("version", ""))
            # Cloned, for torch's own memory begins where its arithmetic expects it to.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys() if name != SEAL}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error
    try:
        return Checkpoint(path, json.loads(texts.get("document", "")), tensors)
    except (ValueError, RecursionError) as error:
        raise _senseless(path, "its document is none") from error


def _is_whole(path: Path) -> bool:
    """Tell whether the last bytes of a file are the SHA-256 of those before."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            left = path.stat().st_size - SEAL_BYTES
            while left > 0:
                piece = stream.read(min(left, _CHUNK))
                digest.update(piece)
                left -= len(piece) or left
            return stream.read() == digest.digest()
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error


def _check_version(path: Path, version: str) -> None:
    if version != str(VERSION):
        failed = f"checkpoint: was written by another pincel, in version {version} of the format"
        raise CheckpointError(one_line(failed, quoted(path), f"version {VERSION}", "the pincel that wrote it, or a newer one"))


def _senseless(path: Path, reason: str) -> CheckpointError:
    failed = f"checkpoint: is whole, but this version of pincel cannot read it ({reason})"
    return CheckpointError(one_line(failed, quoted(path), ACCEPTED, "the version that wrote it"))


def _damaged(path: Path, reason: str) -> CheckpointDamagedError:
    failed = f"checkpoint: is truncated or damaged ({reason.lower()})"
    return CheckpointDamagedError(one_line(failed, quoted(path), ACCEPTED, "pincel transfer, from the start"))
