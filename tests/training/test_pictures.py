"""Where pictures come from, and what is cropped of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pincel.errors import OptionError, PictureMissingError, PictureUnreadableError
from pincel.samples import sample_names
from pincel.training import dead_leaves
from pincel.training.pictures import CropSampler, GeneratedSource, ImageSource, check_crops, find_sources
from tests.training.small import one


def flat(level: int, size: tuple[int, int] = (40, 60)) -> ImageSource:
    return ImageSource([str(level)], lambda _: np.full((*size, 3), level, np.uint8), str(level))


def test_leaves_are_the_same_everywhere_and_cover_the_ground() -> None:
    first, again, other = dead_leaves.render(0, 64), dead_leaves.render(0, 64), dead_leaves.render(1, 64)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (64, 64, 3)
    assert first.std() > 10


def test_places(photographs: list[Path], tmp_path: Path) -> None:
    sources = find_sources(f"sample:scenes, {photographs[0].parent},sample:glass")
    assert [len(source.names) for source in sources] == [4, 3, 1]
    assert sources[0].names == [str(path) for path in sample_names().values() if path.name.startswith("scene")]
    assert sources[1].read(0).shape == (96, 96, 3)
    odd = tmp_path / "a,b"
    odd.mkdir()
    Image.new("RGB", (20, 30)).save(odd / "x.png")
    assert [len(source.names) for source in find_sources(str(odd))] == [1]


def test_pictures_that_others_draw() -> None:
    (source,) = find_sources("sample:dots", {"sample:dots": GeneratedSource(7, lambda number: np.full((8, 8, 3), number, np.uint8))})
    assert len(source.names) == 7
    assert int(source.read(5)[0, 0, 0]) == 5


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ("sample:scene", "data: no such sample · given 'sample:scene' .* Did you mean 'sample:scenes'"),
        ("nowhere", "data: no such folder · given 'nowhere'"),
        (",", "data: no place was named"),
    ],
)
def test_places_that_are_not(places: str, said: str) -> None:
    with pytest.raises(PictureMissingError, match=rf"^{said}"):
        find_sources(places)


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(PictureMissingError, match=r"^data: holds no pictures"):
        find_sources(str(tmp_path))


def test_the_digest_knows_the_bytes(photographs: list[Path], tmp_path: Path) -> None:
    for path in photographs:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    same, before = find_sources(str(photographs[0].parent))[0].digest, find_sources(str(tmp_path))[0].digest
    Image.new("RGB", (9, 9)).save(tmp_path / photographs[0].name)
    assert same == before != find_sources(str(tmp_path))[0].digest


def test_crops_come_from_their_number_alone(photographs: list[Path]) -> None:
    sources = find_sources(str(photographs[0].parent))
    crops, others = CropSampler(sources, one(recolor=0.5)), CropSampler(sources, one(recolor=0.5))
    seen = [crops.crop(number) for number in range(6)]
    assert all(torch.equal(each, others.crop(number)) for number, each in reversed(list(enumerate(seen))))
    assert {tuple(each.shape) for each in seen} == {(1, 3, 24, 24)}
    assert all(float(each.min()) >= 0 and float(each.max()) <= 1 for each in seen)
    assert not any(torch.equal(seen[0], each) for each in seen[1:])
    assert not torch.equal(CropSampler(sources, one(seed=1)).crop(0), seen[0])
    assert not torch.equal(CropSampler(sources, one(), stream=1).crop(0), CropSampler(sources, one()).crop(0))


def test_each_place_has_its_share() -> None:
    many = ImageSource([str(n) for n in range(50)], lambda _: np.full((30, 30, 3), 200, np.uint8), "many")
    crops = CropSampler([flat(0), many], one(recolor=0.0, contrast=0.0))
    dark = sum(float(crops.crop(number).mean()) < 0.5 for number in range(100))
    assert 35 <= dark <= 65


def test_a_flat_crop_is_drawn_again() -> None:
    edged = np.zeros((48, 48, 3), np.uint8)
    edged[:, :4] = 255
    source = ImageSource(["edge"], lambda _: edged, "edge")
    recipe = one(crop=16, recolor=0.0, zoom=(1.0, 1.0))
    flat_ones = [
        sum(float(CropSampler([source], recipe.override(contrast=contrast)).crop(number).std()) < 0.04 for number in range(40))
        for contrast in (0.0, 0.04)
    ]
    assert flat_ones[0] > 25 > flat_ones[1]


def test_a_small_picture_is_enlarged_no_more_than_it_must() -> None:
    crops = CropSampler([flat(90, (10, 30))], one(recolor=0.0, contrast=0.0))
    assert torch.allclose(crops.crop(0), torch.full((1, 3, 24, 24), 90 / 255), atol=1e-3)


def test_a_crop_larger_than_its_pictures() -> None:
    with pytest.raises(OptionError, match=r"^crop: is larger than the pictures it is taken from · given --crop 64, --side 48"):
        check_crops(CropSampler([flat(0)], one(crop=64)))


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(PictureUnreadableError, match=r"bad\.png"):
        CropSampler(find_sources(str(tmp_path)), one()).crop(0)


def damaged_folder(folder: Path) -> Path:
    """Write a whole picture, one that breaks off, one that is no picture, one damaged in the middle, and what a Mac leaves."""
    folder.mkdir()
    values = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    Image.fromarray(values).save(folder / "1.png")
    Image.fromarray(values).save(folder / "2.jpg")
    (folder / "2.jpg").write_bytes((folder / "2.jpg").read_bytes()[:1500])
    (folder / "3.png").write_bytes(b"hello")
    data = bytearray((folder / "1.png").read_bytes())
    data[1000:9000] = bytes(8000)
    (folder / "4.png").write_bytes(data)
    (folder / "._1.png").write_bytes(b"\0\5\26\7")
    return folder


def test_damaged_pictures_are_left_out_before_the_first_step_and_said(tmp_path: Path) -> None:
    (source,) = find_sources(str(damaged_folder(tmp_path / "d")))
    assert [Path(name).name for name in source.names] == ["1.png", "4.png"]
    assert "'._1.png' (hidden)" in source.notes[0]
    assert source.notes[1:] == ("2.jpg is left out: the JPEG is truncated.", "3.png is left out: is not a picture.")


def test_a_picture_that_turns_out_to_be_damaged_gives_way_to_the_same_other_one_in_every_run(tmp_path: Path) -> None:
    recipe = one(crop=16, side=96)
    folder = damaged_folder(tmp_path / "d")
    crops, again = (CropSampler(find_sources(str(folder)), recipe) for _ in range(2))
    first = [crops.crop(number) for number in range(12)]
    assert [Path(name).name for name in crops.damaged] == ["4.png"]
    assert torch.equal(again.crop(11), first[11])


def test_where_nothing_is_whole_that_is_told(tmp_path: Path) -> None:
    folder = damaged_folder(tmp_path / "d")
    (folder / "1.png").unlink()
    with pytest.raises(PictureUnreadableError, match="damaged"):
        CropSampler(find_sources(str(folder)), one(crop=16, side=96)).crop(0)
    (folder / "4.png").unlink()
    with pytest.raises(PictureUnreadableError, match="truncated"):
        find_sources(str(folder))
