"""``pincel transfer``."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.options import GROUPS, gather, input_paths, objective_options, styles
from pincel.cli.texts import GroupedCommand, examples

if TYPE_CHECKING:
    from pincel.cli.progress import Bar
    from pincel.engine.events import Event
    from pincel.engine.result import Result
    from pincel.verbs import Run

EXIT_CODES = {"interrupted": 130, "terminated": 143}


class TransferCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {**GROUPS, "Output": ["output", "record", "sheet", "save_every", "json_lines", "quiet", "device", "precision"]}


@dataclass(frozen=True)
class Outputs:
    """Files to write, checked before anything slow happens."""

    picture: Path
    record: Path
    sheet: Path | None


@click.command(
    cls=TransferCommand,
    epilog=examples(
        "pincel transfer sample:harbour sample:impasto -o painted.png --size 256 --steps 60",
        "pincel transfer sample:lake sample:woodcut=0.7 sample:watercolour=0.3 -o mix.jpg --size 192 --steps 30 --init blend=0.3",
    ),
)
@click.argument("content")
@click.argument("style", nargs=-1, required=True)
@objective_options
@click.option("-o", "--output", required=True, metavar="OUT", help="The picture to write: .png .jpg .webp .tif, .avif where there is AVIF.")
@click.option("--record", metavar="FILE", help="Where the record of the run goes. [beside OUT, as .json]")
@click.option("--sheet", metavar="FILE", help="Also write a contact sheet: content | style | result.")
@click.option(
    "--save-every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also write the picture every N steps, as OUT-00050.png, or OUT-256x192-00050.png with a ladder.",
)
@click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")
@click.option(
    "--precision",
    default="auto",
    metavar="NAME",
    help="How convolutions multiply: fp32, tf32 (NVIDIA), bf16, or the quickest here, measured once. [auto]",
)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Paint the photograph CONTENT in the manner of the painting STYLE, or of several.

    CONTENT and STYLE are picture files, or sample:NAME for one that comes with pincel ('pincel samples DIR' writes them out).
    A style may carry a weight: starry.jpg=0.7 scream.jpg=0.3.

    The picture is moved, step by step, until the network sees the content of the one and the style of the other in it: more
    --style-weight for more painting, more --content-weight for more photograph, more --tv-weight for smoother areas.
    Ctrl-C stops after the step under way and keeps the best picture so far.
    """
    from pincel.cli.progress import Bar
    from pincel.cli.terminal import say
    from pincel.engine.memory import keep_freed_memory

    values = gather(options)
    pairs = styles(style)
    keep_freed_memory()
    outputs = check_outputs(options, input_paths(content, pairs, options["recipe"], values.get("init")))
    from pincel.verbs import Run

    with Bar(quiet=options["quiet"]) as bar:
        run = Run(
            content, pairs, recipe=options["recipe"], device=options["device"], precision=options["precision"], on_event=bar.show, **values
        )
        bar.console.print(f"Painting {run.size[1]}×{run.size[0]} on {run.device} in {run.precision}; Ctrl-C keeps the best picture so far.")
        watchers = _watchers(options, outputs, bar, ladder=len(run.rungs) > 1)
        with stopped_by_signals(run):
            for event in run:
                for watch in watchers:
                    watch(event)
    result = run.result
    saved = save(result, outputs, run)
    if options["json_lines"]:
        say(json.dumps({"event": "saved", "stopped": result.stopped, "files": [str(path) for path in saved]}))
    elif not options["quiet"]:
        for path in saved:
            say(str(path))
    ctx.exit(EXIT_CODES.get(result.stopped, 0))


def check_outputs(options: dict[str, Any], inputs: list[Path]) -> Outputs:
    """Check every file a run will write, before it starts.

    Raises:
        OutputError: For an unknown extension, an unwritable folder, a file that is an input, or two outputs in one place.
    """
    from pincel.engine.result import record_path
    from pincel.errors import OutputError
    from pincel.files import check_output
    from pincel.image.io import check_format

    picture = Path(options["output"])
    check_format(picture)
    picture = check_output(picture, inputs=inputs, what="output")
    record = check_output(options["record"] or record_path(picture), inputs=inputs, what="record")
    sheet = Path(options["sheet"]) if options["sheet"] else None
    if sheet:
        check_format(sheet)
        check_output(sheet, inputs=inputs, what="contact sheet")
    places = [path.resolve() for path in (picture, record, sheet) if path]
    if len(set(places)) < len(places):
        raise OutputError(f"Two outputs would be written to one file: {', '.join(map(str, places))}. Give each its own name.")
    return Outputs(picture, record, sheet)


def _watchers(options: dict[str, Any], outputs: Outputs, bar: Bar, *, ladder: bool) -> list[Callable[[Event], None]]:
    from pincel.cli.terminal import say
    from pincel.engine.events import Step
    from pincel.errors import OutputError
    from pincel.image.io import save_picture, to_pil

    def keep(event: Event) -> None:
        if isinstance(event, Step) and event.step and event.step % options["save_every"] == 0:
            # Each scale counts its own steps.
            scale = f"-{event.scale[1]}x{event.scale[0]}" if ladder else ""
            path = outputs.picture.with_name(f"{outputs.picture.stem}{scale}-{event.step:05d}{outputs.picture.suffix}")
            try:
                save_picture(to_pil(event.preview().cpu()), path)
            except OutputError as error:
                # A progress picture is no reason to lose the run.
                bar.console.print(str(error), style="yellow", markup=False)

    watchers: list[Callable[[Event], None]] = [bar.show]
    if options["json_lines"]:
        watchers.append(lambda event: say(json.dumps(as_json(event))))
    if options["save_every"]:
        watchers.append(keep)
    return watchers


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as plain data: its kind, and its fields but the preview."""
    from pincel.engine.events import Step

    terms = {"terms": event.terms} if isinstance(event, Step) else {}
    fields = {key: value for key, value in vars(event).items() if key not in ("preview", "read")}
    return {"event": type(event).__name__.lower(), **fields, **terms}


@contextmanager
def stopped_by_signals(run: Run) -> Iterator[None]:
    """Let SIGINT and SIGTERM end a run after its step; a second one ends the program."""

    def handler(number: int, _frame: FrameType | None) -> None:
        run.stop("interrupted" if number == signal.SIGINT else "terminated")
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def save(result: Result, outputs: Outputs, run: Run) -> list[Path]:
    """Write picture, record and sheet; a picture that cannot go where it should is kept in the temporary folder.

    Raises:
        OutputError: If it could not go where it should; says where it is instead.
    """
    from pincel.errors import OutputError
    from pincel.image.io import save_picture

    try:
        result.save(outputs.picture, record=outputs.record)
    except OutputError as error:
        kept = Path(tempfile.mkdtemp(prefix="pincel-")) / outputs.picture.name
        result.save(kept)
        raise OutputError(f"{error} The picture was kept as {kept}.") from error
    if outputs.sheet is None:
        return [outputs.picture, outputs.record]
    save_picture(run.sheet(result), outputs.sheet)
    return [outputs.picture, outputs.record, outputs.sheet]
