"""Weights of torchvision, in the cache that torch keeps for all programs.

A state dict of ``features.K.weight`` (float32, OIHW, RGB input) and ``features.K.bias``, where K counts convolutions, ReLUs and poolings
alike from 0, and of ``classifier.K.weight`` (outputs, inputs), where it counts dropout too. The inputs of the first of these are channel by
channel the rows of the last pooling, so that it is a convolution as large as that; a card without a classifier does not keep them. The file
of VGG-19 was saved before torch had its zip format, so it cannot be mapped into memory but is read whole: half a gigabyte for a moment.
torchvision itself is not needed.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pincel.backbones.cards import Card, Layer
from pincel.backbones.formats.archive import first_line, md5_of, read_archive
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
        if card.sha256:
            torch.hub.download_url_to_file(card.url, str(path), hash_prefix=card.sha256)
        else:
            _download_by_md5(card, path)
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"The weights of {card.name} are not here and cannot be downloaded ({first_line(error)}). "
            f"Try again with a network, or download {card.url} elsewhere and save it as {path}"
        ) from error


def _download_by_md5(card: Card, path: Path) -> None:
    """Download a file of which torch cannot check the hash; raises RuntimeError, as torch does, if it is not that of the card."""
    unknown = path.with_name(f"{path.name}.unverified")
    try:
        torch.hub.download_url_to_file(card.url, str(unknown))
        found = md5_of(unknown)
        if found != card.md5:
            raise RuntimeError(f'invalid hash value (expected "{card.md5}", got "{found}")')
        unknown.replace(path)
    finally:
        unknown.unlink(missing_ok=True)


def read(path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Read the convolutions of the file, and its fully connected layers if the card has some.

    Args:
        path: The file.
        card: Says which file it must be, and which layers it must hold.

    Returns:
        ``conv1_1`` … → (weight of shape (out, in, k, k), bias of shape (out,)), float32, RGB input.

    Raises:
        WeightsError: If the file cannot be read, its SHA-256 is not the card's, or it holds other layers.
    """
    state = read_archive(path, card, again(card))
    return _layers(state, path, card)


def again(card: Card) -> str:
    """Say what to do about a file that is not the one it must be."""
    return f"remove that file, and it is downloaded again from {card.url}"


def _layers(state: dict[str, Tensor], path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Name the layers as the card does, and check that each is as large as the card says."""
    weights, before = {}, 3
    connected = iter(card.classifier)
    for index, layer in enumerate(card.layers):
        if layer.kind not in ("conv", "fc"):
            continue
        place = f"features.{index}" if layer.kind == "conv" else f"classifier.{next(connected)}"
        square = (layer.channels, before // layer.groups, layer.kernel, layer.kernel)
        wanted = square if layer.kind == "conv" else (layer.channels, before * layer.kernel**2)
        pair = state.get(f"{place}.weight"), state.get(f"{place}.bias")
        shapes = tuple(tuple(each.shape) if each is not None else None for each in pair)
        if pair[0] is None or pair[1] is None or shapes != (wanted, (layer.channels,)):
            raise other_network(card, path, place, shapes, layer, wanted)
        weights[layer.name], before = (pair[0].view(square), pair[1]), layer.channels
    return weights


def other_network(
    card: Card, path: Path, place: str, shapes: tuple[tuple[int, ...] | None, ...], layer: Layer, wanted: tuple[int, ...]
) -> WeightsError:
    """Build the error for a file that holds weights of other shapes than a layer needs."""
    return WeightsError(
        f"The weights of {card.name} are of another network: in {path}, {place} has shapes {shapes[0]} and {shapes[1]}, "
        f"{layer.name} needs {wanted} and {(layer.channels,)}."
    )
