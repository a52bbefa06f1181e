"""Uploaded pictures: checked in a process of their own, shrunk, kept under the beginning of their SHA-256."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from pincel.files import one_line, sha256_of, write_text
from pincel.samples import PREFIX, find_sample
from pincel.studio.child_process import output_of
from pincel.studio.data_dir import DataDir, delete_tree, folders, purge
from pincel.studio.errors import ApiError, missing
from pincel.studio.limits import Limits
from pincel.studio.models import PICTURE, PictureView

CHUNK = 1 << 20
# Uploads that are opened at a time: each may take a part of the memory.
PARALLEL = 2


class Pictures:
    """The pictures of a data directory.

    Args:
        home: The directory.
        limits: Number and size of pictures.
        needed: Returns the ids of those that runs need.
    """

    def __init__(self, home: DataDir, limits: Limits, needed: Callable[[], Iterable[str]] = tuple) -> None:
        self._home, self._limits, self._needed = home, limits, needed
        self._known: dict[str, PictureView] = {}
        self._opening = asyncio.Semaphore(PARALLEL)
        purge(home.pictures)
        for folder in folders(home.pictures, PICTURE):
            view = _read(folder)
            if view:
                self._known[view.id] = view

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> PictureView:
        """Return a picture; raises ApiError."""
        if key not in self._known:
            raise missing("picture", key)
        return self._known[key]

    def newest(self) -> list[PictureView]:
        """Return all pictures, newest first."""
        return sorted(self._known.values(), key=lambda view: view.created, reverse=True)

    def file(self, key: str, name: str) -> Path:
        """Return a small version of a picture: ``thumb.webp`` or ``view.jpg``; raises ApiError."""
        return self._home.picture(self[key].id) / name

    def original(self, key: str) -> Path:
        """Return the file as it was uploaded; raises ApiError."""
        folder = self._home.picture(self[key].id)
        return next(path for path in folder.iterdir() if path.stem == "original")

    def file_of(self, ref: str) -> Path:
        """Return the file of an upload, by its id, or of ``sample:NAME``; raises ApiError or UnknownNameError."""
        return find_sample(ref) if ref.startswith(PREFIX) else self.original(ref)

    def name_of(self, ref: str) -> str:
        """Return what its owner calls a picture: its file name, or ``sample:NAME``; raises ApiError."""
        return ref if ref.startswith(PREFIX) else self[ref].name

    async def add(self, stream: BinaryIO, name: str) -> tuple[PictureView, bool]:
        """Add an uploaded picture, under the name its owner calls it.

        Returns:
            The picture, and whether it is new.

        Raises:
            ApiError: If it is too large or no picture, or there are too many.
        """
        path = self._home.incoming / secrets.token_hex(8)
        try:
            await asyncio.to_thread(self._receive, stream, path)
            key = (await asyncio.to_thread(sha256_of, path))[:16]
            if key in self._known:
                return await asyncio.to_thread(self._renamed, key, name), False
            self._make_room()
            async with self._opening:
                view = await self._inspected(path, key, tidy(name))
        finally:
            path.unlink(missing_ok=True)
        self._known[key] = view
        return view, True

    def delete(self, key: str) -> None:
        """Delete a picture; runs that began with it have files of their own. Raises ApiError."""
        folder = self._home.picture(self[key].id)
        del self._known[key]
        delete_tree(folder)

    def _receive(self, stream: BinaryIO, path: Path) -> None:
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file, CHUNK)
            size = file.tell()
        if size > self._limits.bytes:
            raise ApiError(413, f"The picture has {size:,} bytes; up to {self._limits.bytes:,} are accepted. Make a smaller copy.", "file")
        if not size:
            raise ApiError(415, one_line("picture: the file is empty", "0 bytes", "a picture", "copy or download it again"), "file")

    def _renamed(self, key: str, name: str) -> PictureView:
        """Give a picture the name it was uploaded under last."""
        self._known[key] = self._known[key].model_copy(update={"name": tidy(name), "created": datetime.now(UTC)})
        write_text(self._home.picture(key) / "picture.json", self._known[key].model_dump_json() + "\n", what="picture")
        return self._known[key]

    def _make_room(self) -> None:
        """Delete the oldest pictures that no run needs, if there are too many; raises ApiError if all are needed."""
        needed = set(self._needed())
        free = [view.id for view in reversed(self.newest()) if view.id not in needed]
        for key in free[: max(0, len(self._known) + 1 - self._limits.pictures)]:
            self.delete(key)
        if len(self._known) >= self._limits.pictures:
            message = f"There are {len(self._known)} pictures already, and runs need them all; delete runs or pictures first."
            raise ApiError(413, message, "file")

    async def _inspected(self, path: Path, key: str, name: str) -> PictureView:
        """Open an upload in a process of its own and move it to its folder; raises ApiError."""
        folder = self._home.pictures / f".new-{path.name}"
        folder.mkdir()
        try:
            found = await self._inspect(path, folder, f"'{name}'")
            if "error" in found:
                raise ApiError(413 if found["large"] else 415, found["error"], "file")
            suffix = found.pop("suffix")
            view = PictureView(id=key, name=name, bytes=path.stat().st_size, created=datetime.now(UTC), **found)
            path.replace(folder / f"original.{suffix}")
            write_text(folder / "picture.json", view.model_dump_json() + "\n", what="picture")
            with suppress(OSError):  # the same may have been uploaded meanwhile
                folder.rename(self._home.picture(key))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return view

    async def _inspect(self, path: Path, folder: Path, given: str) -> dict[str, Any]:
        """Return what the inspecting process prints; if it fails or takes too long, an error."""
        limits = [str(self._limits.pixels), str(self._limits.memory)]
        try:
            inspector = (sys.executable, "-m", "pincel.studio.upload_inspector")
            output = await output_of(*inspector, str(path), str(folder), *limits, given, timeout=self._limits.seconds)
            found: dict[str, Any] = json.loads(output)
        except (TimeoutError, ValueError) as error:
            slow = isinstance(error, TimeoutError)
            why = f"opening it took more than {self._limits.seconds:g} s" if slow else "the program that opens it failed at this file"
            return {"error": one_line(f"picture: {why}", given, "a picture", "convert it to PNG"), "large": slow}
        return found


def tidy(name: str) -> str:
    """Return a name that can be shown: the last part of a path, printable, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(sign if sign.isprintable() else "_" for sign in last).strip()
    return printable[-80:] or "picture"


def _read(folder: Path) -> PictureView | None:
    try:
        view = PictureView.model_validate_json((folder / "picture.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    return view if view.id == folder.name else None
