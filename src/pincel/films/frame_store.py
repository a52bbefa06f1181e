"""The folder of painted frames, with the film and the settings they belong to.

::

    OUT.mp4.frames/
        film.json               film and settings; and the scenes, once they are known
        000123.png              a painted frame
        scene-000000.jsonl      a line for each frame painted in that scene
        pass-2/000123.png       while a scene is painted over several times
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pincel.errors import FilmError
from pincel.files import atomically, one_line, quoted, sha256_of, write_text
from pincel.films.base import Film, Pixels, Scene
from pincel.films.sequence import picture_paths
from pincel.films.settings import FilmSettings
from pincel.images.encode import encode
from pincel.samples import PREFIX

PLAN = "film.json"
# A long film is identified by so many bytes from either end, and its length.
PROBE = 2**24


@dataclass(frozen=True)
class FrameStore:
    """A folder of painted frames.

    Attributes:
        folder: Where.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, film: Film, settings: FilmSettings) -> FrameStore:
        """Create a folder, or open one to resume.

        Raises:
            FilmError: If it holds frames of another film, or with other settings; says which value differs.
            OutputError: If it cannot be written.
        """
        store = cls(folder)
        written = {"film": identity(film), "settings": _plain(settings.written()), "styles": _styles(settings)}
        found = store.plan
        if found:
            _check_same(folder, found, written)
        else:
            store.make(folder)
            if any(folder.iterdir()):
                failed, hint = "work folder: is there already, and is none", "another OUT, or another name for that folder"
                raise FilmError(one_line(failed, quoted(folder), "a new or empty folder", hint))
            write_text(folder / PLAN, json.dumps(written, indent=1) + "\n", what="work folder")
        return store

    def make(self, folder: Path) -> None:
        """Create a folder for frames; raises FilmError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            failed = f"work folder: cannot be made, {(error.strerror or str(error)).lower()}"
            raise FilmError(one_line(failed, quoted(folder), "a folder that can be written", "another OUT")) from error

    @property
    def plan(self) -> Mapping[str, Any]:
        """Film, settings and scenes of the frames; empty for a new folder.

        Raises:
            FilmError: If they cannot be read.
        """
        try:
            found: Mapping[str, Any] = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
            return found
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            failed, accepted = f"work folder: its {PLAN} cannot be read", "a folder of painted frames"
            raise FilmError(one_line(failed, quoted(self.folder), accepted, "remove it, and begin anew")) from error

    @property
    def scenes(self) -> list[Scene] | None:
        """The scenes, if they were found before."""
        found = self.plan.get("scenes")
        return None if found is None else [Scene(start, stop, Fraction(at)) for start, stop, at in found]

    def keep_scenes(self, scenes: Sequence[Scene]) -> None:
        """Write the scenes."""
        lines = [[scene.start, scene.stop, str(scene.at)] for scene in scenes]
        write_text(self.folder / PLAN, json.dumps({**self.plan, "scenes": lines}, indent=1) + "\n", what="work folder")

    def frame(self, index: int) -> Path:
        """Return the path of a painted frame."""
        return self.folder / f"{index:06d}.png"

    def painted(self, scenes: Sequence[Scene]) -> int:
        """Return how many frames there are from the first on, without a gap."""
        total = scenes[-1].stop if scenes else 0
        return next((index for index in range(total) if not self.frame(index).exists()), total)

    def on_pass(self, number: int) -> FrameStore:
        """Return the store of a pass that is not the last."""
        return FrameStore(self.folder / f"pass-{number}")

    def note(self, scene: Scene, line: Mapping[str, Any]) -> None:
        """Append a line to the log of a scene."""
        try:
            with self._log(scene).open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
        except OSError as error:
            failed, hint = (
                f"work folder: cannot be written, {(error.strerror or str(error)).lower()}",
                "make room, and give the same command",
            )
            raise FilmError(one_line(failed, quoted(self.folder), "a disk with room", hint)) from error

    def noted(self, scene: Scene) -> list[dict[str, Any]]:
        """Return the log of a scene's frames; a truncated line is left out."""
        try:
            text = self._log(scene).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return list(_lines(text))

    def _log(self, scene: Scene) -> Path:
        return self.folder / f"scene-{scene.start:06d}.jsonl"

    def remove(self) -> None:
        """Remove all files of pincel, and the folder if it is empty then."""
        for pass_ in self.folder.glob("pass-*"):
            FrameStore(pass_).remove()
        for name in ("[0-9]*.png", "scene-*.jsonl", PLAN):
            for path in self.folder.glob(name):
                path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def save_frame(pixels: Pixels, path: Path) -> None:
    """Write a painted frame, whole or not at all."""
    data = encode(Image.fromarray(pixels), "PNG")
    with atomically(path, what="painted frame") as temporary:
        temporary.write_bytes(data)


def load_frame(path: Path) -> Pixels:
    """Read a painted frame; raises FilmError if it is gone or damaged."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        hint = "remove it, and give the same command: it is painted again"
        raise FilmError(one_line("painted frame: cannot be read", quoted(path), "a picture that pincel wrote", hint)) from error


def identity(film: Film) -> dict[str, Any]:
    """Return what identifies a film: a hash of its bytes, or of the names and sizes of its pictures."""
    facts = {"kind": film.kind, "width": film.width, "height": film.height}
    if film.kind == "sample":
        return {**facts, "path": film.path}
    if film.kind == "pictures":
        names = [f"{path.name} {path.stat().st_size}" for path in picture_paths(film.path)]
        return {**facts, "hash": hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()}
    path = Path(film.path)
    size = path.stat().st_size
    if size <= 2 * PROBE:
        return {**facts, "hash": sha256_of(path)}
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(PROBE))
        file.seek(-PROBE, 2)
        digest.update(file.read(PROBE))
    return {**facts, "hash": digest.hexdigest()}


def _styles(settings: FilmSettings) -> list[str]:
    """Hash the style pictures that are files."""
    paths = [Path(path) for path, _ in settings.styles if not path.startswith(PREFIX)]
    return [sha256_of(path) for path in paths if path.is_file()]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are after a round trip through JSON, to compare with those read."""
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain


def _check_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise FilmError if the frames in a folder are of another film, or have other settings or styles."""
    old, new = before.get("settings", {}), now["settings"]
    reasons = [f"other settings ({key}: {old.get(key)!r} before, {value!r} now)" for key, value in new.items() if old.get(key) != value]
    others = {"film": "another film", "styles": "other style pictures"}
    reasons += [reason for key, reason in others.items() if before.get(key) != now[key]]
    if reasons:
        failed, hint = f"work folder: its frames are of {reasons[0]}", f"another OUT, or remove {quoted(folder)}"
        raise FilmError(one_line(failed, quoted(folder), "the command it was begun with", hint))
