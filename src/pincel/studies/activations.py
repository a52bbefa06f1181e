"""Feature maps of a picture, layer by layer: ever smaller, ever more of them, and emptier."""

from __future__ import annotations

import torch

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import LoadedImage as Opened
from pincel.images.io import Source
from pincel.studies.activations_maps import favorites_section, maps_of, maps_section
from pincel.studies.activations_page import TITLE, emptiness, lead, notes_of, shapes
from pincel.studies.declarations.activations import ActivationsOptions
from pincel.studies.favorites import Favorite, favored
from pincel.studies.layer_answers import Answer, measured
from pincel.studies.look import check_size, network, opened, pixels_of
from pincel.studies.report import Block, Report
from pincel.studies.settings import Settings, chosen_layers
from pincel.studies.watch import Watch

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def study(source: Source, options: ActivationsOptions, settings: Settings, watch: Watch) -> Report:
    """Look at a picture through every layer of a network.

    Args:
        source: The picture.
        options: Layers whose maps are shown; maps shown of each.
        settings: Of every study.
        watch: Told how far it is; may ask for the end.

    Raises:
        OptionError: If fewer than one map is asked for, or no layer is named.
        UnknownNameError: For a layer the network does not have.
        PictureError: If the picture cannot be used, or is too small for a layer chosen.
    """
    chosen = chosen_layers(settings.spec, options.layers, LAYERS)
    if options.channels < 1:
        raise OptionError(one_line("activations: no map would be shown", f"--channels {options.channels}", "1 or more", "--channels 64"))
    picture = opened(source, settings)
    backbone = network(settings)
    check_size(backbone, picture, chosen)
    pixels = pixels_of(picture, backbone)
    answers: list[Answer] = []
    maps: list[Block] = []
    favorites: list[Favorite] = []
    names = [layer.name for layer in backbone.spec.layers if left_of(picture, layer, backbone)]
    with torch.no_grad():
        for name, features in watch.over(f"looking through {len(names)} layers", backbone.iter_features(pixels, names), len(names)):
            answers.append(measured(features, backbone.spec.layer(name), pixels))
            if name in chosen:
                maps += maps_of(name, features, options.channels)
                favorites += favored(name, features, pixels, answers[-1].layer.stride)
    notes = notes_of(watch, answers, names, settings)
    numbers = {"layers": [answer.as_json() for answer in answers], "favorites": [each.as_json() for each in favorites]}
    asked = {**settings.as_json(), "picture": picture.name, "layers": ",".join(chosen), "channels": options.channels}
    blocks = [*shapes(picture, answers), *emptiness(answers), *maps_section(maps), *favorites_section(favorites, answers)]
    return Report("activations", TITLE, lead(picture, settings), blocks, numbers, asked, notes)


def left_of(picture: Opened, layer: LayerSpec, backbone: VGG) -> bool:
    """Tell whether anything of a picture is left in a layer after the poolings before it."""
    return min(picture.height, picture.width) >= backbone.spec.smallest(layer.name)
