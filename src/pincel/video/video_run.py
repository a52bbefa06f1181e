"""A film from beginning to end: opened, cut into scenes, painted, put together; and gone on with if it was left in the middle."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from pincel.engine.events import Notice
from pincel.errors import FilmError, OutputError, PincelError
from pincel.executors.protocol import Executor, ExecutorEvent, Failed, StopFlag, Update
from pincel.executors.serial import SerialExecutor
from pincel.files import check_output, one_line, quoted, write_text
from pincel.run.cache import Cache
from pincel.version import __version__
from pincel.video.base import Film, FrameDone, PlanReady, Scene, Tell, VideoEvent, no_op
from pincel.video.compare import Comparison, compare
from pincel.video.formats import Target, find_target
from pincel.video.frame_recipes import background_of
from pincel.video.frame_store import FrameStore
from pincel.video.frame_styler import FrameStyler
from pincel.video.paint import SceneTask, SceneWorker, independent, painted_size
from pincel.video.read import open_film
from pincel.video.scenes import find_scenes
from pincel.video.sequence import is_pattern
from pincel.video.settings import Settings
from pincel.video.write import Written, assemble, check_encodes


@dataclass
class VideoRun:
    """A film being painted. Build it, which checks everything; :meth:`paint`; :meth:`stop` it from anywhere.

    Attributes:
        source: What is painted; see :func:`pincel.video.read.open_film`.
        output: Where it goes; see :func:`pincel.video.formats.find_target`.
        settings: How.
        codec: See :func:`pincel.video.formats.find_target`.
        quality: Likewise.
        rate: Frames a second of pictures that come without times.
        record: Where the record goes; beside the output when left out.
        keep: Whether the folder of painted frames stays.
        compare: Whether some frames are painted by themselves as well, to measure what holding them together does.
        tell: Is told everything.
        executor: Has the scenes painted; in this process, one after the other, when None.
        stop_flag: Whether the end was asked for.
    """

    source: str
    output: Path
    settings: Settings
    codec: str | None = None
    quality: int | None = None
    rate: Fraction | None = None
    record: Path | None = None
    keep: bool = False
    compare: bool = False
    tell: Tell = no_op
    executor: Executor[SceneTask] | None = None
    stop_flag: StopFlag = field(default_factory=StopFlag)

    def __post_init__(self) -> None:
        """Check output, film and settings, before anything slow happens."""
        self.target = checked(self.source, self.output, self.codec, self.quality)
        self.record = self.record or record_place(self.target)
        check_output(self.record, inputs=inputs(self.source), what="record")
        self.film = open_film(self.source, self.rate, background_of(self.settings))
        self.cache = Cache()
        self.size = painted_size(self.film, self.settings)
        check_encodes(self.film, self.size, self.target)
        # Opens the style pictures, and checks every name.
        FrameStyler(self.settings, self.size, self.cache)
        self.notes: list[str] = list(self.film.notes)
        if (sides := shape_note(self.film, self.size)) is not None:
            self.notes.append(sides)
        self.work = FrameStore.open(frames_folder(self.output), self.film, self.settings)
        self.painted: dict[tuple[int, int], FrameDone] = {}
        self.scenes: list[Scene] = []
        self.comparison: Comparison | None = None
        self.written: Written | None = None

    def stop(self, reason: str = "stopped") -> None:
        """Ask for the end after the step under way; the frames that are finished stay."""
        self.stop_flag.stop(reason)

    @property
    def finished(self) -> bool:
        """Whether the film is written."""
        return self.written is not None

    def paint(self) -> None:
        """Paint what is missing, and write the film; where it is asked to stop, only the frames that are finished are there."""
        began = time.perf_counter()
        for note in self.notes:
            self.tell(Notice(note))
        self.scenes = self._found()
        self.tell(PlanReady(self.scenes[-1].stop * self.settings.passes, len(self.scenes)))
        self._paint_scenes()
        if self.stop_flag():
            return
        if self.compare:
            alone = FrameStyler(independent(self.settings), self.size, self.cache, self._told, self.stop_flag)
            self.comparison = compare(self.film, self.scenes, self.work, alone)
        with suppress(KeyboardInterrupt):
            self.written = self._assembled()
        if self.finished:
            self._write_record(time.perf_counter() - began)
            if not self.keep:
                self.work.remove()

    def _paint_scenes(self) -> None:
        """Have what is missing of each scene painted; raises FilmError if a scene cannot be: all others are."""
        failed: list[Failed[SceneTask]] = []

        def handle(event: ExecutorEvent[SceneTask]) -> None:
            if isinstance(event, Update):
                self._told(event.message)
            elif isinstance(event, Failed):
                failed.append(event)

        executor = self.executor or SerialExecutor(SceneWorker(self.work, self.settings, self.cache))
        executor.run([SceneTask(self.film, scene) for scene in self.scenes], handle, self.stop_flag)
        if failed and not self.stop_flag():
            scene = failed[0].task.scene
            what = f"film: frames {scene.start} to {scene.stop - 1} cannot be painted, {failed[0].reason}"
            raise FilmError(one_line(what, quoted(self.film.path), "scenes that can be", "the same command goes on with the rest"))

    def _assembled(self) -> Written:
        """Write the film; if that fails, say where its painted frames are, and how it is written again."""
        try:
            return assemble(
                self.film, self.work.folder, self.output, codec=self.codec, quality=self.quality, tell=self._told, stop=self.stop_flag
            )
        except PincelError as error:
            frames = self.work.painted(self.scenes)
            kept = f"{frames} painted frames, in {quoted(self.work.folder)}; the same command writes the film, and paints nothing again"
            raise FilmError(f"{error} · kept: {kept}") from error

    def _found(self) -> list[Scene]:
        scenes = self.work.scenes
        if scenes is None:
            scenes = find_scenes(self.film, self._told, self.stop_flag)
            if not self.stop_flag():
                self.work.keep_scenes(scenes)
        return scenes

    def _told(self, event: VideoEvent) -> None:
        if isinstance(event, FrameDone):
            if (event.pass_, event.index) in self.painted:
                # Found again by the worker that took over its scene.
                return
            self.painted[event.pass_, event.index] = event
        if isinstance(event, Notice):
            if event.text in self.notes:
                # Each scene finds it out for itself.
                return
            self.notes.append(event.text)
        self.tell(event)

    def _write_record(self, seconds: float) -> None:
        assert self.record is not None
        write_text(self.record, json.dumps(self._said(seconds), indent=1, ensure_ascii=False) + "\n", what="record")

    def _said(self, seconds: float) -> dict[str, Any]:
        film = self.film
        lines = [line for scene in self.scenes for line in self.work.noted(scene)]
        times = [line["seconds"] for line in lines]
        comparison = self.comparison
        return {
            "pincel": __version__,
            "film": {
                "path": film.path,
                "size": [film.width, film.height],
                "frames": self.scenes[-1].stop,
                "rate": str(film.rate),
                "seconds": film.duration,
                "sounds": list(film.sounds),
                "color": asdict(film.color),
                "orientation": film.orientation,
                "crop": list(film.crop),
                "background": film.background,
            },
            "settings": self.settings.written(),
            "size": list(reversed(self.size)),
            "scenes": [[scene.start, scene.stop] for scene in self.scenes],
            "codec": self.written.codec if self.written else None,
            "seconds": round(seconds, 3),
            "seconds_painting": round(sum(times), 3),
            "seconds_a_frame": round(sum(times) / max(1, len(lines)), 3),
            "notes": self.notes,
            "comparison": None if comparison is None else asdict(comparison),
            "frames": lines,
        }


def partial_film(filming_of: str, output: Path, target: Target, rate: Fraction | None = None, tell: Tell = no_op) -> Written:
    """Write a film of the frames painted so far, and keep them.

    Args:
        filming_of: What is painted.
        output: Where the whole film is to go: its frames are beside that.
        target: Where this one goes, and as what.
        rate: As for :class:`VideoRun`.
        tell: Is told each frame.

    Raises:
        FilmError: If there are none.
    """
    folder = frames_folder(output)
    film = open_film(filming_of, rate)
    return assemble(film, folder, target.path, codec=target.codec or None, quality=target.quality, tell=tell)


def checked(source: str, output: Path, codec: str | None, quality: int | None) -> Target:
    """Check where a film shall go; raises OutputError or FilmError as :func:`find_target` does, or where it would mix with its source."""
    target = find_target(output, codec, quality)
    place, given = target.path.parent, Path(source)
    among = given if given.is_dir() else given.parent if is_pattern(given) else None
    if among is not None and place.resolve() == among.resolve():
        failed = "output: is among the pictures of the film, and would be taken for one of them"
        raise OutputError(one_line(failed, quoted(output), "another folder than theirs", quoted(Path("painted") / output.name)))
    check_output(target.path, inputs=inputs(source), what="output")
    return target


def inputs(source: str) -> list[Path]:
    """Return the file a film is read from, which no output may replace."""
    path = Path(source)
    return [path] if path.is_file() else []


def frames_folder(output: Path) -> Path:
    """Where painted frames are kept while a film is painted: beside it."""
    return output.with_name(f"{output.name}.frames")


def record_place(target: Target) -> Path:
    """Where the record of a film goes: beside it, or among its pictures."""
    if target.container is None:
        return target.path.with_name("film.json")
    return target.path.with_suffix(".json")


def shape_note(film: Film, size: tuple[int, int]) -> str | None:
    """Say so if painted frames have not quite the shape of the film; None if they have."""
    height, width = size
    if (film.width % 2 or film.height % 2) and max(size) - max(film.width, film.height) in (0, 1):
        return f"The film has {film.width}×{film.height} pixels; it is painted with {width}×{height}, as most codecs need even numbers."
    return None
