"""The directory of a studio.

::

    pictures/ID/    original.EXT picture.json thumb.webp view.jpg
    runs/ID/        run.json events.jsonl log.txt preview.jpg result.png result.json thumb.webp inputs/ checkpoint/ page/
    samples/        thumbnails of the pictures that come with pincel
    incoming/       uploads that have not been checked
    studio.json     the process that works here
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil

from pincel.errors import OptionError
from pincel.files import check_output, one_line, quoted, write_text
from pincel.studio.models import PICTURE, RUN

LOCK = "studio.json"


class DataDir:
    """Paths of the files of a studio. Makes the folders.

    Args:
        root: The directory.

    Raises:
        OutputError: If it cannot be written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        with suppress(OSError):  # which the next line describes
            self.root.mkdir(mode=0o700, parents=True)
        check_output(self.root / LOCK, what="studio")
        self.pictures, self.runs, self.samples, self.incoming = (self.root / name for name in ("pictures", "runs", "samples", "incoming"))
        for folder in (self.pictures, self.runs, self.samples, self.incoming):
            folder.mkdir(exist_ok=True)

    def picture(self, key: str) -> Path:
        """Return the folder of a picture; raises ValueError for what is no id."""
        return self.pictures / _checked(PICTURE, key)

    def run(self, key: str) -> Path:
        """Return the folder of a run; raises ValueError for what is no id."""
        return self.runs / _checked(RUN, key)

    def lock(self, address: str) -> None:
        """Note that this process works here, at an address.

        Raises:
            OptionError: If another one does.
        """
        other = lock_owner(self.root / LOCK)
        if other:
            failed = "studio: another one works in this folder"
            raise OptionError(one_line(failed, quoted(self.root), "another --home, or the studio that runs", other))
        process = psutil.Process()
        owner = {"pid": process.pid, "started": process.create_time(), "address": address}
        write_text(self.root / LOCK, json.dumps(owner) + "\n", what="studio")

    def unlock(self) -> None:
        """Note that no process works here any more."""
        (self.root / LOCK).unlink(missing_ok=True)

    def clear_incoming(self) -> None:
        """Remove uploads that an earlier process did not finish."""
        for path in self.incoming.iterdir():
            with suppress(OSError):
                path.unlink()


def lock_owner(lock: Path) -> str:
    """Return the address of the living process that wrote a lock; empty if there is none."""
    try:
        owner = json.loads(lock.read_text(encoding="utf-8"))
        alive = owner["pid"] != os.getpid() and abs(psutil.Process(owner["pid"]).create_time() - owner["started"]) < 1
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return ""
    return str(owner.get("address", "")) if alive else ""


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time, to the millisecond; random within a millisecond."""
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000 * 65 + secrets.randbelow(65):04x}"


def _checked(pattern: str, key: str) -> str:
    if not re.fullmatch(pattern, key):
        raise ValueError(f"'{key}' is no id")
    return key


def folders(parent: Path, pattern: str) -> Iterator[Path]:
    """Yield the folders whose names are ids, in order."""
    for path in sorted(parent.iterdir()):
        if re.fullmatch(pattern, path.name) and path.is_dir():
            yield path


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder; files that disappear meanwhile count nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size
    return total


def link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it where the file system has no hard links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def delete_tree(folder: Path) -> None:
    """Remove a folder; it is hidden at once, even if a file in it cannot be removed."""
    away = folder.with_name(f".gone-{secrets.token_hex(6)}")
    with suppress(OSError):
        folder.rename(away)
        shutil.rmtree(away, ignore_errors=True)


def purge(parent: Path) -> None:
    """Remove what :func:`delete_tree` could not."""
    for path in parent.glob(".gone-*"):
        shutil.rmtree(path, ignore_errors=True)
