"""``pincel plan``, and the summary that is printed before a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import (
    LIKE_TRANSFER,
    MACHINE,
    PAINTINGS,
    PHOTO,
    SEE_TRANSFER,
    machine_options,
    objective_options,
    parse_styles,
    pop_recipe,
)
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

if TYPE_CHECKING:
    from rich.table import Table

    from pincel.run.forecast import Forecast
    from pincel.run.machine import Machine
    from pincel.run.plan import Plan
    from pincel.run.run import Run

# Seconds from which the plan of a run is printed scale by scale.
LONG = 120.0


@click.command(
    cls=GroupedCommand,
    groups={"Output": ["json_output"]},
    more=LIKE_TRANSFER,
    brief=SEE_TRANSFER,
    examples=(
        "pincel plan sample:harbour sample:impasto --size 2048",
        "pincel plan sample:harbour sample:impasto --size 4096 --memory 6GiB --json",
    ),
)
@click.argument("content", metavar=PHOTO)
@click.argument("style", metavar=PAINTINGS, nargs=-1, required=True)
@objective_options
@machine_options
@click.option("--json", "json_output", is_flag=True, help="Print the plan as a JSON object.")
def command(content: str, style: tuple[str, ...], **options: Any) -> None:
    """Print memory, time, tiles and sizes of 'pincel transfer' with the same options, without painting.

    Memory is the most that is used at any moment. Time follows from the speed of the last run on this machine, or, before the first run,
    from the speed of its convolutions, which is measured once.
    """
    from rich.console import Console

    from pincel.cli.terminal import echo
    from pincel.run.forecast import forecast
    from pincel.run.machine import Machine

    begin_computing()
    values = pop_recipe(options)
    machine = Machine.resolve(**{name: options[name] for name in MACHINE})
    found = forecast(content, parse_styles(style), options["recipe"], machine, values)
    if options["json_output"]:
        echo(json.dumps(found.as_json()))
        return
    console = Console(highlight=False)
    console.print(as_table(found))
    for line in (*found.notes, in_all(found.plan, machine)):
        console.print(line, soft_wrap=True, markup=False)


def plan_summary(run: Run) -> list[str]:
    """Return lines about a run: device, memory and time, and for a long one each scale."""
    from pincel.run.forecast import Forecast

    plan, machine = run.plan, run.machine
    rows = Forecast(plan, machine).rows() if (machine.seconds_for(plan.work) or 0.0) >= LONG else []
    lines = [f"  {size}: {steps} steps, tiles {tiles}, {memory}, {time}" for size, steps, tiles, memory, time in rows]
    count = machine.processes.processes
    one, several = _("Painting on {device} in {precision}; {size}"), _("Painting on {device} in {precision}, {count} processes; {size}")
    named = {"device": machine.device, "precision": machine.precision, "size": in_all(plan, machine)}
    return [Note(several, count=count, **named) if count > 1 else Note(one, **named), *lines]


def as_table(forecast: Forecast) -> Table:
    """Return a forecast as a table, with a row for each scale."""
    from rich.table import Table

    from pincel.run.forecast import COLUMNS

    table = Table(*COLUMNS, box=None, header_style="bold", pad_edge=False)
    for row in forecast.rows():
        table.add_row(*row)
    return table


def in_all(plan: Plan, machine: Machine) -> str:
    """Return size, memory and time in a sentence."""
    from pincel.progress import duration
    from pincel.run.plan import gibibytes

    (height, width), time = plan.size, duration(machine.seconds_for(plan.work))
    text = _("{width}×{height} takes about {memory} and {time}.")
    return Note(text, width=width, height=height, memory=gibibytes(plan.memory), time=time)
