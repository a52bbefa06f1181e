"""What pincel does, as functions: paint a picture, watch it being painted, measure one that exists."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pincel.canvas.start import parse_start
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, Preparing, Step, Stopped
from pincel.engine.ladder import Climb, resampled
from pincel.engine.precision import choose_precision
from pincel.engine.problem import Problem
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.image.io import load_picture, to_pil
from pincel.image.picture import Picture
from pincel.image.sheet import contact_sheet
from pincel.recipes import build
from pincel.recipes.scales import Scales
from pincel.recipes.schema import Recipe
from pincel.recipes.toml import find_recipe
from pincel.samples import PREFIX, find_sample
from pincel.version import __version__

Source: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray[Any, Any] | Tensor | Picture
Styles: TypeAlias = Source | Sequence[Source | tuple[Source, float]]


@dataclass(frozen=True)
class Reading:
    """What is kept of a step: not its picture, and its terms still on the device."""

    step: int
    scale: tuple[int, int]
    total: float
    read: Callable[[], Mapping[str, float]]


class Run:
    """A picture being painted: iterate for events, :meth:`stop` it, read :attr:`result` whenever you like.

    Example:
        >>> run = Run("photo.jpg", "painting.jpg", steps=50)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     if isinstance(event, Step) and event.total < 1e4:
        ...         run.stop()
        >>> run.result.save("painted.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        content: Source,
        style: Styles,
        *,
        recipe: str | PathLike[str] | Recipe = "pincel",
        device: str = "auto",
        precision: str = "auto",
        on_event: Callable[[Event], None] | None = None,
        **overrides: Any,
    ) -> None:
        """Load and check everything; see :func:`transfer` for the arguments and errors.

        ``on_event`` is told here how preparations go on; everything after that comes from iterating.
        """
        tell = on_event or (lambda _: None)
        self.recipe = resolve_recipe(recipe, overrides)
        card = build.check_recipe(self.recipe)
        self.device = resolve_device(device)
        self._notes: list[str] = []
        self._content = open_picture(content, "content")
        self._styles = load_styles(style)
        self.size = build.content_size(self.recipe, self._content)
        start = parse_start(self.recipe.init)
        given = load_picture(start.path, what="start") if start.kind == "file" else None
        self.rungs = build.make_rungs(self.recipe, self.size, [style for style, _ in self._styles])
        # Not before the pictures are there: it may measure for a second.
        self.precision = choose_precision(precision, self.device, self._notes.append)
        self._notes += [f"{picture.name}: {note}" for picture in (self._content, *(s for s, _ in self._styles)) for note in picture.notes]
        self._exact = build.make_backbone(self.recipe, self.device, self._notes.append, lambda *p: tell(Preparing(*p)))
        quick = build.quickened(self.recipe, self._exact, self.precision)
        self._scales = Scales(self.recipe, self._content, self._styles, self.size, quick, self.device, self.precision)
        begin = build.make_start(self.recipe, self._scales.materials(self.rungs[0]), card, given).to(self.device)
        # Nothing here refers back to the run: its networks go when it goes.
        self._climb = Climb(self.rungs, self._scales.problem, partial(build.make_optimizer, self.recipe), begin, self._scales.finer)
        self._readings: list[Reading] = []
        self._stopped = Stopped("not started", 0, 0)
        self._seconds = 0.0
        self._memory = 0

    @property
    def materials(self) -> build.Materials:
        """The pictures at full size."""
        return self._scales.full

    @property
    def problem(self) -> Problem:
        """The objective at full size."""
        return self._scales.objective

    def __iter__(self) -> Iterator[Event]:
        """Paint, telling each step."""
        yield from (Notice(note) for note in tuple(self._notes))
        for event in self._climb:
            self._remember(event)
            yield event

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; safe from another thread or a signal handler."""
        self._climb.stop(reason)

    @property
    def result(self) -> Result:
        """The best picture so far and its record."""
        # Of a run that ended on a coarse scale, the picture is brought to the size that was asked for.
        picture = resampled(self._climb.picture, self.size) if self._climb.size != self.size else self._climb.picture
        image = to_pil((picture / self.recipe.white).clamp(0, 1).cpu(), self.materials.content.alpha)
        losses = [{"size": [s.scale[1], s.scale[0]], "step": s.step, "total": s.total, **s.read()} for s in self._readings]
        return Result(image, tuple(losses), self._record(image, losses), self._stopped.reason)

    def sheet(self, result: Result) -> Image.Image:
        """Return content, styles and result side by side."""
        pictures = [("content", self.materials.content), *(("style", style) for style, _ in self.materials.styles)]
        cells = [(caption, to_pil(picture.pixels, picture.alpha)) for caption, picture in pictures]
        return contact_sheet([*cells, ("result", result.image)])

    def _remember(self, event: Event) -> None:
        if isinstance(event, Step):
            self._readings.append(Reading(event.step, event.scale, event.total, event.read))
            self._seconds, self._memory = event.seconds, event.memory
            best = self._climb.best
            self._stopped = Stopped("unfinished", event.step, best.step if best else 0)
        elif isinstance(event, Stopped):
            self._stopped = event
        elif isinstance(event, Notice):
            self._notes.append(event.text)

    def _judged(self, image: Image.Image) -> dict[str, Any]:
        """Measure the objective of the picture as saved, in fp32 whatever it was painted in."""
        judge = self.problem
        if self.precision.name != "fp32":
            judge = build.make_problem(self.recipe, self.materials, self._exact, self.device)
        return measure(judge, self.recipe.white * load_picture(image.convert("RGB")).pixels.to(self.device))

    def _record(self, image: Image.Image, losses: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "pincel": __version__,
            "recipe": self.recipe.model_dump(),
            "content": _described(self._content),
            "styles": [{**_described(style), "weight": weight} for style, weight in self._styles],
            "size": [self.size[1], self.size[0]],
            "style_sizes": [[style.width, style.height] for style, _ in self.materials.styles],
            "device": str(self.device),
            "precision": str(self.precision),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "stopped": self._stopped.reason,
            "steps": self._stopped.step,
            "best_step": self._stopped.best_step,
            "seconds": round(self._seconds, 3),
            "peak_memory": self._memory,
            "notes": self._notes,
            "scales": [
                {
                    "size": [climbed.rung.size[1], climbed.rung.size[0]],
                    "steps": climbed.stopped.step,
                    "stopped": climbed.stopped.reason,
                    "seconds": round(climbed.seconds, 3),
                }
                for climbed in self._climb.climbed
            ],
            "saved": self._judged(image),
            "losses": losses,
        }


def transfer(
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    precision: str = "auto",
    on_event: Callable[[Event], None] | None = None,
    **overrides: Any,
) -> Result:
    """Paint a photograph in the manner of a painting.

    Args:
        content: The photograph: a path, a PIL image, an array (H, W, 3) or a tensor (1, 3, H, W) in [0, 1].
        style: The painting, or several, each alone or as (painting, weight).
        recipe: Name, TOML file, or :class:`Recipe`.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (the quickest this machine has, measured once), ``fp32``, ``tf32`` or ``bf16``; see
            :mod:`pincel.engine.precision`.
        on_event: Called with each event; for a progress bar, say.
        **overrides: Any value of the recipe: ``size=256, steps=100, style_weight=1e4, style_layers="relu1_1,relu2_1"`` …

    Returns:
        The best picture found, why the run stopped, every loss on the way, and the record.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.
    """
    run = Run(content, style, recipe=recipe, device=device, precision=precision, on_event=on_event, **overrides)
    for event in run:
        if on_event:
            on_event(event)
    return run.result


def evaluate(
    image: Source,
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    **overrides: Any,
) -> dict[str, Any]:
    """Measure every term of an objective for a picture that exists, in fp32.

    Args:
        image: The picture to judge. Content and style are brought to the sizes a run with this result would use.
        content: As for :func:`transfer`.
        style: As for :func:`transfer`.
        recipe: As for :func:`transfer`.
        device: As for :func:`transfer`.
        **overrides: As for :func:`transfer`.

    Returns:
        ``total``; ``terms``, each unweighted J by name; ``weighted``, what each adds to the total; ``size``.

    Raises:
        PincelError: As for :func:`transfer`; PictureSizeError if the picture cannot come from this content.
    """
    asked = resolve_recipe(recipe, overrides)
    build.check_recipe(asked)
    where = resolve_device(device)
    judged, photograph = open_picture(image, "picture"), open_picture(content, "content")
    size = (judged.height, judged.width)
    settled = build.recipe_for_size(asked, photograph, size)
    build.content_size(settled, photograph)
    materials = build.prepare(settled, photograph, load_styles(style), size)
    backbone = build.make_backbone(settled, where, lambda _: None, lambda *_: None)
    problem = build.make_problem(settled, materials, backbone, where)
    return {**measure(problem, settled.white * judged.pixels.to(where)), "size": [judged.width, judged.height]}


def measure(problem: Problem, pixels: Tensor) -> dict[str, Any]:
    """Evaluate an objective at a picture in the network's pixel units: total, unweighted terms, and what each adds."""
    with torch.no_grad():
        evaluation = problem.judge(pixels)
    return {
        "total": float(evaluation.total),
        "terms": evaluation.numbers(),
        "weighted": {term.name: float(term.weighted) for term in evaluation.terms},
    }


def resolve_recipe(recipe: str | PathLike[str] | Recipe, overrides: Mapping[str, Any]) -> Recipe:
    """Return the recipe named, with some values changed."""
    base = recipe if isinstance(recipe, Recipe) else find_recipe(str(recipe)).recipe
    return base.override(**overrides)


def load_styles(style: Styles) -> list[tuple[Picture, float]]:
    """Load one style or several.

    Raises:
        OptionError: For none at all, a weight that is no number of 0 or more, or weights that are all zero.
    """
    given = list(style) if isinstance(style, list | tuple) else [style]
    pairs = [entry if isinstance(entry, tuple) else (entry, 1.0) for entry in given]
    if not pairs:
        raise OptionError("No style picture given; give at least one.")
    for _, weight in pairs:
        if not (np.isfinite(weight) and weight >= 0):
            raise OptionError(f"The weight of a style picture must be a number of 0 or more, not {weight!r} (write picture.jpg=0.7).")
    if not any(weight > 0 for _, weight in pairs):
        raise OptionError("The weights of the style pictures are all zero; give at least one a weight above 0.")
    return [(open_picture(source, "style"), float(weight)) for source, weight in pairs]


def open_picture(source: Source, what: str) -> Picture:
    """Load a picture; ``sample:NAME`` is one of those that come with pincel."""
    if isinstance(source, str) and source.startswith(PREFIX):
        return load_picture(find_sample(source), what=what)
    return load_picture(source, what=what)


def _described(picture: Picture) -> dict[str, Any]:
    return {"name": picture.name, "sha256": picture.sha256, "width": picture.width, "height": picture.height}
