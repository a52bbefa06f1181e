"""What holding frames together does for a film, and what it costs.

Usage:
    python scripts/film_study.py flicker FOLDER [--far PICTURE --near PICTURE --style STYLE --size 256 --frames 60 --steps 50]
    python scripts/film_study.py memory FOLDER --frames 1000

``flicker`` draws a film of a camera that moves over a picture, past an oval cut from another that is nearer, paints it as a film and each
frame by itself, and prints the warp error of both, their times a frame, and J of some frames, judged alike; ``sheet.png`` has frames of
both. It goes on with what is there. ``memory`` paints many small frames and prints the peak of memory on the way.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

from pincel.engine.memory import keep_freed_memory
from pincel.film.base import Film, FilmEvent, Painted, Pixels, Scene
from pincel.film.flicker import flicker_of
from pincel.film.paint import independent, paint_scene
from pincel.film.read import open_film
from pincel.film.rendered import Pan
from pincel.film.settings import Settings
from pincel.film.work import load_frame, save_frame
from pincel.image.io import load_picture
from pincel.recipes.memo import Memo
from pincel.samples import PREFIX, find_sample
from pincel.verbs import evaluate

# Frames whose J is judged, and that are shown.
JUDGED, SHOWN = 6, 6


def picture(text: str) -> Pixels:
    """Load a picture as bytes."""
    pixels = load_picture(find_sample(text) if text.startswith(PREFIX) else text).pixels
    return (pixels[0].permute(1, 2, 0) * 255).round().byte().numpy()


def rendered(folder: Path, pan: Pan) -> Film:
    """Draw a film into a folder of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(pan.frames):
        path = folder / f"{index:05d}.png"
        if not path.exists():
            save_frame(pan.frame(index), path)
    return open_film(folder)


@dataclass
class Watch:
    """Reads the clock of this process's own work at each frame: a machine that is shared says little by the one on the wall."""

    began: float = field(default_factory=time.process_time)
    seconds: list[float] = field(default_factory=list)

    def show(self, event: FilmEvent) -> None:
        """Note the time of a frame."""
        if not isinstance(event, Painted):
            return
        now = time.process_time()
        if not event.known:
            self.seconds.append(now - self.began)
            said = f"  frame {event.index}: {now - self.began:.1f} s of work, {event.seconds:.1f} s, {event.steps} steps"
            print(said, file=sys.stderr, flush=True)
        self.began = now


def paint_alone(film: Film, folder: Path, settings: Settings, memo: Memo, tell: Callable[[FilmEvent], None]) -> None:
    """Paint each frame by itself."""
    for frame in film.read():
        paint_scene(film, Scene(frame.index, frame.index + 1, frame.time), folder, settings, memo, tell)


def judged(film: Film, folder: Path, settings: Settings, chosen: list[int]) -> float:
    """Return the mean of J, without what holds frames together, over some frames."""
    totals = []
    for frame in film.read():
        if frame.index in chosen:
            painted = load_frame(folder / f"{frame.index:06d}.png")
            values = {"recipe": settings.recipe, "size": max(painted.shape), **settings.overrides}
            totals.append(float(evaluate(painted, frame.pixels, [style for style, _ in settings.styles], **values)["total"]))
    return mean(totals)


def flicker(given: argparse.Namespace) -> None:
    """Print what the film and the frames by themselves come to."""
    wide, high = given.size, given.size * 3 // 4
    pan = Pan(picture(given.far), picture(given.near) if given.near else None, wide, high, given.frames, given.speed)
    film = rendered(given.folder / "filmed", pan)
    overrides = {"steps": given.steps} | ({"ladder": given.ladder} if given.ladder else {})
    settings = Settings(
        styles=((given.style, 1.0),), size=0, overrides=overrides, consistency=given.consistency, next_steps=given.next_steps
    )
    scene, memo = Scene(0, film.frames), Memo()
    size = f"{film.width}×{film.height}, {film.frames} frames"
    print(f"{given.far}, {size}, {given.style}, {given.steps} steps, consistency {given.consistency:g}")
    chosen = np.linspace(0, film.frames - 1, JUDGED).round().astype(int).tolist()
    rows, errors, times = [], [], []
    for name, how in {"together": settings, "alone": independent(settings)}.items():
        if given.part not in ("", name):
            continue
        folder, watch = given.folder / name, Watch()
        if name == "together":
            paint_scene(film, scene, folder, how, memo, watch.show)
        else:
            paint_alone(film, folder, how, memo, watch.show)
        found = flicker_of(film, [scene], folder)
        errors.append(found.error)
        # The first frame loads the network, measures the style, and is painted by itself in both.
        times.append(mean(watch.seconds[1:]) if len(watch.seconds) > 1 else float("nan"))
        total = judged(film, folder, settings, chosen)
        error = f"warp error {found.error:7.1f} (the film itself {found.filmed:.1f})"
        print(f"{name:>8}: {error} · {times[-1]:.1f} s of work a frame · J {total:.5g}", flush=True)
        rows.append([load_frame(folder / f"{index:06d}.png") for index in np.linspace(0, film.frames - 1, SHOWN).round().astype(int)])
    if given.part:
        return
    print(f"warp error {errors[0] / errors[1]:.3f} of that of frames by themselves, time {times[0] / times[1]:.2f}")
    Image.fromarray(np.vstack([np.hstack(row) for row in rows])).save(given.folder / "sheet.png")


def memory(given: argparse.Namespace) -> None:
    """Print the peak of memory along many small frames."""
    film = rendered(given.folder / "filmed", Pan(picture("sample:harbour"), None, 48, 48, given.frames, 0.2, 4.0))
    marks = {given.frames // 10, given.frames // 2, given.frames}
    done = 0

    def show(event: FilmEvent) -> None:
        nonlocal done
        if isinstance(event, Painted):
            done += 1
            if done in marks:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{done} frames: {peak:.1f} MiB at most", flush=True)

    layers = {"style_layers": "relu1_1", "content_layers": "relu2_1", "steps": 1, "ladder": "none"}
    settings = Settings(styles=(("sample:impasto", 1.0),), size=0, overrides=layers)
    paint_scene(film, Scene(0, film.frames), given.folder / "painted", settings, tell=show)


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["flicker", "memory"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--far", default="sample:harbour")
    parser.add_argument("--near", default="sample:still-life")
    parser.add_argument("--style", default="sample:impasto")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--speed", type=float, default=3.0)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--next-steps", type=int)
    parser.add_argument("--ladder")
    parser.add_argument("--part", choices=["together", "alone"], default="", help="one of both, for two processes at a time")
    parser.add_argument("--consistency", type=float, default=Settings(styles=()).consistency)
    given = parser.parse_args()
    keep_freed_memory()
    {"flicker": flicker, "memory": memory}[given.what](given)


if __name__ == "__main__":
    main()
