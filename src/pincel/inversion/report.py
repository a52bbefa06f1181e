"""The images an inversion made, and its record."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

from pincel.engine.result import Result
from pincel.images.io import to_pil
from pincel.images.sheet import contact_sheet
from pincel.inversion.pictures import center_crop, tone_map
from pincel.inversion.representation import WHITE
from pincel.recipes.inversion import looked_up
from pincel.sources import image_metadata
from pincel.version import __version__

if TYPE_CHECKING:
    from pincel.inversion.run import InversionRun


@dataclass(frozen=True)
class InversionResult(Result):
    """The images that an inversion made.

    Attributes:
        pictures: Each of the batch, (B, 3, H, W) in [0, 1], clipped.
        photograph: The image whose code was inverted, (1, 3, H, W) in [0, 1].
    """

    pictures: Tensor = field(default_factory=lambda: torch.empty(0), repr=False)
    photograph: Tensor = field(default_factory=lambda: torch.empty(0), repr=False)

    @property
    def mean(self) -> Image.Image:
        """The mean image of the batch: what the code determines, whatever the start."""
        return to_pil(self.pictures.mean(0, keepdim=True))

    @property
    def deviation(self) -> Image.Image:
        """The standard deviation over the batch, white where it is largest: what the code leaves open."""
        spread = self.pictures.std(0, correction=0, keepdim=True)
        return to_pil(spread / spread.max().clamp(min=1e-12))

    def sheet(self) -> Image.Image:
        """The photograph, the images made from its code, and of several their mean and deviation."""
        each = [to_pil(picture[None]) for picture in self.pictures]
        cells = [("photograph", to_pil(self.photograph)), *((f"start {number}", one) for number, one in enumerate(each, 1))]
        if len(each) == 1:
            cells[1] = (f"from {self.record['representation']}", each[0])
        else:
            cells += [("mean", self.mean), (f"deviation, white = {255 * self.record['largest_deviation']:.0f} levels", self.deviation)]
        return contact_sheet(cells)


def make_result(run: InversionRun) -> InversionResult:
    """Return the best images so far and their record."""
    full, pixels = run.phases[-1], run.pixels
    pixels = center_crop(pixels, full) if pixels.shape[-2:] != full.size else pixels
    shown = tone_map(run.recipe, run.representation, pixels.detach()).cpu()
    losses = run.history.losses()
    record = {**_record(run, pixels, shown), "losses": losses}
    image = to_pil(shown[:1])
    return InversionResult(
        image, tuple(losses), record, run.history.stopped.reason, shown[:1], pictures=shown, photograph=run.picture.pixels
    )


def _record(run: InversionRun, pixels: Tensor, shown: Tensor) -> dict[str, Any]:
    errors = run.errors(pixels)
    # Of the file: in the range of colors, and rounded to 8 bits.
    saved = run.errors((shown * WHITE).round())
    return {
        "pincel": __version__,
        "verb": "invert",
        "recipe": run.recipe.model_dump(),
        "representation": run.representation.name,
        "neurons": run.neurons,
        "repeats": run.code.images,
        "picture": image_metadata(run.picture),
        "size": [run.size[1], run.size[0]],
        "code": list(run.code.target.shape[1:]),
        "code_weight": run.code.weight,
        "tv_weight": looked_up(run.recipe.tv_weight, run.representation.name, "--tv-weight"),
        "device": str(run.device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        **run.history.described(),
        "relative_error": sum(errors) / len(errors),
        "relative_errors": errors,
        "saved": {"relative_error": sum(saved) / len(saved), "relative_errors": saved},
        "largest_deviation": float(shown.std(0, correction=0).max()),
    }
