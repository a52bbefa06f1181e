"""The sound of a film, copied into the new file, or encoded again where that cannot hold it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pincel.films.base import Film
from pincel.films.decode import codec_of, library, opened


class AudioMuxer:
    """The sound tracks of a film, written between the frames in the order of their times.

    Args:
        film: The film.
        output: The container that is written.
        copy: Whether they are copied, where that is possible.
        known: Codecs of sound that are copied; None for all that the container can hold.
    """

    def __init__(self, film: Film, output: Any, *, copy: bool, known: frozenset[str] | None = None) -> None:
        self.notes: list[str] = []
        self._opened = opened(film.path)
        self._output = output
        self._input = self._opened.__enter__()
        self._pairs: dict[int, tuple[Any, bool]] = {}
        for stream in self._input.streams.audio:
            name = codec_of(stream)
            self._add(stream, name, copy and (known is None or name in known))
        streams = [stream for stream in self._input.streams.audio if stream.index in self._pairs]
        starts = [Fraction(stream.start_time) * stream.time_base for stream in streams if stream.start_time is not None]
        # Time 0 of the new file: the beginning of frames or sound, whichever is earlier.
        self.base = min([film.offset, *starts])
        self._packets = self._demux(streams) if streams else iter(())
        self._next: Any = next(self._packets, None)

    def _add(self, stream: Any, name: str, copy: bool) -> None:
        av = library()
        if copy:
            try:
                added = self._output.add_stream_from_template(stream)
                added.metadata.update(stream.metadata)
                self._pairs[stream.index] = (added, True)
                return
            except (ValueError, av.FFmpegError):
                pass
        codec = {"vorbis": "libopus", "opus": "libopus"}.get(self._output.default_audio_codec, self._output.default_audio_codec)
        if name == "unknown" or codec in ("", "none") or codec not in av.codecs_available:
            self.notes.append(f"The sound ({name}) cannot be carried over.")
            return
        rate = 48000 if codec == "libopus" else stream.codec_context.sample_rate
        added = self._output.add_stream(codec, rate=rate)
        added.codec_context.layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        added.codec_context.bit_rate = 96000 * min(2, stream.codec_context.channels)
        added.metadata.update(stream.metadata)
        self._pairs[stream.index] = (added, False)
        self.notes.append(f"The sound is encoded again, as {codec}: players expect no {name} in a file of this kind.")

    def _demux(self, streams: list[Any]) -> Iterator[Any]:
        error = library().FFmpegError
        packets = self._input.demux(*streams)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, error):
                return
            yield packet

    def until(self, time: Fraction) -> None:
        """Write sound up to a time of the new file, in seconds."""
        while self._next is not None and _time(self._next, self.base) < time:
            self._write(self._next)
            self._next = next(self._packets, None)

    def _write(self, packet: Any) -> None:
        added, copied = self._pairs[packet.stream.index]
        if copied:
            self._copy(packet, added)
        else:
            self._encode(packet, added)

    def _copy(self, packet: Any, added: Any) -> None:
        if packet.dts is None or not packet.size:
            return
        shift = round(self.base / packet.time_base)
        packet.dts -= shift
        if packet.pts is not None:
            packet.pts -= shift
        packet.stream = added
        self._output.mux(packet)

    def _encode(self, packet: Any, added: Any) -> None:
        try:
            frames = packet.decode()
        except library().FFmpegError:
            # Left out: a gap in the sound.
            return
        for frame in frames:
            if frame.pts is not None:
                frame.pts -= round(self.base / frame.time_base)
            self._output.mux(added.encode(frame))

    def finish(self) -> None:
        """Flush the encoders."""
        for added, copied in self._pairs.values():
            if not copied:
                self._output.mux(added.encode(None))

    def close(self) -> None:
        """Close the original film."""
        self._opened.__exit__(None, None, None)


def _time(packet: Any, base: Fraction) -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    # A packet without a time ends a stream: it goes with the last.
    return Fraction(stamp or 0) * (packet.time_base or Fraction(1)) - base if stamp is not None else Fraction(0)
