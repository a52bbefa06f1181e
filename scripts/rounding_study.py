"""What each way of multiplying does to the objective and to the direction of its gradient, beside the direct sum in single precision.

Usage: python scripts/rounding_study.py [CONTENT STYLE] [--size 256] [--recipe pastiche …] [--noise 25]

Looked at is the photograph, as it is and under noise: at the photograph itself J_content is 0, and every difference is one of style. bf16
is also shown with fewer multiplications (Winograd) in more layers than ``--precision bf16`` uses them for: from N channels on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG, WORTH_IT
from pincel.engine.precision import DEEP, FP32, Precision
from pincel.recipes import build
from pincel.run import Run


def ways(network: VGG, layers: frozenset[str]) -> Iterator[tuple[str, VGG]]:
    """Yield name, network."""
    for precision in (Precision("fp32", "winograd"), Precision("bf16")):
        yield str(precision), precision.applied(network, layers)
    for channels in (WORTH_IT, 2 * WORTH_IT, DEEP):
        yield f"bf16, Winograd from {channels}", network.with_winograd(layers, channels).in_half()


def looked_at(run: Run, network: VGG, pixels: Tensor) -> tuple[float, Tensor]:
    """Return the total of some pixels as a network sees them, and its gradient."""
    problem = build.make_problem(run.recipe, run.materials, network, torch.device("cpu"), FP32)
    leaf = pixels.clone().requires_grad_()
    total = problem.judge(leaf).total
    (slope,) = torch.autograd.grad(total, leaf)
    return float(total.detach()), slope.flatten()


def main() -> None:
    """Print a table a recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", nargs="?", default="sample:harbour")
    parser.add_argument("style", nargs="?", default="sample:impasto")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--recipe", nargs="+", default=["pastiche", "pincel"])
    parser.add_argument("--noise", type=float, default=25.0, help="standard deviation in grey levels")
    given = parser.parse_args()
    for recipe in given.recipe:
        run = Run(given.content, given.style, recipe=recipe, size=given.size, precision=FP32)
        network = run.problem.backbone
        if not isinstance(network, VGG):
            parser.error(f"{recipe} looks with a network that multiplies in one way only")
        photograph = run.recipe.white * run.materials.content.pixels
        noise = given.noise / 255 * run.recipe.white * torch.randn(photograph.shape, generator=torch.Generator().manual_seed(0))
        pictures = (photograph, (photograph + noise).clamp(0, run.recipe.white))
        expected = [looked_at(run, network, each) for each in pictures]
        print(f"\n{recipe}, {run.size[1]}×{run.size[0]}\n\n| way | J | cosine | J under noise | cosine |\n|---|--:|--:|--:|--:|")
        for name, changed in ways(network, frozenset(run.problem.objective.layers)):
            cells = []
            for (total, slope), pixels in zip(expected, pictures, strict=True):
                found, other = looked_at(run, changed, pixels)
                cells += [f"{found / total - 1:+.3%}", f"{float(torch.cosine_similarity(slope, other, dim=0)):.5f}"]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
