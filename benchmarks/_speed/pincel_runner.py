"""Role: pincel, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch

from _speed.settings import STEP_RECIPE
from pincel.backbones.specs import ModelSpec
from pincel.engine.clock import timed
from pincel.engine.device import peak_memory
from pincel.engine.events import Event, Step, Stopped
from pincel.engine.memory import retain_heap
from pincel.errors import PincelError
from pincel.recipes.schema import MOST_STEPS
from pincel.run.machine import Machine
from pincel.run.run import Run

# As many as a recipe can have.
FOREVER = MOST_STEPS


class PincelRunner:
    """A run that is moved on from outside."""

    def __init__(self) -> None:
        # As the command line does.
        retain_heap()
        self._run: Run | None = None
        self._events: Iterator[Event] = iter(())

    def ready(self) -> None:
        """Do nothing: whoever asks knows that all programs are loaded."""

    def open(self, content: str, style: str, *, size: int, device: str, precision: str, tiles: str = "whole") -> dict[str, object]:
        """Load everything and make the first evaluation; return what is going to be measured, where, and in what precision."""
        # Before the first picture and the weights, with all programs loaded.
        baseline = peak_memory(torch.device("cpu"))
        machine = Machine.resolve(device, precision, tiles)
        run = Run(content, style, recipe=STEP_RECIPE, machine=machine, size=size, steps=FOREVER)
        self._run, self._events = run, iter(run)
        self._next()
        return {
            "size": [run.size[1], run.size[0]],
            "device": str(run.machine.device),
            "device_name": torch.cuda.get_device_name(run.machine.device) if run.machine.device.type == "cuda" else "",
            "precision": str(run.machine.precision),
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "multiply_adds_per_pixel": multiply_adds_per_pixel(
                run.objectives.full.problem.backbone.spec, run.objectives.full.problem.objective.layers
            ),
            # On CUDA only the device's memory is counted, which nothing has asked for before.
            "baseline": 0 if run.machine.device.type == "cuda" else baseline,
        }

    def step(self) -> dict[str, float]:
        """Make a step, one update and the evaluation, with gradient, of the picture it leads to; return its seconds and the peak of memory.

        Timed here: the seconds in the loop's own events go on while this process waits for its turn.
        """
        device = self._run.machine.device if self._run else torch.device("cpu")
        return {"seconds": timed(self._next, device), "memory": peak_memory(device)}

    def _next(self) -> None:
        for event in self._events:
            if isinstance(event, Step):
                return
            if isinstance(event, Stopped):
                raise PincelError(f"pincel had nothing left to measure: the run ended after step {event.step} ({event.reason}).")


def multiply_adds_per_pixel(spec: ModelSpec, layers: Iterable[str]) -> float:
    """Return the multiply-adds of the convolutions that must be computed, forward, to see ``layers``, per pixel of the picture.

    Exact for sides that every pooling halves without a rest.
    """
    return sum(layer.products / layer.stride**2 for layer in spec.up_to(list(layers)))
