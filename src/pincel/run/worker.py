"""A process that shares the work of process 0, until that one ends the run or dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.multiscale import Scale
from pincel.engine.precision import Precision
from pincel.engine.process_group import TorchGroup, host
from pincel.errors import PincelError, RecipeError, WorkerError
from pincel.images.picture import LoadedImage
from pincel.images.shrink import Fit
from pincel.losses.objective import Objective
from pincel.recipes.schema import Recipe
from pincel.run.inputs import check_written, fitted_size, load_inputs
from pincel.run.machine import Machine
from pincel.run.network import load_networks
from pincel.run.plan import make_plan
from pincel.run.scales import Objectives
from pincel.sources import open_picture, resized_since
from pincel.version import __version__


def run_worker(group: TorchGroup, local: int) -> bool:
    """Follow process 0 until it ends the run.

    Args:
        group: This process among the others.
        local: Number of its GPU, if it is to work on one.

    Returns:
        Whether process 0 ended the run; False if it died.
    """
    worker = _Worker(group, local)
    handlers: Mapping[str, Callable[[dict[str, Any]], None]] = {"load": worker.load, "build": worker.build, "evaluate": worker.evaluate}
    try:
        while (message := group.receive())["do"] != "end":
            handlers[message["do"]](message)
    except WorkerError:
        return False
    finally:
        # Its threads must not outlive the interpreter, which would end with an error.
        group.destroy()
    return True


class _Worker:
    """Builds the objectives that process 0 builds, and evaluates its tiles of them."""

    def __init__(self, group: TorchGroup, local: int) -> None:
        self.group, self.local = group, local
        self.device = torch.device("cpu")
        self.objectives: Objectives | None = None
        self.scales: list[Scale] = []
        self.evaluators: dict[int, Evaluator] = {}

    def load(self, message: dict[str, Any]) -> None:
        """Load what process 0 has loaded, and reply what is wrong with it here."""
        problem = ""
        try:
            self._load(message)
        except PincelError as error:
            problem = f"Process {self.group.rank} on {host()} cannot help: {error}"
        self.group.all_gather(problem)

    def _load(self, message: dict[str, Any]) -> None:
        if message["pincel"] != __version__:
            raise WorkerError(f"it has pincel {__version__}, and process 0 has {message['pincel']}; install the same.")
        recipe = Recipe.make(message["recipe"], error=RecipeError)
        content = _open_same(message["content"], "content", partial(fitted_size, recipe))
        styles = [(_open_same(style, "style"), style["weight"]) for style in message["styles"]]
        check_written(recipe, message)
        inputs = load_inputs(recipe, content, styles)
        device = message["device"] if message["device"] != "cuda" else f"cuda:{self.local}"
        machine = Machine.resolve(device, Precision(*message["precision"]), message["tiles"], processes=self.group)
        self.device = machine.device
        networks = load_networks(recipe, machine, lambda *_: None)
        plan = make_plan(recipe, inputs.preprocessed, machine, networks.fast)
        self.scales = plan.scales
        self.objectives = Objectives(plan, inputs, machine, networks)

    def build(self, message: dict[str, Any]) -> None:
        """Build the evaluator of a scale, its targets by tiles; those of coarser scales are not needed any more."""
        number, objectives = message["scale"], self._ready()
        start = None if message["start"] is None else self.group.receive_image(message["start"], self.device)
        last = len(self.scales) - 1
        kept = {index: other for index, other in self.evaluators.items() if index == last}
        self.evaluators = {**kept, number: network_terms(objectives.at(self.scales[number], start))}

    def evaluate(self, message: dict[str, Any]) -> None:
        """Evaluate the tiles of this process of the picture that is sent."""
        evaluator = self.evaluators[message["scale"]]
        pixels = self.group.receive_image(message["picture"], self.device)
        if not evaluator.problem.objective.losses:
            return
        if message["grad"]:
            evaluator.gradient(pixels)
        else:
            evaluator.measure(pixels)

    def _ready(self) -> Objectives:
        if self.objectives is None:
            raise WorkerError("Process 0 asked for an objective before it said of what.")
        return self.objectives


def network_terms(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator of the losses on features, at pictures as process 0 sends them; that one computes the rest."""
    losses = [loss for loss in evaluator.problem.objective.losses if loss.layers]
    return replace(evaluator, problem=replace(evaluator.problem, objective=Objective(losses), canvas=PixelCanvas(), preserved=None))


def _open_same(written: Mapping[str, Any], what: str, fit: Fit | None = None) -> LoadedImage:
    """Open a picture that process 0 has opened, and make sure that it is the same."""
    if not written["path"]:
        raise WorkerError(f"the {what} picture is no file, so it cannot be found here; save it first and give its path.")
    picture = open_picture(written["path"], what, fit=fit)
    if picture.sha256 != written["sha256"]:
        raise WorkerError(
            f"the {what} picture '{written['path']}' is another one there (SHA-256 {picture.sha256[:12]}) than that of process 0 "
            f"({written['sha256'][:12]}); copy it."
        )
    if reason := resized_since(written, picture):
        raise WorkerError(f"the {what} picture '{written['path']}' {reason}; free memory there.")
    return picture
