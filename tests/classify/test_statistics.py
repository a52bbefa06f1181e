"""The mean picture, the principal components of color, and the look at every picture that they come from."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from pincel.classify.data import find_data
from pincel.classify.prepare import PreparedData, PrepareOptions, prepare
from pincel.classify.squares import scan, square
from pincel.classify.statistics import Statistics, Sums, compute_statistics, read_statistics, write_statistics
from pincel.engine.events import Notice, SetupProgress
from pincel.errors import PictureError
from pincel.training.trainer import SingleReplica
from tests.classify.tiny import tiny, write_set

T = TypeVar("T")


def squares(count: int, side: int = 6, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, 3, side, side), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def added(pictures: Tensor) -> Sums:
    sums = Sums.empty(pictures.shape[-1])
    for picture in pictures:
        sums.add(picture)
    return sums


def test_the_mean_picture_by_hand() -> None:
    pictures = torch.zeros(2, 3, 2, 2, dtype=torch.uint8)
    pictures[0, 0, 0, 0], pictures[1, 0, 0, 0], pictures[1, 2, 1, 0] = 100, 201, 8
    found = compute_statistics(added(pictures))
    expected = torch.zeros(3, 2, 2)
    expected[0, 0, 0], expected[2, 1, 0] = 150.5, 4
    assert torch.equal(found.mean, expected)
    assert found.color == pytest.approx((150.5 / 4, 0, 1))


def test_components_are_those_of_numpy() -> None:
    pictures = squares(20)
    colors = pictures.permute(1, 0, 2, 3).reshape(3, -1).double().numpy() / 255
    variances, directions = np.linalg.eigh(np.cov(colors, bias=True))
    found = compute_statistics(added(pictures))
    assert found.variances.numpy() == pytest.approx(variances[::-1], rel=1e-9)
    for place in range(3):
        assert abs(float(found.directions[:, place] @ torch.from_numpy(directions[:, 2 - place].copy()))) == pytest.approx(1)


def test_sums_are_exact_in_any_order() -> None:
    pictures = squares(30)
    one, other = added(pictures), added(pictures.flip(0))
    halves = [added(pictures[:11]), added(pictures[11:])]
    assert torch.equal(one.pixels, other.pixels)
    assert torch.equal(one.products, halves[0].products + halves[1].products)
    assert int(one.products[0, 0]) == int((pictures[:, 0].long() ** 2).sum())


def test_color_noise_has_the_spread_of_the_paper() -> None:
    statistics = compute_statistics(added(squares(10) // torch.tensor([1, 2, 4], dtype=torch.uint8).view(1, 3, 1, 1)))
    rng = np.random.default_rng(0)
    drawn = torch.from_numpy(rng.normal(0, 0.1, (20000, 3)))
    noise = torch.stack([statistics.noise(each) for each in drawn]).double() / 255
    # Along each component: mean 0, deviation 0.1·λ.
    along = noise @ statistics.directions
    assert along.mean(0).abs().max() < 5 * 0.1 * statistics.variances.max() / 20000**0.5
    assert along.std(0).tolist() == pytest.approx((0.1 * statistics.variances).tolist(), rel=0.03)
    covariance = torch.cov(along.T)
    assert (covariance - torch.diag(covariance.diag())).abs().max() < 0.03 * covariance.max()


def test_noise_by_hand() -> None:
    turned = torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=torch.float64)
    statistics = Statistics(torch.zeros(3, 2, 2), turned, torch.tensor([0.2, 0.1, 0.0], dtype=torch.float64))
    assert statistics.noise(torch.tensor([0.5, -1.0, 7.0], dtype=torch.float64)).tolist() == pytest.approx([-25.5, 25.5, 0])


def test_the_shorter_side_is_brought_to_length_and_the_middle_kept() -> None:
    pixels = torch.zeros(1, 3, 8, 20)
    # Of 20 columns the middle 8 are kept; the others are white.
    pixels[..., :6] = pixels[..., 14:] = 1
    assert int(square(pixels, 8).max()) == 0
    assert square(pixels, 8).dtype == torch.uint8
    assert square(torch.rand(1, 3, 31, 20), 8).shape == (3, 8, 8)


def test_statistics_are_written_and_read(tmp_path: Path) -> None:
    found = compute_statistics(added(squares(4)))
    write_statistics(tmp_path / "s.safetensors", found, {"data": "abc", "side": 6})
    read = read_statistics(tmp_path / "s.safetensors")
    assert read is not None
    assert torch.equal(read[0].mean, found.mean)
    assert torch.equal(read[0].directions, found.directions)
    assert read[1] == {"data": "abc", "side": 6}
    assert read_statistics(tmp_path / "none.safetensors") is None
    (tmp_path / "s.safetensors").write_bytes(b"other")
    assert read_statistics(tmp_path / "s.safetensors") is None


def _prepare(folder: Path, cache: Path, memory: int) -> tuple[PreparedData, list[Notice | SetupProgress]]:
    told, ready = _to_end(
        prepare(find_data(str(folder), 0.25, 0), tiny(), PrepareOptions(SingleReplica(), memory, 2, cache / "s.safetensors"))
    )
    return ready, told


def _to_end(walk: Generator[Any, None, T]) -> tuple[list[Any], T]:
    told: list[Any] = []
    while True:
        try:
            told.append(next(walk))
        except StopIteration as end:
            return told, end.value


def test_kept_or_decoded_anew_squares_are_the_same(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    kept, _ = _prepare(folder, tmp_path, 10**9)
    anew, _ = _prepare(folder, tmp_path, 0)
    assert (kept.kept, anew.kept) == (True, False)
    assert torch.equal(kept.statistics.mean, anew.statistics.mean)
    for place in range(len(kept.splits.parts["train"])):
        assert torch.equal(kept.data.squares["train"][place], anew.data.squares["train"][place])


def test_a_second_look_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_set(tmp_path / "set")
    (folder / "red" / "03.png").write_bytes(b"no picture")
    first, _ = _prepare(folder, tmp_path, 0)
    monkeypatch.setattr("pincel.classify.prepare.scan", None)
    second, _ = _prepare(folder, tmp_path, 0)
    assert torch.equal(first.statistics.mean, second.statistics.mean)
    assert second.left_out == first.left_out
    with pytest.raises(TypeError):
        # Another set is looked at.
        _prepare(write_set(tmp_path / "other", each=4), tmp_path, 0)


@pytest.mark.parametrize("memory", [0, 10**9])
def test_damaged_pictures_are_named_and_left_out(tmp_path: Path, memory: int) -> None:
    folder = write_set(tmp_path / "set")
    whole, _ = _prepare(folder, tmp_path / "set", memory)
    names = whole.splits.parts["train"].names
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:100])
    (folder / names[7]).write_bytes(b"")
    ready, told = _prepare(folder, tmp_path, memory)
    assert set(ready.left_out) == {names[0], names[7]}
    (notice,) = (event.text for event in told if isinstance(event, Notice))
    assert notice.startswith("2 pictures cannot be read and will be left out:")
    assert names[7] in notice
    left = ready.splits.parts["train"].names
    assert len(left) == len(names) - 2
    assert names[0] not in left
    for place, name in enumerate(left):
        expected = square(torch.from_numpy(np.array(Image.open(folder / name))).permute(2, 0, 1)[None] / 255, 26)
        assert torch.equal(ready.data.squares["train"][place], expected)
        assert ready.data.labels["train"][place] == ready.splits.classes.index(name.split("/")[0])
    assert ready.statistics.mean.mean() != whole.statistics.mean.mean()


def test_a_set_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    for path in (folder / "green").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match="no picture of class 'green' can be read"):
        _prepare(folder, tmp_path, 10**9)


def test_looking_tells_how_far_it_is(tmp_path: Path) -> None:
    pictures = find_data(str(write_set(tmp_path)), 0.25, 0).parts["train"]
    told, last = _to_end(scan(pictures, 12, "decoding", keep=True, indices=range(18), threads=3))
    assert [(event.done, event.total) for event in told if isinstance(event, SetupProgress)] == [(0, 18), (18, 18)]
    assert int(last.sums.count) == 18
    assert last.kept is not None
    assert torch.equal(last.sums.pixels, last.kept.long().sum(0))
