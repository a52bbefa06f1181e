"""``pincel plan``, and what the verbs that paint say before they begin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import MACHINE, gather, machine_options, objective_options, styles
from pincel.cli.texts import GroupedCommand, examples
from pincel.recipes.groups import GROUPS

if TYPE_CHECKING:
    from rich.table import Table

    from pincel.run.run import Run

# Seconds from which a run is announced scale by scale.
LONG = 120.0


class PlanCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {**GROUPS, "The machine": MACHINE, "Output": ["json_output"]}


@click.command(
    cls=PlanCommand,
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
    """Say what 'pincel transfer CONTENT STYLE …' with the same options would take: memory, time, tiles, scales. Paints nothing.

    Memory is the most this program would have in use at one time. Time follows from the speed of the last run on this machine, or from
    that of its convolutions, measured once; the start, with all that is loaded, is made and timed.
    """
    from rich.console import Console

    from pincel.cli.progress import Bar
    from pincel.cli.terminal import say
    from pincel.engine.clock import age
    from pincel.run.run import Run

    begin_computing()
    values = gather(options)
    machine = {name: options[name] for name in MACHINE}
    with Bar() as bar:
        run = Run(content, styles(style), recipe=options["recipe"], on_event=bar.show, **machine, **values)
    # This command has started just as a run would.
    start = age()
    if options["json_output"]:
        say(json.dumps({**as_data(run), "start_seconds": round(start, 3)}))
        return
    console = Console(highlight=False)
    console.print(as_table(run))
    for line in (*run.plan.notes, f"{_in_all(run)} Starting takes {duration(start)}."):
        console.print(line, soft_wrap=True, markup=False)


def announced(run: Run) -> list[str]:
    """Return what to say before a run: where it works and what it takes, and of a long one each scale."""
    scales = _scales(run) if (run.expected_seconds or 0.0) >= LONG else []
    lines = [f"  {width}×{height}: {steps} steps, tiles {tiles}, {memory}, {time}" for width, height, steps, tiles, memory, time in scales]
    many = f", {run.processes} processes" if run.processes > 1 else ""
    return [f"Painting on {run.device} in {run.precision}{many}; {_in_all(run)} Ctrl-C keeps the best picture so far.", *lines]


def as_data(run: Run) -> dict[str, Any]:
    """Return a plan as plain data: bytes, seconds (null where not known), sizes as [width, height]."""
    scales = [
        {
            "size": [scale.rung.size[1], scale.rung.size[0]],
            "steps": scale.rung.steps,
            "tiles": str(scale.layout),
            "memory": round(scale.memory),
            "seconds": run.seconds_for(scale.total),
        }
        for scale in run.plan.scales
    ]
    return {
        "size": [run.size[1], run.size[0]],
        "device": str(run.device),
        "precision": str(run.precision),
        "memory": round(run.plan.memory),
        "seconds": run.expected_seconds,
        "scales": scales,
        "recipe": run.recipe.model_dump(),
        "notes": list(run.plan.notes),
    }


def as_table(run: Run) -> Table:
    """Lay a plan out, a scale a row."""
    from rich.table import Table

    table = Table("size", "steps", "tiles", "memory", "time", box=None, header_style="bold", pad_edge=False)
    for width, height, steps, tiles, memory, time in _scales(run):
        table.add_row(f"{width}×{height}", str(steps), tiles, memory, time)
    return table


def _scales(run: Run) -> list[tuple[int, int, int, str, str, str]]:
    from pincel.run.plan import gibibytes

    return [
        (
            scale.rung.size[1],
            scale.rung.size[0],
            scale.rung.steps,
            str(scale.layout),
            gibibytes(scale.memory),
            duration(run.seconds_for(scale.total)),
        )
        for scale in run.plan.scales
    ]


def _in_all(run: Run) -> str:
    from pincel.run.plan import gibibytes

    return f"{run.size[1]}×{run.size[0]} takes about {gibibytes(run.plan.memory)} and {duration(run.expected_seconds)}."


def duration(seconds: float | None) -> str:
    """Write a time down as people say it.

    Example:
        >>> duration(200), duration(3), duration(None)
        ('3 min', '3 s', 'an unknown time')
    """
    if seconds is None:
        return "an unknown time"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
