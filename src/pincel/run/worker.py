"""A process that helps to paint a picture: it does as process 0 says until that one is done or gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.ladder import Rung
from pincel.engine.precision import Precision
from pincel.engine.team import Follower, Team, host
from pincel.errors import PincelError, WorkerError
from pincel.image.picture import Picture
from pincel.image.shrink import Fit
from pincel.losses.objective import Objective
from pincel.recipes.schema import make_recipe
from pincel.run.inputs import check_written, fitted_size, load_inputs
from pincel.run.machine import Machine
from pincel.run.objective import Objectives
from pincel.run.plan import make_plan
from pincel.sources import open_picture, resized_since
from pincel.version import __version__


def run_worker(team: Team, local: int) -> bool:
    """Do what process 0 says.

    Args:
        team: This process among the others.
        local: Number of its GPU, if it is to work on one.

    Returns:
        Whether process 0 was done; if not, it has gone, and said why or was killed.
    """
    worker = _Worker(team, local)
    verbs: Mapping[str, Callable[[dict[str, Any]], None]] = {"load": worker.load, "build": worker.build, "look": worker.look}
    try:
        while (order := team.hear())["do"] != "end":
            verbs[order["do"]](order)
    except WorkerError:
        return False
    finally:
        # Or its threads may be there when the interpreter ends, and end it noisily.
        team.leave()
    return True


class _Worker:
    """Builds the objectives that process 0 builds, and evaluates its tiles of them."""

    def __init__(self, team: Team, local: int) -> None:
        self.team, self.local = team, local
        self.device = torch.device("cpu")
        self.objectives: Objectives | None = None
        self.scales: dict[tuple[int, int], Rung] = {}
        self.evaluators: dict[tuple[int, int], Evaluator] = {}

    def load(self, order: dict[str, Any]) -> None:
        """Load what process 0 has loaded, and answer what is wrong with it here."""
        trouble = ""
        try:
            self._load(order)
        except PincelError as error:
            trouble = f"Process {self.team.rank} on {host()} cannot help: {error}"
        self.team.replies(trouble)

    def _load(self, order: dict[str, Any]) -> None:
        if order["pincel"] != __version__:
            raise WorkerError(f"it has pincel {__version__}, and process 0 has {order['pincel']}; install the same.")
        recipe = make_recipe(order["recipe"])
        content = _same(order["content"], "content", partial(fitted_size, recipe))
        styles = [(_same(style, "style"), style["weight"]) for style in order["styles"]]
        check_written(recipe, order)
        inputs = load_inputs(recipe, content, styles)
        device = order["device"] if order["device"] != "cuda" else f"cuda:{self.local}"
        machine = Machine.resolve(device, Precision(*order["precision"]), order["tiles"], processes=Follower(self.team))
        self.device = machine.device
        plan = make_plan(recipe, inputs.preprocessed, machine)
        self.scales = {scale.size: scale for scale in plan.rungs}
        self.objectives = Objectives(plan, inputs, machine)

    def build(self, order: dict[str, Any]) -> None:
        """Put the objective of a scale together, targets by tiles; those of coarser ones are not asked for any more."""
        height, width = order["size"]
        scale, objectives = self.scales[height, width], self._ready()
        full = next(reversed(self.scales))
        kept = {size: other for size, other in self.evaluators.items() if size == full}
        self.evaluators = {**kept, scale.size: network_terms(objectives.at(scale))}

    def look(self, order: dict[str, Any]) -> None:
        """Evaluate the tiles of this process of the picture that is sent."""
        height, width = order["size"]
        evaluator = self.evaluators[height, width]
        pixels = self.team.see(order["shape"], getattr(torch, order["dtype"]), self.device)
        if not evaluator.problem.objective.losses:
            return
        if order["slopes"]:
            evaluator.gradient(pixels)
        else:
            evaluator.measure(pixels)

    def _ready(self) -> Objectives:
        if self.objectives is None:
            raise WorkerError("Process 0 asked for an objective before it said of what.")
        return self.objectives


def network_terms(evaluator: Evaluator) -> Evaluator:
    """Return an evaluator of the losses on features, at pixels: process 0 alone computes the rest."""
    losses = [loss for loss in evaluator.problem.objective.losses if loss.layers]
    return replace(evaluator, problem=replace(evaluator.problem, objective=Objective(losses), canvas=PixelCanvas()))


def _same(written: Mapping[str, Any], what: str, fit: Fit | None = None) -> Picture:
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
