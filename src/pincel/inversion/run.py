"""An inversion: everything loaded and checked, then step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

import torch
from torch import Tensor

from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, Step
from pincel.engine.history import History
from pincel.engine.multiscale import Scale
from pincel.errors import OptionError
from pincel.inversion.code_mask import parse_code_mask
from pincel.inversion.loop import check_inversion, make_loop, make_start, phases
from pincel.inversion.losses import make_code_loss, make_losses
from pincel.inversion.pictures import fit_picture, fitted_size
from pincel.inversion.report import InversionResult, make_result
from pincel.inversion.representation import Function, check_representation, make_representation
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion
from pincel.recipes.values import InversionValues
from pincel.sources import Source, open_picture

# Images of a batch.
MOST = 64


class InversionRun:
    """Optimizes images until their code is that of a photograph: iterate for events, :meth:`stop` it, read :attr:`result` at any time.

    Example:
        >>> run = InversionRun("photo.jpg", "vgg19:relu3_1", size=128, steps=100)  # doctest: +SKIP
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
        **values: Any value of the recipe, and ``steps``.

    Attributes:
        recipe: With all overrides.
        representation: What the code is read from.
        picture: The photograph in the size and shape of the recipe.
        size: (height, width) of the result.
        neurons: As given.
        code: The distance to the code of the photograph.
        history: Steps and notes.

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
        **values: Unpack[InversionValues],
    ) -> None:
        self.recipe = resolve_inversion(recipe, values)
        if not 1 <= repeats <= MOST:
            raise OptionError(f"--repeats {repeats}: give 1 to {MOST}.")
        parse_code_mask(neurons)
        if isinstance(representation, str):
            check_representation(representation)
            check_inversion(self.recipe, representation)
        where = resolve_device(device)
        loaded = open_picture(picture, "picture", DEFAULT_BACKGROUND)
        self.history = History([f"{loaded.name}: {note}" for note in loaded.notes])
        self.representation = made = make_representation(representation, pooling=self.recipe.pooling, device=where)
        check_inversion(self.recipe, made.name)
        self.size = size = fitted_size(self.recipe, loaded)
        made.check_size((loaded.height, loaded.width), size, loaded.name)
        self.picture, self.neurons = fit_picture(self.recipe, loaded), neurons
        if min(size) < (field := made.encoder.spec.layer(made.layer).receptive_field):
            self.history.notes.append(f"One unit of {made.name} sees {field} pixels, more than the {size[1]}×{size[0]} of the picture.")
        self.code = make_code_loss(self.recipe, made, self.picture.pixels.to(where), neurons, repeats)
        losses = make_losses(self.recipe, made, self.code)
        start = make_start(self.recipe, made, phases(self.recipe, size, made.stride)[0].size, repeats).to(where)
        self._loop = make_loop(self.recipe, made, losses, size, start)
        self._result: InversionResult | None = None

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.code.target.device

    @property
    def phases(self) -> Sequence[Scale]:
        """The schedule, laid out."""
        return self._loop.scales

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.phases)

    @property
    def pixels(self) -> Tensor:
        """The best images so far, (B, 3, H, W) in gray levels, unbounded; wider by the margin of the present phase."""
        return self._loop.picture

    def __iter__(self) -> Iterator[Event]:
        """Optimize, yielding an event for each step."""
        yield from (Notice(note) for note in tuple(self.history.notes))
        for event in self._loop:
            self._result = None
            self.history.add(event, event.step if isinstance(event, Step) else 0)
            yield event

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; safe from another thread or a signal handler."""
        self._loop.stop(reason)

    @property
    def result(self) -> InversionResult:
        """The best images so far and their record."""
        if self._result is None:
            self._result = make_result(self)
        return self._result

    def errors(self, pixels: Tensor) -> list[float]:
        """Return ‖Φ(x) - Φ₀‖² / ‖Φ₀‖² of each image, (B, 3, H, W) in gray levels, over the numbers that count."""
        with torch.no_grad():
            errors: list[float] = self.code.errors_of(self.representation.code(pixels.to(self.device))).tolist()
        return errors


def resolve_inversion(recipe: str | PathLike[str] | Inversion, overrides: Mapping[str, Any]) -> Inversion:
    """Return the recipe named, with some values changed."""
    base = recipe if isinstance(recipe, Inversion) else INVERSIONS.find(str(recipe)).recipe
    return base.override(**overrides)
