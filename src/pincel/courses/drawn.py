"""Figures of the course that no study makes, drawn by what studies are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pincel.courses.alexnet import learning_curve, pooling_blocks, response_blocks, towers
from pincel.courses.weight_files import weight_files
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.studies.features import load_input
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Report, Sheet
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import original_cells
from pincel.translation import Note, untranslated
from pincel.translation import gettext_lazy as _

# Of the picture that is painted for the first page of style transfer.
SIDE, STEPS = 256, 60


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


def files_of_tools(picture: str, device: str, _progress: ProgressReporter) -> Report:
    """Write one network as four tools have it, read it again, and show what is seen when one thing is read wrongly."""
    return _report(weight_files(picture, device))


def _report(blocks: Sequence[Block]) -> Report:
    """Return blocks as a report, of which only these are shown."""
    return Report("", untranslated(""), untranslated(""), blocks, {}, {})


DRAWN: Mapping[str, Callable[..., Report]] = {
    "three-pictures": three_pictures,
    "weight-files": files_of_tools,
    "response-normalization": lambda _device, _progress: _report(response_blocks()),
    "pooling-windows": lambda _device, _progress: _report(pooling_blocks()),
    "towers": lambda device, progress: _report(towers(device, progress)),
    "learning-curve": lambda device, progress: _report(learning_curve(device, progress)),
}
