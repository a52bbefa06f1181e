"""Rebuild a picture from its code alone."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Unpack

from pincel.arguments import checked
from pincel.engine.events import Event
from pincel.inversion.report import InversionResult
from pincel.inversion.representation import Function
from pincel.inversion.run import InversionRun
from pincel.progress import Bar, showing
from pincel.recipes.inversion import Inversion
from pincel.recipes.values import InversionValues
from pincel.sources import Source


@checked
def invert(  # noqa: PLR0913 - each is a choice of the caller's
    picture: Source,
    representation: str | Function,
    *,
    recipe: str | PathLike[str] | Inversion = "mahendran2016",
    neurons: str = "",
    repeats: int = 1,
    device: str = "auto",
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **values: Unpack[InversionValues],
) -> InversionResult:
    """Rebuild a picture from its code alone: its features in a layer of a network, HOG or dense SIFT.

    Args:
        picture: The photograph, as for :func:`pincel.transfer`.
        representation: ``NETWORK:LAYER`` such as ``vgg19:relu3_1``, ``hog``, ``hogb``, ``dsift``, or a function: images (B, 3, H, W) in
            [0, 1] → codes (B, …), differentiable.
        recipe: ``mahendran2015``, ``mahendran2016``, ``plain``, a TOML file, or a :class:`pincel.Inversion`.
        neurons: Which numbers of the code are matched: ``5x5``, ``5x5@2,3``, ``channels=first-half``, ``channels=0-47,60``; all when
            left out.
        repeats: Starts, rebuilt in one batch, each as it would be alone; 1 to 64.
        device: As for :func:`pincel.transfer`.
        progress: As for :func:`pincel.transfer`.
        on_event: Called with each event.
        **values: Any value of the recipe, and ``steps``: ``size=128, steps=100, tv_weight=5`` …; :class:`pincel.Inversion` says what each
            is.

    Returns:
        The best pictures found, their ``relative_error`` ‖Φ(x)-Φ₀‖²/‖Φ₀‖² in the record, every loss on the way.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.

    Paper:
        Mahendran, Vedaldi: Understanding Deep Image Representations by Inverting Them, CVPR 2015; Visualizing Deep Convolutional Neural
        Networks Using Natural Pre-Images, IJCV 2016.
    """
    with showing(Bar() if progress else None, on_event) as show:
        run = InversionRun(picture, representation, recipe=recipe, neurons=neurons, repeats=repeats, device=device, **values)
        for event in run:
            show(event)
        return run.result
