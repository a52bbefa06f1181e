"""Paint with a checkout of NNST (github.com/nkolkin13/NeuralNeighborStyleTransfer), in any size, without a GPU too.

Usage: python _nnst.py CHECKOUT CONTENT STYLE OUTPUT SIZE

Its own command line paints in 512 or 1024 pixels and asks CUDA for the time even with --cpu. All values are those of its command line. All
sides of both pictures must have 256 pixels or more in that size.
"""

from __future__ import annotations

import random
import sys
from importlib import import_module

import numpy as np
import torch
from PIL import Image


def main(checkout: str, content: str, style: str, output: str, size: str) -> None:
    """Paint a picture."""
    sys.path.insert(0, checkout)
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    misc, vgg, stylize = (import_module(name) for name in ("utils.misc", "pretrained.vgg", "utils.stylize"))
    vars(misc)["USE_GPU"] = torch.cuda.is_available()
    network = misc.to_device(vgg.Vgg16Pretrained())
    photograph, painting = (
        misc.to_device(misc.load_path_for_pytorch(path, target_size=int(size))).unsqueeze(0) for path in (content, style)
    )
    painted = stylize.produce_stylization(
        photograph,
        painting,
        lambda x, layers, together: network.forward(x, inds=layers, concat=together),
        max_iter=200,
        lr=2e-3,
        content_weight=0.25,
        max_scls=4 if int(size) < 1024 else 5,
        flip_aug=True,
    )
    pixels = np.clip(painted[0].permute(1, 2, 0).detach().cpu().numpy(), 0, 1)
    Image.fromarray((pixels * 255).astype(np.uint8)).save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
