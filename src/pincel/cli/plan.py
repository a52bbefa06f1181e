"""``pincel plan``, and the summary that is printed before a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.help_format import GroupedCommand, examples
from pincel.cli.options import MACHINE, machine_options, objective_options, parse_styles, pop_recipe
from pincel.progress import duration
from pincel.recipes.schema import GROUPS

if TYPE_CHECKING:
    from rich.table import Table

    from pincel.run.machine import Machine
    from pincel.run.plan import Plan
    from pincel.run.run import Run

# Seconds from which the plan of a run is printed scale by scale.
LONG = 120.0


@click.command(
    cls=GroupedCommand,
    groups={**GROUPS, "The machine": MACHINE, "Output": ["json_output"]},
    epilog=examples(
        "pincel plan sample:harbour sample:impasto --size 2048",
        "pincel plan sample:harbour sample:impasto --size 4096 --memory 6GiB --json",
    ),
)
@click.argument("content")
@click.argument("style", nargs=-1, required=True)
@objective_options
@machine_options
@click.option("--json", "json_output", is_flag=True, help="Print one JSON object.")
def command(content: str, style: tuple[str, ...], **options: Any) -> None:
    """Print memory, time, tiles and scales of 'pincel transfer CONTENT STYLE …' with the same options, without starting it.

    Memory is the peak. Time follows from the speed of the last run on this machine, or from that of its convolutions, measured once.
    """
    from rich.console import Console

    from pincel.cli.terminal import echo
    from pincel.run.check import prepare_recipe
    from pincel.run.inputs import load_inputs, start_file
    from pincel.run.machine import Machine
    from pincel.run.plan import make_plan

    begin_computing()
    values = pop_recipe(options)
    recipe, notes = prepare_recipe(options["recipe"], values)
    machine = Machine.resolve(**{name: options[name] for name in MACHINE})
    inputs = load_inputs(recipe, content, parse_styles(style), start_file(recipe), machine.memory)
    plan = make_plan(inputs.recipe, inputs.preprocessed, machine)
    if options["json_output"]:
        echo(json.dumps(as_data(plan, machine)))
        return
    console = Console(highlight=False)
    console.print(as_table(plan, machine))
    for line in (*notes, *plan.notes, in_all(plan, machine)):
        console.print(line, soft_wrap=True, markup=False)


def plan_summary(run: Run) -> list[str]:
    """Return lines about a run: device, memory and time, and for a long one each scale."""
    plan, machine = run.plan, run.machine
    scales = _scales(plan, machine) if (machine.seconds_for(plan.work) or 0.0) >= LONG else []
    lines = [f"  {width}×{height}: {steps} steps, tiles {tiles}, {memory}, {time}" for width, height, steps, tiles, memory, time in scales]
    count = machine.processes.processes
    many = f", {count} processes" if count > 1 else ""
    start = f"Painting on {machine.device} in {machine.precision}{many}; {in_all(plan, machine)}"
    return [start, *lines]


def as_data(plan: Plan, machine: Machine) -> dict[str, Any]:
    """Return a plan as data for JSON: bytes, seconds (null if unknown), sizes as [width, height]."""
    scales = [
        {
            "size": [cost.scale.size[1], cost.scale.size[0]],
            "steps": cost.scale.steps,
            "tiles": str(cost.layout),
            "memory": round(cost.memory),
            "seconds": machine.seconds_for(cost.total),
        }
        for cost in plan.costs
    ]
    return {
        "size": [plan.size[1], plan.size[0]],
        "device": str(machine.device),
        "precision": str(machine.precision),
        "memory": round(plan.memory),
        "seconds": machine.seconds_for(plan.work),
        "scales": scales,
        "recipe": plan.recipe.model_dump(),
        "notes": list(plan.notes),
    }


def as_table(plan: Plan, machine: Machine) -> Table:
    """Return a plan as a table, with a row for each scale."""
    from rich.table import Table

    table = Table("size", "steps", "tiles", "memory", "time", box=None, header_style="bold", pad_edge=False)
    for width, height, steps, tiles, memory, time in _scales(plan, machine):
        table.add_row(f"{width}×{height}", str(steps), tiles, memory, time)
    return table


def _scales(plan: Plan, machine: Machine) -> list[tuple[int, int, int, str, str, str]]:
    from pincel.run.plan import gibibytes

    return [
        (
            cost.scale.size[1],
            cost.scale.size[0],
            cost.scale.steps,
            str(cost.layout),
            gibibytes(cost.memory),
            duration(machine.seconds_for(cost.total)),
        )
        for cost in plan.costs
    ]


def in_all(plan: Plan, machine: Machine) -> str:
    """Return size, memory and time in a sentence."""
    from pincel.run.plan import gibibytes

    seconds = machine.seconds_for(plan.work)
    return f"{plan.size[1]}×{plan.size[0]} takes about {gibibytes(plan.memory)} and {duration(seconds)}."
