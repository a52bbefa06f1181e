"""A network that stylizes in one file: safetensors, with its spec as JSON in the header.

Weights are in half precision (a network of 0.4 million values is 0.9 MB) or single; the mean activations that the encoder is normalized by
are in single precision, ``means.conv1_1`` and so on. Reading runs no code of the file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from fractions import Fraction
from math import prod
from os import PathLike
from pathlib import Path

import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.formats.weight_file import display_name
from pincel.errors import PincelError, WeightsError
from pincel.feedforward.network import Network, load_encoder, weight_shapes
from pincel.feedforward.spec import NetworkSpec, encoder_ops
from pincel.feedforward.stages import output_stride
from pincel.files import atomically, one_line, printable, quoted

KEY = "pincel-painter"
ACCEPTED = "a file that 'pincel train-style' wrote"
MEANS = "means."
# The network that comes with pincel.
SHIPPED = Path(__file__).with_name("any-style.safetensors")


def save_stylizer(path: Path, network: Network, *, half: bool = True) -> None:
    """Write a network, whole or not at all.

    Args:
        path: The file.
        network: The network.
        half: Whether in half precision.

    Raises:
        OutputError: If it cannot be written.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {name: each.detach().cpu().to(dtype).contiguous() for name, each in network.own.items()}
    if network.encoder:
        tensors |= {f"{MEANS}{name}": mean.cpu().float().contiguous() for name, mean in network.encoder.means.items()}
    with atomically(path, what="network") as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors, metadata={KEY: json.dumps(asdict(network.spec), ensure_ascii=False)}))


def load_stylizer(path: str | PathLike[str]) -> Network:
    """Read a network, on the CPU in single precision.

    Raises:
        WeightsError: If there is no such file, it is not one of ours, it is damaged, or the weights of its encoder are missing.
    """
    given = Path(path)
    spec = load_spec(given)
    any_style = spec.kind == "any-style"
    try:
        tensors = {name: each.float() for name, each in safetensors.torch.load_file(given).items()}
    except (OSError, SafetensorError) as error:
        raise _unreadable(given, str(error)) from error
    try:
        ops = encoder_ops(BACKBONES[spec.encoder], spec.layer) if any_style else ()
        channels = ops[-1].after if ops else 3
        shapes = weight_shapes(spec, channels)
        stretch = prod((Fraction(output_stride(op, 2), 2) for op in (*ops, *spec.decoder_ops(channels))), start=Fraction(1))
    except (PincelError, ValueError) as error:
        raise _unreadable(given, display_name(str(error).partition(" · ")[0])) from error
    if stretch != 1:
        raise _unreadable(given, "what it paints is not as large as the picture")
    own = {name: _checked_tensor(given, name, tensors.get(name), shape) for name, shape in shapes.items()}
    encoder = load_encoder(spec, _means(given, spec, tensors)) if any_style else None
    return Network(spec, own, encoder).to(torch.device("cpu"))


def load_spec(path: Path) -> NetworkSpec:
    """Read the spec of a file, without its weights; raises as :func:`load_stylizer` does."""
    try:
        with safe_open(path, "pt") as opened:
            text = (opened.metadata() or {}).get(KEY)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    if text is None:
        raise _unreadable(path, "it holds something else")
    try:
        spec: NetworkSpec = TypeAdapter(NetworkSpec).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise _unreadable(path, f"its spec is not one: {'.'.join(map(str, first['loc']))} {first['msg']}") from error
    return replace(spec, name=printable(spec.name))


def find_stylizer(text: str) -> Path:
    """Return the file of a network: the one given, or for an empty text the one that comes with pincel.

    Raises:
        WeightsError: If none was given and none comes with this pincel.
    """
    if text:
        return Path(text)
    if not SHIPPED.is_file():
        raise WeightsError(one_line("network: none comes with this pincel", "none", ACCEPTED, "pincel train-style --help"))
    return SHIPPED


def _means(path: Path, spec: NetworkSpec, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    layers = {each.name: each.channels for each in BACKBONES[spec.encoder].up_to((spec.layer,)) if each.kind == "conv"}
    return {name: _checked_tensor(path, key := f"{MEANS}{name}", tensors.get(key), (n,)).double() for name, n in layers.items()}


def _checked_tensor(path: Path, name: str, tensor: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    if tensor is None or tuple(tensor.shape) != shape:
        raise _unreadable(path, f"its spec says that {name} is {shape}, and it holds {None if tensor is None else tuple(tensor.shape)}")
    if not bool(tensor.isfinite().all()):
        raise _unreadable(path, f"{name} has values that are no numbers")
    return tensor


def _unreadable(path: Path, reason: str) -> WeightsError:
    first = next(iter(reason.splitlines()), "it is empty")
    return WeightsError(one_line(f"network: cannot be read, {first}", quoted(path), ACCEPTED, "pincel train-style"))
