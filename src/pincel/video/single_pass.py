"""The frames of a scene painted in order, each held to those before it; begun again after the last one that is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from pincel.video.base import Film, FrameDone, Pixels, Scene, Tell
from pincel.video.frame_store import FrameStore, load_frame, save_frame
from pincel.video.frame_styler import FramePair, FrameStyler, StyledFrame


def paint_once(film: Film, scene: Scene, work: FrameStore, styler: FrameStyler, tell: Tell) -> int:
    """Paint what is missing of a scene, forward; see :func:`pincel.video.paint.paint_scene`."""
    return _Scene(film, scene, work, styler, tell).painted()


@dataclass
class _Scene:
    """A scene under way."""

    film: Film
    scene: Scene
    work: FrameStore
    styler: FrameStyler
    tell: Tell

    def __post_init__(self) -> None:
        self.lines = {line["index"]: line for line in self.work.noted(self.scene) if "index" in line}

    def painted(self) -> int:
        """Paint what is missing; return how many there are from the first on."""
        scene = self.scene
        missing = [index for index in range(scene.start, scene.stop) if not self.work.frame(index).exists()]
        for index in range(scene.start, missing[0] if missing else scene.stop):
            self._tell_known(index)
        if not missing:
            return len(scene)
        before: deque[FramePair] = deque(maxlen=self.styler.history)
        for index, source, trouble in sources(self.film, scene, self.styler):
            if index > missing[-1]:
                break
            pixels = self._frame(index, source, trouble, before) if index >= missing[0] - self.styler.history else None
            if index >= missing[0] and pixels is None:
                return index - scene.start
            if pixels is not None:
                before.appendleft(FramePair(source, pixels))
        return next((index for index in missing if not self.work.frame(index).exists()), scene.stop) - scene.start

    def _frame(self, index: int, source: Pixels, trouble: str, before: deque[FramePair]) -> Pixels | None:
        """Return a painted frame, painting it if need be; None if it was left in the middle."""
        path = self.work.frame(index)
        if path.exists():
            return load_frame(path)
        if self.styler.stop():
            return None
        if trouble == "repeated" and before:
            styled: StyledFrame | None = StyledFrame(before[0].painted, self._first(), 0, 0.0, 1.0)
        elif before:
            styled = self.styler.continued(index, source, before, self._first())
        else:
            styled = self.styler.alone(index, source)
        return None if styled is None else self._kept(index, styled)

    def _kept(self, index: int, styled: StyledFrame) -> Pixels:
        path, seconds = self.work.frame(index), round(styled.seconds, 3)
        said = FrameDone(index, 1, styled.steps, seconds, styled.total, round(styled.followed, 4), str(path))
        # First, so that there is no frame of which nothing is known.
        line = {key: value for key, value in asdict(said).items() if key not in ("file", "known")}
        self.lines[index] = line
        self.work.note(self.scene, line)
        save_frame(styled.pixels, path)
        self.tell(said)
        return styled.pixels

    def _first(self) -> float:
        """J of the scene's first frame; of the film's own, if that line is lost, what comes nearest."""
        known = [self.lines[index]["total"] for index in sorted(self.lines)]
        return float(known[0]) if known else 0.0

    def _tell_known(self, index: int) -> None:
        line = self.lines.get(index, {"pass_": 1, "steps": 0, "seconds": 0.0, "total": 0.0, "followed": 0.0})
        values = {key: line[key] for key in ("pass_", "steps", "seconds", "total", "followed")}
        self.tell(FrameDone(index, **values, file=str(self.work.frame(index)), known=True))


def sources(film: Film, scene: Scene, styler: FrameStyler) -> Iterator[tuple[int, Pixels, str]]:
    """Yield number, pixels in the size of the painting, and trouble of each frame of a scene."""
    for frame in film.read(scene.start, scene.at):
        if frame.index >= scene.stop:
            return
        yield frame.index, styler.source(frame.pixels), frame.trouble
