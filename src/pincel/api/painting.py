"""Paint a picture, go on with one, make a texture, measure a picture that exists, and say what a run would take."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

from pincel.arguments import checked
from pincel.engine.checkpoint import Checkpoint
from pincel.engine.checkpoint_manager import EVERY, new_folder
from pincel.engine.events import Event
from pincel.engine.result import Result
from pincel.progress import Bar, showing
from pincel.recipes.schema import Recipe
from pincel.recipes.values import RecipeValues
from pincel.run.check import check_recipe, resolve_recipe
from pincel.run.checkpoint import keep_checkpoints, resume_run
from pincel.run.forecast import Forecast, forecast
from pincel.run.inputs import load_inputs
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.run.scales import judging_objectives
from pincel.run.sizes import content_size, recipe_for_size
from pincel.run.texture import blank_content, tileable_padding
from pincel.sources import Source, Styles, open_picture


@checked
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
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **values: Unpack[RecipeValues],
) -> Result:
    """Paint a photograph in the style of a painting.

    Example:
        >>> result = pincel.transfer("photo.jpg", "painting.jpg", size=512, strength=1.5, progress=True)  # doctest: +SKIP
        >>> result.save("painted.png")  # doctest: +SKIP

    Args:
        content: The photograph: a path, ``sample:NAME``, a PIL image, an array (H, W, 3) of bytes or of floats in [0, 1], or a tensor
            (1, 3, H, W) in [0, 1]; sRGB.
        style: The painting, or several, each alone or as (painting, weight), a weight of 0 or more.
        recipe: Name (``pincel recipes`` lists them), TOML file, or :class:`pincel.Recipe`.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (the quickest this machine has, measured once), ``fp32``, ``tf32`` or ``bf16``; see
            :mod:`pincel.engine.precision`.
        tiles: How the network is cut to work in less memory: ``auto`` for what fits with the least work, ``whole``, or such as
            ``pool2=512,pool3=2048``; see :mod:`pincel.engine.layout`. The bits are the same.
        memory: How much of it the run may use, such as ``6G``; what is free when left out.
        checkpoint: A new or empty folder that is kept up to date with all :func:`pincel.resume` needs; none when left out. Pictures must
            then be files.
        checkpoint_every: Seconds between two checkpoints, above 0, at most a week.
        progress: Whether to show a bar, in a terminal or a notebook.
        on_event: Called with each event: :class:`pincel.Step`, :class:`pincel.Notice` …
        **values: Any value of the recipe: ``size=256, steps=100, strength=1.5, style_layers="relu1_1,relu2_1"`` …;
            :class:`pincel.Recipe` says what each is.

    Returns:
        The best picture found, why the run stopped, every loss on the way, and the record.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.

    Paper:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, CVPR 2016; ``pincel recipes NAME`` prints the
        source of every value.
    """
    folder = None if checkpoint is None else new_folder(Path(checkpoint))
    with showing(Bar() if progress else None, on_event) as show:
        machine = Machine.resolve(device, precision, tiles, memory)
        run = Run(content, style, recipe=recipe, machine=machine, on_event=show, **values)
        if folder is not None:
            keep_checkpoints(run, folder, checkpoint_every)
        return _painted(run, show)


@checked
def texture(  # noqa: PLR0913 - each is a choice of the caller's
    style: Styles,
    *,
    aspect: str = "1:1",
    tileable: bool = False,
    recipe: str | PathLike[str] | Recipe = "texture-fast",
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **values: Unpack[RecipeValues],
) -> Result:
    """Make a texture that looks like a picture everywhere, of any size.

    Args:
        style: The picture, or several, as for :func:`pincel.transfer`.
        aspect: Shape, ``W:H`` in whole numbers such as ``4:3``; the long side has ``size`` pixels, or as many as the recipe says.
        tileable: Whether opposite edges continue each other; short for ``padding="circular"``.
        recipe: As for :func:`pincel.transfer`.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`.
        progress: As for :func:`pincel.transfer`.
        on_event: As for :func:`pincel.transfer`.
        **values: As for :func:`pincel.transfer`.

    Returns:
        The texture, as of :func:`pincel.transfer`.

    Raises:
        PincelError: As for :func:`pincel.transfer`; OptionError for a shape that is none, or another padding of a tileable texture.

    Paper:
        Gatys, Ecker, Bethge: Texture Synthesis Using Convolutional Neural Networks, NIPS 2015.
    """
    if tileable:
        values["padding"] = tileable_padding(values.get("padding"))
    base = resolve_recipe(recipe, {})
    blank = blank_content(aspect, base, base.override(size=values.get("size")).size)
    return transfer(
        blank,
        style,
        recipe=recipe,
        device=device,
        precision=precision,
        tiles=tiles,
        memory=memory,
        progress=progress,
        on_event=on_event,
        **values,
    )


@checked
def resume(
    checkpoint: Checkpoint | str | PathLike[str],
    *,
    device: str | None = None,
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
) -> Result:
    """Go on with a run that was cut short, to the result it would have had.

    Args:
        checkpoint: The folder that :func:`pincel.transfer` kept up to date.
        device: Where to go on; where it was when left out.
        progress: As for :func:`pincel.transfer`.
        on_event: As for :func:`pincel.transfer`.

    Returns:
        As :func:`pincel.transfer`; on the same machine with the same number of threads the same bytes.

    Raises:
        CheckpointError: If there is none, or a picture is not the one the run began with.
        PincelError: As for :func:`pincel.transfer`.
    """
    with showing(Bar() if progress else None, on_event) as show:
        run, _ = resume_run(checkpoint, device=device, on_event=show)
        return _painted(run, show)


def _painted(run: Run, show: Callable[[Event], None]) -> Result:
    for event in run:
        show(event)
    return run.result


@checked
def plan(
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    **values: Unpack[RecipeValues],
) -> Forecast:
    """Say what :func:`pincel.transfer` with the same arguments would take, without starting it: memory, time, tiles and scales.

    Args:
        content: As for :func:`pincel.transfer`.
        style: As for :func:`pincel.transfer`.
        recipe: As for :func:`pincel.transfer`.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`.
        **values: As for :func:`pincel.transfer`.

    Returns:
        Bytes at the peak, seconds as far as this machine's speed is known, and a row for each scale.

    Raises:
        PincelError: As for :func:`pincel.transfer`.
    """
    return forecast(content, style, recipe, Machine.resolve(device, precision, tiles, memory), values)


@checked
def evaluate(
    image: Source,
    content: Source,
    style: Styles,
    *,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    **values: Unpack[RecipeValues],
) -> dict[str, Any]:
    """Measure every term of an objective for a picture that exists, in fp32.

    Args:
        image: The picture to judge, as for :func:`pincel.transfer`. Content and style are brought to the sizes a run with this result
            would use.
        content: As for :func:`pincel.transfer`.
        style: As for :func:`pincel.transfer`.
        recipe: As for :func:`pincel.transfer`.
        device: As for :func:`pincel.transfer`.
        **values: As for :func:`pincel.transfer`.

    Returns:
        ``total``; ``terms``, each unweighted J by name; ``weighted``, what each adds to the total; ``size``, [width, height].

    Raises:
        PincelError: As for :func:`pincel.transfer`; PictureSizeError if the picture cannot come from this content.
    """
    asked = resolve_recipe(recipe, values)
    check_recipe(asked)
    machine = Machine.resolve(device, "fp32")
    judged, photograph = open_picture(image, "picture"), open_picture(content, "content")
    settled = recipe_for_size(asked, photograph, (judged.height, judged.width))
    content_size(settled, photograph)
    inputs = load_inputs(settled, photograph, style)
    return {**judging_objectives(inputs, machine).evaluate(judged.pixels), "size": [judged.width, judged.height]}
