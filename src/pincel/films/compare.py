"""The effect of the temporal loss: the same frames painted as a film, and each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pincel.films.base import Film, Scene
from pincel.films.flicker import Flicker, flicker_of
from pincel.films.frame_store import FrameStore, save_frame
from pincel.films.frame_styler import FrameStyler
from pincel.films.single_pass import sources

# Frames that are painted by themselves as well.
COMPARED = 12


@dataclass(frozen=True)
class Comparison:
    """The same frames, painted as a film and each by itself.

    Attributes:
        film: Flicker as a film.
        alone: Flicker of frames painted each by itself.
        seconds: Of a frame of the film, without the scene's first.
        seconds_alone: Of a frame by itself.
    """

    film: Flicker
    alone: Flicker
    seconds: float
    seconds_alone: float

    def __str__(self) -> str:
        share = self.film.error / self.alone.error if self.alone.error else 0.0
        times = self.seconds / self.seconds_alone if self.seconds_alone else 0.0
        return (
            f"Warp error over {self.film.pairs} pairs of frames: {self.film.error:.1f}, painted each by itself {self.alone.error:.1f} "
            f"(so {share:.2f} of it), of the film itself {self.film.filmed:.1f} gray levels squared; "
            f"{self.seconds:.1f} s a frame, by itself {self.seconds_alone:.1f} s ({times:.2f} times)."
        )


def compare(film: Film, scenes: Sequence[Scene], store: FrameStore, alone: FrameStyler, frames: int = COMPARED) -> Comparison:
    """Paint the first frames of the longest scene by themselves as well, and measure both.

    Args:
        film: The film.
        scenes: Its scenes, painted.
        store: Their frames.
        alone: Paints frames by themselves; see :func:`pincel.films.paint.independent`.
        frames: How many.
    """
    longest = max(scenes, key=len)
    part = Scene(longest.start, min(longest.stop, longest.start + frames), longest.at)
    alone_store = FrameStore(store.folder / "alone")
    alone_store.make(alone_store.folder)
    seconds = []
    for index, source, _ in sources(film, part, alone):
        styled = alone.paint_alone(index, source)
        if styled is None:
            part = Scene(part.start, index, part.at)
            break
        seconds.append(styled.seconds)
        save_frame(styled.pixels, alone_store.frame(index))
    times: dict[int, float] = {}
    for line in (line for scene in scenes for line in store.noted(scene)):
        times[line["index"]] = times.get(line["index"], 0.0) + line["seconds"]
    own = [times[index] for index in range(part.start + 1, part.stop) if index in times]
    together = flicker_of(film, [part], store.folder)
    alone_flicker = flicker_of(film, [part], alone_store.folder)
    alone_store.remove()
    return Comparison(together, alone_flicker, sum(own) / max(1, len(own)), sum(seconds) / max(1, len(seconds)))
