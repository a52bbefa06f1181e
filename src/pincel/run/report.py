"""The result of a run: the picture as saved, its evaluation, its record, its contact sheet."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from pincel.engine.multiscale import resample
from pincel.engine.result import Result
from pincel.errors import MemoryLimitError
from pincel.images.io import load_picture, to_pil
from pincel.images.sheet import contact_sheet
from pincel.run.cache import NoCache
from pincel.run.images import resize_images
from pincel.run.inputs import Inputs
from pincel.sources import BLANK
from pincel.version import __version__

if TYPE_CHECKING:
    from pincel.run.run import Run


def make_result(run: Run) -> Result:
    """Return the best picture of a run so far, with its record."""
    loop, recipe, content = run.loop, run.recipe, run.inputs.content
    # Of a run that ended on a coarse scale, the picture is brought to the size that was asked for.
    picture = loop.picture if loop.size == run.size else resample(loop.picture, run.size)
    pixels, alpha = run.inputs.postprocess((picture / recipe.white).clamp_(0, 1).cpu()), run.objectives.images.content.alpha
    image = to_pil(pixels, alpha)
    losses = run.history.losses()
    return Result(
        image,
        tuple(losses),
        {**_record(run), "saved": evaluate_saved(run, image), "losses": losses},
        run.history.stopped.reason,
        pixels,
        alpha,
        content.dpi,
        content.metadata if recipe.keep_metadata else None,
        recipe.background,
    )


def evaluate_saved(run: Run, image: Image.Image) -> dict[str, Any] | None:
    """Evaluate the objective of a picture as saved; None if that is interrupted, or there is no memory for it.

    The picture is worth having without its measure, and without waiting for it.
    """
    try:
        return run.objectives.evaluate(load_picture(image.convert("RGB")).pixels, shared=run.error is None)
    except (MemoryLimitError, KeyboardInterrupt):
        return None


def make_sheet(inputs: Inputs, size: tuple[int, int], result: Result) -> Image.Image:
    """Return content, styles and result side by side, in the sizes of a run of (height, width)."""
    given = resize_images(inputs.recipe, inputs.originals, size, 1.0, NoCache())
    shown = [] if inputs.content.name.startswith(BLANK) else [("content", given.content)]
    pictures = [*shown, *(("style", style) for style, _ in given.styles)]
    cells = [(caption, to_pil(picture.pixels, picture.alpha)) for caption, picture in pictures]
    return contact_sheet([*cells, ("result", result.image)])


def _record(run: Run) -> dict[str, Any]:
    machine = run.machine
    return {
        "pincel": __version__,
        "recipe": run.recipe.model_dump(),
        **run.inputs.described(),
        "size": [run.size[1], run.size[0]],
        "style_sizes": [[style.width, style.height] for style, _ in run.objectives.images.styles],
        "device": str(machine.device),
        "precision": str(machine.precision),
        "processes": machine.processes.processes,
        "tiles": str(run.plan.layout(run.size)),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        **run.history.described(),
        "scales": [
            {
                "size": [result.scale.size[1], result.scale.size[0]],
                "steps": result.stopped.step,
                "stopped": result.stopped.reason,
                "seconds": round(result.seconds, 3),
            }
            for result in run.loop.results
        ],
    }
