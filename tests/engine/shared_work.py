"""What the processes of ``test_team`` do: look at one picture together, and at the same picture alone. Process 0 writes what differs."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Step
from pincel.engine.layout import WHOLE, Layout, parse_layout
from pincel.engine.loop import Loop
from pincel.engine.precision import FP32
from pincel.engine.process_group import LeaderWork, TorchGroup, join
from pincel.engine.tiles import LocalWork, WorkPartition
from pincel.images.picture import LoadedImage
from pincel.optim.base import make_optimizer
from pincel.recipes import RECIPES
from pincel.run.images import Images
from pincel.run.objective import EvalOptions, make_objective
from pincel.run.worker import _Worker, network_terms
from tests.backbones.stand_ins import random_vgg
from tests.tensors import picture

SIZE = (45, 70)
LAYOUTS = ("whole", "rest=2x1,tight,keep", "pool2=16,rest=64", "pool1=64,pool3=4x1,keep", "pool2=1x3", "rest=1x3,tight", "pool3=20")
RECIPE = RECIPES["pincel"].recipe.override(content_layers="relu4_2,relu2_2,pool1", tv_weight=100)


def main(out: Path) -> None:
    """Measure largest differences, as shares: of the total, of the total without slopes, of the slopes, of ten totals of two optimizers."""
    rank, processes = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    group = join(rank, processes, 0)
    torch.set_num_threads(1)
    vgg = random_vgg([(2, 4), (2, 6), (3, 8), (2, 8), (1, 8)]).to(dtype=torch.float64)
    differences = {}
    for text in (*LAYOUTS, f"pool2={processes}x1,pool3={processes}x1,rest=1x{processes},tight,keep"):
        layout = parse_layout(text)
        if rank == 0:
            differences[str(layout)] = lead(group, vgg, layout)
        else:
            follow(group, vgg, layout)
    if rank == 0:
        out.write_text(json.dumps(differences))
    group.destroy()


def evaluator_of(vgg: VGG, layout: Layout, share: WorkPartition) -> Evaluator:
    """Measure the targets too."""
    content, style = (LoadedImage((picture(*SIZE).double() / 255).roll(shift, -1), None, "", "") for shift in (1, 5))
    materials = Images(content, [(style, 1.0), (replace(style, pixels=style.pixels.flip(-1)[..., :40]), 0.5)])
    return make_objective(RECIPE, materials, vgg, torch.device("cpu"), FP32, EvalOptions(layout, share))


def lead(group: TorchGroup, vgg: VGG, layout: Layout) -> list[float]:
    """Compare."""
    x = evaluator_of(vgg, WHOLE, LocalWork()).problem.canvas.encode(picture(*SIZE).double().flip(-1))
    alone, shared = evaluator_of(vgg, WHOLE, LocalWork()), evaluator_of(vgg, layout, LeaderWork(group, 0))
    expected, slope = alone.gradient(x)
    found, together = shared.gradient(x)
    measured = shared.measure(x)
    total = float(expected.total)
    # Twenty steps cost as much as all the rest: for the layout that runs get by themselves.
    curves = [
        max(abs(there / here - 1) for here, there in zip(*(curve(each, name, x) for each in (alone, shared)), strict=True))
        for name in ("adam", "lbfgs")
        if layout.keep and len(layout.cuts) == 3
    ]
    group.broadcast({"do": "end"})
    return [
        abs(float(found.total) / total - 1),
        abs(float(measured.total) / total - 1),
        float((together - slope).abs().max() / slope.abs().max()),
        *curves,
    ]


def curve(evaluator: Evaluator, optimizer: str, x: Tensor) -> list[float]:
    """Return the totals of ten steps."""
    recipe = RECIPE.override(optimizer=optimizer)
    rule = make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.optimizer_options)
    return [event.total for event in Loop(evaluator, rule, x, 10) if isinstance(event, Step)]


def follow(group: TorchGroup, vgg: VGG, layout: Layout) -> None:
    """Help."""
    helper = _Worker(group, 0)
    helper.evaluators = {0: network_terms(evaluator_of(vgg, layout, group))}
    while (order := group.receive())["do"] == "evaluate":
        helper.evaluate(order)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
