"""Total variation: differences of neighboring pixels as maps, J_tv as a number, and a noisy picture smoothed by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf

import torch
from torch import Tensor
from torch.nn import functional

from pincel.engine.device import resolve_device
from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line
from pincel.functional.variation import absolute_variation, squared_variation
from pincel.images.io import Source
from pincel.optim.adam import Adam
from pincel.studies.declarations import TotalVariationOptions
from pincel.studies.features import WHITE, load_input
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.studies.total_variation_page import CROP, Smoothed, VariationContent, page
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Gray levels of a step at first; the rate falls to 0 in a straight line, so that the last steps settle.
RATE = 4.0
GAMMAS = (1.0, 4.0, 16.0)
# Standard deviation, in pixels, of the blur of the picture beside the photograph.
BLUR = 1.5
FORMULAS: Mapping[str, Callable[[Tensor], Tensor]] = {"absolute": absolute_variation, "squared": squared_variation}


def study(source: Source, options: TotalVariationOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Draw and count the differences of a picture, and smooth it with noise on it under several γ.

    Raises:
        OptionError: For γ or noise that are no numbers above 0.
        PictureError: If the picture cannot be used, or is smaller than the crop in numbers.
    """
    gammas = _gammas(options.gammas)
    picture = load_input(source, settings)
    if min(picture.height, picture.width) < CROP:
        given = f"{picture.width}×{picture.height} pixels"
        raise PictureSizeError(one_line(f"picture: smaller than the crop of {CROP}×{CROP}", given, f"{CROP} or more", "a larger --size"))
    clean = (WHITE * picture.pixels).to(resolve_device(settings.device))
    generator = torch.Generator().manual_seed(settings.seed)
    noise = options.noise * torch.randn(clean.shape, generator=generator).to(clean)
    noisy = (clean + noise).clamp(0, WHITE)
    pictures = {"flat": clean.mean((2, 3), keepdim=True).expand_as(clean), "blurred": blurred(clean), "photograph": clean, "noisy": noisy}
    jobs = list(product(FORMULAS, gammas))
    smoothed: list[Smoothed] = []
    for formula, gamma in progress.track(Note(_("smoothing {count} times"), count=len(jobs)), jobs):
        # At a difference as large as the noise, both formulas cost the same.
        own = gamma if formula == "absolute" else gamma / options.noise
        result, objective = Descent(noisy, FORMULAS[formula], own).minimized(settings.steps)
        smoothed.append(Smoothed(formula, own, result, objective))
    made_with = {**settings.as_json(), "picture": picture.name, "gammas": gammas, "noise": options.noise}
    return page(VariationContent(pictures, smoothed, options.noise), made_with, len(jobs), stopped=bool(progress.stopped))


def _gammas(text: str | None) -> tuple[float, ...]:
    if text is None:
        return GAMMAS
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < inf for value in values):
        raise OptionError(one_line("gammas: these are no weights γ", f"'{text}'", "numbers above 0, with commas", "--gammas 1,4,16"))
    return tuple(sorted(set(values)))


def blurred(picture: Tensor) -> Tensor:
    """Return a picture, (1, C, H, W), blurred by a Gaussian of :data:`BLUR` pixels, the nearest pixel repeated beyond the border."""
    reach = round(3 * BLUR)
    places = torch.arange(-reach, reach + 1, device=picture.device, dtype=picture.dtype)
    kernel = torch.softmax(-places.square() / (2 * BLUR**2), 0).expand(picture.shape[1], 1, -1)
    wide = functional.pad(picture, (reach, reach, reach, reach), mode="replicate")
    down = functional.conv2d(wide, kernel[..., None], groups=picture.shape[1])
    return functional.conv2d(down, kernel[:, :, None], groups=picture.shape[1])


@dataclass(frozen=True)
class Descent:
    """How a noisy picture is smoothed: J(G) = ¼·mean (G - X)² + γ·J_tv(G), from G = X.

    Attributes:
        noisy: X, (1, 3, H, W), in gray levels.
        variation: J_tv.
        gamma: γ.
    """

    noisy: Tensor
    variation: Callable[[Tensor], Tensor]
    gamma: float

    def objective(self, picture: Tensor) -> Tensor:
        """Return J(G)."""
        return (picture - self.noisy).square().mean() / 4 + self.gamma * self.variation(picture)

    def minimized(self, steps: int) -> tuple[Tensor, list[float]]:
        """Return G after so many steps, and J before each of them and after the last."""
        optimizer = Adam(learning_rate=RATE)
        picture, values = self.noisy, []
        state = optimizer.init(picture)
        for step in range(steps):
            leaf = picture.detach().requires_grad_()
            value = self.objective(leaf)
            (gradient,) = torch.autograd.grad(value, leaf)
            values.append(float(value.detach()))
            picture, state = optimizer.step(picture, gradient, state, 1 - step / steps)
        return picture, [*values, float(self.objective(picture))]
