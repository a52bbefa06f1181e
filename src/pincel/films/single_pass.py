"""A scene in one pass: frames in order, each continuing those before it; resumed after the last one that exists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincel.films.base import Emit, Film, FrameDone, Pixels, Scene
from pincel.films.frame_store import FrameStore, load_frame, save_frame
from pincel.films.frame_styler import FramePair, FrameStyler, StyledFrame


def paint_once(film: Film, scene: Scene, store: FrameStore, styler: FrameStyler, emit: Emit) -> int:
    """Paint the missing frames of a scene; see :func:`pincel.films.paint.paint_scene`."""
    return _SinglePass(film, scene, store, styler, emit).paint()


@dataclass
class _SinglePass:
    film: Film
    scene: Scene
    store: FrameStore
    styler: FrameStyler
    emit: Emit

    def __post_init__(self) -> None:
        self.lines = {line["index"]: line for line in self.store.noted(self.scene) if "index" in line}

    def paint(self) -> int:
        """Paint missing frames; return how many there are from the first on."""
        scene = self.scene
        missing = [index for index in range(scene.start, scene.stop) if not self.store.frame(index).exists()]
        for index in range(scene.start, missing[0] if missing else scene.stop):
            self._report_known(index)
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
        return next((index for index in missing if not self.store.frame(index).exists()), scene.stop) - scene.start

    def _frame(self, index: int, source: Pixels, trouble: str, before: deque[FramePair]) -> Pixels | None:
        """Return a painted frame, painting it if need be; None if it was stopped."""
        path = self.store.frame(index)
        if path.exists():
            return load_frame(path)
        if self.styler.stop():
            return None
        if trouble == "repeated" and before:
            styled: StyledFrame | None = StyledFrame(before[0].painted, self._first(), 0, 0.0, 1.0)
        elif before:
            styled = self.styler.paint_continued(index, source, before, self._first())
        else:
            styled = self.styler.paint_alone(index, source)
        if styled is None:
            return None
        self.lines[index] = keep_frame(self.store, self.scene, index, 1, styled, path, self.emit)
        return styled.pixels

    def _first(self) -> float:
        """Return J of the scene's first frame, or of the first whose line is in the log."""
        known = [self.lines[index]["total"] for index in sorted(self.lines)]
        return float(known[0]) if known else 0.0

    def _report_known(self, index: int) -> None:
        line = self.lines.get(index, {"pass_": 1, "steps": 0, "seconds": 0.0, "total": 0.0, "followed": 0.0})
        values = {key: line[key] for key in ("steps", "seconds", "total", "followed")}
        self.emit(FrameDone(index, line["pass_"], **values, file=str(self.store.frame(index)), known=True))


def keep_frame(store: FrameStore, scene: Scene, index: int, number: int, styled: StyledFrame, path: Path, emit: Emit) -> dict[str, Any]:
    """Write a frame of a pass and its line in the log of the scene; return that line."""
    done = FrameDone(index, number, styled.steps, round(styled.seconds, 3), styled.total, round(styled.followed, 4), str(path))
    names = {"pass_number": "pass_"}
    line = {names.get(key, key): value for key, value in asdict(done).items() if key not in ("file", "known")}
    # The line first, so that every frame has one.
    store.note(scene, line)
    save_frame(styled.pixels, path)
    emit(done)
    return line


def sources(film: Film, scene: Scene, styler: FrameStyler) -> Iterator[tuple[int, Pixels, str]]:
    """Yield number, pixels in the size of the painting, and trouble of each frame of a scene."""
    for frame in film.read(scene.start, scene.at):
        if frame.index >= scene.stop:
            return
        yield frame.index, styler.source(frame.pixels), frame.trouble
