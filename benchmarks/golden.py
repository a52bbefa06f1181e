"""Whether a change of the code left every picture as it was: SHA-256 of some twenty small results, and the seconds of a step.

Usage:
    python benchmarks/golden.py [--source CHECKOUT] [--only NAME …] [--steps-only] [-o FILE.json] [--against FILE.json]

Everything is made by the command line with a fixed seed, one thread and fp32, so that the same machine makes the same bytes. ``--source``
runs another checkout with this environment; ``--against`` compares with what was written before, and exits with 1 if a picture differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

SMALL = ["--size", "64", "--steps", "6", "--precision", "fp32", "--device", "cpu"]
PAIR = ["sample:harbour", "sample:impasto"]
RECIPES = ("pincel", "gram", "slides", "gatys2016", "crowsonkb-fast", "spst-fast", "neural-style", "line")
WITH_VGG19 = ["--backbone", "vgg19"]
"""Some recipes ask for weights that have to be downloaded."""
INTERRUPTED = 8
"""Steps, on all scales."""


def jobs() -> dict[str, list[list[str]]]:
    """Return name → command lines of pincel, run one after the other in one empty folder."""
    transfer = ["transfer", *PAIR, "-o", "out.png"]
    painted = {f"recipe {name}": [[*transfer, "--recipe", name, *WITH_VGG19, *SMALL]] for name in RECIPES}
    return {
        **painted,
        "masks": [[*transfer, "--content-mask", "mask.png", "--style-mask", "mask.png", *SMALL]],
        "several styles": [["transfer", PAIR[0], "sample:impasto=0.7", "sample:woodcut=0.3", "-o", "out.png", *SMALL]],
        "colors of the photograph": [[*transfer, "--color", "luminance", *SMALL]],
        "tiles": [[*transfer, "--tiles", "pool2=32", "--size", "96", *SMALL[2:]]],
        "adam from noise": [[*transfer, "--optimizer", "adam", "--init", "noise", *SMALL]],
        "two processes": [["TORCHRUN", *transfer, *SMALL]],
        "resume": [["INTERRUPT", *transfer, *SMALL, "--checkpoint", "saved", "--checkpoint-every", "0.001", "--json"], ["resume", "saved"]],
        "invert": [
            ["invert", PAIR[0], "--representation", "vgg19:relu2_1", "-o", "out.png", "--size", "48", "--steps", "6", "--device", "cpu"]
        ],
        "invert hog": [["invert", PAIR[0], "--representation", "hog", "-o", "out.png", "--size", "48", "--steps", "4", "--device", "cpu"]],
        "texture": [["texture", PAIR[1], "-o", "out.png", "--aspect", "4:3", *SMALL]],
        "film": [["video", "frames", "out/", "--style", PAIR[1], *SMALL]],
        "batch": [["batch", "--jobs", "jobs.csv", "-o", "out", *SMALL]],
        "feed-forward": [["quick", *PAIR, "-o", "out.png", "--size", "64"]],
        "training": [
            ["train-style", PAIR[1], "sample:scenes", "-o", "net.safetensors", "--steps", "20", "--crop", "64", "--batch", "1"],
            ["quick", PAIR[0], "-o", "out.png", "--size", "64", "--network", "net.safetensors"],
        ],
    }


def prepare(folder: Path) -> None:
    """Write what command lines read."""
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    (folder / "frames").mkdir()
    waves = np.sin(np.arange(80) / 5)[None, :, None] * np.sin(np.arange(48) / 7)[:, None, None] * np.array([0.5, 0.8, 1.0])
    for index in range(5):
        Image.fromarray((127 + 120 * waves[:, 2 * index : 2 * index + 64]).astype(np.uint8)).save(folder / "frames" / f"{index}.png")
    (folder / "jobs.csv").write_text("content,style\nsample:harbour,sample:impasto\nsample:lake,sample:woodcut\n", encoding="utf-8")


def environment(source: Path | None) -> dict[str, str]:
    """Return the environment of the runs: one thread each, and the package of a checkout."""
    return {**os.environ, "OMP_NUM_THREADS": "1", **({"PYTHONPATH": str(source.resolve() / "src")} if source else {})}


def run(words: Sequence[str], folder: Path, source: Path | None) -> str:
    """Run a command line and return what it printed; raises CalledProcessError."""
    alone, several = [sys.executable, "-m", "pincel"], ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "pincel"]
    if words[0] == "INTERRUPT":
        return interrupted([*alone, *words[1:]], folder, source)
    command = [sys.executable, "-m", *several, *words[1:]] if words[0] == "TORCHRUN" else [*alone, *words]
    return subprocess.run(command, cwd=folder, env=environment(source), capture_output=True, text=True, check=True).stdout


def interrupted(command: Sequence[str], folder: Path, source: Path | None) -> str:
    """Run a command line that prints events until its eighth step, and remove the picture it has come to."""
    with subprocess.Popen(
        command, cwd=folder, env=environment(source), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        steps = 0
        for line in process.stdout:
            steps += json.loads(line)["event"] == "step"
            if steps == INTERRUPTED:
                process.send_signal(signal.SIGINT)
    (folder / "out.png").unlink()
    return ""


def digest(folder: Path) -> str:
    """Return the SHA-256 of the pixels of all pictures made in a folder, by name; formats and metadata do not count."""
    pictures = [path for path in sorted(folder.rglob("*.png")) if path.name != "mask.png" and "frames" not in path.parts]
    found = hashlib.sha256()
    for path in pictures:
        with Image.open(path) as picture:
            found.update(f"{path.relative_to(folder)} {picture.mode} {picture.size}\n".encode() + picture.tobytes())
    return found.hexdigest() if pictures else "no picture"


def make(lines: Sequence[Sequence[str]], source: Path | None) -> str:
    """Return the digest of a job, or what went wrong."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder)
        try:
            for words in lines:
                run(words, folder, source)
        except subprocess.CalledProcessError as error:
            return f"failed: {(error.stderr.strip() or 'nothing was said').splitlines()[-1]}"
        return digest(folder)


def step_seconds(recipe: str, source: Path | None) -> float:
    """Return the median seconds between two steps at 128 pixels."""
    with tempfile.TemporaryDirectory() as place:
        words = ["transfer", *PAIR, "-o", "out.png", "--recipe", recipe, "--size", "128", "--steps", "24", "--scales", "none", "--json"]
        lines = run([*words, "--precision", "fp32"], Path(place), source).splitlines()
    events = [json.loads(line) for line in lines]
    times: list[float] = [event["seconds"] for event in events if event["event"] == "step"]
    return median(after - before for before, after in pairwise(times))


def report(found: Mapping[str, str], before: Mapping[str, str]) -> int:
    """Print each digest, and against those of before; return how many differ."""
    changed = [name for name, value in found.items() if before and before.get(name) != value]
    for name, value in found.items():
        print(f"{name:26} {value[:64]}{f'   WAS {before.get(name)}' if name in changed else ''}")
    return len(changed)


def main() -> int:
    """Make everything; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="another checkout")
    parser.add_argument("--only", nargs="+", default=[], help="parts of names")
    parser.add_argument("--steps-only", action="store_true", help="only the seconds of a step")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    found: dict[str, str] = {}
    if not given.steps_only:
        for name, lines in jobs().items():
            if not given.only or any(part in name for part in given.only):
                found[name] = make(lines, given.source)
                print(".", end="", file=sys.stderr, flush=True)
    before = json.loads(given.against.read_text(encoding="utf-8")) if given.against else {}
    changed = report(found, before)
    if not given.only:
        for recipe in ("gram", "pincel"):
            print(f"a step of {recipe}: {step_seconds(recipe, given.source):.4f} s")
    if given.output:
        given.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
