"""What pincel does, as functions: paint a picture, go on with one, rebuild one from its code, measure one that exists."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.engine.checkpoint import Checkpoint
from pincel.engine.checkpoint_manager import EVERY, new_folder
from pincel.engine.events import Event, ignore
from pincel.engine.result import Result
from pincel.inversion.report import InversionResult
from pincel.inversion.representation import Function
from pincel.inversion.run import InversionRun
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import Recipe
from pincel.run.check import check_recipe, resolve_recipe
from pincel.run.checkpoint import keep_checkpoints, resume_run
from pincel.run.inputs import load_inputs
from pincel.run.machine import Machine
from pincel.run.network import load_networks
from pincel.run.plan import make_plan
from pincel.run.run import Run
from pincel.run.scales import Objectives
from pincel.run.sizes import content_size, recipe_for_size
from pincel.sources import Source, Styles, open_picture


def transfer(  # noqa: PLR0913 - each is a choice of the caller's
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
    on_event: Callable[[Event], None] | None = None,
    **overrides: Any,
) -> Result:
    """Paint a photograph in the style of a painting.

    Args:
        content: The photograph: a path, a PIL image, an array (H, W, 3) or a tensor (1, 3, H, W) in [0, 1].
        style: The painting, or several, each alone or as (painting, weight).
        recipe: Name, TOML file, or :class:`Recipe`.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (the quickest this machine has, measured once), ``fp32``, ``tf32`` or ``bf16``; see
            :mod:`pincel.engine.precision`.
        tiles: How the network is cut to work in less memory: ``auto`` for what fits with the least work, ``whole``, or such as
            ``pool2=512,pool3=2048``; see :mod:`pincel.engine.layout`. The bits are the same.
        memory: How much of it the run may use, such as ``6G``; what is free when left out.
        checkpoint: A new or empty folder that is kept up to date with all :func:`resume` needs; none when left out. Pictures must then
            be files.
        checkpoint_every: Seconds between two checkpoints, above 0.
        on_event: Called with each event; for a progress bar, say.
        **overrides: Any value of the recipe: ``size=256, steps=100, style_weight=1e4, style_layers="relu1_1,relu2_1"`` …

    Returns:
        The best picture found, why the run stopped, every loss on the way, and the record.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.
    """
    folder = None if checkpoint is None else new_folder(Path(checkpoint))
    tell = on_event or ignore
    machine = Machine.resolve(device, precision, tiles, memory)
    run = Run(content, style, recipe=recipe, machine=machine, on_event=tell, **overrides)
    if folder is not None:
        keep_checkpoints(run, folder, checkpoint_every)
    return _painted(run, tell)


def resume(
    checkpoint: Checkpoint | str | PathLike[str], *, device: str | None = None, on_event: Callable[[Event], None] | None = None
) -> Result:
    """Go on with a run that was cut short, to the result it would have had; see :func:`pincel.run.checkpoint.resume_run`."""
    tell = on_event or ignore
    run, _ = resume_run(checkpoint, device=device, on_event=tell)
    return _painted(run, tell)


def _painted(run: Run, on_event: Callable[[Event], None]) -> Result:
    for event in run:
        on_event(event)
    return run.result


def invert(
    picture: Source,
    representation: str | Function,
    *,
    recipe: str | Inversion = "mahendran2016",
    neurons: str = "",
    repeats: int = 1,
    device: str = "auto",
    on_event: Callable[[Event], None] | None = None,
    **overrides: Any,
) -> InversionResult:
    """Rebuild a picture from its code alone.

    Args:
        picture: The photograph, as for :func:`transfer`.
        representation: ``NETWORK:LAYER``, ``hog``, ``hogb``, ``dsift``, or a function: images (B, 3, H, W) in [0, 1] → codes (B, …),
            differentiable.
        recipe: ``mahendran2015``, ``mahendran2016``, ``plain``, or a :class:`pincel.recipes.inversion.Inversion`.
        neurons: Which numbers of the code are matched: ``5x5``, ``5x5@2,3``, ``channels=first-half``, ``channels=0-47,60``; all when
            left out.
        repeats: Starts, rebuilt in one batch, each as it would be alone.
        device: As for :func:`transfer`.
        on_event: Called with each event.
        **overrides: Any value of the recipe, and ``steps``: ``size=128, steps=100, tv_weight=5`` …

    Returns:
        The best pictures found, their ``relative_error`` in the record, every loss on the way.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.
    """
    run = InversionRun(picture, representation, recipe=recipe, neurons=neurons, repeats=repeats, device=device, **overrides)
    for event in run:
        if on_event:
            on_event(event)
    return run.result


def evaluate(
    image: Source,
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    **overrides: Any,
) -> dict[str, Any]:
    """Measure every term of an objective for a picture that exists, in fp32.

    Args:
        image: The picture to judge. Content and style are brought to the sizes a run with this result would use.
        content: As for :func:`transfer`.
        style: As for :func:`transfer`.
        recipe: As for :func:`transfer`.
        device: As for :func:`transfer`.
        **overrides: As for :func:`transfer`.

    Returns:
        ``total``; ``terms``, each unweighted J by name; ``weighted``, what each adds to the total; ``size``.

    Raises:
        PincelError: As for :func:`transfer`; PictureSizeError if the picture cannot come from this content.
    """
    asked = resolve_recipe(recipe, overrides)
    check_recipe(asked)
    machine = Machine.resolve(device, "fp32")
    judged, photograph = open_picture(image, "picture"), open_picture(content, "content")
    settled = recipe_for_size(asked, photograph, (judged.height, judged.width))
    content_size(settled, photograph)
    inputs = load_inputs(settled, photograph, style)
    alone = inputs.recipe.override(scales={}, steps=0)
    networks = load_networks(alone, machine, lambda *_: None)
    plan = make_plan(alone, inputs.preprocessed, machine, networks.fast)
    return {**Objectives(plan, inputs, machine, networks).evaluate(judged.pixels), "size": [judged.width, judged.height]}
