"""Writes a film of painted frames, one at a time, with the times, the sound and the colors of the original."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pincel.engine.events import Notice
from pincel.errors import FilmError
from pincel.executors.protocol import Stop, never_stop
from pincel.files import atomically, check_output, one_line, quoted
from pincel.films.base import Emit, Film, MuxProgress, Pixels, no_op
from pincel.films.decode import BRIGHT, FULL, LIMITED, SCALERS, UNSAID, library
from pincel.films.fit import Fit
from pincel.films.formats import CODECS, Target, find_target
from pincel.films.frame_store import FrameStore, load_frame
from pincel.films.palette import Palette
from pincel.films.sequence import numbered
from pincel.films.sound import AudioMuxer
from pincel.images.io import check_format, encode, save_picture

# FFmpeg's unit of a fixed quality.
LAMBDA = 118
# Shortest time between two frames, in ticks of containers that count hundredths: below it, browsers slow down.
SHORTEST = {"gif": 2}
# Errors of the file system, which are not those of the encoder.
REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS})
# H.273 codes of primaries that are nearly those of sRGB: BT.709, BT.470 and BT.601.
NEAR_SRGB = frozenset({1, UNSAID, 4, 5, 6, 7})
# The pixel format of palette indices.
INDEXED = "pal8"
# Matrix of RGB samples.
IDENTITY = 0


@dataclass(frozen=True)
class Written:
    """A film that was written.

    Attributes:
        frames: How many.
        size: (width, height).
        codec: Of its frames.
        notes: What could not be preserved.
    """

    frames: int
    size: tuple[int, int]
    codec: str
    notes: tuple[str, ...] = ()


@dataclass
class _Film:
    """A film being written.

    Attributes:
        film: The original.
        store: Its painted frames.
        frames: How many.
        target: Where it goes.
        fit: How frames are fitted into it.
        emit: Called with each frame.
        stop: Called after each.
        notes: What could not be preserved.
    """

    film: Film
    store: FrameStore
    frames: int
    target: Target
    fit: Fit
    emit: Emit
    stop: Callable[[], bool]
    notes: list[str] = field(default_factory=list)

    def pictures(self) -> Iterator[tuple[Pixels, Fraction, Fraction]]:
        """Yield each painted frame as it goes into the file, with the times when it appears and ends, in seconds."""
        times = (frame.time for frame in self.film.read())
        time = next(times, Fraction(0))
        for index in range(self.frames):
            after = next(times, None)
            until = time + 1 / self.film.rate if after is None else after
            yield self.fit(load_frame(self.store.frame(index))), time, until
            self.emit(MuxProgress(index + 1, self.frames))
            if self.stop():
                raise KeyboardInterrupt
            time = until


def assemble(  # noqa: PLR0913 - each is a choice of the caller's
    film: Film,
    folder: Path,
    output: Path,
    *,
    codec: str | None = None,
    quality: int | None = None,
    until: int | None = None,
    emit: Emit = no_op,
    stop: Stop = never_stop,
) -> Written:
    """Write a film of painted frames.

    Args:
        film: The original.
        folder: The frames, as :func:`pincel.films.paint.paint_scene` writes them.
        output: See :func:`pincel.films.formats.find_target`.
        codec: Likewise.
        quality: Likewise.
        until: How many frames, from the first on; all when left out.
        emit: Called with each frame, and with notices of what could not be preserved.
        stop: Called after each frame; where it returns True, KeyboardInterrupt is raised and nothing is written.

    Raises:
        FilmError: If frames are missing or damaged, or the encoder refuses.
        OutputError: If the file cannot be written.
    """
    target = find_target(output, codec, quality)
    store = FrameStore(folder)
    scenes = store.scenes
    frames = until if until is not None else store.painted(scenes) if scenes else _count_frames(store)
    if frames == 0:
        raise FilmError(one_line("film: no painted frames are there", quoted(folder), "a folder with 000000.png …", "paint some first"))
    fit = Fit.of(film, _size(load_frame(store.frame(0))), target)
    job = _Film(film, store, frames, target, fit, emit, stop, [*fit.notes, *_color_notes(film, target)])
    if target.container is None:
        _write_pictures(job)
    else:
        _write_file(job)
    for note in job.notes:
        emit(Notice(note))
    return Written(frames, (fit.size[1], fit.size[0]), target.codec or "pictures", tuple(job.notes))


def check_encodes(film: Film, painted: tuple[int, int], target: Target) -> None:
    """Write a gray frame into memory, so that what a codec or a format does not support is an error before the work.

    Args:
        film: The original.
        painted: (height, width) of its painted frames.
        target: The output.

    Raises:
        FilmError: If the encoder refuses.
        OutputError: If the format of pictures does.
    """
    fit, av = Fit.of(film, painted, target), library()
    gray = fit(np.full((*painted, 3), 128, np.uint8))
    if target.container is None:
        encode(Image.fromarray(gray), check_format(target.path))
        return
    try:
        with av.open(io.BytesIO(), "w", format=target.container.name) as output:
            stream, clock = _stream(film, target, fit, output)
            frame = _make_frame(gray, stream.pix_fmt, film, Palette.of_pictures([gray]) if stream.pix_fmt == INDEXED else None)
            frame.pts, frame.time_base = 0, clock
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise _refusal(target, fit, error) from error


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _color_notes(film: Film, target: Target) -> Iterator[str]:
    """Yield a note where a file cannot declare the film's colors."""
    color = film.color
    if not target.is_marked and (color.transfer in BRIGHT or color.primaries not in NEAR_SRGB):
        yield "The film's colors are not those of sRGB, and a file of this kind cannot say so: they look paler than in the film."


def _count_frames(store: FrameStore) -> int:
    count = 0
    while store.frame(count).exists():
        count += 1
    return count


def _write_pictures(job: _Film) -> None:
    if job.film.sounds:
        job.notes.append("Pictures hold no sound; it is left out.")
    for number, (pixels, _, _) in enumerate(job.pictures(), 1):
        save_picture(Image.fromarray(pixels), check_output(numbered(job.target.path, number)))


def _write_file(job: _Film) -> None:
    error = library().FFmpegError
    with atomically(job.target.path) as temporary:
        for copy in (True, False):
            notes = len(job.notes)
            try:
                _encode(job, temporary, copy=copy)
                return
            except (error, ValueError) as failure:
                if isinstance(failure, OSError) and failure.errno in REFUSED:
                    raise OSError(failure.errno, failure.strerror) from failure
                # A container may declare a sound codec that it refuses, so a second try encodes the sound again.
                if not copy or not job.film.sounds:
                    raise _refusal(job.target, job.fit, failure) from failure
                del job.notes[notes:]


def _refusal(target: Target, fit: Fit, error: Exception) -> FilmError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    codecs = target.container.codecs if target.container else ()
    others = [name for name in codecs if name != target.codec]
    given = f"{quoted(target.path)}, frames of {fit.size[1]}×{fit.size[0]}"
    hint = f"--codec {others[0]}, or another --size" if others else "another extension, or another --size"
    return FilmError(one_line(f"output: {target.codec} cannot be written ({reason})", given, ", ".join(codecs), hint))


def _encode(job: _Film, path: Path, *, copy: bool) -> None:
    film, container = job.film, job.target.container
    assert container is not None
    # 0 is endless for all of them.
    loops = {container.endless: str(film.loop if film.kind == "animation" else 0)} if container.endless else {}
    if container.name == "gif" and film.kind == "animation" and film.loop == 1:
        loops = {"loop": "-1"}
    with library().open(str(path), "w", format=container.name, options={**container.options, **loops}) as output:
        stream, clock = _stream(film, job.target, job.fit, output)
        sounds = AudioMuxer(film, output, copy=copy, known=container.sounds) if film.sounds and not container.endless else None
        if film.sounds and container.endless:
            job.notes.append("Animations hold no sound; it is left out.")
        base = sounds.base if sounds else film.offset
        palette = Palette.of(job.store, job.frames) if stream.pix_fmt == INDEXED else None
        if sounds is None:
            _mux(job, output, stream, clock, film.offset - base, None, palette)
            return
        with closing(sounds):
            job.notes += sounds.notes
            _mux(job, output, stream, clock, film.offset - base, sounds, palette)


def _stream(film: Film, target: Target, fit: Fit, output: Any) -> tuple[Any, Fraction]:
    """Add the video stream; return it and its time base."""
    codec, container = CODECS[target.codec], target.container
    assert container is not None
    quality = codec.usual if target.quality is None else target.quality
    options = {
        **codec.options,
        **container.encoding.get(target.codec, {}),
        **({codec.quality: str(quality)} if codec.quality not in ("", "qscale") else {}),
    }
    # Otherwise SVT-AV1 logs to standard error.
    os.environ.setdefault("SVT_LOG", "1")
    clock = 1 / film.rate.limit_denominator(1001) if _counts_frames(target) else codec.clock or film.time_base
    stream = output.add_stream(codec.encoder, rate=film.rate.limit_denominator(65535), options=options)
    stream.height, stream.width = fit.size
    stream.pix_fmt = codec.pixels
    context = stream.codec_context
    context.time_base = clock
    if target.codec in container.tags:
        context.codec_tag = container.tags[target.codec]
    if codec.quality == "qscale":
        context.qscale = True
        context.global_quality = LAMBDA * quality
    if target.is_marked:
        _mark(context, film, fit)
    return stream, clock


def _counts_frames(target: Target) -> bool:
    """Return whether times are whole frames; those of MPEG-4 are fractions of a second with a denominator of 16 bits."""
    return target.codec == "mpeg4" or (target.container is not None and target.container.even)


def _mark(context: Any, film: Film, fit: Fit) -> None:
    """Declare the film's colors and the shape of its pixels."""
    color = film.color
    context.color_primaries, context.color_trc = color.primaries, color.transfer
    if context.pix_fmt.startswith("yuv"):
        context.colorspace, context.color_range = color.matrix, LIMITED if color.limited else FULL
    else:
        context.colorspace, context.color_range = IDENTITY, FULL
    if fit.aspect != 1:
        context.sample_aspect_ratio = fit.aspect.limit_denominator(255)


def _mux(job: _Film, output: Any, stream: Any, clock: Fraction, lead: Fraction, sounds: AudioMuxer | None, palette: Palette | None) -> None:
    last, rounded = -1, False
    shortest = SHORTEST.get(job.target.codec, 1)
    end = Fraction(0)
    for pixels, time, until in job.pictures():
        frame = _make_frame(pixels, stream.pix_fmt, job.film, palette)
        last = frame.pts = max(last + shortest if last >= 0 else 0, round((time + lead) / clock))
        rounded |= abs(last * clock - time - lead) > clock / 10
        frame.time_base = clock
        frame.duration = max(shortest, round((until - time) / clock))
        end = until + lead
        if sounds:
            sounds.until(time + lead)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))
    if rounded and _counts_frames(job.target):
        what = job.target.path.suffix if job.target.codec != "mpeg4" else job.target.codec
        job.notes.append(f"Times between frames are rounded to {float(clock):.3g} s: {what} counts in whole frames.")
    if sounds:
        # Sound after the last frame stays, unless frames are missing.
        scenes = job.store.scenes
        whole = not scenes or job.frames >= scenes[-1].stop
        sounds.until(Fraction(2**40) if whole else end)
        sounds.finish()


def _make_frame(pixels: Pixels, form: str, film: Film, palette: Palette | None) -> Any:
    """Return a frame in an encoder's pixel format, by the film's own matrix and range."""
    if palette:
        return palette.frame(pixels)
    av = library()
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    if not form.startswith("yuv"):
        return frame.reformat(format=form)
    flags = av.video.reformatter.Interpolation
    converted = frame.reformat(
        format=form,
        src_color_range=FULL,
        dst_colorspace=SCALERS.get(film.color.matrix, 5),
        dst_color_range=LIMITED if film.color.limited else FULL,
        interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INP,
        threads=1,
    )
    converted.colorspace, converted.color_range = film.color.matrix, LIMITED if film.color.limited else FULL
    converted.color_primaries, converted.color_trc = film.color.primaries, film.color.transfer
    return converted
