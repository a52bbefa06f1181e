"""``pincel course``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pincel.cli.help_format import Verb
from pincel.cli.options import device_option, json_option, quiet_option


@click.command(
    cls=Verb,
    examples=(
        "pincel course curso --picture sample:lake --painting sample:glass --lang es",
        "pincel course two-pages --pages convolution,total-variation",
    ),
)
@click.argument("folder", metavar="DIR")
@click.option("--picture", default="sample:harbour", metavar="PHOTO", help="The photograph. [sample:harbour]")
@click.option("--painting", default="sample:impasto", metavar="PAINTING", help="The painting. [sample:impasto]")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of the pages. [en]")
@click.option("--pages", metavar="NAME,…", help="Pages to make: the names of their files. [all]")
@device_option
@json_option
@quiet_option
@click.pass_context
def command(ctx: click.Context, /, folder: str, **options: Any) -> None:
    """Make the lecture on style transfer from your own pictures: in DIR, index.html and a page for each topic, in its order.

    A page has a formula, a figure made from your picture, the command that makes it, minutes to teach it, an exercise that asks to predict
    before its answer is opened, and what is often misunderstood. Pages open without a network, and print on A4.

    All of it takes some minutes. Ctrl-C ends with the pages there are; the same command again makes the missing ones,
    and keeps those that were made from the same pictures.
    """
    ctx.exit(_made(folder, options))


def _made(folder: str, options: dict[str, Any]) -> int:
    """Make the course; return the exit code."""
    from pincel.cli.computing import begin_computing
    from pincel.cli.painting import EXIT_CODES, also_as_json, announce, stopped_by_signals
    from pincel.courses.declaration import CourseInputs
    from pincel.courses.make import CourseMaker
    from pincel.courses.pages import PAGES
    from pincel.courses.progress import CourseBar
    from pincel.extras import require_extra

    for library in ("matplotlib", "latex2mathml"):
        require_extra(library, extra="studies", what="the course")
    names = [name.strip() for name in options["pages"].split(",")] if options["pages"] else None
    begin_computing()
    inputs = CourseInputs(options["picture"], options["painting"], options["lang"], options["device"])
    with CourseBar(quiet=options["quiet"]) as bar:
        maker = CourseMaker(Path(folder), PAGES, inputs, also_as_json(bar.show, json_lines=options["json_lines"]), names)
        with stopped_by_signals(maker):
            made = maker.make()
    values = {"made": list(made.made), "kept": list(made.kept), "missing": list(made.missing)}
    counts = ", ".join(f"{len(pages)} {what}" for what, pages in values.items() if pages)
    announce([made.index], options, counts, **values)
    return EXIT_CODES.get(maker.progress.stopped, 0)
