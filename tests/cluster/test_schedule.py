"""The simulation of a schedule, against schedules worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedule import Piece, Plant, Report, Schedule


def simulated(plant: Plant, pieces: list[Piece], seed: int = 0) -> Report:
    return Schedule(plant, [replace(piece) for piece in pieces], seed).run()


def test_work_alone_is_dealt_to_whoever_is_free() -> None:
    # Two workers: 3 | 1 2 | 4 begins at 3.
    report = simulated(Plant(2, warm=10), [Piece(3), Piece(1), Piece(2), Piece(4)])
    assert report.ends == [11, 13, 13, 17]
    assert (report.seconds, report.worked, report.idle, report.lost) == (17, 10, 4, 0)


def test_the_store_is_shared_by_those_who_use_it() -> None:
    # Both fetch 100 bytes at 50 a second each, work, and bring theirs one after the other at 100 a second.
    plant = Plant(2, store=100, latency=0.5)
    report = simulated(plant, [Piece(1, 100, 100), Piece(5, 100, 100)])
    assert report.ends == pytest.approx([0.5 + 2 + 1 + 0.5 + 1, 0.5 + 2 + 5 + 0.5 + 1])
    assert report.transferring == pytest.approx(2 * 2.5 + 2 * 1.5)
    # One of unlike size: they share until the smaller is there.
    report = simulated(Plant(2, store=100), [Piece(0, 100), Piece(0, 300)])
    assert report.ends == pytest.approx([2, 4])
    # A line that is narrower than its share of the store.
    assert simulated(Plant(2, store=100, line=10), [Piece(0, 100), Piece(0, 300)]).ends == pytest.approx([10, 30])


def test_the_driver_answers_one_after_the_other() -> None:
    report = simulated(Plant(3, driver=1), [Piece(0.5)] * 3)
    assert report.ends == [1.5, 2.5, 3.5]
    assert report.asking == 1 + 2 + 3


def test_slow_workers_take_their_time() -> None:
    report = simulated(Plant(2, slow_share=0.5, slow_times=4), [Piece(1)] * 3)
    assert report.ends == [1, 2, 4]
    assert report.idle == 2


class Fails(Schedule):
    """The first worker is lost at a certain moment, and no other."""

    at = 2.5

    def _doom(self, worker: object) -> None:
        if not self._now:
            self._at(self.at, lambda: self._lose(worker) if not self.report.failures else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kept", "ends", "lost"), [(0.0, [4, 11], 2.5), (1.0, [4, 9], 0.5)])
def test_what_a_lost_worker_was_at_begins_again_where_it_was_kept(kept: float, ends: list[float], lost: float) -> None:
    # It is lost 2.5 s into 4; the other has work until 4; it comes back at 2.5 + 4 + 0.5 and takes up the rest.
    report = Fails(Plant(2, repair=4, warm=0), [Piece(4, kept_every=kept), Piece(4)]).run()
    assert report.failures == 1
    assert report.lost == lost
    # The other is free at 4, sooner than the first is back.
    assert report.ends == [4, 8 if not kept else 6]
    assert ends[0] == 4
    assert report.worked == pytest.approx(8)


def test_who_is_lost_before_it_was_ready_asks_once() -> None:
    class Early(Fails):
        at = 0.5

    # It would have asked at 1; lost at 0.5, it does so at 0.5 + 2 + 1, and has two pieces to do.
    report = Early(Plant(1, warm=1, repair=2), [Piece(4), Piece(4)]).run()
    assert (report.ends, report.failures) == ([7.5, 11.5], 1)


@settings(max_examples=15)
@given(
    st.lists(st.floats(0.1, 10), min_size=1, max_size=30),
    st.integers(1, 5),
    st.floats(20, 100),
    st.integers(0, 1000),
)
def test_all_is_done_once_and_time_adds_up(seconds: list[float], workers: int, between: float, seed: int) -> None:
    plant = Plant(workers, warm=1, driver=0.01, store=50, latency=0.1, between_failures=between, repair=3)
    report = simulated(plant, [Piece(each, 5, 5, kept_every=1.0) for each in seconds], seed)
    assert len(report.ends) == len(seconds)
    assert report.ends == sorted(report.ends)
    assert report.worked == pytest.approx(sum(seconds))
    # Nobody can do more than there is time for.
    spent = report.worked + report.lost + report.transferring + report.asking + report.idle
    assert spent <= workers * report.seconds + 1e-6
    assert report.seconds >= max(sum(seconds) / workers, *seconds) - 1e-9
    assert simulated(plant, [Piece(each, 5, 5, kept_every=1.0) for each in seconds], seed).ends == report.ends
