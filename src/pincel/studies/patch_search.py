"""A search for the patches with the strongest activations, which keeps one photograph in memory at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.errors import PictureError, PictureUnreadableError
from pincel.files import one_line, quoted
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture
from pincel.studies.declarations import PatchesOptions
from pincel.studies.features import check_size, network_input
from pincel.studies.photographs import load_photograph
from pincel.studies.progress import ProgressReporter
from pincel.studies.receptive_field import ReceptiveField, receptive_field
from pincel.studies.settings import StudySettings
from pincel.studies.strongest_places import StrongestPlaces
from pincel.studies.top_activations import TopActivations
from pincel.translation import Note, Translated, untranslated
from pincel.translation import gettext_lazy as _


@dataclass
class PatchSearch:
    """The results of a search so far.

    Attributes:
        strongest: Layer → the strongest activations of all its channels.
        given: Number of files.
        reductions: The sizes that each photograph was searched at: 1 as it is, 2 at half its sides, and so on.
        each: Patches that a photograph may give a channel.
        files: Photographs that were searched.
        skipped: (file, reason) of those that could not be read.
        duplicates: Copies of others, not searched again.
    """

    strongest: dict[str, TopActivations]
    given: int
    reductions: Sequence[int]
    each: int
    files: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def skip(self, file: str, error: PictureError, progress: ProgressReporter, why: Translated) -> None:
        """Leave out a file that cannot be read."""
        self.skipped.append((file, str(error)))
        progress.note(Note(untranslated("{why}: {error}"), why=why, error=error))


def search(
    files: Sequence[str], backbone: VGG, options: PatchesOptions, layers: Sequence[str], settings: StudySettings, progress: ProgressReporter
) -> PatchSearch:
    """Search photographs one after the other; copies of others, and files that cannot be read, are left out.

    Each is searched at several sizes, as what a channel looks for may be any size; a smaller one only by layers that see less of it than
    its shorter side.

    Raises:
        PictureUnreadableError: If no photograph could be searched.
    """
    strongest = {name: TopActivations.empty(settings.spec.layer(name).channels, options.top) for name in layers}
    found = PatchSearch(strongest, len(files), [2**number for number in range(options.sizes)], options.each_of(len(files)))
    fields = {name: receptive_field(settings.spec, name) for name in layers}
    known: set[str] = set()
    for file in progress.track(Note(_("looking at photographs")), files):
        try:
            picture = load_photograph(file, settings)
            check_size(backbone, picture, layers)
        except PictureError as error:
            found.skip(file, error, progress, _("Left out"))
            continue
        if picture.sha256 in known:
            found.duplicates.append(file)
            continue
        known.add(picture.sha256)
        for name, maps in _maps(picture, backbone, fields, found.reductions).items():
            places = StrongestPlaces.find(maps, fields[name], found.each)
            found.strongest[name] = found.strongest[name].updated(places, len(found.files))
        found.files.append(file)
    if not found.files:
        raise _none_readable(found, progress)
    return found


def _maps(
    picture: LoadedImage, backbone: VGG, fields: Mapping[str, ReceptiveField], reductions: Sequence[int]
) -> dict[str, dict[int, Tensor]]:
    """Return the activations of each layer, (1, C, H, W), by reduction."""
    maps: dict[str, dict[int, Tensor]] = {name: {} for name in fields}
    for reduction in reductions:
        reduced = reduce_picture(picture, reduction)
        layers = [name for name, field in fields.items() if reduction == 1 or field.size < min(reduced.height, reduced.width)]
        if layers:
            with torch.no_grad():
                for name, activations in backbone.iter_features(network_input(reduced, backbone), layers):
                    maps[name][reduction] = activations
    return maps


def reduce_picture(picture: LoadedImage, reduction: int) -> LoadedImage:
    """Return a picture with its sides divided by a whole number, rounded."""
    size = max(1, round(picture.height / reduction)), max(1, round(picture.width / reduction))
    return picture if reduction == 1 else resize_picture(picture, size, "lanczos")


def _none_readable(found: PatchSearch, progress: ProgressReporter) -> PictureUnreadableError:
    """Return the error for a folder without a readable photograph, or a search that was ended at once."""
    if not found.skipped:
        return PictureUnreadableError(one_line("photographs: ended before the first", progress.stopped, "one photograph or more", "again"))
    file, reason = found.skipped[0]
    given = f"{len(found.skipped)} files, the first {quoted(file)} ({reason.split(' · ', 1)[0]})"
    return PictureUnreadableError(one_line("photographs: none can be looked at", given, "pictures", "other files, or a larger --size"))
