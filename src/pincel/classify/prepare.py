"""Before the first step: every picture is looked at once. Damaged ones are left out, the mean picture is made, and what fits is kept."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from pincel.classify.augment import eyepiece_of
from pincel.classify.data import without
from pincel.classify.listing import Found
from pincel.classify.loader import Material
from pincel.classify.schema import TrainingRecipe
from pincel.classify.squares import Decoded, Squares, Survey, bytes_of, surveyed
from pincel.classify.statistics import Statistics, read_statistics, statistics_of, write_statistics
from pincel.engine.events import Notice, SetupProgress
from pincel.training.trainer import ReplicaGroup

Told = Generator[Notice | SetupProgress, None, "Prepared"]
# part → place → what is wrong with the picture there.
Damaged = dict[str, dict[int, str]]


@dataclass(frozen=True)
class Prepared:
    """A data set that can be learned from.

    Attributes:
        found: The set, without damaged pictures.
        material: Its squares.
        statistics: Of the training set.
        left_out: Name → what is wrong with a damaged picture.
        kept: Whether the squares are kept in memory.
    """

    found: Found
    material: Material
    statistics: Statistics
    left_out: Mapping[str, str]
    kept: bool


@dataclass(frozen=True)
class PrepareOptions:
    """What there is to prepare with.

    Attributes:
        group: The processes that train together.
        memory: Bytes that squares may take.
        threads: That decode.
        cache: Where the statistics are kept; this process may write there if its rank is 0.
    """

    group: ReplicaGroup
    memory: int
    threads: int
    cache: Path


def prepared(found: Found, recipe: TrainingRecipe, means: PrepareOptions) -> Told:
    """Look at every picture of a data set, or read what was found the last time.

    Raises:
        PictureError: If a class has no picture left that can be read.
    """
    fits = bytes_of({part: len(pictures) for part, pictures in found.parts.items()}, recipe.side) <= means.memory
    # Who has more room does as the others do.
    keep = all(json.loads(answer) for answer in means.group.all_gather(json.dumps(fits)))
    about = {"data": found.sha256, "side": recipe.side}
    known = None if keep else _known(about, means)
    if known is not None:
        statistics, damaged = known
        squares: dict[str, Tensor] = {}
    else:
        surveys = yield from _surveys(found, recipe.side, means, keep=keep)
        damaged = {part: survey.damaged for part, survey in surveys.items() if survey.damaged}
        squares = {part: survey.kept for part, survey in surveys.items() if survey.kept is not None}
    whole = without(found, damaged) if damaged else found
    if known is None:
        statistics = statistics_of(surveys["train"].sums)
        if means.group.rank == 0:
            write_statistics(means.cache, statistics, {**about, "damaged": damaged})
    left_out = {found.parts[part].names[place]: reason for part, reasons in damaged.items() for place, reason in reasons.items()}
    if left_out:
        yield Notice(_said(left_out))
    seen = {part: _squares(whole, part, squares.get(part), damaged.get(part, {}), recipe.side) for part in whole.parts}
    labels = {part: pictures.labels for part, pictures in whole.parts.items()}
    return Prepared(whole, Material(seen, labels, eyepiece_of(recipe, statistics)), statistics, left_out, keep)


def _surveys(found: Found, side: int, means: PrepareOptions, *, keep: bool) -> Generator[SetupProgress, None, dict[str, Survey]]:
    """Look at all parts; what is not kept is shared out."""
    surveys = {}
    for part, pictures in found.parts.items():
        places = range(len(pictures)) if keep else range(means.group.rank, len(pictures), means.group.processes)
        what = f"decoding {part}" if keep else f"looking through {part}"
        for event in surveyed(pictures, side, what, keep=keep, places=places, threads=means.threads):
            if isinstance(event, SetupProgress):
                yield event
            else:
                surveys[part] = event if keep else _together(event, means.group)
    return surveys


def _together(survey: Survey, group: ReplicaGroup) -> Survey:
    """Return what everybody has found."""
    sums = survey.sums
    sums.count, sums.pixels, sums.products = (group.all_reduce(each) for each in (sums.count, sums.pixels, sums.products))
    damaged = [json.loads(answer) for answer in group.all_gather(json.dumps(survey.damaged))]
    everything = {int(place): reason for each in damaged for place, reason in each.items()}
    return Survey(sums, dict(sorted(everything.items())))


def _known(about: Mapping[str, object], means: PrepareOptions) -> tuple[Statistics, Damaged] | None:
    """Return what was found the last time, if everybody can read it and it is of this set."""
    read = read_statistics(means.cache)
    same = read is not None and {name: read[1].get(name) for name in about} == about
    everybody = all(json.loads(answer) for answer in means.group.all_gather(json.dumps(same)))
    if read is None or not everybody:
        return None
    damaged = {part: {int(place): reason for place, reason in reasons.items()} for part, reasons in read[1]["damaged"].items()}
    return read[0], damaged


def _squares(whole: Found, part: str, kept: Tensor | None, damaged: Mapping[int, str], side: int) -> Squares:
    if kept is None:
        return Decoded(whole.parts[part], side)
    return kept[[place for place in range(len(kept)) if place not in damaged]] if damaged else kept


def _said(left_out: Mapping[str, str]) -> str:
    """Name the damaged pictures, or some of many."""
    named = "; ".join(f"{name} ({reason.partition(' · ')[0].removeprefix('data: ')})" for name, reason in list(left_out.items())[:3])
    more = f"; and {len(left_out) - 3} more, see the record" if len(left_out) > 3 else ""
    return f"{len(left_out)} picture{'s' * (len(left_out) > 1)} cannot be read and will be left out: {named}{more}."
