"""Several style transfers one after the other, with one progress bar; and what the studies of them have in common."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from pincel.backbones.vgg import VGG, Pooling
from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.result import Result
from pincel.images.io import LoadedImage, Source, load_picture, to_pil
from pincel.run.cache import MAX_ENTRIES_SHARED, Cache
from pincel.run.check import resolve_recipe
from pincel.run.inputs import load_inputs
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.run.scales import judging_objectives
from pincel.samples import PREFIX
from pincel.sources import open_picture
from pincel.studies.features import check_size, load_input, load_network
from pincel.studies.progress import ProgressReporter
from pincel.studies.settings import StudySettings
from pincel.translation import Note, Translated
from pincel.translation import gettext_lazy as _

# β of Gatys et al.
STYLE_WEIGHT = 1e6
EARLY = _("The study was ended early: {done} of {count} pictures are there, the last one unfinished.")


@dataclass(frozen=True)
class TransferSpec:
    """One style transfer: photograph and painting in the size of the study, and the recipe values that it sets."""

    content: LoadedImage
    style: LoadedImage
    values: Mapping[str, Any]


def transfer_all(
    jobs: Sequence[TransferSpec], settings: StudySettings, progress: ProgressReporter, recipe: str = "gatys2015"
) -> list[Result]:
    """Run one transfer after the other, each from the same seed.

    Returns:
        Their results, in order; fewer after a request to end, the last of them unfinished then.

    Raises:
        PincelError: As :class:`pincel.run.run.Run`.
    """
    done: list[Result] = []
    if progress.stopped:
        return done
    # Most of them share their network, and often the painting.
    machine = Machine.resolve(settings.device, cache=Cache(most=MAX_ENTRIES_SHARED))
    last = _run(jobs[-1], settings, recipe, machine)
    _estimate(last, len(jobs), progress)
    for job in jobs:
        if progress.stopped:
            break
        run = _run(job, settings, recipe, machine) if len(done) < len(jobs) - 1 else last
        _follow(run, len(done), len(jobs), progress)
        done.append(run.result)
    return done


def load_originals(
    content: Source, style: Source, settings: StudySettings, layers: Iterable[str], pooling: Pooling = "avg"
) -> tuple[LoadedImage, LoadedImage, VGG]:
    """Load a photograph, a painting, and the network, and check that every layer has a position in both pictures."""
    photograph, painting = load_input(content, settings, "content"), load_input(style, settings, "style")
    backbone = load_network(settings, pooling)
    for picture in (photograph, painting):
        check_size(backbone, picture, layers)
    return photograph, painting, backbone


def open_pair(content: Source, style: Source) -> tuple[LoadedImage, LoadedImage]:
    """Open a photograph and a painting in their own sizes, what is transparent on white."""
    return open_picture(content, "content", DEFAULT_BACKGROUND), open_picture(style, "style", DEFAULT_BACKGROUND)


def original_cells(photograph: LoadedImage, painting: LoadedImage) -> list[tuple[Translated, Image.Image]]:
    """Return cells of a sheet for the two."""
    return [(_("content"), to_pil(photograph.pixels)), (_("style"), to_pil(painting.pixels))]


def weights(settings: StudySettings, ratio: float) -> dict[str, Any]:
    """Return the recipe values for a ratio α/β, with the same β for all."""
    # Filters that were never trained have nothing to normalize.
    raw = {"activations": "raw"} if settings.spec.filters else {}
    return {"content_weight": STYLE_WEIGHT * ratio, "style_weight": STYLE_WEIGHT, **raw}


def relative_losses(result: Result, term: str = "total") -> list[float]:
    """Return a term at each step over its first value."""
    first = result.losses[0][term] or 1.0
    return [each[term] / first for each in result.losses]


def early_stop_note(done: Sequence[object], jobs: Sequence[object], progress: ProgressReporter) -> tuple[Translated, ...]:
    """Return the note that a study was ended early, if it was."""
    return (EARLY.fill(done=len(done), count=len(jobs)),) if progress.stopped else ()


def _follow(run: Run, before: int, count: int, progress: ProgressReporter) -> None:
    """Run to the end, reporting the steps of all pictures together."""
    each, what = sum(scale.steps for scale in run.plan.scales), Note(_("painting {count} pictures"), count=count)
    for steps in progress.follow_steps(run):
        progress.update(what, before * each + steps, count * each)
    progress.update(what, (before + 1) * each, count * each)


def _run(job: TransferSpec, settings: StudySettings, recipe: str, machine: Machine) -> Run:
    own = {"backbone": settings.backbone, "size": settings.size, "size_of": "long", "seed": settings.seed, "steps": settings.steps}
    return Run(job.content, job.style, recipe=recipe, machine=machine, **{**own, **job.values})


def _estimate(last: Run, count: int, progress: ProgressReporter) -> None:
    """Report how long all of it may take, if the speed of this machine is known; the last picture of a study is one of the most work."""
    seconds = last.machine.seconds_for(last.plan.work)
    if seconds:
        whole = count * seconds
        about = f"{whole / 60:.0f} min" if whole >= 90 else f"{whole:.0f} s"
        text = _("{count} pictures of {steps} steps, {time} at most at the speed of the last run on this machine.")
        progress.note(Note(text, count=count, steps=last.recipe.steps, time=about))


@dataclass
class PicturePair:
    """A photograph and a painting that are painted several times, by a recipe and under values of a study.

    Attributes:
        content: The photograph, as its file has it: a run brings it to its size, as that of the command does.
        style: The painting, likewise.
        recipe: Name or file.
        settings: Network, size, steps, seed and device.
    """

    content: LoadedImage
    style: LoadedImage
    recipe: str
    settings: StudySettings

    def __post_init__(self) -> None:
        # All runs share their networks and the pictures in their size.
        self._machine = Machine.resolve(self.settings.device, cache=Cache(most=MAX_ENTRIES_SHARED))

    @property
    def values(self) -> dict[str, Any]:
        """Of the settings, as a recipe has them."""
        own = self.settings
        return {"backbone": own.backbone, "size": own.size, "size_of": "long", "seed": own.seed, "steps": own.steps}

    def run(self, values: Mapping[str, Any]) -> Run:
        """Return a run by the recipe with these values."""
        return Run(self.content, self.style, recipe=self.recipe, machine=self._machine, **values)

    def judge(self, values: Mapping[str, Any]) -> Callable[[Image.Image], dict[str, Any]]:
        """Return what measures the terms of a picture of this size, as :func:`pincel.evaluate` does; all targets are measured once."""
        machine = Machine.resolve(self.settings.device, "fp32", cache=self._machine.cache)
        inputs = load_inputs(resolve_recipe(self.recipe, values), self.content, self.style)
        objectives = judging_objectives(inputs, machine)
        return lambda image: objectives.evaluate(load_picture(image).pixels)

    def cells(self) -> list[tuple[Translated, Image.Image]]:
        """Return cells of a sheet for the two, in the size of the study."""
        return original_cells(load_input(self.content, self.settings, "content"), load_input(self.style, self.settings, "style"))

    def command(self, values: Mapping[str, Any]) -> str:
        """Return the command that paints the picture of these values."""
        names = [picture.uri if (picture.uri or "").startswith(PREFIX) else picture.name for picture in (self.content, self.style)]
        return shlex.join(["pincel", "transfer", *map(str, names), "-o", "G.png", "--recipe", self.recipe, *option_words(values)])


def option_words(values: Mapping[str, Any]) -> list[str]:
    """Return recipe values as options of the command line."""
    return [
        word
        for name, value in values.items()
        if value != {}
        for word in (f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value))
    ]
