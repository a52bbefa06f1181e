"""VGG weights of torchvision, in the cache that torch keeps for all programs.

A state dict of ``features.K.weight`` (float32, OIHW, RGB input) and ``features.K.bias``, where K counts convolutions, ReLUs and poolings
alike from 0, and of a classifier, which is not kept. The file was saved before torch had its zip format, so it cannot be mapped into memory
but is read whole: half a gigabyte for a moment. torchvision itself is not needed.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pincel.backbones.cards import Card
from pincel.backbones.formats.archive import first_line, read_archive
from pincel.errors import WeightsError


def load(card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Find the file of a card, or download it, and read it; see :func:`locate` and :func:`read`."""
    return read(locate(card), card)


def locate(card: Card) -> Path:
    """Find the file in the cache of torch, or download it there, which shows its progress on stderr.

    Raises:
        WeightsError: If it is not there and cannot be downloaded whole; says where to put it by hand.
    """
    path = place(card)
    if not path.is_file():
        _download(card, path)
    return path


def place(card: Card) -> Path:
    """Return where the file is, or will be: beside what torchvision downloads, so that it is there once for both."""
    return Path(torch.hub.get_dir()) / "checkpoints" / card.file


def _download(card: Card, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole, and only if its hash is that of the card.
        torch.hub.download_url_to_file(card.url, str(path), hash_prefix=card.sha256)
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"The weights of {card.name} are not here and cannot be downloaded ({first_line(error)}). "
            f"Try again with a network, or download {card.url} elsewhere and save it as {path}"
        ) from error


def read(path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Read the convolutions of the file.

    Args:
        path: The file.
        card: Says which file it must be, and which layers it must hold.

    Returns:
        ``conv1_1`` … → (weight of shape (out, in, 3, 3), bias of shape (out,)), float32, RGB input.

    Raises:
        WeightsError: If the file cannot be read, its SHA-256 is not the card's, or it holds other layers.
    """
    state = read_archive(path, card, f"remove that file, and it is downloaded again from {card.url}")
    return _convolutions(state, path, card)


def _convolutions(state: dict[str, Tensor], path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Name the convolutions as the card does, and check that each is as wide as the card says."""
    weights, before = {}, 3
    for index, layer in enumerate(card.layers):
        if layer.kind != "conv":
            continue
        pair = state.get(f"features.{index}.weight"), state.get(f"features.{index}.bias")
        wanted = (layer.channels, before, 3, 3), (layer.channels,)
        shapes = tuple(tuple(each.shape) if each is not None else None for each in pair)
        if pair[0] is None or pair[1] is None or shapes != wanted:
            raise WeightsError(
                f"The weights of {card.name} are of another network: in {path}, features.{index} has shapes {shapes[0]} and {shapes[1]}, "
                f"{layer.name} needs {wanted[0]} and {wanted[1]}."
            )
        weights[layer.name], before = (pair[0], pair[1]), layer.channels
    return weights
