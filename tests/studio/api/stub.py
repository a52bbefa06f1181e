"""A stand-in for the command line that paints nothing, and does at once what the real one does in seconds.

``--seed`` says how a run goes: 1 is refused, 2 ends with a traceback, 3 is killed, 4 likewise, before there is a checkpoint, 5 heeds no
signal; any other goes well.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from PIL import Image

PACE = float(os.environ.get("STUB_PACE", "0.01"))


def say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def picture(path: str, step: int) -> None:
    Image.new("RGB", (64, 48), (step % 256, 90, 120)).save(path)


def main(arguments: list[str]) -> int:  # noqa: C901 - a story from beginning to end
    stopped = False

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGINT, stop)
    verb, *rest = arguments
    options = dict(part.removeprefix("--").partition("=")[::2] for part in rest if part.startswith("--"))
    checkpoint = Path("checkpoint")
    kept = checkpoint / "checkpoint-000001.safetensors"
    if verb in ("quick", "study"):
        return quick(rest) if verb == "quick" else study(rest)
    if verb == "course":
        return course(rest[0], options)
    if verb == "resume":
        begin, steps, seed = (int(part) for part in kept.read_text().split())
        say(event="notice", text=f"Goes on from step {begin} of 64×48, 1 s into the run.", topic="run")
        seed = 0
    else:
        begin, steps, seed = 0, int(options.get("steps", "20")), int(options.get("seed", "0"))
        checkpoint.mkdir()
        say(event="notice", text="Painting on cpu.", topic="run")
    if seed == 1:
        complain("pincel: style: there is something wrong with it · given 'x' · accepted: y · try: z")
        return 2
    if seed == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    if steps > 100:
        say(event="scale", index=1, count=2, size=[24, 32], steps=2)
        for step in range(3):
            say(event="step", step=step, steps=2, scale=[24, 32], total=9e9, seconds=0.1 * step, memory=1, terms={"content": 1.0})
        say(event="scale", index=2, count=2, size=[48, 64], steps=steps)
    for step in range(begin, steps + 1):
        kept.write_text(f"{step} {steps} {seed}")
        picture("preview.jpg", step)
        terms = {"content": 1.5, "style": 100.0 / (step + 1), "style:relu1_1": 1.0}
        say(event="step", step=step, steps=steps, scale=[48, 64], total=100.0 / (step + 1), seconds=step * PACE, memory=1, terms=terms)
        if seed == 2 and step == 3:
            raise ZeroDivisionError("float division by zero")
        if seed == 3 and step == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if stopped and seed != 5:
            break
        time.sleep(PACE)
    picture("result.png", step)
    Path("result.json").write_text(json.dumps({"losses": []}))
    say(event="stopped", reason="interrupted" if stopped else "steps", step=step, best_step=step)
    say(event="saved", stopped="steps", files=["result.png", "result.json"])
    return 130 if stopped else 0


def quick(rest: list[str]) -> int:
    """Paint as wide as there are styles; one whose weight is 7 takes too long."""
    styles, output = rest[1 : rest.index("-o")], Path(rest[rest.index("-o") + 1])
    if styles[0].endswith("=7"):
        time.sleep(600)
    if not styles[0].endswith("=9"):
        Image.new("RGB", (10 * len(styles), 10)).save(output)
    return 0


def study(rest: list[str]) -> int:
    say(event="preparing", what="looking", done=0, total=10)
    say(event="preparing", what="looking", done=3, total=10)
    folder = Path("page")
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>page</title><p>" + " ".join(rest))
    (folder / "numbers.json").write_text("{}")
    (folder / "secret.txt").write_text("not of the page")
    return 0


def course(name: str, options: dict[str, str]) -> int:
    """Make the pages that are missing; one that is called filters fails the first time."""
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("<!doctype html><title>contents</title>")
    pages = options.get("pages", "convolution,filters,gram").split(",")
    for number, page in enumerate(pages):
        say(event="course", page=page, title=page, what="looking", done=10.0 * number, total=10.0 * len(pages))
        path = folder / f"{page}.html"
        if path.exists():
            continue
        if page == "filters" and not Path("tried").exists():
            Path("tried").touch()
            complain("pincel: filters: it is not there")
            return 2
        path.write_text(f"<!doctype html><title>{page}</title><p>" + " ".join(sorted(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
