"""The folder of painted frames: what is there, what it belongs to, and how it came about.

::

    OUT.mp4.frames/
        film.json               what film, what settings; and its scenes, once they are known
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
from pincel.images.encode import encode
from pincel.samples import PREFIX
from pincel.video.base import Film, Pixels, Scene
from pincel.video.sequence import picture_paths
from pincel.video.settings import Settings

PLAN = "film.json"
# Of a long film, these many bytes from either end, and its length, tell it from another.
PROBE = 2**24


@dataclass(frozen=True)
class FrameStore:
    """A folder of painted frames.

    Attributes:
        folder: Where.
    """

    folder: Path

    @classmethod
    def open(cls, folder: Path, film: Film, settings: Settings) -> FrameStore:
        """Begin a folder, or go on with one.

        Raises:
            FilmError: If it holds frames of another film, or painted in another way; says which value differs.
            OutputError: If it cannot be written.
        """
        work = cls(folder)
        written = {"film": identity(film), "settings": _plain(settings.written()), "styles": _styles(settings)}
        found = work.plan
        if found:
            _check_same(folder, found, written)
        else:
            work.make(folder)
            if any(folder.iterdir()):
                failed, hint = "work folder: is there already, and is none", "another OUT, or another name for that folder"
                raise FilmError(one_line(failed, quoted(folder), "a new or empty folder", hint))
            write_text(folder / PLAN, json.dumps(written, indent=1) + "\n", what="work folder")
        return work

    def make(self, folder: Path) -> None:
        """Make a folder for frames; raises FilmError if that cannot be."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FilmError(
                one_line(f"work folder: cannot be made, {reason}", quoted(folder), "a folder that can be written", "another OUT")
            ) from error

    @property
    def plan(self) -> Mapping[str, Any]:
        """What the frames belong to; nothing for a new folder.

        Raises:
            FilmError: If that cannot be read.
        """
        try:
            found: Mapping[str, Any] = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
            return found
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise FilmError(
                one_line(
                    f"work folder: its {PLAN} cannot be read",
                    quoted(self.folder),
                    "a folder of painted frames",
                    "remove it, and begin anew",
                )
            ) from error

    @property
    def scenes(self) -> list[Scene] | None:
        """The scenes, if they were found before."""
        found = self.plan.get("scenes")
        return None if found is None else [Scene(start, stop, Fraction(at)) for start, stop, at in found]

    def keep_scenes(self, scenes: Sequence[Scene]) -> None:
        """Write down the scenes."""
        lines = [[scene.start, scene.stop, str(scene.at)] for scene in scenes]
        write_text(self.folder / PLAN, json.dumps({**self.plan, "scenes": lines}, indent=1) + "\n", what="work folder")

    def frame(self, index: int) -> Path:
        """Where a painted frame goes."""
        return self.folder / f"{index:06d}.png"

    def painted(self, scenes: Sequence[Scene]) -> int:
        """How many frames there are from the first on, without a gap."""
        total = scenes[-1].stop if scenes else 0
        return next((index for index in range(total) if not self.frame(index).exists()), total)

    def on_pass(self, number: int) -> FrameStore:
        """Where the frames of a pass over a scene go that is not the last."""
        return FrameStore(self.folder / f"pass-{number}")

    def note(self, scene: Scene, line: Mapping[str, Any]) -> None:
        """Add a line to what is told of a scene's frames."""
        try:
            with self._story(scene).open("a", encoding="utf-8") as story:
                story.write(json.dumps(line) + "\n")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FilmError(
                one_line(
                    f"work folder: cannot be written, {reason}",
                    quoted(self.folder),
                    "a disk with room",
                    "make room, and give the same command",
                )
            ) from error

    def noted(self, scene: Scene) -> list[dict[str, Any]]:
        """Return what is told of a scene's frames; a line cut short is left out."""
        try:
            text = self._story(scene).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return list(_lines(text))

    def _story(self, scene: Scene) -> Path:
        return self.folder / f"scene-{scene.start:06d}.jsonl"

    def remove(self) -> None:
        """Remove what pincel wrote here, and the folder if nothing else is in it."""
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
    """Say which film it is, so that another is known from it: its bytes, or the names and sizes of its pictures."""
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


def _styles(settings: Settings) -> list[str]:
    """Hash the style pictures that are files."""
    paths = [Path(path) for path, _ in settings.styles if not path.startswith(PREFIX)]
    return [sha256_of(path) for path in paths if path.is_file()]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON makes of values, to compare with what was read."""
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain


def _check_same(folder: Path, found: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    differing = [f"settings.{key}" for key, value in now["settings"].items() if found.get("settings", {}).get(key) != value]
    differing += [key for key in ("film", "styles") if found.get(key) != now[key]]
    if differing:
        key = differing[0]
        pair = (
            (found.get("settings", {}).get(key[9:]), now["settings"].get(key[9:])) if key.startswith("settings.") else ("another", "this")
        )
        what = {"film": "another film", "styles": "other style pictures"}.get(
            key, f"other settings ({key[9:]}: {pair[0]!r} before, {pair[1]!r} now)"
        )
        hint = f"another OUT, or remove {quoted(folder)}"
        raise FilmError(one_line(f"work folder: its frames are of {what}", quoted(folder), "the command it was begun with", hint))
