"""The network of a recipe: with its weights, faster in the precision of a machine, or without weights, to plan with."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import torch

from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.calibrate import Progress, normalized_vgg
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.recipes.schema import Recipe
from pincel.run.cache import IdentityKey
from pincel.run.machine import Machine
from pincel.run.sizes import needed_layers

META = torch.device("meta")
LAYERED = ("vgg", "alexnet")
"""Kinds of networks whose layers say how large their weights are."""


def network_key(recipe: Recipe, device: torch.device) -> Hashable:
    """Return what a loaded network depends on."""
    return recipe.backbone, recipe.pooling, recipe.pool_rounding, recipe.padding, recipe.activations, recipe.calibration, device


@dataclass(frozen=True)
class Networks:
    """The network of a run, loaded.

    Attributes:
        exact: As trained, in full precision.
        fast: In the precision of the machine, for the layers of the recipe.
        notes: What was out of the ordinary, a sentence each.
    """

    exact: VGG
    fast: VGG
    notes: tuple[str, ...]


def load_networks(recipe: Recipe, machine: Machine, progress: Progress) -> Networks:
    """Load the network of a recipe; arguments and errors as of :func:`load_network`."""
    notes: list[str] = []
    exact = load_network(recipe, machine, notes.append, progress)
    return Networks(exact, in_precision(exact, recipe, machine), tuple(notes))


def load_network(recipe: Recipe, machine: Machine, notify: Callable[[str], None], progress: Progress) -> VGG:
    """Load the network a recipe asks for, with its pooling and its scaling, onto the device of a machine.

    Args:
        recipe: Asks for it.
        machine: Its cache may hold it.
        notify: Called with each note: the record of every picture says what its network is, whichever run had it loaded.
        progress: Called while it is calibrated; see :func:`pincel.backbones.calibrate.normalized_vgg`.

    Raises:
        WeightsError: If its weights are missing or damaged.
    """

    def load() -> tuple[VGG, list[str]]:
        notes: list[str] = []
        network = _make(recipe).to(machine.device)
        if recipe.activations == "normalized":
            network = normalized_vgg(network, recipe.calibration, notes.append, progress)
        return network, notes

    network, notes = machine.cache.get_or_make("network", network_key(recipe, machine.device), load)
    for note in notes:
        notify(note)
    return network


def in_precision(network: VGG, recipe: Recipe, machine: Machine) -> VGG:
    """Return a network that multiplies in the precision of a machine, for the layers a recipe asks for."""
    layers = needed_layers(recipe)
    key = IdentityKey(network), str(machine.precision), frozenset(layers)
    return machine.cache.get_or_make("network in precision", key, lambda: machine.precision.applied(network, layers))


def network_outline(recipe: Recipe, machine: Machine) -> VGG:
    """Return the network of a recipe in the precision of a machine, without any numbers: on the meta device it computes shapes.

    Networks whose layers do not say how large their weights are (filters drawn at random, those of timm) are loaded for it.
    """

    def make() -> VGG:
        spec = BACKBONES[recipe.backbone]
        plain = _make(recipe, empty_weights(spec)) if spec.network in LAYERED else _make(recipe)
        return plain.to(META)

    key = network_key(recipe, META)
    return in_precision(machine.cache.get_or_make("network", key, make), recipe, machine)


def network_bytes(outline: VGG, recipe: Recipe, machine: Machine) -> int:
    """Return the memory that loading a network takes, as trained and in the precision of the machine; 0 if the cache holds it."""
    if machine.cache.holds("network", network_key(recipe, machine.device)):
        return 0
    exact = 4 * outline.spec.parameters
    fewer = sum(each.nbytes for layer in outline.winograd.values() for each in (layer.kernels, layer.bias))
    halves = sum(each.nbytes for pair in outline.weights.values() for each in pair if each.dtype != torch.float32)
    return exact + fewer + halves


def empty_weights(spec: ModelSpec) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return weights (out, in / groups, k, k) and biases (out,) of the shapes a spec says, without numbers."""
    weights, channels = {}, 3
    for layer in spec.layers:
        if layer.kind in ("conv", "fc"):
            shape = layer.channels, channels // layer.groups, layer.kernel, layer.kernel
            weights[layer.name] = torch.empty(shape, device=META), torch.empty(layer.channels, device=META)
        channels = layer.channels
    return weights


def _make(recipe: Recipe, weights: dict[str, tuple[torch.Tensor, torch.Tensor]] | None = None) -> VGG:
    spec = BACKBONES[recipe.backbone]
    given = {} if weights is None else {"weights": weights}
    return NETWORKS[spec.network](spec, pooling=recipe.pooling, pool_rounding=recipe.pool_rounding, padding=recipe.padding, **given)
