"""``pincel invert``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import F, input_paths, option_pair
from pincel.cli.painting import EXIT_CODES, as_json, stopped_by_signals
from pincel.cli.texts import GroupedCommand, examples
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion

if TYPE_CHECKING:
    from PIL.Image import Image

    from pincel.engine.events import Event
    from pincel.inversion.run import InversionResult

_METAVARS = {
    "code_weight": "C|PATTERN=C,…",
    "tv_weight": "λ|PATTERN=λ,…",
    "norm_weight": "λ",
    "alpha": "α",
    "beta": "β",
    "schedule": "STEPSxRATE,…",
    "size": "N",
    "seed": "N",
    "learning_rate": "RATE",
    "optimizer": "NAME",
    "bound": "LEVELS",
    "noise_level": "LEVELS",
    "jitter": "SHARE",
}
# In the help they read better in this order.
_GROUPS = {
    "What is rebuilt": ["representation", "neurons", "repeats", "size", "fit"],
    "How": ["recipe", "steps", "seed", "norm_weight", "tv_weight", "code_weight", "norm", "alpha", "tv", "beta", "bound", "jitter"],
    "The way there": ["optimizer", "optimizer_option", "learning_rate", "schedule", "noise", "noise_level", "pooling"],
    "Output": ["output", "tone", "record", "sheet", "json_lines", "quiet", "device"],
}


class InvertCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = _GROUPS


def inversion_options(function: F) -> F:
    """Give a command an option for each value of a recipe of inversion; those not given are the recipe's."""
    for name in reversed([name for group in _GROUPS.values() for name in group if name in Inversion.model_fields]):
        function = _option(name)(function)
    return function


def _option(name: str) -> Callable[[F], F]:
    field = Inversion.model_fields[name]
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        kind: Any = click.Choice([str(choice) for choice in get_args(annotation)])
    else:
        kind = click.INT if annotation is int else click.FLOAT if annotation in (float, float | None) else click.STRING
    return click.option(
        f"--{name.replace('_', '-')}", name, type=kind, metavar=_METAVARS.get(name), help=f"{field.description} [{_shown(name)}]"
    )


def _shown(name: str) -> str:
    """Say what the default recipe has."""
    value = getattr(INVERSIONS["mahendran2016"].recipe, name)
    if name == "schedule":
        return ",".join(f"{phase.steps}x{phase.rate:g}" + (f"~{phase.jitter:g}" if phase.jitter else "") for phase in value)
    if isinstance(value, dict):
        return f"{next(iter(value.values())):.3g}" if len(value) == 1 else "by depth"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@click.command(
    cls=InvertCommand,
    epilog=examples(
        "pincel invert sample:harbour --representation vgg19:relu3_1 -o rebuilt.png --size 96 --steps 40",
        "pincel invert sample:lighthouse --representation hogb -o hogb.png --repeats 3 --size 96 --steps 60",
    ),
)
@click.argument("picture")
@click.option(
    "--representation",
    required=True,
    metavar="WHAT",
    help="What the picture is rebuilt from: hog, hogb, dsift, or NETWORK:LAYER, as vgg19:relu3_1 or alexnet:pool5 ('pincel backbones').",
)
@click.option(
    "--neurons",
    default="",
    metavar="WHICH",
    help="Match only these: 5x5 (in the middle), 5x5@2,3 (from row, column), channels=first-half, channels=0-47,60; a window and channels "
    "with ';' between.",
)
@click.option("--repeats", type=click.INT, default=1, metavar="N", help="Starts in one batch, to see what the code leaves free. [1]")
@click.option(
    "--recipe",
    default="mahendran2016",
    metavar="NAME|FILE",
    help="mahendran2016, mahendran2015, plain (no regularizer), or a TOML file. [mahendran2016]",
)
@click.option("--steps", type=click.INT, metavar="N", help="Steps in all, spread over the phases of the schedule. [350]")
@inversion_options
@click.option("--optimizer-option", multiple=True, metavar="KEY=VALUE", help="Further settings of the optimizer, such as momentum=0.9.")
@click.option(
    "-o", "--output", required=True, metavar="OUT", help="The picture to write: .png .jpg .webp .tif; with --repeats, a sheet of all."
)
@click.option("--record", metavar="FILE", help="Where the record of the run goes. [beside OUT, as .json]")
@click.option("--sheet", metavar="FILE", help="Also write a contact sheet: photograph | rebuilt.")
@click.option("--json", "json_lines", is_flag=True, help="Print events as JSON lines on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")
@click.pass_context
def command(ctx: click.Context, /, picture: str, **options: Any) -> None:
    """Rebuild PICTURE from its code alone: what a layer of a network, HOG or dense SIFT says of it.

    PICTURE is a picture file, or sample:NAME. From noise, a picture is moved until its code is that of PICTURE (Mahendran and Vedaldi,
    2015 and 2016): argmin C·‖Φ(x)-Φ₀‖²/‖Φ₀‖² + λ_α·R_α(x) + λ_V·TV^β(x). What comes out right is what the code knows; what does not, it
    has lost.

    The record says 'relative_error', ‖Φ(x)-Φ₀‖²/‖Φ₀‖². More --tv-weight makes smoother pictures, at the cost of that error. With --repeats,
    OUT is a sheet of all starts with their mean and deviation, and each is written beside it, as OUT-1, OUT-2, …, OUT-mean, OUT-deviation.
    Ctrl-C keeps the best so far.
    """
    ctx.exit(inverted(picture, options))


def inverted(picture: str, options: dict[str, Any]) -> int:
    """Rebuild and write; return the exit code."""
    from pincel.cli.progress import Bar
    from pincel.cli.terminal import say

    begin_computing()
    values = {name: options[name] for name in Inversion.model_fields if options.get(name) is not None}
    if options["optimizer_option"]:
        values["optimizer_options"] = dict(option_pair(text) for text in options["optimizer_option"])
    files = _files(picture, options)
    from pincel.images.io import check_limits
    from pincel.inversion.run import InversionRun

    asked = {name: options[name] for name in ("recipe", "neurons", "repeats", "device", "steps")}
    with Bar(quiet=options["quiet"]) as bar:
        run = InversionRun(picture, options["representation"], **asked, **values)
        for path in files.values():
            if path != files["record"]:
                check_limits(path, run.size)
        watchers: list[Callable[[Event], None]] = [bar.show]
        if options["json_lines"]:
            watchers.append(lambda event: say(json.dumps(as_json(event))))
        with stopped_by_signals(run):
            for event in run:
                for watch in watchers:
                    watch(event)
        result = run.result
    saved = _save(result, files)
    _tell(result, saved, options)
    return EXIT_CODES.get(result.stopped, 0)


def _files(picture: str, options: dict[str, Any]) -> dict[str, Path]:
    """Return what will be written, checked: raises OutputError before anything slow happens."""
    from pincel.engine.result import record_path
    from pincel.errors import OutputError
    from pincel.files import check_output
    from pincel.images.io import check_format

    out = Path(options["output"])
    files = {"output": out, "record": Path(options["record"] or record_path(out))}
    if options["repeats"] > 1:
        names = [*map(str, range(1, options["repeats"] + 1)), "mean", "deviation"]
        files |= {name: out.with_name(f"{out.stem}-{name}{out.suffix}") for name in names}
    if options["sheet"]:
        files["contact sheet"] = Path(options["sheet"])
    inputs = input_paths(picture, [], "", {})
    for what, path in files.items():
        if what != "record":
            check_format(path)
        check_output(path, inputs=inputs, what=what)
    if len({path.resolve() for path in files.values()}) < len(files):
        raise OutputError(f"Two outputs would be written to one file: {', '.join(map(str, files.values()))}. Give each its own name.")
    return files


def _save(result: InversionResult, files: dict[str, Path]) -> list[Path]:
    from pincel.files import write_text
    from pincel.images.io import save_picture, to_pil, write_or_keep

    each = {str(number): partial(to_pil, picture[None]) for number, picture in enumerate(result.pictures, 1)}
    whole = result.sheet if "mean" in files else lambda: result.image
    pictures: dict[str, Callable[[], Image]] = {"output": whole, "contact sheet": result.sheet, **each}
    pictures |= {"mean": lambda: result.mean, "deviation": lambda: result.deviation}
    text = json.dumps({**result.record, "output": files["output"].name}, indent=1, ensure_ascii=False)
    for what, path in files.items():
        if what == "record":
            write_text(path, text + "\n", what="record")
        else:
            write_or_keep(partial(save_picture, pictures[what]()), path)
    return list(files.values())


def _tell(result: InversionResult, saved: list[Path], options: dict[str, Any]) -> None:
    from pincel.cli.terminal import say

    error = result.record["relative_error"]
    if options["json_lines"]:
        files = [str(path) for path in saved]
        say(json.dumps({"event": "saved", "stopped": result.stopped, "relative_error": error, "files": files}))
    elif not options["quiet"]:
        say(f"relative error {error:.3%} (as saved {result.record['saved']['relative_error']:.3%})")
        for path in saved:
            say(str(path))
