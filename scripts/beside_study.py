"""Run one painting alone, then two and three beside each other, and say how much longer each takes than its share of the machine.

    python scripts/beside_study.py                                     # 256 pixels, 20 steps, twice each, as they come
    python scripts/beside_study.py --copies 2 --variables GOMP_SPINCOUNT=1000

Prints, for each set of environment variables, the median seconds alone and of the last of n copies begun at once, and n copies ÷ (n times
alone): 1 where nothing is lost. All sets take turns. It is meant for a machine that does nothing else; the load before each run is shown.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAINT = ["transfer", "sample:harbour", "sample:impasto", "--no-checkpoint", "--quiet"]


def main() -> None:
    """Print the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="256")
    parser.add_argument("--steps", default="20")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--copies", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--variables", nargs="+", default=[""], help="sets to compare, each as NAME=VALUE,NAME=VALUE; '' for none")
    given = parser.parse_args()
    paint = [*PAINT, "--size", given.size, "--steps", given.steps, "--precision", given.precision]
    seconds: dict[tuple[str, int], list[float]] = {}
    for _ in range(given.rounds):
        for variables in given.variables:
            for copies in (1, *given.copies):
                load = os.getloadavg()[0]
                found = together(paint, copies, variables)
                seconds.setdefault((variables, copies), []).append(found)
                print(f"{variables or 'as it is'}: {copies} at once, {found:.1f} s (load before {load:.2f})", flush=True)
    for variables in given.variables:
        alone = statistics.median(seconds[variables, 1])
        medians = {copies: statistics.median(seconds[variables, copies]) for copies in given.copies}
        row = [f"{copies} at once {both:.1f} s, {both / copies / alone:.2f}" for copies, both in medians.items()]
        print(f"{variables or 'as it is'}: alone {alone:.1f} s; {'; '.join(row)}")


def together(paint: list[str], copies: int, variables: str) -> float:
    """Begin copies of a command at once; return the seconds until the last has ended."""
    environment = {**os.environ, **dict(pair.split("=", 1) for pair in variables.split(",") if pair)}
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        commands = [[sys.executable, "-m", "pincel", *paint, "-o", str(Path(folder) / f"{number}.png")] for number in range(copies)]
        running = [subprocess.Popen(command, env=environment) for command in commands]
        codes = [process.wait() for process in running]
        seconds = time.perf_counter() - began
    if any(codes):
        raise SystemExit(f"a painting ended with {codes}")
    return seconds


if __name__ == "__main__":
    main()
