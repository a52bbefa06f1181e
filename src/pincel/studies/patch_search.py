"""A search for the patches with the strongest activations, which keeps one photograph in memory at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from pincel.backbones.vgg import VGG
from pincel.errors import PictureError, PictureUnreadableError
from pincel.files import one_line, quoted
from pincel.studies.features import check_size, load_input, network_input
from pincel.studies.progress import ProgressReporter
from pincel.studies.settings import StudySettings
from pincel.studies.top_activations import TopActivations
from pincel.translation import Note, Translated, untranslated
from pincel.translation import gettext_lazy as _


@dataclass
class PatchSearch:
    """The results of a search so far.

    Attributes:
        strongest: Layer → the strongest activations of all its channels.
        given: Number of files.
        files: Photographs that were searched.
        skipped: (file, reason) of those that could not be read.
        duplicates: Copies of others, not searched again.
    """

    strongest: dict[str, TopActivations]
    given: int
    files: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    def skip(self, file: str, error: PictureError, progress: ProgressReporter, why: Translated) -> None:
        """Leave out a file that cannot be read."""
        self.skipped.append((file, str(error)))
        progress.note(Note(untranslated("{why}: {error}"), why=why, error=error))


def search(
    files: Sequence[str], backbone: VGG, layers: Sequence[str], top: int, settings: StudySettings, progress: ProgressReporter
) -> PatchSearch:
    """Search photographs one after the other; copies, and files that cannot be read, are left out.

    Raises:
        PictureUnreadableError: If no photograph could be searched.
    """
    found = PatchSearch({name: TopActivations.empty(settings.spec.layer(name).channels, top) for name in layers}, len(files))
    known: set[str] = set()
    for file in progress.track(Note(_("looking at photographs")), files):
        try:
            picture = load_input(file, settings, "photograph")
            check_size(backbone, picture, layers)
        except PictureError as error:
            found.skip(file, error, progress, _("Left out"))
            continue
        if picture.sha256 in known:
            found.duplicates.append(file)
            continue
        known.add(picture.sha256)
        with torch.no_grad():
            for name, maps in backbone.iter_features(network_input(picture, backbone), layers):
                found.strongest[name] = found.strongest[name].updated(maps, len(found.files))
        found.files.append(file)
    if not found.files:
        raise _none_readable(found, progress)
    return found


def _none_readable(found: PatchSearch, progress: ProgressReporter) -> PictureUnreadableError:
    """Return the error for a folder without a readable photograph, or a search that was ended at once."""
    if not found.skipped:
        return PictureUnreadableError(one_line("photographs: ended before the first", progress.stopped, "one photograph or more", "again"))
    file, reason = found.skipped[0]
    given = f"{len(found.skipped)} files, the first {quoted(file)} ({reason.split(' · ', 1)[0]})"
    return PictureUnreadableError(one_line("photographs: none can be looked at", given, "pictures", "other files, or a larger --size"))
