"""Where the time of a step goes: one loss and its gradient, by kind of work.

Usage: python benchmarks/step.py [CONTENT STYLE] [--size 512] [--steps 3] [--precision auto] [--give-back]
"""

from __future__ import annotations

import argparse

import torch
from torch.profiler import ProfilerActivity, profile

from _tables import grid
from pincel.engine.memory import retain_heap
from pincel.run.machine import Machine
from pincel.run.run import Run

KINDS = {
    "convolutions, direct": ("mkldnn_convolution", "convolution_backward", "cudnn_convolution", "convolution_overrideable"),
    "matrix products: Winograd convolutions, Gram matrices": ("bmm", "baddbmm"),
    "changes of basis of the Winograd convolutions": ("mm", "addmm"),
    "copies: windows, tiles, layouts": ("copy_", "clone", "contiguous"),
    "ReLU and its gradient": ("clamp_min", "clamp_min_", "threshold_backward", "relu", "relu_"),
    "pooling and its gradient": ("max_pool2d_with_indices", "max_pool2d_with_indices_backward", "avg_pool2d", "avg_pool2d_backward"),
    "sums, differences, squares": ("add", "add_", "sub", "mul", "mul_", "div", "pow", "mean", "sum", "neg", "square"),
    "clearing memory": ("fill_", "zero_"),
    "canvas": ("_fft_r2c", "_fft_c2r", "_fft_c2c"),
}


def kind_of(operation: str) -> str:
    """Return the kind of work an operation of torch is."""
    name = operation.removeprefix("aten::")
    return next((kind for kind, names in KINDS.items() if name in names), "everything else")


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", nargs="?", default="sample:harbour")
    parser.add_argument("style", nargs="?", default="sample:impasto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--give-back", action="store_true", help="give freed memory back to the system after every step, as C libraries do")
    given = parser.parse_args()
    if not given.give_back:
        retain_heap()
    run = Run(given.content, given.style, recipe="pastiche", machine=Machine.resolve(precision=given.precision), size=given.size)
    x = run.objectives.full.problem.canvas.encode(run.recipe.white * run.objectives.images.content.pixels)
    run.objectives.full.gradient(x)
    with profile(activities=[ProfilerActivity.CPU]) as record:
        for _ in range(given.steps):
            run.objectives.full.gradient(x)
    spent: dict[str, float] = {}
    for event in record.key_averages():
        spent[kind_of(event.key)] = spent.get(kind_of(event.key), 0.0) + event.self_cpu_time_total / 1e3 / given.steps
    whole = sum(spent.values())
    print(f"{run.size[1]}×{run.size[0]}, {run.machine.precision}, {torch.get_num_threads()} threads: {whole:.0f} ms\n")
    kinds = sorted(spent.items(), key=lambda item: -item[1])
    print(grid(("work", "ms", "share"), [(kind, f"{spent:.0f}", f"{spent / whole:.0%}") for kind, spent in kinds]))


if __name__ == "__main__":
    main()
