"""A network in one file of our own: safetensors, with its spec as JSON in the header. What is trained or imported here is kept so.

``conv1.weight`` (OIHW, RGB input), ``conv1.bias`` … float32. Anything that reads safetensors reads the numbers; pincel needs nothing beside
it to use the network. Reading runs no code of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

import safetensors.torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pincel.backbones.formats.weight_file import display_name
from pincel.backbones.specs import ModelSpec
from pincel.errors import WeightsError
from pincel.files import atomically, one_line, printable, quoted

KEY = "pincel"
# Networks that a file may be of, and the kinds of their layers.
NETWORKS, KINDS = ("vgg", "alexnet"), ("conv", "relu", "tanh", "pool", "norm", "fc")
# Channels, pixels and so on.
MOST = 2**20
# Of a folder that holds a trained network.
NAME = "network.safetensors"


def write_network(path: Path, spec: ModelSpec, weights: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Write a network, atomically.

    Args:
        path: The file.
        spec: What it is; where its file was found is not written, for this is now its file.
        weights: Each convolution or fully connected layer → (weight OIHW with RGB input, bias).

    Raises:
        OutputError: If it cannot be written.
    """
    numbers = {
        f"{name}.{part}": each.contiguous() for name, pair in weights.items() for part, each in zip(("weight", "bias"), pair, strict=True)
    }
    with atomically(path, what="network") as temporary:
        temporary.write_bytes(safetensors.torch.save(numbers, metadata={KEY: to_json(spec)}))


def read_network(path: Path, spec: ModelSpec) -> dict[str, tuple[Tensor, Tensor]]:
    """Read the weights of such a file.

    Args:
        path: The file.
        spec: Says which layers it must hold, and how large each is.

    Raises:
        WeightsError: If it cannot be read, or holds other layers.
    """
    try:
        numbers = safetensors.torch.load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, str(error)) from error
    if foreign := next((name for name, each in numbers.items() if not each.is_floating_point()), None):
        raise _unreadable(path, f"its {display_name(foreign)} is of whole numbers")
    weights, before = {}, 3
    for layer in spec.layers:
        if layer.kind not in ("conv", "fc"):
            continue
        wanted = (layer.channels, before // layer.groups, layer.kernel, layer.kernel)
        weight, bias = numbers.get(f"{layer.name}.weight"), numbers.get(f"{layer.name}.bias")
        if weight is None or bias is None or weight.shape != wanted or bias.shape != wanted[:1]:
            raise _unreadable(
                path, f"its spec says that {layer.name} is {wanted}, and it holds {None if weight is None else tuple(weight.shape)}"
            )
        weights[layer.name], before = (weight.float(), bias.float()), layer.channels
    return weights


def read_spec(path: Path) -> ModelSpec:
    """Read what network a file holds, without its weights.

    Returns:
        The spec, whose ``path`` is this file and whose format is ``safetensors``.

    Raises:
        WeightsError: If there is no such file, or it is not one of ours.
    """
    try:
        with safe_open(path, "pt") as opened:
            text = (opened.metadata() or {}).get(KEY)
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    if text is None:
        raise _unreadable(path, "it has no spec", "pincel weights import")
    return replace(from_json(text, path), path=str(path), format="safetensors", package="", file=path.name, url="", mirrors=(), channels="")


def to_json(spec: ModelSpec) -> str:
    """Return a spec as JSON, without what is as it is by default."""
    default = {each.name for each in fields(ModelSpec) if each.default is not MISSING and getattr(spec, each.name) == each.default}
    return json.dumps({name: value for name, value in asdict(spec).items() if name not in default and name != "path"}, ensure_ascii=False)


def from_json(text: str, path: Path) -> ModelSpec:
    """Return the spec that :func:`to_json` wrote.

    Raises:
        WeightsError: If it is another text, or of a network that cannot be.
    """
    try:
        found: Any = TypeAdapter(ModelSpec).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _unreadable(path, f"its spec is not one: {where} {first['msg']}") from error
    spec: ModelSpec = found
    if (odd := next(_odd(spec), None)) is not None:
        raise _unreadable(path, f"its spec is not one: {odd}")
    return replace(
        spec,
        name=printable(spec.name),
        summary=printable(spec.summary),
        source=printable(spec.source),
        licence=printable(spec.licence),
        classes=tuple(map(printable, spec.classes)),
    )


def _odd(spec: ModelSpec) -> Iterator[str]:
    """Yield what cannot be of a spec, which anybody may have written: it is obeyed where its network is built."""
    if spec.network not in NETWORKS or spec.filters:
        yield f"network '{display_name(spec.network)}' is none of {', '.join(NETWORKS)}"
    if not all(map(isfinite, spec.mean)) or not all(isfinite(each) and each > 0 for each in spec.std):
        yield "mean or std are no numbers to subtract and divide by"
    if len(set(spec.names)) < len(spec.layers) or not spec.layers:
        yield "layers without a name of their own"
    for layer in spec.layers:
        counts = (layer.channels, layer.stride, layer.receptive_field, layer.kernel, layer.step, layer.groups)
        if layer.kind not in KINDS or min(counts) < 1 or min(layer.pad, layer.products) < 0 or max(*counts, layer.pad) > MOST:
            yield f"layer '{display_name(layer.name)}' is none that there can be"


def _unreadable(path: Path, reason: str, remedy: str = "pincel weights import FILE --as NAME --force") -> WeightsError:
    first = next(iter(reason.splitlines()), "it is empty")
    return WeightsError(one_line(f"network: cannot be read, {first}", quoted(path), "a file that pincel wrote", f"'{remedy}'"))
