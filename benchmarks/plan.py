"""What `pincel plan` says beside what `pincel transfer` then takes, size by size.

    python benchmarks/plan.py --sizes 256,512,1024,2048 photo.jpg painting.jpg
    python benchmarks/plan.py --sizes 4096 photo.jpg painting.jpg --memory=6GiB --steps 3

Options it does not know, written with =, go to both commands. Each run is a process of its own; memory is its peak, time is that of targets
and steps, without the start of the program.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from _programs import PINCEL, run_program


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--sizes", default="256,512,1024,2048")
    parser.add_argument("--steps", default="10")
    asked, passed_on = parser.parse_known_args()
    print("| size | tiles | memory: plan | measured | ratio | time: plan | measured | ratio |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for size in asked.sizes.split(","):
        print(row([asked.content, asked.style, "--size", size, "--steps", asked.steps, *passed_on]), flush=True)


def row(options: list[str]) -> str:
    """Plan a run, make it, and compare."""
    plan = json.loads(subprocess.run([*PINCEL, "plan", *options, "--json"], check=True, capture_output=True, text=True).stdout)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "out.png"
        words = [*PINCEL, "transfer", *options, "-o", str(picture), "--quiet", "--no-checkpoint"]
        run_program("pincel transfer", words, picture)
        record = json.loads(picture.with_suffix(".json").read_text(encoding="utf-8"))
        seconds, memory = record["seconds"], record["peak_memory"]
    width, height = plan["size"]
    tiles = plan["scales"][-1]["tiles"]
    expected = plan["seconds"] or float("nan")
    return (
        f"| {width}×{height} | {tiles} | {plan['memory'] / 2**20:,.0f} MiB | {memory / 2**20:,.0f} MiB | {plan['memory'] / memory:.2f} "
        f"| {expected:,.1f} s | {seconds:,.1f} s | {expected / seconds:.2f} |"
    )


if __name__ == "__main__":
    main()
