"""The manifest of a batch: which pictures are done, and from what; one line of JSON a picture, added when it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pincel.batches.jobs import Digest, digest_of, fingerprint
from pincel.batches.messages import Job, JobResult
from pincel.errors import OutputError
from pincel.files import one_line, quoted

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Entry:
    """A picture that is done.

    Attributes:
        fingerprint: Of its job; see :func:`pincel.batches.jobs.fingerprint`.
        files: SHA-256 of the picture and its record, as they were written.
        result: The result of the job.
    """

    fingerprint: str
    files: tuple[str, ...]
    result: JobResult


class Manifest:
    """The pictures of a folder that are done.

    A picture counts as done if its last entry has the job's fingerprint, and picture and record exist with the bytes they had. A truncated
    line, as after a power cut, is ignored.

    Args:
        folder: Of the batch; its ``manifest.jsonl`` is read, and made with the first entry.
        digest: Hashes files; called once for each input.
    """

    def __init__(self, folder: Path, digest: Digest = digest_of) -> None:
        self.path = folder / MANIFEST
        self._digest = digest
        self._inputs: dict[str, str] = {}
        self._prints: dict[str, str] = {}
        self._entries = dict(_read(self.path))

    def pending(self, jobs: Iterable[Job]) -> list[Job]:
        """Return the jobs that are not done, or have changed since."""
        return [job for job in jobs if self.done(job) is None]

    def done(self, job: Job) -> JobResult | None:
        """Return the result of a job, if it is done and nothing has changed since."""
        entry = self._entries.get(job.name)
        if entry is None or entry.fingerprint != self.fingerprint(job):
            return None
        files = _files(job, entry)
        same = [self._digest(path) for path in files] == list(entry.files)
        return replace(entry.result, files=tuple(files)) if same else None

    def fingerprint(self, job: Job) -> str:
        """Return the fingerprint of a job at the first call: files that change while it is painted count as changed."""
        if job.name not in self._prints:
            self._prints[job.name] = fingerprint(job, self._input)
        return self._prints[job.name]

    def add(self, job: Job, result: JobResult) -> None:
        """Add a picture that is done; jobs with other results are not added, and tried again.

        Raises:
            OutputError: If the manifest cannot be written.
        """
        if result.state != "done":
            return
        entry = Entry(self.fingerprint(job), tuple(self._digest(path) for path in result.files), result)
        self._entries[job.name] = entry
        line = {"name": job.name, "fingerprint": entry.fingerprint, "files": entry.files, "result": asdict(result)}
        try:
            _append(self.path, json.dumps(line, ensure_ascii=False))
        except OSError as error:
            failed = f"manifest: cannot be written, {error.strerror or error}"
            raise OutputError(one_line(failed, quoted(self.path), "a file in a writable folder", "another folder")) from error

    def _input(self, place: str) -> str:
        if place not in self._inputs:
            self._inputs[place] = self._digest(place)
        return self._inputs[place]


def _files(job: Job, entry: Entry) -> Sequence[str]:
    """Return where a picture and its record are now: the folder may have been moved."""
    above = os.path.dirname(job.output)
    return [os.path.join(above, os.path.basename(path)) for path in entry.result.files]


def _read(path: Path) -> Iterable[tuple[str, Entry]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        failed = f"manifest: cannot be read, {error.strerror or error}"
        raise OutputError(one_line(failed, quoted(path), "the manifest of an earlier batch, or none", "another folder")) from error
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            yield entry["name"], Entry(entry["fingerprint"], tuple(entry["files"]), _result(entry["result"]))


def _result(values: dict[str, Any]) -> JobResult:
    """Return a result from its JSON; raises TypeError or KeyError if it is none."""
    size = tuple(values["size"]) if values["size"] else None
    return JobResult(**{**values, "size": size, "files": tuple(values["files"])})


def _append(path: Path, line: str) -> None:
    """Append a line at once, after a line break if the last line is truncated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as stream:
        end = stream.seek(0, os.SEEK_END)
        truncated = False
        if end:
            stream.seek(end - 1)
            truncated = stream.read(1) != b"\n"
        stream.write((b"\n" if truncated else b"") + line.encode("utf-8", "backslashreplace") + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
