"""A file that torch saved, read if it is the one it must be."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import Tensor

from pincel.backbones.cards import Card
from pincel.errors import WeightsError
from pincel.files import sha256_of


def read_archive(path: Path, card: Card, remedy: str) -> dict[str, Tensor]:
    """Read the tensors of a file, by name, and run no code of it.

    Args:
        path: The file.
        card: Says which file it must be.
        remedy: What to try if it is another.

    Raises:
        WeightsError: If the file cannot be read or its SHA-256 is not the card's.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise WeightsError(f"Cannot read the weights of {card.name}, {path}: {error.strerror or error}.") from error
    if found != card.sha256:
        raise WeightsError(
            f"The weights of {card.name} are damaged: {path} has SHA-256 {found[:16]}…, expected {card.sha256[:16]}…. Try: {remedy}"
        )
    try:
        archive: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"Cannot read the weights of {card.name}, {path}: {first_line(error)}") from error
    return archive


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name if it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
