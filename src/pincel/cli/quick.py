"""``pincel quick``."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.options import styles as read_styles
from pincel.cli.texts import GroupedCommand, examples
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError
from pincel.samples import PREFIX

if TYPE_CHECKING:
    from pincel.feedforward.network import Network
    from pincel.feedforward.stylize import StylizeOptions, Weighted
    from pincel.images.picture import LoadedImage


class QuickCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {
        "How it paints": ["network", "strength", "color", "size", "style_size", "background"],
        "Output": ["output", "record", "keep_metadata", "json_lines", "quiet"],
        "The machine": ["device", "memory"],
    }


@click.command(
    cls=QuickCommand,
    epilog=examples(
        "pincel quick sample:harbour sample:glass -o quick.png",
        "pincel quick sample:harbour sample:glass=0.7 sample:impasto=0.3 -o mixed.png --strength 0.8",
    ),
)
@click.argument("content")
@click.argument("style", nargs=-1)
@click.option("-o", "--output", required=True, metavar="OUT", help="The picture to write: .png .jpg .webp .tif, .avif where there is AVIF.")
@click.option(
    "--network", default="", metavar="NET", help="A network of 'pincel train-style'. [the any-style network that comes with pincel]"
)
@click.option("--strength", type=click.FLOAT, default=1.0, metavar="X", help="Of an any-style network: from 0, the photograph, to 1. [1]")
@click.option(
    "--color",
    type=click.Choice(["style", "content", "luminance"]),
    default="style",
    help="Whose colors: the painting's; the photograph's, to which the painting's are matched before; or the photograph's with only its "
    "brightness repainted. [style]",
)
@click.option("--size", type=click.IntRange(min=0), default=512, metavar="N", help="Long side of the result; 0 = as CONTENT is. [512]")
@click.option(
    "--style-size", type=click.IntRange(min=0), default=512, metavar="N", help="Long side a style is looked at in; 0 = as it is. [512]"
)
@click.option(
    "--background",
    default=DEFAULT_BACKGROUND,
    metavar="COLOR",
    help=f"Color that transparent parts of a style are seen on. [{DEFAULT_BACKGROUND}]",
)
@click.option("--keep-metadata", is_flag=True, help="Write what CONTENT's file says of itself into the result: EXIF, XMP, whose it is.")
@click.option("--record", metavar="FILE", help="Where the record goes. [beside OUT, as .json]")
@click.option("--json", "json_lines", is_flag=True, help="Print what was done as a JSON line on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")
@click.option(
    "--memory",
    metavar="SIZE",
    help="What it may take, such as 2G: larger pictures are painted in tiles, to the same picture but for rounding. [what is free]",
)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Paint the photograph CONTENT in one go, with a network that has learned to.

    The any-style network that comes with pincel paints after STYLE, or several, each with a weight if you like: one.jpg=0.7
    other.jpg=0.3. A network that has learned one style ('pincel train-style', --network) takes none.

    It takes a second where 'pincel transfer' takes a minute, and paints less well; 'pincel transfer --init feedforward' begins there.
    """
    ctx.exit(painted(content, style, options))


def painted(content: str, style: tuple[str, ...], options: dict[str, Any]) -> int:
    """Check, paint and write; return the exit code."""
    from pincel.cli.painting import Outputs, check_outputs
    from pincel.engine.result import record_path
    from pincel.feedforward.file import find_stylizer, load_stylizer
    from pincel.feedforward.stylize import StylizeOptions
    from pincel.sources import expand_styles

    pairs = read_styles(style)
    picture = Path(options["output"])
    outputs = Outputs(picture, Path(options["record"] or record_path(picture)))
    place = find_stylizer(options["network"])
    named = [Path(text) for text in (content, *(path for path, _ in pairs)) if not text.startswith(PREFIX)]
    check_outputs(outputs, [path for path in (*named, place) if path.is_file()])
    network = load_stylizer(place)
    groups = expand_styles(pairs) if pairs else []
    manner = StylizeOptions(options["strength"], options["color"]).checked(network, len(groups))
    shown = _opened(content, "content", options["size"], None)
    looked = [
        (_opened(source, "style", options["style_size"], options["background"]), weight) for group in groups for source, weight in group
    ]
    return _painted(network, shown, looked, manner, outputs, options)


def _opened(source: Any, what: str, size: int, background: str | None) -> LoadedImage:
    """Open a picture, and bring its long side to a size."""
    from pincel.images.resize import resize_picture, target_size
    from pincel.sources import open_picture

    picture = open_picture(source, what, background, fit=lambda height, width: target_size(height, width, size))
    height, width = target_size(picture.height, picture.width, size, "long", "nearest")
    if not (height and width):
        raise OptionError(f"Of the {what}, {picture.width}×{picture.height} pixels, nothing would be left in --size {size}.")
    return resize_picture(picture, (height, width), "lanczos")


def _painted(network: Network, content: LoadedImage, styles: Weighted, manner: StylizeOptions, outputs: Any, options: dict[str, Any]) -> int:
    from pincel.cli.progress import TileBar
    from pincel.cli.terminal import say
    from pincel.engine.device import resolve_device
    from pincel.engine.memory import free_memory, parse_memory
    from pincel.feedforward.stylize import check_size, stylize
    from pincel.feedforward.tiles import choose_side, estimate_memory
    from pincel.files import write_text
    from pincel.images.io import check_limits, save_picture, to_pil, write_or_keep
    from pincel.run.machine import MEMORY_FRACTION
    from pincel.sources import image_metadata
    from pincel.version import __version__

    device = resolve_device(options["device"])
    check_size(network, content)
    notes = check_limits(outputs.picture, (content.height, content.width), alpha=content.alpha is not None)
    budget = parse_memory(options["memory"]) if options["memory"] else int(MEMORY_FRACTION * free_memory(device))
    side = choose_side(network, content.height, content.width, budget)
    needed = estimate_memory(network, content.height, content.width)
    where = f"in tiles of {side} pixels, for the whole would take {needed / 1e9:.2g} GB" if side else f"{needed / 1e6:,.0f} MB"
    with TileBar(quiet=options["quiet"]) as bar:
        for note in notes:
            bar.line(note, style="yellow")
        bar.line(f"{network.spec.name} on {device}: {content.width}×{content.height}, {where}")
        began = time.monotonic()
        pixels = stylize(network.to(device), content, styles, manner, budget=budget, on_tile=partial(bar.move, "painting"))
    seconds = time.monotonic() - began
    metadata = content.metadata if options["keep_metadata"] else None
    write = partial(save_picture, to_pil(pixels, content.alpha), dpi=content.dpi, background=options["background"], metadata=metadata)
    write_or_keep(write, outputs.picture)
    record = {
        "pincel": __version__,
        "verb": "quick",
        "network": {
            "name": network.spec.name,
            "kind": network.spec.kind,
            "file": options["network"],
            "trained": dict(network.spec.trained),
        },
        "content": image_metadata(content),
        "styles": [{**image_metadata(style), "weight": weight} for style, weight in styles],
        "strength": manner.strength,
        "color": manner.color,
        "tiles": side,
        "seconds": round(seconds, 3),
        "picture": outputs.picture.name,
    }
    write_text(outputs.record, json.dumps(record, indent=1, ensure_ascii=False) + "\n", what="record")
    if options["json_lines"]:
        say(json.dumps({"event": "saved", "seconds": record["seconds"], "files": [str(outputs.picture), str(outputs.record)]}))
    elif not options["quiet"]:
        for path in (outputs.picture, outputs.record):
            say(str(path))
    return 0
