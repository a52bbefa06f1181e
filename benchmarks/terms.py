"""What each style term costs, and what weight gives it the say of Gram matrices.

Usage: python benchmarks/terms.py [CONTENT STYLE] [--size 512] [--rounds 5]

A step is an evaluation of the objective and its gradient, of style alone, at the content picture. All terms take turns in each round;
the table has the median, in seconds and in steps with Gram matrices, and the weight with which the term begins as large as Gram's.
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

import pincel
from _tables import grid
from pincel.losses import STYLE_TERMS


def built(term: str, content: str, style: str, size: int) -> pincel.Run:
    """Return a run whose objective is one style term."""
    given: dict[str, Any] = {"size": size, "steps": 1, "scales": "none", "content_weight": 0, "tv_weight": 0}
    return pincel.Run(content, style, recipe="gram", machine=pincel.Machine.resolve(precision="fp32"), style_terms=term, **given)


def main() -> None:
    """Print a line a term."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=["sample:harbour", "sample:impasto"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    content, style = given.pictures
    runs = {term: built(term, content, style, given.size) for term in STYLE_TERMS}
    seconds: dict[str, list[float]] = {term: [] for term in STYLE_TERMS}
    totals: dict[str, float] = {}
    # The first round is not counted: memory is asked for, kernels are chosen.
    for counted in [False] + [True] * given.rounds:
        for term, run in runs.items():
            x = run.objectives.full.problem.canvas.encode(run.recipe.white * run.objectives.images.content.pixels)
            began = time.perf_counter()
            evaluation, _ = run.objectives.full.gradient(x)
            taken = time.perf_counter() - began
            totals[term] = float(evaluation.total)
            if counted:
                seconds[term].append(taken)
    medians = {term: median(seconds[term]) for term in STYLE_TERMS}
    rows = [
        (f"`{term}`", f"{each:.2f}", f"{each / medians['gram']:.2f}", f"{totals['gram'] / totals[term]:.1e}")
        for term, each in medians.items()
    ]
    print(grid(("style term", "seconds a step", "÷ `gram`", "weight as large as `gram`"), rows))


if __name__ == "__main__":
    main()
