"""Feature maps of a picture, layer by layer: ever smaller, ever more of them, and emptier."""

from __future__ import annotations

import torch

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import LoadedImage as Opened
from pincel.images.io import Source
from pincel.studies.activations_maps import TopChannel, maps_of, maps_section, top_channels, top_channels_section
from pincel.studies.activations_page import TITLE, emptiness, lead, notes_of, shapes
from pincel.studies.declarations import ActivationsOptions
from pincel.studies.features import check_size, load_input, load_network, network_input
from pincel.studies.layer_stats import LayerStats, layer_stats
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Report
from pincel.studies.settings import BLOCK_LAYERS, StudySettings, select_layers
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def study(source: Source, options: ActivationsOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Look at a picture through every layer of a network.

    Raises:
        OptionError: If no map would be shown, or no layer is named.
        UnknownNameError: For a layer the network does not have.
        PictureError: If the picture cannot be used, or is too small for a layer chosen.
    """
    chosen = select_layers(settings.spec, options.layers, BLOCK_LAYERS)
    if options.channels < 1:
        raise OptionError(one_line("activations: no map would be shown", f"--channels {options.channels}", "1 or more", "--channels 64"))
    picture = load_input(source, settings)
    backbone = load_network(settings)
    check_size(backbone, picture, chosen)
    pixels = network_input(picture, backbone)
    statistics: list[LayerStats] = []
    maps: list[Block] = []
    top: list[TopChannel] = []
    names = [layer.name for layer in backbone.spec.layers if left_of(picture, layer, backbone)]
    with torch.no_grad():
        what = Note(_("looking through {count} layers"), count=len(names))
        for name, features in progress.track(what, backbone.iter_features(pixels, names), len(names)):
            statistics.append(layer_stats(features, backbone.spec.layer(name), pixels))
            if name in chosen:
                maps += maps_of(name, features, options.channels)
                top += top_channels(name, features, pixels, statistics[-1].layer.stride)
    notes = notes_of(progress, statistics, names, settings)
    numbers = {"layers": [each.as_json() for each in statistics], "favorites": [each.as_json() for each in top]}
    given = {**settings.as_json(), "picture": picture.name, "layers": ",".join(chosen), "channels": options.channels}
    blocks = [*shapes(picture, statistics), *emptiness(statistics), *maps_section(maps), *top_channels_section(top, statistics)]
    return Report("activations", TITLE, lead(picture, settings), blocks, numbers, given, notes)


def left_of(picture: Opened, layer: LayerSpec, backbone: VGG) -> bool:
    """Tell whether anything of a picture is left in a layer after the poolings before it."""
    return min(picture.height, picture.width) >= backbone.spec.smallest(layer.name)
