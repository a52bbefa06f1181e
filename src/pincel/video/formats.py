"""What films can be written as: containers by their extension, codecs by their name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from pincel.errors import FilmError, OutputError, closest, unknown_name
from pincel.files import one_line, quoted
from pincel.images.io import check_format
from pincel.video.decode import library
from pincel.video.sequence import is_pattern


@dataclass(frozen=True)
class Codec:
    """A way to encode pictures.

    Attributes:
        encoder: As FFmpeg calls it.
        pixels: Its pixel format.
        quality: Its option for quality; nothing if it has none, being lossless or of one quality.
        usual: The value of that where none is given.
        options: Further ones.
        clock: The finest step of time it can tell, if it is not the film's own.
        shaped: Whether it says which shape its pixels have, in whatever file.
    """

    encoder: str
    pixels: str
    quality: str = ""
    usual: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    clock: Fraction | None = None
    shaped: bool = False


CODECS: Mapping[str, Codec] = {
    # Painted grain is hard to encode: a notch finer than the encoders' own defaults.
    "h264": Codec("libx264", "yuv420p", "crf", 18, shaped=True),
    "h265": Codec("libx265", "yuv420p", "crf", 22, {"x265-params": "log-level=error"}, shaped=True),
    "vp9": Codec("libvpx-vp9", "yuv420p", "crf", 26, {"b": "0", "row-mt": "1", "cpu-used": "2"}),
    "av1": Codec("libsvtav1", "yuv420p", "crf", 28, {"preset": "7", "svtav1-params": "enable-overlays=0"}),
    "mpeg4": Codec("mpeg4", "yuv420p", "qscale", 3, shaped=True),
    "prores": Codec("prores_ks", "yuv422p10le", "", 0, {"profile": "3"}),
    "ffv1": Codec("ffv1", "bgr0"),
    "gif": Codec("gif", "pal8", clock=Fraction(1, 100)),
    "webp": Codec("libwebp_anim", "bgra", "quality", 90, clock=Fraction(1, 1000)),
    "apng": Codec("apng", "rgb24", clock=Fraction(1, 1000)),
}


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Attributes:
        name: As FFmpeg calls it.
        codecs: What it can hold, the usual one first.
        endless: Its option for how often it is shown in a row, and the value for without end; None if it is shown once.
        options: Further ones.
        shaped: Whether it says which shape pixels have, of whatever codec. Matroska and AVI can; PyAV has no place to tell them.
        even: Whether it counts in whole frames: times between them are rounded.
        encoding: Further options of encoders for it.
        tags: What codecs are called in it, where FFmpeg's own name for them is one that other programs do not know.
        sounds: Codecs of sound that players of such files know, if it can hold others as well; what is not among them is encoded again.
    """

    name: str
    codecs: tuple[str, ...]
    endless: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    shaped: bool = False
    even: bool = False
    encoding: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    sounds: frozenset[str] | None = None


# What is needed to begin with comes first (faststart), so that a film is shown before all of it is there. QuickTime, Safari and iOS play
# HEVC that is called hvc1, not hev1.
MP4 = Container(
    "mp4",
    ("h264", "h265", "av1", "vp9", "mpeg4"),
    options={"movflags": "+faststart"},
    shaped=True,
    tags={"h265": "hvc1"},
    sounds=frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}),
)
CONTAINERS: Mapping[str, Container] = {
    ".mp4": MP4,
    ".m4v": MP4,
    ".mov": replace(MP4, name="mov", codecs=("h264", "h265", "prores", "mpeg4"), sounds=None),
    ".mkv": Container("matroska", ("h264", "h265", "av1", "vp9", "ffv1", "prores", "mpeg4")),
    ".webm": Container("webm", ("vp9", "av1")),
    # Most players on Windows know XVID, and not FFmpeg's own FMP4. In an AVI, frames are shown in the order they are stored in.
    ".avi": Container("avi", ("mpeg4", "h264", "ffv1"), even=True, encoding={"h264": {"bf": "0"}}, tags={"mpeg4": "XVID"}),
    ".gif": Container("gif", ("gif",), "loop"),
    ".webp": Container("webp", ("webp",), "loop"),
    ".apng": Container("apng", ("apng",), "plays"),
    ".png": Container("apng", ("apng",), "plays"),
}


@dataclass(frozen=True)
class Target:
    """Where a film goes and as what.

    Attributes:
        path: File, or pattern of the names of pictures.
        container: Kind of file; None for pictures.
        codec: Of :data:`CODECS`; nothing for pictures.
        quality: The encoder's number, or None for the usual.
    """

    path: Path
    container: Container | None
    codec: str = ""
    quality: int | None = None

    @property
    def is_marked(self) -> bool:
        """Whether it says what its colors mean; animations and pictures are sRGB."""
        return self.container is not None and not self.container.endless

    @property
    def is_shaped(self) -> bool:
        """Whether it says which shape its pixels have; those of others are square."""
        return self.container is not None and (self.container.shaped or CODECS[self.codec].shaped)


def find_target(output: str | os.PathLike[str], codec: str | None = None, quality: int | None = None) -> Target:
    """Check, before any work, what a film shall be written as.

    Args:
        output: A file, a folder (there already, or ending in a slash), or a pattern such as ``frames/%05d.png``.
        codec: One of :data:`CODECS`; the container's usual one when left out.
        quality: CRF of h264, h265, vp9, av1 (smaller is better); 1 to 31 of mpeg4 (likewise); 0 to 100 of webp.

    Raises:
        OutputError: For an extension that no container has, with the closest one.
        UnknownNameError: For a codec that is none, with the closest match.
        FilmError: For a codec that the container cannot hold, or that is not built in here.
    """
    text, path = os.fspath(output), Path(output)
    if text.endswith(("/", os.sep)) or path.is_dir():
        return Target(path / "%05d.png", None)
    if is_pattern(path):
        check_format(path)
        return Target(path, None)
    container = CONTAINERS.get(path.suffix.lower())
    accepted = f"{', '.join(CONTAINERS)}, a folder/, or frames/%05d.png"
    if container is None:
        failed = f"output: no film is called '{path.suffix}'" if path.suffix else "output: the name has no extension"
        hint = closest(path.suffix, CONTAINERS).removeprefix(" Did you mean ").rstrip("?") or "'.mp4'"
        raise OutputError(one_line(failed, quoted(text), accepted, hint))
    name = codec or container.codecs[0]
    if name not in CODECS:
        raise unknown_name("codec", name, CODECS)
    if name not in container.codecs:
        others = [suffix for suffix, kind in CONTAINERS.items() if name in kind.codecs]
        failed = f"output: {path.suffix} cannot hold {name}"
        raise FilmError(one_line(failed, quoted(text), ", ".join(container.codecs), f"--codec {container.codecs[0]}, or {others[0]}"))
    _check_built_in(name, container)
    _check_quality(name, quality)
    return Target(path, container, name, quality)


def _check_built_in(name: str, container: Container) -> None:
    av = library()
    if CODECS[name].encoder not in av.codecs_available:
        there = [other for other in container.codecs if CODECS[other].encoder in av.codecs_available]
        failed = f"output: {name} is not built into PyAV here"
        hint = f"--codec {there[0]}" if there else "another extension"
        raise FilmError(one_line(failed, f"PyAV {av.__version__}", ", ".join(there) or "none for this extension", hint))


def _check_quality(name: str, quality: int | None) -> None:
    if quality is not None and not CODECS[name].quality:
        raise FilmError(one_line(f"output: {name} has no quality to choose", f"--quality {quality}", "none", "leave it out"))
    limits = {"crf": (0, 63), "qscale": (1, 31), "quality": (0, 100)}
    low, high = limits.get(CODECS[name].quality, (0, 0))
    if quality is not None and not low <= quality <= high:
        raise FilmError(
            one_line(f"output: {name} knows no such quality", f"--quality {quality}", f"{low} to {high}", f"{CODECS[name].usual}")
        )
