"""How far L-BFGS gets on each canvas: total of the objective, relative to moving pixels, after the same number of steps.

Usage: python scripts/canvas_study.py CONTENT STYLE [CONTENT STYLE …] [--size 128] [--steps 100] [--recipe pastiche]
"""

from __future__ import annotations

import argparse
from statistics import geometric_mean

import pincel
from pincel.canvas import CANVASES


def main() -> None:
    """Print a table: a line a pair, a column a canvas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=["sample:harbour", "sample:impasto", "sample:lake", "sample:woodcut"])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--recipe", default="pastiche")
    given = parser.parse_args()
    pairs = list(zip(given.pictures[::2], given.pictures[1::2], strict=True))
    columns: dict[str, list[float]] = {name: [] for name in CANVASES}
    print(f"{'total after ' + str(given.steps) + ' steps, relative':<50}" + "".join(f"{name:>12}" for name in columns))
    for content, style in pairs:
        totals = {
            name: pincel.transfer(content, style, recipe=given.recipe, size=given.size, steps=given.steps, canvas=name).losses[-1]["total"]
            for name in columns
        }
        for name, total in totals.items():
            columns[name].append(total / totals["pixels"])
        print(f"{content + ' × ' + style:<50.50}" + "".join(f"{ratios[-1]:>12.3f}" for ratios in columns.values()), flush=True)
    print(f"{'geometric mean':<50}" + "".join(f"{geometric_mean(ratios):>12.3f}" for ratios in columns.values()))


if __name__ == "__main__":
    main()
