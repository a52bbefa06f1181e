"""``pincel evaluate``."""

from __future__ import annotations

import json
from typing import Any

import click

from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import PAINTINGS, PHOTO, SEE_TRANSFER, device_option, objective_options, parse_styles, pop_recipe
from pincel.recipes.schema import GROUPS


@click.command(
    cls=GroupedCommand,
    groups={"Output": ["json_output", "device"]},
    more=GROUPS,
    brief=SEE_TRANSFER,
    examples=(
        "pincel evaluate sample:harbour sample:harbour sample:impasto",
        "pincel evaluate sample:harbour sample:harbour sample:impasto --recipe gatys2016 --json",
    ),
)
@click.argument("image")
@click.argument("content", metavar=PHOTO)
@click.argument("style", metavar=PAINTINGS, nargs=-1, required=True)
@objective_options
@click.option("--json", "json_output", is_flag=True, help="Print all terms as a JSON object.")
@device_option
def command(image: str, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Print every term of the objective for the picture IMAGE, made of PHOTO and PAINTING by any program.

    The objective is that of 'pincel transfer' with the same options, at the size of IMAGE. All arithmetic is in fp32.
    """
    values = pop_recipe(options)
    pairs = parse_styles(style)
    from pincel.api.painting import evaluate
    from pincel.cli.terminal import echo

    found = evaluate(image, content, pairs, recipe=options["recipe"], device=options["device"], **values)
    if options["json_output"]:
        echo(json.dumps(found))
        return
    echo(f"{'term':<18}{'J, unweighted':>16}{'adds to the total':>20}")
    for name, value in found["terms"].items():
        adds = found["weighted"].get(name)
        adds = adds if adds is not None else sum(w for n, w in found["weighted"].items() if n.startswith(f"{name}:"))
        echo(f"{name:<18}{value:>16.6g}{adds:>20.6g}")
    echo(f"{'total':<18}{'':>16}{found['total']:>20.6g}")
