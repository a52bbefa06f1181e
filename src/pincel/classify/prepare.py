"""Preparation of a data set: each image is decoded once, damaged ones are left out, and the mean image is computed."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from torch import Tensor

from pincel.classify.augment import make_transform
from pincel.classify.data import without
from pincel.classify.index import DatasetSplits
from pincel.classify.loader import DataModule
from pincel.classify.schema import TrainingRecipe
from pincel.classify.squares import DecodedSquares, ScanResult, SquareImages, memory_of, scan
from pincel.classify.statistics import Statistics, compute_statistics, read_statistics, write_statistics
from pincel.engine.events import Notice, SetupProgress
from pincel.training.trainer import ReplicaGroup

# part → index → error of a damaged image.
Damaged: TypeAlias = dict[str, dict[int, str]]


@dataclass(frozen=True)
class PreparedData:
    """A data set that can be trained on.

    Attributes:
        splits: The set, without damaged images.
        data: Its square images.
        statistics: Of the training set.
        left_out: Name → error of each damaged image.
        kept: Whether the squares are kept in memory.
    """

    splits: DatasetSplits
    data: DataModule
    statistics: Statistics
    left_out: Mapping[str, str]
    kept: bool


@dataclass(frozen=True)
class PrepareOptions:
    """Resources for the preparation.

    Attributes:
        group: The processes that train together.
        memory: Bytes that squares may take.
        threads: That decode.
        cache: File of the statistics; process 0 writes it.
    """

    group: ReplicaGroup
    memory: int
    threads: int
    cache: Path


def prepare(
    splits: DatasetSplits, recipe: TrainingRecipe, options: PrepareOptions
) -> Generator[Notice | SetupProgress, None, PreparedData]:
    """Decode every image of a data set, or read the statistics of the last time.

    Raises:
        PictureError: If no image of a class can be read.
    """
    keep = _all_agree(memory_of({part: len(images) for part, images in splits.parts.items()}, recipe.side) <= options.memory, options.group)
    key = {"data": splits.sha256, "side": recipe.side}
    cached = None if keep else _cached(key, options)
    squares: dict[str, Tensor] = {}
    if cached is not None:
        statistics, damaged = cached
        whole = without(splits, damaged) if damaged else splits
    else:
        scans = yield from _scan_parts(splits, recipe.side, options, keep=keep)
        damaged = {part: result.damaged for part, result in scans.items() if result.damaged}
        squares = {part: result.kept for part, result in scans.items() if result.kept is not None}
        whole = without(splits, damaged) if damaged else splits
        statistics = compute_statistics(scans["train"].sums)
        if options.group.rank == 0:
            write_statistics(options.cache, statistics, {**key, "damaged": damaged})
    left_out = {splits.parts[part].names[index]: reason for part, reasons in damaged.items() for index, reason in reasons.items()}
    if left_out:
        yield Notice(_left_out_note(left_out))
    parts = {part: _squares(whole, part, squares.get(part), damaged.get(part, {}), recipe.side) for part in whole.parts}
    labels = {part: images.labels for part, images in whole.parts.items()}
    return PreparedData(whole, DataModule(parts, labels, make_transform(recipe, statistics)), statistics, left_out, keep)


def _all_agree(flag: bool, group: ReplicaGroup) -> bool:
    """Return whether something is true in all processes."""
    return all(json.loads(text) for text in group.all_gather(json.dumps(flag)))


def _scan_parts(
    splits: DatasetSplits, side: int, options: PrepareOptions, *, keep: bool
) -> Generator[SetupProgress, None, dict[str, ScanResult]]:
    """Scan all parts; if nothing is kept, each process scans its share."""
    results = {}
    for part, images in splits.parts.items():
        indices = range(len(images)) if keep else range(options.group.rank, len(images), options.group.processes)
        what = f"decoding {part}" if keep else f"looking through {part}"
        result = yield from scan(images, side, what, keep=keep, indices=indices, threads=options.threads)
        results[part] = result if keep else _all_reduce(result, options.group)
    return results


def _all_reduce(result: ScanResult, group: ReplicaGroup) -> ScanResult:
    """Return the statistics of all processes together."""
    sums = result.sums
    sums.count, sums.pixels, sums.products = (group.all_reduce(each) for each in (sums.count, sums.pixels, sums.products))
    damaged = [json.loads(text) for text in group.all_gather(json.dumps(result.damaged))]
    return ScanResult(sums, dict(sorted((int(index), reason) for each in damaged for index, reason in each.items())))


def _cached(key: Mapping[str, object], options: PrepareOptions) -> tuple[Statistics, Damaged] | None:
    """Return statistics and damaged images of the last time, if all processes can read them and they are of this set."""
    read = read_statistics(options.cache)
    same = read is not None and {name: read[1].get(name) for name in key} == key
    if not _all_agree(same, options.group) or read is None:
        return None
    return read[0], {part: {int(index): reason for index, reason in reasons.items()} for part, reasons in read[1]["damaged"].items()}


def _squares(whole: DatasetSplits, part: str, kept: Tensor | None, damaged: Mapping[int, str], side: int) -> SquareImages:
    if kept is None:
        return DecodedSquares(whole.parts[part], side)
    return kept[[index for index in range(len(kept)) if index not in damaged]] if damaged else kept


def _left_out_note(left_out: Mapping[str, str]) -> str:
    """Return a note with the names of the damaged images, or some of many."""
    named = "; ".join(f"{name} ({reason.partition(' · ')[0].removeprefix('data: ')})" for name, reason in list(left_out.items())[:3])
    more = f"; and {len(left_out) - 3} more, see the record" if len(left_out) > 3 else ""
    return f"{len(left_out)} picture{'s' * (len(left_out) > 1)} cannot be read and will be left out: {named}{more}."
