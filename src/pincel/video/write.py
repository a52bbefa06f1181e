"""Painted frames put together to a film, one at a time: with the times, the sound and the colors of the one they were painted from."""

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
from pincel.images.io import check_format, encode, save_picture
from pincel.video.base import Film, MuxProgress, Pixels, Tell, no_op
from pincel.video.decode import BRIGHT, FULL, LIMITED, SCALERS, UNSAID, library
from pincel.video.fit import Fit
from pincel.video.formats import CODECS, Target, find_target
from pincel.video.frame_store import FrameStore, load_frame
from pincel.video.palette import Palette
from pincel.video.sequence import numbered
from pincel.video.sound import AudioMuxer

# FFmpeg's unit of a fixed quality.
LAMBDA = 118
# Shortest time between two frames, in ticks of containers that count hundredths: below it, browsers slow down.
SHORTEST = {"gif": 2}
# Why a system does not let a file be written: the encoder and the sound are not to blame.
REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS})
# H.273 numbers of primaries that are those of sRGB, or nearly: BT.709, BT.470 and BT.601.
NEAR_SRGB = frozenset({1, UNSAID, 4, 5, 6, 7})
# The pixel format of numbers in a palette.
INDEXED = "pal8"
# Matrix of what is stored as RGB.
IDENTITY = 0


@dataclass(frozen=True)
class Written:
    """A film that was written.

    Attributes:
        frames: How many.
        size: (width, height).
        codec: Of its pictures.
        notes: What could not be kept as it was.
    """

    frames: int
    size: tuple[int, int]
    codec: str
    notes: tuple[str, ...] = ()


@dataclass
class _Film:
    """A film being written.

    Attributes:
        film: What it is made from.
        work: Where its frames are.
        frames: How many.
        target: Where it goes.
        fit: What frames need to go there.
        tell: Is told each frame.
        stop: Asked after each.
    """

    film: Film
    work: FrameStore
    frames: int
    target: Target
    fit: Fit
    tell: Tell
    stop: Callable[[], bool]
    notes: list[str] = field(default_factory=list)

    def pictures(self) -> Iterator[tuple[Pixels, Fraction, Fraction]]:
        """Yield each painted frame as it goes into the file, when it is shown and until when, both in seconds."""
        times = (frame.time for frame in self.film.read())
        time = next(times, Fraction(0))
        for index in range(self.frames):
            after = next(times, None)
            until = time + 1 / self.film.rate if after is None else after
            yield self.fit(load_frame(self.work.frame(index))), time, until
            self.tell(MuxProgress(index + 1, self.frames))
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
    tell: Tell = no_op,
    stop: Stop = never_stop,
) -> Written:
    """Write a film of painted frames.

    Args:
        film: What they were painted from.
        folder: Where they are, as :func:`pincel.video.paint.paint_scene` left them.
        output: See :func:`pincel.video.formats.find_target`.
        codec: Likewise.
        quality: Likewise.
        until: How many frames, from the first on; all that are there when left out.
        tell: Is told each frame, and what could not be kept.
        stop: Asked after each frame; if it says so, KeyboardInterrupt is raised and nothing is written.

    Raises:
        FilmError: If frames are missing or damaged, or the encoder refuses.
        OutputError: If the file cannot be written.
    """
    target = find_target(output, codec, quality)
    work = FrameStore(folder)
    scenes = work.scenes
    frames = until if until is not None else work.painted(scenes) if scenes else _counted(work)
    if frames == 0:
        raise FilmError(one_line("film: no painted frames are there", quoted(folder), "a folder with 000000.png …", "paint some first"))
    fit = Fit.of(film, _size(load_frame(work.frame(0))), target)
    job = _Film(film, work, frames, target, fit, tell, stop, [*fit.notes, *_color_notes(film, target)])
    if target.container is None:
        _write_pictures(job)
    else:
        _write_file(job)
    for note in job.notes:
        tell(Notice(note))
    return Written(frames, (fit.size[1], fit.size[0]), target.codec or "pictures", tuple(job.notes))


def check_encodes(film: Film, painted: tuple[int, int], target: Target) -> None:
    """Write a gray frame into memory, so that what a codec or a format cannot hold is known before the work.

    Args:
        film: What is painted.
        painted: (height, width) of its painted frames.
        target: Where it is to go.

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
            frame = _made(gray, stream.pix_fmt, film, Palette.of_pictures([gray]) if stream.pix_fmt == INDEXED else None)
            frame.pts, frame.time_base = 0, clock
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise _refusal(target, fit, error) from error


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _color_notes(film: Film, target: Target) -> Iterator[str]:
    """Say so where a file cannot say what its colors mean."""
    color = film.color
    if not target.is_marked and (color.transfer in BRIGHT or color.primaries not in NEAR_SRGB):
        yield "The film's colors are not those of sRGB, and a file of this kind cannot say so: they look paler than in the film."


def _counted(work: FrameStore) -> int:
    count = 0
    while work.frame(count).exists():
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
            except (error, ValueError) as trouble:
                if isinstance(trouble, OSError) and trouble.errno in REFUSED:
                    raise OSError(trouble.errno, trouble.strerror) from trouble
                # A container may say that it holds a sound and, asked to, refuse.
                if not copy or not job.film.sounds:
                    raise _refusal(job.target, job.fit, trouble) from trouble
                del job.notes[notes:]


def _refusal(target: Target, fit: Fit, trouble: Exception) -> FilmError:
    reason = (getattr(trouble, "strerror", None) or str(trouble)).lower()
    codecs = target.container.codecs if target.container else ()
    others = [name for name in codecs if name != target.codec]
    given = f"{quoted(target.path)}, frames of {fit.size[1]}×{fit.size[0]}"
    hint = f"--codec {others[0]}, or another --size" if others else "another extension, or another --size"
    return FilmError(one_line(f"output: {target.codec} cannot be written ({reason})", given, ", ".join(codecs), hint))


def _encode(job: _Film, path: Path, *, copy: bool) -> None:
    film, container = job.film, job.target.container
    assert container is not None
    # 0 is without end for all of them.
    loops = {container.endless: str(film.loop if film.kind == "animation" else 0)} if container.endless else {}
    if container.name == "gif" and film.kind == "animation" and film.loop == 1:
        loops = {"loop": "-1"}
    with library().open(str(path), "w", format=container.name, options={**container.options, **loops}) as output:
        stream, clock = _stream(film, job.target, job.fit, output)
        sounds = AudioMuxer(film, output, copy=copy, known=container.sounds) if film.sounds and not container.endless else None
        if film.sounds and container.endless:
            job.notes.append("Animations hold no sound; it is left out.")
        base = sounds.base if sounds else film.offset
        palette = Palette.of(job.work, job.frames) if stream.pix_fmt == INDEXED else None
        if sounds is None:
            _mux(job, output, stream, clock, film.offset - base, None, palette)
            return
        with closing(sounds):
            job.notes += sounds.notes
            _mux(job, output, stream, clock, film.offset - base, sounds, palette)


def _stream(film: Film, target: Target, fit: Fit, output: Any) -> tuple[Any, Fraction]:
    """Add the stream of pictures; return it and the step of time it counts in."""
    codec, container = CODECS[target.codec], target.container
    assert container is not None
    quality = codec.usual if target.quality is None else target.quality
    options = {
        **codec.options,
        **container.encoding.get(target.codec, {}),
        **({codec.quality: str(quality)} if codec.quality not in ("", "qscale") else {}),
    }
    # Its logger asks no program whether it may write to standard error.
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
    """Return whether times are whole frames; those of MPEG-4 are parts of a second that 16 bits can number."""
    return target.codec == "mpeg4" or (target.container is not None and target.container.even)


def _mark(context: Any, film: Film, fit: Fit) -> None:
    """Let an encoder write down the film's colors and the shape of its pixels."""
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
        frame = _made(pixels, stream.pix_fmt, job.film, palette)
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
        # What is heard after the last picture stays, unless pictures are missing.
        scenes = job.work.scenes
        whole = not scenes or job.frames >= scenes[-1].stop
        sounds.until(Fraction(2**40) if whole else end)
        sounds.finish()


def _made(pixels: Pixels, form: str, film: Film, palette: Palette | None) -> Any:
    """Make a frame for an encoder."""
    return palette.frame(pixels) if palette else _converted(pixels, form, film)


def _converted(pixels: Pixels, form: str, film: Film) -> Any:
    """Make a frame of an encoder's pixel format, by the film's own matrix and range."""
    av = library()
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    if not form.startswith("yuv"):
        return frame.reformat(format=form)
    flags = av.video.reformatter.Interpolation
    made = frame.reformat(
        format=form,
        src_color_range=FULL,
        dst_colorspace=SCALERS.get(film.color.matrix, 5),
        dst_color_range=LIMITED if film.color.limited else FULL,
        interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INP,
        threads=1,
    )
    made.colorspace, made.color_range = film.color.matrix, LIMITED if film.color.limited else FULL
    made.color_primaries, made.color_trc = film.color.primaries, film.color.transfer
    return made
