"""What is rebuilt, from which representations, and with how much smoothing; photographs and their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincel.backbones import BACKBONES, DESCRIPTORS
from pincel.backbones.model_registry import network_and_layer
from pincel.backbones.specs import ModelSpec
from pincel.errors import OptionError, PictureError, PincelError, WeightsError
from pincel.images.picture import LoadedImage
from pincel.inversion.loop import check_inversion
from pincel.inversion.run import resolve_inversion
from pincel.recipes.inversion import Inversion, looked_up
from pincel.studies.declarations import InversionOptions
from pincel.studies.inversion_codes import LEFT_OUT, measure_codes, open_photographs
from pincel.studies.inversion_errors import CodeDistances
from pincel.studies.inversion_options import read_experiments, read_lambdas, read_representations
from pincel.studies.progress import ProgressReporter
from pincel.studies.settings import StudySettings
from pincel.translation import Note, Translated
from pincel.translation import gettext_lazy as _


@dataclass(frozen=True)
class InversionPlan:
    """What is to be done.

    Attributes:
        options: Of the study.
        settings: Of every study.
        recipe: How each picture is rebuilt, in the size, steps and seed of the study.
        experiments: Which of :data:`EXPERIMENTS`.
        lambdas: Weights of the total variation, small to large.
        photographs: In that size.
        codes: Representation → lengths and distances of the photographs' codes.
        shapes: Representation → (C, h, w) of its code, or what shape it has.
        notes: What was adjusted or left out.
    """

    options: InversionOptions
    settings: StudySettings
    recipe: Inversion
    experiments: tuple[str, ...]
    lambdas: tuple[float, ...]
    photographs: Sequence[LoadedImage]
    codes: Mapping[str, CodeDistances]
    shapes: Mapping[str, tuple[int, ...]]
    notes: tuple[Translated, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the first photograph, and with several of all."""
        return self.photographs[0].height, self.photographs[0].width

    @property
    def networks(self) -> tuple[str, ...]:
        """Representations that are layers of a network."""
        return tuple(name for name in self.codes if name not in DESCRIPTORS)

    @property
    def layer_series(self) -> tuple[str, ...]:
        """Those of the first of these networks, shallow to deep: only within one is a layer deeper than another."""
        split = {name: network_and_layer(name) for name in self.networks}
        first = [name for name, (network, _) in split.items() if network == next(iter(split.values()))[0]]
        return tuple(sorted(first, key=lambda name: BACKBONES[split[name][0]].names.index(split[name][1])))

    def own(self, name: str) -> float:
        """Return the weight of the total variation that the recipe gives a representation."""
        return looked_up(self.recipe.tv_weight, name, "--tv-weight")

    def short(self, name: str) -> str:
        """Return the name of a representation on the page: that of the layer, where there is one network."""
        alone = len({network_and_layer(each)[0] for each in self.networks}) == 1
        return name.rpartition(":")[2] if alone else name


def first_middle_last(names: Sequence[str]) -> tuple[str, ...]:
    """Return three of several: the first, the middle one, the last; fewer if there are fewer.

    Example:
        >>> first_middle_last(["a", "b", "c", "d", "e"]), three(["a"])
        (('a', 'c', 'e'), ('a',))
    """
    return tuple(dict.fromkeys(names[place] for place in (0, len(names) // 2, -1))) if names else ()


def spec_of(name: str) -> tuple[ModelSpec, str] | None:
    """Return spec and layer of a representation; None for one that is no network's."""
    backbone, layer = network_and_layer(name)
    return (BACKBONES[backbone], layer) if layer else None


def make_plan(sources: Sequence[str], options: InversionOptions, settings: StudySettings, progress: ProgressReporter) -> InversionPlan:
    """Parse the options, open the photographs, and compute their codes.

    Representations whose weights are missing, that need larger pictures, or whose codes are zero, are left out with a note.

    Args:
        sources: Folders, files, ``sample:NAME``.
        options: Of this study.
        settings: Of every study.
        progress: Reports how far it is; if it is stopped, the representations not computed yet are left out.

    Raises:
        PincelError: For options that cannot be parsed; without a photograph or a representation, the error of the first.
    """
    own = {"size": settings.size, "steps": settings.steps or None, "seed": settings.seed}
    recipe = resolve_inversion(options.recipe, own)
    names = read_representations(options.representations, settings)
    experiments, lambdas = read_experiments(options.experiments), read_lambdas(options.lambdas, recipe)
    for name in names:
        check_inversion(recipe, name)
    given, pictures, recipe, notes = open_photographs(sources, recipe)
    codes: dict[str, CodeDistances] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    refused: list[PincelError] = []
    without: dict[str, list[str]] = {}
    for name in progress.track(Note(_("looking at photographs")), names):
        try:
            shapes[name], codes[name] = measure_codes(name, given, pictures, recipe, settings)
        except (WeightsError, PictureError, OptionError) as error:
            refused.append(error)
            # An error of a network is noted once for all its layers.
            without.setdefault(str(error), []).append(name)
    if not codes and refused:
        raise refused[0]
    notes += [LEFT_OUT.fill(names=", ".join(left), reason=reason) for reason, left in without.items()]
    for note in notes:
        progress.note(Note(note))
    return InversionPlan(options, settings, recipe, experiments, lambdas, pictures, codes, shapes, tuple(notes))
