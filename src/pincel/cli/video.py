"""``pincel video``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import (
    LIKE_TRANSFER,
    MACHINE,
    SEE_TRANSFER,
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

if TYPE_CHECKING:
    from pincel.cli.video_progress import VideoBar
    from pincel.cluster.scenes import RayScenes
    from pincel.films.settings import FilmSettings
    from pincel.films.video_run import VideoRun

GROUPS = {
    "The film": [
        *("style", "codec", "quality", "rate", "partial", "keep_frames", "record", "preview", "json_lines", "quiet"),
        *("cluster", "workers"),
    ],
    "From frame to frame": ["flow", "consistency", "long_term", "next_steps", "settle", "passes", "measure"],
}
FRAME_OPTIONS = (
    click.option(
        "--style", multiple=True, metavar="PAINTING[=w]", help="Painting, with a weight if there are several; give it once for each."
    ),
    click.option(
        "--flow",
        default="dis",
        metavar="NAME",
        help="How motion is measured: dis, farneback, or none where the camera stands still. [dis]",
    ),
    click.option(
        "--consistency",
        type=click.FloatRange(min=0),
        metavar="X",
        help="How much a frame must be like earlier ones: at 1, a difference of 10 gray levels counts as much as all other terms. [0.7]",
    ),
    click.option(
        "--long-term",
        metavar="N,…",
        help="Earlier frames a frame is compared with, counted backward, so that hidden things come back as they were; or none. [1,2,4]",
    ),
    click.option(
        "--next-steps",
        type=click.IntRange(min=1),
        metavar="N",
        help="Steps of every frame after the first of a scene. [as many as --steps]",
    ),
    click.option(
        "--settle",
        type=click.FloatRange(min=0, max=1),
        metavar="X",
        help="End a frame after the first of a scene once ten steps lower J by less than this share; 0 = never. [0.01]",
    ),
    click.option(
        "--passes",
        type=click.IntRange(min=1),
        default=1,
        metavar="N",
        help="Passes over each scene, forward and backward in turn; more than one take half as long again. [1]",
    ),
    click.option("--measure", is_flag=True, help="Also paint a dozen frames alone, and print how much less the film flickers."),
)
FILM_OPTIONS = (
    click.option("--codec", metavar="NAME", help="Codec: h264, h265, vp9, av1, mpeg4, prores, ffv1. [the usual one for OUT]"),
    click.option(
        "--quality", type=int, metavar="N", help="Quality of the codec: its CRF, smaller is better (h264 18, vp9 26); for WebP 0 to 100."
    ),
    click.option("--rate", metavar="N", help="Frames a second, such as 24 or 30000/1001, if IN is a folder of pictures. [24]"),
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Paint scenes in parallel with the workers of a Ray cluster: auto (on this machine) or HOST:PORT.",
    ),
    click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Number of workers of the cluster. [as many as have room]"),
    click.option("--partial", is_flag=True, help="Only write the film of the frames painted so far."),
    click.option("--keep-frames", is_flag=True, help="Keep the painted frames in the folder OUT.frames."),
    record_option,
    click.option("--preview", metavar="FILE", help="File that shows the newest painted frame."),
    json_option,
    quiet_option,
)


def video_options(function: F) -> F:
    """Give a command the options of films, of the objective and of the machine."""
    return add_options(function, *FRAME_OPTIONS, *FILM_OPTIONS, objective_options, machine_options)


@click.command(
    cls=GroupedCommand,
    groups=GROUPS,
    more=LIKE_TRANSFER,
    brief=SEE_TRANSFER,
    examples=(
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

    IN is a file that FFmpeg reads, an animated GIF, WebP, PNG or AVIF, a folder of pictures, names such as frames/%05d.png, or sample:pan.
    OUT is .mp4 .mov .mkv .webm .avi .gif .webp .apng, a folder/, or frames/%05d.png. Sound, times, shape and colors are those of IN.

    Each frame starts from the frame before it, warped by optical flow, and is compared with earlier frames where the flow is reliable
    (Ruder et al. 2016); each scene starts anew. Painted frames are kept in the folder OUT.frames until the film is written: after Ctrl-C,
    the same command finishes the film.

    --size is 512, or the size of the film if it is smaller; 0 paints the film at its own size.
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
        "with --partial it writes a film of the painted frames.",
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
