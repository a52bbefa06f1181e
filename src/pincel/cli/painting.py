"""What verbs that run something have in common: outputs, events as JSON, signals, and what is printed at the end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from pincel.engine.events import Event
    from pincel.progress import Bar
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run

E = TypeVar("E")

EXIT_CODES = {"interrupted": 130, "terminated": 143}


@dataclass(frozen=True)
class Outputs:
    """Files that a run writes.

    Attributes:
        picture: The result.
        record: Its record.
        sheet: The contact sheet, if any.
        save_every: Steps between two progress pictures, if any.
        depth: Bits per sample of the picture.
        auto_checkpoint: Whether checkpoints were not asked for: they are removed once there is a picture.
        auto_named: Whether pincel chose the name of the picture: then it replaces no file.
    """

    picture: Path
    record: Path
    sheet: Path | None = None
    save_every: int | None = None
    depth: int = 8
    auto_checkpoint: bool = False
    auto_named: bool = False

    def check(self, inputs: list[Path]) -> None:
        """Check every file before the run.

        Raises:
            OutputError: For an unknown extension, an unwritable folder, a file that is an input, or two outputs in one place.
        """
        from pincel.files import check_output
        from pincel.images.io import check_format

        check_format(self.picture, self.depth)
        if self.sheet:
            check_format(self.sheet)
        for path, what in ((self.picture, "output"), (self.record, "record"), (self.sheet, "contact sheet")):
            if path:
                check_output(path, inputs=inputs, what=what)
        check_distinct(self.files)

    def check_fits(self, run: Run) -> tuple[str, ...]:
        """Check that the format of the picture can hold it, now that its size is known; return notes, or raise OutputError."""
        from pincel.images.io import check_limits

        return check_limits(self.picture, run.size, alpha=run.inputs.content.alpha is not None, depth=self.depth)

    @property
    def files(self) -> list[Path]:
        """Picture, record and sheet."""
        return [path for path in (self.picture, self.record, self.sheet) if path]

    def replacing_none(self) -> Outputs:
        """Return the outputs with the next free name if pincel chose the name and somebody else has taken it meanwhile."""
        from pincel.cli.output_name import is_taken, next_free
        from pincel.engine.result import record_path

        if not (self.auto_named and is_taken(self.picture)):
            return self
        picture = next_free(self.picture)
        record = record_path(picture) if self.record == record_path(self.picture) else self.record
        return replace(self, picture=picture, record=record)

    def save(self, run: Run) -> None:
        """Write the files of a run that has ended.

        Raises:
            OutputError: If the picture cannot be written to its place; says where it is instead.
        """
        from pincel.images.io import save_picture

        run.result.save(self.picture, record=self.record, depth=self.depth)
        if self.sheet:
            save_picture(run.sheet(run.result), self.sheet)

    def to_dict(self) -> dict[str, Any]:
        """Return outputs as a checkpoint stores them, with absolute paths."""
        return {name: os.path.abspath(value) if isinstance(value, Path) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Outputs:
        """Return what :meth:`to_dict` was called on.

        Raises:
            CheckpointError: If the run was not started on the command line.
        """
        from pincel.errors import CheckpointError
        from pincel.files import one_line

        if "picture" not in stored:
            failed, hint = "checkpoint: the run was started in Python, without an output file", "pincel.resume(DIR) in Python"
            raise CheckpointError(one_line(failed, "no output", "a run of 'pincel transfer'", hint))
        paths = {name: Path(stored[name]) for name in ("picture", "record", "sheet") if stored[name]}
        return cls(**{**stored, **paths})


def check_distinct(paths: Iterable[Path]) -> None:
    """Raise OutputError if two outputs are one file."""
    from pincel.errors import OutputError

    places = [path.resolve() for path in paths]
    if len(set(places)) < len(places):
        raise OutputError(f"Two outputs would be written to one file: {', '.join(map(str, places))}. Give each its own name.")


def paint(run: Run, outputs: Outputs, bar: Bar, *, json_lines: bool, preview: Path | None = None) -> None:
    """Iterate over a run, showing its events, until it ends or a signal stops it, and evaluate its result."""
    from pincel.cli.preview import Preview
    from pincel.engine.memory import trim_heap

    if run.plan.memory_constrained:
        trim_heap()
    watchers: list[Callable[[Event], None]] = [bar.show]
    if preview:
        # First, so that the preview of a step is there before its event.
        watchers.insert(0, Preview(preview, lambda line: bar.line(line, style="yellow")).show)
    if outputs.save_every:
        watchers.append(_progress_pictures(run, outputs, outputs.save_every, bar))
    follow(run, *watchers, json_lines=json_lines)
    # Evaluated now, while the bar can show the progress of that.
    _ = run.result


def _progress_pictures(run: Run, outputs: Outputs, every: int, bar: Bar) -> Callable[[Event], None]:
    """Return a function that saves the picture every so many steps; one that cannot be saved does not end the run."""
    from pincel.engine.events import Step
    from pincel.errors import OutputError
    from pincel.images.io import save_picture, to_pil

    coarse_to_fine = len(run.plan.costs) > 1

    def save(event: Event) -> None:
        if not isinstance(event, Step) or event.step == 0 or event.step % every:
            return
        # Each scale counts its own steps.
        scale = f"-{event.scale[1]}x{event.scale[0]}" if coarse_to_fine else ""
        path = outputs.picture.with_name(f"{outputs.picture.stem}{scale}-{event.step:05d}{outputs.picture.suffix}")
        try:
            save_picture(to_pil(event.preview().cpu()), path)
        except OutputError as error:
            bar.line(str(error), style="yellow")

    return save


def also_as_json(show: Callable[[E], None], *, json_lines: bool) -> Callable[[E], None]:
    """Return a function that shows an event; with ``json_lines``, it also prints it as JSON, unless it is within a step."""
    from pincel.engine.events import TileProgress

    def show_and_print(event: E) -> None:
        show(event)
        if not isinstance(event, TileProgress):
            print_json(event)

    return show_and_print if json_lines else show


def print_json(event: Any) -> None:
    """Print an event as a line of JSON."""
    from pincel.cli.terminal import echo

    echo(json.dumps(as_json(event)))


def as_json(event: Any) -> dict[str, Any]:
    """Return an event as data for JSON: its name, its fields but functions, and the message of a text that is a note."""
    from pincel.translation import Note

    terms = {"terms": event.terms} if hasattr(event, "fetch_terms") else {}
    fields = {key: value for key, value in vars(event).items() if key not in ("preview", "fetch_terms")}
    message = next((value.translated.as_data() for value in fields.values() if isinstance(value, Note)), {})
    return {"event": event_name(event), **fields, **terms, **message}


def event_name(event: object) -> str:
    """Return the name of an event in JSON: its ``kind`` if it has one; ``StepEnd`` is ``step_end``."""
    if kind := getattr(event, "kind", ""):
        return str(kind)
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(event).__name__).removeprefix("_")


class Stoppable(Protocol):
    """What can be stopped: a run, a study."""

    def stop(self, reason: str = ...) -> None:
        """Ask for the end, for a reason."""


class EventSource(Stoppable, Protocol):
    """What yields events until it ends."""

    def __iter__(self) -> Iterator[Any]:
        """Yield events."""


@contextmanager
def stopped_by_signals(run: Stoppable) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop a run after its step; a second one ends the program."""

    def handler(number: int, _frame: FrameType | None) -> None:
        run.stop("interrupted" if number == signal.SIGINT else "terminated")
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def follow(run: EventSource, *watchers: Callable[[Any], None], json_lines: bool = False, unsafe_until: type | None = None) -> None:
    """Iterate over a run until it ends or a signal stops it.

    Args:
        run: Yields events.
        watchers: Called with each event.
        json_lines: Whether to print each event.
        unsafe_until: Event before which there is nothing to keep, so that a signal ends the program.
    """

    def show(event: Any) -> None:
        for watcher in watchers:
            watcher(event)
        if json_lines:
            print_json(event)

    events = iter(run)
    if unsafe_until:
        for event in events:
            show(event)
            if isinstance(event, unsafe_until):
                break
    with stopped_by_signals(run):
        for event in events:
            show(event)


def announce(files: Iterable[Path], options: Mapping[str, Any], *lines: str, **values: Any) -> None:
    """Print what was written, as lines or, with ``--json``, as an event with further values.

    Args:
        files: Files that were written.
        options: Options of the command: ``json_lines``, if it has that, and ``quiet``.
        lines: Lines before those of the files.
        values: Further values of the event.
    """
    from pincel.cli.terminal import echo

    names = [str(path) for path in files]
    if options.get("json_lines"):
        echo(json.dumps({"event": "saved", **values, "files": names}))
    elif not options["quiet"]:
        for line in (*lines, *names):
            echo(line)


def finish(run: Run, outputs: Outputs, checkpoints: CheckpointWriter | None, options: Mapping[str, Any]) -> int:
    """Write the files of a run that has ended, announce them, and remove checkpoints that are no longer needed.

    Returns:
        The exit code.

    Raises:
        OutputError: If the picture cannot be written to its place; says where it is instead. Checkpoints are kept then.
        WorkerError: If the run ended because another process of it failed; says where the picture is.
        MemoryLimitError: Likewise, because it ran out of memory.
    """
    from pincel.errors import MemoryLimitError, WorkerError

    outputs = outputs.replacing_none()
    outputs.save(run)
    if checkpoints and outputs.auto_checkpoint and run.finished:
        checkpoints.discard()
    resume = f" To continue: {checkpoints.resume_command}" if checkpoints and checkpoints.resume_command else ""
    stopped = run.result.stopped
    announce(outputs.files, options, stopped=stopped)
    if run.error:
        raise WorkerError(f"{run.error} The best picture so far was kept as {outputs.picture}.{resume}")
    if stopped == "out of memory":
        raise MemoryLimitError(f"Out of memory. The best picture so far was kept as {outputs.picture}; try a smaller --size.{resume}")
    return EXIT_CODES.get(stopped, 0)
