"""Films written: what was there is kept, frame by frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pincel.engine.events import Notice
from pincel.errors import FilmError, OutputError, UnknownNameError
from pincel.executors.protocol import StopFlag
from pincel.films.base import Film, MuxProgress, Scene, VideoEvent
from pincel.films.formats import CONTAINERS, find_target
from pincel.films.frame_store import FrameStore, save_frame
from pincel.films.read import open_film
from pincel.films.settings import FilmSettings
from pincel.films.write import assemble
from tests.films.make_films import flat, heard, moving, sound_packets, write_film

SETTINGS = FilmSettings(styles=(("sample:impasto", 1.0),))


def work_of(folder: Path, film: Film, frames: list[np.ndarray], scenes: bool = True) -> Path:
    """Lay a folder out as if frames had been painted."""
    work = FrameStore.open(folder, film, SETTINGS)
    for index, frame in enumerate(frames):
        save_frame(frame, work.frame(index))
    if scenes:
        work.keep_scenes([Scene(0, film.frames)])
    return folder


@pytest.mark.parametrize(
    ("suffix", "codec", "near"),
    [
        (".mp4", None, 6.0),
        (".mp4", "h265", 8.0),
        (".mov", "prores", 5.0),
        (".mkv", "ffv1", 0.0),
        (".webm", None, 8.0),
        (".avi", None, 8.0),
        (".gif", None, 9.0),
        (".webp", None, 8.0),
        (".apng", None, 0.0),
    ],
)
def test_frames_times_and_colors_come_out_as_they_went_in(tmp_path: Path, suffix: str, codec: str | None, near: float) -> None:
    frames = moving(8, 64, 48)
    film = open_film(write_film(tmp_path / "in.mp4", frames, rate=Fraction(20), color=(1, 1, 1, 1)))
    told: list[VideoEvent] = []
    out = tmp_path / f"out{suffix}"
    written = assemble(film, work_of(tmp_path / "work", film, frames), out, codec=codec, emit=told.append)
    assert (written.frames, written.size) == (8, (64, 48))
    assert [event.done for event in told if isinstance(event, MuxProgress)] == list(range(1, 9))
    read = open_film(out)
    shown = list(read.read())
    assert len(shown) == 8
    assert max(np.abs(frame.pixels.astype(int) - wanted).mean() for frame, wanted in zip(shown, frames, strict=True)) <= near
    assert [float(frame.time) for frame in shown] == pytest.approx([index / 20 for index in range(8)], abs=0.002)
    assert read.duration == pytest.approx(0.4, abs=0.06)
    if suffix in {".mp4", ".webm"}:
        assert read.color == film.color


@pytest.mark.parametrize("color", [(1, 1, 1, 1), (6, 2, 6, 6), (9, 1, 9, 14)])
def test_a_color_is_the_same_color_in_every_matrix_and_range(tmp_path: Path, color: tuple[int, int, int, int]) -> None:
    wanted = (30, 180, 70)
    film = open_film(write_film(tmp_path / "in.mkv", flat(2, wanted), color=color))
    assemble(film, work_of(tmp_path / "work", film, flat(2, wanted)), tmp_path / "out.mp4")
    read = open_film(tmp_path / "out.mp4")
    assert read.color == film.color
    assert np.abs(next(read.read()).pixels.astype(int) - wanted).max() <= 3


def test_sound_goes_over_as_it_is_and_stays_with_the_pictures(tmp_path: Path) -> None:
    frames = moving(25)
    film = open_film(write_film(tmp_path / "in.mp4", frames, sound="aac"))
    written = assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / "out.mov")
    assert sound_packets(tmp_path / "out.mov") == sound_packets(tmp_path / "in.mp4")
    assert heard(tmp_path / "out.mov") == pytest.approx(heard(tmp_path / "in.mp4"), abs=0.002)
    assert written.notes == ()


def test_sound_that_a_file_cannot_hold_is_encoded_again(tmp_path: Path) -> None:
    frames = moving(25)
    film = open_film(write_film(tmp_path / "in.mp4", frames, sound="aac"))
    written = assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / "out.webm")
    assert written.notes == ("The sound is encoded again, as libopus: players expect no aac in a file of this kind.",)
    assert heard(tmp_path / "out.webm") == pytest.approx(heard(tmp_path / "in.mp4"), abs=0.05)
    assert open_film(tmp_path / "out.webm").sounds == ("opus",)


@pytest.mark.parametrize(("sound", "kept"), [("pcm_s16le", False), ("libopus", True), ("libmp3lame", True)])
def test_an_mp4_has_the_sound_that_players_know(tmp_path: Path, sound: str, kept: bool) -> None:
    frames = moving(12)
    film = open_film(write_film(tmp_path / "in.mkv", frames, sound=sound))
    written = assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / "out.mp4")
    assert (open_film(tmp_path / "out.mp4").sounds == film.sounds) == kept
    assert written.notes == (() if kept else ("The sound is encoded again, as aac: players expect no pcm_s16le in a file of this kind.",))


def test_pictures_that_begin_after_their_sound_still_do(tmp_path: Path) -> None:
    frames = moving(25)
    early = write_film(
        tmp_path / "in.mkv", frames, sound="libopus", ticks=[500 + 40 * index for index in range(25)], clock=Fraction(1, 1000)
    )
    film = open_film(early)
    assert film.offset == Fraction(1, 2)
    assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / "out.mkv")
    assert open_film(tmp_path / "out.mkv").offset == Fraction(1, 2)
    assert heard(tmp_path / "out.mkv")[0] == pytest.approx(heard(early)[0], abs=0.002)


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    ticks = [0, 40, 100, 120, 300, 340]
    frames = moving(6)
    film = open_film(write_film(tmp_path / "in.mp4", frames, ticks=ticks, clock=Fraction(1, 1000)))
    for name in ("out.mp4", "out.mkv", "out.webp"):
        assemble(film, work_of(tmp_path / name, film, frames), tmp_path / f"x{name}")
        assert [float(frame.time) * 1000 for frame in open_film(tmp_path / f"x{name}").read()] == pytest.approx(ticks, abs=1)


def test_a_codec_of_whole_frames_says_that_it_rounds_times(tmp_path: Path) -> None:
    frames = moving(5)
    ticks = [0, 40, 100, 120, 300]
    uneven = open_film(write_film(tmp_path / "in.mp4", frames, ticks=ticks, clock=Fraction(1, 1000)))
    written = assemble(uneven, work_of(tmp_path / "work", uneven, frames), tmp_path / "out.avi")
    assert "counts in whole frames" in written.notes[0]
    assert len(list(open_film(tmp_path / "out.avi").read())) >= 5
    even = open_film(write_film(tmp_path / "even.mp4", frames))
    assert assemble(even, work_of(tmp_path / "even", even, frames), tmp_path / "even.avi").notes == ()


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    frames = moving(2)
    with av.open(str(tmp_path / "in.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height = 48, 36
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    film = open_film(tmp_path / "in.mp4")
    assert film.aspect == Fraction(4, 3)
    half = [np.asarray(Image.fromarray(frame).resize((24, 18))) for frame in frames]
    assemble(film, work_of(tmp_path / "work", film, half), tmp_path / "out.mp4")
    assert open_film(tmp_path / "out.mp4").aspect == Fraction(4, 3)


def test_a_film_of_a_part(tmp_path: Path) -> None:
    frames = moving(50)
    film = open_film(write_film(tmp_path / "in.mp4", frames, sound="aac"))
    folder = work_of(tmp_path / "work", film, frames[:20])
    assert assemble(film, folder, tmp_path / "out.mp4").frames == 20
    # Its sound ends with it.
    assert heard(tmp_path / "out.mp4")[1] == pytest.approx(0.8, abs=0.05)
    assert assemble(film, folder, tmp_path / "short.gif", until=3).frames == 3


def test_animations_loop_as_they_did_and_say_that_they_are_silent(tmp_path: Path) -> None:
    pictures = [Image.fromarray(frame) for frame in moving(4)]
    pictures[0].save(tmp_path / "in.gif", save_all=True, append_images=pictures[1:], duration=80, loop=2)
    film = open_film(tmp_path / "in.gif")
    for name in ("out.gif", "out.webp", "out.apng"):
        assemble(film, work_of(tmp_path / name, film, moving(4)), tmp_path / f"x{name}")
        again = open_film(tmp_path / f"x{name}")
        assert (again.loop, again.frames) == (2, 4)
        assert [float(frame.time) for frame in again.read()] == pytest.approx([0, 0.08, 0.16, 0.24], abs=0.001)
    loud = open_film(write_film(tmp_path / "loud.mp4", moving(4), sound="aac"))
    told: list[VideoEvent] = []
    assemble(loud, work_of(tmp_path / "work", loud, moving(4)), tmp_path / "y.gif", emit=told.append)
    assert [event.text for event in told if isinstance(event, Notice)] == ["Animations hold no sound; it is left out."]


def test_pictures_by_number(tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "in.mp4", moving(3)))
    folder = work_of(tmp_path / "work", film, moving(3))
    assemble(film, folder, tmp_path / "new" / "f%03d.png")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["f001.png", "f002.png", "f003.png"]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "new" / "f002.png")), moving(3)[1])


def test_a_film_being_written_can_be_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "in.mp4", moving(5)))
    flag = StopFlag()
    folder = work_of(tmp_path / "work", film, moving(5))
    with pytest.raises(KeyboardInterrupt):
        assemble(film, folder, tmp_path / "out.mp4", emit=lambda event: flag.stop() if event == MuxProgress(2, 5) else None, stop=flag)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "work"]


def test_no_frames_and_damaged_frames(tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "in.mp4", moving(3)))
    with pytest.raises(FilmError, match="no painted frames are there"):
        assemble(film, work_of(tmp_path / "none", film, []), tmp_path / "out.mp4")
    folder = work_of(tmp_path / "work", film, moving(3))
    (folder / "000001.png").write_bytes(b"no picture")
    with pytest.raises(FilmError, match=r"painted frame: cannot be read .* try: remove it"):
        assemble(film, folder, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("suffix", sorted(CONTAINERS))
def test_every_extension_has_a_codec_that_is_there(suffix: str) -> None:
    assert find_target(f"film{suffix}").codec == CONTAINERS[suffix].codecs[0]


def test_what_cannot_be_written_is_refused_before_the_work() -> None:
    with pytest.raises(OutputError, match=r"no film is called '\.mp3'.*try: '\.mp4'"):
        find_target("film.mp3")
    with pytest.raises(OutputError, match="the name has no extension"):
        find_target("film")
    with pytest.raises(UnknownNameError, match="Did you mean 'h264'"):
        find_target("film.mp4", "x264")
    with pytest.raises(FilmError, match=r"\.webm cannot hold h264 .* try: --codec vp9, or \.mp4"):
        find_target("film.webm", "h264")
    with pytest.raises(FilmError, match=r"knows no such quality .* accepted: 0 to 63"):
        find_target("film.mp4", None, 99)
    with pytest.raises(FilmError, match="has no quality to choose"):
        find_target("film.gif", None, 5)
    with pytest.raises(OutputError, match=r"no film is called '\.xyz'"):
        find_target("frames/%03d.xyz")
    with pytest.raises(OutputError, match=r"no format is called '\.gif'"):
        find_target("frames/%03d.gif")
    with pytest.raises(FilmError, match="places for several numbers"):
        find_target("frames/%03d-%d.png")


def test_a_codec_that_is_not_built_in_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    with pytest.raises(FilmError, match=r"h264 is not built into PyAV here .* try: --codec h265"):
        find_target("film.mp4")
