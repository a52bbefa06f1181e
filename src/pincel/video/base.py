"""What a film is, whatever it is stored as; and what painting one tells."""

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
# Pixels of a frame: those of 8K. A file of a few hundred bytes can announce thousands of millions.
MOST_PIXELS = 2**25


@dataclass(frozen=True)
class Color:
    """How a film's numbers mean colors: ITU-T H.273 codes, written into the result as they were found.

    Attributes:
        matrix: Between RGB and what is stored (1 for BT.709, 6 for BT.601).
        limited: Whether black is 16 and white 235, and not 0 and 255.
        primaries: Which red, green and blue.
        transfer: Which curve.
    """

    matrix: int = 1
    limited: bool = True
    primaries: int = 2
    transfer: int = 2


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a film.

    Attributes:
        index: From 0.
        time: Seconds since the first frame.
        pixels: (height, width, 3), RGB, upright.
        trouble: What had to be done to have it, if anything: ``repeated`` (it could not be read: the one before once more) or ``resized``
            (it was of another size than the first).
    """

    index: int
    time: Fraction
    pixels: Pixels
    trouble: str = ""


@dataclass(frozen=True)
class Film:
    """What is known of a film before it is read; small, and can be sent to another process.

    Attributes:
        path: File, folder, pattern (``frames/%05d.png``) or ``sample:NAME``.
        kind: Of :data:`READERS`.
        width: Upright, in pixels.
        height: Likewise.
        frames: How many it says it has; 0 if it does not say.
        rate: Frames a second, on average.
        time_base: Its times are multiples of this, in seconds.
        duration: Seconds, as far as it says.
        orientation: How it is stored, by the numbers of EXIF: 1 upright, 2 to 8 turned or mirrored; what is read is upright already.
        crop: Stored pixels that are not part of the picture: left, top, right, bottom, before it is turned; what is read has none.
        aspect: Of a pixel, width over height, upright.
        color: What its numbers mean.
        sounds: Codec of each sound track.
        background: What is seen behind transparent parts; see :func:`pincel.colors.parse_color`.
        offset: When the first frame is shown, by the clock of the file, in seconds; its sound goes by the same clock.
        loop: How often it is shown in a row, for animations; 0 for without end.
        notes: What was adjusted on the way in.
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
        """Read frames one after another, keeping none.

        Args:
            start: Number of the first one wanted.
            at: Its time, where it is known, as of a scene: then what is before need not be read.

        Raises:
            FilmError: If the film is not there any more, or cannot be read at all.
        """
        return READERS[self.kind](self, start, at)


def check_size(path: str, width: int, height: int) -> None:
    """Raise FilmError for frames that are too large, before the memory for one is taken."""
    if width * height > MOST_PIXELS:
        failed, hint = (
            f"film: its frames are too large ({width}×{height})",
            "a smaller copy of it: ffmpeg -i FILE -vf scale=3840:-2 OUT.mp4",
        )
        raise FilmError(one_line(failed, quoted(path), f"up to {MOST_PIXELS:,} pixels", hint))


@dataclass(frozen=True)
class Scene:
    """Frames from one cut to the next, painted without a look at the others.

    Attributes:
        start: Number of its first frame.
        stop: Number after its last.
        at: Time of its first frame, so that it is found without reading what is before.
    """

    start: int
    stop: int
    at: Fraction = Fraction(0)

    def __len__(self) -> int:
        """How many frames."""
        return self.stop - self.start


@dataclass(frozen=True)
class ScanProgress:
    """Frames were looked through for cuts.

    Attributes:
        done: So many.
        total: Of about so many; 0 if the film does not say.
    """

    done: int
    total: int


@dataclass(frozen=True)
class PlanReady:
    """It is known what there is to paint.

    Attributes:
        frames: To paint, each as often as there are passes.
        scenes: They are in.
    """

    frames: int
    scenes: int


@dataclass(frozen=True)
class FrameStep:
    """A step of a frame was made.

    Attributes:
        index: Number of the frame.
        step: Steps made.
        steps: Of at most.
        total: J.
    """

    index: int
    step: int
    steps: int
    total: float


@dataclass(frozen=True)
class FrameDone:
    """A frame is painted and on the disk.

    Attributes:
        index: Its number.
        pass_: Which time it was painted, from 1.
        steps: Steps it took.
        seconds: What it took, flow included.
        total: J at its end.
        followed: Share of it that continues the frame before.
        file: Where it is.
        known: Whether it was there already.
    """

    index: int
    pass_: int
    steps: int
    seconds: float
    total: float
    followed: float
    file: str
    known: bool = False


@dataclass(frozen=True)
class MuxProgress:
    """A painted frame went into the film.

    Attributes:
        done: So many.
        total: Of so many.
    """

    done: int
    total: int


# (film, number of the first frame wanted, its time where it is known) → frames.
Reader: TypeAlias = Callable[[Film, int, Fraction | None], Iterator[Frame]]
READERS: Registry[Reader] = Registry(
    "kind of film",
    {
        "video": "pincel.video.decode:read_video",
        "animation": "pincel.video.animation:read_animation",
        "pictures": "pincel.video.sequence:read_pictures",
        "sample": "pincel.video.synthetic:read_sample",
    },
)
VideoEvent: TypeAlias = Notice | ScanProgress | PlanReady | FrameStep | FrameDone | MuxProgress
Tell: TypeAlias = Callable[[VideoEvent], None]


def no_op(_: VideoEvent) -> None:
    """Tell nobody."""
