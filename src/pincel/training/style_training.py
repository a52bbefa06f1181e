"""A feed-forward network as a subject of the trainer: for one style, or for any."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.engine.checkpoint import environment
from pincel.engine.device import resolve_device
from pincel.engine.events import Notice
from pincel.sources import Styles
from pincel.training.build import make_objective
from pincel.training.data import StyleData
from pincel.training.events import StepEnd, TrainEnd, TrainingEvent, TrainStart
from pincel.training.inputs import check_network_path, resolve_recipe
from pincel.training.learner import Losses, StyleLearner, mean_losses
from pincel.training.outputs import StyleOutputs, make_record, make_spec, with_outcome
from pincel.training.pictures import GeneratedSource
from pincel.training.pretrained import Pretrained
from pincel.training.resume import check_resumed, environment_notices
from pincel.training.schema import StyleTrainingRecipe
from pincel.training.state import StyleState, rate, read_state, write_state
from pincel.training.trainer import SingleReplica, TrainClock

# Rows of history at most.
ROWS = 200


@dataclass(frozen=True)
class StyleTrainingConfig:
    """Where a network is trained, and from which weights on.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; it changes a step only by rounding.
        generated: Generated images by name, beside those of this package.
        pretrained: A network of the same stages to begin with: another style takes fewer steps then.
    """

    device: str = "auto"
    generated: Mapping[str, GeneratedSource] = field(default_factory=dict)
    pretrained: str | PathLike[str] | None = None


class StyleTraining:
    """A feed-forward network and its training on crops of images, for :class:`pincel.training.trainer.Trainer`.

    Args:
        style: Of a one-style network an image, or several with weights. Of an any-style network places of images, as text.
        data: Places of images, separated by commas; see :mod:`pincel.training.pictures`.
        output: The file of the network, ending in ``.safetensors``.
        recipe: Name or values; when left out, that of the run that is resumed, or the small one of ``kind``.
        kind: ``one-style`` or ``any-style``, where no recipe says so.
        resume: Whether to resume from the checkpoint beside ``output``.
        config: Where, and from which weights on.
        **overrides: Any value of the recipe.

    Attributes:
        record: What was trained and how, as written beside the network; empty before the end.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

    group = SingleReplica()

    def __init__(
        self,
        style: Styles,
        data: str,
        output: str | PathLike[str],
        *,
        recipe: str | StyleTrainingRecipe | None = None,
        kind: str = "one-style",
        resume: bool = False,
        config: StyleTrainingConfig | None = None,
        **overrides: Any,
    ) -> None:
        config = config or StyleTrainingConfig()
        self.files = StyleOutputs(check_network_path(Path(output)))
        self.device = resolve_device(config.device)
        saved, self._saved_terms = read_state(self.files.checkpoint, self.device) if resume else (None, {})
        self.recipe = resolve_recipe(recipe, kind, self._saved_terms.get("recipe"), overrides)
        self.pretrained = Pretrained.read(Path(config.pretrained), self.recipe) if config.pretrained is not None and not resume else None
        self.data = StyleData.find(self.recipe, style, data, config.generated)
        if resume:
            check_resumed(self._terms(), self._saved_terms, data={"data": "pictures", "styles": "styles"})
        if saved is not None:
            self.state = saved
        self.record: dict[str, Any] = {}

    @property
    def seconds(self) -> float:
        """Of training so far, as of the latest step."""
        return self.state.seconds

    @property
    def position(self) -> int:
        """Steps made."""
        return self.state.step

    def prepare(self) -> Iterator[TrainingEvent]:
        """Load the network of the loss, measure the style, and make the network that is trained."""
        notes: list[str] = []
        objective = make_objective(self.recipe, self.data, self.device, notes)
        self._learner = StyleLearner(self.recipe, make_spec(self.recipe, self.data, self.files.network.stem), objective)
        yield from self.data.notices()
        yield from map(Notice, notes)
        now = self._environment()
        yield from environment_notices(now, self._saved_terms.get("environment", now))
        if not self._saved_terms:
            self.state = StyleState.first(self.pretrained.weights if self.pretrained else self._learner.init_weights(), self.device)
        state = self.state
        yield TrainStart(self.recipe.name, state.params.numel(), self.data.counts, str(self.device), state.step, self.recipe.steps)

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        """Make the steps; return ``steps``."""
        recipe, state = self.recipe, self.state
        recent: list[Losses] = []
        interval = max(1, recipe.steps // ROWS)
        while state.step < recipe.steps:
            now, damaged = rate(recipe, state.step), self.data.damaged
            total, terms = self._learner.step(state)
            recent.append((total, terms))
            clock.step(recipe.batch)
            state.seconds = clock.seconds
            if state.step % interval == 0 or state.step == recipe.steps:
                state.history.append([state.step, *mean_losses(recent)])
                recent = []
            yield from self.data.damage_notices(damaged)
            left = clock.left((recipe.steps - state.step) * recipe.batch)
            yield StepEnd(state.step, recipe.steps, {"J": total, **terms}, now, clock.throughput, state.seconds, left)
        return "steps"

    def save(self) -> None:
        """Write a checkpoint, whole or not at all; raises OutputError."""
        write_state(self.files.checkpoint, self.state, self._terms())

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        """Write the network and its record; remove the checkpoint if all steps are made."""
        network = with_outcome(self._learner.network(self.state.params.detach()), self.state, self.data, reason)
        self.record = make_record(network, self.pretrained.origin if self.pretrained else None, self._environment(), self.state)
        self.files.write(network, self.record)
        if reason == "steps":
            self.files.checkpoint.unlink(missing_ok=True)
        yield TrainEnd(reason, self.state.step)

    def _terms(self) -> dict[str, Any]:
        """Return what a checkpoint belongs to."""
        return {"recipe": self.recipe.model_dump(mode="json"), **self.data.hashes, "environment": self._environment()}

    def _environment(self) -> dict[str, str]:
        return environment(self.device, "fp32", 1)
