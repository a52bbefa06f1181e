"""A picture being painted: everything loaded and checked, then step by step."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from pincel.canvas.start import parse_start
from pincel.engine.checkpoint import Checkpoint, circumstances, find_checkpoint
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, Preparing, Step, Stopped
from pincel.engine.history import History
from pincel.engine.judge import measure
from pincel.engine.keeper import EVERY, Keeper, new_folder
from pincel.engine.ladder import FINISHED, Climb, ClimbSnapshot, resampled
from pincel.engine.layout import parse_layout
from pincel.engine.loop import LoopSnapshot
from pincel.engine.memory import free_memory, parse_memory, used_memory
from pincel.engine.pace import Pacer, pace
from pincel.engine.precision import Precision, choose_precision
from pincel.engine.problem import Problem
from pincel.engine.result import Result
from pincel.engine.team import Crew, Single
from pincel.errors import MemoryLimitError, OptionError, WorkerError
from pincel.image.io import load_picture, to_pil
from pincel.image.picture import Picture
from pincel.image.resize import is_cut
from pincel.image.sheet import contact_sheet
from pincel.recipes.schema import Recipe, make_recipe
from pincel.recipes.toml import find_recipe
from pincel.run import build, sizes
from pincel.run.cache import Forgetful, Remembers
from pincel.run.consistency import idle_values, settle
from pincel.run.images import Materials, prepare
from pincel.run.inputs import check_written, fitted_size, load_inputs
from pincel.run.objective import Scales, Wishes, no_wishes, wishing
from pincel.run.plan import Means, planned
from pincel.sources import (
    BLANK,
    Source,
    Styles,
    described,
    open_again,
    open_picture,
)
from pincel.version import __version__

# Of the memory that is free, what a run takes unless it is told how much.
FREE = 0.85


class Run:
    """A picture being painted: iterate for events, :meth:`stop` it, read :attr:`result` whenever you like.

    Example:
        >>> run = Run("photo.jpg", "painting.jpg", steps=50)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     if isinstance(event, Step) and event.total < 1e4:
        ...         run.stop()
        >>> run.result.save("painted.png")  # doctest: +SKIP

    Attributes:
        also: Values of the caller's own that go into each checkpoint and come back with it: texts, numbers, and lists and dictionaries
            of them.
        lost: What became of a process that shared the work, if the run had to end because of it.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of the caller's
        self,
        content: Source,
        style: Styles,
        *,
        recipe: str | PathLike[str] | Recipe = "pincel",
        device: str = "auto",
        precision: str | Precision = "auto",
        tiles: str | Sequence[str] = "auto",
        memory: str | None = None,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: float = EVERY,
        on_event: Callable[[Event], None] | None = None,
        place: ClimbSnapshot | None = None,
        crew: Crew | None = None,
        start: Source | None = None,
        wishes: Wishes = no_wishes,
        memo: Remembers | None = None,
        **overrides: Any,
    ) -> None:
        """Load and check everything; see :func:`transfer` for the arguments and errors.

        ``on_event`` is told here how preparations go on, and later how far a step has come that takes many tiles; everything else comes
        from iterating. ``place`` is where to go on from; :meth:`resumed` gives it. ``crew`` are the processes that share the work.

        For many pictures: ``start`` is a picture to begin from, whatever ``init`` says. ``wishes`` gives further losses for the
        (height, width) of a scale; no checkpoint can hold them. ``memo`` is kept by the caller and given to each run, so that networks,
        and what is seen in style pictures, are there from the run before.
        """
        memo = memo or Forgetful()
        self._wishes = wishes
        self._crew = crew or Single()
        tell = on_event or (lambda _: None)
        resolved = resolve_recipe(recipe, overrides)
        # A run that goes on has been settled when it began.
        self.recipe, settled = (resolved, ()) if place else settle(resolved, overrides)
        card = build.check_recipe(self.recipe)
        layouts = None if tiles == "auto" else [parse_layout(text).checked(card) for text in ([tiles] if isinstance(tiles, str) else tiles)]
        allowed = None if memory is None else parse_memory(memory)
        self.device = resolve_device(device)
        self._history = History()
        note = self._history.notes.append
        self._history.notes += [*settled, *idle_values(self.recipe, overrides)]
        folder = None if checkpoint is None else new_folder(Path(checkpoint))
        self._inputs = load_inputs(self.recipe, content, style, note, allowed)
        self.recipe, seen = self._inputs.recipe, self._inputs.seen
        self.size = sizes.content_size(self.recipe, seen.content)
        given = None if place else self._given(start)
        if given is not None and is_cut((given.height, given.width), self.size):
            note(f"{given.name}: {given.width}×{given.height}, cut to the shape of the result, {self.size[1]}×{self.size[0]}.")
        self._began = {"start": described(given)} if start is not None and given else {}
        self.rungs = sizes.make_rungs(self.recipe, self.size, [style for style, _ in seen.styles])
        # Not before the pictures are there: it may measure for a second.
        self.precision = precision if isinstance(precision, Precision) else choose_precision(precision, self.device, note)
        self._history.notes += self._inputs.notes
        self._exact = build.make_backbone(self.recipe, self.device, note, lambda *p: tell(Preparing(*p)), memo)
        quick = build.quickened(self.recipe, self._exact, self.precision, memo)
        means = Means(self.device, used := used_memory(self.device), allowed or used + int(FREE * free_memory(self.device)), memo)
        self._budget = means.budget
        self.plan = planned(self.recipe, self.rungs, seen, quick, means, layouts, self._crew.processes)
        self.recipe = self.plan.recipe
        self._inputs = replace(self._inputs, recipe=self.recipe)
        self._history.notes += self.plan.notes
        work = self.device, self.precision, self.plan.layout, self._crew.share, tell
        parts = [rung.share for rung in self.rungs]
        self._scales = Scales(self.recipe, seen, self.size, quick, *work, wishes, memo, parts)
        begin = place.picture if place else build.make_start(self.recipe, self._scales.materials(self.rungs[0]), card, given)
        # Nothing here refers back to the run: its networks go when it goes.
        recipe = self.recipe
        self._tell = tell
        self._pacer = Pacer(self.device, self.precision)
        self._climb = Climb(
            self.rungs,
            self._scales.problem,
            lambda _, canvas: build.make_optimizer(recipe, canvas),
            begin.to(self.device),
            self._scales.finer,
            place,
        )
        self._result: Result | None = None
        self._untold = list(self._history.notes)
        self._told: LoopSnapshot | None = None
        self.lost: WorkerError | None = None
        self._keeper: Keeper | None = None
        self.also: dict[str, Any] = {}
        if folder is not None:
            self.keep_checkpoints(folder, checkpoint_every)

    @classmethod
    def resumed(
        cls,
        checkpoint: Checkpoint | str | PathLike[str],
        *,
        device: str | None = None,
        on_event: Callable[[Event], None] | None = None,
        crew: Crew | None = None,
    ) -> Run:
        """Build the run that a checkpoint was taken of, ready to go on; on the same machine it ends with the same bytes.

        Args:
            checkpoint: A folder of checkpoints, or one read from it.
            device: Where to go on; where it was when left out. Another device ends with a picture alike, of other bytes.
            on_event: As for :func:`transfer`.
            crew: The processes that share the work; another number than before ends with other bytes.

        Raises:
            CheckpointError: If there is none that is whole, or a picture the run began with has changed.
            PincelError: As for :func:`transfer`.
        """
        found = checkpoint if isinstance(checkpoint, Checkpoint) else find_checkpoint(checkpoint)
        with found.reading():
            written = found.values()
            recipe = make_recipe(written["recipe"])
            content = open_again(written["content"], "content", fit=partial(fitted_size, recipe))
            styles = [(open_again(style, "style", recipe.background), style["weight"]) for style in written["styles"]]
            check_written(recipe, written)
            where = resolve_device(device or written["device"])
            precision = written["precision"] if where.type == torch.device(written["device"]).type else "auto"
            place, tiles = found.values(where)["climb"], written["tiles"]
            if not isinstance(place, ClimbSnapshot):
                raise TypeError(f"it stands at a {type(place).__name__}")
        run = cls(
            content, styles, recipe=recipe, device=str(where), precision=precision, tiles=tiles, on_event=on_event, place=place, crew=crew
        )
        with found.reading():
            run._take_up(written, found)
        return run

    @property
    def expected_seconds(self) -> float | None:
        """How long painting will take, by what is known of the machine; None if that is nothing."""
        return self.seconds_for(self.plan.work)

    def seconds_for(self, work: float) -> float | None:
        """How long so many multiply-adds will take, by what is known of the machine; None if that is nothing."""
        known = pace(self.device, self.precision)
        return work / known / self._crew.processes if known else None

    def keep_checkpoints(
        self,
        folder: str | PathLike[str],
        every: float = EVERY,
        *,
        after: float = 0.0,
    ) -> None:
        """From now on write checkpoints while iterating.

        Args:
            folder: Made when first written to.
            every: Seconds between two, above 0.
            after: Seconds that the run must be going, or be expected to take, for the first.

        Raises:
            OptionError: For a pause of 0 or less, or pictures that are no files and so could not be found again, or losses beyond the
                recipe's.
        """
        if self._wishes is not no_wishes:
            raise OptionError("Checkpoints hold a recipe and no losses beyond it; leave the wishes or the checkpoints out.")
        if not all(self._inputs.places):
            raise OptionError("Checkpoints need pictures that are files, to find them again; save them first and give their paths.")
        expected = self.expected_seconds or 0.0
        self._keeper = Keeper(Path(folder), every, after=0.0 if expected >= after else after)

    def discard_checkpoints(self) -> None:
        """Remove the checkpoints of this run, and their folder if nothing else is in it."""
        if self._keeper:
            self._keeper.discard()

    @property
    def tight(self) -> bool:
        """Whether pictures are looked at in tiles, and the run is expected to take most of the memory it may use."""
        return bool(self.plan.layout(self.size).cuts) and self.plan.memory > self._budget / 2

    @property
    def is_transparent(self) -> bool:
        """Whether the content, and so the result, has transparent parts."""
        return self._inputs.content.alpha is not None

    @property
    def processes(self) -> int:
        """How many share the work."""
        return self._crew.processes

    @property
    def way_on(self) -> str:
        """What to type to go on with the run from its newest checkpoint; nothing if there is none."""
        return self._keeper.command if self._keeper and self._keeper.holds else ""

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to go on with."""
        return self._history.stopped.reason in FINISHED

    @property
    def materials(self) -> Materials:
        """The pictures at full size."""
        return self._scales.full

    @property
    def problem(self) -> Problem:
        """The objective at full size."""
        return self._scales.objective

    def __iter__(self) -> Iterator[Event]:
        """Paint, telling each step."""
        yield from (Notice(note) for note in tuple(self._untold))
        try:
            self._crew.brief(self._brief)
            for event in self._climb:
                yield from self._keep(event)
                self._remember(event)
                yield self._coloured(event)
        except WorkerError as error:
            if self._climb.best is None:
                raise
            self.lost = error
            yield from self._abandoned()

    def _given(self, start: Source | None) -> Picture | None:
        """Load the picture to start from, if there is one: what was given, or what the recipe names."""
        if start is not None:
            return open_picture(start, "start", self.recipe.background)
        init = parse_start(self.recipe.init)
        return open_picture(init.path, "start", self.recipe.background) if init.kind == "file" else None

    def _coloured(self, event: Event) -> Event:
        """Let the preview of a step have the colours of the result, and show what is transparent in it on the background."""
        if not isinstance(event, Step):
            return event
        plain = event.preview
        return replace(event, preview=lambda: self._inputs.shown(plain()))

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; safe from another thread or a signal handler."""
        self._climb.stop(reason)

    @property
    def result(self) -> Result:
        """The best picture so far and its record; judged when first asked for, unless that is interrupted."""
        if self._result is None:
            self._result = self._judged_result()
        return self._result

    def _judged_result(self) -> Result:
        # Of a run that ended on a coarse scale, the picture is brought to the size that was asked for.
        picture = resampled(self._climb.picture, self.size) if self._climb.size != self.size else self._climb.picture
        pixels, alpha = self._inputs.finished((picture / self.recipe.white).clamp_(0, 1).cpu()), self.materials.content.alpha
        image = to_pil(pixels, alpha)
        losses = self._history.losses()
        content, recipe = self._inputs.content, self.recipe
        return Result(
            image,
            tuple(losses),
            self._record(image, losses),
            self._history.stopped.reason,
            pixels,
            alpha,
            content.dpi,
            content.metadata if recipe.keep_metadata else None,
            recipe.background,
        )

    def sheet(self, result: Result) -> Image.Image:
        """Return content, styles and result side by side."""
        given = prepare(self.recipe, self._inputs.plain, self.size)
        shown = [] if self._inputs.content.name.startswith(BLANK) else [("content", given.content)]
        pictures = [*shown, *(("style", style) for style, _ in given.styles)]
        cells = [(caption, to_pil(picture.pixels, picture.alpha)) for caption, picture in pictures]
        return contact_sheet([*cells, ("result", result.image)])

    def _keep(self, event: Event) -> Iterator[Notice]:
        """Write a checkpoint if it is time for one, or if the run ends before its end."""
        # A look that was left in the middle would have led to something new: all that was told is behind it.
        left = isinstance(event, Stopped) and self._climb.snapshot().loop is not self._told
        if left or isinstance(event, Step | Notice):
            self._history.mark()
            self._told = self._climb.snapshot().loop
        keeper, seconds = self._keeper, self._climb.seconds
        if keeper is None:
            return
        cut = isinstance(event, Stopped) and event.reason not in FINISHED and seconds >= keeper.after
        if cut or (isinstance(event, Step | Notice) and keeper.is_due(seconds)):
            yield from (Notice(line) for line in keeper.write(self._written(keeper)))
        if cut and keeper.holds:
            yield Notice(f"To go on with this run: {keeper.command}")

    def _abandoned(self) -> Iterator[Event]:
        """End where the last evaluation could not be made."""
        end = replace(self._history.stopped, reason="worker lost")
        yield from self._keep(end)
        self._remember(end)
        yield end

    def _brief(self) -> dict[str, Any]:
        """What the others must know to share the work."""
        return {
            "pincel": __version__,
            **self._inputs.written(),
            "device": self.device.type,
            "precision": [self.precision.name, self.precision.method],
            "tiles": [[scale.rung.size, str(scale.layout)] for scale in self.plan.scales],
        }

    def _written(self, keeper: Keeper) -> dict[str, Any]:
        """What a checkpoint holds. A value added here comes back in :meth:`resumed`; one of another meaning needs another version."""
        return {
            **self._inputs.written(),
            **self._history.written(),
            "climb": self._climb.snapshot(),
            "device": str(self.device),
            "precision": self.precision,
            "tiles": [str(scale.layout) for scale in self.plan.scales],
            "circumstances": circumstances(self.device, self.precision, self._crew.processes),
            "every": keeper.every,
            "also": self.also,
        }

    def _take_up(self, written: dict[str, Any], found: Checkpoint) -> None:
        """Know again what the run knew."""
        climb: ClimbSnapshot = written["climb"]
        self._inputs = replace(self._inputs, places=[written["content"]["path"], *(style["path"] for style in written["styles"])])
        now, then = circumstances(self.device, self.precision, self._crew.processes), {"processes": "1", **written["circumstances"]}
        changed = [f"{what} {then.get(what)} before, {now[what]} now" for what in now if then.get(what) != now[what]]
        differs = [f"The bytes may differ from those of a run in one piece: {', '.join(changed)}."] if changed else []
        where = f"Goes on from step {climb.loop.step} of {self._climb.size[1]}×{self._climb.size[0]}, {climb.seconds:.0f} s into the run."
        self._untold = self._history.take_up(written, climb, [*found.notes, *differs, where])
        self._keeper = Keeper(found.path.parent, written["every"], own=(found.path,))
        self.also = written["also"]

    def _remember(self, event: Event) -> None:
        self._result = None
        best = self._climb.best
        self._history.see(event, best.step if best else 0)
        if isinstance(event, Step):
            self._pacer.see(event)
        elif isinstance(event, Stopped) and self._crew.processes == 1:
            self._pacer.keep(self.plan.step_work, self._history.notes.append)

    def _judged(self, image: Image.Image) -> dict[str, Any]:
        """Measure the objective of the picture as saved, in fp32 whatever it was painted in."""
        pixels = self._inputs.palette.judged(load_picture(image.convert("RGB")).pixels).mul_(self.recipe.white).to(self.device)
        if self.precision.name == "fp32" and self.lost is None:
            with suppress(WorkerError):
                return measure(replace(self.problem, watch=self._watch_judging), pixels)
        # By itself: this needs nobody.
        layout = self._scales.layouts(self.size)
        view = build.View(layout, tell=self._tell, memo=self._scales.memo)
        exact = wishing(build.make_problem(self.recipe, self.materials, self._exact, self.device, view=view), self._wishes(self.size))
        return measure(replace(exact, watch=self._watch_judging), pixels)

    def _watch_judging(self, done: int, total: int) -> None:
        self._tell(Preparing("judging the picture", done, total))

    def _record(self, image: Image.Image, losses: list[dict[str, Any]]) -> dict[str, Any]:
        try:
            saved = self._judged(image)
        except (MemoryLimitError, KeyboardInterrupt):
            # The picture is worth having without its measure, and without waiting for it.
            saved = None
        return {
            "pincel": __version__,
            "recipe": self.recipe.model_dump(),
            **self._inputs.described(),
            **self._began,
            "size": [self.size[1], self.size[0]],
            "style_sizes": [[style.width, style.height] for style, _ in self.materials.styles],
            "device": str(self.device),
            "precision": str(self.precision),
            "processes": self._crew.processes,
            "tiles": str(self.plan.layout(self.size)),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            **self._history.described(),
            "scales": [
                {
                    "size": [climbed.rung.size[1], climbed.rung.size[0]],
                    "steps": climbed.stopped.step,
                    "stopped": climbed.stopped.reason,
                    "seconds": round(climbed.seconds, 3),
                }
                for climbed in self._climb.climbed
            ],
            "saved": saved,
            "losses": losses,
        }


def resolve_recipe(recipe: str | PathLike[str] | Recipe, overrides: Mapping[str, Any]) -> Recipe:
    """Return the recipe named, with some values changed."""
    base = recipe if isinstance(recipe, Recipe) else find_recipe(str(recipe)).recipe
    return base.override(**overrides)
