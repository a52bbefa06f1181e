"""Who wins: by the choices of people, and by each measure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from _judge import MEASURES
from _measures import Array
from _results import Results, Row, picture_id
from _tables import grid
from pincel.errors import OptionError
from pincel.files import one_line, quoted

Duels: TypeAlias = dict[tuple[str, str], list[float]]
"""(system, system) → of every comparison of the two, 1 if the first has won, 0 if the second, ½ for a tie."""

NORMAL = 1.959964
"""Of a normal distribution, 95 % is within so many standard deviations."""
PRIOR = 0.5
"""Wins given to either of two systems that have met, or one that never loses would be infinitely strong."""
POINTS = 400 / math.log(10)
"""Of a difference of log-odds: 100 points more are chosen in 64 of 100, 400 in 10 of 11, as in chess."""


def wilson(wins: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate of which ``wins`` of ``count`` were seen; of none at all, (0, 1).

    Paper:
        Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not count:
        return 0.0, 1.0
    rate, spread = wins / count, NORMAL**2 / count
    middle = (rate + spread / 2) / (1 + spread)
    half = NORMAL / (1 + spread) * math.sqrt(rate * (1 - rate) / count + spread / count / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def bradley_terry(duels: Duels) -> dict[str, tuple[float, float]]:
    """Fit a strength to each system, so that the odds that one is chosen over another are the exponential of their difference.

    Args:
        duels: All comparisons; a tie is half a win for either.

    Returns:
        system → points above the mean of all and the half of their 95 % interval, from the curvature of the likelihood; strongest first.

    Paper:
        Bradley, Terry 1952, "Rank Analysis of Incomplete Block Designs: I. The Method of Paired Comparisons".
    """
    names = list(dict.fromkeys(name for two in duels for name in two))
    wins = np.zeros((len(names), len(names)))
    for (one, other), scores in duels.items():
        here, there = names.index(one), names.index(other)
        wins[here, there] += sum(scores) + PRIOR
        wins[there, here] += len(scores) - sum(scores) + PRIOR
    met = wins + wins.T

    def rates(strengths: Array) -> Array:
        seen: Array = expit(strengths[:, None] - strengths[None, :])
        return seen

    def surprise(strengths: Array) -> tuple[float, Array]:
        seen = rates(strengths)
        return -float((wins * np.log(seen)).sum()), (met * seen - wins).sum(1)

    found = minimize(surprise, np.zeros(len(names)), jac=True, method="BFGS").x
    weights = met * rates(found) * rates(found).T
    spread = np.sqrt(np.diag(np.linalg.pinv(np.diag(weights.sum(1)) - weights)))
    points = {name: (POINTS * (s - found.mean()), POINTS * NORMAL * w) for name, s, w in zip(names, found, spread, strict=True)}
    return dict(sorted(points.items(), key=lambda item: -item[1][0]))


def by_choices(results: Results, files: Iterable[Path]) -> tuple[Duels, int]:
    """Return the comparisons in files of ``choice.html``, and how many are of pictures that have been painted again since.

    Raises:
        OptionError: If a file is none of these.
    """
    rows = {picture_id(row): row for row in results.rows}
    duels: Duels = {}
    gone = 0
    for path in files:
        for left, right, chosen in _read_choices(path):
            if left in rows and right in rows:
                _add(duels, results, (rows[left], rows[right]), 0.5 if chosen is None else float(chosen == left))
            else:
                gone += 1
    return duels, gone


def _read_choices(path: Path) -> list[tuple[str, str, str | None]]:
    """Return (left, right, chosen or None) of each comparison."""
    try:
        read = [(str(each["left"]), str(each["right"]), each["chosen"]) for each in json.loads(path.read_text(encoding="utf-8"))["choices"]]
        if any(chosen not in (left, right, None) for left, right, chosen in read):
            raise ValueError("chosen is neither")
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "Download on choice.html"
        raise OptionError(one_line("choices: the file cannot be used", quoted(path), "a choices.json of choice.html", hint)) from error
    return read


def by_measure(results: Results, measure: str, fault: Callable[[float], float]) -> Duels:
    """Return all two pictures of a pair compared by one measure: the one with the lesser fault wins."""
    duels: Duels = {}
    for pair in results.pairs:
        for one, other in combinations(results.of_pair(pair).values(), 2):
            mine, theirs = (fault(row.values[measure]) for row in (one, other))
            _add(duels, results, (one, other), (1 + (mine < theirs) - (mine > theirs)) / 2)
    return duels


def _add(duels: Duels, results: Results, rows: tuple[Row, Row], score: float) -> None:
    """Add a comparison, the system first that came first."""
    one, other = (row.system for row in rows)
    if results.systems.index(one) > results.systems.index(other):
        one, other, score = other, one, 1 - score
    duels.setdefault((one, other), []).append(score)


def ranking(results: Results, files: Sequence[Path]) -> str:
    """Return win rates and strengths by the choices, if there are any, and win rates by each measure, as Markdown."""
    blocks = []
    duels, gone = by_choices(results, files)
    if gone:
        blocks.append(f"{gone} choices are left out: their pictures have been painted again since.")
    if duels:
        blocks.append("### By choices\n\n" + grid(("first over second", "wins", "% (95 %)"), _choice_rows(duels)))
        strengths = [[name, f"{points:+.0f}", f"± {half:.0f}"] for name, (points, half) in bradley_terry(duels).items()]
        blocks.append("### Strength (Bradley-Terry), in points above the mean\n\n" + grid(("system", "points", "95 %"), strengths))
    measured = {measure.head: by_measure(results, measure.name, measure.fault) for measure in MEASURES}
    heads = ("first over second", *measured)
    blocks.append("### By each measure: wins of the first, and the 95 % interval of their rate\n\n" + grid(heads, _measure_rows(measured)))
    return "\n\n".join(blocks) + "\n"


def _choice_rows(duels: Duels) -> list[list[str]]:
    return [
        [f"{one} over {other}", _wins(scores), f"{100 * sum(scores) / len(scores):.0f} ({_interval(scores)})"]
        for (one, other), scores in duels.items()
    ]


def _measure_rows(measured: Mapping[str, Duels]) -> list[list[str]]:
    pairs = next(iter(measured.values()))
    cells = [[f"{_wins(duels[two])} ({_interval(duels[two])})" for duels in measured.values()] for two in pairs]
    return [[f"{one} over {other}", *row] for (one, other), row in zip(pairs, cells, strict=True)]


def _wins(scores: Sequence[float]) -> str:
    return f"{sum(scores):g}/{len(scores)}"


def _interval(scores: Sequence[float]) -> str:
    low, high = wilson(sum(scores), len(scores))
    return f"{100 * low:.0f}-{100 * high:.0f}"
