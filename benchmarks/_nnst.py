"""Paint with a checkout of NNST (github.com/nkolkin13/NeuralNeighborStyleTransfer), in any size, without a GPU too.

Usage: python _nnst.py CHECKOUT CONTENT STYLE OUTPUT SIZE [--iterations N] [--network vgg19] [--uncolored]

Its own command line paints in 512 or 1024 pixels and asks CUDA for the time even with --cpu. All values are those of its command line. All
sides of both pictures must have 256 pixels or more in that size.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.vgg import load_vgg

# (picture, numbers of layers of VGG-16, whether they are put together) → the features of the layers.
Network: TypeAlias = Callable[[Tensor, Sequence[int], bool], Any]

LAYERS = {
    1: "relu1_1",
    3: "relu1_2",
    6: "relu2_1",
    8: "relu2_2",
    11: "relu3_1",
    13: "relu3_2",
    15: "relu3_3",
    18: "relu4_1",
    20: "relu4_2",
    22: "relu4_3",
}
"""Those that it takes, by their numbers in the network of torchvision."""


def main(texts: Sequence[str] | None = None) -> None:
    """Paint a picture."""
    given = _arguments(texts)
    sys.path.insert(0, given.checkout)
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    misc, stylize = (import_module(name) for name in ("utils.misc", "utils.stylize"))
    vars(misc)["USE_GPU"] = torch.cuda.is_available()
    network = _vgg16(misc.to_device) if given.network == "vgg16" else _vgg19(misc.to_device)
    photograph, painting = (
        misc.to_device(misc.load_path_for_pytorch(path, target_size=given.size)).unsqueeze(0) for path in (given.content, given.style)
    )
    painted = stylize.produce_stylization(
        photograph,
        painting,
        network,
        max_iter=given.iterations,
        lr=2e-3,
        content_weight=0.25,
        max_scls=4 if given.size < 1024 else 5,
        flip_aug=True,
        dont_colorize=given.uncolored,
    )
    pixels = np.clip(painted[0].permute(1, 2, 0).detach().cpu().numpy(), 0, 1)
    Image.fromarray((pixels * 255).astype(np.uint8)).save(given.output)


def _vgg16(to_device: Callable[[Any], Any]) -> Network:
    """Its own network, with weights that torchvision downloads."""
    network = to_device(import_module("pretrained.vgg").Vgg16Pretrained())
    return lambda x, layers, together: network.forward(x, inds=layers, concat=together)


def _vgg19(to_device: Callable[[Any], Any]) -> Network:
    """The network of pincel, of which the weights are at hand, to the layers of the same names."""
    network = to_device(load_vgg(BACKBONES["vgg19"]))

    def features(x: Tensor, layers: Sequence[int], _together: bool) -> list[Tensor]:
        names = [LAYERS[number] for number in sorted(layers)]
        found = network.features(255 * x, names)
        return [found[name] for name in names]

    return features


def _arguments(texts: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("checkout", "content", "style", "output"):
        parser.add_argument(name)
    parser.add_argument("size", type=int)
    parser.add_argument("--iterations", type=int, default=200, help="of each scale and of the last pass [200]")
    parser.add_argument("--network", choices=["vgg16", "vgg19"], default="vgg16", help="its own, or pincel's [vgg16]")
    parser.add_argument("--uncolored", action="store_true", help="leave out the last step, which moves colors")
    return parser.parse_args(texts)


if __name__ == "__main__":
    main()
