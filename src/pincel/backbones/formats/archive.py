"""A file of weights, read if it is the one it must be."""

from __future__ import annotations

import hashlib
import pickle
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from pincel.backbones.cards import Card
from pincel.errors import WeightsError
from pincel.files import sha256_of


def read_archive(path: Path, card: Card, remedy: str) -> dict[str, Tensor]:
    """Read the tensors of a file that torch saved, by name, and run no code of it.

    Args:
        path: The file.
        card: Says which file it must be.
        remedy: What to try if it is another.

    Raises:
        WeightsError: If the file cannot be read or its hash is not the card's.
    """
    check_file(path, card, remedy)
    try:
        archive: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"Cannot read the weights of {card.name}, {path}: {first_line(error)}") from error
    return archive


def check_file(path: Path, card: Card, remedy: str) -> None:
    """Make sure that a file is the one a card names, by its SHA-256, or its MD5 where there is no other.

    Args:
        path: The file.
        card: Says which file it must be.
        remedy: What to try if it is another.

    Raises:
        WeightsError: If the file cannot be read or its hash is not the card's.
    """
    kind, wanted = card.fingerprint
    try:
        found = sha256_of(path) if kind == "SHA-256" else md5_of(path)
    except OSError as error:
        raise WeightsError(f"Cannot read the weights of {card.name}, {path}: {error.strerror or error}.") from error
    if found != wanted:
        raise WeightsError(
            f"The weights of {card.name} are damaged: {path} has {kind} {found[:16]}…, expected {wanted[:16]}…. Try: {remedy}"
        )


def md5_of(path: Path) -> str:
    """Return the MD5 of a file's bytes, in hexadecimal: it tells a damaged file, not a forged one.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name if it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
