"""What every picture of a pair is judged by, whoever painted it: a table of measures, and the network that sees for some of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean, mean

import torch
from torch import Tensor

from _measures import (
    affinity_divergence,
    color_distance,
    contrast,
    cosine_distance,
    frechet_share,
    ghosting,
    grain,
    gram_share,
    moments_of,
    on_grid,
    wasserstein_share,
)
from pincel.backbones import BACKBONES, vgg
from pincel.backbones.store import is_cached
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.functional.similarity import self_similarity_distance
from pincel.images.io import load_picture
from pincel.images.resize import area_size, resize, target_size

NETWORKS = ("vgg16", "vgg16-keras", "vgg16-jcjohnson", "vgg16-torchvision")
"""The first whose file is here is the default: recipes do not optimize what these see. Else it is vgg19, at other layers than theirs."""


@dataclass(frozen=True)
class Layers:
    """Of a network, what is compared with what: five with the painting; one with the photograph; and one, how its positions are alike."""

    style: tuple[str, ...]
    content: str
    affinity: str


LAYERS = {
    "vgg16": Layers(("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), "relu4_2", "relu3_1"),
    # Recipes optimize relu1_1 … relu5_1 and relu4_2 of this one.
    "vgg19": Layers(("relu1_2", "relu2_2", "relu3_2", "relu4_3", "relu5_2"), "relu4_3", "relu3_2"),
}


@dataclass(frozen=True)
class Measure:
    """A number of a picture.

    Attributes:
        name: In files.
        head: In tables.
        meaning: One phrase for the legend.
        fault: value → how bad it is, 0 or more, less is better: what pictures are compared by.
        average: Of several pairs.
    """

    name: str
    head: str
    meaning: str
    fault: Callable[[float], float] = abs
    average: Callable[[Sequence[float]], float] = mean


MEASURES = (
    Measure("wasserstein", "SW", "sliced Wasserstein distance to the painting, in units of its mean square"),
    Measure("gram", "Gram", "squared distance of Gram matrices to the painting, in units of its own squares"),
    Measure("frechet", "Fréchet", "Fréchet distance of moments to the painting, in units of its variance"),
    Measure("self_similarity", "selfsim", "self-similarity distance to the photograph, from 0 to 2"),
    Measure("cosine", "1-cos", "1 - cosine of the features to the photograph's"),
    Measure("affinity", "CFSD", "divergence of affinities from the photograph's, in nats"),
    Measure("grain", "grain", "finest band's energy ÷ the painting's; above 1 is grain", lambda v: max(v, 1.0) - 1, geometric_mean),
    Measure("ghosting", "ghosts", "correlation of the finest bands of picture and photograph; 0 is chance", lambda v: max(v, 0.0)),
    Measure("contrast", "contrast", "standard deviation of luminance ÷ the painting's", lambda v: abs(math.log(v)), geometric_mean),
    Measure("color", "ΔE", "Wasserstein distance of the colors to the painting's in CIELAB"),
)


def default_network() -> str:
    """Return the first of ``NETWORKS`` whose file is here, or vgg19."""
    return next((name for name in NETWORKS if is_cached(BACKBONES[name])), "vgg19")


def layers_of(network: str) -> Layers:
    """Return what a network is asked for.

    Raises:
        OptionError: For a network that is no VGG-16 or VGG-19.
    """
    found = LAYERS.get(network[:5])
    if found is None or network not in BACKBONES:
        known = [name for name in BACKBONES if name[:5] in LAYERS]
        raise OptionError(one_line("network: nothing is known of its layers", quoted(network), ", ".join(known), "vgg19"))
    return found


def network_legend(network: str) -> str:
    """Return a sentence on the network and the layers."""
    layers = layers_of(network)
    return (
        f"Features of {network}, max pooling: {', '.join(layers.style)} for distances to the painting (their mean), "
        f"{layers.content} for selfsim and 1-cos, {layers.affinity} for CFSD."
    )


def load_network(network: str, device: torch.device) -> VGG:
    """Load a network as trained."""
    layers_of(network)
    return vgg.load_vgg(BACKBONES[network]).to(device)


def load_seen(content: Path, style: Path, size: int) -> tuple[Tensor, Tensor]:
    """Load photograph and painting as they are compared.

    Args:
        content: Photograph.
        style: Painting.
        size: Long side of the photograph.

    Returns:
        (1, 3, H, W) each; of the painting as many pixels as of the photograph, or its own if they are fewer.
    """
    photograph, painting = (load_picture(path, background="white").pixels for path in (content, style))
    seen = resize(photograph, target_size(photograph.shape[-2], photograph.shape[-1], size), "lanczos")
    (height, width), shape = painting.shape[-2:], seen.shape
    return seen, resize(painting, area_size(height, width, min(shape[-2] * shape[-1], height * width)), "lanczos")


class Judge:
    """Measures pictures of one pair.

    Args:
        photograph: As :func:`load_seen` gives it.
        painting: Likewise.
        network: Sees for the distances of features; see :func:`load_network`.
    """

    def __init__(self, photograph: Tensor, painting: Tensor, network: VGG) -> None:
        self._photograph, self._painting, self._network = photograph, painting, network
        self._layers = layers_of(network.spec.name)
        self._painted, self._photographed = self._features(painting), self._features(photograph)
        self._moments = {layer: moments_of(self._painted[layer]) for layer in self._layers.style}

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the photograph, and of the pictures to be measured."""
        return self._photograph.shape[-2], self._photograph.shape[-1]

    def measure(self, pixels: Tensor) -> dict[str, float]:
        """Return measure → number; a picture of another shape, as the painting itself, is brought to the photograph's for what is where."""
        placed = resize(pixels, self.size, "lanczos")
        seen = self._features(pixels)
        return {
            **self._style(seen),
            **self._content(seen if placed is pixels else self._features(placed)),
            "grain": grain(pixels, self._painting),
            "ghosting": ghosting(placed, self._photograph),
            "contrast": contrast(pixels, self._painting),
            "color": color_distance(pixels, self._painting),
        }

    def measure_copies(self) -> dict[str, dict[str, float]]:
        """Return the numbers of photograph and painting unchanged: what a measure says of doing nothing, and of going too far."""
        return {"copy of content": self.measure(self._photograph), "copy of style": self.measure(self._painting)}

    def _style(self, seen: Mapping[str, Tensor]) -> dict[str, float]:
        layers = self._layers.style
        moments = {layer: moments_of(seen[layer]) for layer in layers}
        return {
            "wasserstein": mean(wasserstein_share(seen[layer], self._painted[layer]) for layer in layers),
            "gram": mean(gram_share(moments[layer], self._moments[layer]) for layer in layers),
            "frechet": mean(frechet_share(moments[layer], self._moments[layer]) for layer in layers),
        }

    def _content(self, seen: Mapping[str, Tensor]) -> dict[str, float]:
        content, affinity = self._layers.content, self._layers.affinity
        forms, there = on_grid(seen[content]), on_grid(self._photographed[content])
        return {
            "self_similarity": float(self_similarity_distance(forms, there)),
            "cosine": cosine_distance(forms, there),
            "affinity": affinity_divergence(on_grid(seen[affinity]), on_grid(self._photographed[affinity])),
        }

    def _features(self, pixels: Tensor) -> dict[str, Tensor]:
        wanted = {*self._layers.style, self._layers.content, self._layers.affinity}
        device = next(iter(self._network.weights.values()))[0].device
        with torch.no_grad():
            return self._network.features(255 * pixels.to(device), wanted)
