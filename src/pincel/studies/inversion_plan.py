"""What is rebuilt, from which representations, and with how much smoothing; photographs and their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincel.backbones import BACKBONES, DESCRIPTORS
from pincel.backbones.model_registry import network_and_layer
from pincel.backbones.specs import ModelSpec
from pincel.engine.device import resolve_device
from pincel.errors import OptionError, PictureError, PincelError, WeightsError
from pincel.files import one_line
from pincel.images.picture import LoadedImage
from pincel.inversion.loop import check_inversion
from pincel.inversion.losses import target_code
from pincel.inversion.pictures import fit_picture
from pincel.inversion.representation import WHITE, make_representation
from pincel.inversion.run import resolve_inversion
from pincel.recipes.inversion import Inversion, looked_up
from pincel.sources import open_picture
from pincel.studies.declarations import InversionOptions
from pincel.studies.inversion_errors import CodeDistances, code_distances
from pincel.studies.inversion_options import read_experiments, read_lambdas, read_representations
from pincel.studies.photographs import photographs
from pincel.studies.progress import ProgressReporter
from pincel.studies.settings import StudySettings
from pincel.translation import Translated
from pincel.translation import gettext_lazy as _

_CROPPED = _("The photographs have different shapes. So that their codes can be compared, the middle of each was cropped to a square.")
_WITHOUT = _("Left out: {names}. {reason}")


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
    given, pictures, recipe, notes = _opened(sources, recipe)
    codes: dict[str, CodeDistances] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    refused: list[PincelError] = []
    without: dict[str, list[str]] = {}
    for name in progress.track("looking at photographs", names):
        try:
            shapes[name], codes[name] = _looked(name, given, pictures, recipe, settings)
        except (WeightsError, PictureError, OptionError) as error:
            refused.append(error)
            # An error of a network is noted once for all its layers.
            without.setdefault(str(error), []).append(name)
    if not codes and refused:
        raise refused[0]
    notes += [_WITHOUT.fill(names=", ".join(left), reason=reason) for reason, left in without.items()]
    for note in notes:
        progress.note(note.text("en"))
    return InversionPlan(options, settings, recipe, experiments, lambdas, pictures, codes, shapes, tuple(notes))


def _looked(
    name: str, given: Sequence[tuple[int, int]], pictures: Sequence[LoadedImage], recipe: Inversion, settings: StudySettings
) -> tuple[tuple[int, ...], CodeDistances]:
    """Return the shape of the codes of all photographs, and their distances; ``given`` is their size as loaded."""
    device = resolve_device(settings.device)
    made = make_representation(name, pooling=recipe.pooling, device=device)
    for loaded, picture in zip(given, pictures, strict=True):
        made.check_size(loaded, (picture.height, picture.width), picture.name)
    all_codes = [target_code(made, WHITE * picture.pixels.to(device)).cpu() for picture in pictures]
    codes = code_distances(all_codes)
    if min(codes.lengths) == 0:
        silent = pictures[codes.lengths.index(0)].name
        raise OptionError(one_line(f"{name}: its code is zero all over", silent, "a photograph it answers to", "another layer"))
    return tuple(all_codes[0].shape[1:]), codes


def _opened(sources: Sequence[str], recipe: Inversion) -> tuple[list[tuple[int, int]], list[LoadedImage], Inversion, list[Translated]]:
    """Open all photographs, in one shape; those that cannot be read are left out with a note, and copies without one.

    Returns:
        (height, width) of each as loaded, each in the size of the recipe, the recipe, notes.
    """
    loaded_files: dict[str, tuple[str, tuple[int, int], LoadedImage]] = {}
    notes: list[Translated] = []
    refused: list[PictureError] = []
    for file in photographs(sources):
        try:
            loaded = open_picture(file, "photograph")
        except PictureError as error:
            refused.append(error)
            notes.append(_WITHOUT.fill(names=file, reason=str(error)))
            continue
        loaded_files.setdefault(loaded.sha256, (file, (loaded.height, loaded.width), fit_picture(recipe, loaded)))
    if not loaded_files:
        raise refused[0]
    given, pictures = [size for _, size, _ in loaded_files.values()], [picture for _, _, picture in loaded_files.values()]
    if len({(picture.height, picture.width) for picture in pictures}) > 1:
        recipe = recipe.override(fit="crop")
        pictures = [fit_picture(recipe, open_picture(file, "photograph")) for file, _, _ in loaded_files.values()]
        notes.append(_CROPPED)
    return given, pictures, recipe, notes
