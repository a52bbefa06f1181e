"""Fuzz what strangers send: ``python scripts/fuzz/run.py TARGET --minutes 10 --seed 1``, or ``all`` for one target after the other.

A target runs in a process of its own, on one core, with little memory; where that ends early another goes on. Findings are an exception
that is no PincelError, a message of several lines, memory or time beyond what the target may take, and a crash. Each is tried again in a
fresh process, and counts if it shows again. Corpora are kept in ``build/fuzz/TARGET/corpus`` and used the next time; findings, the
shortest input and the traceback of each, in ``findings`` beside it. Try one again::

    python scripts/fuzz/run.py TARGET --again build/fuzz/TARGET/findings/NAME.input

It needs atheris, the extra ``fuzz``. The exit code is 1 if anything was found.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[1:3]]

from fuzz.child import COUNT, FOUND, INPUT, LENGTH, load  # noqa: E402 - found by the line before
from pincel.installation import extra_command  # noqa: E402

# Name → where it is defined.
TARGETS = {
    "pictures": "fuzz.pictures:PICTURES",
    "masks": "fuzz.pictures:MASKS",
    "films": "fuzz.films:FILMS",
    "torch7": "fuzz.weights:TORCH7",
    "lasagne": "fuzz.weights:LASAGNE",
    "caffe": "fuzz.weights:CAFFE",
    "matconvnet": "fuzz.weights:MATCONVNET",
    "keras": "fuzz.weights:KERAS",
    "pytorch": "fuzz.weights:PYTORCH",
    "safetensors": "fuzz.weights:SAFETENSORS",
    "networks": "fuzz.weights:NETWORKS",
    "weights": "fuzz.weights:WEIGHTS_OF_ANY_FORMAT",
    "checkpoints": "fuzz.checkpoints:CHECKPOINTS",
    "tables": "fuzz.tables:TABLES",
    "recipes": "fuzz.recipes:RECIPE_FILES",
    "records": "fuzz.recipes:RECORDS",
    "studio": "fuzz.studio:STUDIO",
}
CHILD, FOLDER = Path(__file__).with_name("child.py"), Path(__file__).resolve().parents[2] / "build" / "fuzz"
# A target whose process ends early so often is not worth its time until that is mended.
MOST_ENDS = 30


@dataclass(frozen=True)
class Outcome:
    """What fuzzing a target came to.

    Attributes:
        executions: Inputs tried.
        minutes: It took.
        covered: Branches of the code that were reached, as the fuzzer counts them.
        findings: Inputs that were wrong again in a fresh process.
        passing: How many were not.
    """

    executions: int
    minutes: float
    covered: int
    findings: tuple[Path, ...]
    passing: int


def fuzz(name: str, minutes: float, seed: int, folder: Path) -> Outcome:
    """Fuzz one target for so long; its files are in a folder of that name."""
    own = folder / name
    target = load(TARGETS[name])
    for part in ("corpus", "findings"):
        (own / part).mkdir(parents=True, exist_ok=True)
    for data in target.seeds().values():
        (own / "corpus" / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    shared, log = own / "shared", own / "log.txt"
    shared.write_bytes(bytes(INPUT + target.longest))
    log.write_bytes(b"")
    begun, ends = time.monotonic(), 0
    while (left := round(60 * minutes - (time.monotonic() - begun))) > 0 and ends < MOST_ENDS:
        with log.open("ab") as stream:
            done = _child("fuzz", name, str(own), str(left), str(seed + ends), output=stream.fileno())
        ends += 1
        if done == 0:
            break
        if done != FOUND:
            _keep_crash(
                own, shared.read_bytes(), f"the process ended with {done}; the end of {log}:\n{log.read_text('utf-8', 'replace')[-4000:]}"
            )
    taken = (time.monotonic() - begun) / 60
    kept = sorted((own / "findings").glob("*.input"))
    shown = [path for path in kept if _shows_again(name, path, target.seconds)]
    covered = max(map(int, re.findall(rb"cov: (\d+)", log.read_bytes())), default=0)
    return Outcome(int.from_bytes(shared.read_bytes()[COUNT], "little"), taken, covered, tuple(shown), len(kept) - len(shown))


def _child(verb: str, name: str, *arguments: str, output: int | None = None, seconds: float | None = None) -> int:
    """Run the process that reads input; return its exit code."""
    settings = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(CHILD), verb, TARGETS[name], *arguments]
    return subprocess.run(command, stdout=output, stderr=output, timeout=seconds, env=settings, check=False).returncode


def _keep_crash(own: Path, shared: bytes, said: str) -> None:
    data = shared[INPUT : INPUT + int.from_bytes(shared[LENGTH], "little")]
    path = own / "findings" / f"ended-{hashlib.sha256(data).hexdigest()[:12]}.input"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(said)


def _shows_again(name: str, path: Path, seconds: int) -> bool:
    """Tell whether an input is still wrong, in a fresh process that may take a minute to begin."""
    try:
        return _child("again", name, str(path), output=subprocess.DEVNULL, seconds=60 + seconds) != 0
    except subprocess.TimeoutExpired:
        return True


def lines(name: str, outcome: Outcome) -> Iterator[str]:
    """Yield what is printed of a target."""
    found = f"{len(outcome.findings)} findings" + (f", {outcome.passing} not seen again" if outcome.passing else "")
    yield f"{name:12}  {outcome.executions:>10,} executions  {outcome.minutes:5.1f} min  {outcome.covered:>6} branches  {found}"
    for path in outcome.findings:
        text = path.with_suffix(".txt").read_text("utf-8", "replace")
        yield f"    {path}, {path.stat().st_size} bytes: {text.partition(chr(10))[0][:160]}"


def main() -> int:
    """Fuzz what the command line names; return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*TARGETS, "all"], metavar="TARGET", help=", ".join([*TARGETS, "all"]))
    parser.add_argument("--minutes", type=float, default=10, help="for each target; 10 by default")
    parser.add_argument("--seed", type=int, default=1, help="of the fuzzer's chance; 1 by default")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"for corpora and findings; {FOLDER} by default")
    parser.add_argument("--again", type=Path, help="an input to try once, instead of fuzzing")
    given = parser.parse_args()
    if given.again:
        return int(_child("again", given.target, str(given.again)) != 0)
    if importlib.util.find_spec("atheris") is None:
        print(f"atheris is not installed: {extra_command('fuzz')}", file=sys.stderr)
        return 2
    found = False
    for name in TARGETS if given.target == "all" else [given.target]:
        outcome = fuzz(name, given.minutes, given.seed, given.folder)
        found = found or bool(outcome.findings)
        print("\n".join(lines(name, outcome)), flush=True)
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
