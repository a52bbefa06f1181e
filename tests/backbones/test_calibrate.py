"""The normalized network is measured once for a set of pictures, and a cache is never trusted blindly."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel.backbones import calibrate
from pincel.backbones.calibrate import calibration_pictures, normalized_vgg
from pincel.backbones.normalize import mean_activations
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError
from pincel.images.io import load_picture
from pincel.samples import FOLDER
from tests.backbones.stand_ins import awake, random_vgg
from tests.tensors import assert_close

SMALL = 96
BLOCKS = [(2, 4), (2, 6)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own and pictures that are looked at small; return the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(calibrate, "SIDE", SMALL)
    return tmp_path / "cache" / "pincel"


@pytest.fixture
def folder(tmp_path: Path, photographs: list[Path]) -> Path:
    """Return a folder with two photographs and a text."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in photographs[:2]:
        shutil.copy(path, folder)
    (folder / "read me.txt").write_text("no picture")
    return folder


def run(vgg: VGG, folder: Path) -> tuple[VGG, list[str]]:
    told: list[str] = []
    return normalized_vgg(vgg, str(folder), told.append, lambda _, done, total: told.append(f"{done}/{total}")), told


def forbidden(*_: object) -> Any:
    raise AssertionError("measured again")


def same(one: VGG, other: VGG) -> bool:
    return all(torch.equal(a, b) for name in one.weights for a, b in zip(one.weights[name], other.weights[name], strict=True))


def test_mean_activation_is_one_over_the_pictures_of_the_folder(vgg: VGG, folder: Path) -> None:
    found, told = run(vgg, folder)
    # Their long side is as long as calibration takes them, so they are looked at as they are.
    pixels = [load_picture(path).pixels * 255 for path in calibration_pictures(str(folder))]
    trained = mean_activations(vgg, pixels)
    for convolution, mean in mean_activations(found, pixels).items():
        alive = awake(trained[convolution])
        assert_close(mean[alive], torch.ones_like(mean[alive]), rtol=0, atol=1e-3)
    assert told[:3] == ["0/2", "1/2", "2/2"]
    assert told[3].startswith("Network normalized to mean activation 1 over 2 pictures")


def test_the_second_time_nothing_is_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vgg = random_vgg(BLOCKS)
    first, _ = run(vgg, folder)
    monkeypatch.setattr(calibrate, "mean_activations", forbidden)
    again, told = run(vgg, folder)
    assert same(first, again)
    assert len(told) == 1


@pytest.mark.parametrize("damage", [b"", b"rubbish" * 100], ids=["empty", "rubbish"])
def test_a_damaged_cache_is_measured_again(folder: Path, cache: Path, damage: bytes) -> None:
    vgg = random_vgg(BLOCKS)
    first, _ = run(vgg, folder)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)
    again, told = run(vgg, folder)
    assert same(first, again)
    assert told[0].startswith("0/")
    assert file.read_bytes() == whole


@pytest.mark.parametrize("blocks", [[(1, 4), (2, 6)], [(2, 4), (2, 8)]], ids=["other layers", "other channels"])
def test_a_cache_that_does_not_fit_is_measured_again(folder: Path, cache: Path, blocks: list[tuple[int, int]]) -> None:
    run(random_vgg(blocks), folder)
    _, told = run(random_vgg(BLOCKS), folder)
    assert told[0].startswith("0/")
    # The same name, hash and pictures: one file.
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("change", ["pooling", "rounding", "weights", "side", "pictures", "bytes"])
def test_whatever_the_means_depend_on_has_its_own_cache(
    change: str, folder: Path, cache: Path, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    vgg = random_vgg(BLOCKS)
    run(vgg, folder)
    if change == "pooling":
        vgg = replace(vgg, pooling="avg")
    elif change == "rounding":
        vgg = replace(vgg, pool_rounding="up")
    elif change == "weights":
        vgg = replace(vgg, spec=replace(vgg.spec, sha256="0" * 64))
    elif change == "side":
        monkeypatch.setattr(calibrate, "SIDE", SMALL // 2)
    elif change == "pictures":
        shutil.copy(photographs[2], folder)
    else:
        shutil.copy(photographs[2], folder / photographs[0].name)
    _, told = run(vgg, folder)
    assert told[0].startswith("0/")
    assert len(list(cache.iterdir())) == 2


def test_where_the_folder_lies_does_not_matter(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vgg = random_vgg(BLOCKS)
    run(vgg, folder)
    folder.rename(tmp_path / "moved")
    monkeypatch.setattr(calibrate, "mean_activations", forbidden)
    run(vgg, tmp_path / "moved")


def test_no_room_for_a_cache_folder_is_told_and_not_fatal(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    found, told = run(random_vgg(BLOCKS), folder)
    assert isinstance(found, VGG)
    assert [line for line in told if line.startswith("The measurement could not be cached: ")]


def test_a_cache_that_cannot_be_written_is_told_and_not_fatal(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The folder is there, but the system refuses the file.
    monkeypatch.setattr("pincel.files._temporary_beside", lambda path: tmp_path / "nowhere" / path.name)
    found, told = run(random_vgg(BLOCKS), folder)
    assert isinstance(found, VGG)
    assert [line for line in told if line.startswith("The measurement could not be cached: ")]


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^Calibration '.*gone' is neither 'samples' nor a folder of pictures\.$"):
        run(random_vgg(BLOCKS), tmp_path / "gone")


def test_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "read me.txt").write_text("no picture")
    with pytest.raises(OptionError, match=r"holds no pictures \(.*\.jpg.*\)\.$"):
        run(random_vgg(BLOCKS), tmp_path)


def test_pictures_come_in_order_of_name(folder: Path) -> None:
    assert [path.name for path in calibration_pictures(str(folder))] == ["astronaut.png", "chelsea.png"]
    assert calibration_pictures("samples") == sorted(FOLDER.glob("*.jpg"))
