"""Reads films with PyAV: upright, in their own colors, with their own times; damaged frames are repeated."""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import FilmError
from pincel.extras import require_extra
from pincel.files import one_line, quoted
from pincel.films.aperture import WHOLE, find_crop
from pincel.films.base import Color, Film, Frame, Pixels, check_size
from pincel.films.pixels import over
from pincel.films.stills import kind_of, no_film
from pincel.images.orientation import apply_orientation

# ITU-T H.273 codes: unspecified, and the default: BT.601 in films of at most this width and height, BT.709 in larger ones.
UNSAID, BT601, BT709, SMALL = 2, 6, 1, (1279, 576)
# H.273 codes of a matrix → those of the scaler.
SCALERS = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
LIMITED, FULL = 1, 2
# Matrices that the scaler does not support: colors would be wrong.
UNREADABLE = {8: "YCgCo", 12: "from its primaries", 13: "from its primaries", 14: "ICtCp", 15: "IPT-C2", 16: "YCgCo-Re", 17: "YCgCo-Ro"}
# Decoders that read the transparency of WebM, which FFmpeg's own leave out.
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# Relative deviation of a display matrix from a quarter turn.
SKEWED = 0.02
# Transfer curves of HDR.
BRIGHT = {16: "PQ", 18: "HLG"}
# A film is one file: no playlist of other files or addresses, which FFmpeg supports too, no still picture, no text.
DEMUXERS = (
    *("aac", "asf", "avi", "av1", "dv", "flv", "gif", "h263", "h264", "hevc", "ivf", "m4v", "matroska", "mjpeg", "mov", "mp3", "mp4"),
    *("mpeg", "mpegts", "mpegvideo", "mxf", "nut", "obu", "ogg", "rm", "vc1", "wav", "webm", "yuv4mpegpipe"),
)
CONTAINED = {"protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}
FILMS = "mp4, mov, mkv, webm, avi mpeg, wmv, flv, ogg, mxf"


def library() -> Any:
    """Return PyAV."""
    return require_extra("av", extra="video", what="films")


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """Open a file for reading; raises FilmError if it is no film."""
    av = library()
    try:
        # An absolute path: what is before a colon would be a protocol.
        container = av.open(os.path.abspath(path), metadata_errors="replace", container_options=CONTAINED)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    with container:
        yield container


def _unreadable(path: str, error: Exception) -> FilmError:
    """Return the error for a file that FFmpeg cannot open."""
    hint = "another copy of it, or ffmpeg -i FILE to see what it is"
    # The second is the error for a demuxer that is not allowed.
    if type(error).__name__ in {"InvalidDataError", "ArgumentError"}:
        kind = kind_of(path)
        if kind is not None and kind.readable:
            return no_film(path)
        # A film, too, may be known by its first bytes, and damaged.
        if kind is None or kind.hint.startswith("pincel video"):
            return FilmError(one_line("film: is not a film, or its beginning or end is missing", quoted(path), FILMS, hint))
        return FilmError(one_line(f"film: is {kind.name}, and no film", quoted(path), FILMS, kind.advice))
    reason = f"cannot be read ({getattr(error, 'strerror', None) or error})".lower()
    return FilmError(one_line(f"film: {reason}", quoted(path), FILMS, hint))


def pictures_of(container: Any, path: str) -> Any:
    """Return the stream of pictures; raises FilmError if there is none. The cover of an album is none."""
    cover = library().stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not streams:
        what = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        hint = "a film with pictures, or a photograph and pincel transfer"
        raise FilmError(one_line(f"film: has no pictures, only {what}", quoted(path), FILMS, hint))
    return streams[0]


def open_video(path: str, background: str = DEFAULT_BACKGROUND) -> Film:
    """Open a film.

    Args:
        path: The file.
        background: Color behind transparent parts.

    Raises:
        FilmError: If it cannot be used.
    """
    with opened(path) as container:
        stream = pictures_of(container, path)
        frame, pts = _first_frame(container, stream, path)
        crop = find_crop(path, frame.width, frame.height)
        orientation, skewed = _orientation(frame)
        turned = is_turned(orientation)
        width, height = frame.width - crop[0] - crop[2], frame.height - crop[1] - crop[3]
        # Some codecs declare it only in the frames.
        aspect = Fraction(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        duration = _duration(container, stream)
        return Film(
            path=path,
            kind="video",
            width=height if turned else width,
            height=width if turned else height,
            frames=stream.frames or round(duration * rate),
            rate=rate,
            time_base=Fraction(stream.time_base or 1 / rate),
            duration=duration,
            orientation=orientation,
            crop=crop,
            aspect=1 / aspect if turned else aspect,
            color=_color(frame, path),
            background=background,
            sounds=tuple(codec_of(sound) for sound in container.streams.audio),
            offset=pts * Fraction(stream.time_base or 1),
            notes=(
                *_notes(frame, container, background),
                *(("The film is to be shown at an angle that is no quarter turn; the nearest is taken.",) if skewed else ()),
                *(("The film says which part of its pictures is to be seen; the rest is cut off.",) if crop != WHOLE else ()),
            ),
        )


def _first_frame(container: Any, stream: Any, path: str) -> tuple[Any, int]:
    """Return the first readable frame and its time stamp; raises FilmError if there is none."""
    if stream.codec_context is None:
        raise FilmError(one_line("film: its pictures are in a form that is unknown here", quoted(path), FILMS, "ffmpeg -i FILE OUT.mp4"))
    check_size(path, stream.width, stream.height)
    first = next(((frame, pts) for frame, pts in _decode_all(container, stream) if frame is not None), None)
    if first is None:
        raise FilmError(one_line("film: not one of its pictures can be read", quoted(path), FILMS, "another copy of it"))
    return first


def codec_of(stream: Any) -> str:
    """Return the codec of a stream, whatever decodes it."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def _duration(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def is_turned(orientation: int) -> bool:
    """Return whether an orientation of EXIF exchanges rows and columns."""
    return orientation >= 5


def _orientation(frame: Any) -> tuple[int, bool]:
    """Return the EXIF orientation nearest to a frame's display matrix, and whether they differ."""
    kinds = library().sidedata.sidedata.Type
    matrix = frame.side_data.get(kinds.DISPLAYMATRIX)
    if matrix is None:
        return 1, False
    # A pixel at (x, y) is displayed at (ax + cy, bx + dy): libavutil/display.h.
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].astype(float).tolist()
    turned = abs(b) + abs(c) > abs(a) + abs(d)
    across, down, rest = (c, b, max(abs(a), abs(d))) if turned else (a, d, max(abs(b), abs(c)))
    mirrors = {(False, False): 0, (True, False): 1, (True, True): 2, (False, True): 3}
    return 1 + 4 * turned + mirrors[bool(across < 0), bool(down < 0)], bool(rest > SKEWED * max(abs(across), abs(down)))


def _color(frame: Any, path: str) -> Color:
    """Return the color coding of a frame; raises FilmError where it is not supported.

    RGB and gray films are written as most are, with black at 16 and white at 235.
    """
    guess = BT601 if frame.width <= SMALL[0] and frame.height <= SMALL[1] else BT709
    if frame.colorspace in UNREADABLE and not _is_full(frame.format):
        failed = f"film: its colors are coded in a way that cannot be read ({UNREADABLE[frame.colorspace]})"
        raise FilmError(one_line(failed, quoted(path), "BT.709, BT.601, BT.2020 or RGB", "ffmpeg -i FILE -vf zscale=matrix=709 OUT.mkv"))
    matrix = frame.colorspace if frame.colorspace in SCALERS else guess
    full = frame.format.name.startswith("yuvj") or (frame.color_range == FULL and not _is_full(frame.format))
    return Color(matrix, not full, frame.color_primaries or UNSAID, frame.color_trc or UNSAID)


def _is_full(form: Any) -> bool:
    """Return whether the samples of a pixel format have the full range by default: RGB, palettes, gray."""
    return bool(form.is_rgb or form.has_palette or form.name.startswith(("gray", "ya", "mono")))


def _has_alpha(frame: Any) -> bool:
    return any(component.is_alpha for component in frame.format.components)


def _notes(frame: Any, container: Any, background: str) -> Iterator[str]:
    if frame.interlaced_frame:
        yield "The film is interlaced and is painted as it is; deinterlace it before (ffmpeg -vf yadif) for calmer edges."
    if frame.color_trc in BRIGHT:
        yield f"The film is HDR ({BRIGHT[frame.color_trc]}): it is painted with 8 bits a sample."
    elif max(component.bits for component in frame.format.components) > 8:
        yield "The film has more than 8 bits a sample; it is painted with 8."
    if _has_alpha(frame):
        yield f"The film has transparency; it is seen on {background}."
    kinds = library().sidedata.sidedata.Type
    if kinds.STEREO3D in frame.side_data or kinds.SPHERICAL in frame.side_data:
        yield "The film is made for two eyes or for all directions; it is painted as flat pictures, and no longer says so."
    if len(container.streams.video) > 1:
        yield "The film has several streams of pictures; the first is painted."
    if container.streams.subtitles:
        yield "The subtitles of the film are not carried over."


@dataclass
class _Waiting:
    """The packets that are in the decoder.

    Attributes:
        times: Of packets, in units of the time base, a heap.
        broken: Those of them that the decoder refused.
    """

    times: list[int] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)

    def push(self, pts: int) -> None:
        heapq.heappush(self.times, pts)

    def before(self, pts: int | None, *, interlaced: bool) -> list[int]:
        """Remove the packets up to a frame; return the times of lost frames.

        In interlaced films two packets may make a frame, so there only those that were refused count as lost.
        """
        gone = []
        while self.times and (pts is None or self.times[0] <= pts):
            time = heapq.heappop(self.times)
            if time != pts and (not interlaced or time in self.broken):
                gone.append(time)
        self.broken.difference_update(gone)
        return gone


def _decoder(stream: Any) -> Any:
    """Return the decoder of a stream; transparency in WebM is beside the pictures, and not every decoder reads it."""
    av = library()
    name = ALPHA_DECODERS.get(codec_of(stream), "")
    declared = {key.lower(): value for key, value in stream.metadata.items()}
    if declared.get("alpha_mode") != "1" or name not in av.codecs_available:
        return stream.codec_context
    decoder = av.CodecContext.create(name, "r")
    decoder.extradata = stream.codec_context.extradata
    return decoder


def _decode_all(container: Any, stream: Any) -> Iterator[tuple[Any, int]]:
    """Yield (frame, pts) in order; frame is None for one that is lost, pts always increases."""
    error = library().FFmpegError
    waiting, last, interlaced = _Waiting(), -(2**62), False
    step = max(1, round(1 / (Fraction(stream.average_rate or 25) * Fraction(stream.time_base or Fraction(1, 25)))))
    packets, decoder = container.demux(stream), _decoder(stream)
    while True:
        packet = None
        # A truncated file ends there.
        with suppress(error, StopIteration):
            packet = next(packets)
        if packet is None:
            break
        if packet.size and packet.pts is not None and not packet.is_discard:
            waiting.push(packet.pts)
        try:
            frames = decoder.decode(packet)
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
        frames = _read_from(film, start, at)
        first = next(frames, None)
        # An unreadable frame after a seek is repeated only when read from the start.
        if first is not None and first.time == at:
            yield first
            yield from frames
            return
    yield from (frame for frame in _read_from(film, 0, None) if frame.index >= start)


def _read_from(film: Film, start: int, at: Fraction | None) -> Iterator[Frame]:
    with opened(film.path) as container:
        stream = pictures_of(container, film.path)
        if at is not None:
            container.seek(round((film.offset + at) / film.time_base), stream=stream)
        index, before = start, None
        for frame, pts in _decode_all(container, stream):
            time = pts * film.time_base - film.offset
            pixels = before if frame is None else _pixels(frame, film)
            trouble = "repeated" if frame is None else _resized(frame, film)
            before = pixels
            if pixels is not None and time >= (at or 0):
                yield Frame(index, time, pixels, trouble)
                index += 1


def _stored(film: Film) -> tuple[int, int]:
    """Return width and height of a film's frames as they are stored, before they are cropped and turned."""
    wide, high = (film.height, film.width) if is_turned(film.orientation) else (film.width, film.height)
    left, top, right, bottom = film.crop
    return left + wide + right, top + high + bottom


def _resized(frame: Any, film: Film) -> str:
    return "" if (frame.width, frame.height) == _stored(film) else "resized"


def _pixels(frame: Any, film: Film) -> Pixels:
    """Convert a decoded frame to RGB by its own matrix and range, crop it, composite it over the background and turn it upright."""
    width, height = _stored(film)
    flags = library().video.reformatter.Interpolation
    clear = _has_alpha(frame)
    values = frame.reformat(
        width=width,
        height=height,
        format="rgba" if clear else "rgb24",
        src_colorspace=SCALERS.get(film.color.matrix, 5),
        src_color_range=_range(frame, film),
        dst_color_range=FULL,
        interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INT,
        threads=1,
    ).to_ndarray()
    left, top, right, bottom = film.crop
    values = values[top : height - bottom, left : width - right]
    shown = over(values[..., :3], values[..., 3], film.background) if clear else values
    turned: Pixels = apply_orientation(shown, film.orientation)
    return turned


def _range(frame: Any, film: Film) -> int | None:
    """Return the range of a frame's samples, for the scaler; None for the default of the pixel format."""
    if frame.format.name.startswith("gray") and frame.color_range != LIMITED:
        return FULL
    if _is_full(frame.format) or frame.format.name.startswith("yuvj"):
        return None
    return LIMITED if film.color.limited else FULL
