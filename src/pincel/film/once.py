"""The frames of a scene painted in order, each held to those before it; begun again after the last one that is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from pincel.film.base import Film, Painted, Pixels, Scene, Tell
from pincel.film.brush import Brush, Coat, Shown
from pincel.film.work import Work, load_frame, save_frame


def paint_once(film: Film, scene: Scene, work: Work, brush: Brush, tell: Tell) -> int:
    """Paint what is missing of a scene, forward; see :func:`pincel.film.paint.paint_scene`."""
    return _Scene(film, scene, work, brush, tell).painted()


@dataclass
class _Scene:
    """A scene under way."""

    film: Film
    scene: Scene
    work: Work
    brush: Brush
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
        before: deque[Shown] = deque(maxlen=self.brush.reach)
        for index, source, trouble in sources(self.film, scene, self.brush):
            if index > missing[-1]:
                break
            pixels = self._frame(index, source, trouble, before) if index >= missing[0] - self.brush.reach else None
            if index >= missing[0] and pixels is None:
                return index - scene.start
            if pixels is not None:
                before.appendleft(Shown(source, pixels))
        return next((index for index in missing if not self.work.frame(index).exists()), scene.stop) - scene.start

    def _frame(self, index: int, source: Pixels, trouble: str, before: deque[Shown]) -> Pixels | None:
        """Return a painted frame, painting it if need be; None if it was left in the middle."""
        path = self.work.frame(index)
        if path.exists():
            return load_frame(path)
        if self.brush.stop():
            return None
        if trouble == "repeated" and before:
            coat: Coat | None = Coat(before[0].painted, self._first(), 0, 0.0, 1.0)
        elif before:
            coat = self.brush.continued(index, source, before, self._first())
        else:
            coat = self.brush.alone(index, source)
        return None if coat is None else self._kept(index, coat)

    def _kept(self, index: int, coat: Coat) -> Pixels:
        said = Painted(index, 1, coat.steps, round(coat.seconds, 3), coat.total, round(coat.followed, 4), str(self.work.frame(index)))
        # First, so that there is no frame of which nothing is known.
        line = {key: value for key, value in asdict(said).items() if key not in ("file", "known")}
        self.lines[index] = line
        self.work.note(self.scene, line)
        save_frame(coat.pixels, self.work.frame(index))
        self.tell(said)
        return coat.pixels

    def _first(self) -> float:
        """J of the scene's first frame; of the film's own, if that line is lost, what comes nearest."""
        known = [self.lines[index]["total"] for index in sorted(self.lines)]
        return float(known[0]) if known else 0.0

    def _tell_known(self, index: int) -> None:
        line = self.lines.get(index, {"pass_": 1, "steps": 0, "seconds": 0.0, "total": 0.0, "followed": 0.0})
        values = {key: line[key] for key in ("pass_", "steps", "seconds", "total", "followed")}
        self.tell(Painted(index, **values, file=str(self.work.frame(index)), known=True))


def sources(film: Film, scene: Scene, brush: Brush) -> Iterator[tuple[int, Pixels, str]]:
    """Yield number, pixels in the size of the painting, and trouble of each frame of a scene."""
    for frame in film.read(scene.start, scene.at):
        if frame.index >= scene.stop:
            return
        yield frame.index, brush.source(frame.pixels), frame.trouble
