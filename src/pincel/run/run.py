"""A picture being painted, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, TypeAlias, Unpack

from PIL import Image

from pincel.arguments import checked
from pincel.engine.events import Event, Notice, SetupProgress, Step, ignore
from pincel.engine.history import History
from pincel.engine.multiscale import FINISHED, MultiScaleLoop, MultiScaleState
from pincel.engine.result import Result
from pincel.errors import WorkerError
from pincel.recipes.schema import Recipe
from pincel.recipes.values import RecipeValues
from pincel.run import report
from pincel.run.check import prepare_recipe, resolve_recipe
from pincel.run.inputs import load_inputs, start_file
from pincel.run.machine import Machine
from pincel.run.network import load_networks
from pincel.run.plan import make_plan
from pincel.run.scales import ExtraLosses, Objectives, no_losses
from pincel.run.sizes import check_sizes
from pincel.run.speed import SpeedRecorder
from pincel.sources import Source, Styles
from pincel.version import __version__

# Called with a run and each of its events before the run records it; returns what the run is to say of it.
Callback: TypeAlias = "Callable[[Run, Event], Iterable[Notice]]"


class Run:
    """A picture being painted: iterate for events, :meth:`stop` it, read :attr:`result` at any time.

    Example:
        >>> run = Run("photo.jpg", "painting.jpg", steps=50)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     if isinstance(event, Step) and event.total < 1e4:
        ...         run.stop()
        >>> run.result.save("painted.png")  # doctest: +SKIP

    Args:
        content: The photograph; see :func:`pincel.transfer`.
        style: The painting, or several with weights.
        recipe: Name, TOML file or :class:`Recipe`.
        machine: Where to work; the fastest there is when None.
        init_image: A picture to begin from, whatever the recipe says, or the state of another run to go on with.
        extra_losses: Losses beyond the recipe's, by the (height, width) of a scale; no checkpoint can hold them.
        callbacks: Called with each event, in this order.
        on_event: Called with the progress of what takes a while, now and within a step; all other events come from iterating.
        **values: Of the recipe.

    Attributes:
        inputs: The pictures.
        plan: Scales, tiles, memory and time.
        objectives: The objective of each scale.
        history: Steps and notes so far.
        loop: Iterates over the scales.
        error: What became of a process that shared the work, if the run had to end because of it.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

    @checked
    def __init__(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        content: Source,
        style: Styles,
        *,
        recipe: str | PathLike[str] | Recipe = "pincel",
        machine: Machine | None = None,
        init_image: Source | MultiScaleState | None = None,
        extra_losses: ExtraLosses = no_losses,
        callbacks: Sequence[Callback] = (),
        on_event: Callable[[Event], None] = ignore,
        **values: Unpack[RecipeValues],
    ) -> None:
        state = init_image if isinstance(init_image, MultiScaleState) else None
        # A resumed run has a checked recipe, and needs no initial image.
        settled, notes = prepare_recipe(recipe, values) if state is None else (resolve_recipe(recipe, values), [])
        begin = None if isinstance(init_image, MultiScaleState) else start_file(settled) if init_image is None else init_image
        self.machine = machine or Machine.resolve()
        self.inputs = load_inputs(settled, content, style, begin, self.machine.memory)
        check_sizes(self.inputs.recipe, self.inputs.content, [style for style, _ in self.inputs.styles])
        networks = load_networks(self.inputs.recipe, self.machine, lambda *done: on_event(SetupProgress(*done)))
        self.plan = make_plan(self.inputs.recipe, self.inputs.preprocessed, self.machine, networks.fast)
        self.objectives = Objectives(self.plan, self.inputs, self.machine, networks, extra_losses, on_event)
        self.history = History([*notes, *self.machine.notes, *self.inputs.notes, *self.objectives.notes, *self.plan.notes])
        scales = self.objectives
        start = state or scales.start(self.plan.scales[0]).to(self.machine.device)
        self.loop = MultiScaleLoop(self.plan.scales, scales.at, scales.optimizer, start, scales.upsample)
        self.callbacks: list[Callback] = [SpeedRecorder(self.machine), *callbacks]
        self.error: WorkerError | None = None
        self._result: Result | None = None

    @property
    def recipe(self) -> Recipe:
        """All values, as settled."""
        return self.plan.recipe

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        return self.plan.size

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to go on with."""
        return self.history.stopped.reason in FINISHED

    def __iter__(self) -> Iterator[Event]:
        """Paint; iterate once."""
        yield from (Notice(note) for note in self.history.pending)
        try:
            self.machine.processes.broadcast_config(self._worker_config)
            for event in self.loop:
                yield from self._record(event)
        except WorkerError as error:
            if self.loop.best is None:
                raise
            self.error = error
            # The run ends where the last evaluation could not be made.
            yield from self._record(replace(self.history.stopped, reason="worker lost"))

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; safe from another thread or a signal handler."""
        self.loop.stop(reason)

    @property
    def result(self) -> Result:
        """The best picture so far and its record; evaluated when first asked for, unless that is interrupted."""
        if self._result is None:
            self._result = report.make_result(self)
        return self._result

    def sheet(self, result: Result) -> Image.Image:
        """Return content, styles and result side by side."""
        return report.make_sheet(self.inputs, self.size, result)

    def _record(self, event: Event) -> Iterator[Event]:
        for callback in self.callbacks:
            yield from callback(self, event)
        self._result = None
        best = self.loop.best
        self.history.add(event, best.step if best else 0)
        yield self._recolored(event)

    def _recolored(self, event: Event) -> Event:
        """Let the preview of a step have the colors of the result, and what is transparent in it the background."""
        if not isinstance(event, Step):
            return event
        plain = event.preview
        return replace(event, preview=lambda: self.inputs.preview(plain()))

    def _worker_config(self) -> dict[str, Any]:
        """Return what other processes must know to share the work."""
        return {
            "pincel": __version__,
            **self.inputs.manifest(self.recipe),
            "device": self.machine.device.type,
            "precision": [self.machine.precision.name, self.machine.precision.method],
            "tiles": [str(cost.layout) for cost in self.plan.costs],
        }
