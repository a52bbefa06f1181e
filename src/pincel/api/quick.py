"""Stylize a picture in one pass, from its files to its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.arguments import checked
from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.engine.device import resolve_device
from pincel.engine.events import Event, Notice, SetupProgress
from pincel.engine.memory import free_memory, parse_memory
from pincel.engine.result import Result
from pincel.errors import OptionError
from pincel.feedforward.file import find_stylizer, load_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.onnx import write_onnx
from pincel.feedforward.stylize import Color, StylizeOptions, Weighted, check_size
from pincel.feedforward.stylize import stylize as stylize_in_one_pass
from pincel.feedforward.tiles import TileCallback, choose_side, estimate_memory, no_progress
from pincel.files import check_output, one_line
from pincel.images.io import to_pil
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture, target_size
from pincel.progress import Bar, showing
from pincel.recipes.schema import MOST_PIXELS
from pincel.run.machine import MEMORY_FRACTION
from pincel.sources import Source, Styles, expand_styles, image_metadata, open_picture
from pincel.version import __version__


@dataclass(frozen=True)
class Stylization:
    """A picture to be stylized, with everything opened and checked.

    Attributes:
        network: On its device.
        content: The photograph, in the size of the result.
        styles: Of an any-style network, with weights.
        options: Strength and colors.
        device: Where to work.
        budget: Bytes of memory it may use.
        file: Of the network, as given; empty for the one that comes with pincel.
        background: Color behind what is transparent.
        keep_metadata: Whether the result has the metadata of the photograph.
    """

    network: Network
    content: LoadedImage
    styles: Weighted
    options: StylizeOptions
    device: str
    budget: int
    file: str = ""
    background: str = DEFAULT_BACKGROUND
    keep_metadata: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        return self.content.height, self.content.width

    @cached_property
    def tile_side(self) -> int:
        """Side of the tiles in pixels; 0 if the picture fits into memory as a whole."""
        return choose_side(self.network, *self.size, self.budget)

    @property
    def summary(self) -> str:
        """Which network works where, on how many pixels, with how much memory."""
        needed = estimate_memory(self.network, *self.size)
        side = self.tile_side
        where = f"in tiles of {side} pixels, for the whole would take {needed / 1e9:.2g} GB" if side else f"{needed / 1e6:,.0f} MB"
        return f"{self.network.spec.name} on {self.device}: {self.content.width}×{self.content.height}, {where}"

    def paint(self, on_tile: TileCallback = no_progress) -> Result:
        """Return the picture and its record; ``on_tile`` is called with how many tiles are done, and of how many."""
        began = time.monotonic()
        pixels = stylize_in_one_pass(self.network, self.content, self.styles, self.options, budget=self.budget, on_tile=on_tile)
        measured = {"tiles": self.tile_side, "seconds": round(time.monotonic() - began, 3)}
        content = self.content
        return Result(
            to_pil(pixels, content.alpha),
            (),
            {**self._record(), **measured},
            "done",
            pixels,
            content.alpha,
            content.dpi,
            content.metadata if self.keep_metadata else None,
            self.background,
        )

    def _record(self) -> Mapping[str, Any]:
        spec = self.network.spec
        return {
            "pincel": __version__,
            "verb": "quick",
            "network": {"name": spec.name, "kind": spec.kind, "file": self.file, "trained": dict(spec.trained)},
            "content": image_metadata(self.content),
            "styles": [{**image_metadata(style), "weight": weight} for style, weight in self.styles],
            "strength": self.options.strength,
            "color": self.options.color,
        }


def prepare_stylization(  # noqa: PLR0913 - each is a choice of the caller's
    content: Source,
    style: Styles = (),
    *,
    network: str = "",
    options: StylizeOptions | None = None,
    size: int = 512,
    style_size: int = 512,
    background: str = DEFAULT_BACKGROUND,
    keep_metadata: bool = False,
    device: str = "auto",
    memory: str | None = None,
) -> Stylization:
    """Open and check everything; arguments and errors as of :func:`stylize`."""
    parse_color(background)
    loaded = load_stylizer(find_stylizer(network))
    groups = [] if isinstance(style, list | tuple) and not style else expand_styles(style)
    checked = (options or StylizeOptions()).checked(loaded, len(groups))
    photograph = _opened(content, "content", size, None)
    styles = [(_opened(source, "style", style_size, background), weight) for group in groups for source, weight in group]
    where = resolve_device(device)
    check_size(loaded, photograph)
    budget = parse_memory(memory) if memory else int(MEMORY_FRACTION * free_memory(where))
    return Stylization(loaded.to(where), photograph, styles, checked, str(where), budget, network, background, keep_metadata)


@checked
def export(network: str | PathLike[str], output: str | PathLike[str]) -> Path:
    """Write a network of :func:`pincel.train_style` as ONNX, for other programs.

    Args:
        network: The file of the network.
        output: The file to write, ``NAME.onnx``. Its inputs are ``content`` and, of an any-style network, ``style`` (1, 3, H, W), RGB in
            [0, 1], and ``strength``, 0 to 2; its output is ``painting``.

    Returns:
        The path of the file.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.
    """
    check_output(output, inputs=[Path(network)], what="ONNX file")
    write_onnx(Path(output), load_stylizer(network))
    return Path(output)


def _opened(source: Source, what: str, size: int, background: str | None) -> LoadedImage:
    """Open a picture, and resize its long side."""
    if not 0 <= size <= MOST_PIXELS:
        about = "size" if what == "content" else "style_size"
        raise OptionError(one_line("cannot be that", f"{size}", f"a whole number, 0 to {MOST_PIXELS}", "512"), about=about)
    picture = open_picture(source, what, background, fit=lambda height, width: target_size(height, width, size))
    height, width = target_size(picture.height, picture.width, size, "long", "nearest")
    if not (height and width):
        raise OptionError(f"Of the {what}, {picture.width}×{picture.height} pixels, nothing would be left in --size {size}.")
    return resize_picture(picture, (height, width), "lanczos")


@checked
def stylize(  # noqa: PLR0913 - each is a choice of the caller's
    content: Source,
    style: Styles = (),
    *,
    network: str = "",
    strength: float = 1.0,
    color: Color = "style",
    size: int = 512,
    style_size: int = 512,
    background: str = DEFAULT_BACKGROUND,
    keep_metadata: bool = False,
    device: str = "auto",
    memory: str | None = None,
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
) -> Result:
    """Stylize a photograph in about a second, with a network trained for that; ``pincel quick``. :func:`pincel.transfer` paints better.

    Args:
        content: The photograph, as for :func:`pincel.transfer`.
        style: The painting, or several with weights, as for :func:`pincel.transfer`; none for a network trained for one style.
        network: A file of ``pincel train-style``; the any-style network that comes with pincel when empty.
        strength: Of an any-style network: 0 the photograph, 1 the style, up to 2 more of it.
        color: Colors of the result: ``style``, as the painting brings them; ``content``, those of the photograph, to which the painting is
            matched first; ``luminance``, those of the photograph, of which only the brightness is painted.
        size: Long side of the result in pixels; 0 for that of the photograph.
        style_size: Long side that a painting is resized to, in pixels; 0 for its own.
        background: Color behind transparent parts of a painting.
        keep_metadata: Whether the result has the metadata of the photograph.
        device: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`; larger pictures are computed in tiles, to the same result but for rounding.
        progress: As for :func:`pincel.transfer`.
        on_event: Called with each event.

    Returns:
        The picture and its record; it has no losses, and ``stopped`` is ``done``.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.

    Paper:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, ICCV 2017 (any style); Johnson, Alahi,
        Li: Perceptual Losses for Real-Time Style Transfer and Super-Resolution, ECCV 2016 (one style).
    """
    with showing(Bar() if progress else None, on_event) as show:
        stylization = prepare_stylization(
            content,
            style,
            network=network,
            options=StylizeOptions(strength, color),
            size=size,
            style_size=style_size,
            background=background,
            keep_metadata=keep_metadata,
            device=device,
            memory=memory,
        )
        show(Notice(stylization.summary))
        return stylization.paint(lambda done, total: show(SetupProgress("painting", done, total)))
