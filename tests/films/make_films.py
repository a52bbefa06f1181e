"""Films made for tests: small, with sound, turned, damaged, as asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler

Frames = Iterable[npt.NDArray[np.uint8]]


def moving(count: int, width: int = 48, height: int = 36) -> list[npt.NDArray[np.uint8]]:
    """Draw a bright square that moves two pixels a frame to the right, over a slope of colors."""
    y, x = np.mgrid[:height, :width]
    frames = []
    for index in range(count):
        frame = np.stack([x * 200 // width, y * 200 // height, np.full_like(x, 90)], -1).astype(np.uint8)
        left = 4 + 2 * index
        frame[height // 3 : height // 3 + 10, left : left + 10] = (250, 240, 120)
        frames.append(frame)
    return frames


def flat(count: int, color: tuple[int, int, int], width: int = 48, height: int = 36) -> list[npt.NDArray[np.uint8]]:
    return [np.full((height, width, 3), color, np.uint8) for _ in range(count)]


def write_film(
    path: Path,
    frames: Frames,
    *,
    codec: str = "libx264",
    rate: Fraction = Fraction(25),
    ticks: Sequence[int] | None = None,
    clock: Fraction | None = None,
    sound: str | None = None,
    rotation: int | None = None,
    matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    metadata: dict[str, str] | None = None,
    pixels: str = "yuv420p",
    color: tuple[int, int, int, int] | None = None,
    options: dict[str, str] | None = None,
    start: int = 0,
) -> Path:
    """Write a film.

    Args:
        path: The file; its extension chooses the container.
        frames: (height, width, 3 or 4) each.
        codec: As FFmpeg calls it.
        rate: Frames a second.
        ticks: When each is shown, in steps of ``clock``; evenly when left out.
        clock: 1 / rate when left out.
        sound: A codec of sound, for a tone as long as the film.
        rotation: Degrees against the clock, by the display matrix.
        matrix: The display matrix itself: nine numbers, as libavutil has them.
        aspect: Of a pixel, width over height.
        metadata: Of the stream of pictures.
        pixels: Pixel format.
        color: Matrix, range (1 limited, 2 full), primaries, transfer.
        options: Of the encoder.
        start: Ticks by which everything is late.
    """
    pictures = list(frames)
    clock = clock or 1 / rate
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = clock
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.metadata.update(metadata or {})
        tone = container.add_stream(sound, rate=48000) if sound else None
        if color:
            context = stream.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = color
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[-1] == 4 else "rgb24")
            if color:
                scaler = {6: 5}.get(color[0], color[0])
                frame = frame.reformat(
                    format=pixels, src_color_range=2, dst_colorspace=scaler, dst_color_range=color[1], interpolation="BICUBIC"
                )
            frame.pts = (ticks[index] if ticks else index) + start
            frame.time_base = clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            _tone(container, tone, float(len(pictures) / rate), start * clock)
    return path


def _tone(container: Any, stream: Any, seconds: float, late: Fraction) -> None:
    resampler = AudioResampler(format=stream.codec_context.format.name, layout=stream.codec_context.layout.name, rate=48000)
    count = round(48000 * seconds)
    wave = (8000 * np.sin(np.arange(count) * 2 * np.pi * 440 / 48000)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]).T.reshape(1, -1).copy(), format="s16", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, round(48000 * late), Fraction(1, 48000)
    for part in resampler.resample(frame):
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))


def sound_packets(path: Path) -> list[bytes]:
    """Return the packets of sound as they are stored."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def heard(path: Path) -> tuple[float, float]:
    """Return when sound begins and ends, in seconds, from the start of the file."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return float(frames[0].time or 0), float((frames[-1].time or 0) + frames[-1].samples / frames[-1].sample_rate)


def spoil(path: Path, number: int) -> None:
    """Overwrite most of a packet of pictures, from 0."""
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    place, size = packets[number]
    assert place is not None
    data = bytearray(path.read_bytes())
    data[place + 4 : place + size] = b"\xff" * (size - 4)
    path.write_bytes(data)
