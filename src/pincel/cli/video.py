"""``pincel video``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.help_format import GroupedCommand, examples
from pincel.cli.options import (
    MACHINE,
    F,
    add_options,
    json_option,
    machine_options,
    objective_options,
    parse_styles,
    pop_recipe,
    quiet_option,
    record_option,
)
from pincel.cli.painting import EXIT_CODES, announce, stopped_by_signals
from pincel.errors import OptionError
from pincel.recipes.schema import GROUPS as RECIPE_GROUPS

if TYPE_CHECKING:
    from pincel.cli.video_progress import VideoBar
    from pincel.cluster.scenes import RayScenes
    from pincel.films.settings import FilmSettings
    from pincel.films.video_run import VideoRun

GROUPS = {
    "The film": [
        *("style", "codec", "quality", "rate", "partial", "keep_frames", "record", "preview", "json_lines", "quiet"),
        *("cluster", "workers", *MACHINE),
    ],
    "From frame to frame": ["flow", "consistency", "long_term", "next_steps", "settle", "passes", "measure"],
    **RECIPE_GROUPS,
}
FRAME_OPTIONS = (
    click.option("--style", multiple=True, metavar="STYLE[=w]", help="A painting, or several with weights; repeatable."),
    click.option(
        "--flow",
        default="dis",
        metavar="NAME",
        help="Optical flow: dis, farneback, or none where the camera stands still. [dis]",
    ),
    click.option(
        "--consistency",
        type=click.FloatRange(min=0),
        metavar="X",
        help="Weight of the difference to earlier frames: at 1, a difference of 10 gray levels counts as much as the whole of J. [1]",
    ),
    click.option(
        "--long-term",
        metavar="N,…",
        help="Earlier frames to compare with, counted backward, so that what was hidden comes back as it was; or none. [1,2,4]",
    ),
    click.option(
        "--next-steps", type=click.IntRange(min=1), metavar="N", help="Steps of frames that continue another. [as many as --steps]"
    ),
    click.option(
        "--settle",
        type=click.FloatRange(min=0, max=1),
        metavar="X",
        help="End a frame that continues another once J falls by less than this fraction in ten steps; 0 = never. [0.01]",
    ),
    click.option(
        "--passes",
        type=click.IntRange(min=1),
        default=1,
        metavar="N",
        help="Passes over each scene, forward and backward in turn; several take half as long again in all. [1]",
    ),
    click.option("--measure", is_flag=True, help="Also paint a dozen frames by themselves, and print how much less the film flickers."),
)
FILM_OPTIONS = (
    click.option("--codec", metavar="NAME", help="h264, h265, vp9, av1, mpeg4, prores, ffv1. [the usual one of OUT's extension]"),
    click.option("--quality", type=int, metavar="N", help="Of the codec: CRF, smaller is better (h264 18, vp9 26); of WebP, 0 to 100."),
    click.option("--rate", metavar="N", help="Frames a second of pictures that come without times, such as 24 or 30000/1001. [24]"),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Paint scenes in parallel, with the workers of a Ray cluster: auto for the one of this machine, or HOST:PORT. "
        "Needs pincel[cluster].",
    ),
    click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Workers of the cluster. [as many as there is room for]"),
    click.option("--partial", is_flag=True, help="Only write a film of the frames painted so far."),
    click.option("--keep-frames", is_flag=True, help="Keep the painted frames, in OUT.frames."),
    record_option,
    click.option("--preview", metavar="FILE", help="Write the newest painted frame to a file."),
    json_option,
    quiet_option,
)


def video_options(function: F) -> F:
    """Give a command the options of films, of the objective and of the machine."""
    return add_options(function, *FRAME_OPTIONS, *FILM_OPTIONS, objective_options, machine_options)


@click.command(
    cls=GroupedCommand,
    groups=GROUPS,
    epilog=examples(
        "pincel video sample:pan pan.mp4 --style sample:impasto --size 128 --steps 15",
        "pincel video sample:cuts cuts.gif --style sample:woodcut --size 96 --steps 10 --next-steps 5",
    ),
)
@click.argument("film", metavar="IN")
@click.argument("output", metavar="OUT")
@video_options
@click.pass_context
def command(ctx: click.Context, /, film: str, output: str, **options: Any) -> None:
    """Paint the film IN in the style of a painting, without flicker, and write it as OUT.

    IN is whatever FFmpeg reads, an animated GIF, WebP, PNG or AVIF, a folder of pictures, names such as frames/%05d.png, or sample:pan. OUT
    is .mp4 .mov .mkv .webm .avi .gif .webp .apng, a folder/, or frames/%05d.png. Sound, times, shape and colors are those of IN.

    Each frame starts from the one before it, warped by optical flow, and is compared with it and with earlier ones where the flow is
    reliable (Ruder et al. 2016); each scene starts anew. Painted frames are kept in OUT.frames until the film is written: Ctrl-C stops;
    rerun the same command to finish.

    --size is 512, or that of the film if it is smaller; 0 paints it as it is.
    """
    ctx.exit(filmed(film, output, options))


def filmed(film: str, output: str, options: dict[str, Any]) -> int:
    """Paint a film; return the exit code."""
    begin_computing()
    from pincel.cli.video_progress import VideoBar
    from pincel.films.formats import film_path
    from pincel.films.settings import parse_rate
    from pincel.films.video_run import VideoRun

    preview = checked_preview(options["preview"], output)
    with VideoBar(quiet=options["quiet"], json_lines=options["json_lines"], preview=preview) as bar:
        if options["partial"]:
            return _so_far(film, output, options, bar)
        run = VideoRun(
            film,
            film_path(output),
            make_settings(options),
            codec=options["codec"],
            quality=options["quality"],
            rate=parse_rate(options["rate"]),
            record=Path(options["record"]) if options["record"] else None,
            keep=options["keep_frames"],
            compare=options["measure"],
            emit=bar.show,
        )
        with stopped_by_signals(run), cluster_executor(options, run) as run.executor:
            run.paint()
    return _finished(run, options)


@contextmanager
def cluster_executor(options: dict[str, Any], run: VideoRun) -> Iterator[RayScenes | None]:
    """Yield the executor of scenes on a cluster; None if this process paints them.

    Raises:
        OptionError: For a number of workers without a cluster.
    """
    if options["cluster"] is None:
        if options["workers"] is not None:
            raise OptionError("--workers of a film are those of a cluster: --cluster auto --workers 2.")
        yield None
        return
    from pincel.cluster.scenes import RayScenes

    executor = RayScenes(run.store.folder, run.settings, options["cluster"], options["workers"])
    try:
        yield executor
    finally:
        executor.close()


def _so_far(film: str, output: str, options: dict[str, Any], bar: VideoBar) -> int:
    """Write a film of the frames painted so far; return the exit code."""
    from pincel.cli.terminal import echo
    from pincel.films.formats import film_path
    from pincel.films.settings import parse_rate
    from pincel.films.video_run import check_target, partial_film

    target = check_target(film, film_path(output), options["codec"], options["quality"])
    written = partial_film(film, film_path(output), target, parse_rate(options["rate"]), bar.show)
    bar.notify(f"These are the {written.frames} frames painted so far; rerun the command without --partial to finish.")
    if not options["quiet"]:
        echo(output)
    return 0


def _finished(run: VideoRun, options: dict[str, Any]) -> int:
    """Print what was written, or how to go on; return the exit code."""
    if run.finished:
        comparison = run.comparison
        lines = [str(comparison)] if comparison else []
        announce(filter(None, (run.output, run.record)), options, *lines, comparison=asdict(comparison) if comparison else None)
        return 0
    painted = run.store.painted(run.scenes) if run.scenes else 0
    total = run.scenes[-1].stop if run.scenes else run.film.frames
    click.echo(
        f"pincel: stopped; {painted} of {total} frames are painted and kept in {run.store.folder}. Rerun the same command to finish; "
        "with --partial it makes a film of those.",
        err=True,
    )
    return EXIT_CODES.get(run.stop_flag.reason, 0)


def make_settings(options: dict[str, Any]) -> FilmSettings:
    """Return the settings of frames, from the parameters of a command.

    Raises:
        OptionError: For values that cannot be used.
    """
    from pincel.films.settings import SIZE, FilmSettings, parse_long_term

    values = pop_recipe(options)
    if not options["style"]:
        raise OptionError("No style picture given; give at least one, as --style painting.jpg, or --style sample:impasto.")
    given = {name: options[name] for name in ("consistency", "next_steps", "settle") if options[name] is not None}
    if options["long_term"] is not None:
        given["long_term"] = parse_long_term(options["long_term"])
    size = values.pop("size", SIZE)
    return FilmSettings(
        styles=tuple(parse_styles(options["style"])),
        recipe=options["recipe"],
        overrides=values,
        size=size,
        flow=options["flow"],
        passes=options["passes"],
        **given,
        **{name: options[name] for name in MACHINE},
    )


def checked_preview(text: str | None, output: str) -> Path | None:
    """Check the file of ``--preview``.

    Raises:
        OutputError: For an unknown extension, an unwritable folder, or the film itself.
    """
    from pincel.files import check_output
    from pincel.images.io import check_format

    if text is None:
        return None
    check_format(text)
    return check_output(text, inputs=[Path(output)], what="preview")
