"""What tiles cost, and that they change nothing: the same run whole and in tiles.

    python benchmarks/tiles.py photo.jpg painting.jpg --size 512 --steps 30 pool2=256 pool3=256,rest=512

Prints, for each layout, seconds of a step as a share of the whole picture's (medians, in turn), the same share as the plan expects it, the
largest difference of the slopes, and that of the saved pictures after all steps, in gray levels.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from statistics import median

import numpy as np

from pincel.engine.clock import timed
from pincel.engine.estimate import CostModel
from pincel.engine.layout import parse_layout
from pincel.engine.memory import retain_heap
from pincel.run import sizes
from pincel.run.machine import Machine
from pincel.run.run import Run

ROUNDS = 5


def main() -> None:
    """Print a row a layout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("layouts", nargs="*", default=["pool2=256", "pool3=256", "pool2=256,pool3=512", "rest=512"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--precision", default="auto")
    asked = parser.parse_intermixed_args()
    retain_heap()

    def run(tiles: str) -> Run:
        machine = Machine.resolve(precision=asked.precision, tiles=tiles)
        return Run(asked.content, asked.style, machine=machine, size=asked.size, steps=asked.steps, scales="none")

    whole = run("whole")
    layouts = [parse_layout(text) for text in ("whole", *asked.layouts)]
    evaluators = [replace(whole.objectives.full, layout=layout) for layout in layouts]
    x = whole.objectives.full.problem.canvas.encode(whole.recipe.white * whole.objectives.images.content.pixels)
    seconds: list[list[float]] = [[] for _ in evaluators]
    for _ in range(ROUNDS + 1):
        for times, evaluator in zip(seconds, evaluators, strict=True):
            times.append(timed(lambda looked=evaluator: looked.gradient(x), whole.machine.device))  # type: ignore[misc]
    slopes = [evaluator.gradient(x)[1] for evaluator in evaluators]
    cost_model = CostModel(whole.objectives.full.problem.backbone, sizes.needed_layers(whole.recipe), whole.machine.device)
    work = [cost_model.cost(whole.size, layout).work for layout in layouts]
    print(f"{whole.size[1]}×{whole.size[0]}, {whole.machine.precision}, {asked.steps} steps: {median(seconds[0][1:]):.2f} s a step")
    print("| tiles | time ÷ whole | expected | slopes: largest difference | pictures |")
    print("|---|--:|--:|--:|--:|")
    first = _painted(whole)
    for index, layout in list(enumerate(layouts))[1:]:
        ratio = median(seconds[index][1:]) / median(seconds[0][1:])
        apart = float((slopes[index] - slopes[0]).abs().max() / slopes[0].abs().max())
        levels = int(np.abs(_painted(run(str(layout))) - first).max())
        print(f"| {layout} | {ratio:.2f} | {work[index] / work[0]:.2f} | {apart:.1g} | {levels} levels |", flush=True)


def _painted(run: Run) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    for _ in run:
        pass
    return np.asarray(run.result.image).astype(np.int64)


if __name__ == "__main__":
    main()
