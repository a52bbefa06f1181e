"""Flicker: how much a painted frame differs from the one before it, once that is moved along with what was filmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pincel.images.resize import resize
from pincel.video.base import Film, Pixels, Scene
from pincel.video.flow import FLOWS, FlowFunction, between
from pincel.video.frame_store import FrameStore, load_frame
from pincel.video.pixels import to_bytes, to_tensor

# A pixel counts where the flow is as sure as this.
SURE = 0.9


@dataclass(frozen=True)
class Flicker:
    """The warp error of a film.

    Attributes:
        error: Mean square, in gray levels squared, over all pixels that can be followed.
        filmed: The same of the film itself: what light, grain and the flow's own error make of it.
        pairs: Over how many pairs of frames.
        followed: Share of the pixels that could be followed.
    """

    error: float
    filmed: float
    pairs: int
    followed: float


def measure_flicker(shown: Iterable[tuple[Pixels, Pixels]], flow_fn: FlowFunction = FLOWS["dis"]) -> Flicker:
    """Measure a scene.

    Args:
        shown: (what was filmed, what was painted) of each frame in order, all of one size.
        flow_fn: How things move; by what was filmed.
    """
    squares, filmed, pixels, whole, pairs = 0.0, 0.0, 0, 0, 0
    before: tuple[Pixels, Pixels] | None = None
    for now in shown:
        if before is not None:
            move = between(before[0], now[0], flow_fn)
            sure = move.confidence >= SURE
            squares += float(np.square(move.moved(before[1]) - now[1])[sure].sum())
            filmed += float(np.square(move.moved(before[0]) - now[0])[sure].sum())
            pixels, whole, pairs = pixels + int(sure.sum()), whole + sure.size, pairs + 1
        before = now
    entries = max(1, 3 * pixels)
    return Flicker(squares / entries, filmed / entries, pairs, pixels / max(1, whole))


def flicker_of(film: Film, scenes: Sequence[Scene], folder: Path, flow: str = "dis", stop: Callable[[], bool] = lambda: False) -> Flicker:
    """Measure painted frames in a folder, scene by scene; what changes at a cut is no flicker.

    Args:
        film: What they were painted from.
        scenes: Its scenes, or parts of them.
        folder: Where the painted frames are.
        flow: Of :data:`pincel.video.flow.FLOWS`.
        stop: Asked after each frame; if it says so, what was seen so far counts.
    """
    work = FrameStore(folder)
    parts = [measure_flicker(_shown(film, scene, work, stop), FLOWS[flow]) for scene in scenes]
    return together(parts)


def together(parts: Sequence[Flicker]) -> Flicker:
    """Put the flicker of several scenes together, each as heavy as it has pairs that could be followed."""
    weights = [part.pairs * part.followed for part in parts]
    total = sum(weights)
    pairs = sum(part.pairs for part in parts)
    if total == 0:
        return Flicker(0.0, 0.0, pairs, 0.0)
    error = sum(weight * part.error for weight, part in zip(weights, parts, strict=True)) / total
    filmed = sum(weight * part.filmed for weight, part in zip(weights, parts, strict=True)) / total
    return Flicker(error, filmed, pairs, total / pairs)


def _shown(film: Film, scene: Scene, work: FrameStore, stop: Callable[[], bool]) -> Iterator[tuple[Pixels, Pixels]]:
    for frame in film.read(scene.start, scene.at):
        if frame.index >= scene.stop or stop():
            return
        painted = load_frame(work.frame(frame.index))
        size = (painted.shape[0], painted.shape[1])
        source = frame.pixels if frame.pixels.shape == painted.shape else to_bytes(resize(to_tensor(frame.pixels), size, "lanczos"))
        yield source, painted
