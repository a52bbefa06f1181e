"""A picture being rebuilt from its code: everything loaded and checked, then step by step."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, Step
from pincel.engine.history import History
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.images.io import to_pil
from pincel.images.sheet import contact_sheet
from pincel.inversion.build import (
    center_crop,
    check_inversion,
    fit_picture,
    fitted_size,
    make_loop,
    make_losses,
    make_start,
    phases,
    target_code,
    tone_map,
)
from pincel.inversion.code_mask import parse_code_mask
from pincel.inversion.representation import WHITE, Function, check_representation, make_representation
from pincel.losses.code import CodeLoss, full_mask
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion, looked_up
from pincel.sources import Source, image_metadata, open_picture
from pincel.version import __version__

# Of one batch: beyond that, memory is better spent on larger pictures.
MOST = 64


@dataclass(frozen=True)
class InversionResult(Result):
    """What was rebuilt.

    Attributes:
        pictures: Each of the batch, (B, 3, H, W) in [0, 1], clipped.
        photograph: As it was looked at, (1, 3, H, W) in [0, 1].
    """

    pictures: Tensor = field(default_factory=lambda: torch.empty(0), repr=False)
    photograph: Tensor = field(default_factory=lambda: torch.empty(0), repr=False)

    @property
    def mean(self) -> Image.Image:
        """The mean picture of the batch: what the code says, whatever one starts from."""
        return to_pil(self.pictures.mean(0, keepdim=True))

    @property
    def deviation(self) -> Image.Image:
        """The standard deviation over the batch, white where it is largest: what the code leaves free."""
        spread = self.pictures.std(0, correction=0, keepdim=True)
        return to_pil(spread / spread.max().clamp(min=1e-12))

    def sheet(self) -> Image.Image:
        """The photograph, what was rebuilt from its code, and of several their mean and deviation."""
        each = [to_pil(picture[None]) for picture in self.pictures]
        cells = [("photograph", to_pil(self.photograph)), *((f"start {number}", one) for number, one in enumerate(each, 1))]
        if len(each) == 1:
            cells[1] = (f"from {self.record['representation']}", each[0])
        else:
            cells += [("mean", self.mean), (f"deviation, white = {255 * self.record['largest_deviation']:.0f} levels", self.deviation)]
        return contact_sheet(cells)


class InversionRun:
    """A picture being rebuilt from its code: iterate for events, :meth:`stop` it, read :attr:`result` whenever you like.

    Example:
        >>> run = Rebuild("photo.jpg", "vgg19:relu3_1", size=128, steps=100)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     pass
        >>> run.result.save("rebuilt.png")  # doctest: +SKIP

    Args:
        picture: The photograph.
        representation: ``NETWORK:LAYER``, ``hog``, ``hogb``, ``dsift``, or a function: images (B, 3, H, W) in [0, 1] → codes (B, …),
            differentiable.
        recipe: Name, or :class:`pincel.recipes.inversion.Inversion`.
        neurons: Which numbers of the code are matched; see :func:`pincel.inversion.code_mask.parse_code_mask`.
        repeats: Starts in one batch.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        **overrides: Any value of the recipe, and ``steps``.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

    def __init__(
        self,
        picture: Source,
        representation: str | Function,
        *,
        recipe: str | PathLike[str] | Inversion = "mahendran2016",
        neurons: str = "",
        repeats: int = 1,
        device: str = "auto",
        **overrides: Any,
    ) -> None:
        self.recipe = resolve_inversion(recipe, overrides)
        if not 1 <= repeats <= MOST:
            raise OptionError(f"--repeats {repeats}: give 1 to {MOST}.")
        chosen = parse_code_mask(neurons)
        if isinstance(representation, str):
            check_representation(representation)
            check_inversion(self.recipe, representation)
        self.device = resolve_device(device)
        loaded = open_picture(picture, "picture", DEFAULT_BACKGROUND)
        self._history = History([f"{loaded.name}: {note}" for note in loaded.notes])
        made = make_representation(representation, pooling=self.recipe.pooling, device=self.device)
        check_inversion(self.recipe, made.name)
        size = fitted_size(self.recipe, loaded)
        made.check_size((loaded.height, loaded.width), size, loaded.name)
        seen = fit_picture(self.recipe, loaded)
        if min(size) < (field := made.eye.spec.layer(made.layer).receptive_field):
            self._history.notes.append(f"One unit of {made.name} sees {field} pixels, more than the {size[1]}×{size[0]} of the picture.")
        self.picture, self.representation, self.size, self.neurons, self.repeats = seen, made, size, neurons, repeats
        target = target_code(made, WHITE * seen.pixels.to(self.device))
        mask = chosen.mask(target, made.name) if neurons else full_mask(target)
        self._code = CodeLoss(made.layer, target, mask, self._weight("code_weight"), repeats)
        losses = make_losses(self.recipe, made, self._code)
        self.phases = phases(self.recipe, size, made.stride)
        start = make_start(self.recipe, made, self.phases[0].size, repeats).to(self.device)
        self._loop = make_loop(self.recipe, made, losses, size, start)
        self._result: InversionResult | None = None

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.phases)

    def __iter__(self) -> Iterator[Event]:
        """Rebuild, telling each step."""
        yield from (Notice(note) for note in tuple(self._history.notes))
        for event in self._loop:
            self._result = None
            self._history.add(event, event.step if isinstance(event, Step) else 0)
            yield event

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; safe from another thread or a signal handler."""
        self._loop.stop(reason)

    @property
    def result(self) -> InversionResult:
        """The best pictures so far and their record."""
        if self._result is None:
            self._result = self._made()
        return self._result

    def errors(self, pixels: Tensor) -> list[float]:
        """Return ‖Φ(x) - Φ₀‖² / ‖Φ₀‖² of each picture, (B, 3, H, W) in gray levels, over the numbers that count."""
        with torch.no_grad():
            found: list[float] = self._code.errors_of(self.representation.code(pixels.to(self.device))).tolist()
        return found

    def _made(self) -> InversionResult:
        full = self.phases[-1]
        pixels = self._loop.picture
        pixels = center_crop(pixels, full) if pixels.shape[-2:] != full.size else pixels
        shown = tone_map(self.recipe, self.representation, pixels.detach()).cpu()
        images = [to_pil(each[None]) for each in shown]
        losses, reason = self._history.losses(), self._history.stopped.reason
        record = {**self._record(pixels, shown), "losses": losses}
        return InversionResult(images[0], tuple(losses), record, reason, shown[:1], pictures=shown, photograph=self.picture.pixels)

    def _record(self, pixels: Tensor, shown: Tensor) -> dict[str, Any]:
        found = self.errors(pixels)
        # Of the file: in the range of colors, and rounded to 8 bits.
        saved = self.errors((shown * WHITE).round())
        return {
            "pincel": __version__,
            "verb": "invert",
            "recipe": self.recipe.model_dump(),
            "representation": self.representation.name,
            "neurons": self.neurons,
            "repeats": self.repeats,
            "picture": image_metadata(self.picture),
            "size": [self.size[1], self.size[0]],
            "code": list(self._code.target.shape[1:]),
            "code_weight": self._code.weight,
            "tv_weight": self._weight("tv_weight"),
            "device": str(self.device),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            **self._history.described(),
            "relative_error": sum(found) / len(found),
            "relative_errors": found,
            "saved": {"relative_error": sum(saved) / len(saved), "relative_errors": saved},
            "largest_deviation": float(shown.std(0, correction=0).max()),
        }

    def _weight(self, table: str) -> float:
        return looked_up(getattr(self.recipe, table), self.representation.name, f"--{table.replace('_', '-')}")


def resolve_inversion(recipe: str | PathLike[str] | Inversion, overrides: Mapping[str, Any]) -> Inversion:
    """Return the recipe named, with some values changed."""
    base = recipe if isinstance(recipe, Inversion) else INVERSIONS.find(str(recipe)).recipe
    return base.override(**overrides)
