"""Figures of the course that no study makes, drawn by what studies are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.studies.features import load_input, load_network, network_input
from pincel.studies.filter_tiles import filter_tile
from pincel.studies.heatmaps import labeled_grid
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import original_cells
from pincel.translation import Note, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Of the picture that is painted for the first page of style transfer.
SIDE, STEPS = 256, 60
# Filters of the first layer that are shown.
FILTERS = 16


def three_pictures(picture: str, painting: str, device: str, progress: ProgressReporter) -> Report:
    """Paint the photograph after the painting, as ``pincel transfer`` does, and show the three pictures side by side."""
    settings = StudySettings(size=SIDE, device=device)
    content, style = load_input(picture, settings, "content"), load_input(painting, settings, "style")
    run = Run(content, style, machine=Machine.resolve(device), size=SIDE, steps=STEPS)
    whole = sum(scale.steps for scale in run.plan.scales)
    for steps in progress.follow_steps(run):
        progress.update(Note(_("painting G")), steps, whole)
    cells = [*original_cells(content, style), (_("result"), run.result.image)]
    return _report([Sheet("three", cells, 3, _("C, the photograph; S, the painting; G, the picture that is made."))])


def weight_files(picture: str, device: str, _progress: ProgressReporter) -> Report:
    """Show the filters of the first layer as they are, and as a reader takes them who mistakes the order of their numbers."""
    settings = StudySettings(size=SIDE, device=device)
    network, source = load_network(settings), load_input(picture, settings)
    weight, bias = next(iter(network.weights.values()))
    mean = torch.tensor(settings.spec.mean, device=weight.device).view(1, 3, 1, 1)
    given = network_input(source, network) - mean
    readings: dict[str, tuple[Translated, Tensor]] = {
        "right": (_("read correctly"), weight),
        "colors": (_("BGR read as RGB"), weight.flip(1)),
        "axes": (_("rows and columns exchanged"), weight.transpose(2, 3)),
        "turned": (_("turned round, as for a true convolution"), weight.flip(2, 3)),
    }
    answers = {name: functional.conv2d(given, read, bias, padding=1).relu() for name, (_name, read) in readings.items()}
    right = answers["right"]
    rows = [
        {"reading": title, "distance": float((answers[name] - right).norm() / right.norm())} for name, (title, _read) in readings.items()
    ]
    columns = {"reading": _("reading"), "distance": _("distance of the answers")}
    text = _("How far the answers of the first layer to this picture are from the right ones, as a share of their size.")
    return _report(
        [
            Table("formats", FORMAT_COLUMNS, FORMATS, _("Where each kind of file has its numbers, for VGG-19 as it is passed around.")),
            Sheet("readings", [(title, _tiles(read)) for title, read in readings.values()], 2, _("Sixteen filters of the first layer.")),
            Table("distances", columns, rows, text),
        ]
    )


FORMAT_COLUMNS = {"file": _("file"), "filters": _("filters"), "dense": _("dense layers"), "colors": _("colors")}
_OUT_IN, _IN_OUT = _("(out, in)"), _("(in, out)")
FORMATS: Sequence[Mapping[str, object]] = (
    {"file": untranslated("Caffe, .caffemodel"), "filters": _("(out, in, rows, columns)"), "dense": _OUT_IN, "colors": "BGR"},
    {"file": untranslated("Torch7, .t7"), "filters": _("(out, in, rows, columns)"), "dense": _OUT_IN, "colors": _("BGR, from Caffe")},
    {
        "file": untranslated("Theano, Lasagne, .pkl"),
        "filters": _("(out, in, rows, columns)"),
        "dense": _IN_OUT,
        "colors": _("BGR, from Caffe"),
    },
    {"file": untranslated("Keras, .h5"), "filters": _("(rows, columns, in, out)"), "dense": _IN_OUT, "colors": _("BGR, from Caffe")},
    {"file": untranslated("PyTorch, .pth"), "filters": _("(out, in, rows, columns)"), "dense": _OUT_IN, "colors": "RGB"},
)


def _tiles(weight: Tensor) -> Image.Image:
    """Return the first filters as tiles on one scale."""
    shown = weight[:FILTERS].cpu()
    largest = float(shown.abs().max())
    return labeled_grid([(str(channel), filter_tile(each, largest)) for channel, each in enumerate(shown)], 8, 36)


def _report(blocks: Sequence[Block]) -> Report:
    """Return blocks as a report, of which only these are shown."""
    return Report("", untranslated(""), untranslated(""), blocks, {}, {})


DRAWN: Mapping[str, Callable[..., Report]] = {
    "three-pictures": three_pictures,
    "weight-files": weight_files,
}
