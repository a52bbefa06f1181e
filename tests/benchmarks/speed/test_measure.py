"""Who works when, and what becomes of the numbers."""

from __future__ import annotations

import pytest

from _speed.measure import Bench
from pincel.engine.events import SetupProgress
from pincel.errors import PincelError
from tests.benchmarks.speed.fakes import MIB, Fakes, settings


def test_everything_is_measured_and_every_process_ended() -> None:
    fakes, events = Fakes(), list[SetupProgress]()
    bench = Bench(settings(sizes=(64, 128)), events.append, fakes)
    bench.run()
    report = bench.report
    assert report.complete
    assert fakes.open == []
    assert report.steps
    # The slow first step is in no median.
    assert (report.steps.ours.time.median, report.steps.ratio) == (0.5, 4.0)
    assert report.steps.memory_ratio == 3.0
    assert report.arithmetic
    assert report.arithmetic.flops_per_step == 4 * 361152 * 64 * 64
    assert report.arithmetic.share == pytest.approx(4 * 361152 * 64 * 64 / 0.5 / 1e11)
    assert report.picture
    assert report.picture.peer
    assert report.picture.ours
    assert report.picture.peer.seconds == 40.0
    assert report.picture.peer.saving_costs == 2.0
    assert [tried.steps for tried in report.picture.ours.tried] == [2, 3, 4, 6, 8]
    assert (report.picture.ours.steps, report.picture.ours.as_good) == (8, True)
    assert report.picture.ours.whole.seconds == (5.0, 5.0)
    assert report.picture.ours.peak_memory == 500 * MIB
    assert report.picture.ratio == 8.0
    assert report.picture.ratio_with_start_up == 10.0
    assert report.growth_ratios == [
        {"pixels": 1.0, "seconds": 1.0, "memory": 1.0, "memory_a_pixel": 1.0},
        {
            "pixels": 4.0,
            "seconds": 4.0,
            "memory": 2.0,
            "memory_a_pixel": pytest.approx((200 / (4 * 64**2 - 32**2)) / (100 / (64**2 - 32**2))),
        },
    ]
    # Progress goes from nothing to all, part by part; only the search may end early.
    last = {event.what: event for event in events}
    assert all(event.done == event.total for what, event in last.items() if what != "our picture, step by step")


def test_steps_are_made_in_turn_and_the_peer_makes_no_step_too_many() -> None:
    fakes = Fakes()
    Bench(settings(), spawn=fakes).run()
    steps = [entry for entry in fakes.log if entry.endswith((" step", " measure", " save", " run"))]
    peer, ours = ["pastiche step"], ["pincel step"]
    assert steps[:20] == peer + ours + 2 * (4 * peer + 4 * ours + ["convolution measure"])
    assert steps[20 : steps.index("pastiche save")] == 11 * peer
    assert steps[steps.index("pastiche save") + 1 :] == 5 * ["shell run"] + 2 * (4 * peer + ["shell run"])


def test_a_fixed_number_of_steps_is_not_searched_for() -> None:
    bench = Bench(settings(steps=4), spawn=Fakes())
    bench.run()
    assert bench.report.picture
    assert bench.report.picture.ours
    assert bench.report.picture.ours.tried == ()
    # Its picture is not as good, so its time is worth nothing.
    assert bench.report.picture.ours.as_good is False
    assert bench.report.picture.ratio is None


def test_a_peer_that_is_never_reached() -> None:
    bench = Bench(settings(), spawn=Fakes(enough=10**6))
    bench.run()
    assert bench.report.picture
    assert bench.report.picture.ours
    assert (bench.report.picture.ours.steps, bench.report.picture.ours.as_good) == (200, False)


def test_few_steps_of_the_peer() -> None:
    fakes = Fakes()
    bench = Bench(settings(peer_steps=3), spawn=fakes)
    bench.run()
    assert fakes.log[: fakes.log.index("pastiche save")].count("pastiche step") == 3
    assert bench.report.picture
    assert bench.report.picture.peer
    assert bench.report.picture.peer.seconds == 6.0


def test_alone() -> None:
    fakes = Fakes()
    bench = Bench(settings(against="none", sizes=(64,)), spawn=fakes)
    bench.run()
    assert not any(entry.startswith(("pastiche", "judge")) for entry in fakes.log)
    assert bench.report.steps
    assert bench.report.steps.ratio is None
    assert bench.report.picture
    assert bench.report.picture.ours
    assert (bench.report.picture.ours.steps, bench.report.picture.ours.as_good) == (20, None)


def test_the_peer_is_not_asked_for_the_largest_sizes() -> None:
    bench = Bench(settings(sizes=(1024, 2048)), spawn=Fakes())
    bench.run()
    assert [found.peer is not None for found in bench.report.growth] == [True, False]


@pytest.mark.parametrize("entry", ["convolution measure", "pastiche save", "shell run"])
def test_what_was_measured_outlives_an_interruption(entry: str) -> None:
    fakes = Fakes(interrupted_at=entry)
    bench = Bench(settings(), spawn=fakes)
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert fakes.open == []
    assert not bench.report.complete
    assert (bench.report.steps is None) == (entry == "convolution measure")
    assert (bench.report.picture is not None) == entry.startswith("shell")


def test_a_process_that_dies_ends_all() -> None:
    fakes = Fakes(dies_at="judge judge")
    bench = Bench(settings(), spawn=fakes)
    with pytest.raises(PincelError, match="out of memory"):
        bench.run()
    assert fakes.open == []
