"""Of many photographs, the patches that activate each channel of a layer most, and which of their pixels caused it."""

from __future__ import annotations

from collections.abc import Sequence

from pincel.errors import unknown_name
from pincel.studies.attribution import METHODS
from pincel.studies.declarations import PatchesOptions
from pincel.studies.features import load_network
from pincel.studies.patch_cutting import NOTHING, PatchCutter, PatchResults, outline_fields
from pincel.studies.patch_search import search
from pincel.studies.patches_page import DEFAULT, page
from pincel.studies.photographs import leaves, photographs
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.top_activations import check_channels, read_channels, select_channels


def study(sources: Sequence[str], options: PatchesOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Find the patches that activate channels most, in photographs at several sizes, and explain them.

    One photograph at a time is in memory; those with a patch that is shown are opened again.

    Raises:
        OptionError: For a channel the layer does not have, or if there is no photograph at all.
        UnknownNameError: For a layer the network does not have.
        PictureMissingError: For a file that is not there.
        PictureUnreadableError: If none of the photographs can be used.
    """
    if options.explain not in (*METHODS, NOTHING):
        raise unknown_name("explanation", options.explain, (*METHODS, NOTHING))
    layers = select_layers(settings.spec, options.layers, DEFAULT)
    wanted = read_channels(options.channels)
    for name in layers:
        check_channels(wanted, name, settings.spec.layer(name).channels)
    files = [*photographs(sources, recursive=options.recursive), *leaves(options.leaves)]
    backbone = load_network(settings)
    found = search(files, backbone, options, layers, settings, progress)
    shown = {name: select_channels(wanted, found.strongest[name]) for name in layers}
    patches = PatchCutter(found, backbone, options.explain).cut_all(shown, settings, progress)
    outlined = outline_fields(found, shown, patches, backbone, settings)
    own = {
        "layers": list(layers),
        **{name: getattr(options, name) for name in ("channels", "top", "sizes", "leaves", "explain", "recursive")},
        "each": found.each,
    }
    return page(PatchResults(found, shown, patches), outlined, settings, own, ended_early=bool(progress.stopped))
