"""Batches: jobs are found, painted with a progress bar, and reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import MACHINE
from pincel.cli.painting import EXIT_CODES, stopped_by_signals
from pincel.errors import OptionError

if TYPE_CHECKING:
    from pincel.batches.manifest import Manifest
    from pincel.batches.messages import Job, MachineOptions, Message
    from pincel.batches.run import Summary
    from pincel.executors.protocol import Executor

# Exit code of a batch in which a picture failed.
SOME_FAILED = 1


def paint_batch(contents: tuple[str, ...], styles: tuple[str, ...], settings: dict[str, Any], options: dict[str, Any]) -> int:
    """Check, paint, report; return the exit code."""
    from pincel.batches.check import check_jobs
    from pincel.batches.messages import MachineOptions

    begin_computing()
    machine = MachineOptions(**{name: options[name] for name in MACHINE})
    if options["cluster"] is not None and any("://" in text for text in (options["output"], *contents, *styles)):
        return _paint_stored(contents, styles, settings, machine, options)
    folder = Path(options["output"])
    jobs = find_jobs(contents, styles, settings, options)
    check_jobs(jobs, folder, [Path(options["jobs"])] if options["jobs"] else [])
    if options["dry_run"]:
        return dry_run(jobs, folder, machine, again=options["again"], json_lines=options["json_lines"])
    with closing(make_executor(options["workers"], options["cluster"], machine, options["output"])) as executor:
        return run(jobs, executor, folder, options)


def _paint_stored(
    contents: tuple[str, ...], styles: tuple[str, ...], settings: dict[str, Any], machine: MachineOptions, options: dict[str, Any]
) -> int:
    """Paint pictures at addresses such as s3://bucket/photos, or into one; return the exit code.

    Raises:
        OptionError: For what can only be done in a folder.
    """
    from pincel.cluster.stored import EtagCache, check_stored, gather_stored, open_folder

    if options["jobs"] or options["dry_run"]:
        raise OptionError("--jobs and --dry-run work with files and folders, not with addresses such as s3://bucket/photos.")
    known, folder = EtagCache(), options["output"]
    jobs = gather_stored(contents, styles, folder, known, pattern=options["names"], settings=settings, notify=_notify(options))
    check_stored(jobs, folder)
    executor = make_executor(options["workers"], options["cluster"], machine, folder)
    with closing(executor), open_folder(folder, known) as (local, manifest):
        return run(jobs, executor, local, options, manifest)


def find_jobs(contents: tuple[str, ...], styles: tuple[str, ...], settings: dict[str, Any], options: dict[str, Any]) -> list[Job]:
    """Return the jobs of a file, or of pictures.

    Raises:
        OptionError: For both or neither.
    """
    from pincel.batches.jobs import gather_jobs
    from pincel.batches.table import read_jobs

    folder, pattern = Path(options["output"]), options["names"]
    if options["jobs"]:
        if contents or styles:
            raise OptionError("--jobs names contents and styles itself; leave out those on the command line, or --jobs.")
        return read_jobs(Path(options["jobs"]), folder, pattern=pattern, settings=settings)
    if not contents and len(styles) > 1:
        raise OptionError("--styles takes all names up to the next option, so there are no contents; give CONTENTS before it, or after --.")
    return gather_jobs(contents, styles, folder, pattern=pattern, settings=settings, notify=_notify(options))


def _notify(options: dict[str, Any]) -> Callable[[str], None]:
    """Return a function that prints notes on files left out, unless the command is to be quiet."""
    return (lambda _: None) if options["quiet"] else partial(click.echo, err=True)


def make_executor(workers: int | None, cluster: str | None, machine: MachineOptions, folder: str) -> Executor[Job]:
    """Return what runs the jobs: this process, several of this machine, or workers of a cluster."""
    from pincel.batches.resources import local_executor

    if cluster is not None:
        from pincel.cluster.batch import RayBatch

        return RayBatch(folder, cluster, workers, machine)
    return local_executor(workers or 1, machine)


def dry_run(jobs: list[Job], folder: Path, machine: MachineOptions, *, again: bool, json_lines: bool) -> int:
    """Print what would be painted and an estimate of the time; return the exit code."""
    from pincel.batches.cost import expected_seconds
    from pincel.batches.manifest import Manifest
    from pincel.cli.terminal import echo
    from pincel.progress import duration

    todo = jobs if again else Manifest(folder).pending(jobs)
    seconds = expected_seconds(todo, machine)
    due = {job.name for job in todo}
    for job in jobs:
        made_of = f"{job.content} after {', '.join(style for style, _ in job.styles)}"
        if json_lines:
            echo(json.dumps({"event": "job", "name": job.name, "due": job.name in due, "seconds": seconds.get(job.name)}))
        elif job.name in due:
            echo(f"{job.name}: {made_of}, {duration(seconds[job.name])}")
        else:
            echo(f"{job.name}: already painted")
    known = [each for each in seconds.values() if each is not None]
    whole = sum(known) if len(known) == len(todo) else None
    if json_lines:
        echo(json.dumps({"event": "plan", "jobs": len(jobs), "due": len(todo), "seconds": whole}))
    else:
        echo(f"{len(todo)} of {len(jobs)} pictures would be painted, in about {duration(whole)} on this machine with one worker.")
    return 0


def run(jobs: list[Job], executor: Executor[Job], folder: Path, options: dict[str, Any], manifest: Manifest | None = None) -> int:
    """Paint with a progress bar until all is done or a signal stops it; return the exit code."""
    from pincel.batches.cost import costs
    from pincel.batches.manifest import Manifest
    from pincel.batches.progress import BatchBar
    from pincel.batches.run import run_batch
    from pincel.cli.terminal import echo
    from pincel.executors.protocol import StopFlag

    flag = StopFlag()
    manifest = manifest or Manifest(folder)
    todo = jobs if options["again"] else manifest.pending(jobs)

    def tell(message: Any) -> None:
        bar.show(message)
        if options["json_lines"] and (line := as_line(message)):
            echo(json.dumps(line))

    try:
        with BatchBar(costs(todo), len(jobs), quiet=options["quiet"]) as bar, stopped_by_signals(flag):
            summary = run_batch(
                jobs, executor, folder, tell, again=options["again"], manifest=manifest, stop=flag, language=options["lang"]
            )
    except KeyboardInterrupt:
        # The second signal, which waits for no step.
        click.echo(f"Interrupted. Finished pictures are in {folder}. Rerun the same command to finish.", err=True)
        return EXIT_CODES["interrupted"]
    report(summary, json_lines=options["json_lines"], quiet=options["quiet"], ended=flag.reason)
    return EXIT_CODES.get(flag.reason, 0) if summary.stopped else SOME_FAILED if summary.failed else 0


def report(summary: Summary, *, json_lines: bool, quiet: bool, ended: str) -> None:
    """Print how many pictures were painted, which failed, and where the summary is."""
    from pincel.cli.terminal import echo
    from pincel.progress import duration

    counts = {"painted": len(summary.painted), "kept": len(summary.kept), "failed": len(summary.failed), "left": summary.left}
    if json_lines:
        echo(json.dumps({"event": "batch", **counts, "seconds": round(summary.seconds, 3), "files": [str(path) for path in summary.files]}))
    elif not quiet:
        said = [f"{count} {what}" for what, count in counts.items() if count or what == "painted"]
        echo(f"{', '.join(said)} in {duration(summary.seconds)}: {summary.files[0]}")
    for result in summary.failed:
        click.echo(f"{result.name} failed: {result.message}", err=True)
    if summary.stopped and ended:
        click.echo(f"Interrupted. Rerun the same command to finish the {summary.left} left.", err=True)


def as_line(message: Message) -> dict[str, Any] | None:
    """Return the result of a picture as data for JSON; None for a step."""
    from pincel.batches.messages import JobResult

    if not isinstance(message, JobResult):
        return None
    return {"event": "picture", **vars(message)}
