"""``pincel quick``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import PAINTINGS, PHOTO, device_option, parse_styles, quiet_option, record_option
from pincel.cli.output_name import output_path
from pincel.cli.painting import Outputs, announce
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError
from pincel.samples import PREFIX

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.feedforward.network import Network
    from pincel.feedforward.stylize import StylizeOptions, Weighted
    from pincel.images.picture import LoadedImage


@click.command(
    cls=GroupedCommand,
    groups={
        "Style": ["network", "strength", "color", "size", "style_size", "background"],
        "Output": ["output", "record", "keep_metadata", "json_lines", "quiet"],
        "The machine": ["device", "memory"],
    },
    examples=(
        "pincel quick sample:harbour sample:glass -o quick.png",
        "pincel quick sample:harbour sample:glass=0.7 sample:impasto=0.3 -o mixed.png --strength 0.8",
    ),
)
@click.argument("content", metavar=PHOTO)
@click.argument("style", metavar=f"[{PAINTINGS}]", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="Picture to write: .png .jpg .webp .tif .avif. [PHOTO-PAINTING.png here, with -2, -3 … if it exists]",
)
@click.option(
    "--network", default="", metavar="NET", help="Network of 'pincel train-style'. [the any-style network that comes with pincel]"
)
@click.option("--strength", type=click.FLOAT, default=1.0, metavar="X", help="0 the photograph, 1 the painting, 2 more of it. [1]")
@click.option(
    "--color",
    type=click.Choice(["style", "content", "luminance"]),
    default="style",
    metavar="WHOSE",
    help="Colors of the result: style (as the painting brings them), content (those of the photograph), luminance (those of the "
    "photograph; only its brightness is painted). [style]",
)
@click.option("--size", type=click.IntRange(min=0), default=512, metavar="N", help="Long side in pixels; 0 = that of the photograph. [512]")
@click.option(
    "--style-size",
    type=click.IntRange(min=0),
    default=512,
    metavar="N",
    help="Long side to which a painting is resized; 0 = as it is. [512]",
)
@click.option(
    "--background",
    default=DEFAULT_BACKGROUND,
    metavar="COLOR",
    help=f"Color behind transparent parts of a painting. [{DEFAULT_BACKGROUND}]",
)
@click.option("--keep-metadata", is_flag=True, help="Copy the metadata of the photograph into the result: EXIF, XMP, copyright.")
@record_option
@click.option("--json", "json_lines", is_flag=True, help="Print the result as a line of JSON.")
@quiet_option
@device_option
@click.option(
    "--memory",
    metavar="SIZE",
    help="Memory to use, such as 2G; large pictures are computed in tiles, with the same result but for rounding. [what is free]",
)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Stylize the photograph PHOTO in about a second, with a network trained for that (lower quality).

    The any-style network that comes with pincel takes one PAINTING, or several, by their weights if given: one.jpg=0.7 other.jpg=0.3.
    A network that 'pincel train-style' made for one style takes none.

    'pincel transfer' takes a minute instead of a second and paints better; with --init feedforward it starts from the result of quick.
    """
    pairs, given = parse_styles(style), options["output"]
    with output_path(given, content, [path for path, _ in pairs]) as path:
        ctx.exit(run_quick(content, pairs, {**options, "output": path, "auto_named": given is None}))


def run_quick(content: str, pairs: list[tuple[str, float]], options: dict[str, Any]) -> int:
    """Check, paint and write; return the exit code."""
    from pincel.engine.result import record_path
    from pincel.feedforward.file import find_stylizer, load_stylizer
    from pincel.feedforward.stylize import StylizeOptions
    from pincel.files import write_text
    from pincel.images.io import check_limits, save_picture, to_pil, write_or_keep
    from pincel.sources import expand_styles

    picture = options["output"]
    outputs = Outputs(picture, Path(options["record"] or record_path(picture)), auto_named=options["auto_named"])
    file = find_stylizer(options["network"])
    named = [Path(text) for text in (content, *(path for path, _ in pairs)) if not text.startswith(PREFIX)]
    outputs.check([path for path in (*named, file) if path.is_file()])
    network = load_stylizer(file)
    groups = expand_styles(pairs) if pairs else []
    settings = StylizeOptions(options["strength"], options["color"]).checked(network, len(groups))
    image = _opened(content, "content", options["size"], None)
    images = [
        (_opened(source, "style", options["style_size"], options["background"]), weight) for group in groups for source, weight in group
    ]
    notes = check_limits(picture, (image.height, image.width), alpha=image.alpha is not None)
    pixels, run = _stylize(network, image, images, settings, notes, options)
    metadata = image.metadata if options["keep_metadata"] else None
    write = partial(save_picture, to_pil(pixels, image.alpha), dpi=image.dpi, background=options["background"], metadata=metadata)
    outputs = outputs.replacing_none()
    write_or_keep(write, outputs.picture)
    record = {**_record(network, image, images, settings, options["network"]), **run, "picture": outputs.picture.name}
    write_text(outputs.record, json.dumps(record, indent=1, ensure_ascii=False) + "\n", what="record")
    announce(outputs.files, options, seconds=record["seconds"])
    return 0


def _record(network: Network, content: LoadedImage, styles: Weighted, settings: StylizeOptions, file: str) -> dict[str, Any]:
    from pincel.sources import image_metadata
    from pincel.version import __version__

    return {
        "pincel": __version__,
        "verb": "quick",
        "network": {
            "name": network.spec.name,
            "kind": network.spec.kind,
            "file": file,
            "trained": dict(network.spec.trained),
        },
        "content": image_metadata(content),
        "styles": [{**image_metadata(style), "weight": weight} for style, weight in styles],
        "strength": settings.strength,
        "color": settings.color,
    }


def _opened(source: Any, what: str, size: int, background: str | None) -> LoadedImage:
    """Open a picture, and resize its long side."""
    from pincel.images.resize import resize_picture, target_size
    from pincel.sources import open_picture

    picture = open_picture(source, what, background, fit=lambda height, width: target_size(height, width, size))
    height, width = target_size(picture.height, picture.width, size, "long", "nearest")
    if not (height and width):
        raise OptionError(f"Of the {what}, {picture.width}×{picture.height} pixels, nothing would be left in --size {size}.")
    return resize_picture(picture, (height, width), "lanczos")


def _stylize(
    network: Network, content: LoadedImage, styles: Weighted, settings: StylizeOptions, notes: Iterable[str], options: dict[str, Any]
) -> tuple[Tensor, dict[str, Any]]:
    """Stylize with a progress bar; return the pixels, and width of tiles and seconds for the record."""
    from pincel.engine.device import resolve_device
    from pincel.engine.memory import free_memory, parse_memory
    from pincel.feedforward.stylize import check_size, stylize
    from pincel.feedforward.tiles import choose_side, estimate_memory
    from pincel.progress import TileBar
    from pincel.run.machine import MEMORY_FRACTION

    device = resolve_device(options["device"])
    check_size(network, content)
    budget = parse_memory(options["memory"]) if options["memory"] else int(MEMORY_FRACTION * free_memory(device))
    side = choose_side(network, content.height, content.width, budget)
    needed = estimate_memory(network, content.height, content.width)
    where = f"in tiles of {side} pixels, for the whole would take {needed / 1e9:.2g} GB" if side else f"{needed / 1e6:,.0f} MB"
    with TileBar(quiet=options["quiet"]) as bar:
        for note in notes:
            bar.line(note, style="yellow")
        bar.line(f"{network.spec.name} on {device}: {content.width}×{content.height}, {where}")
        began = time.monotonic()
        pixels = stylize(network.to(device), content, styles, settings, budget=budget, on_tile=partial(bar.move, "painting"))
    return pixels, {"tiles": side, "seconds": round(time.monotonic() - began, 3)}
