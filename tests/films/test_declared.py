"""What a container says beside its pictures: read, refused, or said to be ignored."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from pincel.errors import FilmError
from pincel.films.aperture import find_crop
from pincel.films.read import open_film
from pincel.images.orientation import apply_orientation
from tests.films.make_films import flat, moving, write_film

ONE, UNIT = 1 << 16, 1 << 30
# By the numbers of EXIF: a, b, c, d of a display matrix; a pixel at (x, y) is shown at (ax + cy, bx + dy).
MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def matrix_of(numbers: tuple[float, float, float, float]) -> list[int]:
    a, b, c, d = (round(number * ONE) for number in numbers)
    return [a, b, 0, c, d, 0, 0, 0, UNIT]


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_turned_or_mirrored_film_stands_as_it_is_to_be_shown(tmp_path: Path, orientation: int) -> None:
    stored = moving(2)
    film = open_film(write_film(tmp_path / "a.mp4", stored, matrix=matrix_of(MATRICES[orientation]), aspect=Fraction(4, 3)))
    assert film.orientation == orientation
    assert type(film.orientation) is int  # it goes into records
    assert film.aspect == (Fraction(4, 3) if orientation < 5 else Fraction(3, 4))
    assert film.notes == ()
    for frame, pixels in zip(film.read(), stored, strict=True):
        # Where each pixel goes, without the function that is tested.
        a, b, c, d = MATRICES[orientation]
        y, x = np.mgrid[:36, :48]
        across, down = a * x + c * y, b * x + d * y
        shown = np.zeros((film.height, film.width, 3), np.uint8)
        shown[down - down.min(), across - across.min()] = pixels
        assert np.abs(frame.pixels.astype(int) - shown).mean() < 5
        assert np.array_equal(shown, apply_orientation(pixels, orientation))


def test_an_angle_that_is_no_quarter_turn_is_said(tmp_path: Path) -> None:
    cosine, sine = np.cos(np.radians(70)), np.sin(np.radians(70))
    film = open_film(write_film(tmp_path / "a.mp4", moving(2), matrix=matrix_of((cosine, sine, -sine, cosine))))
    assert film.orientation == 6
    assert "no quarter turn" in film.notes[0]


def clean_aperture(path: Path, wide: int, high: int, across: Fraction, down: Fraction) -> Path:
    """Write a clean aperture into an MP4, whose index lies behind its pictures."""
    data = bytearray(path.read_bytes())
    box = struct.pack(">I4s8i", 40, b"clap", wide, 1, high, 1, across.numerator, across.denominator, down.numerator, down.denominator)
    index = data.index(b"moov")
    assert index > data.index(b"mdat")
    entry = data.index(b"avc1", index)
    (size,) = struct.unpack(">I", data[entry - 4 : entry])
    data[entry - 4 + size : entry - 4 + size] = box
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = data.index(name, index) - 4
        data[place : place + 4] = struct.pack(">I", struct.unpack(">I", data[place : place + 4])[0] + len(box))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("orientation", [1, 2, 6])
def test_what_lies_outside_of_the_clean_aperture_is_cut_off(tmp_path: Path, orientation: int) -> None:
    stored = moving(2, 64, 48)
    path = write_film(tmp_path / "a.mp4", stored, matrix=matrix_of(MATRICES[orientation]), sound="aac")
    # From 10 to 58 across, from 4 to 40 down: their middles are 2 to the right of, and 2 above those of the picture.
    film = open_film(clean_aperture(path, 48, 36, Fraction(2), Fraction(-2)))
    assert film.crop == (10, 4, 6, 8)
    assert "the rest is cut off" in film.notes[0]
    for frame, pixels in zip(film.read(), stored, strict=True):
        wanted = apply_orientation(pixels[4:40, 10:58], orientation)
        assert frame.pixels.shape == wanted.shape == (film.height, film.width, 3)
        assert np.abs(frame.pixels.astype(int) - wanted).mean() < 5


def test_a_crop_of_matroska(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving(2, 64, 48))
    path.write_bytes(with_crop(path.read_bytes()))
    film = open_film(path)
    assert (film.crop, film.width, film.height) == ((4, 6, 2, 8), 58, 34)
    for frame, pixels in zip(film.read(), moving(2, 64, 48), strict=True):
        assert np.abs(frame.pixels.astype(int) - pixels[6:40, 4:62]).mean() < 5


def with_crop(data: bytes) -> bytes:
    """Put a crop into the video of the first track of a Matroska file; what comes after it is found by its sizes."""
    crop = b"".join(bytes([0x54, side, 0x81, by]) for side, by in ((0xCC, 4), (0xBB, 6), (0xDD, 2), (0xAA, 8)))
    tracks = b"\x16\x54\xae\x6b"
    # The first is in the list of what is where.
    starts = [data.index(b"\x18\x53\x80\x67") + 4, data.index(tracks, data.index(tracks) + 4) + 4]
    starts.append(data.index(b"\xae\x01\0\0\0", starts[-1]) + 1)
    # Its first element is its width.
    starts.append(data.index(b"\xe0\x8a\xb0", starts[-1]) + 1)
    spoiled = bytearray(data)
    for place in starts:
        length = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + length], "big") + len(crop)
        spoiled[place : place + length] = size.to_bytes(length, "big")
    inside = starts[-1] + 1
    return bytes(spoiled[:inside]) + crop + bytes(spoiled[inside:])


def test_what_breaks_off_or_makes_no_sense_says_nothing(tmp_path: Path) -> None:
    path = clean_aperture(write_film(tmp_path / "a.mp4", moving(2, 64, 48)), 48, 36, Fraction(2), Fraction(-2))
    data = path.read_bytes()
    assert find_crop(str(path), 64, 48) == (10, 4, 6, 8)
    # Larger than the picture.
    assert find_crop(str(path), 40, 30) == (0, 0, 0, 0)
    rng = np.random.default_rng(0)
    for _ in range(200):
        spoiled = bytearray(data[: rng.integers(8, len(data))])
        for place in rng.integers(0, len(spoiled), 4):
            spoiled[place] = rng.integers(256)
        path.write_bytes(spoiled)
        left, top, right, bottom = find_crop(str(path), 64, 48)
        assert left + right < 64
        assert top + bottom < 48


@pytest.mark.parametrize(
    ("codec", "pixels", "levels", "limited"),
    [
        ("libx264", "yuv420p", 0, True),
        ("libx264", "yuv420p", 1, True),
        ("libx264", "yuv420p", 2, False),
        ("mjpeg", "yuvj420p", 2, False),
        # Of these, the container says it, or nobody.
        ("ffv1", "yuv420p", 0, True),
        ("ffv1", "yuv420p", 2, False),
        ("libvpx-vp9", "yuv420p", 2, False),
        ("ffv1", "gray", 0, True),
        ("ffv1", "gray", 2, True),
        ("ffv1", "bgr0", 0, True),
        ("libx264rgb", "rgb24", 0, True),
    ],
)
def test_black_and_white_stay_so_in_every_range(tmp_path: Path, codec: str, pixels: str, levels: int, limited: bool) -> None:
    """Where nothing is said, numbers of brightness and color differences go from 16 to 235, those of RGB and gray from 0 to 255."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options={"qp": "0"} if "264" in codec else {})
        stream.width, stream.height, stream.pix_fmt = 32, 32, pixels
        stream.codec_context.color_range = levels
        low, high = (0, 255) if levels == 2 or not pixels.startswith("yuv") else (16, 235)
        for level in (low, high):
            frame = av.VideoFrame(32, 32, "gray8" if pixels.startswith(("gray", "yuv")) else "rgb24")
            frame = frame.from_ndarray(np.full((32, 32, 3), level, np.uint8), format="rgb24") if "gray" not in frame.format.name else frame
            if frame.format.name != "rgb24":
                frame = yuv_frame(pixels, level)
            elif pixels != "rgb24":
                frame = frame.reformat(format=pixels)
            frame.color_range = levels
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    film = open_film(path)
    assert film.color.limited == limited
    assert [int(np.median(frame.pixels)) for frame in film.read()] == pytest.approx([0, 255], abs=2)


def yuv_frame(pixels: str, level: int) -> av.VideoFrame:
    """A gray frame of that number, whatever it means."""
    frame = av.VideoFrame(32, 32, pixels)
    for number, plane in enumerate(frame.planes):
        plane.update(bytes([level if number == 0 else 128]) * plane.buffer_size)
    return frame


def test_an_interlaced_film_is_said_to_be_one(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", moving(3, 64, 64), options={"x264-params": "interlaced=1"})
    assert "interlaced" in open_film(path).notes[0]


@pytest.mark.parametrize("matrix", [8, 14])
def test_colors_that_cannot_be_read_are_refused(tmp_path: Path, matrix: int) -> None:
    path = write_film(tmp_path / "a.mkv", flat(2, (200, 40, 90)))
    with av.open(str(tmp_path / "b.mkv"), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.colorspace = 32, 32, "yuv420p", matrix
        container.mux(stream.encode(yuv_frame("yuv420p", 100)))
        container.mux(stream.encode(None))
    assert open_film(path).color.matrix == 6
    with pytest.raises(FilmError, match="colors are coded in a way that cannot be read") as refused:
        open_film(tmp_path / "b.mkv")
    assert "\n" not in str(refused.value)


def clear(count: int) -> list[np.ndarray]:
    """Red that is clear on the left half."""
    frame = np.zeros((36, 48, 4), np.uint8)
    frame[..., 0] = 220
    frame[:, 24:, 3] = 255
    return [frame] * count


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "metadata"),
    [
        ("a.mov", "qtrle", "argb", {}),
        ("a.mkv", "ffv1", "bgra", {}),
        ("a.mov", "prores_ks", "yuva444p10le", {}),
        ("a.webm", "libvpx-vp9", "yuva420p", {"alpha_mode": "1"}),
    ],
)
def test_transparency_is_seen_on_the_background(tmp_path: Path, name: str, codec: str, pixels: str, metadata: dict[str, str]) -> None:
    path = write_film(tmp_path / name, clear(2), codec=codec, pixels=pixels, metadata=metadata)
    film = open_film(path, background="blue")
    assert "The film has transparency; it is seen on blue." in film.notes
    frames = list(film.read())
    assert len(frames) == 2
    for frame in frames:
        assert np.abs(frame.pixels[8:-8, 2:16].astype(int) - (0, 0, 255)).max() < 12
        assert np.abs(frame.pixels[8:-8, 32:-2].astype(int) - (220, 0, 0)).max() < 12
    assert tuple(next(open_film(path).read()).pixels[18, 6] // 16) == (15, 15, 15)


def test_pictures_with_clear_parts_are_seen_on_the_background(tmp_path: Path) -> None:
    for number, frame in enumerate([*clear(2), np.zeros((36, 48, 4), np.uint8)]):
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
    film = open_film(tmp_path, background="blue")
    assert film.notes == ("The pictures have transparent parts; they are seen on blue.",)
    frames = [frame.pixels for frame in film.read()]
    assert [tuple(frame[0, 0]) for frame in frames] == [(0, 0, 255)] * 3
    # Also a frame of which nothing is to be seen.
    assert [tuple(frame[0, -1]) for frame in frames] == [(220, 0, 0), (220, 0, 0), (0, 0, 255)]


def test_animations_are_turned_upright_and_converted_to_srgb(tmp_path: Path) -> None:
    from PIL import ImageCms

    exif = Image.Exif()
    exif[274] = 6
    pictures = [Image.fromarray(frame) for frame in moving(3)]
    pictures[0].save(tmp_path / "a.webp", save_all=True, append_images=pictures[1:], duration=100, lossless=True, exif=exif)
    film = open_film(tmp_path / "a.webp")
    assert (film.width, film.height) == (36, 48)
    assert film.notes == ("Of the frames: turned upright (EXIF orientation 6).",)
    for frame, pixels in zip(film.read(), moving(3), strict=True):
        assert np.array_equal(frame.pixels, apply_orientation(pixels, 6))
    other = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    pictures[0].save(tmp_path / "b.png", save_all=True, append_images=pictures[1:], duration=100, icc_profile=other.tobytes())
    assert "profile" in open_film(tmp_path / "b.png").notes[0]
