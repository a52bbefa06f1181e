"""Matches the layers of a weight file with those of a spec."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from pincel.backbones.formats import Weights
from pincel.backbones.formats.weight_file import StoredLayer, WeightFile, display_name
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.errors import WeightsError
from pincel.files import one_line, quoted

# Mean colors (0-255) whose difference is smaller are equal but for rounding.
NEAR = 1.0
COLORS = 3


class LayerMatch(NamedTuple):
    """A layer of a network and its weights in a file.

    Attributes:
        layer: The layer.
        before: Its input channels, of all groups.
        found: The layers of the file for it: one, or as many as it has groups.
    """

    layer: LayerSpec
    before: int
    found: tuple[StoredLayer, ...]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(out, in / groups, k, k)."""
        return self.layer.channels, self.before // self.layer.groups, self.layer.kernel, self.layer.kernel


def match_layers(held: WeightFile, spec: ModelSpec, path: Path) -> Weights:
    """Return the weights of a file with the names, shapes and order of colors that a network needs.

    Layers are matched by name if the file has all names of the spec, else one after the other; what the file has beyond the spec's last
    layer is left out. A convolution in groups may be in as many parts. Of several networks in a file it is :func:`matching_network`.

    Args:
        held: The content of the file.
        spec: The network; its ``channels``, or those usual in such files, are the order of colors in the first convolution.
        path: The file, for messages.

    Returns:
        Convolution or fully connected layer → (weight (out, in / groups, k, k) with RGB input, bias (out,)), float32.

    Raises:
        WeightsError: If a layer is missing or has another shape, or the file subtracts another mean than the spec.
    """
    held = matching_network(held, spec, path)
    if held.mean and max(abs(one - other) for one, other in zip(held.mean, spec.mean, strict=True)) > NEAR:
        raise _another_mean(held.mean, spec, path)
    places = _matched(held, spec, path)
    weights = {place.layer.name: _converted(place) for place in places}
    first = places[0]
    if first.before == COLORS and (spec.channels or held.channels) == "bgr":
        # Only the first layer sees colors.
        weight, bias = weights[first.layer.name]
        weights[first.layer.name] = weight.flip(1), bias
    return weights


def matching_network(held: WeightFile, spec: ModelSpec, path: Path) -> WeightFile:
    """Return the first of the networks in a file whose layers are those of a spec; the first of all if none is."""
    for each in (held, *held.others):
        with suppress(WeightsError):
            _matched(each, spec, path)
            return each
    return held


def candidate_specs(held: WeightFile) -> tuple[ModelSpec, ...]:
    """Return the specs whose layers have the shapes of those of a network in a file.

    Args:
        held: The network; the others in its file do not matter.

    Returns:
        Those that pincel knows and that have all its layers; if there is none, those that have its first ones.
    """
    from pincel.backbones import BACKBONES  # noqa: PLC0415 - it lists all networks, and fitting needs none of them

    whole, part = list[ModelSpec](), list[ModelSpec]()
    for name in BACKBONES:
        # Imports may be damaged, and most networks do not fit.
        with suppress(WeightsError):
            spec = BACKBONES[name]
            if not spec.path and not spec.filters:
                used = sum(len(place.found) for place in _matched(held, spec, Path()))
                (whole if used == len(held.layers) else part).append(spec)
    return tuple(whole or part)


def _matched(held: WeightFile, spec: ModelSpec, path: Path) -> list[LayerMatch]:
    """Return the match of each layer of the spec; raises WeightsError for a wrong shape."""
    needed = [layer for layer in spec.layers if layer.kind in ("conv", "fc")]
    if not needed:
        raise WeightsError(one_line(f"weights: {spec.name} is no stack of layers", quoted(path), "VGG, AlexNet", "another --like"))
    named = {layer.name: layer for layer in held.layers}
    agreeing = sum(layer.name in named for layer in needed)
    # Without all names, layers are matched in order; where there are fewer layers than needed, names tell which is missing.
    by_name = agreeing == len(needed) or (agreeing > 0 and len(held.layers) < len(needed))
    rest = None if by_name else list(held.layers)
    places, before = list[LayerMatch](), COLORS
    for layer in needed:
        found = _parts(layer, rest) if rest is not None else (named[layer.name],) if layer.name in named else ()
        place = LayerMatch(layer, before, found)
        if not _fits(place):
            raise _another_network(place, spec, path)
        places.append(place)
        before = layer.channels
    return places


def _parts(layer: LayerSpec, rest: list[StoredLayer]) -> tuple[StoredLayer, ...]:
    """Take the next layer of the file, or as many as there are groups if the next is one of them."""
    count = layer.groups if rest and rest[0].weight.shape[0] * layer.groups == layer.channels else 1
    taken = tuple(rest[:count])
    del rest[:count]
    return taken


def _fits(place: LayerMatch) -> bool:
    share = place.layer.channels // max(1, len(place.found))
    return bool(place.found) and all(
        found.weight.shape == (share, *_inputs(place, found)) and found.bias is not None and found.bias.shape == (share,)
        for found in place.found
    )


def _inputs(place: LayerMatch, found: StoredLayer | None) -> tuple[int, ...]:
    """Return the axes after the first that a layer needs: a single one where the file has a matrix for a fully connected layer."""
    _, channels, rows, columns = place.shape
    matrix = place.layer.kind == "fc" and found is not None and found.weight.ndim == 2
    return (channels * rows * columns,) if matrix else (channels, rows, columns)


def _converted(place: LayerMatch) -> tuple[Tensor, Tensor]:
    """Return the weight as that of a convolution, and the bias, float32 and one behind the other in memory."""
    _, channels, rows, columns = place.shape
    weights, biases = list[Tensor](), list[Tensor]()
    for found in place.found:
        weight = found.weight
        if weight.ndim == 2 and found.flat == "hwc":
            weight = weight.reshape(-1, rows, columns, channels).permute(0, 3, 1, 2)
        weights.append(weight.reshape(-1, channels, rows, columns).float())
        biases.extend(() if found.bias is None else (found.bias.float(),))
    return torch.cat(weights), torch.cat(biases)


def _another_network(place: LayerMatch, spec: ModelSpec, path: Path) -> WeightsError:
    layer, found = place.layer, place.found[0] if place.found else None
    shapes = tuple(None if each is None else tuple(each.shape) for each in (found.weight, found.bias)) if found else (None, None)
    wanted = (layer.channels, *_inputs(place, found))
    return WeightsError(
        f"The weights of {spec.name} are of another network: in {path}, {display_name(found.name) if found else layer.name} has shapes "
        f"{shapes[0]} and {shapes[1]}, {layer.name} needs {wanted} and {(layer.channels,)}."
    )


def _another_mean(mean: tuple[float, float, float], spec: ModelSpec, path: Path) -> WeightsError:
    failed = f"weights: the file subtracts the color {_spelled(mean)}, and {spec.name} another"
    return WeightsError(one_line(failed, quoted(path), f"a file of {_spelled(spec.mean)}", "a network that subtracts it: pincel backbones"))


def _spelled(color: Sequence[float]) -> str:
    return " ".join(f"{each:.2f}" for each in color)
