"""A scene in several passes, forward and backward in turn, so that early frames are consistent with late ones.

Paper:
    Ruder et al. 2016, section 4.4, with the constants of their program: the first pass paints each frame by itself; in each later one a
    frame begins as a blend of itself and its warped neighbor; from the middle on, the neighbor is a target of the temporal loss too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pincel.films.base import Emit, Film, Pixels, Scene
from pincel.films.frame_store import FrameStore, load_frame, save_frame
from pincel.films.frame_styler import FramePair, FrameStyler, StyledFrame
from pincel.films.single_pass import keep_frame, sources


def paint_over(film: Film, scene: Scene, store: FrameStore, styler: FrameStyler, emit: Emit) -> int:
    """Paint a scene in the passes of the settings; see :func:`pincel.films.paint.paint_scene`.

    Frames as filmed are stored beside the painted ones meanwhile, because a film cannot be read backward.

    Returns:
        How many of its frames have had their last pass, from its first on.
    """
    return _Passes(film, scene, store, styler, emit).paint()


@dataclass
class _Passes:
    film: Film
    scene: Scene
    store: FrameStore
    styler: FrameStyler
    emit: Emit

    @property
    def last(self) -> int:
        return self.styler.settings.passes

    def store_of(self, number: int) -> FrameStore:
        """Return the frames of a pass; 0 for those as filmed."""
        return self.store if number == self.last else self.store.on_pass(number)

    def paint(self) -> int:
        frames = range(self.scene.start, self.scene.stop)
        if all(self.store.frame(index).exists() for index in frames):
            return len(self.scene)
        for number in range(self._current_pass(), self.last + 1):
            self.store_of(number).make(self.store_of(number).folder)
            if not self._pass(number):
                break
            if number > 1:
                self._remove_pass(number - 1)
        else:
            self._remove_pass(0)
        return next((index for index in frames if not self.store.frame(index).exists()), self.scene.stop) - self.scene.start

    def _current_pass(self) -> int:
        """Return the last pass with any frame: those before it are removed or complete."""
        frames = range(self.scene.start, self.scene.stop)
        numbers = [number for number in range(1, self.last + 1) if any(self.store_of(number).frame(index).exists() for index in frames)]
        return max(numbers, default=1)

    def _pass(self, number: int) -> bool:
        """Paint every frame once; return False if it was stopped."""
        neighbor: FramePair | None = None
        frames = self.store_of(number)
        for index, source in self._order(number):
            path = frames.frame(index)
            if path.exists():
                pixels: Pixels = load_frame(path)
            else:
                if self.styler.stop():
                    return False
                styled = self._style_frame(number, index, source, neighbor)
                if styled is None:
                    return False
                keep_frame(self.store, self.scene, index, number, styled, path, self.emit)
                pixels = styled.pixels
            neighbor = FramePair(source, pixels)
        return True

    def _style_frame(self, number: int, index: int, source: Pixels, neighbor: FramePair | None) -> StyledFrame | None:
        if number == 1:
            return self.styler.paint_first_pass(index, source)
        painted = load_frame(self.store_of(number - 1).frame(index))
        return self.styler.repaint(index, source, painted, neighbor, self._first(), use_as_target=number > self.last // 2)

    def _order(self, number: int) -> Iterator[tuple[int, Pixels]]:
        """Yield the frames of a scene as filmed: forward in odd passes, backward in even ones."""
        filmed = self.store.on_pass(0)
        if number == 1:
            filmed.make(filmed.folder)
            for index, source, _ in sources(self.film, self.scene, self.styler):
                if not filmed.frame(index).exists():
                    save_frame(source, filmed.frame(index))
                yield index, source
            return
        frames = range(self.scene.start, self.scene.stop)
        for index in frames if number % 2 else reversed(frames):
            yield index, load_frame(filmed.frame(index))

    def _first(self) -> float:
        """Return J of the scene's first frame after the first pass."""
        totals = [line["total"] for line in self.store.noted(self.scene) if line.get("pass_") == 1]
        return float(totals[0]) if totals else 0.0

    def _remove_pass(self, number: int) -> None:
        """Remove the frames of a pass."""
        for index in range(self.scene.start, self.scene.stop):
            self.store_of(number).frame(index).unlink(missing_ok=True)
