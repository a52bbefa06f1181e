"""Who wins is counted right, with the intervals of the textbooks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from _judge import MEASURES
from _pairs import Pair
from _ranking import bradley_terry, by_choices, by_measure, ranking, wilson
from _results import Results, Row, picture_id
from pincel.errors import OptionError


def row(pair: str, system: str, value: float = 1.0, **values: float) -> Row:
    return Row(pair, system, "who", "what", None, 3.0, "x.png", {**{m.name: value for m in MEASURES}, **values})


def results(folder: Path, *rows: Row) -> Results:
    pairs = {each.pair: Pair(each.pair, Path("c"), Path("s")) for each in rows}
    return Results(folder, 48, None, "vgg19", "cpu", pairs, {}, list(rows))


def choices(path: Path, *made: tuple[Row, Row, Row | None]) -> Path:
    listed = [{"left": picture_id(a), "right": picture_id(b), "chosen": None if c is None else picture_id(c)} for a, b, c in made]
    path.write_text(json.dumps({"choices": listed}))
    return path


@pytest.mark.parametrize(
    # Of Newcombe 1998, table I, method 3; and of none and all.
    ("wins", "count", "interval"),
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0, 0.1611)), (1, 29, (0.0061, 0.1718)), (0, 0, (0, 1))],
)
def test_intervals_are_those_of_wilson(wins: float, count: int, interval: tuple[float, float]) -> None:
    assert wilson(wins, count) == pytest.approx(interval, abs=5e-5)


def test_an_interval_of_all_wins_ends_at_one() -> None:
    low, high = wilson(6, 6)
    assert (round(low, 3), high) == (0.61, 1)


def test_strengths_of_two_are_the_odds_of_one_over_the_other() -> None:
    # With half a win more for either, 30 to 10.
    (first, (points, half)), (second, (less, _)) = bradley_terry({("x", "y"): [1.0] * 29 + [0.0] * 9 + [0.5]}).items()
    assert (first, second) == ("x", "y")
    assert points - less == pytest.approx(400 * math.log10(3), rel=1e-4)
    # The variance of the log-odds is 1/30 + 1/10; each is half of the difference above or below the mean.
    assert half == pytest.approx(1.959964 * 400 / math.log(10) * math.sqrt(1 / 30 + 1 / 10) / 2, rel=1e-3)


def test_strengths_add_up_and_a_circle_has_none() -> None:
    chain = bradley_terry({("a", "b"): [1.0] * 75 + [0.0] * 25, ("b", "c"): [1.0] * 75 + [0.0] * 25})
    assert list(chain) == ["a", "b", "c"]
    assert chain["a"][0] - chain["c"][0] == pytest.approx(2 * (chain["a"][0] - chain["b"][0]), rel=1e-4)
    circle = bradley_terry({("a", "b"): [1.0] * 9, ("b", "c"): [1.0] * 9, ("a", "c"): [0.0] * 9})
    assert [points for points, _ in circle.values()] == pytest.approx([0, 0, 0], abs=1e-3)


def test_one_that_never_loses_has_a_strength_all_the_same() -> None:
    (points, half), _ = bradley_terry({("x", "y"): [1.0] * 6}).values()
    assert 0 < points < half < 1000


def test_choices_are_counted_for_who_painted_them(tmp_path: Path) -> None:
    a, b, c, d = row("p", "x"), row("p", "y"), row("q", "x"), row("q", "y")
    path = choices(tmp_path / "choices.json", (a, b, a), (d, c, c), (c, d, d), (b, a, None), (row("gone", "x"), b, b))
    assert by_choices(results(tmp_path, a, b, c, d), [path]) == ({("x", "y"): [1, 1, 0, 0.5]}, 1)


@pytest.mark.parametrize("text", ["", "[]", '{"choices": [{"left": "a"}]}', '{"choices": [{"left": "a", "right": "b", "chosen": "c"}]}'])
def test_a_file_without_choices_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "choices.json").write_text(text)
    with pytest.raises(OptionError, match=r"choices: .*Download"):
        by_choices(results(tmp_path), [tmp_path / "choices.json"])


def test_the_lesser_fault_wins(tmp_path: Path) -> None:
    # The second system is the first to be finished on the second pair.
    found = results(tmp_path, row("p", "x", 1), row("p", "y", 2), row("q", "y", 1), row("q", "x", 1), row("r", "x"))
    assert by_measure(found, "gram", abs) == {("x", "y"): [1, 0.5]}


def test_win_rates_are_told_with_and_without_choices(tmp_path: Path) -> None:
    a, b = row("p", "x", 1, grain=2.0), row("p", "y", 2, grain=0.5)
    found = results(tmp_path, a, b)
    without = ranking(found, [])
    assert "Bradley" not in without
    (line,) = (line for line in without.splitlines() if line.startswith("| x over y"))
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    # The content of the first is nearer, its grain is more.
    assert cells[0] == "1/1 (21-100)"
    assert cells[[m.name for m in MEASURES].index("grain")] == "0/1 (0-79)"
    with_choices = ranking(found, [choices(tmp_path / "choices.json", (a, b, b), (row("gone", "x"), b, b))])
    assert "1 choices are left out" in with_choices
    assert "| x over y | 0/1 | 0 (0-79) |" in " ".join(with_choices.split())
    assert with_choices.index("| y") < with_choices.index("| x      |")
