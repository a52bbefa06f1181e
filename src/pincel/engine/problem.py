"""What is optimized: the one place where backbone, losses and canvas meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.canvas.base import Canvas
from pincel.engine.gradient_mode import GradientMode, objective_value
from pincel.losses.objective import Objective
from pincel.types import Image

# (pixels, step) → the part of the picture that the network is given at that step.
ViewTransform: TypeAlias = Callable[[Tensor, int], Tensor]


def identity(pixels: Tensor, _step: int) -> Tensor:
    """Return the whole picture at every step."""
    return pixels


def unbounded(values: Tensor) -> Tensor:
    """Return canvas values as they are."""
    return values


@dataclass(frozen=True)
class PreservedRegion:
    """The part of the content image that is kept instead of painted.

    Attributes:
        image: (1, 3, H, W) in [0, 1].
        mask: (1, 1, H, W) from 0, where the image is kept exactly and the gradient is 0, to 1, where the canvas is shown.
        white: Value of white in the network's pixel units.
    """

    image: Tensor
    mask: Tensor
    white: float

    def composite(self, pixels: Tensor, white: float | None = None) -> Tensor:
        """Return ``pixels`` where the mask is 1 and the image where it is 0; ``white`` is that of the pixels, the network's by default."""
        kept = (self.white if white is None else white) * self.image.to(pixels)
        return kept + self.mask.to(pixels) * (pixels - kept)


@dataclass(frozen=True)
class Problem:
    """What is optimized at one scale. Every field changes the result; how it is computed is up to the evaluator.

    Attributes:
        backbone: The network: image → features.
        objective: The losses and their sum.
        canvas: Maps the optimized values to pixels.
        preserved: What is kept of the content image, if anything is.
        gradient_mode: The scalar that is differentiated: the objective, unless layers are to contribute alike.
        view_transform: The part of the picture that the network is given at each step.
        project: Canvas values → the nearest values within bounds; applied after each step, never in an evaluation.
    """

    backbone: Backbone
    objective: Objective
    canvas: Canvas
    preserved: PreservedRegion | None = None
    gradient_mode: GradientMode = objective_value
    view_transform: ViewTransform = identity
    project: Callable[[Tensor], Tensor] = unbounded

    def pixels(self, x: Tensor) -> Tensor:
        """Return the picture of canvas values ``x``, in the network's pixel units; differentiable."""
        pixels = self.canvas.pixels(x)
        return pixels if self.preserved is None else self.preserved.composite(pixels)

    def image(self, x: Tensor) -> Image:
        """Return the picture of canvas values ``x``, clipped to [0, 1]."""
        image = self.canvas.image(x)
        return image if self.preserved is None else self.preserved.composite(image, white=1.0)
