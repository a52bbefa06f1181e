"""A batch whose pictures are in stores: gathered from addresses, its manifest and summary beside the results."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pincel.batch.check import check_jobs
from pincel.batch.jobs import USUAL, digest_of
from pincel.batch.manifest import MANIFEST, Manifest
from pincel.batch.messages import Job, JobResult
from pincel.batch.names import PATTERN, Names
from pincel.batch.path_globs import Notify, pictures
from pincel.cluster import store
from pincel.sources import BLANK

# Where in a store lines of the manifest are: files of some lines each, as nothing can be added to a file in a store.
LINES = "manifest"
# Seconds between two of them. A driver that is killed loses what was done since the last, and has it painted again.
EVERY = 5.0


@dataclass
class Known:
    """Tells the contents of files here and in stores.

    Attributes:
        stamps: Address → what tells its contents, where it was found in a listing.
    """

    stamps: dict[str, str] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        """Return what tells the contents of a file from others; nothing if it is not there."""
        if not store.is_address(place):
            return digest_of(place)
        return self.stamps.get(place) or store.stamp_of(place)


def gather_stored(
    contents: Sequence[str],
    styles: Sequence[str],
    folder: str,
    known: Known,
    *,
    pattern: str = PATTERN,
    settings: Mapping[str, Any] | None = None,
    notify: Notify = lambda _: None,
) -> list[Job]:
    """Return a job for each pair of a content and a style, as :func:`pincel.batch.jobs.gather_jobs` does, with addresses among them.

    Args:
        contents: Photographs: files, folders, patterns, ``sample:NAME``, and addresses of files, folders and patterns in stores.
        styles: Paintings, likewise.
        folder: Where the results go: a path or an address.
        known: Learns what is seen of files in stores.
        pattern: How they are called.
        settings: As of a job, for all.
        notify: Gets a sentence that says which files of a folder or a pattern are left out.

    Raises:
        PincelError: For a text that stands for no picture, a pattern that is none, or a store that cannot be asked.
    """
    names, shared = Names(pattern), dict(settings or {})
    photographs, paintings = (_places(texts, what, folder, known, notify) for texts, what in ((contents, "contents"), (styles, "styles")))
    pairs = [(content, style) for style in paintings for content in photographs]
    recipe = str(shared.get("recipe", USUAL))
    named = [names.name(content, [style], recipe, number) for number, (content, style) in enumerate(pairs, 1)]
    return placed([Job(name, content, ((style, 1.0),), "", shared) for name, (content, style) in zip(named, pairs, strict=True)], folder)


def _places(texts: Sequence[str], what: str, folder: str, known: Known, notify: Notify) -> list[str]:
    places: dict[str, None] = {}
    outside = None if store.is_address(folder) else Path(folder)
    for text in texts:
        if not store.is_address(text):
            places.update(dict.fromkeys(pictures([text], what, outside=outside, notify=notify)))
            continue
        found = store.find(text, what, notify)
        known.stamps.update(found)
        places.update(dict.fromkeys(found))
    return list(places)


def placed(jobs: Sequence[Job], folder: str) -> list[Job]:
    """Return jobs whose results go into a folder, a path or an address."""
    if store.is_address(folder):
        return [replace(job, output=store.joined(folder, job.name)) for job in jobs]
    return [replace(job, output=str(Path(folder, job.name))) for job in jobs]


def check_stored(jobs: Sequence[Job], folder: str, more: Sequence[Path] = ()) -> None:
    """Check settings, names and files of all jobs, and that the results can be written; what is in stores is found there later.

    Raises:
        PincelError: In one line, for the first thing that cannot be.
    """
    with tempfile.TemporaryDirectory(prefix="pincel-") as aside:
        there = store.is_address(folder)
        into = Path(aside) if there else Path(folder)
        check_jobs([_as_if_here(job, into) for job in jobs], into, more)
    if there:
        store.check_writing(folder)


def _as_if_here(job: Job, into: Path) -> Job:
    """Return a job of which everything in stores is a blank picture."""

    def here(place: str) -> str:
        return f"{BLANK}64x64" if store.is_address(place) else place

    styles = tuple((here(style), weight) for style, weight in job.styles)
    settings = {name: value for name, value in job.settings.items() if not _in_store(value)}
    return replace(job, content=here(job.content), styles=styles, output=str(into / job.name), settings=settings)


def _in_store(value: Any) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(each, str) and store.is_address(each) for each in several)


@contextmanager
def opened(folder: str, known: Known) -> Iterator[tuple[Path, Manifest]]:
    """Give the folder of a batch here, and its manifest; of a store, one that is copied there again.

    Raises:
        PincelError: If the store cannot be read or written.
    """
    if not store.is_address(folder):
        yield Path(folder), Manifest(Path(folder), known)
        return
    with tempfile.TemporaryDirectory(prefix="pincel-") as aside:
        here = Path(aside)
        manifest = StoredManifest(folder, here, known)
        try:
            yield here, manifest
        finally:
            manifest.flush()
            for file in sorted(
                path for path in here.rglob("*") if path.is_file() and not path.name.startswith(".") and path.name != MANIFEST
            ):
                store.deliver(file, store.joined(folder, file.relative_to(here).as_posix()))


class StoredManifest(Manifest):
    """A manifest in a store: a copy here, of which new lines are brought there from time to time, in files of their own.

    Args:
        address: Of the folder of the results.
        here: A folder for the copy.
        known: Tells the contents of files.
        clock: Seconds.
    """

    def __init__(self, address: str, here: Path, known: Known, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines = store.joined(address, LINES)
        self._clock = clock
        files = [name for name in store.names(self._lines) if name.endswith(".jsonl")]
        texts = [store.fetch(store.joined(self._lines, name), here / LINES).read_bytes() for name in files]
        shutil.rmtree(here / LINES, ignore_errors=True)
        (here / MANIFEST).write_bytes(b"".join(text if text.endswith(b"\n") else text + b"\n" for text in texts if text))
        super().__init__(here, known)
        self._stamps = known.stamps
        # One listing instead of a question for each picture.
        known.stamps.update(store.listed(address))
        if len(files) > 1:
            self._join(files, here)
        self._copied = self.path.stat().st_size
        self._when = clock()

    def add(self, job: Job, result: JobResult) -> None:
        """Enter a picture that is done; raises PincelError if the manifest cannot be written."""
        for file in result.files:
            self._stamps.pop(file, None)
        super().add(job, result)
        if self._clock() - self._when >= EVERY:
            self.flush()

    def flush(self) -> None:
        """Bring new lines to the store."""
        self._when = self._clock()
        with self.path.open("rb") as stream:
            stream.seek(self._copied)
            new = stream.read()
        if new:
            store.write(new.decode(), store.joined(self._lines, _name()))
            self._copied += len(new)

    def _join(self, files: Sequence[str], here: Path) -> None:
        """Have one file where there were many, so that they do not become ever more."""
        whole = store.joined(self._lines, _name())
        store.deliver(here / MANIFEST, whole)
        for name in files:
            store.remove(store.joined(self._lines, name))


def _name() -> str:
    """Return a new name of a file, after all that were there before."""
    return f"{time.time_ns():020d}-{secrets.token_hex(4)}.jsonl"
