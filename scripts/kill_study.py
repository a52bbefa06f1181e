"""Kill a run as hard as a power cut does, at random moments, go on with it, and compare the bytes with those of a run left alone.

    python scripts/kill_study.py                         # five kills of a run of 192 pixels, sample pictures
    python scripts/kill_study.py --size 512 --steps 30 --kills 5 --seed 2

Each kill is of the process that the kill before left to go on. Prints a line a kill, and whether picture and losses are the same; ends with
1 if they are not.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pincel.engine.checkpoint import checkpoint_files, find_checkpoint
from pincel.errors import CheckpointError

COMMAND = (sys.executable, "-m", "pincel")


def main() -> None:
    """Print the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", default="sample:harbour")
    parser.add_argument("--style", default="sample:impasto")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two checkpoints")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("transfer", given.content, given.style, "--size", str(given.size), "--steps", str(given.steps), "--precision", "fp32")
        began = time.perf_counter()
        subprocess.run([*COMMAND, *options, "-o", str(folder / "alone.png"), "--no-checkpoint", "--quiet"], check=True)
        alone = time.perf_counter() - began
        print(f"left alone: {alone:.1f} s")
        first = (*options, "-o", str(folder / "cut.png"), "--checkpoint", str(folder / "kept"), "--checkpoint-every", str(given.every))
        kill_often(first, folder, given.kills, alone / (given.kills + 1), random.Random(given.seed))  # noqa: S311 - no secret
        subprocess.run([*COMMAND, "resume", str(folder / "kept"), "--quiet"], check=True)
        sys.exit(compare(folder))


def kill_often(first: tuple[str, ...], folder: Path, kills: int, pause: float, chance: random.Random) -> None:
    """Start a run, or go on with it, and kill it after ``pause`` on average, ``kills`` times."""
    kept = folder / "kept"
    for number in range(1, kills + 1):
        before = checkpoint_files(kept)
        line = ("resume", str(kept)) if before else first
        running = subprocess.Popen([*COMMAND, *line, "--quiet"], stdout=subprocess.DEVNULL)
        # Only a run that has got further is worth killing.
        while checkpoint_files(kept) == before and running.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 2 * pause))
        ended = running.poll() is not None
        running.kill()
        running.wait()
        print(f"kill {number}: {'too late, it had ended' if ended else where(kept)}")


def where(kept: Path) -> str:
    """Say from where a killed run will go on."""
    try:
        found = find_checkpoint(kept)
    except CheckpointError as error:
        return str(error)
    climb = found.values()["climb"]
    left = len(list(kept.glob(".pincel-*")))
    half = f", {left} file half written" if left else ""
    return f"{found.path.name}, scale {climb.index + 1}, step {climb.loop.step}, {climb.seconds:.1f} s into the run{half}"


def compare(folder: Path) -> int:
    """Print whether both runs came to the same; return 0 if so."""
    pictures = [(folder / f"{name}.png").read_bytes() for name in ("alone", "cut")]
    losses = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["losses"] for name in ("alone", "cut")]
    print(f"picture: {'same bytes' if pictures[0] == pictures[1] else 'OTHER BYTES'} ({len(pictures[0])})")
    print(f"losses: {'equal' if losses[0] == losses[1] else 'DIFFERENT'} ({len(losses[0])} steps)")
    return 0 if pictures[0] == pictures[1] and losses[0] == losses[1] else 1


if __name__ == "__main__":
    main()
