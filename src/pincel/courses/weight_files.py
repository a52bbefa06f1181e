"""One network in the files of four tools: written, read again, compared; and what is seen through it when one thing is read wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pincel.backbones.formats import open_weights
from pincel.backbones.formats.match_layers import match_layers
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.courses.file_writers import WRITERS
from pincel.studies.features import load_input, load_network, network_input
from pincel.studies.filter_tiles import filter_tile
from pincel.studies.heatmaps import labeled_grid, pixel_heatmap
from pincel.studies.report import Block, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

SIDE = 256
# The last layer that is written: two poolings deep, a megabyte a file.
LAST = "relu2_2"
# Filters of the first layer that are shown.
FILTERS = 16
# Library of a file of that name.
TOOLS = {"vgg19.caffemodel": "Caffe", "vgg19.t7": "Torch7", "vgg19.pkl": "Theano, Lasagne", "vgg19.h5": "Keras, TensorFlow"}
COLUMNS = {
    "tool": _("tool"),
    "bytes": _("bytes"),
    "name": _("its first layer"),
    "shape": _("shape of the first filters in the file"),
    "order": _("order"),
    "apart": _("largest difference of {layer}").fill(layer=LAST),
}
_ORDERS = {True: _("rows, columns, in, out; blue first"), False: _("out, in, rows, columns; blue first")}


@dataclass(frozen=True)
class Mistake:
    """A way of reading a file wrongly.

    Attributes:
        title: What is wrong.
        network: As it is then.
        given: What it is shown, (1, 3, H, W), 0 to 255.
    """

    title: Translated
    network: VGG
    given: Tensor


def weight_files(picture: str, device: str) -> Sequence[Block]:
    """Return the blocks of the page.

    Args:
        picture: Of which answers are compared.
        device: To compute on.
    """
    settings = StudySettings(size=SIDE, device=device)
    network = shortened(load_network(settings))
    given = network_input(load_input(picture, settings), network)
    rows = [_read_again(file, network, given) for file in WRITERS]
    mistakes = _mistakes(network, given)
    right = _answers(network, given)
    distances = [
        {"reading": mistake.title, "distance": float((_answers(mistake.network, mistake.given) - right).norm() / right.norm())}
        for mistake in mistakes
    ]
    text = _("How far the answers of {layer} to this picture are from the right ones, as a share of their size.").fill(layer=LAST)
    caption = _("The convolutions of VGG-19 as far as {layer}, written by each tool's rules and read again.")
    channel = int(right.mean((0, 2, 3)).argmax())
    seen = [(mistake.title, _seen(mistake, right, channel)) for mistake in mistakes]
    filters = [(mistake.title, _tiles(mistake.network)) for mistake in mistakes[:4]]
    return [
        Table("formats", COLUMNS, rows, caption.fill(layer=LAST)),
        Sheet("readings", filters, 2, _("Sixteen filters of the first layer.")),
        Sheet("seen", seen, 3, _("Channel {channel} of {layer}: what it answers to the picture.").fill(channel=channel, layer=LAST)),
        Table("distances", {"reading": _("reading"), "distance": _("distance of the answers")}, distances, text),
    ]


def shortened(network: VGG) -> VGG:
    """Return the network as far as :data:`LAST`."""
    end = [layer.name for layer in network.spec.layers].index(LAST) + 1
    layers = network.spec.layers[:end]
    weights = {layer.name: network.weights[layer.name] for layer in layers if layer.name in network.weights}
    return VGG(_as_in_files(replace(network.spec, layers=layers)), weights)


def _as_in_files(spec: ModelSpec) -> ModelSpec:
    """Return the spec without the order of colors of the file it came from: that of each kind of file is another."""
    return replace(spec, channels="")


def _read_again(file: str, network: VGG, given: Tensor) -> Mapping[str, object]:
    """Write a network, read it, and return what is in the file and how far the answers of the two are apart."""
    arrays = {
        name: (np.ascontiguousarray((weight.flip(1) if weight.shape[1] == 3 else weight).float().cpu().numpy()), bias.float().cpu().numpy())
        for name, (weight, bias) in network.weights.items()
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / file
        shape = WRITERS[file](path, arrays)
        held = open_weights(path)
        weights = match_layers(held, network.spec, path)
        size = path.stat().st_size
    read = VGG(network.spec, {name: (weight.to(given), bias.to(given)) for name, (weight, bias) in weights.items()})
    return {
        "tool": untranslated(f"{TOOLS[file]}, {path.suffix}"),
        "bytes": size,
        "name": untranslated(held.layers[0].name),
        "shape": untranslated("×".join(map(str, shape))),
        "order": _ORDERS[shape[-1] != arrays[next(iter(arrays))][0].shape[-1]],
        "apart": float((_answers(read, given) - _answers(network, given)).abs().max()),
    }


def _mistakes(network: VGG, given: Tensor) -> list[Mistake]:
    first, (weight, bias) = next(iter(network.weights.items()))

    def with_first(changed: Tensor) -> VGG:
        return replace(network, weights={**network.weights, first: (changed, bias)})

    mean = torch.tensor(network.spec.mean, device=given.device).view(1, 3, 1, 1)
    return [
        Mistake(_("read correctly"), network, given),
        Mistake(_("BGR read as RGB"), with_first(weight.flip(1)), given),
        Mistake(_("rows and columns exchanged"), with_first(weight.transpose(2, 3)), given),
        Mistake(_("turned round, as for a true convolution"), with_first(weight.flip(2, 3)), given),
        # The network subtracts the mean itself; what is added to its input is what was not subtracted.
        Mistake(_("the mean not subtracted"), network, given + mean),
        Mistake(_("colors from 0 to 1"), network, given / 255),
    ]


def _answers(network: VGG, given: Tensor) -> Tensor:
    with torch.no_grad():
        return network.features(given, (LAST,))[LAST].float()


def _seen(mistake: Mistake, right: Tensor, channel: int) -> Image.Image:
    """Draw the answers of a channel on the scale of the right ones."""
    answers = _answers(mistake.network, mistake.given)[0, channel]
    size = (2 * answers.shape[1], 2 * answers.shape[0])
    return pixel_heatmap(answers.cpu(), size, (0.0, float(right[0, channel].max())))


def _tiles(network: VGG) -> Image.Image:
    """Return the first filters as tiles on one scale."""
    weight, _bias = next(iter(network.weights.values()))
    shown = weight[:FILTERS].cpu()
    largest = float(shown.abs().max())
    return labeled_grid([(str(channel), filter_tile(each, largest)) for channel, each in enumerate(shown)], 8, 36)
