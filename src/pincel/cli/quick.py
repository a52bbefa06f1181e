"""``pincel quick``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import PAINTINGS, PHOTO, NumberType, device_option, parse_styles, quiet_option, record_option
from pincel.cli.output_name import output_path
from pincel.cli.painting import Outputs, announce
from pincel.colors import DEFAULT_BACKGROUND
from pincel.samples import PREFIX


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
@click.option("--strength", type=NumberType(), default=1.0, metavar="X", help="0 the photograph, 1 the painting, 2 more of it. [1]")
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
    from pincel.api.quick import prepare_stylization
    from pincel.engine.result import record_path
    from pincel.feedforward.file import find_stylizer
    from pincel.feedforward.stylize import StylizeOptions
    from pincel.images.io import check_limits
    from pincel.progress import TileBar

    picture = options["output"]
    outputs = Outputs(picture, Path(options["record"] or record_path(picture)), auto_named=options["auto_named"])
    named = [Path(text) for text in (content, *(path for path, _ in pairs)) if not text.startswith(PREFIX)]
    outputs.check([path for path in (*named, find_stylizer(options["network"])) if path.is_file()])
    own = {name: options[name] for name in ("network", "size", "style_size", "background", "keep_metadata", "device", "memory")}
    settings = StylizeOptions(options["strength"], options["color"])
    stylization = prepare_stylization(content, pairs, options=settings, **own)
    notes = check_limits(picture, stylization.size, alpha=stylization.content.alpha is not None)
    with TileBar(quiet=options["quiet"]) as bar:
        for note in notes:
            bar.line(note, style="yellow")
        bar.line(stylization.summary)
        result = stylization.paint(partial(bar.move, "painting"))
    outputs = outputs.replacing_none()
    result.save(outputs.picture, record=outputs.record)
    announce(outputs.files, options, seconds=result.record["seconds"])
    return 0
