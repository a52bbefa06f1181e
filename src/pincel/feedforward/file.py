"""A network that paints in one file: safetensors, with its card as JSON in the header.

Weights are in half precision (a network of 0.4 million numbers is 0.9 MB) or single; the mean activations that the eye is normalized by
are in single precision, ``means.conv1_1`` and so on. Reading runs no code of the file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from fractions import Fraction
from math import prod
from os import PathLike
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pincel.backbones import CARDS
from pincel.backbones.formats.held import plain
from pincel.errors import PincelError, WeightsError
from pincel.feedforward.card import NetCard, encoder
from pincel.feedforward.network import Network, make_eye, shapes
from pincel.feedforward.stages import Op
from pincel.files import atomically, one_line, printable, quoted

KEY = "pincel-painter"
ACCEPTED = "a file that 'pincel train-style' wrote"
MEANS = "means."
# The network that comes with pincel.
SHIPPED = Path(__file__).with_name("any-style.safetensors")


def write_painter(path: Path, network: Network, *, half: bool = True) -> None:
    """Write a network, whole or not at all.

    Args:
        path: The file.
        network: It.
        half: Whether in half precision.

    Raises:
        OutputError: If it cannot be written.
    """
    kind = torch.float16 if half else torch.float32
    numbers = {name: each.detach().cpu().to(kind).contiguous() for name, each in network.own.items()}
    if network.eye:
        numbers |= {f"{MEANS}{name}": mean.cpu().float().contiguous() for name, mean in network.eye.means.items()}
    with atomically(path, what="network") as temporary:
        temporary.write_bytes(safetensors.torch.save(numbers, metadata={KEY: json.dumps(asdict(network.card), ensure_ascii=False)}))


def read_painter(path: str | PathLike[str]) -> Network:
    """Read a network, ready to paint on the CPU in single precision.

    Raises:
        WeightsError: If there is no such file, it is not one of ours, it is damaged, or the weights of its eye are missing.
    """
    given = Path(path)
    card = read_painter_card(given)
    try:
        numbers = {name: each.float() for name, each in safetensors.torch.load_file(given).items()}
    except (OSError, SafetensorError) as error:
        raise _unreadable(given, str(error)) from error
    try:
        seen = encoder(CARDS[card.encoder], card.layer) if card.kind == "any-style" else ()
        channels = seen[-1].after if seen else 3
        wanted = shapes(card, channels)
        scale = prod((_scale(op) for op in (*seen, *card.decoder(channels))), start=Fraction(1))
    except (PincelError, ValueError) as error:
        raise _unreadable(given, plain(str(error).partition(" · ")[0])) from error
    if scale != 1:
        raise _unreadable(given, "what it paints is not as large as the picture")
    own = {name: _fitting(given, name, numbers.get(name), shape) for name, shape in wanted.items()}
    eye = make_eye(card, _means(given, card, numbers)) if card.kind == "any-style" else None
    return Network(card, own, eye).to(torch.device("cpu"))


def read_painter_card(path: Path) -> NetCard:
    """Read what a file holds, without its weights; raises as :func:`read_painter` does."""
    try:
        with safe_open(path, "pt") as opened:
            text = (opened.metadata() or {}).get(KEY)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    if text is None:
        raise _unreadable(path, "it holds something else")
    try:
        found: Any = TypeAdapter(NetCard).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise _unreadable(path, f"its card is not one: {'.'.join(map(str, first['loc']))} {first['msg']}") from error
    card: NetCard = found
    return replace(card, name=printable(card.name))


def find_painter(text: str) -> Path:
    """Return the file of a network: the one given, or for nothing the one that comes with pincel.

    Raises:
        WeightsError: If none was given and none comes with this pincel.
    """
    if text:
        return Path(text)
    if not SHIPPED.is_file():
        raise WeightsError(one_line("network: none comes with this pincel", "none", ACCEPTED, "pincel train-style --help"))
    return SHIPPED


def _scale(op: Op) -> Fraction:
    """Return how many times as many positions a side has after an operation."""
    more = {"deconv": op.stride, "unpool": op.amount}.get(op.kind, 1)
    return Fraction(more, op.stride if op.kind in ("conv", "pool") else 1)


def _means(path: Path, card: NetCard, numbers: dict[str, Tensor]) -> dict[str, Tensor]:
    layers = [each for each in CARDS[card.encoder].up_to((card.layer,)) if each.kind == "conv"]
    return {
        each.name: _fitting(path, f"{MEANS}{each.name}", numbers.get(f"{MEANS}{each.name}"), (each.channels,)).double() for each in layers
    }


def _fitting(path: Path, name: str, found: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    if found is None or tuple(found.shape) != shape:
        raise _unreadable(path, f"its card says that {name} is {shape}, and it holds {None if found is None else tuple(found.shape)}")
    if not bool(found.isfinite().all()):
        raise _unreadable(path, f"{name} has values that are no numbers")
    return found


def _unreadable(path: Path, reason: str) -> WeightsError:
    first = next(iter(reason.splitlines()), "it is empty")
    return WeightsError(one_line(f"network: cannot be read, {first}", quoted(path), ACCEPTED, "pincel train-style"))
