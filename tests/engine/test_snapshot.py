"""What a run knows goes through JSON and tensors unchanged, and a loop or a climb built from it goes on alike."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, ScaleStart, Step, Stopped
from pincel.engine.loop import Loop
from pincel.engine.multiscale import MultiScaleLoop, MultiScaleState, Scale, resample
from pincel.engine.snapshot import flatten, unflatten
from pincel.optim import OPTIMIZERS
from pincel.optim.adam import Adam
from pincel.optim.base import Optimizer, make_optimizer
from pincel.optim.gradient_descent import GradientDescent
from pincel.optim.lbfgs import LBFGS
from tests.engine.toys import Toy
from tests.tensors import normal

CPU = torch.device("cpu")


def there_and_back(value: Any) -> Any:
    document, tensors = flatten(value)
    # As a file does: text, and tensors at other places.
    return unflatten(json.loads(json.dumps(document, allow_nan=False)), {name: flat.clone() for name, flat in tensors.items()}, CPU)


def assert_same(found: Any, expected: Any) -> None:
    """Compare to the last bit, the order of tensors in memory included."""
    assert type(found) is type(expected)
    if isinstance(expected, Tensor):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert found.contiguous().view(-1).view(torch.uint8).tolist() == expected.contiguous().view(-1).view(torch.uint8).tolist()
    elif is_dataclass(expected):
        for field in fields(expected):
            assert_same(getattr(found, field.name), getattr(expected, field.name))
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    else:
        assert found == expected or (found != found and expected != expected)  # noqa: PLR0124 - nan is not itself


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=20)
TENSORS = st.builds(
    lambda shape, seed, dtype: (100 * normal(*shape, seed=seed)).to(dtype),
    st.lists(st.integers(1, 4), max_size=4),
    st.integers(0, 5),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool]),
)
VALUES = st.recursive(
    SCALARS | TENSORS,
    lambda part: st.lists(part, max_size=3) | st.lists(part, max_size=3).map(tuple) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_comes_back_as_it_was(value: Any) -> None:
    assert_same(there_and_back(value), value)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_tensors_keep_their_order_in_memory(order: tuple[int, ...]) -> None:
    tensor = normal(2, 3, 4, 5).permute(order)
    found = there_and_back(tensor)
    assert found.stride() == tensor.stride()
    assert torch.equal(found, tensor)


def test_a_tensor_that_is_no_block_of_memory_comes_back() -> None:
    for tensor in (torch.ones(1).expand(3, 4), normal(6, 6)[::2, 1:5]):
        assert torch.equal(there_and_back(tensor), tensor)


def test_a_tensor_that_occurs_twice_is_there_once_whatever_its_shape() -> None:
    tensor = normal(1, 3, 4, 5)
    document, tensors = flatten([tensor, tensor.reshape(-1), {"again": tensor.detach()}, tensor.clone()])
    assert len(tensors) == 2
    first, flat, _, other = unflatten(document, tensors, CPU)
    assert first.data_ptr() == flat.data_ptr() != other.data_ptr()


@pytest.mark.parametrize("value", [Path(), {1: 2}, print, {"a": {3.5}}, range(3)], ids=str)
def test_nothing_else_is_written(value: object) -> None:
    with pytest.raises(TypeError, match="A snapshot holds no"):
        flatten(value)


@pytest.mark.parametrize(
    "node",
    [
        {"print": ["a"]},
        {"os.system": ["a"]},
        {"Pair": {"step": 1}},
        {"Pair": {"step": 1, "change": 2, "inverse": 3, "more": 4}},
        {"tensor": ["7", [1], [0]]},
        {"tensor": ["0", [5], [0]]},
        {"float": "many"},
        {"tuple": [], "dict": {}},
        {},
    ],
    ids=str,
)
def test_a_file_can_name_nothing_but_known_classes(node: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong, it is one class
        unflatten(node, {"0": torch.zeros(3)}, CPU)


# --- loops ------------------------------------------------------------------------------------------------------------------------------


def hand(name: str) -> Optimizer[Any]:
    """Return optimizers, some with steps so long that they are taken back."""
    hands: dict[str, Optimizer[Any]] = {
        "lbfgs": LBFGS(0.7, history=3),
        "adam": Adam(0.8),
        "gradient-descent": GradientDescent(0.3, momentum=0.5),
        "bounded": LBFGS(0.7),
        "wild": GradientDescent(40.0),
        "resting": GradientDescent(2e-4),
    }
    return hands[name]


HANDS = ["lbfgs", "adam", "gradient-descent", "bounded", "wild", "resting"]
LADDER = [Scale(0.25, (2, 3), 4), Scale(0.5, (4, 6), 14, tolerance=0.05), Scale(1.0, (8, 12), 3)]


def told(events: Sequence[Event]) -> list[Any]:
    """Return all that does not depend on the clock."""
    return [(e.scale, e.step, e.total, dict(e.terms)) if isinstance(e, Step) else e for e in events]


def start(size: tuple[int, int]) -> Tensor:
    return 1 + normal(1, 3, *size, dtype=torch.float32)


def climb(name: str, place: MultiScaleState | None = None) -> MultiScaleLoop:
    """Return a climb over a bowl that is steeper in some directions."""

    def problem(scale: Scale, _start: Tensor) -> Evaluator:
        steep = torch.linspace(0.5, 2, scale.size[1])
        toy = Toy(lambda _, total, slope: (total + (steep * slope.square()).sum(), slope + 2 * steep * slope))
        if name == "bounded":
            toy.project = lambda x: x.clamp(0, 2.5)
        return cast("Evaluator", toy)

    return MultiScaleLoop(LADDER, problem, lambda *_: hand(name), place or start(LADDER[0].size), lambda x, scale: resample(x, scale.size))


def snapshots(run: MultiScaleLoop) -> tuple[list[Event], list[MultiScaleState]]:
    """Return the events of a run and where it was at each."""
    events, places = [], []
    for event in run:
        events.append(event)
        if isinstance(event, Step | Notice):
            places.append(run.state)
    return events, places


@pytest.mark.parametrize("name", HANDS)
def test_from_every_step_a_climb_goes_on_alike(name: str) -> None:
    whole = climb(name)
    events, places = snapshots(whole)
    of_loops = [event for event in events if isinstance(event, Step | Notice)]
    assert len(places) > 8
    for number, place in enumerate(places):
        again = climb(name, there_and_back(place))
        assert again.size == LADDER[place.index].size
        rest = list(again)
        # The scale is told again, then the event at which the snapshot was taken, then all that followed.
        assert rest[0] == ScaleStart(place.index + 1, 3, again.scales[place.index].size, LADDER[place.index].steps)
        since = next(index for index, event in enumerate(events) if event is of_loops[number])
        assert told(rest[1:]) == told(events[since:])
        assert rest[-1] == events[-1]
        assert_same(again.picture, whole.picture)
        assert [c.stopped for c in again.results] == [c.stopped for c in whole.results]
        assert [c.scale for c in again.results] == [c.scale for c in whole.results]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_has_a_state_that_can_be_written(name: str) -> None:
    optimizer = make_optimizer(name, 0.1, {})
    loop = Loop(cast("Evaluator", Toy()), optimizer, start((4, 5)), 6)
    list(loop)
    for state in (optimizer.init(start((4, 5))), loop.state.optimizer):
        assert_same(there_and_back(state), state)


def test_wild_steps_are_among_those_gone_on_from_and_scales_that_settled() -> None:
    assert any(isinstance(event, Notice) for event in climb("wild"))
    resting = climb("resting")
    list(resting)
    assert [result.stopped.reason for result in resting.results] == ["steps", "settled", "steps"]


def test_a_climb_that_was_stopped_goes_on_as_if_it_had_not_been() -> None:
    whole = climb("lbfgs")
    expected = told(list(whole))
    for scale, step in [(LADDER[0].size, 2), (LADDER[0].size, 4), (LADDER[2].size, 0)]:
        cut = climb("lbfgs")
        for event in cut:
            if isinstance(event, Step) and (event.scale, event.step) == (scale, step):
                cut.stop("interrupted")
        assert cut.results[-1].stopped.reason == "interrupted"
        again = climb("lbfgs", there_and_back(cut.state))
        rest = told(list(again))[1:]
        assert rest == expected[-len(rest) :]
        assert_same(again.picture, whole.picture)
        assert [c.stopped for c in again.results] == [c.stopped for c in whole.results]


def test_patience_goes_on_where_it_was() -> None:
    def hopeless() -> Evaluator:
        # Only the start is finite.
        return cast("Evaluator", Toy(lambda _, total, slope: (total if float(slope.sum()) == 24 else total * math.nan, slope)))

    loop = Loop(hopeless(), GradientDescent(0.5), torch.full((1, 3, 2, 4), 2.0), 100)
    events = []
    for event in loop:
        events.append(event)
        if len(events) == 8:
            place = there_and_back(loop.state)
    rest = list(Loop(hopeless(), GradientDescent(0.5), place, 100))
    assert told(rest) == told(events[7:])
    assert rest[-1] == Stopped("diverged", 20, 0)


def test_the_time_before_counts() -> None:
    _, places = snapshots(climb("adam"))
    place = places[2]
    earlier = MultiScaleState(place.index, place.results, place.picture, place.loop, seconds=1000.0, scale_seconds=400.0)
    again = climb("adam", earlier)
    steps = [event for event in again if isinstance(event, Step)]
    assert 1000 <= steps[0].seconds <= steps[-1].seconds < 1060
    assert 400 <= again.results[0].seconds < 460
    assert again.results[1].seconds < 60


def test_before_the_first_step_there_is_nothing_to_go_on_from() -> None:
    with pytest.raises(ValueError, match="has not begun"):
        _ = climb("adam").state
    _, places = snapshots(climb("adam"))
    assert climb("adam", places[3]).state is places[3]


def test_infinity_is_a_first_total_like_any_other() -> None:
    hand = GradientDescent(0.5)
    loop = Loop(cast("Evaluator", Toy()), hand, start((2, 3)), 3)
    assert there_and_back(loop.state).first == math.inf
    *_, end = Loop(cast("Evaluator", Toy()), hand, there_and_back(loop.state), 3)
    assert end == Stopped("steps", 3, 3)
