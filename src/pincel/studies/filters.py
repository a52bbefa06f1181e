"""The filters of a convolution as pictures, in numbers, and beside their outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import LoadedImage as Opened
from pincel.images.io import Source
from pincel.studies.declarations import FiltersOptions
from pincel.studies.features import check_size, features, load_input, load_network
from pincel.studies.filter_shape import ConvolutionFilter, filter_shape
from pincel.studies.filters_page import TITLE, colored_page, deep_page, lead, notes_of
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Shown of the first layer, and of a deeper one, where each has hundreds of planes.
SHOWN, SHOWN_DEEP = 64, 6


def study(source: Source, options: FiltersOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Show the filters of a convolution.

    Raises:
        OptionError: If no filter would be shown, or the layer has none.
        UnknownNameError: For a layer the network does not have.
        PictureError: If the picture cannot be used, or is too small for the layer.
    """
    name = convolution_of(settings.spec, options.layer)
    if options.channels is not None and options.channels < 1:
        raise OptionError(one_line("filters: none would be shown", f"--channels {options.channels}", "1 or more", "--channels 64"))
    picture = load_input(source, settings)
    backbone = load_network(settings)
    check_size(backbone, picture, [name])
    groups = filter_groups(backbone, name)
    in_color = groups[0][0].weight.shape[0] == 3
    shown = [group[: shown_count(len(groups), in_color, options.channels)] for group in groups]
    answered = _answered(backbone, name, shown, picture, progress)
    numbers = {
        "layer": name,
        "filters": [each.as_json() for group in answered for each in group],
        "kinds": Counter(each.shape.kind for group in groups for each in group),
        "strengths": [each.shape.strength for group in groups for each in group],
    }
    whole = [each for group in groups for each in group]
    page = colored_page if in_color else deep_page
    given = {**settings.as_json(), "picture": picture.name, "layer": name, "channels": sum(len(group) for group in shown)}
    return Report(
        "filters", TITLE.fill(layer=name), lead(name, whole, settings), page(answered, whole, picture), numbers, given, notes_of(progress)
    )


def convolution_of(spec: ModelSpec, layer: str | None) -> str:
    """Return the name of a convolution, by default the first of the network.

    Raises:
        UnknownNameError: For a layer the network does not have.
        OptionError: For one that is no convolution.
    """
    named = spec.layers[0].name if layer is None else spec.layer(layer).name
    if spec.layer(named).kind != "conv":
        known = [each.name for each in spec.layers if each.kind == "conv"]
        accepted = ", ".join(known) if len(known) <= 4 else f"{known[0]} … {known[-1]}"
        nearest = next(name for name in reversed(known) if spec.names.index(name) <= spec.names.index(named))
        raise OptionError(one_line("filters: only convolutions have filters", f"--layer {named}", accepted, f"--layer {nearest}"))
    return named


def shown_count(groups: int, in_color: bool, channels: int | None) -> int:
    """Return how many filters of each size are shown."""
    given = channels if channels is not None else SHOWN if in_color else SHOWN_DEEP
    return max(1, given // groups)


def filter_groups(backbone: VGG, name: str) -> list[list[ConvolutionFilter]]:
    """Return the filters of a convolution, those of one size together, in order of channels."""
    # A bank of filters calls its weights by their size, and has one layer only.
    layers = [backbone.weights[name]] if name in backbone.weights else list(backbone.weights.values())
    groups = []
    before = 0
    for weight, bias in layers:
        weights = weight.detach().cpu().double().contiguous()
        each = zip(weights, bias.tolist(), strict=True)
        groups.append([ConvolutionFilter(before + place, one, added, filter_shape(one)) for place, (one, added) in enumerate(each)])
        before += len(weights)
    return groups


def _answered(
    backbone: VGG, name: str, groups: Sequence[Sequence[ConvolutionFilter]], picture: Opened, progress: ProgressReporter
) -> list[list[ConvolutionFilter]]:
    """Return the filters with their outputs for a picture, one size after the other until a request to end."""
    rectified = backbone.spec.names[backbone.spec.names.index(name) + 1]
    one_by_one = [backbone] if name in backbone.weights else [replace(backbone, weights={k: w}) for k, w in backbone.weights.items()]
    filters = [list(group) for group in groups]
    start = 0
    for place, part in enumerate(progress.track(Note(_("looking at the picture with each size of filter")), one_by_one)):
        maps = features(part, picture, [rectified])[rectified][0]
        filters[place] = [replace(each, answer=maps[each.channel - start].cpu()) for each in groups[place]]
        start += len(maps)
    return filters
