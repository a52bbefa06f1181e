"""Twelve pictures in one batch beside twelve commands, how soon a warm painter begins, and what a second worker brings.

    OMP_NUM_THREADS=1 python benchmarks/batch.py
    python benchmarks/batch.py --size 512 --only workers -- --recipe gatys2016 --steps 20

What stands behind -- goes to all commands. Times are from the shell to the last file; processor seconds are those of all processes started,
which other programs on the machine disturb less. The twelve are four scenes of the samples after three paintings, in PNG.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from _programs import PINCEL

CONTENTS = ("harbour", "lake", "lighthouse", "still-life")
STYLES = ("impasto", "woodcut", "glass")


@dataclass(frozen=True)
class Taken:
    """What a command took.

    Attributes:
        seconds: By the clock.
        work: Of the processor.
    """

    seconds: float
    work: float


def main() -> None:
    """Print the figures asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="256")
    parser.add_argument("--only", choices=["commands", "workers"])
    parser.add_argument("--commands", type=int, default=12, help="of the twelve commands, how many are run; the others are reckoned [12]")
    parser.add_argument("--workers", type=int, default=1, help="of the batch that is held against commands [1]")
    parser.add_argument("options", nargs="*", help="of pincel transfer and pincel batch, behind --")
    asked = parser.parse_args()
    options = ["--size", asked.size, *asked.options]
    with tempfile.TemporaryDirectory(prefix="pincel-study-") as folder:
        if asked.only != "workers":
            beside_commands(options, asked.commands, asked.workers, Path(folder))
        if asked.only != "commands":
            by_workers(options, Path(folder))


def beside_commands(options: Sequence[str], count: int, workers: int, folder: Path) -> None:
    """Print what a batch takes beside a command for each picture; half of the commands run before it, half after."""
    pairs = [(content, style) for style in STYLES for content in CONTENTS]
    # Whatever is measured once a machine is measured before.
    transferred("harbour", "impasto", [*options, "--steps", "1"], folder)
    # From all styles alike.
    chosen = pairs[:: len(pairs) // count][:count]
    half = len(chosen) // 2
    apart = [transferred(*pair, options, folder) for pair in chosen[:half]]
    together = batched([*options, "--workers", str(workers)], folder / "one")
    apart += [transferred(*pair, options, folder) for pair in chosen[half:]]
    seconds, work = (len(pairs) / count * sum(getattr(each, name) for each in apart) for name in ("seconds", "work"))
    same = sum((folder / f"{c}_{s}.png").read_bytes() == (folder / "one" / f"{c}_{s}.png").read_bytes() for c, s in chosen)
    print(f"{len(pairs)} commands, {count} of them run: {seconds:.1f} s, {work:.1f} s of the processor")
    told = f"{together.seconds:.1f} s, {together.work:.1f} s of the processor; {same} of {count} files have the same bytes"
    print(f"one batch, --workers {workers}: {told}")
    print(f"ratio: {seconds / together.seconds:.2f} by the clock, {work / together.work:.2f} of the processor")
    first, *warm = prepared(folder / "one")
    print(f"prepared: first picture {first:.2f} s; the others median {statistics.median(warm):.3f} s, most {max(warm):.3f} s", flush=True)


def by_workers(options: Sequence[str], folder: Path) -> None:
    """Print what one and two workers take, with one thread each."""
    taken = {count: batched([*options, "--workers", str(count)], folder / f"workers-{count}", threads=1) for count in (1, 2)}
    for count, each in taken.items():
        print(f"{count} of one thread: {each.seconds:.1f} s, {each.work:.1f} s of the processor")
    print(f"two workers are {taken[1].seconds / taken[2].seconds:.2f} times as quick", flush=True)


def transferred(content: str, style: str, options: Sequence[str], folder: Path) -> Taken:
    """Paint one picture by a command of its own."""
    output = folder / f"{content}_{style}.png"
    return run(["transfer", f"sample:{content}", f"sample:{style}", "-o", str(output), "--no-checkpoint", "--quiet", *options])


def batched(options: Sequence[str], folder: Path, threads: int | None = None) -> Taken:
    """Paint all of them by one command."""
    contents = [f"sample:{content}" for content in CONTENTS]
    styles = [f"sample:{style}" for style in STYLES]
    return run(["batch", *contents, "--styles", *styles, "-o", str(folder), "--quiet", *options], threads)


def run(arguments: Sequence[str], threads: int | None = None) -> Taken:
    """Run pincel, and measure it and the processes it starts."""
    environment = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
    before, began = _work(), time.perf_counter()
    subprocess.run([*PINCEL, *arguments], check=True, env=environment)
    return Taken(time.perf_counter() - began, _work() - before)


def prepared(folder: Path) -> list[float]:
    """Return the seconds before each picture was first looked at, in the order they were painted."""
    with (folder / "summary.csv").open(encoding="utf-8") as stream:
        return [float(row["prepared"]) for row in csv.DictReader(stream)]


def _work() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
