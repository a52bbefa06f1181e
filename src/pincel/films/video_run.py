"""A film from beginning to end: opened, cut into scenes, painted, written; resumed where it was stopped."""

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
from pincel.films.base import Emit, Film, FrameDone, PlanReady, Scene, VideoEvent, no_op
from pincel.films.compare import Comparison, compare
from pincel.films.formats import Target, find_target
from pincel.films.frame_recipes import background_of
from pincel.films.frame_store import FrameStore
from pincel.films.frame_styler import FrameStyler
from pincel.films.paint import SceneTask, SceneWorker, independent, painted_size
from pincel.films.read import open_film
from pincel.films.scenes import find_scenes
from pincel.films.sequence import is_pattern
from pincel.films.settings import FilmSettings
from pincel.films.write import Written, assemble, check_encodes
from pincel.run.cache import Cache
from pincel.version import __version__


@dataclass
class VideoRun:
    """A film to paint. The constructor checks everything. Call :meth:`paint` to paint it, :meth:`stop` to stop it from any thread.

    Attributes:
        source: The film; see :func:`pincel.films.read.open_film`.
        output: Where it goes; see :func:`pincel.films.formats.find_target`.
        settings: How.
        codec: See :func:`pincel.films.formats.find_target`.
        quality: Likewise.
        rate: Frames a second of pictures without times.
        record: Path of the record; beside the output when left out.
        keep: Whether the folder of painted frames stays.
        compare: Whether some frames are painted by themselves as well, to measure the effect of the temporal loss.
        emit: Called with every event.
        executor: Has the scenes painted; in this process, one after another, when None.
        stop_flag: Whether to stop early.
    """

    source: str
    output: Path
    settings: FilmSettings
    codec: str | None = None
    quality: int | None = None
    rate: Fraction | None = None
    record: Path | None = None
    keep: bool = False
    compare: bool = False
    emit: Emit = no_op
    executor: Executor[SceneTask] | None = None
    stop_flag: StopFlag = field(default_factory=StopFlag)

    def __post_init__(self) -> None:
        """Check output, film and settings, before anything slow happens."""
        self.target = check_target(self.source, self.output, self.codec, self.quality)
        self.record = self.record or record_path(self.target)
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
        self.store = FrameStore.open(frames_folder(self.output), self.film, self.settings)
        self.painted: dict[tuple[int, int], FrameDone] = {}
        self.scenes: list[Scene] = []
        self.comparison: Comparison | None = None
        self.written: Written | None = None

    def stop(self, reason: str = "stopped") -> None:
        """Stop after the current step; finished frames stay."""
        self.stop_flag.stop(reason)

    @property
    def finished(self) -> bool:
        """Whether the film is written."""
        return self.written is not None

    def paint(self) -> None:
        """Paint missing frames, and write the film; if it is stopped, only finished frames stay."""
        began = time.perf_counter()
        for note in self.notes:
            self.emit(Notice(note))
        self.scenes = self._find_scenes()
        self.emit(PlanReady(self.scenes[-1].stop * self.settings.passes, len(self.scenes)))
        self._paint_scenes()
        if self.stop_flag():
            return
        if self.compare:
            alone = FrameStyler(independent(self.settings), self.size, self.cache, self._forward, self.stop_flag)
            self.comparison = compare(self.film, self.scenes, self.store, alone)
        with suppress(KeyboardInterrupt):
            self.written = self._assemble()
        if self.finished:
            self._write_record(time.perf_counter() - began)
            if not self.keep:
                self.store.remove()

    def _paint_scenes(self) -> None:
        """Have missing frames of all scenes painted; raises FilmError at the end if a scene failed."""
        failed: list[Failed[SceneTask]] = []

        def handle(event: ExecutorEvent[SceneTask]) -> None:
            if isinstance(event, Update):
                self._forward(event.message)
            elif isinstance(event, Failed):
                failed.append(event)

        executor = self.executor or SerialExecutor(SceneWorker(self.store, self.settings, self.cache))
        executor.run([SceneTask(self.film, scene) for scene in self.scenes], handle, self.stop_flag)
        if failed and not self.stop_flag():
            scene = failed[0].task.scene
            what = f"film: frames {scene.start} to {scene.stop - 1} cannot be painted, {failed[0].reason}"
            raise FilmError(one_line(what, quoted(self.film.path), "scenes that can be", "the same command goes on with the rest"))

    def _assemble(self) -> Written:
        """Write the film; if that fails, the error says where its painted frames are."""
        try:
            return assemble(
                self.film, self.store.folder, self.output, codec=self.codec, quality=self.quality, emit=self._forward, stop=self.stop_flag
            )
        except PincelError as error:
            frames = self.store.painted(self.scenes)
            kept = f"{frames} painted frames, in {quoted(self.store.folder)}; the same command writes the film, and paints nothing again"
            raise FilmError(f"{error} · kept: {kept}") from error

    def _find_scenes(self) -> list[Scene]:
        scenes = self.store.scenes
        if scenes is None:
            scenes = find_scenes(self.film, self._forward, self.stop_flag)
            if not self.stop_flag():
                self.store.keep_scenes(scenes)
        return scenes

    def _forward(self, event: VideoEvent) -> None:
        if isinstance(event, FrameDone):
            if (event.pass_number, event.index) in self.painted:
                # Reported again by another worker of its scene.
                return
            self.painted[event.pass_number, event.index] = event
        if isinstance(event, Notice):
            if event.text in self.notes:
                # Reported by each scene.
                return
            self.notes.append(event.text)
        self.emit(event)

    def _write_record(self, seconds: float) -> None:
        assert self.record is not None
        write_text(self.record, json.dumps(self._make_record(seconds), indent=1, ensure_ascii=False) + "\n", what="record")

    def _make_record(self, seconds: float) -> dict[str, Any]:
        film = self.film
        lines = [line for scene in self.scenes for line in self.store.noted(scene)]
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


def partial_film(source: str, output: Path, target: Target, rate: Fraction | None = None, emit: Emit = no_op) -> Written:
    """Write a film of the frames painted so far, and keep them.

    Args:
        source: The film that is painted.
        output: Output of the whole film, beside which its frames are.
        target: Output of this one.
        rate: As for :class:`VideoRun`.
        emit: Called with each frame.

    Raises:
        FilmError: If there are none.
    """
    folder = frames_folder(output)
    film = open_film(source, rate)
    return assemble(film, folder, target.path, codec=target.codec or None, quality=target.quality, emit=emit)


def check_target(source: str, output: Path, codec: str | None, quality: int | None) -> Target:
    """Check the output of a film; raises OutputError or FilmError as :func:`find_target` does, or if it would mix with its source."""
    target = find_target(output, codec, quality)
    place, given = target.path.parent, Path(source)
    source_folder = given if given.is_dir() else given.parent if is_pattern(given) else None
    if source_folder is not None and place.resolve() == source_folder.resolve():
        failed = "output: is among the pictures of the film, and would be taken for one of them"
        raise OutputError(one_line(failed, quoted(output), "another folder than theirs", quoted(Path("painted") / output.name)))
    check_output(target.path, inputs=inputs(source), what="output")
    return target


def inputs(source: str) -> list[Path]:
    """Return the input files, which no output may replace."""
    path = Path(source)
    return [path] if path.is_file() else []


def frames_folder(output: Path) -> Path:
    """Return the folder of painted frames, beside the film."""
    return output.with_name(f"{output.name}.frames")


def record_path(target: Target) -> Path:
    """Return the path of a film's record: beside it, or among its pictures."""
    if target.container is None:
        return target.path.with_name("film.json")
    return target.path.with_suffix(".json")


def shape_note(film: Film, size: tuple[int, int]) -> str | None:
    """Return a note if painted frames have not quite the shape of the film; None if they have."""
    height, width = size
    if (film.width % 2 or film.height % 2) and max(size) - max(film.width, film.height) in (0, 1):
        return f"The film has {film.width}×{film.height} pixels; it is painted with {width}×{height}, as most codecs need even numbers."
    return None
