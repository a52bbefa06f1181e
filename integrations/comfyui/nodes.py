"""The nodes: *Neural style transfer*, *Stylize (fast)* and *Match colors*.

A batch is painted frame by frame; networks, and what is measured of the paintings, are kept from one to the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, get_args

import torch
from comfy.model_management import throw_exception_if_processing_interrupted
from comfy_api.latest import ComfyAPISync, ComfyExtension, io
from torch import Tensor

import pincel
from pincel.api.quick import prepare_stylization
from pincel.engine.events import Event, ScaleStart, Step
from pincel.errors import PincelError
from pincel.feedforward.stylize import COLORS, STRONGEST, StylizeOptions
from pincel.images.io import load_picture
from pincel.images.resize import resize_picture
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache
from pincel.run.machine import Machine

from .images import frames, masks, one_picture, to_image, within

CATEGORY = "image/pincel"
# Seconds between two previews.
PAUSE = 0.5
# What inputs of several nodes, or of one, say of themselves.
PHOTOGRAPH = "The photograph; of a batch, each image by itself."
REGION = "White is painted, black stays the photograph: one for all images, or one for each."
FURTHER = "A further painting, to be mixed with the first."
WEIGHT = "How much the painting of that number counts beside the others; 0 leaves it out."
SIZE = "Long side of the result in pixels; 0 for that of the image."
STROKES = "Width of strokes: 1 as in the painting, 2 twice, 0.5 half."
RECIPE = "Where all other values come from: pincel recipes lists them."
STRENGTH = "0 the photograph, 1 the painting, 2 more of it."
COLOR = "Colors of the result: style (the painting's), content (the photograph's), luminance (only its brightness is painted)."
# Steps of a run are counted as so many parts of a frame, in the progress bar.
PARTS = 1000


class StyleTransfer(io.ComfyNode):
    """Paints each image after one to three paintings, by optimization."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the inputs and the output."""
        colors = list(get_args(Recipe.model_fields["color"].annotation))
        return io.Schema(
            node_id="PincelStyleTransfer",
            display_name="Neural style transfer",
            category=CATEGORY,
            description="Paints an image in the style of one painting or several, in a minute or so; previews while it paints.",
            inputs=[
                io.Image.Input("image", tooltip=PHOTOGRAPH),
                *style_inputs(),
                io.Float.Input("strength", default=1.0, min=0.0, max=10.0, step=0.05, tooltip=help_of("strength")),
                io.Float.Input("strokes", default=1.0, min=0.1, max=10.0, step=0.05, tooltip=STROKES),
                io.Int.Input("size", default=512, min=0, max=8192, step=16, tooltip=SIZE),
                io.Int.Input("steps", default=0, min=0, max=100_000, tooltip=f"{help_of('steps')} 0 for those of the recipe."),
                io.Combo.Input("color", options=colors, default="style", tooltip=help_of("color")),
                io.Combo.Input("recipe", options=list(RECIPES), default="pincel", tooltip=RECIPE),
                io.Int.Input("seed", default=0, min=0, max=2**31 - 1, control_after_generate=True, tooltip=help_of("seed")),
                io.Mask.Input("mask", optional=True, tooltip=REGION),
            ],
            outputs=[io.Image.Output(display_name="painted")],
        )

    @classmethod
    def execute(cls, image: Tensor, steps: int, recipe: str, mask: Tensor | None = None, **given: Any) -> io.NodeOutput:
        """Paint; raises ValueError, one line, for what cannot be used, and what the host raises when it is interrupted."""
        values = {name: given[name] for name in ("strength", "strokes", "size", "color", "seed")} | ({"steps": steps} if steps else {})
        with painting():
            photographs = list(frames(image, "image"))
            styles = [(load_picture(style), weight) for style, weight in given_styles(given)]
            machine = Machine.resolve(cache=Cache())
            report = Report(len(photographs))
            painted = []
            for photograph, region in zip(photographs, masks(mask, len(photographs)), strict=True):
                run = pincel.Run(photograph, styles, recipe=recipe, machine=machine, on_event=report.take, **values)
                for event in run:
                    report.take(event)
                painted.append(within(run.result.pixels.cpu(), photograph, region))
                report.end_frame()
            return io.NodeOutput(to_image(painted))


class Stylize(io.ComfyNode):
    """Paints each image after one to three paintings, by a network, in one pass."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the inputs and the output."""
        return io.Schema(
            node_id="PincelStylize",
            display_name="Stylize (fast)",
            category=CATEGORY,
            description="Paints an image in the style of one painting or several in about a second; Neural style transfer paints finer.",
            inputs=[
                io.Image.Input("image", tooltip=PHOTOGRAPH),
                *style_inputs(),
                io.Float.Input("strength", default=1.0, min=0.0, max=float(STRONGEST), step=0.05, tooltip=STRENGTH),
                io.Int.Input("size", default=512, min=0, max=8192, step=16, tooltip=SIZE),
                io.Combo.Input("color", options=list(COLORS), default="style", tooltip=COLOR),
                io.Mask.Input("mask", optional=True, tooltip=REGION),
            ],
            outputs=[io.Image.Output(display_name="painted")],
        )

    @classmethod
    def execute(cls, image: Tensor, strength: float, size: int, color: str, mask: Tensor | None = None, **given: Any) -> io.NodeOutput:
        """Paint; raises as :meth:`StyleTransfer.execute` does."""
        with painting():
            photographs = list(frames(image, "image"))
            regions, report = masks(mask, len(photographs)), Report(len(photographs))
            options = StylizeOptions(strength, color)
            first = prepare_stylization(photographs[0], given_styles(given), options=options, size=size)
            painted = []
            for photograph, region in zip(photographs, regions, strict=True):
                # Images of a batch are of one size: what the first needs, all need.
                content = resize_picture(load_picture(photograph), first.size, "lanczos")
                result = replace(first, content=content).paint(lambda *_done: throw_exception_if_processing_interrupted())
                painted.append(within(result.pixels.cpu(), photograph, region))
                report.end_frame(painted[-1])
            return io.NodeOutput(to_image(painted))


class MatchColors(io.ComfyNode):
    """Gives each image the colors of another, and nothing else of it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Return the inputs and the output."""
        return io.Schema(
            node_id="PincelMatchColors",
            display_name="Match colors",
            category=CATEGORY,
            description="Gives an image the colors of another, and nothing else of it. No network is asked.",
            inputs=[
                io.Image.Input("image", tooltip="The image whose colors change; of a batch, each by itself."),
                io.Image.Input("colors", tooltip="The image whose colors it gets."),
                io.Combo.Input(
                    "method",
                    options=["monge", "pca", "cholesky", "histogram"],
                    default="monge",
                    tooltip="By mean and covariance (monge, which changes colors least; pca; cholesky), or channel by channel (histogram).",
                ),
            ],
            outputs=[io.Image.Output(display_name="recolored")],
        )

    @classmethod
    def execute(cls, image: Tensor, colors: Tensor, method: str) -> io.NodeOutput:
        """Recolor; raises as :meth:`StyleTransfer.execute` does."""
        with painting():
            photographs, wanted = list(frames(image, "image")), one_picture(colors, "colors")
            report, changed = Report(len(photographs)), []
            for photograph in photographs:
                changed.append(pincel.match_colors(photograph, wanted, method=method).pixels)
                report.end_frame()
            return io.NodeOutput(to_image(changed))


class PincelExtension(ComfyExtension):
    """What ComfyUI asks for the nodes."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the nodes."""
        return [StyleTransfer, Stylize, MatchColors]


class Report:
    """Tells the host how far a node is, shows it previews, and stops where the host asks to.

    Args:
        count: Frames in all.
    """

    def __init__(self, count: int) -> None:
        self._api = ComfyAPISync()
        self._count, self._done = count, 0
        # Of the scale that is painted: where it begins, and its part of the frame.
        self._share, self._begin, self._span = 0.0, 0.0, 1.0
        self._shown = 0.0

    def take(self, event: Event) -> None:
        """Take an event of a run; raises what the host raises if it was interrupted."""
        throw_exception_if_processing_interrupted()
        if isinstance(event, ScaleStart):
            self._begin, self._span = self._share, (1 - self._share) * event.steps / (event.steps + event.ahead)
        elif isinstance(event, Step):
            self._share = max(self._share, self._begin + self._span * event.step / max(1, event.steps))
            if time.monotonic() - self._shown >= PAUSE:
                self._shown = time.monotonic()
                self._tell(event.preview)

    def end_frame(self, painted: Tensor | None = None) -> None:
        """Count a frame that is done."""
        throw_exception_if_processing_interrupted()
        self._done, self._share, self._begin, self._span = self._done + 1, 0.0, 0.0, 1.0
        self._tell(None if painted is None else lambda: painted)

    def _tell(self, preview: Callable[[], Tensor] | None) -> None:
        image = None if preview is None else to_image([preview().cpu().clamp(0, 1)])
        value = round(PARTS * (self._done + self._share))
        self._api.execution.set_progress(value=value, max_value=PARTS * self._count, preview_image=image)


@contextmanager
def painting() -> Iterator[None]:
    """Let pincel compute gradients, which the host has switched off; turn its errors into one of one line, shown at the node."""
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    except PincelError as error:
        raise ValueError(str(error)) from error


def style_inputs() -> list[io.Input]:
    """Return inputs for one to three paintings and how much each counts."""
    further, weights = ("style_2", "style_3"), ("weight", "weight_2", "weight_3")
    return [
        io.Image.Input("style", tooltip="The painting; of a batch, the first image."),
        *(io.Image.Input(name, optional=True, tooltip=FURTHER) for name in further),
        *(io.Float.Input(name, default=1.0, min=0.0, max=10.0, step=0.05, tooltip=WEIGHT) for name in weights),
    ]


def given_styles(given: Mapping[str, Any]) -> list[tuple[Tensor, float]]:
    """Return the paintings that are connected, (1, 3, H, W), and their weights."""
    names = [name for name in ("style", "style_2", "style_3") if given.get(name) is not None]
    return [(one_picture(given[name], name), float(given.get(name.replace("style", "weight"), 1.0))) for name in names]


def help_of(name: str) -> str:
    """Return what pincel says of a value of a recipe."""
    return str(Recipe.model_fields[name].description)
