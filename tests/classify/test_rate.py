"""The learning rate: divided when the validation error has stalled, three times."""

from __future__ import annotations

from typing import Any

import pytest

from pincel.classify.rate import PlateauState


def run(errors: list[float], **rule: Any) -> list[PlateauState]:
    rates = [PlateauState(0.01)]
    for error in errors:
        rates.append(rates[-1].after(error, **rule))
    return rates[1:]


def test_it_falls_after_so_many_epochs_without_a_better_error() -> None:
    rates = run([0.9, 0.8, 0.8, 0.85, 0.7, 0.7, 0.7, 0.6], patience=2)
    assert [rate.rate for rate in rates] == pytest.approx([0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 1e-4, 1e-4])
    assert rates[-1].best == 0.6


def test_the_same_error_is_no_better_one() -> None:
    assert run([0.5, 0.5], patience=1)[-1].rate == pytest.approx(0.001)


def test_a_new_rate_has_all_its_epochs() -> None:
    rates = run([0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6], patience=3, factor=2.0)
    assert [rate.rate for rate in rates] == [0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025]


def test_after_the_third_it_ends() -> None:
    rates = run([0.5] * 5, patience=1)
    assert [rate.drops for rate in rates] == [0, 1, 2, 3, 3]
    assert [rate.settled for rate in rates] == [False, False, False, False, True]
    assert rates[-1].rate == pytest.approx(1e-5)


def test_without_drops_it_ends_at_the_first_stall() -> None:
    assert [rate.settled for rate in run([0.5, 0.5, 0.5], patience=2, drops=0)] == [False, False, True]
