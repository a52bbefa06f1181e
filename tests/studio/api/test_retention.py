"""Which runs are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pincel.studio.commands import RunSpec
from pincel.studio.limits import Limits
from pincel.studio.models import RunView
from pincel.studio.records import Record, now
from pincel.studio.run_store import expired


def run(state: str, n: int = 0) -> Record:
    view = RunView(id=f"20260131-142501-{n:04x}", kind="transfer", state="done", created=now(), title="x").model_copy(
        update={"state": state}
    )
    return Record(view=view, order=RunSpec(verb=["transfer"], arguments=[], output="o.png"))


def gone(states: str, sizes: list[int], runs: int, kept: int) -> list[int]:
    """Return which of runs go, newest first: ``d``one, ``q``ueued, ``r``unning."""
    names = {"d": "done", "q": "queued", "r": "running"}
    records = [run(names[state], n) for n, state in enumerate(states)]
    lost = expired(records, Limits(runs=runs, kept=kept), lambda record: sizes[records.index(record)])
    return [records.index(record) for record in lost]


def test_the_newest_stay() -> None:
    assert gone("ddddd", [1] * 5, 3, 100) == [3, 4]
    assert gone("ddddd", [1] * 5, 9, 100) == []


def test_so_many_bytes_stay() -> None:
    assert gone("dddd", [5, 5, 5, 5], 9, 10) == [2, 3]
    # A smaller one that is older may stay: there is room for it.
    assert gone("dddd", [5, 9, 5, 1], 9, 10) == [1, 3]
    # One that is larger than all the room is the newest, and what somebody just waited for.
    assert gone("dd", [50, 1], 9, 10) == [1]


def test_those_that_wait_stay_and_count() -> None:
    assert gone("qrdd", [1] * 4, 2, 100) == [2, 3]
    assert gone("ddqr", [9, 1, 9, 9], 9, 10) == []


@given(st.lists(st.tuples(st.sampled_from("dqr"), st.integers(0, 20)), max_size=30), st.integers(1, 10), st.integers(1, 60))
def test_what_stays_is_within_bounds(given_: list[tuple[str, int]], runs: int, kept: int) -> None:
    states, sizes = "".join(state for state, _ in given_), [size for _, size in given_]
    lost = gone(states, sizes, runs, kept)
    assert all(states[n] == "d" for n in lost)
    stay = [n for n in range(len(states)) if n not in lost]
    ended = [n for n in stay if states[n] == "d"]
    assert len(ended) <= runs
    assert len(ended) <= 1 or sum(sizes[n] for n in stay[: stay.index(ended[-1]) + 1]) <= kept or stay[0] == ended[-1]
