"""Paint one picture with one process, and again with several, and compare the losses on the way and the seconds of a step.

    python benchmarks/processes.py                       # 512 pixels, 10 steps, 1 and 2 processes of one thread each, sample pictures
    python benchmarks/processes.py --size 1024 --processes 4 --optimizers adam

Prints, for each optimizer, the relative difference of J between the two at each step, the largest difference of the pictures in gray
levels, the median seconds of a step, and their ratio. It is meant for a quiet machine; the load before each run is printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from _programs import run_program


@dataclass(frozen=True)
class Painted:
    """What a run came to.

    Attributes:
        totals: J of each step.
        seconds: Of each step but the first, which also prepares.
        picture: The result.
        tiles: How the network was cut.
        load: Of the machine right before.
    """

    totals: list[float]
    seconds: list[float]
    picture: Path
    tiles: str
    load: float


def main() -> None:
    """Print the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", default="sample:harbour")
    parser.add_argument("--style", default="sample:impasto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--canvas", default="pixels")
    parser.add_argument("--tiles", default="auto", help="exact ones, such as pool3=256,rest=256, give the bits of one process")
    parser.add_argument("--optimizers", nargs="+", default=["adam", "lbfgs"])
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        for optimizer in given.optimizers:
            line = ["transfer", given.content, given.style, "--size", str(given.size), "--steps", str(given.steps), "--scales", "none"]
            line += ["--precision", given.precision, "--optimizer", optimizer, "--canvas", given.canvas, "--no-checkpoint"]
            line += ["--tiles", given.tiles]
            alone, together = (painted(line, count, Path(folder) / f"{optimizer}-{count}.png") for count in (1, given.processes))
            compare(optimizer, given.processes, alone, together)


def painted(line: list[str], processes: int, picture: Path) -> Painted:
    """Run the command in so many processes, of one thread each."""
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    words = [sys.executable, *several, "-m", "pincel", *line, "--json", "-o", str(picture)]
    load, lines = os.getloadavg()[0], list[str]()
    run_program("pincel transfer", words, picture, lines.append)
    steps = [event for event in map(json.loads, lines) if event["event"] == "step"]
    # The last step needs no slopes.
    seconds = [after["seconds"] - before["seconds"] for before, after in pairwise(steps[:-1])]
    return Painted([step["total"] for step in steps], seconds, picture, json.loads(picture.with_suffix(".json").read_text())["tiles"], load)


def compare(optimizer: str, processes: int, alone: Painted, together: Painted) -> None:
    """Print how two runs differ."""
    curve = [abs(there / here - 1) for here, there in zip(alone.totals, together.totals, strict=True)]
    images = [np.asarray(Image.open(run.picture, formats=["PNG"])).astype(int) for run in (alone, together)]
    one, many = (statistics.median(run.seconds) for run in (alone, together))
    print(f"{optimizer}: {len(alone.totals) - 1} steps, 1 process, then {processes} ({together.tiles})")
    print(f"  J differs by {', '.join(f'{each:.0e}' for each in curve)} of itself from step to step")
    print(f"  the pictures differ by at most {np.abs(images[0] - images[1]).max()} gray levels")
    print(f"  a step takes {one:.2f} s, then {many:.2f} s: {one / many:.2f} times as fast")
    print(f"  (load of the machine before: {alone.load:.2f}, then {together.load:.2f})", flush=True)


if __name__ == "__main__":
    main()
