"""What films can be written as: containers by their extension, codecs by their name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from pincel.errors import FilmError, OutputError, closest, unknown_name
from pincel.files import one_line, quoted
from pincel.films.decode import library
from pincel.films.sequence import is_pattern
from pincel.images.io import check_format


@dataclass(frozen=True)
class Codec:
    """A way to encode pictures.

    Attributes:
        encoder: As FFmpeg calls it.
        pixels: Its pixel format.
        quality: Its option for quality; empty if it has none.
        usual: Default of that option.
        options: Further ones.
        clock: Its time base, if it is not the film's own.
        shaped: Whether it declares the aspect of pixels, in any container.
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
        codecs: Those it can hold, the default first.
        endless: Its option for the number of repetitions; empty if it has none.
        options: Further ones.
        shaped: Whether it declares the aspect of pixels, for any codec. Matroska and AVI can, but not through PyAV.
        even: Whether times are whole frames, and others are rounded.
        encoding: Further options of encoders for it.
        tags: Names of codecs in it, where other programs do not know FFmpeg's.
        sounds: Codecs of sound that players of such files support, if it can hold others as well; others are encoded again.
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


# The index comes first (faststart), so that a film plays before all of it is loaded. QuickTime, Safari and iOS play HEVC named hvc1, not
# hev1.
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
    # Most players on Windows support XVID, and not FFmpeg's FMP4. In an AVI, frames are in display order.
    ".avi": Container("avi", ("mpeg4", "h264", "ffv1"), even=True, encoding={"h264": {"bf": "0"}}, tags={"mpeg4": "XVID"}),
    ".gif": Container("gif", ("gif",), "loop"),
    ".webp": Container("webp", ("webp",), "loop"),
    ".apng": Container("apng", ("apng",), "plays"),
    ".png": Container("apng", ("apng",), "plays"),
}


@dataclass(frozen=True)
class Target:
    """The output of a film.

    Attributes:
        path: File, or pattern of the names of pictures.
        container: Kind of file; None for pictures.
        codec: Of :data:`CODECS`; empty for pictures.
        quality: Value of the encoder's option, or None for the default.
    """

    path: Path
    container: Container | None
    codec: str = ""
    quality: int | None = None

    @property
    def is_marked(self) -> bool:
        """Whether it declares its color space; animations and pictures are sRGB."""
        return self.container is not None and not self.container.endless

    @property
    def is_shaped(self) -> bool:
        """Whether it declares the aspect of its pixels; those of others are square."""
        return self.container is not None and (self.container.shaped or CODECS[self.codec].shaped)


def film_path(output: str) -> Path:
    """Return the path of a film; for a folder, the pattern of its pictures."""
    path = Path(output)
    return path / "%05d.png" if output.endswith("/") or path.is_dir() else path


def find_target(output: str | os.PathLike[str], codec: str | None = None, quality: int | None = None) -> Target:
    """Check the output of a film before any work.

    Args:
        output: A file, a folder (there already, or ending in a slash), or a pattern such as ``frames/%05d.png``.
        codec: One of :data:`CODECS`; the container's default when left out.
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
