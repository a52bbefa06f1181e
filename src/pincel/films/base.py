"""A film, however it is stored; and the events of painting one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.events import Notice
from pincel.errors import FilmError
from pincel.files import one_line, quoted
from pincel.registry import Registry

Pixels: TypeAlias = npt.NDArray[np.uint8]
# Largest frame: that of 8K. A file of a few hundred bytes can announce billions of pixels.
MAX_PIXELS = 2**25


@dataclass(frozen=True)
class Color:
    """How the samples of a film encode colors: ITU-T H.273 codes, which are copied to the result.

    Attributes:
        matrix: Between RGB and stored samples (1 for BT.709, 6 for BT.601).
        limited: Whether black is 16 and white 235, and not 0 and 255.
        primaries: Color primaries.
        transfer: Transfer curve.
    """

    matrix: int = 1
    limited: bool = True
    primaries: int = 2
    transfer: int = 2


# Of pictures and animations.
SRGB = Color(matrix=1, limited=True, primaries=1, transfer=13)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a film.

    Attributes:
        index: From 0.
        time: Seconds since the first frame.
        pixels: (height, width, 3), RGB, upright.
        trouble: ``repeated`` for a copy of the frame before one that cannot be read, ``resized`` for one of another size than the first.
    """

    index: int
    time: Fraction
    pixels: Pixels
    trouble: str = ""


@dataclass(frozen=True)
class Film:
    """The properties of a film; small, and can be sent to another process.

    Attributes:
        path: File, folder, pattern (``frames/%05d.png``) or ``sample:NAME``.
        kind: Of :data:`READERS`.
        width: Upright, in pixels.
        height: Likewise.
        frames: Their number by its header; 0 if that does not say.
        rate: Frames a second, on average.
        time_base: Its times are multiples of this, in seconds.
        duration: Seconds, by its header.
        orientation: How frames are stored, as in EXIF: 1 upright, 2 to 8 turned or mirrored; they are read upright.
        crop: Stored pixels that are not part of the picture: left, top, right, bottom, before it is turned; they are cropped.
        aspect: Of a pixel, width over height, upright.
        color: How its samples encode colors.
        sounds: Codec of each sound track.
        background: Color behind transparent parts; see :func:`pincel.colors.parse_color`.
        offset: Time of the first frame by the clock of the file, in seconds; its sound has the same clock.
        loop: Of animations, how often it is played; 0 for endless.
        notes: What was adjusted in reading.
    """

    path: str
    kind: str
    width: int
    height: int
    frames: int
    rate: Fraction
    time_base: Fraction
    duration: float
    orientation: int = 1
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    aspect: Fraction = Fraction(1)
    color: Color = field(default_factory=Color)
    sounds: tuple[str, ...] = ()
    background: str = DEFAULT_BACKGROUND
    offset: Fraction = Fraction(0)
    loop: int = 0
    notes: tuple[str, ...] = ()

    @property
    def has_audio(self) -> bool:
        """Whether there is sound."""
        return bool(self.sounds)

    def read(self, start: int = 0, at: Fraction | None = None) -> Iterator[Frame]:
        """Read frames one after another.

        Args:
            start: Number of the first one.
            at: Its time, if it is known: then the frames before it need not be read.

        Raises:
            FilmError: If the film does not exist any more, or cannot be read at all.
        """
        return READERS[self.kind](self, start, at)


def check_size(path: str, width: int, height: int) -> None:
    """Raise FilmError for frames that are too large, before the memory for one is taken."""
    if width * height > MAX_PIXELS:
        failed, hint = (
            f"film: its frames are too large ({width}×{height})",
            "a smaller copy of it: ffmpeg -i FILE -vf scale=3840:-2 OUT.mp4",
        )
        raise FilmError(one_line(failed, quoted(path), f"up to {MAX_PIXELS:,} pixels", hint))


@dataclass(frozen=True)
class Scene:
    """Frames from one cut to the next, painted independently of the others.

    Attributes:
        start: Number of its first frame.
        stop: Number after its last.
        at: Time of its first frame, to seek it.
    """

    start: int
    stop: int
    at: Fraction = Fraction(0)

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.stop - self.start


@dataclass(frozen=True)
class ScanProgress:
    """Progress of the search for cuts: frames searched, and about how many there are; 0 if the film does not say."""

    done: int
    total: int


@dataclass(frozen=True)
class PlanReady:
    """The scenes are found, and the frames to paint in them, counted in each pass; painting comes next."""

    frames: int
    scenes: int


@dataclass(frozen=True)
class FrameStep:
    """A step of a frame, of at most so many, with J."""

    index: int
    step: int
    steps: int
    total: float


@dataclass(frozen=True)
class FrameDone:
    """A frame is painted and written.

    Attributes:
        index: Its number.
        pass_number: Number of the pass, from 1.
        steps: Steps made.
        seconds: Taken, optical flow included.
        total: J at the end.
        followed: Fraction of it that is tracked from earlier frames.
        file: Its path.
        known: Whether it was painted before.
    """

    index: int
    pass_number: int
    steps: int
    seconds: float
    total: float
    followed: float
    file: str
    known: bool = False


@dataclass(frozen=True)
class MuxProgress:
    """Progress of writing the film: frames written, and of how many."""

    done: int
    total: int


# (film, number of the first frame, its time if known) → frames.
Reader: TypeAlias = Callable[[Film, int, Fraction | None], Iterator[Frame]]
READERS: Registry[Reader] = Registry(
    "kind of film",
    {
        "video": "pincel.films.decode:read_video",
        "animation": "pincel.films.animation:read_animation",
        "pictures": "pincel.films.sequence:read_pictures",
        "sample": "pincel.films.synthetic:read_sample",
    },
)
VideoEvent: TypeAlias = Notice | ScanProgress | PlanReady | FrameStep | FrameDone | MuxProgress
Emit: TypeAlias = Callable[[VideoEvent], None]


def no_op(_: VideoEvent) -> None:
    """Do nothing."""
