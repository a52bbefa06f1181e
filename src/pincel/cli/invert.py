"""``pincel invert``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.completers import inversions
from pincel.cli.computing import begin_computing
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import (
    F,
    add_options,
    device_option,
    input_paths,
    json_option,
    parse_pair,
    quiet_option,
    record_option,
    schema_option,
)
from pincel.cli.painting import EXIT_CODES, announce, check_distinct, follow
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion

if TYPE_CHECKING:
    from PIL.Image import Image

    from pincel.inversion.report import InversionResult

_METAVARS = {
    "code_weight": "C|PATTERN=C,…",
    "tv_weight": "λ|PATTERN=λ,…",
    "norm_weight": "λ",
    "alpha": "α",
    "beta": "β",
    "schedule": "STEPSxRATE,…",
    "learning_rate": "RATE",
    "optimizer": "NAME",
    "bound": "LEVELS",
    "noise_level": "LEVELS",
    "jitter": "SHARE",
}
# In this order in the help.
_GROUPS = {
    "What is reconstructed": ["representation", "neurons", "repeats", "size", "fit"],
    "How": ["recipe", "steps", "seed", "norm_weight", "tv_weight", "code_weight", "norm", "alpha", "tv", "beta", "bound", "jitter"],
    "Optimization": ["optimizer", "optimizer_option", "learning_rate", "schedule", "noise", "noise_level", "pooling"],
    "Output": ["output", "tone", "record", "sheet", "json_lines", "quiet", "device"],
}


def inversion_options(function: F) -> F:
    """Give a command an option for each value of a recipe of inversion."""
    names = [name for group in _GROUPS.values() for name in group if name in Inversion.model_fields]
    return add_options(function, *(schema_option(name, Inversion.model_fields[name], _shown(name), _METAVARS.get(name)) for name in names))


def _shown(name: str) -> str:
    """Return the value of the default recipe."""
    value = getattr(INVERSIONS["mahendran2016"].recipe, name)
    if name == "schedule":
        return ",".join(f"{phase.steps}x{phase.rate:g}" + (f"~{phase.jitter:g}" if phase.jitter else "") for phase in value)
    if isinstance(value, dict):
        return f"{next(iter(value.values())):.3g}" if len(value) == 1 else "by depth"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@click.command(
    cls=GroupedCommand,
    groups=_GROUPS,
    examples=(
        "pincel invert sample:harbour --representation vgg19:relu3_1 -o rebuilt.png --size 96 --steps 40",
        "pincel invert sample:lighthouse --representation hogb -o hogb.png --repeats 3 --size 96 --steps 60",
    ),
)
@click.argument("picture")
@click.option(
    "--representation",
    required=True,
    metavar="WHAT",
    help="Features to reconstruct from: hog, hogb, dsift, or NETWORK:LAYER, as vgg19:relu3_1 or alexnet:pool5 ('pincel backbones').",
)
@click.option(
    "--neurons",
    default="",
    metavar="WHICH",
    help="Match only some neurons: 5x5 (in the middle), 5x5@2,3 (from row, column), channels=first-half, channels=0-47,60; a window and "
    "channels with ';' between. [all]",
)
@click.option(
    "--repeats",
    type=click.INT,
    default=1,
    metavar="N",
    help="Number of reconstructions from different noise: the code does not determine what differs in them. [1]",
)
@click.option(
    "--recipe",
    default="mahendran2016",
    metavar="NAME|FILE",
    shell_complete=inversions,
    help="Values of the options that are not given: mahendran2016, mahendran2015, plain (no regularizer), or a TOML file. [mahendran2016]",
)
@click.option("--steps", type=click.INT, metavar="N", help="Number of steps, spread over the phases of --schedule. [350]")
@inversion_options
@click.option("--optimizer-option", multiple=True, metavar="KEY=VALUE", help="A setting of the optimizer, such as momentum=0.9.")
@click.option(
    "-o", "--output", required=True, metavar="OUT", help="Picture to write: .png .jpg .webp .tif; with --repeats, a sheet of all."
)
@record_option
@click.option("--sheet", metavar="FILE", help="Also write a contact sheet: photograph | reconstruction.")
@json_option
@quiet_option
@device_option
@click.pass_context
def command(ctx: click.Context, /, picture: str, **options: Any) -> None:
    """Reconstruct PICTURE from its code alone: its features in a layer of a network, its HOG or its dense SIFT.

    PICTURE is a picture file, or sample:NAME. Starting from noise, a picture is optimized until its code is that of PICTURE (Mahendran
    and Vedaldi, 2015 and 2016): argmin C·‖Φ(x)-Φ₀‖²/‖Φ₀‖² + λ_α·R_α(x) + λ_V·TV^β(x). What the code does
    not contain cannot be reconstructed.

    The record has 'relative_error', ‖Φ(x)-Φ₀‖²/‖Φ₀‖². More --tv-weight makes smoother pictures, at the cost of that error. With --repeats,
    OUT is a sheet of all starts with their mean and deviation, and each is written beside it, as OUT-1, OUT-2, …, OUT-mean, OUT-deviation.
    Ctrl-C keeps the best picture so far.
    """
    ctx.exit(inverted(picture, options))


def inverted(picture: str, options: dict[str, Any]) -> int:
    """Reconstruct and write; return the exit code."""
    from pincel.progress import Bar

    begin_computing()
    values = {name: options[name] for name in Inversion.model_fields if options.get(name) is not None}
    if options["optimizer_option"]:
        values["optimizer_options"] = dict(parse_pair(text) for text in options["optimizer_option"])
    files = _files(picture, options)
    from pincel.images.io import check_limits
    from pincel.inversion.run import InversionRun

    own = {name: options[name] for name in ("recipe", "neurons", "repeats", "device", "steps")}
    with Bar(quiet=options["quiet"]) as bar:
        run = InversionRun(picture, options["representation"], **own, **values)
        for path in files.values():
            if path != files["record"]:
                check_limits(path, run.size)
        follow(run, bar.show, json_lines=options["json_lines"])
        result = run.result
    _save(result, files)
    error = result.record["relative_error"]
    line = f"relative error {error:.3%} (as saved {result.record['saved']['relative_error']:.3%})"
    announce(files.values(), options, line, stopped=result.stopped, relative_error=error)
    return EXIT_CODES.get(result.stopped, 0)


def _files(picture: str, options: dict[str, Any]) -> dict[str, Path]:
    """Return the files to write, checked before anything slow happens; raises OutputError."""
    from pincel.engine.result import record_path
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
    check_distinct(files.values())
    return files


def _save(result: InversionResult, files: dict[str, Path]) -> None:
    from pincel.files import write_text
    from pincel.images.io import save_picture, to_pil, write_or_keep

    pictures: dict[str, Callable[[], Image]] = {
        "output": result.sheet if "mean" in files else lambda: result.image,
        "contact sheet": result.sheet,
        "mean": lambda: result.mean,
        "deviation": lambda: result.deviation,
        **{str(number): partial(to_pil, picture[None]) for number, picture in enumerate(result.pictures, 1)},
    }
    text = json.dumps({**result.record, "output": files["output"].name}, indent=1, ensure_ascii=False)
    for what, path in files.items():
        if what == "record":
            write_text(path, text + "\n", what="record")
        else:
            write_or_keep(partial(save_picture, pictures[what]()), path)
