"""Compare recipe ``pastiche`` with the package pastiche 1.6.0: the objective at the start, and after N steps of L-BFGS.

Usage: python scripts/against_pastiche.py CONTENT STYLE [--size 256] [--steps 100]
"""

from __future__ import annotations

import argparse

import torch
from pastiche.pastiche import PasticheArtist

import pincel


def theirs(content: str, style: str, size: int, steps: int) -> tuple[float, float]:
    """Return the peer's loss at the start and after ``steps`` steps, from its own code."""
    artist = PasticheArtist(content, [style], size=size, device="cpu")
    start = float(artist.loss)
    for _ in range(steps):
        artist.draw()
    with torch.no_grad():
        return start, float(artist._calc_loss())


def ours(content: str, style: str, size: int, steps: int) -> tuple[float, float]:
    """Return our loss at the start and after ``steps`` steps (the last, not the best)."""
    losses = pincel.transfer(content, style, recipe="pastiche", size=size, steps=steps).losses
    return losses[0]["total"], losses[-1]["total"]


def main() -> None:
    """Print both, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args()
    pair = (given.content, given.style, given.size, given.steps)
    (our_start, our_end), (their_start, their_end) = ours(*pair), theirs(*pair)
    print(f"start      ours {our_start:.6g}  pastiche {their_start:.6g}  relative difference {our_start / their_start - 1:+.2e}")
    print(f"{given.steps} steps  ours {our_end:.6g}  pastiche {their_end:.6g}  ratio {our_end / their_end:.4f}")


if __name__ == "__main__":
    main()
