"""``pincel bench``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.texts import GroupedCommand, examples

if TYPE_CHECKING:
    from pincel.bench.measure import Bench
    from pincel.bench.plan import Settings
    from pincel.bench.report import Report

# Where there is no terminal, wide enough for every table.
WIDTH = 100


class BenchCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {
        "What is painted": ["content", "style", "size", "peer_steps", "steps", "recipe", "ladder"],
        "How it is measured": ["against", "rounds", "sizes", "precision", "tiles", "device"],
        "Output": ["json_file", "quiet"],
    }


@click.command(
    cls=BenchCommand,
    epilog=examples(
        "pincel bench",
        "pincel bench --size 512 --peer-steps 200 --sizes 256,512,1024,2048 --json bench.json",
    ),
)
@click.option("--content", default="sample:lighthouse", metavar="PICTURE", help="The photograph. [sample:lighthouse]")
@click.option("--style", default="sample:woodcut", metavar="PICTURE", help="The painting. [sample:woodcut]")
@click.option("--size", type=click.INT, default=256, metavar="N", help="Long side of the picture in pixels. [256]")
@click.option("--peer-steps", type=click.INT, default=100, metavar="N", help="Steps of the peer; its picture is to be matched. [100]")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Steps of pincel. [as few as give a picture as good]")
@click.option("--recipe", default="pastiche-fast", metavar="NAME|FILE.toml", help="How pincel paints that picture. [pastiche-fast]")
@click.option("--ladder", metavar="SHARE=MULTIPLE,…", help="Coarser scales of that run, or none. [the recipe's]")
@click.option("--against", default="pastiche", metavar="PEER", help="pastiche, or none to measure pincel alone. [pastiche]")
@click.option("--rounds", type=click.IntRange(min=1), default=3, metavar="N", help="How often each is measured, in turn. [3]")
@click.option("--sizes", default="", metavar="N,N,…", help="Also show how time and memory grow with these sizes. [none]")
@click.option("--precision", type=click.Choice(["auto", "fp32", "tf32", "bf16"]), default="auto", help="Of pincel. [auto]")
@click.option("--tiles", default="whole", metavar="LAYERS=PX,…", help="How the network of pincel is cut, as for transfer. [whole]")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps; for both. [auto]")
@click.option("--json", "json_file", metavar="FILE", help="Also write everything as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress, only the tables.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Measure pincel beside another program, the package pastiche, on this machine, and print tables.

    Each runs in a process of its own, by turns, so that both meet the same moods of the machine: seconds a step of the same
    objective; seconds from the shell to a picture that the peer's own objective finds as good as its own; operations a second, and
    their share of what one bare convolution reaches; memory. Medians over the rounds.

    As it stands it takes a few minutes on two cores; --peer-steps and --size make it longer, --sizes adds to it.
    Ctrl-C ends it and prints what was measured so far.
    """
    from pincel.bench.measure import Bench
    from pincel.cli.progress import Bar
    from pincel.files import check_output

    json_file, quiet = options.pop("json_file"), options.pop("quiet")
    settings = make_settings(options)
    target = check_output(json_file, inputs=[settings.content, settings.style], what="report") if json_file else None
    with Bar(quiet=quiet) as bar:
        bench = Bench(settings, bar.show)
        interrupted = watch(bench)
    tell(bench.report, target)
    ctx.exit(130 if interrupted else 0)


def make_settings(options: dict[str, Any]) -> Settings:
    """Return what to measure, checked."""
    from pincel.bench.plan import Settings, parse_sizes, picture_file

    content, style = (picture_file(options.pop(name)) for name in ("content", "style"))
    settings = Settings(content, style, sizes=parse_sizes(options.pop("sizes")), **options)
    settings.check()
    return settings


def watch(bench: Bench) -> bool:
    """Measure; say whether that was cut short by Ctrl-C with something to show.

    An error leaves what there is to be shown too, if there is any: the last size may have been too large for the memory.
    """
    from pincel.errors import PincelError

    try:
        bench.run()
    except KeyboardInterrupt:
        if bench.report.steps is None:
            raise
        return True
    except PincelError:
        if bench.report.steps:
            tell(bench.report, None)
        raise
    return False


def tell(report: Report, target: Path | None) -> None:
    """Print the tables, and write the report."""
    from rich.console import Console

    from pincel.bench.report import plain
    from pincel.bench.tables import machine_line, tables
    from pincel.files import write_text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    if report.machine:
        console.print(machine_line(report.machine), soft_wrap=True, markup=False)
    for table in tables(report):
        console.print(table)
    if target:
        write_text(target, json.dumps(plain(report), indent=1, ensure_ascii=False) + "\n", what="report")
        console.print(str(target), soft_wrap=True, markup=False)
