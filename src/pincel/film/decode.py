"""Films as PyAV reads them: upright, in their own colours, with their own times, and on past what cannot be read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from pincel.errors import FilmError
from pincel.extras import need
from pincel.files import one_line, quoted
from pincel.film.base import Colour, Film, Frame, Pixels

# ITU-T H.273: nothing is said; and what is meant then: BT.601 in films of at most this width and height, BT.709 in larger ones.
UNSAID, BT601, BT709, SMALL = 2, 6, 1, (1279, 576)
# H.273 numbers of a matrix → those of the scaler.
SCALERS = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
LIMITED, FULL = 1, 2
# Curves of what is brighter than a screen's white.
BRIGHT = {16: "PQ", 18: "HLG"}
FILMS = "mp4, mov, mkv, webm, avi and what else FFmpeg reads"


def library() -> Any:
    """Return PyAV."""
    return need("av", extra="video", what="films")


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """Open a file for reading; raises FilmError if it is no film."""
    av = library()
    try:
        container = av.open(path, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = {
            "InvalidDataError": "is not a film, or its beginning or end is missing",
            "PermissionError": "there is no permission to read it",
        }.get(type(error).__name__, f"cannot be read ({getattr(error, 'strerror', None) or error})".lower())
        raise FilmError(
            one_line(f"film: {reason}", quoted(path), FILMS, "another copy of it, or ffmpeg -i FILE to see what it is")
        ) from error
    with container:
        yield container


def pictures_of(container: Any, path: str) -> Any:
    """Return the stream of pictures; raises FilmError if there is none. The cover of an album is none."""
    cover = library().stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not streams:
        what = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        hint = "a film with pictures, or a photograph and pincel transfer"
        raise FilmError(one_line(f"film: has no pictures, only {what}", quoted(path), FILMS, hint))
    return streams[0]


def open_video(path: str) -> Film:
    """Look at the beginning of a film; raises FilmError if it cannot be used."""
    with opened(path) as container:
        stream = pictures_of(container, path)
        if stream.codec_context is None:
            raise FilmError(
                one_line("film: its pictures are in a form that is unknown here", quoted(path), FILMS, "ffmpeg -i FILE OUT.mp4")
            )
        first = next(_decoded(container, stream), None)
        if first is None:
            raise FilmError(one_line("film: not one of its pictures can be read", quoted(path), FILMS, "another copy of it"))
        frame, pts = first
        turns = _turns(frame)
        wide, high = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        duration = _duration(container, stream)
        return Film(
            path=path,
            kind="video",
            width=wide,
            height=high,
            frames=stream.frames or round(duration * rate),
            rate=rate,
            tick=Fraction(stream.time_base or 1 / rate),
            duration=duration,
            rotation=turns * 90,
            aspect=1 / aspect if turns % 2 else aspect,
            colour=_colour(frame),
            sounds=tuple(sound.codec_context.name if sound.codec_context else "unknown" for sound in container.streams.audio),
            offset=pts * Fraction(stream.time_base or 1),
            notes=tuple(_notes(frame, container)),
        )


def _duration(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def _turns(frame: Any) -> int:
    """How often a frame is to be turned by 90° against the clock."""
    return int(round(frame.rotation / 90) % 4)


def _colour(frame: Any) -> Colour:
    guess = BT601 if frame.width <= SMALL[0] and frame.height <= SMALL[1] else BT709
    matrix = frame.colorspace if frame.colorspace in SCALERS else guess
    full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
    return Colour(matrix, not full, frame.color_primaries or UNSAID, frame.color_trc or UNSAID)


def _notes(frame: Any, container: Any) -> Iterator[str]:
    if frame.interlaced_frame:
        yield "The film is interlaced and is painted as it is; deinterlace it before (ffmpeg -vf yadif) for calmer edges."
    if frame.color_trc in BRIGHT:
        yield f"The film is HDR ({BRIGHT[frame.color_trc]}): it is painted with 8 bits a sample and keeps its marks."
    elif max(component.bits for component in frame.format.components) > 8:
        yield "The film has more than 8 bits a sample; it is painted with 8."
    if any(component.is_alpha for component in frame.format.components):
        yield "The film has transparent parts; they are painted as if they were not."
    if len(container.streams.video) > 1:
        yield "The film has several streams of pictures; the first is painted."
    if container.streams.subtitles:
        yield "The subtitles of the film are not carried over."


@dataclass
class _Waiting:
    """Which frames went into the decoder and have not come out.

    Attributes:
        times: Of packets, in ticks, smallest first.
        broken: Those of them that the decoder refused.
    """

    times: list[int] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)

    def push(self, pts: int) -> None:
        heapq.heappush(self.times, pts)

    def before(self, pts: int | None, *, interlaced: bool) -> list[int]:
        """Take out what should have come before a frame: times of frames that are lost.

        Of interlaced films two packets may make a frame, so there only what was refused counts as lost.
        """
        gone = []
        while self.times and (pts is None or self.times[0] <= pts):
            time = heapq.heappop(self.times)
            if time != pts and (not interlaced or time in self.broken):
                gone.append(time)
        self.broken.difference_update(gone)
        return gone


def _decoded(container: Any, stream: Any) -> Iterator[tuple[Any, int]]:
    """Yield (frame, pts) in order; frame is None for one that is lost, pts grows always."""
    error = library().FFmpegError
    waiting, last, interlaced = _Waiting(), -(2**62), False
    step = max(1, round(1 / (Fraction(stream.average_rate or 25) * Fraction(stream.time_base or Fraction(1, 25)))))
    packets = container.demux(stream)
    while True:
        packet = None
        # A file that breaks off ends there.
        with suppress(error, StopIteration):
            packet = next(packets)
        if packet is None:
            break
        if packet.size and packet.pts is not None and not packet.is_discard:
            waiting.push(packet.pts)
        try:
            frames = packet.decode()
        except error:
            frames = []
            if packet.pts is not None:
                waiting.broken.add(packet.pts)
        for frame in frames:
            interlaced = frame.interlaced_frame
            lost = waiting.before(frame.pts, interlaced=interlaced) if frame.pts is not None else []
            yield from ((None, pts) for pts in lost if pts > last)
            pts = max(last + 1, frame.pts) if frame.pts is not None else (last + step if last >= 0 else 0)
            yield (None if frame.is_corrupt else frame), pts
            last = pts
    yield from ((None, pts) for pts in waiting.before(None, interlaced=interlaced) if pts > last)


def read_video(film: Film, start: int, at: Fraction | None) -> Iterator[Frame]:
    """Read a film from a frame on; see :meth:`Film.read`."""
    if start and at is not None:
        from_there = _from(film, start, at)
        first = next(from_there, None)
        # Where nothing before it can be read, an unreadable frame is found only from the start.
        if first is not None and first.time == at:
            yield first
            yield from from_there
            return
    yield from (frame for frame in _from(film, 0, None) if frame.index >= start)


def _from(film: Film, start: int, at: Fraction | None) -> Iterator[Frame]:
    with opened(film.path) as container:
        stream = pictures_of(container, film.path)
        if at is not None:
            container.seek(round((film.offset + at) / film.tick), stream=stream)
        index, before = start, None
        for frame, pts in _decoded(container, stream):
            time = pts * film.tick - film.offset
            pixels = before if frame is None else _pixels(frame, film)
            trouble = "repeated" if frame is None else _resized(frame, film)
            before = pixels
            if pixels is not None and time >= (at or 0):
                yield Frame(index, time, pixels, trouble)
                index += 1


def _resized(frame: Any, film: Film) -> str:
    size = (frame.height, frame.width) if film.rotation % 180 else (frame.width, frame.height)
    return "" if size == (film.width, film.height) else "resized"


def _pixels(frame: Any, film: Film) -> Pixels:
    """Convert a decoded frame to RGB by its own matrix and range, and turn it upright."""
    turned = film.rotation % 180 != 0
    flags = library().video.reformatter.Interpolation
    rgb = frame.reformat(
        width=film.height if turned else film.width,
        height=film.width if turned else film.height,
        format="rgb24",
        src_colorspace=SCALERS.get(film.colour.matrix, 5),
        src_color_range=None
        if frame.format.name.startswith(("rgb", "bgr", "gbr", "pal", "yuvj"))
        else LIMITED
        if film.colour.limited
        else FULL,
        dst_color_range=FULL,
        interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INT,
        threads=1,
    ).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, film.rotation // 90))
