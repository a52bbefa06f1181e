"""Batches: in which order, and by whom they are prepared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.classify.augment import CropTransform, make_transform
from pincel.classify.data import find_data
from pincel.classify.loader import DataModule, SampleKey, batches_of, load_batches, permutation_of, shard, shard_slice
from pincel.classify.squares import DecodedSquares
from pincel.classify.statistics import Sums, compute_statistics
from pincel.training.trainer import SingleReplica
from tests.classify.tiny import tiny, write_set


@dataclass(frozen=True)
class One(SingleReplica):
    """A process among several, that does not talk to them."""

    rank: int = 0
    processes: int = 1


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> DataModule:
    pictures = find_data(str(write_set(tmp_path_factory.mktemp("set"))), 0.25, 0).parts["train"]
    squares, sums = DecodedSquares(pictures, 26), Sums.empty(26)
    for place in range(len(pictures)):
        sums.add(squares[place])
    eye: CropTransform = make_transform(tiny(), compute_statistics(sums))
    return DataModule({"train": squares}, {"train": pictures.labels}, eye)


def keys() -> list[list[SampleKey]]:
    order = permutation_of(0, 1, 18)
    batches = [[SampleKey("train", place, 1, "random") for place in batch] for batch in batches_of(order, 5)]
    return [*batches, [], [SampleKey("train", place, 1, "ten") for place in range(3)]]


def test_processes_that_load_change_nothing(material: DataModule) -> None:
    with load_batches(material, keys(), 0) as one, load_batches(material, iter(keys()), 2) as two:
        both = list(zip(one, two, strict=True))
    assert [len(labels) for (_, labels), _ in both] == [5, 5, 5, 3, 0, 3]
    assert both[-1][0].crops.shape == (3, 10, 3, 24, 24)
    for own, others in both:
        assert torch.equal(own.crops, others.crops)
        assert torch.equal(own.labels, others.labels)


def test_labels_are_those_of_the_pictures(material: DataModule) -> None:
    with load_batches(material, keys(), 0) as stream:
        assert next(stream).labels.tolist() == [material.labels["train"][place] for place in permutation_of(0, 1, 18)[:5]]


def test_processes_end_when_they_are_not_needed_any_more(material: DataModule) -> None:
    with load_batches(material, keys(), 1) as stream:
        next(stream)
    assert torch.multiprocessing.active_children() == []


def test_each_epoch_has_another_order() -> None:
    assert sorted(permutation_of(0, 1, 50)) == list(range(50))
    assert permutation_of(0, 1, 50) == permutation_of(0, 1, 50)
    assert len({tuple(permutation_of(seed, epoch, 50)) for seed in (0, 1) for epoch in (1, 2)}) == 4


@given(st.integers(0, 40), st.integers(1, 7))
def test_everybody_together_has_the_batch(count: int, processes: int) -> None:
    batch = list(range(count))
    shares = [shard(batch, One(rank, processes)) for rank in range(processes)]
    assert [each for share in shares for each in share] == batch
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert shard_slice(count, One()) == slice(0, count)


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 5))
def test_a_list_is_cut_into_batches_from_any_on(count: int, size: int, first: int) -> None:
    whole = list(batches_of(range(count), size))
    assert [each for batch in whole for each in batch] == list(range(count))
    assert {len(batch) for batch in whole[:-1]} <= {size}
    assert list(batches_of(range(count), size, first)) == whole[first:]


def test_a_set_of_pictures_travels_without_them(material: DataModule, tmp_path: Path) -> None:
    import pickle

    assert len(pickle.dumps(material)) < 20_000
