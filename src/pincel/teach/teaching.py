"""A network being taught to paint: everything found and checked, then step by step, and the network written."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.backbones import CARDS, NETWORKS
from pincel.backbones.calibrate import measured
from pincel.backbones.normalise import normalise
from pincel.backbones.vgg import VGG
from pincel.engine.checkpoint import circumstances
from pincel.engine.device import resolve_device
from pincel.engine.events import Notice
from pincel.engine.precision import choose_precision
from pincel.errors import CheckpointError, DivergedError, OptionError, PictureError
from pincel.feedforward.card import NetCard
from pincel.feedforward.file import write_painter
from pincel.feedforward.network import Eye, Network, first_weights, shallow, shapes
from pincel.files import one_line, quoted, write_text
from pincel.image.picture import Picture
from pincel.run.check import check_recipe
from pincel.run.sizes import needed_layers
from pincel.sources import Styles, described
from pincel.teach.before import Before
from pincel.teach.events import Began, Ended, Learnt, TeachingEvent
from pincel.teach.given import SUFFIX, checked_output, objective_of, opened_styles, place_of, resolved
from pincel.teach.lesson import AnyStyle, Lesson, OneStyle, measured_style
from pincel.teach.pictures import LEAVES, Crops, Drawn, check_crops, damaged_note, find_piles
from pincel.teach.schema import TeachingRecipe
from pincel.teach.state import State, optimiser, rate, read_state, views, write_state
from pincel.version import __version__

# Steps that the pace is measured over; and how many rows of history there are at most.
WINDOW, ROWS = 20, 200
# Writing checkpoints takes this share of the time at most.
WRITING = 0.1
# Of the mean activations of a layer, the least, in shares of the median.
QUIETEST = 0.25
REASONS = ("interrupted", "terminated", "stopped")
Told: TypeAlias = Generator[TeachingEvent, None, str]


@dataclass(frozen=True)
class Conditions:
    """Where a network is taught, how long, and what it begins with: nothing of what a step does but rounding.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        every: Seconds between two checkpoints, above 0.
        minutes: After which it ends, also those before it was resumed counted; 0 for no limit.
        drawn: Pictures that are drawn, by name, beside those that this room draws.
        before: A network of the same stages to begin with: another style is learnt in fewer steps then.
    """

    device: str = "auto"
    every: float = 60.0
    minutes: float = 0.0
    drawn: Mapping[str, Drawn] = field(default_factory=dict)
    before: str | PathLike[str] | None = None


class Teaching:
    """A network being taught: iterate for events, :meth:`stop` it; in the end, however it ends, the network is written.

    Example:
        >>> run = Teaching("starry.jpg", "photographs", "starry.safetensors", steps=500)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     pass

    Args:
        style: Of a one-style network the style: a picture, or several with weights. Of an any-style network places of styles, as text.
        data: Places of pictures, with commas between; see :mod:`pincel.teach.pictures`.
        output: The file of the network, ending in ``.safetensors``.
        recipe: Name or values; when left out, that of the run that goes on, or the small one of ``kind``.
        kind: ``one-style`` or ``any-style``, where no recipe says so.
        resume: Go on from the checkpoint beside ``output``.
        conditions: Where, and how long.
        **overrides: Any value of the recipe.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

    def __init__(
        self,
        style: Styles,
        data: str,
        output: str | PathLike[str],
        *,
        recipe: str | TeachingRecipe | None = None,
        kind: str = "one-style",
        resume: bool = False,
        conditions: Conditions | None = None,
        **overrides: Any,
    ) -> None:
        self.output, self.conditions = checked_output(Path(output)), conditions or Conditions()
        if not self.conditions.every > 0:
            raise OptionError(f"--checkpoint-every {self.conditions.every:g}: give seconds, more than 0.")
        self.device = resolve_device(self.conditions.device)
        self._state: State | None = None
        self._terms: dict[str, Any] = {}
        if resume:
            self._state, self._terms = read_state(self.checkpoint, self.device)
        self.recipe = resolved(recipe, kind, self._terms.get("recipe")).override(**overrides)
        if kind == "any-style" and self.recipe.kind != kind:
            given, accepted = self.recipe.name, "adain-small, adain2017"
            raise OptionError(one_line("recipe: teaches one style, and any was asked for", given, accepted, "leave --any or --recipe out"))
        self.objective = objective_of(self.recipe)
        before = self.conditions.before
        self.before = Before.read(Path(before), self.recipe) if before is not None and not resume else None
        drawn = {**LEAVES, **self.conditions.drawn}
        self.crops = Crops(find_piles(data, drawn), self.recipe)
        check_crops(self.crops)
        self.styles: list[tuple[Picture, float]] = []
        self.manners: Crops | None = None
        if self.recipe.kind == "any-style":
            self.manners = Crops(find_piles(place_of(style), drawn), self.recipe, role=1)
        else:
            self.styles = opened_styles(style, self.recipe)
        if resume:
            self._check_same()
        self._asked = ""
        self._written = -1
        self.record: dict[str, Any] = {}

    @property
    def checkpoint(self) -> Path:
        """Where teaching goes on from, beside the network."""
        return self.output.with_name(f"{self.output.stem}.checkpoint{SUFFIX}")

    @property
    def record_path(self) -> Path:
        """Where the record goes, beside the network."""
        return self.output.with_suffix(".json")

    def stop(self, reason: str = "stopped") -> None:
        """Ask for the end after the step under way; safe from another thread or a signal handler."""
        self._asked = reason if reason in REASONS else "stopped"

    def __iter__(self) -> Iterator[TeachingEvent]:
        """Teach, telling everything; the last event says why it ended."""
        notes: list[str] = []
        lesson = self._lesson(notes)
        left_out = [note for crops in self._crops for pile in crops.piles for note in pile.notes]
        yield from (Notice(note) for note in (*left_out, *notes, *self._differences()))
        card = self._card()
        layout = shapes(card, lesson.channels)
        weights = self.before.weights if self.before else first_weights(card, lesson.channels, self.recipe.seed)
        state = self._state or State.first(weights, self.device)
        styles = self.manners.count if self.manners else len(self.styles)
        yield Began(self.recipe.name, state.numbers.numel(), self.crops.count, styles, str(self.device), state.step, self.recipe.steps)
        reason = yield from self._taught(lesson, card, state, layout)
        # Half precision is where it is used; what was learnt in the end is known of these numbers.
        self._keep(lesson, card, state, layout, reason)
        yield Ended(reason, state.step)

    def _taught(self, lesson: Lesson, card: NetCard, state: State, layout: Mapping[str, tuple[int, ...]]) -> Told:
        """Make the steps; return why they end."""
        recipe, before, began = self.recipe, state.seconds, time.monotonic()
        clock: deque[float] = deque([began], maxlen=WINDOW)
        due = began + self.conditions.every
        recent: list[tuple[float, dict[str, float]]] = []
        pause = max(1, recipe.steps // ROWS)
        while not self._asked and state.step < recipe.steps:
            if 0 < 60 * self.conditions.minutes <= state.seconds:
                return "time"
            now = rate(recipe, state.step)
            damaged = self._damaged()
            total, terms = self._step(lesson, card, state, layout)
            yield from (Notice(damaged_note(Path(name).name, error)) for name, error in self._damaged().items() if name not in damaged)
            recent.append((total, terms))
            clock.append(time.monotonic())
            state.seconds = before + clock[-1] - began
            if state.step % pause == 0 or state.step == recipe.steps:
                state.history.append([state.step, *averaged(recent)])
                recent = []
            pace = (clock[-1] - clock[0]) / max(1, len(clock) - 1)
            yield Learnt(state.step, recipe.steps, total, terms, now, state.seconds, self._left(state, pace))
            if clock[-1] >= due:
                due = time.monotonic() + self._checkpointed(state)
        return self._asked or "steps"

    def _step(self, lesson: Lesson, card: NetCard, state: State, layout: Mapping[str, tuple[int, ...]]) -> tuple[float, dict[str, float]]:
        """Make a step; return mean J and mean terms of its crops.

        Raises:
            DivergedError: If J is no number.
        """
        recipe, leaf = self.recipe, state.numbers.detach().requires_grad_()
        slope, found = torch.zeros_like(state.numbers), []
        for each in range(recipe.batch):
            # One after another: normalisation knows no batch, and memory is that of one crop.
            evaluation = lesson.judged(card, views(leaf, layout), state.step * recipe.batch + each)
            goal = evaluation.total.log() if recipe.goal == "log J" else evaluation.total
            slope += torch.autograd.grad(goal / recipe.batch, leaf)[0]
            groups = {name: value for name, value in evaluation.numbers().items() if ":" not in name}
            found.append((float(evaluation.total.detach()), groups))
        total, terms = averaged(found)
        if not (math.isfinite(total) and bool(slope.isfinite().all())):
            failed, given = f"teaching: J is no number any more at step {state.step + 1}", f"--lr {recipe.learning_rate:g}"
            raise DivergedError(one_line(failed, given, "a rate that it stands", f"--lr {recipe.learning_rate / 3:.1g}"))
        with torch.no_grad():
            state.numbers, state.adam = optimiser(recipe, state.step).step(leaf.detach(), slope, state.adam)
        state.step += 1
        return total, terms

    @property
    def _crops(self) -> list[Crops]:
        return [self.crops, *([self.manners] if self.manners else [])]

    def _damaged(self) -> dict[str, PictureError]:
        """Return name → what is wrong with each picture that turned out to be damaged so far."""
        return {name: error for crops in self._crops for name, error in crops.damaged.items()}

    def _left(self, state: State, pace: float) -> float:
        left = (self.recipe.steps - state.step) * pace
        return min(left, max(0.0, 60 * self.conditions.minutes - state.seconds)) if self.conditions.minutes else left

    def _checkpointed(self, state: State) -> float:
        """Write a checkpoint; return the seconds until the next."""
        began = time.monotonic()
        if self._written != state.step:
            write_state(self.checkpoint, state, self._now())
            self._written = state.step
        return max(self.conditions.every, (time.monotonic() - began) / WRITING)

    def _keep(self, lesson: Lesson, card: NetCard, state: State, layout: Mapping[str, tuple[int, ...]], reason: str) -> None:
        """Write the network and its record; a checkpoint too if there is something left to go on with."""
        tail = state.history[-max(1, len(state.history) // 20) :]
        ended = {
            "steps": state.step,
            "crops": state.step * self.recipe.batch,
            "seconds": round(state.seconds, 1),
            "stopped": reason,
            **({"J": median(row[1] for row in tail)} if tail else {}),
            "pictures": {"count": self.crops.count, "sha256": self.crops.digest},
        }
        described_card = replace(card, trained=ended)
        weights = {name: each.detach() for name, each in views(state.numbers, layout).items()}
        network = lesson.network(described_card, weights)
        write_painter(self.output, network)
        self.record = {**self._record(described_card, network), "history": state.history}
        write_text(self.record_path, json.dumps(self.record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", what="record")
        if reason == "steps":
            self.checkpoint.unlink(missing_ok=True)
        else:
            self._checkpointed(state)

    def _record(self, card: NetCard, network: Network) -> dict[str, Any]:
        return {
            "pincel": __version__,
            "verb": "train-style",
            "kind": card.kind,
            "parameters": network.parameters,
            **card.trained,
            "styles": list(card.styles),
            **({"before": {"file": str(self.before.file), "sha256": self.before.sha256}} if self.before else {}),
            "recipe": self.recipe.model_dump(mode="json"),
            "machine": self._circumstances(),
        }

    def _lesson(self, notes: list[str]) -> Lesson:
        """Load the network that looks, and measure the style."""
        recipe, objective = self.recipe, self.objective
        check_recipe(objective)
        card = CARDS[objective.backbone]
        made: VGG = NETWORKS[card.network](
            card, pooling=objective.pooling, pool_rounding=objective.pool_rounding, padding=objective.padding
        )
        vgg, means = made.to(self.device), None
        if objective.activations == "normalised":
            means = evened(measured(vgg, objective.calibration, notes.append, lambda *_: None))
            vgg = normalise(vgg, means)
        layers = needed_layers(objective) | ({recipe.layer} if recipe.layer else frozenset())
        quick = choose_precision("fp32", self.device, notes.append).applied(vgg, layers)
        if self.manners is None:
            return OneStyle(objective, quick, self.crops, measured_style(objective, quick, self.styles, self.device))
        assert means is not None
        eye = shallow(quick, recipe.layer) if layers == {recipe.layer} else quick
        lead = recipe.lead * recipe.steps * recipe.batch
        return AnyStyle(objective, Eye(eye, recipe.layer, means), self.crops, self.manners, recipe.copies, lead)

    def _card(self) -> NetCard:
        recipe, seen = self.recipe, self.manners is not None
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
            "styles": self.manners.digest if self.manners else [style.sha256 for style, _ in self.styles],
            "circumstances": self._circumstances(),
        }

    def _check_same(self) -> None:
        """Raise CheckpointError if a run that goes on is another."""
        now = self._now()
        changed = [name for name in now["recipe"] if name != "steps" and now["recipe"][name] != self._terms["recipe"].get(name)]
        if changed:
            failed, given = "checkpoint: is of another training", f"another {changed[0]}"
            raise CheckpointError(one_line(failed, given, "the values it began with; --steps may change", "leave them out"))
        for name, what in (("data", "pictures"), ("styles", "style")):
            if now[name] != self._terms[name]:
                raise CheckpointError(
                    one_line(
                        f"checkpoint: the {what} it began with have changed", quoted(self.checkpoint), "the same", "train from the start"
                    )
                )

    def _differences(self) -> Iterator[str]:
        """Say what may change the last bits of a run that goes on."""
        now = self._circumstances()
        before = self._terms.get("circumstances", now)
        if changed := [f"{name} {before.get(name)} before, {value} now" for name, value in now.items() if before.get(name) != value]:
            yield f"The last bits may differ from an uninterrupted run: {'; '.join(changed)}."

    def _circumstances(self) -> dict[str, str]:
        return circumstances(self.device, "fp32", 1)


def evened(means: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return mean activations, none less than a share of the median of its layer.

    A filter that hardly fires on the few pictures that a network is normalised on would be made loud enough to drown all others, in the
    first crop on which it fires.
    """
    return {name: mean.clamp_min(QUIETEST * float(mean.median())) for name, mean in means.items()}


def averaged(found: list[tuple[float, dict[str, float]]]) -> tuple[float, dict[str, float]]:
    """Return the mean J, and the mean of each term over those that have it."""
    named = dict.fromkeys(name for _, terms in found for name in terms)
    return fmean(total for total, _ in found), {name: fmean(terms[name] for _, terms in found if name in terms) for name in named}
