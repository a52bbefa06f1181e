"""What the verbs that paint have in common: files checked before, events shown, signals heeded, files written after."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pincel.cli.progress import Bar
    from pincel.engine.events import Event
    from pincel.engine.result import Result
    from pincel.run.checkpoint import CheckpointWriter
    from pincel.run.run import Run

EXIT_CODES = {"interrupted": 130, "terminated": 143}


@dataclass(frozen=True)
class Outputs:
    """Files to write.

    Attributes:
        picture: The result.
        record: Its record.
        sheet: The contact sheet, if one was asked for.
        save_every: Steps between two progress pictures, if they were asked for.
        depth: Bits a sample of the picture.
        passing: Whether checkpoints, which nobody asked for, go once there is a picture.
    """

    picture: Path
    record: Path
    sheet: Path | None = None
    save_every: int | None = None
    depth: int = 8
    passing: bool = False


def check_outputs(outputs: Outputs, inputs: list[Path]) -> Outputs:
    """Check every file a run will write, before it starts; return them as given.

    Raises:
        OutputError: For an unknown extension, an unwritable folder, a file that is an input, or two outputs in one place.
    """
    from pincel.errors import OutputError
    from pincel.files import check_output
    from pincel.images.io import check_format

    check_format(outputs.picture, outputs.depth)
    check_output(outputs.picture, inputs=inputs, what="output")
    check_output(outputs.record, inputs=inputs, what="record")
    if outputs.sheet:
        check_format(outputs.sheet)
        check_output(outputs.sheet, inputs=inputs, what="contact sheet")
    places = [path.resolve() for path in (outputs.picture, outputs.record, outputs.sheet) if path]
    if len(set(places)) < len(places):
        raise OutputError(f"Two outputs would be written to one file: {', '.join(map(str, places))}. Give each its own name.")
    return outputs


def check_fits(run: Run, outputs: Outputs) -> tuple[str, ...]:
    """Check that the picture's format can hold it, now that its size is known; return notes, or raise OutputError."""
    from pincel.images.io import check_limits

    return check_limits(outputs.picture, run.size, alpha=run.inputs.content.alpha is not None, depth=outputs.depth)


def written_down(outputs: Outputs) -> dict[str, Any]:
    """Return outputs as a checkpoint keeps them: they mean the same files from any folder."""
    fields = vars(outputs).items()
    return {name: os.path.abspath(value) if isinstance(value, Path) else value for name, value in fields}


def read_back(written: Mapping[str, Any]) -> Outputs:
    """Return what :func:`written_down` was given.

    Raises:
        CheckpointError: If the run was not begun on the command line.
    """
    from pincel.errors import CheckpointError
    from pincel.files import one_line

    if "picture" not in written:
        failed, hint = "checkpoint: the run was begun in Python and says not where its picture goes", "pincel.resume(DIR) in Python"
        raise CheckpointError(one_line(failed, "no output", "a run of 'pincel transfer'", hint))
    paths = {name: Path(written[name]) for name in ("picture", "record", "sheet") if written[name]}
    return Outputs(**paths, save_every=written["save_every"], depth=written.get("depth", 8), passing=written["passing"])


def paint(run: Run, outputs: Outputs, bar: Bar, *, json_lines: bool, preview: Path | None = None) -> None:
    """Iterate over a run, showing what it tells, until it ends or a signal asks it to, and evaluate its result."""
    from pincel.engine.memory import trim_heap

    if run.plan.memory_constrained:
        trim_heap()
    watchers = _watchers(run, outputs, bar, json_lines=json_lines)
    if preview:
        from pincel.cli.preview import Preview

        # First, so that whoever reads of a step finds its picture.
        watchers.insert(0, Preview(preview, lambda line: bar.line(line, style="yellow")).show)
    with stopped_by_signals(run):
        for event in run:
            for watch in watchers:
                watch(event)
    # Now, while the bar can show how far that is.
    _ = run.result


def _watchers(run: Run, outputs: Outputs, bar: Bar, *, json_lines: bool) -> list[Callable[[Event], None]]:
    from pincel.cli.terminal import say
    from pincel.engine.events import Step
    from pincel.errors import OutputError
    from pincel.images.io import save_picture, to_pil

    coarse_to_fine = len(run.plan.costs) > 1

    def keep(event: Event) -> None:
        if outputs.save_every and isinstance(event, Step) and event.step and event.step % outputs.save_every == 0:
            # Each scale counts its own steps.
            scale = f"-{event.scale[1]}x{event.scale[0]}" if coarse_to_fine else ""
            path = outputs.picture.with_name(f"{outputs.picture.stem}{scale}-{event.step:05d}{outputs.picture.suffix}")
            try:
                save_picture(to_pil(event.preview().cpu()), path)
            except OutputError as error:
                # A progress picture is no reason to lose the run.
                bar.line(str(error), style="yellow")

    watchers: list[Callable[[Event], None]] = [bar.show, keep]
    if json_lines:
        watchers.append(lambda event: say(json.dumps(as_json(event))))
    return watchers


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as plain data: its kind, and its fields but the preview."""
    from pincel.engine.events import Step

    terms = {"terms": event.terms} if isinstance(event, Step) else {}
    fields = {key: value for key, value in vars(event).items() if key not in ("preview", "fetch_terms")}
    return {"event": event.kind, **fields, **terms}


class Stoppable(Protocol):
    """What can be asked to end: a run, a study."""

    def stop(self, reason: str = ...) -> None:
        """Ask for the end, and say why."""


@contextmanager
def stopped_by_signals(run: Stoppable) -> Iterator[None]:
    """Let SIGINT and SIGTERM end a run after its step; a second one ends the program."""

    def handler(number: int, _frame: FrameType | None) -> None:
        run.stop("interrupted" if number == signal.SIGINT else "terminated")
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


class Learns(Stoppable, Protocol):
    """What learns: events until it ends."""

    def __iter__(self) -> Iterator[Any]:
        """Learn, and tell each step."""


def event_name(event: object) -> str:
    """Return what an event is called as JSON: its ``kind`` if it has one; ``StepEnd`` is ``step_end``."""
    if kind := getattr(event, "kind", ""):
        return str(kind)
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(event).__name__).removeprefix("_")


def watch_learning(run: Learns, show: Callable[[Any], None], began: type, *, json_lines: bool) -> None:
    """Let something learn to the end, showing what it tells. Before it has begun nothing is kept, and a signal ends the program."""
    from pincel.cli.terminal import say

    events = iter(run)

    def follow(until: type | None) -> None:
        for event in events:
            show(event)
            if json_lines:
                say(json.dumps({"event": event_name(event), **vars(event)}))
            if until is not None and isinstance(event, until):
                return

    follow(began)
    with stopped_by_signals(run):
        follow(None)


def finish(run: Run, outputs: Outputs, checkpoints: CheckpointWriter | None, *, json_lines: bool, quiet: bool) -> int:
    """Write what a run has come to, say where it is, remove checkpoints that have served.

    Args:
        run: Ended.
        outputs: Where its files go.
        checkpoints: What has written its checkpoints, if anything has.
        json_lines: Whether to say it as JSON.
        quiet: Whether to say nothing.

    Returns:
        The exit code.

    Raises:
        OutputError: If the picture could not go where it should; says where it is instead. Checkpoints are kept then.
        WorkerError: If the run had to end because a process that shared the work is gone; says where the picture is.
        MemoryLimitError: Likewise, for want of memory.
    """
    from pincel.cli.terminal import say
    from pincel.errors import MemoryLimitError, WorkerError

    result = run.result
    saved = save(result, outputs, run)
    if checkpoints and outputs.passing and run.finished:
        checkpoints.discard()
    way_on = f" To go on: {checkpoints.resume_command}" if checkpoints and checkpoints.resume_command else ""
    if json_lines:
        say(json.dumps({"event": "saved", "stopped": result.stopped, "files": [str(path) for path in saved]}))
    elif not quiet:
        for path in saved:
            say(str(path))
    if run.error:
        raise WorkerError(f"{run.error} The best picture so far was kept as {saved[0]}.{way_on}")
    if result.stopped == "out of memory":
        raise MemoryLimitError(f"Out of memory. The best picture so far was kept as {saved[0]}; try a smaller --size.{way_on}")
    return EXIT_CODES.get(result.stopped, 0)


def save(result: Result, outputs: Outputs, run: Run) -> list[Path]:
    """Write picture, record and sheet.

    Raises:
        OutputError: If the picture could not go where it should; says where it is instead.
    """
    from pincel.images.io import save_picture

    result.save(outputs.picture, record=outputs.record, depth=outputs.depth)
    if outputs.sheet is None:
        return [outputs.picture, outputs.record]
    save_picture(run.sheet(result), outputs.sheet)
    return [outputs.picture, outputs.record, outputs.sheet]
