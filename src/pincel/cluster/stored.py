"""A batch whose pictures are in stores, with its manifest and summary beside the results."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pincel.batches.check import check_jobs
from pincel.batches.jobs import digest_of, pair_jobs
from pincel.batches.manifest import MANIFEST, Manifest
from pincel.batches.messages import Job, JobResult
from pincel.batches.names import PATTERN, Names
from pincel.batches.path_globs import Notify, pictures
from pincel.cluster import store
from pincel.sources import BLANK

# Folder of a store with the lines of the manifest, in files of some lines each, because nothing can be appended to a file in a store.
LINES = "manifest"
# Seconds between two of these files. A driver that is killed loses the results since the last, and paints them again.
INTERVAL = 5.0


@dataclass
class EtagCache:
    """Identifies the contents of files here and in stores.

    Attributes:
        stamps: Address → etag, from listings.
    """

    stamps: dict[str, str] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        """Return hash or etag of a file; nothing if it does not exist."""
        if not store.is_address(place):
            return digest_of(place)
        return self.stamps.get(place) or store.etag(place)


def gather_stored(
    contents: Sequence[str],
    styles: Sequence[str],
    folder: str,
    etags: EtagCache,
    *,
    pattern: str = PATTERN,
    settings: Mapping[str, Any] | None = None,
    notify: Notify = lambda _: None,
) -> list[Job]:
    """Return a job for each pair of a content and a style, as :func:`pincel.batches.jobs.gather_jobs` does, with addresses among them.

    Args:
        contents: Photographs: files, folders, patterns, ``sample:NAME``, and addresses of files, folders and patterns in stores.
        styles: Paintings, likewise.
        folder: Where the results go: a path or an address.
        etags: Filled with the etags of files in stores.
        pattern: Of names of results.
        settings: Of all jobs.
        notify: Called with a note on files of a folder or a pattern that are left out.

    Raises:
        PincelError: For a text that stands for no picture, a pattern that is none, or a store that does not answer.
    """
    names = Names(pattern)
    photographs, paintings = (_places(texts, what, folder, etags, notify) for texts, what in ((contents, "contents"), (styles, "styles")))
    return pair_jobs(photographs, paintings, names, dict(settings or {}), partial(_output, folder))


def _places(texts: Sequence[str], what: str, folder: str, etags: EtagCache, notify: Notify) -> list[str]:
    places: dict[str, None] = {}
    outside = None if store.is_address(folder) else Path(folder)
    for text in texts:
        if not store.is_address(text):
            places.update(dict.fromkeys(pictures([text], what, outside=outside, notify=notify)))
            continue
        found = store.find(text, what, notify)
        etags.stamps.update(found)
        places.update(dict.fromkeys(found))
    return list(places)


def _output(folder: str, name: str) -> str:
    return store.joined(folder, name) if store.is_address(folder) else str(Path(folder, name))


def check_stored(jobs: Sequence[Job], folder: str, more: Sequence[Path] = ()) -> None:
    """Check settings, names and files of all jobs, and that the results can be written; files in stores are not looked for.

    Raises:
        PincelError: In one line, for the first error.
    """
    with tempfile.TemporaryDirectory(prefix="pincel-") as temporary:
        remote = store.is_address(folder)
        local = Path(temporary) if remote else Path(folder)
        check_jobs([_localized(job, local) for job in jobs], local, more)
    if remote:
        store.check_writing(folder)


def _localized(job: Job, folder: Path) -> Job:
    """Return a job with a blank picture for every address, whose result goes into a local folder."""

    def local(place: str) -> str:
        return f"{BLANK}64x64" if store.is_address(place) else place

    styles = tuple((local(style), weight) for style, weight in job.styles)
    settings = {name: value for name, value in job.settings.items() if not _in_store(value)}
    return replace(job, content=local(job.content), styles=styles, output=str(folder / job.name), settings=settings)


def _in_store(value: Any) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(each, str) and store.is_address(each) for each in several)


@contextmanager
def open_folder(folder: str, etags: EtagCache) -> Iterator[tuple[Path, Manifest]]:
    """Yield a local folder for a batch, and its manifest; for a store, a copy that is uploaded at the end.

    Raises:
        PincelError: If the store cannot be read or written.
    """
    if not store.is_address(folder):
        yield Path(folder), Manifest(Path(folder), etags)
        return
    with tempfile.TemporaryDirectory(prefix="pincel-") as temporary:
        local = Path(temporary)
        manifest = StoredManifest(folder, local, etags)
        try:
            yield local, manifest
        finally:
            manifest.flush()
            files = (path for path in local.rglob("*") if path.is_file() and not path.name.startswith(".") and path.name != MANIFEST)
            for file in sorted(files):
                store.upload(file, store.joined(folder, file.relative_to(local).as_posix()))


class StoredManifest(Manifest):
    """A manifest in a store: a local copy, whose new lines are uploaded from time to time, in files of their own.

    Args:
        address: Of the folder of the results.
        local: A folder for the copy.
        etags: Identifies the contents of files.
        clock: Seconds.
    """

    def __init__(self, address: str, local: Path, etags: EtagCache, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = store.joined(address, LINES)
        self._clock = clock
        files = [name for name in store.names(self._lines) if name.endswith(".jsonl")]
        texts = [store.fetch(store.joined(self._lines, name), local / LINES).read_bytes() for name in files]
        shutil.rmtree(local / LINES, ignore_errors=True)
        (local / MANIFEST).write_bytes(b"".join(text if text.endswith(b"\n") else text + b"\n" for text in texts if text))
        super().__init__(local, etags)
        self._stamps = etags.stamps
        # One listing instead of a request for each picture.
        etags.stamps.update(store.listed(address))
        if len(files) > 1:
            self._join(files, local)
        self._copied = self.path.stat().st_size
        self._when = clock()

    def add(self, job: Job, result: JobResult) -> None:
        """Add a picture that is done; raises PincelError if the manifest cannot be written."""
        for file in result.files:
            self._stamps.pop(file, None)
        super().add(job, result)
        if self._clock() - self._when >= INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Upload new lines."""
        self._when = self._clock()
        with self.path.open("rb") as stream:
            stream.seek(self._copied)
            new = stream.read()
        if new:
            store.write(new.decode(), store.joined(self._lines, _name()))
            self._copied += len(new)

    def _join(self, files: Sequence[str], local: Path) -> None:
        """Replace many files by one."""
        store.upload(local / MANIFEST, store.joined(self._lines, _name()))
        for name in files:
            store.remove(store.joined(self._lines, name))


def _name() -> str:
    """Return a new name of a file, after all that were there before."""
    return f"{time.time_ns():020d}-{secrets.token_hex(4)}.jsonl"
