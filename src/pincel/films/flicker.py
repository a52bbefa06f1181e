"""Flicker: the difference of a painted frame to the one before it, warped by the optical flow of the film."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pincel.films.base import Film, Pixels, Scene
from pincel.films.flow import FLOWS, FlowFunction, between
from pincel.films.frame_store import FrameStore, load_frame
from pincel.films.pixels import to_bytes, to_tensor
from pincel.images.resize import resize

# Least confidence of the flow of a pixel that counts.
MIN_CONFIDENCE = 0.9


@dataclass(frozen=True)
class Flicker:
    """The warp error of a film.

    Attributes:
        error: Mean square, in gray levels squared, over all pixels that can be tracked.
        filmed: The same of the film itself, due to light, grain and errors of the flow.
        pairs: Over how many pairs of frames.
        followed: Fraction of the pixels that can be tracked.
    """

    error: float
    filmed: float
    pairs: int
    followed: float


def measure_flicker(shown: Iterable[tuple[Pixels, Pixels]], flow_fn: FlowFunction = FLOWS["dis"]) -> Flicker:
    """Measure a scene.

    Args:
        shown: (filmed, painted) of each frame in order, all of one size.
        flow_fn: Optical flow of the filmed frames.
    """
    squares, filmed, pixels, whole, pairs = 0.0, 0.0, 0, 0, 0
    before: tuple[Pixels, Pixels] | None = None
    for now in shown:
        if before is not None:
            move = between(before[0], now[0], flow_fn)
            sure = move.confidence >= MIN_CONFIDENCE
            squares += float(np.square(move.warp(before[1]) - now[1])[sure].sum())
            filmed += float(np.square(move.warp(before[0]) - now[0])[sure].sum())
            pixels, whole, pairs = pixels + int(sure.sum()), whole + sure.size, pairs + 1
        before = now
    entries = max(1, 3 * pixels)
    return Flicker(squares / entries, filmed / entries, pairs, pixels / max(1, whole))


def flicker_of(film: Film, scenes: Sequence[Scene], folder: Path, flow: str = "dis", stop: Callable[[], bool] = lambda: False) -> Flicker:
    """Measure painted frames in a folder, scene by scene, so that cuts do not count.

    Args:
        film: What they were painted from.
        scenes: Its scenes, or parts of them.
        folder: Where the painted frames are.
        flow: Of :data:`pincel.films.flow.FLOWS`.
        stop: Called after each frame; where it returns True, the frames so far count.
    """
    store = FrameStore(folder)
    parts = [measure_flicker(_shown(film, scene, store, stop), FLOWS[flow]) for scene in scenes]
    return together(parts)


def together(parts: Sequence[Flicker]) -> Flicker:
    """Return the mean flicker of scenes, weighted by the number of pixels that could be tracked."""
    weights = [part.pairs * part.followed for part in parts]
    total = sum(weights)
    pairs = sum(part.pairs for part in parts)
    if total == 0:
        return Flicker(0.0, 0.0, pairs, 0.0)
    error = sum(weight * part.error for weight, part in zip(weights, parts, strict=True)) / total
    filmed = sum(weight * part.filmed for weight, part in zip(weights, parts, strict=True)) / total
    return Flicker(error, filmed, pairs, total / pairs)


def _shown(film: Film, scene: Scene, store: FrameStore, stop: Callable[[], bool]) -> Iterator[tuple[Pixels, Pixels]]:
    for frame in film.read(scene.start, scene.at):
        if frame.index >= scene.stop or stop():
            return
        painted = load_frame(store.frame(frame.index))
        size = (painted.shape[0], painted.shape[1])
        source = frame.pixels if frame.pixels.shape == painted.shape else to_bytes(resize(to_tensor(frame.pixels), size, "lanczos"))
        yield source, painted
