"""A network that stylizes in one pass, as a subject of the trainer: after one style, or after any."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor

from pincel.backbones import CARDS, NETWORKS
from pincel.backbones.calibrate import measured
from pincel.backbones.normalize import normalize
from pincel.backbones.vgg import VGG
from pincel.engine.checkpoint import environment
from pincel.engine.device import resolve_device
from pincel.engine.events import Notice
from pincel.engine.precision import choose_precision
from pincel.errors import DivergedError, OptionError, PictureError
from pincel.feedforward.card import NetCard
from pincel.feedforward.file import write_painter
from pincel.feedforward.network import Eye, Network, first_weights, shallow, shapes
from pincel.files import one_line, write_text
from pincel.images.picture import Picture
from pincel.run.check import check_recipe
from pincel.run.sizes import needed_layers
from pincel.sources import Styles, described
from pincel.training.events import StepEnd, TrainEnd, TrainingEvent, TrainStart
from pincel.training.group import SingleReplica
from pincel.training.inputs import SUFFIX, checked_output, objective_of, opened_styles, place_of, resolved
from pincel.training.objectives import AnyStyleObjective, OneStyleObjective, StyleObjective, style_targets
from pincel.training.pictures import LEAVES, CropSampler, GeneratedSource, check_crops, damaged_note, find_sources
from pincel.training.pretrained import Pretrained
from pincel.training.resume import check_resumed, environment_notices
from pincel.training.schema import StyleTrainingRecipe
from pincel.training.state import StyleState, optimizer, rate, read_state, unflatten, write_state
from pincel.training.trainer import TrainClock
from pincel.version import __version__

# Rows of history at most.
ROWS = 200
# The least mean activation of a layer, in shares of the median.
QUIETEST = 0.25


@dataclass(frozen=True)
class StyleTrainingConfig:
    """Where a network is trained, and what it begins with.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; it changes nothing of a step but rounding.
        generated: Pictures that are generated, by name, beside those of this room.
        pretrained: A network of the same stages to begin with: another style is learned in fewer steps then.
    """

    device: str = "auto"
    generated: Mapping[str, GeneratedSource] = field(default_factory=dict)
    pretrained: str | PathLike[str] | None = None


class StyleTraining:
    """A feed-forward network and its training on crops of pictures, for :class:`pincel.training.trainer.Trainer`.

    Args:
        style: Of a one-style network the style: a picture, or several with weights. Of an any-style network places of styles, as text.
        data: Places of pictures, with commas between; see :mod:`pincel.training.pictures`.
        output: The file of the network, ending in ``.safetensors``.
        recipe: Name or values; when left out, that of the run that is resumed, or the small one of ``kind``.
        kind: ``one-style`` or ``any-style``, where no recipe says so.
        resume: Go on from the checkpoint beside ``output``.
        config: Where, and what it begins with.
        **overrides: Any value of the recipe.

    Attributes:
        record: What was trained and how, as written beside the network; empty before the end.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

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
        self.output, config = checked_output(Path(output)), config or StyleTrainingConfig()
        self.device = resolve_device(config.device)
        saved, self._terms = read_state(self.checkpoint, self.device) if resume else (None, {})
        self.recipe = resolved(recipe, kind, self._terms.get("recipe")).override(**overrides)
        if kind == "any-style" and self.recipe.kind != kind:
            given, accepted = self.recipe.name, "adain-small, adain2017"
            raise OptionError(one_line("recipe: teaches one style, and any was asked for", given, accepted, "leave --any or --recipe out"))
        self.objective = objective_of(self.recipe)
        before = config.pretrained
        self.pretrained = Pretrained.read(Path(before), self.recipe) if before is not None and not resume else None
        generated = {**LEAVES, **config.generated}
        self.crops = CropSampler(find_sources(data, generated), self.recipe)
        check_crops(self.crops)
        self.styles: list[tuple[Picture, float]] = []
        self.style_crops: CropSampler | None = None
        if self.recipe.kind == "any-style":
            self.style_crops = CropSampler(find_sources(place_of(style), generated), self.recipe, stream=1)
        else:
            self.styles = opened_styles(style, self.recipe)
        if resume:
            check_resumed(self._now(), self._terms, data={"data": "pictures", "styles": "styles"})
        if saved is not None:
            self.state = saved
        self.record: dict[str, Any] = {}
        self.group = SingleReplica()

    @property
    def checkpoint(self) -> Path:
        """Where training is resumed from, beside the network."""
        return self.output.with_name(f"{self.output.stem}.checkpoint{SUFFIX}")

    @property
    def record_path(self) -> Path:
        """Where the record goes, beside the network."""
        return self.output.with_suffix(".json")

    @property
    def seconds(self) -> float:
        """Of training so far, as of the latest step."""
        return self.state.seconds

    @property
    def position(self) -> int:
        """Steps made."""
        return self.state.step

    def prepare(self) -> Iterator[TrainingEvent]:
        """Load the network of the loss, measure the style, and lay out the network that is trained."""
        notes: list[str] = []
        self.loss = self.make_loss(notes)
        yield from (Notice(note) for crops in self._crops for source in crops.sources for note in source.notes)
        yield from map(Notice, notes)
        environment = self._environment()
        yield from environment_notices(environment, self._terms.get("circumstances", environment))
        self.card = self.make_card()
        self._shapes = shapes(self.card, self.loss.channels)
        if not self._terms:
            weights = self.pretrained.weights if self.pretrained else first_weights(self.card, self.loss.channels, self.recipe.seed)
            self.state = StyleState.first(weights, self.device)
        data = {"pictures": self.crops.count, "styles": self.style_crops.count if self.style_crops else len(self.styles)}
        yield TrainStart(self.recipe.name, self.state.numbers.numel(), data, str(self.device), self.state.step, self.recipe.steps)

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        """Make the steps; return ``steps``."""
        recipe, state = self.recipe, self.state
        recent: list[tuple[float, dict[str, float]]] = []
        pause = max(1, recipe.steps // ROWS)
        while state.step < recipe.steps:
            now, damaged = rate(recipe, state.step), self._damaged()
            recent.append(self._step())
            clock.step(recipe.batch)
            state.seconds = clock.seconds
            total, terms = recent[-1]
            if state.step % pause == 0 or state.step == recipe.steps:
                state.history.append([state.step, *averaged(recent)])
                recent = []
            yield from (Notice(damaged_note(Path(name).name, error)) for name, error in self._damaged().items() if name not in damaged)
            left = clock.left((recipe.steps - state.step) * recipe.batch)
            yield StepEnd(state.step, recipe.steps, {"J": total, **terms}, now, clock.throughput, state.seconds, left)
        return "steps"

    def save(self) -> None:
        """Write a checkpoint, whole or not at all; raises OutputError."""
        write_state(self.checkpoint, self.state, self._now())

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        """Write the network and its record; remove the checkpoint if all steps are made."""
        # Half precision is where it is used; what was measured in the end is of these numbers.
        self._write(reason)
        if reason == "steps":
            self.checkpoint.unlink(missing_ok=True)
        yield TrainEnd(reason, self.state.step)

    def _step(self) -> tuple[float, dict[str, float]]:
        """Make a step; return mean J and mean terms of its crops.

        Raises:
            DivergedError: If J is no number.
        """
        recipe, state = self.recipe, self.state
        leaf = state.numbers.detach().requires_grad_()
        grad, found = torch.zeros_like(state.numbers), []
        for each in range(recipe.batch):
            # One after another: normalization knows no batch, and memory is that of one crop.
            evaluation = self.loss.evaluate(self.card, unflatten(leaf, self._shapes), state.step * recipe.batch + each)
            goal = evaluation.total.log() if recipe.goal == "log J" else evaluation.total
            grad += torch.autograd.grad(goal / recipe.batch, leaf)[0]
            groups = {name: value for name, value in evaluation.numbers().items() if ":" not in name}
            found.append((float(evaluation.total.detach()), groups))
        total, terms = averaged(found)
        if not (math.isfinite(total) and bool(grad.isfinite().all())):
            failed, given = f"training: J is not finite at step {state.step + 1}", f"--lr {recipe.learning_rate:g}"
            raise DivergedError(one_line(failed, given, "a rate that it stands", f"--lr {recipe.learning_rate / 3:.1g}"))
        with torch.no_grad():
            state.numbers, state.adam = optimizer(recipe, state.step).step(leaf.detach(), grad, state.adam)
        state.step += 1
        return total, terms

    @property
    def _crops(self) -> list[CropSampler]:
        return [self.crops, *([self.style_crops] if self.style_crops else [])]

    def _damaged(self) -> dict[str, PictureError]:
        """Return name → what is wrong with each picture that turned out to be damaged so far."""
        return {name: error for crops in self._crops for name, error in crops.damaged.items()}

    def _write(self, reason: str) -> None:
        """Write the network and its record."""
        state = self.state
        tail = state.history[-max(1, len(state.history) // 20) :]
        ended = {
            "steps": state.step,
            "crops": state.step * self.recipe.batch,
            "seconds": round(state.seconds, 1),
            "stopped": reason,
            **({"J": median(row[1] for row in tail)} if tail else {}),
            "pictures": {"count": self.crops.count, "sha256": self.crops.digest},
        }
        card = replace(self.card, trained=ended)
        weights = {name: each.detach() for name, each in unflatten(state.numbers, self._shapes).items()}
        network = self.loss.network(card, weights)
        write_painter(self.output, network)
        self.record = {**self._record(card, network), "history": state.history}
        write_text(self.record_path, json.dumps(self.record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", what="record")

    def _record(self, card: NetCard, network: Network) -> dict[str, Any]:
        return {
            "pincel": __version__,
            "verb": "train-style",
            "kind": card.kind,
            "parameters": network.parameters,
            **card.trained,
            "styles": list(card.styles),
            **({"before": {"file": str(self.pretrained.file), "sha256": self.pretrained.sha256}} if self.pretrained else {}),
            "recipe": self.recipe.model_dump(mode="json"),
            "machine": self._environment(),
        }

    def make_loss(self, notes: list[str]) -> StyleObjective:
        """Load the network of the loss and measure the style; what there is to say goes into ``notes``."""
        recipe, objective = self.recipe, self.objective
        check_recipe(objective)
        card = CARDS[objective.backbone]
        made: VGG = NETWORKS[card.network](
            card, pooling=objective.pooling, pool_rounding=objective.pool_rounding, padding=objective.padding
        )
        vgg, means = made.to(self.device), None
        if objective.activations == "normalized":
            means = clamp_means(measured(vgg, objective.calibration, notes.append, lambda *_: None))
            vgg = normalize(vgg, means)
        layers = needed_layers(objective) | ({recipe.layer} if recipe.layer else frozenset())
        quick = choose_precision("fp32", self.device, notes.append).applied(vgg, layers)
        if self.style_crops is None:
            return OneStyleObjective(objective, quick, self.crops, style_targets(objective, quick, self.styles, self.device))
        assert means is not None
        eye = shallow(quick, recipe.layer) if layers == {recipe.layer} else quick
        lead = recipe.lead * recipe.steps * recipe.batch
        return AnyStyleObjective(objective, Eye(eye, recipe.layer, means), self.crops, self.style_crops, recipe.copies, lead)

    def make_card(self) -> NetCard:
        """Return what the network is, as its file says before it is trained."""
        recipe, seen = self.recipe, self.style_crops is not None
        backbone = CARDS[self.objective.backbone]
        return NetCard(
            kind=recipe.kind,
            name=self.output.stem,
            stages=recipe.stages,
            padding=recipe.padding,
            norm=recipe.norm,
            output=recipe.output,
            encoder=backbone.name if seen else "",
            encoder_hash="-".join(backbone.fingerprint) if seen else "",
            layer=recipe.layer,
            styles=tuple({**described(style), "weight": weight} for style, weight in self.styles),
            recipe=recipe.model_dump(mode="json"),
            pincel=__version__,
        )

    def _now(self) -> dict[str, Any]:
        """What a checkpoint stands for."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "data": self.crops.digest,
            "styles": self.style_crops.digest if self.style_crops else [style.sha256 for style, _ in self.styles],
            "circumstances": self._environment(),
        }

    def _environment(self) -> dict[str, str]:
        return environment(self.device, "fp32", 1)


def clamp_means(means: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return mean activations, none less than a share of the median of its layer.

    A filter that hardly fires on the few pictures that a network is normalized on would be made loud enough to drown all others, in the
    first crop on which it fires.
    """
    return {name: mean.clamp_min(QUIETEST * float(mean.median())) for name, mean in means.items()}


def averaged(found: list[tuple[float, dict[str, float]]]) -> tuple[float, dict[str, float]]:
    """Return the mean J, and the mean of each term over those that have it."""
    named = dict.fromkeys(name for _, terms in found for name in terms)
    return fmean(total for total, _ in found), {name: fmean(terms[name] for _, terms in found if name in terms) for name in named}
