"""The way from noise to picture: the same noise moved by gradient descent, Adam and L-BFGS, with J and its terms at each step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pincel.engine.events import Step
from pincel.images.io import LoadedImage, Source, to_pil
from pincel.run.cache import MAX_ENTRIES_SHARED, Cache
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.studies.declarations import ProcessOptions
from pincel.studies.process_page import NAMES, Moment, Way, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.transfers import load_originals
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Frames of the animation after the first; early on, the picture changes fast, so that they lie closer there.
FRAMES = 24
# A first step of gradient descent moves pixels by this many gray levels, root mean square: its learning rate follows from the gradient.
FIRST = 3.0
# The rate of a step that shows how large the gradient is at the start.
PROBE = 1e-3
# Weights under which this many steps from noise show both photograph and painting, and no grain; content is taken where pixels count.
VALUES: Mapping[str, Any] = {"style_weight": 1e6, "tv": "absolute", "noise": "normal", "noise_level": 20.0, "bounds": "clip"}
# The content layer by default: a shallow one, so that the photograph appears within few steps.
CONTENT = ("relu2_1",)
# Adam's rate, in gray levels.
ADAM_RATE = 10.0


def study(content: Source, style: Source, options: ProcessOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint the same picture from the same noise by each optimizer, and keep what it looks like on the way.

    Raises:
        OptionError: For an option out of range.
        PincelError: For pictures or networks that cannot be used.
    """
    layers = select_layers(settings.spec, options.layer, CONTENT)
    photograph, painting, _backbone = load_originals(content, style, settings, layers)
    painter = _Painter(photograph, painting, options, settings, ",".join(layers))
    rates = {"gradient-descent": options.rate or painter.first_rate(), "adam": ADAM_RATE, "lbfgs": 1.0}
    ways: list[Way] = []
    for optimizer, rate in rates.items():
        if progress.stopped:
            break
        ways.append(painter.paint(optimizer, rate, len(ways), progress))
    own = {"recipe": options.recipe, "layer": layers, "ratio": options.ratio, "gamma": options.gamma, "rate": rates["gradient-descent"]}
    given = {**settings.as_json(), **own, "content": photograph.name, "style": painting.name}
    return page(ways, (photograph, painting), given, stopped=bool(progress.stopped))


def shown_steps(steps: int) -> list[int]:
    """Return the steps whose pictures are kept, the first and the last among them."""
    return sorted({round(steps * (number / FRAMES) ** 1.5) for number in range(FRAMES + 1)})


class _Painter:
    """Paints one picture, by any optimizer, always from the same noise."""

    def __init__(self, content: LoadedImage, style: LoadedImage, options: ProcessOptions, settings: StudySettings, layers: str) -> None:
        self._pictures, self._recipe, self._steps = (content, style), options.recipe, settings.steps
        # All runs share their network and the targets.
        self._machine = Machine.resolve(settings.device, cache=Cache(most=MAX_ENTRIES_SHARED))
        self._values: dict[str, Any] = {
            **VALUES,
            **({"activations": "raw"} if settings.spec.filters else {}),
            "content_weight": options.ratio * VALUES["style_weight"],
            "tv_weight": options.gamma,
            "content_layers": layers,
            "backbone": settings.backbone,
            "size": settings.size,
            "size_of": "long",
            "seed": settings.seed,
        }

    def first_rate(self) -> float:
        """Return the learning rate with which the first step of gradient descent moves pixels by :data:`FIRST`."""
        rate, moved = PROBE, self._moved(PROBE)
        while moved > 1:
            # Clipped at black and white, or taken back: too long to tell the gradient by.
            rate /= 1000
            moved = self._moved(rate)
        return FIRST * rate / moved if moved else 1.0

    def _moved(self, rate: float) -> float:
        """Return by how many gray levels a step of gradient descent moves pixels, root mean square; infinity if it leads nowhere."""
        pictures = [event.preview() for event in self._run("gradient-descent", rate, 1) if isinstance(event, Step)]
        return float((255 * (pictures[1] - pictures[0])).square().mean().sqrt()) if len(pictures) == 2 else math.inf

    def paint(self, optimizer: str, rate: float, before: int, progress: ProgressReporter) -> Way:
        """Paint by an optimizer, after ``before`` others."""
        run = self._run(optimizer, rate, self._steps)
        factors = dict(zip(("content", "style", "tv"), run.recipe.weights, strict=True))
        what = Note(_("painting with {count} optimizers"), count=len(NAMES))
        shown, moments, terms = set(shown_steps(self._steps)), [], []
        for event in progress.follow(run):
            if not isinstance(event, Step):
                continue
            terms.append({name: factor * event.terms.get(name, 0.0) for name, factor in factors.items()})
            if event.step in shown:
                moments.append(Moment(event.step, to_pil(event.preview().cpu()), terms[-1]))
            progress.update(what, before * self._steps + event.step, len(NAMES) * self._steps)
        return Way(optimizer, rate, moments, terms)

    def _run(self, optimizer: str, rate: float, steps: int) -> Run:
        values = {**self._values, "optimizer": optimizer, "learning_rate": rate, "optimizer_options": {}, "steps": steps}
        return Run(*self._pictures, recipe=self._recipe, machine=self._machine, **values)
