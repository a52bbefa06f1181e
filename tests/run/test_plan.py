"""A run is cut so that it fits into the memory there is, with as little more work as can be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pincel.backbones.vgg import VGG
from pincel.engine.ladder import Rung
from pincel.engine.layout import WHOLE
from pincel.image.io import load_picture
from pincel.recipes import RECIPES
from pincel.run.images import Materials
from pincel.run.plan import Means, Plan, laid_out, make_plan

CPU = torch.device("cpu")
GIB = 2**30


@pytest.fixture
def pictures(photographs: list[Path]) -> Materials:
    return Materials(load_picture(photographs[0]), [(load_picture(photographs[1]), 1.0)])


def planned(vgg: VGG, pictures: Materials, budget: float, sides: tuple[int, ...] = (1024, 4096), optimizer: str = "lbfgs") -> Plan:
    recipe = RECIPES["pincel"].recipe.override(size=sides[-1], optimizer=optimizer)
    rungs = [Rung(side / sides[-1], (side * 3 // 4, side), 10) for side in sides]
    return make_plan(recipe, rungs, pictures, vgg, Means(CPU, GIB // 2, int(budget * GIB)))


def test_with_memory_enough_nothing_is_cut(vgg: VGG, pictures: Materials) -> None:
    plan = planned(vgg, pictures, 200)
    assert [scale.layout for scale in plan.scales] == [WHOLE, WHOLE]
    assert plan.notes == ()
    assert plan.recipe.optimizer_options == {"history": 20}


def test_less_memory_more_work_and_it_fits(vgg: VGG, pictures: Materials) -> None:
    plans = [planned(vgg, pictures, budget) for budget in (200, 24, 16, 10)]
    work = [plan.work for plan in plans]
    assert work == sorted(work)
    assert len(set(work)) == 4
    for plan, budget in zip(plans, (200, 24, 16, 10), strict=True):
        assert plan.memory < budget * GIB
        # The small scale always fits as it is.
        assert plan.scales[0].layout == WHOLE


def test_rather_than_tiles_of_much_more_work_the_optimiser_remembers_less(vgg: VGG, pictures: Materials) -> None:
    plan = planned(vgg, pictures, 6)
    assert plan.memory < 6 * GIB
    history = plan.recipe.optimizer_options["history"]
    assert isinstance(history, int)
    assert 1 <= history < 20
    assert plan.notes == (f"To fit into 6.0 GiB: history {history}.",)
    assert (
        plan.scales[-1].work < 1.7 * laid_out(plan.recipe, [plan.scales[-1].rung], pictures, vgg, Means(CPU, 0, 0), [WHOLE]).scales[0].work
    )


def test_adam_has_nothing_to_forget(vgg: VGG, pictures: Materials) -> None:
    plan = planned(vgg, pictures, 4, optimizer="adam")
    assert plan.notes == ()
    assert plan.memory < 4 * GIB


def test_if_nothing_fits_that_is_said(vgg: VGG, pictures: Materials) -> None:
    plan = planned(vgg, pictures, 1)
    assert plan.notes[-1].startswith("This run needs about ")
    assert plan.notes[-1].endswith("and has 1.0 GiB: it may end without memory. Try a smaller --size.")


def test_a_longer_history_takes_more(vgg: VGG, pictures: Materials) -> None:
    rungs = [Rung(1.0, (768, 1024), 200)]
    base = RECIPES["pincel"].recipe
    means = Means(CPU, 0, GIB)
    short, long = (
        laid_out(base.override(optimizer_options={"history": count}), rungs, pictures, vgg, means, [WHOLE]).memory for count in (5, 50)
    )
    assert long - short == 2 * 45 * 12 * 768 * 1024


def test_steps_take_time_and_so_do_targets(vgg: VGG, pictures: Materials) -> None:
    (scale,) = planned(vgg, pictures, 200, (1024,)).scales
    assert scale.total == scale.targets + 11 * scale.work
    assert scale.targets > 361_152 * 768 * 1024
