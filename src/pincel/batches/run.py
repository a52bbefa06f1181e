"""A batch from its jobs to its summary; :func:`batch` is one as a function."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, Unpack

from filelock import FileLock, Timeout
from PIL import Image

from pincel.arguments import checked
from pincel.batches.check import check_jobs
from pincel.batches.cost import costs
from pincel.batches.jobs import gather_jobs
from pincel.batches.manifest import Manifest
from pincel.batches.messages import NOT_FINISHED, Job, JobResult, MachineOptions, Message, Progress
from pincel.batches.names import PATTERN
from pincel.batches.page import write_summary
from pincel.batches.path_globs import Notify
from pincel.batches.progress import BatchBar
from pincel.batches.resources import local_executor
from pincel.batches.table import read_jobs
from pincel.errors import OptionError
from pincel.executors.protocol import Completed, Executor, ExecutorEvent, Stop, Update, never_stop
from pincel.files import a_type_of, check_name, one_line, quoted
from pincel.images.preview import preview_tag
from pincel.progress import showing
from pincel.recipes.values import RecipeValues
from pincel.translation import Language

LOCK = ".pincel-batch.lock"
# Pictures that a notebook shows of a summary, and their long side in pixels.
SHOWN, THUMBNAIL = 12, 128

Places: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclass(frozen=True)
class Summary:
    """The results of a batch.

    Attributes:
        jobs: All of them.
        results: name → result, also of jobs that were done before; not of jobs that were not started.
        kept: Names of jobs that were done before and have not changed.
        folder: Of the results.
        seconds: The batch has taken.
        stopped: Whether it was stopped early.
        files: The page, the table, and the data.
    """

    jobs: tuple[Job, ...]
    results: Mapping[str, JobResult]
    kept: frozenset[str]
    folder: Path
    seconds: float
    stopped: bool
    files: tuple[Path, ...]

    @property
    def painted(self) -> list[JobResult]:
        """Results of jobs that were done this time."""
        return [result for result in self.results.values() if result.state == "done" and result.name not in self.kept]

    @property
    def failed(self) -> list[JobResult]:
        """Results of jobs that failed."""
        return [result for result in self.results.values() if result.state == "failed"]

    @property
    def left(self) -> int:
        """Number of jobs that were not begun or not finished."""
        return sum(job.name not in self.results or self.results[job.name].state == "stopped" for job in self.jobs)

    def _repr_html_(self) -> str:
        text = f"{len(self.painted)} painted, {len(self.kept)} kept, {len(self.failed)} failed, {self.left} left: {self.files[0]}"
        done = [result for result in self.results.values() if result.state == "done"][:SHOWN]
        return f"<p>{escape(text)}</p>{''.join(_thumbnail(Path(result.files[0])) for result in done)}"


def _thumbnail(path: Path) -> str:
    """Return a small picture as HTML; nothing for one that is not there any more."""
    try:
        with Image.open(path) as image:
            return preview_tag(image.convert("RGB"), THUMBNAIL)
    except OSError:
        return ""


def run_batch(  # noqa: PLR0913 - each is a choice of the caller's
    jobs: Sequence[Job],
    executor: Executor[Job],
    folder: Path,
    emit: Callable[[Message], None] = lambda _: None,
    *,
    again: bool = False,
    manifest: Manifest | None = None,
    stop: Stop = never_stop,
    language: Language = "en",
) -> Summary:
    """Run the jobs that are not done, and write the summary, also if it is stopped early.

    Args:
        jobs: All of them, with names that differ; see :func:`pincel.batches.check.check_jobs`.
        executor: Runs the jobs. It is not closed.
        folder: Where the manifest and the summary are.
        emit: Called with progress and results.
        again: Whether to run all, also those that are done.
        manifest: That of the folder, if it has been read already.
        stop: Called repeatedly; where it returns True, jobs end early and no other is begun.
        language: Of the page.

    Returns:
        The results.

    Raises:
        OptionError: If another batch works in this folder.
        OutputError: If manifest or summary cannot be written.
    """
    began = time.perf_counter()
    with folder_lock(folder):
        manifest = manifest or Manifest(folder)
        done = {} if again else {job.name: result for job in jobs if (result := manifest.done(job))}
        results = dict(done)
        pending = {job.name: job for job in jobs if job.name not in done}
        for job in pending.values():
            # Of the files as they are now: what changes later counts as changed.
            manifest.fingerprint(job)

        def handle(event: ExecutorEvent[Job]) -> None:
            message = message_of(event, stopping=stop())
            if isinstance(message, JobResult):
                manifest.add(pending[message.name], message)
                results[message.name] = message
            emit(message)

        try:
            executor.run(list(pending.values()), handle, stop)
        finally:
            files = write_summary(jobs, results, folder, time.perf_counter() - began, language)
    stopped = any(job.name not in results or results[job.name].state == "stopped" for job in jobs)
    return Summary(tuple(jobs), results, frozenset(done), folder, time.perf_counter() - began, stopped, files)


def message_of(event: ExecutorEvent[Job], *, stopping: bool) -> Message:
    """Return the message of an executor's event; a job whose worker is lost while the batch stops counts as stopped."""
    if isinstance(event, Update):
        progress: Progress = event.message
        return progress
    if isinstance(event, Completed):
        result: JobResult = event.result
        return result
    if stopping:
        return JobResult(event.task.name, "stopped", NOT_FINISHED, worker=event.worker)
    return JobResult(event.task.name, "failed", f"{event.reason[:1].upper()}{event.reason[1:]}.", worker=event.worker)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Lock a folder against other batches; raises OptionError if another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        failed = "batch: another one is at work in this folder"
        raise OptionError(one_line(failed, quoted(folder), "a folder for each batch", "another -o, or wait for its end")) from None
    try:
        yield
    finally:
        lock.release()


@checked
def batch(  # noqa: PLR0913 - each is a choice of the caller's
    contents: Places = (),
    styles: Places = (),
    folder: str | PathLike[str] = "painted",
    *,
    jobs: str | PathLike[str] | None = None,
    pattern: str = PATTERN,
    workers: int = 1,
    recipe: str | PathLike[str] | None = None,
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    again: bool = False,
    progress: bool = False,
    on_event: Callable[[Message], None] | None = None,
    notify: Notify = lambda _: None,
    **values: Unpack[RecipeValues],
) -> Summary:
    """Paint every photograph after every painting, or each row of a file of jobs, into a folder.

    Called again, it paints only what is missing or of which something has changed: the pictures, masks, settings, the version of pincel.
    A picture that cannot be used does not end the batch; the summary says which it was and why.

    Example:
        >>> summary = pincel.batch("photos/*.jpg", ["starry.jpg", "paintings/"], "painted", size=512)  # doctest: +SKIP
        >>> [result.message for result in summary.failed]  # doctest: +SKIP
        []

    Args:
        contents: Photographs: files, folders, patterns such as ``photos/*.jpg``, ``sample:NAME``; one or several.
        styles: Paintings, likewise.
        folder: Where pictures, records and the summary go.
        jobs: A CSV or TOML file of jobs instead of contents and styles; see :mod:`pincel.batches.table`.
        pattern: How results are called; see :class:`pincel.batches.names.Names`.
        workers: Processes of this machine that share the batch, 1 or more. With 2 or more the caller must be a script whose work is done
            under ``if __name__ == "__main__":``.
        recipe: As for :func:`pincel.transfer`, but by name or file; ``pincel``, or what the file of jobs says, when left out.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`, for all workers together.
        again: Paint also what is done.
        progress: Whether to show bars, in a terminal or a notebook.
        on_event: Called with the progress (:class:`Progress`) and the result (:class:`JobResult`) of each picture.
        notify: Called with a note on the files of a folder or a pattern that are left out.
        **values: Any value of the recipe, for all.

    Returns:
        The result of each picture, and where the summary is.

    Raises:
        PincelError: In one line and before any work, if nothing matches, two results would have one name, an input would be overwritten,
            or a setting is not accepted.
    """
    into = Path(check_name(folder, "folder", "the name of a folder", "'painted'"))
    settings: dict[str, Any] = {**values} if recipe is None else {"recipe": os.fspath(recipe), **values}
    if jobs is not None and (_texts(contents) or _texts(styles)):
        raise OptionError(one_line("batch: contents and styles are in the file of jobs", "both", "either", "leave one of them out"))
    if jobs is not None:
        listed = read_jobs(Path(jobs), into, pattern=pattern, settings=settings)
    else:
        listed = gather_jobs(_texts(contents), _texts(styles), into, pattern=pattern, settings=settings, notify=notify)
    check_jobs(listed, into, [Path(jobs)] if jobs is not None else [])
    with closing(local_executor(workers, MachineOptions(device, precision, tiles, memory))) as executor:
        bar = _bar(listed, listed if again else Manifest(into).pending(listed)) if progress else None
        with showing(bar, on_event) as show:
            return run_batch(listed, executor, into, show, again=again)


def _bar(jobs: Sequence[Job], todo: Sequence[Job]) -> BatchBar:
    return BatchBar(costs(todo), len(jobs))


def _texts(places: Places) -> list[str]:
    given = [places] if isinstance(places, str | PathLike) else list(places)
    for place in given:
        if not isinstance(place, str | PathLike):
            accepted = "paths of files and folders, patterns, sample:NAME"
            raise OptionError(one_line("batch: a picture is no file", a_type_of(place), accepted, "save it first"))
    return [os.fspath(place) for place in given]
