"""What each part of the way coarse to fine brings: the same objective at full size, judged in the saved picture.

Usage: python scripts/ladder_study.py [CONTENT STYLE] [--size 400] [--steps 24] [--recipe gram-fast]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import pincel
from pincel.engine.memory import keep_freed_memory

VARIANTS: dict[str, dict[str, Any]] = {
    "as the recipe has it": {},
    "every step at full size": {"ladder": "none"},
    "one coarse scale": {"ladder": "1/2=0.5"},
    "twice the coarse steps": {"ladder": "1/4=4,1/2=1"},
    "α the same on every scale": {"coarse_content": 1.0},
    "no detail of the content": {"detail": 0.0},
    "pixels": {"canvas": "pixels"},
    "history 5": {"optimizer_options": {"history": 5}},
    "history 100": {"optimizer_options": {"history": 100}},
    "free pixels, clipped in the file": {"bounds": "free"},
}


def measure(content: str, style: str, recipe: str, size: int, steps: int, changes: dict[str, Any]) -> tuple[float, dict[str, float], float]:
    """Return total and weighted terms, by group, of the saved picture, and the seconds it took."""
    began = time.perf_counter()
    result = pincel.transfer(content, style, recipe=recipe, size=size, steps=steps, **changes)
    seconds = time.perf_counter() - began
    groups: dict[str, float] = {}
    for name, value in result.record["saved"]["weighted"].items():
        group = name.partition(":")[0]
        groups[group] = groups.get(group, 0.0) + value
    return result.record["saved"]["total"], groups, seconds


def main() -> None:
    """Print a line a variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", nargs="?", default="sample:harbour")
    parser.add_argument("style", nargs="?", default="sample:impasto")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--recipe", default="gram-fast")
    given = parser.parse_args()
    keep_freed_memory()
    print(f"{given.content} × {given.style}, {given.recipe}, {given.size} px, {given.steps} steps at full size")
    for name, changes in VARIANTS.items():
        total, groups, seconds = measure(given.content, given.style, given.recipe, given.size, given.steps, changes)
        print(f"{name:<34} J {total:9.5g} = " + " + ".join(f"{k} {v:.4g}" for k, v in groups.items()) + f"   {seconds:5.1f} s", flush=True)


if __name__ == "__main__":
    main()
