"""Compare who paints better: photographs × paintings × systems, each picture measured, looked at side by side, and chosen blind.

    python benchmarks/pictures.py paint --systems pincel pincel:content_weight=2 mine.toml -o DIR
    python benchmarks/pictures.py rank DIR choices.json

A system is a recipe, by name or TOML file, with values changed (pincel:steps=20,content_weight=2); another program known by name
(program:pastiche, program:crowsonkb, program:nnst); or any by its command line, which no shell reads:
'command:NAME=paint {content} {style} -o {output} --size {size}'. All paint one after the other, in another order on every pair.

Without --seconds each paints as long as it likes. With it, those that count steps are given as many as fit, found for every pair by short
runs; a command says where by {steps}. Pictures are read from paths, sample:NAME, or scikit-image (astronaut, coffee, chelsea, rocket).

DIR gets pictures/, results.json, table.md, sheet.jpg with the systems in another order in every row, choice.html, a page to choose on
blind, and key.json, which says what is where. What is there is not painted again, unless values, words or pictures have changed: after a
change of the program itself, give another DIR. Ctrl-C keeps what is finished.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from _judge import Judge, default_network, layers_of, load_network, load_seen
from _page import write_pages
from _pairs import Pair, default_contents, default_styles, find_picture, make_pairs, parse_count
from _ranking import ranking
from _results import Results, Row, begin, digest_of, file_name, load_results, sources_of, table
from _steps import paint_in_time
from _systems import Job, RecipeSystem, System, parse_systems
from pincel.backbones.vgg import VGG
from pincel.engine.device import resolve_device
from pincel.errors import PincelError
from pincel.files import atomically, write_text
from pincel.images.io import load_picture
from pincel.images.resize import resize


class Watch:
    """Shows on standard error what is being done and the time left. Use it around the work.

    Args:
        runs: Pictures that will be painted.
        console: Where.
    """

    def __init__(self, runs: int, console: Console) -> None:
        self._runs, self._done, self._began, self.console = runs, 0, time.perf_counter(), console
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=runs, left="")

    def __enter__(self) -> Watch:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def left(self) -> str:
        """Return how long it will take yet: each picture that is left costs what one cost so far."""
        if not self._done:
            return ""
        rest = round((time.perf_counter() - self._began) / self._done * (self._runs - self._done))
        return f"{rest // 60} min {rest % 60:02d} s left"

    def show(self, what: str) -> None:
        """Show what is being done now."""
        self._bar.update(self._task, description=what)

    def finished(self, what: str) -> None:
        """Print a line on what is finished."""
        self._done += 1
        self._bar.update(self._task, completed=self._done, left=self.left())
        self.console.print(f"{self._done}/{self._runs} · {what} · {self.left()}", soft_wrap=True, markup=False)


@dataclass
class Painter:
    """Paints and measures what is missing.

    Attributes:
        results: What there is, and will be.
        systems: Who paints.
        network: Sees for the distances of features.
        watch: Shows how far it is.
        failures: How many pictures could not be painted.
    """

    results: Results
    systems: Sequence[System]
    network: VGG
    watch: Watch
    failures: int = 0

    def run(self, pairs: Sequence[Pair]) -> None:
        """Paint all pairs; another system begins on every one."""
        self._warm_up(pairs)
        for turn, pair in enumerate(pairs):
            start = turn % len(self.systems)
            missing = missing_of(self.results, pair, [*self.systems[start:], *self.systems[:start]])
            if missing:
                judge = Judge(*load_seen(pair.content, pair.style, self.results.size), self.network)
                self.results.copies[pair.name], self.results.pairs[pair.name] = judge.measure_copies(), pair
            for system in missing:
                self._one(pair, system, judge)

    def _warm_up(self, pairs: Sequence[Pair]) -> None:
        """Let a recipe make a step, or the first picture would pay for what all share."""
        recipe = next((system for system in self.systems if isinstance(system, RecipeSystem)), None)
        if recipe is not None:
            self.watch.show("a first step")
            with suppress(PincelError), TemporaryDirectory() as folder:
                recipe.paint(Job(pairs[0].content, pairs[0].style, Path(folder) / "first.png", self.results.size, 1))

    def _one(self, pair: Pair, system: System, judge: Judge) -> None:
        """Paint, measure and keep a picture; one that cannot be painted is named and left out."""
        path = self.results.folder / "pictures" / file_name(pair.name, system.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with atomically(path, what="picture") as temporary:
                steps, seconds = self._paint(pair, system, temporary)
            self.watch.show(f"{pair.name} · {system.name} · measuring")
            values = judge.measure(resize(load_picture(path, background="white").pixels, judge.size, "lanczos"))
        except PincelError as error:
            self.failures += 1
            self.watch.finished(f"{pair.name} · {error}")
            return
        self.results.add(Row(pair.name, system.name, digest_of(system.identity), sources_of(pair), steps, seconds, path.name, values))
        self.watch.finished(f"{pair.name} · {system.name} · {seconds:.1f} s")

    def _paint(self, pair: Pair, system: System, output: Path) -> tuple[int | None, float]:
        """Return steps and seconds of a picture that is written."""

        def paint(steps: int | None) -> float:
            self.watch.show(f"{pair.name} · {system.name}" + (f" · {steps} steps" if steps else ""))
            return system.paint(Job(pair.content, pair.style, output, self.results.size, steps))

        if self.results.seconds is None or not system.takes_steps:
            return None, paint(None)
        return paint_in_time(paint, self.results.seconds)


def missing_of(results: Results, pair: Pair, systems: Sequence[System]) -> list[System]:
    """Return the systems that have yet to paint a pair."""
    return [system for system in systems if not results.has(pair, system.name)]


def paint(given: argparse.Namespace, console: Console) -> int:
    """Paint what is missing in a folder, and write its table and pages; return 0, 1 if a picture is missing, 130 for Ctrl-C."""
    layers_of(given.network)
    systems = parse_systems(given.systems, timed=given.seconds is not None, device=given.device, nnst=given.nnst)
    count = parse_count(given.pairs)
    sources = given.output / "sources"
    contents, styles = ([find_picture(text, sources) for text in texts] for texts in (given.contents, given.styles))
    pairs = make_pairs(contents, styles, count)
    results = begin(Results(given.output, given.size, given.seconds, given.network, str(resolve_device(given.device))))
    for system in systems:
        results.forget_others(system.name, digest_of(system.identity))
    runs = sum(len(missing_of(results, pair, systems)) for pair in pairs)
    status = 0
    if runs:
        with Watch(runs, console) as watch:
            painter = Painter(results, systems, load_network(given.network, resolve_device(given.device)), watch)
            try:
                painter.run(pairs)
                status = 1 if painter.failures else 0
            except KeyboardInterrupt:
                status = 130
    if results.rows:
        text = table(results)
        write_text(results.folder / "table.md", text, what="table")
        write_pages(results)
        print(text, end="")
    return status


def rank(given: argparse.Namespace, _: Console) -> int:
    """Print who wins by choices and by measures; return 0."""
    print(ranking(load_results(given.folder), given.choices), end="")
    return 0


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _arguments(texts: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="paint | rank")
    painting = commands.add_parser("paint", help="paint what is missing, measure it, and write table, sheet and page")
    painting.set_defaults(run=paint)
    painting.add_argument(
        "--contents", nargs="+", default=default_contents(), metavar="PICTURE", help="photographs [those that come along]"
    )
    painting.add_argument(
        "--styles", nargs="+", default=default_styles(), metavar="PICTURE", help="paintings [those that come with pincel]"
    )
    painting.add_argument("--pairs", default="6", metavar="N|all", help="how many, spread over all pictures [6]")
    painting.add_argument("--systems", nargs="+", default=["pincel"], metavar="SYSTEM", help="who paints [pincel]")
    painting.add_argument("--size", type=int, default=384, help="long side in pixels [384]")
    painting.add_argument("--seconds", type=_positive, help="for each picture, by the number of steps [as long as each likes]")
    painting.add_argument("--network", default=default_network(), help=f"VGG-16 or VGG-19 that measures [{default_network()}]")
    painting.add_argument("--nnst", type=Path, metavar="FOLDER", help="a checkout of NNST, for program:nnst")
    painting.add_argument("--device", default="auto", help="where recipes paint [auto]")
    painting.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    ranks = commands.add_parser("rank", help="print win rates by choices and by each measure")
    ranks.set_defaults(run=rank)
    ranks.add_argument("folder", type=Path, metavar="DIR")
    ranks.add_argument("choices", nargs="*", type=Path, metavar="CHOICES.json", help="what choice.html has saved")
    return parser.parse_args(texts)


def main(texts: Sequence[str] | None = None) -> int:
    """Do what is asked for; return 0, 1 if a picture could not be painted, 2 for what cannot be used, 130 for Ctrl-C."""
    given = _arguments(texts)
    console = Console(stderr=True, highlight=False)
    try:
        status: int = given.run(given, console)
    except PincelError as error:
        console.print(str(error), soft_wrap=True, markup=False)
        status = 2
    except KeyboardInterrupt:
        status = 130
    return status


if __name__ == "__main__":
    sys.exit(main())
