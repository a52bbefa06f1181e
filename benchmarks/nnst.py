"""Measure the recipe nnst-fast beside the code that the authors of NNST published, on this machine, and print a table.

    git clone https://github.com/nkolkin13/NeuralNeighborStyleTransfer
    python benchmarks/nnst.py NeuralNeighborStyleTransfer --sizes 256,512

Each paints the same pictures with the same network in a process of its own, by turns: seconds of the processor and of the clock, memory,
and the objective of the last pass, as the recipe nnst defines it, of both pictures as saved, before colors are moved. The authors' code
takes minutes at 256 pixels and an hour at 1024; with --iterations 5 it is run with 5 and with 10 iterations instead of 200, and its seconds
with 200 follow from both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pincel
from _nnst import LAYERS
from _tables import grid
from pincel.samples import find_sample

PUBLISHED = 200
"""Iterations of each scale and of the last pass."""
STYLE_LAYERS = dict.fromkeys(LAYERS.values(), 1.0)
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Painted:
    """What a picture took.

    Attributes:
        cpu: Seconds of processors.
        wall: Seconds of the clock.
        memory: Peak, in KiB.
        objective: Of the last pass; nan where the picture was not finished.
    """

    cpu: float
    wall: float
    memory: int
    objective: float = float("nan")

    def row(self, name: str, than: Painted) -> list[str]:
        """Return what the table says of it."""
        ratio = f"{than.cpu / self.cpu:.1f}"
        return [name, f"{self.cpu:.0f}", f"{self.wall:.0f}", ratio, f"{self.memory / MEBIBYTE:.2f}", f"{self.objective:.3f}"]


@dataclass(frozen=True)
class Pair:
    """What is painted, and how large."""

    content: Path
    style: Path
    size: int

    def objective(self, picture: Path) -> float:
        """Return the J of the last pass of a picture."""
        values = pincel.evaluate(picture, self.content, self.style, recipe="nnst", style_layers=STYLE_LAYERS, size=self.size)
        return float(values["total"])


def run(words: Sequence[str]) -> Painted:
    """Run a program of Python to its end."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)} ended with status {status}.")
    return Painted(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss)


def theirs(checkout: Path, pair: Pair, iterations: int, output: Path) -> Painted:
    """Paint with the authors' code."""
    program = Path(__file__).with_name("_nnst.py")
    words = [program, checkout.resolve(), pair.content, pair.style, output, pair.size]
    return run([*map(str, words), "--network", "vgg19", "--uncolored", "--iterations", str(iterations)])


def projected(few: Painted, twice: Painted, iterations: int) -> Painted:
    """Return what all iterations would take, from runs of some and of twice as many."""
    share = (PUBLISHED - iterations) / iterations
    cpu, wall = (a + share * (b - a) for a, b in ((few.cpu, twice.cpu), (few.wall, twice.wall)))
    return Painted(cpu, wall, max(few.memory, twice.memory))


def ours(pair: Pair, recipe: str, output: Path) -> Painted:
    """Paint with pincel."""
    layers = ",".join(f"{name}=1" for name in STYLE_LAYERS)
    words = ["-m", "pincel", "transfer", pair.content, pair.style, "--recipe", recipe, "--size", pair.size, "-o", output]
    return run([*map(str, words), "--style-layers", layers, "--color", "style", "--no-checkpoint", "--quiet"])


def main() -> None:
    """Measure and print."""
    given = _arguments()
    rows = []
    with TemporaryDirectory() as folder:
        for size in given.sizes:
            pair = Pair(_file(given.content), _file(given.style), size)
            output = [Path(folder, f"{who}-{size}.png") for who in ("theirs", "ours")]
            mine = ours(pair, given.recipe, output[1])
            own = theirs(given.checkout, pair, given.iterations, output[0])
            if given.iterations < PUBLISHED:
                own = projected(own, theirs(given.checkout, pair, 2 * given.iterations, output[0]), given.iterations)
            else:
                own = Painted(own.cpu, own.wall, own.memory, pair.objective(output[0]))
            mine = Painted(mine.cpu, mine.wall, mine.memory, pair.objective(output[1]))
            rows += [own.row(f"{size} px, its own code", own), mine.row(f"{size} px, {given.recipe}", own)]
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                for each in output:
                    each.replace(given.keep / each.name)
    print(grid(["", "CPU-s", "seconds", "× sooner", "GiB", "J"], rows))


def _file(picture: str) -> Path:
    return find_sample(picture) if picture.startswith("sample:") else Path(picture).resolve()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT", help="folder of the authors' code")
    parser.add_argument("--content", default="sample:still-life", metavar="PICTURE", help="the photograph [sample:still-life]")
    parser.add_argument("--style", default="sample:impasto", metavar="PICTURE", help="the painting [sample:impasto]")
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in text.split(",")], default=[256], metavar="N,N,…")
    parser.add_argument("--iterations", type=int, default=PUBLISHED, help=f"of the authors' code, a scale [{PUBLISHED}]")
    parser.add_argument("--recipe", default="nnst-fast", help="of pincel [nnst-fast]")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to leave the pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
