"""A scene painted several times over, forward and backward in turn, so that what is seen late is known early.

Paper:
    Ruder et al. 2016, section 4.4, with the constants of their program: the first pass paints each frame by itself; each later one begins
    a frame between what it was and its neighbor, just painted and moved onto it; from the middle on, the neighbor holds it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pincel.video.base import Film, FrameDone, Pixels, Scene, Tell
from pincel.video.frame_store import FrameStore, load_frame, save_frame
from pincel.video.frame_styler import FramePair, FrameStyler, StyledFrame
from pincel.video.single_pass import sources


def paint_over(film: Film, scene: Scene, work: FrameStore, styler: FrameStyler, tell: Tell) -> int:
    """Paint a scene in as many passes as the settings say; see :func:`pincel.video.paint.paint_scene`.

    What was filmed is kept beside the paintings while it lasts: a film cannot be read backward.

    Returns:
        How many of its frames have had their last pass, from its first on.
    """
    return _Passes(film, scene, work, styler, tell).painted()


@dataclass
class _Passes:
    film: Film
    scene: Scene
    work: FrameStore
    styler: FrameStyler
    tell: Tell

    @property
    def last(self) -> int:
        return self.styler.settings.passes

    def on(self, number: int) -> FrameStore:
        """Where the frames of a pass are; 0 for what was filmed."""
        return self.work if number == self.last else self.work.on_pass(number)

    def painted(self) -> int:
        frames = range(self.scene.start, self.scene.stop)
        if all(self.work.frame(index).exists() for index in frames):
            return len(self.scene)
        for number in range(self._begun(), self.last + 1):
            self.on(number).make(self.on(number).folder)
            if not self._pass(number):
                break
            if number > 1:
                self._forget(number - 1)
        else:
            self._forget(0)
        return next((index for index in frames if not self.work.frame(index).exists()), self.scene.stop) - self.scene.start

    def _begun(self) -> int:
        """The pass under way: the last that has any frame, for those before it are gone or complete."""
        frames = range(self.scene.start, self.scene.stop)
        numbers = [number for number in range(1, self.last + 1) if any(self.on(number).frame(index).exists() for index in frames)]
        return max(numbers, default=1)

    def _pass(self, number: int) -> bool:
        """Paint every frame once; tell whether that came to its end."""
        beside: FramePair | None = None
        here = self.on(number)
        for index, source in self._order(number):
            path = here.frame(index)
            if path.exists():
                pixels: Pixels = load_frame(path)
            else:
                if self.styler.stop():
                    return False
                styled = self._coat(number, index, source, beside)
                if styled is None:
                    return False
                self._keep(number, index, styled, path)
                pixels = styled.pixels
            beside = FramePair(source, pixels)
        return True

    def _coat(self, number: int, index: int, source: Pixels, beside: FramePair | None) -> StyledFrame | None:
        if number == 1:
            return self.styler.first_of_passes(index, source)
        own = load_frame(self.on(number - 1).frame(index))
        return self.styler.again(index, source, own, beside, self._first(), hold=number > self.last // 2)

    def _order(self, number: int) -> Iterator[tuple[int, Pixels]]:
        """Yield the frames of a scene as filmed: forward in odd passes, backward in even ones."""
        kept = self.work.on_pass(0)
        if number == 1:
            kept.make(kept.folder)
            for index, source, _ in sources(self.film, self.scene, self.styler):
                if not kept.frame(index).exists():
                    save_frame(source, kept.frame(index))
                yield index, source
            return
        frames = range(self.scene.start, self.scene.stop)
        for index in frames if number % 2 else reversed(frames):
            yield index, load_frame(kept.frame(index))

    def _keep(self, number: int, index: int, styled: StyledFrame, path: Path) -> None:
        said = FrameDone(index, number, styled.steps, round(styled.seconds, 3), styled.total, round(styled.followed, 4), str(path))
        self.work.note(self.scene, {key: value for key, value in asdict(said).items() if key not in ("file", "known")})
        save_frame(styled.pixels, path)
        self.tell(said)

    def _first(self) -> float:
        """J of the scene's first frame after the first pass."""
        totals = [line["total"] for line in self.work.noted(self.scene) if line.get("pass_") == 1]
        return float(totals[0]) if totals else 0.0

    def _forget(self, number: int) -> None:
        """Remove the frames of a pass that is behind."""
        for index in range(self.scene.start, self.scene.stop):
            self.on(number).frame(index).unlink(missing_ok=True)
