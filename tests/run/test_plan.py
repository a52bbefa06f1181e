"""A run is cut so that it fits into the memory there is, with as little more work as can be, and nothing is loaded to know that."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pincel.backbones import BACKBONES
from pincel.backbones.vgg import load_vgg
from pincel.engine.estimate import CostModel
from pincel.engine.layout import WHOLE, Part, parse_layout
from pincel.engine.precision import Precision
from pincel.errors import OptionError
from pincel.images.picture import LoadedImage
from pincel.recipes import RECIPES
from pincel.run.cache import Cache
from pincel.run.images import Images
from pincel.run.machine import Machine
from pincel.run.network import network_outline
from pincel.run.plan import Plan, make_plan

CPU = torch.device("cpu")
GIB = 2**30


def shape(height: int, width: int) -> LoadedImage:
    """Return a picture without pixels."""
    return LoadedImage(torch.empty(1, 3, height, width, device="meta"), None, "a picture", "")


PICTURES = Images(shape(768, 1024), [(shape(600, 800), 1.0)])


@pytest.fixture(autouse=True)
def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "used", GIB // 4)


def planned(budget: float, layouts: tuple[str, ...] | None = None, **values: Any) -> Plan:
    given = {"size": 4096, "scales": {"1/4": 1.0}, "steps": 10, **values}
    cut = None if layouts is None else tuple(parse_layout(text) for text in layouts)
    return make_plan(RECIPES["pincel"].recipe.override(**given), PICTURES, Machine(CPU, layouts=cut, memory=int(budget * GIB)))


def test_with_memory_enough_nothing_is_cut() -> None:
    plan = planned(200)
    assert [cost.layout for cost in plan.costs] == [WHOLE, WHOLE]
    assert [cost.scale.size for cost in plan.costs] == [(768, 1024), (3072, 4096)]
    assert plan.size == (3072, 4096)
    assert plan.notes == ()
    assert plan.recipe.optimizer_options == {"history": 20}


def test_less_memory_more_work_and_it_fits() -> None:
    plans = [planned(budget) for budget in (200, 24, 16, 10)]
    work = [plan.work for plan in plans]
    assert work == sorted(work)
    assert len(set(work)) == 4
    for plan, budget in zip(plans, (200, 24, 16, 10), strict=True):
        assert plan.memory < budget * GIB
        # The small scale always fits as it is.
        assert plan.costs[0].layout == WHOLE


def test_rather_than_tiles_of_much_more_work_the_optimizer_has_a_shorter_history() -> None:
    plan = planned(6)
    assert plan.memory < 6 * GIB
    history = plan.recipe.optimizer_options["history"]
    assert isinstance(history, int)
    assert 1 <= history < 20
    assert plan.notes == (f"To fit into 6.0 GiB: history {history}.",)
    assert plan.costs[-1].work < 1.7 * planned(200).costs[-1].work


def test_adam_has_no_history() -> None:
    plan = planned(4, optimizer="adam")
    assert plan.notes == ()
    assert plan.memory < 4 * GIB


def test_if_nothing_fits_that_is_said() -> None:
    plan = planned(1)
    assert plan.notes[-1].startswith("This run needs about ")
    assert plan.notes[-1].endswith("and has 1.0 GiB: it may end without memory. Try a smaller --size.")


def test_a_longer_history_takes_more() -> None:
    short, long = (
        planned(1, ("whole",), size=1024, scales={}, steps=200, optimizer_options={"history": count}).memory for count in (5, 50)
    )
    assert long - short == 2 * 45 * 12 * 768 * 1024


def test_steps_take_time_and_so_do_targets() -> None:
    (scale,) = planned(200, size=1024, scales={}).costs
    assert scale.total == scale.targets + 11 * scale.work
    assert scale.targets > 361_152 * 768 * 1024


def test_tiles_that_are_asked_for_are_taken_and_their_layers_checked() -> None:
    plan = planned(200, ("pool2=512",))
    assert [str(cost.layout) for cost in plan.costs] == ["pool2=512", "pool2=512"]
    assert planned(1, ("pool2=512",)).notes[-1].startswith("The tiles asked for take about ")
    with pytest.raises(OptionError, match="pool9"):
        planned(200, ("pool9=512",))


@pytest.mark.parametrize("precision", [Precision("fp32"), Precision("fp32", "winograd"), Precision("bf16"), Precision("bf16", "winograd")])
def test_an_outline_keeps_as_much_as_the_network(precision: Precision) -> None:
    recipe = RECIPES["pincel"].recipe
    wanted = frozenset(["relu1_1", "relu3_1", "relu4_2"])
    outline = network_outline(recipe, Machine(CPU, precision))
    loaded = precision.applied(load_vgg(BACKBONES["vgg19"], padding=recipe.padding), wanted)
    for layout in (WHOLE, parse_layout("pool2=256")):
        need, same = (
            CostModel(network, wanted, device).cost((512, 640), layout)
            for network, device in ((outline, torch.device("meta")), (loaded, CPU))
        )
        assert need == same


def test_plans_of_one_machine_load_nothing_and_follow_the_layers_once(networks_loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[str] = []
    saved = CostModel._saved

    def counted(model: CostModel, part: Part, side: int) -> int:
        followed.append(part.layers[-1].name)
        return saved(model, part, side)

    monkeypatch.setattr(CostModel, "_saved", counted)
    machine = Machine(CPU, cache=Cache())
    recipe = RECIPES["pincel"].recipe
    make_plan(recipe.override(size=256), PICTURES, machine)
    once = len(followed)
    for size in (512, 768):
        make_plan(recipe.override(size=size), PICTURES, machine)
    assert len(followed) == once > 0
    assert networks_loaded == []


def test_neighbors_that_are_found_in_each_step_are_counted() -> None:
    """Each of 48 × 64 places of a layer is compared with as many of the style, in each position of that."""

    def work(**values: Any) -> float:
        return planned(200, style_layers={"relu1_1": 1.0}, **values).costs[-1].work

    gram, once, turned = (
        work(style_terms={"gram": 1.0}),
        work(style_terms={"neighbors": 1.0}),
        work(style_terms={"neighbors": 1.0}, style_rotations=4),
    )
    products = 64 * (48 * 64) ** 2
    assert once - gram == pytest.approx(products)
    assert turned - gram == pytest.approx(4 * products)
