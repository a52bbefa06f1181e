"""Every codec in every container: what other programs need is there."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pincel.errors import FilmError, OutputError
from pincel.films.base import Film
from pincel.films.formats import CONTAINERS, find_target
from pincel.films.read import open_film
from pincel.films.write import assemble, check_encodes
from tests.films.make_films import flat, moving, write_film
from tests.films.test_write import work_of

# What FFmpeg calls codecs in a file, by container; Matroska and animations have no tags.
TAGS = {
    ("mp4", "h264"): "avc1",
    ("mp4", "h265"): "hvc1",
    ("mp4", "av1"): "av01",
    ("mp4", "vp9"): "vp09",
    ("mp4", "mpeg4"): "mp4v",
    ("mov", "h264"): "avc1",
    ("mov", "h265"): "hvc1",
    ("mov", "prores"): "apch",
    ("mov", "mpeg4"): "mp4v",
    ("avi", "mpeg4"): "XVID",
    ("avi", "h264"): "H264",
    ("avi", "ffv1"): "FFV1",
}
# 64×48 pixels of 4:3 in square ones, even where that is needed.
WIDE = {**dict.fromkeys(("av1", "vp9"), (86, 48)), **dict.fromkeys(("prores", "ffv1", "gif", "webp", "apng"), (85, 48))}
PIXELS = {"prores": "yuv422p10le", "ffv1": "bgr0"}
PAIRS = sorted({(suffix, codec) for suffix, container in CONTAINERS.items() if suffix != ".png" for codec in container.codecs})


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, Path]:
    """A film of wide pixels, and a folder as if it had been painted."""
    folder = tmp_path_factory.mktemp("painted")
    frames = moving(3, 64, 48)
    film = open_film(write_film(folder / "in.mp4", frames, aspect=Fraction(4, 3), color=(1, 1, 1, 1)))
    return film, work_of(folder / "work", film, frames)


@pytest.mark.parametrize(("suffix", "codec"), PAIRS)
def test_a_file_opens_again_as_it_should(painted: tuple[Film, Path], tmp_path: Path, suffix: str, codec: str) -> None:
    film, folder = painted
    out = tmp_path / f"out{suffix}"
    written = assemble(film, folder, out, codec=codec)
    container = CONTAINERS[suffix]
    again = open_film(out)
    assert again.frames == 3
    # Where the file does not say which shape its pixels have, they are square.
    shape = (
        (64, 48, Fraction(4, 3)) if codec in ("h264", "h265", "mpeg4") or container.name in ("mp4", "mov") else (*WIDE[codec], Fraction(1))
    )
    assert (*written.size, again.aspect) == shape == (again.width, again.height, again.aspect)
    assert any("stretched from 64×48 to 85×48" in note for note in written.notes) == (again.aspect == 1)
    if container.endless:
        return
    with av.open(str(out)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.pix_fmt == PIXELS.get(codec, "yuv420p")
        if container.name in ("mp4", "mov", "avi"):
            assert stream.codec_context.codec_tag == TAGS[container.name, codec]
    wanted = [np.asarray(Image.fromarray(frame).resize((again.width, again.height))) for frame in moving(3, 64, 48)]
    assert max(np.abs(frame.pixels.astype(int) - want).mean() for frame, want in zip(again.read(), wanted, strict=True)) < 8
    if container.name in ("mp4", "mov"):
        names = boxes(out)
        assert names.index("moov") < names.index("mdat")


def boxes(path: Path) -> list[str]:
    """Return the names of an MP4's outermost boxes."""
    data, place, names = path.read_bytes(), 0, []
    while place < len(data):
        size, name = struct.unpack(">I4s", data[place : place + 8])
        names.append(name.decode())
        place += size
    return names


@pytest.mark.parametrize(
    ("suffix", "size"), [(".mp4", (64, 48)), (".webm", (64, 48)), (".gif", (63, 47)), (".apng", (63, 47)), (".mov", (64, 48))]
)
def test_odd_sides_get_a_row_or_a_column_more_where_a_codec_needs_it(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    frames = flat(2, (200, 40, 90), 63, 47)
    film = open_film(write_film(tmp_path / "in.mkv", frames, pixels="yuv444p"))
    written = assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / f"out{suffix}")
    assert written.size == size
    assert any("needs even numbers" in note for note in written.notes) == (size == (64, 48))
    again = next(open_film(tmp_path / f"out{suffix}").read()).pixels
    assert again.shape[:2] == size[::-1]
    # What was added is of the colors at the edge.
    assert np.abs(again[-1].astype(int) - (200, 40, 90)).max() < 12


def test_frames_of_an_avi_are_shown_in_the_order_they_are_stored_in(tmp_path: Path) -> None:
    frames = moving(8, 64, 48)
    film = open_film(write_film(tmp_path / "in.mp4", frames))
    assemble(film, work_of(tmp_path / "work", film, frames), tmp_path / "out.avi", codec="h264")
    with av.open(str(tmp_path / "out.avi")) as file:
        times = [frame.time or 0.0 for frame in file.decode(video=0)]
    assert np.diff(times).tolist() == pytest.approx([0.04] * 7)


def test_pictures_have_square_pixels(painted: tuple[Film, Path], tmp_path: Path) -> None:
    film, folder = painted
    written = assemble(film, folder, tmp_path / "f" / "%d.png")
    assert (written.size, open_film(tmp_path / "f").width) == ((85, 48), 85)
    assert "not square" in written.notes[0]


def test_an_animation_cannot_say_what_its_colors_are(tmp_path: Path) -> None:
    film = open_film(write_film(tmp_path / "in.mkv", flat(2, (30, 180, 70)), color=(9, 1, 9, 16)))
    folder = work_of(tmp_path / "work", film, flat(2, (30, 180, 70)))
    assert "colors are not those of sRGB" in assemble(film, folder, tmp_path / "out.gif").notes[0]
    for codec in ("h264", "ffv1"):
        assert assemble(film, folder, tmp_path / "out.mkv", codec=codec).notes == ()
        again = open_film(tmp_path / "out.mkv").color
        assert (again.primaries, again.transfer) == (9, 16)


@pytest.mark.parametrize(
    ("name", "size"),
    [("a.webp", (16384, 16)), ("a.gif", (65536, 2)), ("a.mpx.avi", (16, 16400)), ("f/%d.webp", (16, 16384)), ("%d.jpg", (65536, 1))],
)
def test_what_a_format_cannot_hold_is_said_before_the_work(painted: tuple[Film, Path], name: str, size: tuple[int, int]) -> None:
    film = open_film("sample:pan")
    target = find_target(name)
    with pytest.raises((FilmError, OutputError), match=r"cannot (be written|hold)") as refused:
        check_encodes(film, size, target)
    assert "\n" not in str(refused.value)
    check_encodes(film, (192, 256), target)
