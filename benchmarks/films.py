"""What holding frames together does for a film, and what it costs.

Usage:
    python benchmarks/films.py hold FOLDER --motion pan|zoom|cuts [--far PICTURE --near PICTURE --style STYLE --size 160 --frames 60]
    python benchmarks/films.py memory FOLDER --frames 1000

``hold`` draws a film, paints it as a film and some frames by themselves, and prints of both: the warp error, the time of a frame, J, the
style's distance where the camera has just come to, and how color and contrast of the last frame stand to the first. ``sheet.png`` has
frames of both. It goes on with what is there. ``memory`` paints many small frames and prints the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan
from pathlib import Path
from statistics import mean

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from _judge import LAYERS, load_network
from _measures import luminance, wasserstein_share
from pincel.api.painting import evaluate
from pincel.engine.memory import retain_heap
from pincel.films.base import Film, FrameDone, Pixels, Scene, VideoEvent
from pincel.films.flicker import flicker_of
from pincel.films.frame_store import load_frame, save_frame
from pincel.films.paint import independent, paint_scene
from pincel.films.pixels import to_tensor
from pincel.films.read import open_film
from pincel.films.scenes import find_scenes
from pincel.films.settings import FilmSettings
from pincel.films.synthetic import Pan
from pincel.images.io import load_picture
from pincel.images.resize import area_size, resize
from pincel.run.cache import Cache
from pincel.samples import PREFIX, find_sample

RECENT = 10
"""Frames back: what was not in view then is new."""
SHOWN = 6
LEAST = 0.02
"""Share of a frame that must be new for its style to be measured."""


# The film


def picture(text: str) -> Pixels:
    """Load a picture as bytes."""
    pixels = load_picture(find_sample(text) if text.startswith(PREFIX) else text).pixels
    return (pixels[0].permute(1, 2, 0) * 255).round().byte().numpy()


def shots(given: argparse.Namespace) -> list[Pan]:
    """Return the scenes: a camera that moves past an oval, one whose view widens, or two pictures one after the other."""
    size = {"width": given.size, "height": given.size * 3 // 4}
    far, near = picture(given.far), picture(given.near)
    if given.motion == "pan":
        return [Pan(far, near, frames=given.frames, speed=given.speed, zoom=0.0, **size)]
    if given.motion == "zoom":
        return [Pan(far, frames=given.frames, speed=0.0, sway=0.0, zoom=0.5, **size)]
    half = given.frames // 2
    return [Pan(each, frames=half, speed=given.speed, sway=4.0, zoom=0.0, **size) for each in (far, near)]


def rendered(folder: Path, pans: Sequence[Pan]) -> Film:
    """Draw a film into a folder of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = [(pan, index) for pan in pans for index in range(pan.frames)]
    for number, frame in enumerate(frames):
        path = folder / f"{number:05d}.png"
        if not path.exists():
            save_frame(frame[0].frame(frame[1]), path)
    return open_film(folder)


# What is painted, and what is measured of it


@dataclass
class Watch:
    """Reads the clock of this process's own work at each frame: a machine that is shared says little by the one on the wall."""

    began: float = field(default_factory=time.process_time)
    seconds: list[float] = field(default_factory=list)

    def show(self, event: VideoEvent) -> None:
        """Note the time of a frame."""
        if not isinstance(event, FrameDone):
            return
        now = time.process_time()
        if not event.known:
            self.seconds.append(now - self.began)
            said = f"  frame {event.index}: {now - self.began:.1f} s of work, {event.seconds:.1f} s, {event.steps} steps"
            print(said, file=sys.stderr, flush=True)
        self.began = now


@dataclass(frozen=True)
class Measured:
    """A painted frame.

    Attributes:
        total: J, without what holds frames together.
        style: Sliced Wasserstein distance to the painting, mean over layers.
        fresh: The same where the camera has just come to ÷ that of the whole, mean over the layers that have a position there; None where
            that is next to nothing.
        colors: Mean of each channel, and standard deviation of luminance.
    """

    total: float
    style: float
    fresh: float | None
    colors: tuple[float, ...]


class Judge:
    """Measures frames painted after one painting."""

    def __init__(self, settings: FilmSettings, film: Film) -> None:
        self._settings = settings
        self._network, self._layers = load_network("vgg19", torch.device("cpu")), LAYERS["vgg19"].style
        painting = to_tensor(picture(settings.styles[0][0]))
        size = area_size(painting.shape[-2], painting.shape[-1], film.width * film.height)
        self._painting = self._features(resize(painting, size, "lanczos"))

    def measure(self, painted: Pixels, filmed: Pixels, new: Tensor) -> Measured:
        """Measure a frame.

        Args:
            painted: (height, width, 3).
            filmed: What it was painted from.
            new: (height, width), bool: where the camera has just come to.
        """
        values = {"recipe": self._settings.recipe, "size": max(painted.shape), **self._settings.overrides}
        total = float(evaluate(painted, filmed, [style for style, _ in self._settings.styles], **values)["total"])
        pixels = to_tensor(painted)
        features = self._features(pixels)
        whole = {layer: self._distance(layer, found, torch.ones_like(new)) for layer, found in features.items()}
        there = {layer: self._distance(layer, found, new) for layer, found in features.items()} if new.float().mean() > LEAST else {}
        shares = [distance / whole[layer] for layer, distance in there.items() if not isnan(distance)]
        style, fresh = mean(whole.values()), mean(shares) if shares else None
        return Measured(total, style, fresh, (*(float(each) for each in pixels.mean((0, 2, 3))), float(luminance(pixels).std())))

    def _distance(self, layer: str, features: Tensor, where: Tensor) -> float:
        chosen = functional.interpolate(where[None, None].float(), features.shape[-2:], mode="area")[0, 0] >= 0.5
        return wasserstein_share(features[:, :, chosen][:, :, None], self._painting[layer]) if chosen.any() else nan

    def _features(self, pixels: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            return self._network.features(255 * pixels, set(self._layers))


def drift(first: Measured, last: Measured) -> tuple[float, float]:
    """Return how the mean color and the contrast of a frame stand to those of another."""
    shares = [after / before for before, after in zip(first.colors, last.colors, strict=True)]
    return mean(shares[:3]), shares[3]


# The two commands


def hold(given: argparse.Namespace) -> None:
    """Print what the film and frames by themselves come to."""
    pans = shots(given)
    film = rendered(given.folder / "filmed", pans)
    overrides = {**({"steps": given.steps} if given.steps else {}), **given.values}
    settings = FilmSettings(
        ((given.style, 1.0),), given.recipe, size=0, overrides=overrides, consistency=given.consistency, next_steps=given.next_steps
    )
    scenes, cache, every = find_scenes(film), Cache(), list(film.read())
    chosen = [index for scene in scenes for index in sorted({*range(scene.start, scene.stop, given.every), scene.stop - 1})]
    print(f"{given.motion}, {film.width}×{film.height}, {film.frames} frames in {len(scenes)} scenes, {given.style}, {settings.written()}")

    watches = {"film": Watch(), "alone": Watch()}
    for scene in scenes:
        paint_scene(film, scene, given.folder / "film", settings, cache, watches["film"].show)
    for index in chosen:
        one = Scene(index, index + 1, every[index].time)
        paint_scene(film, one, given.folder / "alone", independent(settings), cache, watches["alone"].show)

    found = flicker_of(film, scenes, given.folder / "film")
    print(f"warp error {found.error:.1f}, of the film that was shot {found.filmed:.1f}")
    judge = Judge(replace(settings, consistency=0.0), film)
    frames = [(pan, index) for pan in pans for index in range(pan.frames)]
    measured: Mapping[str, dict[int, Measured]] = {
        name: {
            index: judge.measure(load_frame(given.folder / name / f"{index:06d}.png"), every[index].pixels, _new(*frames[index]))
            for index in chosen
        }
        for name in watches
    }
    _print_figures(measured, scenes)
    for name, watch in watches.items():
        # The first frame loads the network, measures the style, and is painted by itself in both.
        print(f"{name}: {mean(watch.seconds[1:] or [float('nan')]):.1f} s of work a frame")
    places = np.linspace(0, len(chosen) - 1, SHOWN).round().astype(int)
    rows = [[load_frame(given.folder / name / f"{chosen[place]:06d}.png") for place in places] for name in watches]
    Image.fromarray(np.vstack([np.hstack(row) for row in rows])).save(given.folder / "sheet.png")


def _new(pan: Pan, index: int) -> Tensor:
    """Return where a frame shows what was not in view some frames before, (height, width), bool."""
    return torch.from_numpy(~pan.visible(index, max(0, index - RECENT)))


def _print_figures(measured: Mapping[str, Mapping[int, Measured]], scenes: Sequence[Scene]) -> None:
    together, alone = measured["film"], measured["alone"]
    totals = [together[index].total / alone[index].total for index in together]
    print(f"J ÷ alone: at most {max(totals):.3f}, mean {mean(totals):.3f}")
    shares = [(together[index].fresh, alone[index].fresh) for index in together]
    fresh = [film / own for film, own in shares if film and own]
    if fresh:
        print(f"style distance of what came into view ÷ alone: at most {max(fresh):.3f}, mean {mean(fresh):.3f}, {len(fresh)} frames")
    for name, rows in measured.items():
        for scene in scenes:
            color, spread = drift(rows[scene.start], rows[scene.stop - 1])
            print(f"{name}: last ÷ first of the scene from {scene.start}: color {color:.3f}, contrast {spread:.3f}")


def memory(given: argparse.Namespace) -> None:
    """Print the peak of memory along many small frames."""
    film = rendered(given.folder / "filmed", [Pan(picture("sample:harbour"), None, 48, 48, given.frames, 0.2, 4.0)])
    marks = {given.frames // 10, given.frames // 2, given.frames}
    done = 0

    def show(event: VideoEvent) -> None:
        nonlocal done
        if isinstance(event, FrameDone):
            done += 1
            if done in marks:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{done} frames: {peak:.1f} MiB at most", flush=True)

    layers = {"style_layers": "relu1_1", "content_layers": "relu2_1", "steps": 1, "scales": "none"}
    settings = FilmSettings(styles=(("sample:impasto", 1.0),), size=0, overrides=layers)
    paint_scene(film, Scene(0, film.frames), given.folder / "painted", settings, emit=show)


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands: Mapping[str, Callable[[argparse.Namespace], None]] = {"hold": hold, "memory": memory}
    parser.add_argument("command", choices=commands)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--motion", choices=["pan", "zoom", "cuts"], default="pan")
    parser.add_argument("--far", default="sample:harbour")
    parser.add_argument("--near", default="sample:still-life")
    parser.add_argument("--style", default="sample:impasto")
    parser.add_argument("--recipe", default=FilmSettings(styles=()).recipe)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--every", type=int, default=6, help="which frames are painted by themselves as well, and judged")
    parser.add_argument("--speed", type=float, default=3.0, help="pixels a frame")
    parser.add_argument("--steps", type=int, help="of a frame by itself [the recipe's]")
    parser.add_argument("--values", type=json.loads, default={}, help='others of the recipe, as {"match_content": 1}')
    parser.add_argument("--next-steps", type=int)
    parser.add_argument("--consistency", type=float, default=FilmSettings(styles=()).consistency)
    given = parser.parse_args()
    retain_heap()
    commands[given.command](given)


if __name__ == "__main__":
    main()
