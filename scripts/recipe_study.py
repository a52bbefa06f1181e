"""Compare recipes at equal seconds, on pairs of different kinds, each saved picture judged by the same ruler.

Usage: python scripts/recipe_study.py RECIPE[:key=value,…] … [--seconds 60] [--clock wall|cpu] [--size 512]
       [--pairs a×b,c×d] [--ruler pincel] [--device auto] [-o DIR]

A candidate is a recipe, by name or TOML file, with values changed: pincel:canvas=pixels,init=content. The seconds are those of the whole
call of pincel.transfer, preparations included; --clock cpu counts processor seconds, which other work on the machine disturbs less. How
many steps fit is found for every pair and candidate by short runs, a + b·steps, and a picture more than a tenth off is painted once more.

Writes DIR/table.md, DIR/table.json, DIR/sheet.jpg and every picture. Ctrl-C keeps what is finished.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean, mean
from typing import Any

import skimage.data
import torch
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from torch import Tensor

import pincel
from pincel.backbones import CARDS
from pincel.backbones.vgg import load_vgg
from pincel.engine.device import resolve_device
from pincel.engine.events import Event
from pincel.errors import OptionError, PincelError, closest
from pincel.formulas.content import feature_distance
from pincel.formulas.wasserstein import quantile_distance, sorted_projections, unit_directions
from pincel.image.io import load_picture, to_pil
from pincel.image.picture import Picture
from pincel.image.sheet import contact_sheet
from pincel.recipes import sizes
from pincel.recipes.materials import Materials, prepare
from pincel.recipes.schema import Recipe
from pincel.recipes.toml import find_recipe
from pincel.samples import PREFIX
from pincel.sources import Source, open_picture

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
SCENES = ("harbour", "lake", "lighthouse", "still-life")
STYLES = ("impasto", "watercolour", "woodcut", "cubist", "glass", "pointillism")

# Portrait, landscape, architecture and still life; swirls, line, wash and abstract.
PAIRS = "astronaut×impasto,astronaut×woodcut,lake×watercolour,lighthouse×woodcut,harbour×cubist,coffee×impasto"

MEASURES = {
    "total": "J",
    "content": "J content",
    "style": "J style",
    "wasserstein": "SW",
    "drift": "relu4_2",
}
LEGEND = """\
Less is better throughout. J, and the weighted shares of content and style in it: the objective of recipe {ruler}. SW: sliced Wasserstein
distance to the style, mean over relu1_1, relu2_1, relu3_1, relu4_1, relu5_1, each in units of the style's mean square; nobody optimised it.
relu4_2: squared distance to the photograph in units of its own mean square; 0 is the photograph. All of the saved 8-bit picture, SW and
relu4_2 on VGG-19 as trained. A ! marks seconds more than a tenth away from the {seconds:g} asked for ({clock} clock)."""

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
DIRECTIONS = 128
# Directions at a time: at 512 pixels, each takes 1 MB for a row of relu1_1, its sorted copy and its order.
CHUNK = 16

GIVEN = {"size": "--size", "size_of": "--size", "rounding": "--ruler", "steps": "--seconds"}
LISTS = ("content_layers", "style_layers", "optimizer_options")
PROBES = (2, 5)
TOLERANCE = 0.1
CLOCKS: Mapping[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
SHEET_BYTES = 700_000


@dataclass(frozen=True)
class Candidate:
    """A recipe with values changed, and what it is called."""

    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Pair:
    """A photograph and a style by name."""

    content: str
    style: str

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.content} × {self.style}"


@dataclass(frozen=True)
class Score:
    """One finished picture, judged.

    Attributes:
        pair: Name of the pair.
        candidate: Name of the candidate.
        steps: Steps asked for.
        seconds: Of the whole call.
        stopped: Why the run ended.
        picture: Name of the file.
        values: Measure → number, less is better; see ``MEASURES``.
    """

    pair: str
    candidate: str
    steps: int
    seconds: float
    stopped: str
    picture: str
    values: Mapping[str, float]


# What is asked for


def parse_candidate(text: str, ruler: Recipe) -> Candidate:
    """Read ``RECIPE[:key=value,…]``; size and rounding are the ruler's, so that all pictures of a pair have one size.

    Raises:
        PincelError: For a recipe, key or value that does not exist, or a key the study sets itself.
    """
    name, changes = (text, {}) if Path(text).is_file() else _split(text)
    for key, option in GIVEN.items():
        if key in changes:
            raise OptionError(f"Candidate '{text}' sets {key}, which is the same for all: it follows {option}.")
    recipe = find_recipe(name).recipe.override(**changes)
    return Candidate(text, recipe.override(size=ruler.size, size_of=ruler.size_of, rounding=ruler.rounding))


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a recipe and its changes; a list of layers or options may hold commas of its own."""
    name, _, rest = text.partition(":")
    changes: dict[str, Any] = {}
    last = ""
    for part in filter(None, rest.split(",")):
        key, sign, value = part.partition("=")
        if last and (not sign or (last in LISTS and key not in Recipe.model_fields)):
            changes[last] += f",{part}"
        elif not sign:
            raise OptionError(f"Candidate '{text}': write key=value, such as {name}:canvas=pixels, not '{part}'.")
        else:
            last = key.strip().replace("-", "_")
            changes[last] = value
    if "optimizer_options" in changes:
        pairs = (part.partition("=") for part in changes["optimizer_options"].split(","))
        changes["optimizer_options"] = {key: value for key, _, value in pairs}
    return name, changes


def parse_candidates(texts: Sequence[str], ruler: Recipe) -> list[Candidate]:
    """Read all; one given twice is told apart by a number, and shows how much is chance."""
    read = [parse_candidate(text, ruler) for text in texts]
    seen = [texts[:index].count(text) + 1 for index, text in enumerate(texts)]
    return [Candidate(f"{c.name} ({n})" if n > 1 else c.name, c.recipe) for c, n in zip(read, seen, strict=True)]


def parse_pairs(text: str) -> list[Pair]:
    """Read ``content×style,…``; a colon does for the sign.

    Raises:
        OptionError: For a picture that is not one of the study's.
    """
    pairs = [Pair(*_two(part)) for part in filter(None, (part.strip() for part in text.split(",")))]
    for pair in pairs:
        for name, known in ((pair.content, PHOTOGRAPHS + SCENES), (pair.style, STYLES)):
            if name not in known:
                raise OptionError(f"There is no '{name}' in this study (here: {', '.join(known)}).{closest(name, known)}")
    if not pairs:
        raise OptionError("No pair given; give at least one, such as lake×woodcut.")
    return pairs


def _two(part: str) -> tuple[str, str]:
    names = re.split("[×:]", part)
    if len(names) != 2:
        raise OptionError(f"A pair is content×style, such as lake×woodcut, not '{part}'.")
    return names[0].strip(), names[1].strip()


def picture_of(name: str) -> Picture:
    """Load a picture of the study: one of scikit-image's, or a sample of the package."""
    source: Source = getattr(skimage.data, name)() if name in PHOTOGRAPHS else PREFIX + name
    return open_picture(source, name)


# How many steps


def fit_line(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Fit seconds = a + b·steps by least squares.

    Args:
        seconds: steps → seconds, two runs or more of different lengths.

    Returns:
        a, 0 or more, and b, above 0: noise that says otherwise gives a line through the origin.
    """
    steps, times = list(seconds), list(seconds.values())
    middle, level = mean(steps), mean(times)
    slope = sum((n - middle) * (t - level) for n, t in seconds.items()) / sum((n - middle) ** 2 for n in steps)
    start = level - slope * middle
    if slope > 0 and start >= 0:
        return start, slope
    return 0.0, sum(n * t for n, t in seconds.items()) / sum(n * n for n in steps)


def steps_for(budget: float, seconds: Mapping[int, float]) -> int:
    """Return how many steps fit a budget of seconds, to the nearest and at least one, from runs that took ``seconds``."""
    start, slope = fit_line(seconds)
    return max(1, round((budget - start) / slope))


def calibrate(names: Sequence[str], clock: Callable[[str, int], float], budget: float) -> dict[str, dict[int, float]]:
    """Time short runs of each candidate, in rounds, so that a noisy machine hurts all alike.

    Two runs say roughly how many steps fit; where those are many, a third run of a quarter of them says better.

    Args:
        names: The candidates.
        clock: (name, steps) → seconds it takes.
        budget: Seconds.

    Returns:
        name → steps → seconds, for :func:`steps_for`.
    """
    times: dict[str, dict[int, float]] = {name: {} for name in names}
    for steps in PROBES:
        for name in names:
            times[name][steps] = clock(name, steps)
    for name in names:
        probe = steps_for(budget, times[name]) // 4
        if probe > max(PROBES):
            times[name][probe] = clock(name, probe)
    return times


def off(seconds: float, budget: float) -> bool:
    """Say whether a run took so much more or less than it should that it must not be compared."""
    return abs(seconds - budget) > TOLERANCE * budget


# How good


class Ruler:
    """What every picture of one pair is judged by, whoever painted it.

    Args:
        pair: Its pictures.
        recipe: Whose objective; also says in which sizes the pictures are looked at.
        device: Where to work.
    """

    def __init__(self, pair: Pair, recipe: Recipe, device: str = "auto") -> None:
        self.content, self.style = picture_of(pair.content), picture_of(pair.style)
        self._recipe, self._device = recipe, resolve_device(device)
        size = sizes.content_size(recipe, self.content)
        seen = prepare(recipe, Materials(self.content, [(self.style, 1.0)]), size)
        self.pictures = (seen.content, seen.styles[0][0])
        self._vgg = load_vgg(CARDS["vgg19"]).to(self._device)
        with torch.no_grad():
            self._photograph = self._look(seen.content, [CONTENT_LAYER])[CONTENT_LAYER]
            strokes = self._look(self.pictures[1], STYLE_LAYERS)
            self._targets = {layer: list(self._slices(layer, seen)) for layer, seen in strokes.items()}
            self._units = {layer: seen.square().mean() for layer, seen in strokes.items()}

    def __call__(self, path: Path) -> dict[str, float]:
        """Judge a saved picture: measure → number."""
        judged = pincel.evaluate(path, self.content, self.style, recipe=self._recipe, device=str(self._device))
        shares = {group: _share(judged["weighted"], group) for group in ("content", "style")}
        return {"total": judged["total"], **shares, **self.distances(load_picture(path))}

    def distances(self, picture: Picture) -> dict[str, float]:
        """Return the measures that are no objective: to the style and to the photograph."""
        with torch.no_grad():
            seen = self._look(picture, [*STYLE_LAYERS, CONTENT_LAYER])
            drift = feature_distance(seen[CONTENT_LAYER], self._photograph) / self._photograph.square().mean()
            return {"wasserstein": mean(self._apart(layer, seen[layer]) for layer in STYLE_LAYERS), "drift": float(drift)}

    def _apart(self, layer: str, features: Tensor) -> float:
        parts = zip(self._slices(layer, features), self._targets[layer], strict=True)
        return mean(float(quantile_distance(found, wanted) / self._units[layer]) for found, wanted in parts)

    def _slices(self, layer: str, features: Tensor) -> Iterator[Tensor]:
        """Sort along the same directions every time, a few of them at once for the sake of memory."""
        generator = torch.Generator().manual_seed(STYLE_LAYERS.index(layer))
        directions = unit_directions(features.shape[1], DIRECTIONS, generator)
        return (sorted_projections(features, directions[first : first + CHUNK]) for first in range(0, DIRECTIONS, CHUNK))

    def _look(self, picture: Picture, layers: Sequence[str]) -> dict[str, Tensor]:
        return self._vgg.features(255 * picture.pixels.to(self._device), layers)


def _share(weighted: Mapping[str, float], group: str) -> float:
    """Add up what a group of terms (``style:relu1_1`` …) adds to the total."""
    return sum(value for name, value in weighted.items() if name.partition(":")[0] == group)


# What is said


def complete(scores: Sequence[Score], candidates: Sequence[str]) -> list[str]:
    """Return the pairs that every candidate has finished, in order."""
    pairs = dict.fromkeys(score.pair for score in scores)
    return [pair for pair in pairs if {s.candidate for s in scores if s.pair == pair} >= set(candidates)]


def ranks(values: Sequence[float]) -> list[float]:
    """Rank numbers from 1, the least first; equals share the mean of their places."""
    return [sum(v < value for v in values) + (1 + sum(v == value for v in values)) / 2 for value in values]


def standings(scores: Sequence[Score], candidates: Sequence[str]) -> dict[str, dict[str, tuple[float, float]]]:
    """Compare candidates over the pairs that all have finished.

    Returns:
        candidate → measure → (geometric mean of the ratios to the first candidate, mean rank); nothing if no pair is finished.
    """
    found = {(s.pair, s.candidate): s.values for s in scores}
    pairs = complete(scores, candidates)
    table: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in candidates} if pairs else {}
    for measure in MEASURES if pairs else ():
        rows = [[found[pair, name][measure] for name in candidates] for pair in pairs]
        places = [ranks(row) for row in rows]
        for index, name in enumerate(candidates):
            table[name][measure] = (_ratio([(row[index], row[0]) for row in rows]), mean(place[index] for place in places))
    return table


def _ratio(fractions: Sequence[tuple[float, float]]) -> float:
    """Geometric mean of ratios; NaN where a number is not above 0, for there is none."""
    usable = all(0 < number < math.inf for fraction in fractions for number in fraction)
    return geometric_mean([over / under for over, under in fractions]) if usable else math.nan


def markdown(scores: Sequence[Score], candidates: Sequence[str], *, seconds: float, clock: str, ruler: str) -> str:
    """Return a table a pair and one of the standings, with what the columns mean underneath."""
    heads = list(MEASURES.values())
    blocks = []
    for pair in dict.fromkeys(score.pair for score in scores):
        mine = sorted((s for s in scores if s.pair == pair), key=lambda s: candidates.index(s.candidate))
        rows = [[s.candidate, f"{s.steps}", _seconds(s, seconds), *(f"{s.values[m]:.4g}" for m in MEASURES)] for s in mine]
        blocks.append(f"### {pair}\n\n" + grid(["candidate", "steps", "seconds", *heads], rows))
    table = standings(scores, candidates)
    if table:
        pairs = complete(scores, candidates)
        taken = {name: mean(s.seconds for s in scores if s.candidate == name and s.pair in pairs) for name in candidates}
        rows = [[n, f"{taken[n]:.1f}", *(f"{ratio:.3f} ({rank:.1f})" for ratio, rank in table[n].values())] for n in candidates]
        title = f"### All of {len(pairs)} finished: geometric mean of ratios to {candidates[0]} (mean rank)"
        blocks.append(f"{title}\n\n" + grid(["candidate", "mean seconds", *heads], rows))
    return "\n\n".join([*blocks, LEGEND.format(ruler=ruler, seconds=seconds, clock=clock)]) + "\n"


def _seconds(score: Score, asked: float) -> str:
    return f"{score.seconds:.1f}" + (" !" if off(score.seconds, asked) else "")


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right, in line as plain text too."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    rule = [("-" * width if index == 0 else "-" * (width - 1) + ":") for index, width in enumerate(widths)]
    aligned = [
        [cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))]
        for row in (heads, rule, *rows)
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in aligned)


Cell = tuple[str, Image.Image]


def sheet_cells(pair: Pair, pictures: tuple[Picture, Picture], scores: Sequence[Score], names: Sequence[str], folder: Path) -> list[Cell]:
    """Return one row of the sheet: content, style, then each candidate's picture, blank where there is none."""
    row = [(name, to_pil(picture.pixels)) for name, picture in zip((pair.content, pair.style), pictures, strict=True)]
    for name in names:
        score = next((s for s in scores if (s.pair, s.candidate) == (pair.name, name)), None)
        if score is None:
            row.append(("", Image.new("RGBA", (1, 1))))
        else:
            with Image.open(folder / score.picture, formats=["PNG", "JPEG"]) as image:
                row.append((caption(name, score.steps), image.convert("RGB")))
    return row


def caption(name: str, steps: int) -> str:
    """Return what stands under a picture: the candidate, a change a line, and its steps."""
    return re.sub(r"[:,]", "\n", name) + f"\n{steps} steps"


def small_jpeg(cells: Sequence[Cell], columns: int, limit: int = SHEET_BYTES) -> bytes:
    """Draw a sheet whose file stays below a limit: 256×192 boxes, then plainer JPEG, then smaller boxes."""
    data = b""
    for height in (192, 160, 128, 96, 64):
        sheet = contact_sheet(cells, height=height, width=height * 4 // 3, columns=columns)
        for quality in (90, 80, 70):
            stream = io.BytesIO()
            sheet.save(stream, "JPEG", quality=quality, optimize=True)
            data = stream.getvalue()
            if len(data) < limit:
                return data
    return data


# The study


class Watch:
    """Shows on standard error what is being done and the time left. Use :meth:`running` around the work.

    Args:
        runs: Pictures that will be painted.
        seconds: Each takes.
        console: Where.
    """

    def __init__(self, runs: int, seconds: float, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._runs, self._seconds, self._done, self._share = runs, seconds, 0, 0.0
        self._began = time.perf_counter()
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
        self._bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self._task: TaskID | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show the bar meanwhile."""
        with self._bar:
            self._task = self._bar.add_task("", total=self._runs, left="")
            yield

    def left(self) -> str:
        """Say how long it will take yet: what is left costs what was done, calibration and judging included."""
        spent, done = time.perf_counter() - self._began, self._done + self._share
        # Before the first picture is done: a third to calibrate, and some to judge.
        pace = spent / done if self._done else 1.6 * self._seconds
        rest = max(0, round(pace * (self._runs - done)))
        return f"{rest // 60} min {rest % 60:02d} s left"

    def say(self, what: str) -> None:
        """Tell what is being done now."""
        if not self.console.is_terminal:
            self.console.print(f"{what} · {self.left()}", soft_wrap=True, markup=False)
        self._show(description=what)

    def painted(self, share: float) -> None:
        """Tell that this share of one picture is painted; 1 ends it."""
        done = share >= 1
        self._done, self._share = self._done + done, 0.0 if done else share
        self._show(completed=self._done + self._share)

    def _show(self, **changes: Any) -> None:
        if self._task is not None:
            self._bar.update(self._task, left=self.left(), **changes)


@dataclass
class Study:
    """Candidates on pairs, one picture after the other.

    Attributes:
        candidates: What is compared.
        pairs: On what.
        ruler: The recipe all pictures are judged by, in the size of the study.
        seconds: For each picture.
        folder: Where pictures, tables and the sheet go.
        device: Where to work.
        clock: What counts the seconds; a name in ``CLOCKS``.
        scores: What is finished.
    """

    candidates: Sequence[Candidate]
    pairs: Sequence[Pair]
    ruler: Recipe
    seconds: float
    folder: Path
    device: str = "auto"
    clock: str = "wall"
    scores: list[Score] = field(default_factory=list)
    _rows: dict[str, tuple[Picture, Picture]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of the candidates."""
        return [candidate.name for candidate in self.candidates]

    def run(self, watch: Watch) -> None:
        """Paint and judge everything; what is finished is in :attr:`scores` whenever this ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for candidate in self.candidates:
            watch.say(f"{candidate.name}: a first step")
            self._paint(self.pairs[0], candidate, 1, lambda _: None)
        for turn, pair in enumerate(self.pairs):
            ruler = Ruler(pair, self.ruler, self.device)
            self._rows[pair.name] = ruler.pictures
            # Another one begins on every pair.
            start = turn % len(self.candidates)
            self._one_pair(pair, ruler, [*self.candidates[start:], *self.candidates[:start]], watch)
            self.write()

    def _one_pair(self, pair: Pair, ruler: Ruler, order: Sequence[Candidate], watch: Watch) -> None:
        by_name = {candidate.name: candidate for candidate in order}

        def clock(name: str, steps: int) -> float:
            watch.say(f"{pair.name} · {name}: timing {steps} steps")
            return self._paint(pair, by_name[name], steps, lambda _: None)[1]

        times = calibrate(list(by_name), clock, self.seconds)
        for name, candidate in by_name.items():
            result, steps, seconds = self._paint_in_time(pair, candidate, times[name], watch)
            path = self.folder / f"{slug(f'{pair.content}-{pair.style}-{name}')}.png"
            result.save(path)
            watch.say(f"{pair.name} · {name}: judging")
            self.scores.append(Score(pair.name, name, steps, seconds, result.stopped, path.name, ruler(path)))
            watch.painted(1)

    def _paint_in_time(self, pair: Pair, candidate: Candidate, times: dict[int, float], watch: Watch) -> tuple[pincel.Result, int, float]:
        """Paint with the steps that fit; once more, with what that taught, if it took too long or too short; the closer one counts."""
        tries: list[tuple[pincel.Result, int, float]] = []
        for _ in range(2):
            steps = steps_for(self.seconds, times)
            if tries and steps == tries[0][1]:
                break
            watch.say(f"{pair.name} · {candidate.name}: painting{' again' if tries else ''}, {steps} steps")
            result, times[steps] = self._paint(pair, candidate, steps, watch.painted)
            tries.append((result, steps, times[steps]))
            if result.stopped != "steps" or not off(times[steps], self.seconds):
                break
        return min(tries, key=lambda tried: abs(tried[2] - self.seconds))

    def _paint(self, pair: Pair, candidate: Candidate, steps: int, tell: Callable[[float], None]) -> tuple[pincel.Result, float]:
        """Paint a picture; return it and how long that took."""
        content, style, now = picture_of(pair.content), picture_of(pair.style), CLOCKS[self.clock]
        began = now()

        def show(_: Event) -> None:
            tell(min(0.99, (now() - began) / self.seconds))

        result = pincel.transfer(content, style, recipe=candidate.recipe, device=self.device, on_event=show, steps=steps)
        return result, now() - began

    def table(self) -> str:
        """Everything finished so far, as Markdown."""
        return markdown(self.scores, self.names, seconds=self.seconds, clock=self.clock, ruler=self.ruler.name)

    def write(self) -> None:
        """Write the tables and the sheet of everything finished so far."""
        (self.folder / "table.md").write_text(self.table(), encoding="utf-8")
        (self.folder / "table.json").write_text(json.dumps(self.record(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        begun = [pair for pair in self.pairs if any(score.pair == pair.name for score in self.scores)]
        cells = [cell for pair in begun for cell in sheet_cells(pair, self._rows[pair.name], self.scores, self.names, self.folder)]
        if cells:
            (self.folder / "sheet.jpg").write_bytes(small_jpeg(cells, columns=2 + len(self.candidates)))

    def record(self) -> dict[str, Any]:
        """Return what was asked for and what was found, JSON-ready."""
        table = standings(self.scores, self.names)
        return {
            "pincel": pincel.__version__,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "device": str(resolve_device(self.device)),
            "seconds": self.seconds,
            "clock": self.clock,
            "ruler": self.ruler.model_dump(),
            "candidates": {candidate.name: candidate.recipe.model_dump() for candidate in self.candidates},
            "scores": [asdict(score) for score in self.scores],
            "standings": {
                # JSON knows no NaN.
                name: {m: {"ratio": ratio if math.isfinite(ratio) else None, "rank": rank} for m, (ratio, rank) in row.items()}
                for name, row in table.items()
            },
        }


def slug(name: str) -> str:
    """Return a name for a file: letters, digits and a few signs."""
    return re.sub(r"[^\w.=-]+", "-", name).strip("-")


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _arguments(texts: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", metavar="RECIPE[:key=value,…]")
    parser.add_argument("--seconds", type=_positive, default=60.0, help="for each picture [60]")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="what counts the seconds [wall]")
    parser.add_argument("--size", type=int, default=512, help="long side in pixels [512]")
    parser.add_argument(
        "--pairs", default=PAIRS, help=f"content×style,… of {', '.join(PHOTOGRAPHS + SCENES)} × {', '.join(STYLES)} [{PAIRS}]"
    )
    parser.add_argument("--ruler", default="pincel", help="recipe whose objective judges all pictures [pincel]")
    parser.add_argument("--device", default="auto")
    parser.add_argument("-o", "--output", type=Path, default=Path("study"), metavar="DIR", help="[study]")
    return parser.parse_args(texts)


def main(texts: Sequence[str] | None = None) -> int:
    """Run the study, print its tables; return 0, 1 for an error, 130 for Ctrl-C."""
    given = _arguments(texts)
    console = Console(stderr=True, highlight=False)
    try:
        ruler = find_recipe(given.ruler).recipe.override(size=given.size)
        candidates, pairs = parse_candidates(given.recipes, ruler), parse_pairs(given.pairs)
        study = Study(candidates, pairs, ruler, given.seconds, given.output, given.device, given.clock)
    except PincelError as error:
        console.print(str(error), soft_wrap=True, markup=False)
        return 1
    watch, status = Watch(len(candidates) * len(pairs), given.seconds, console), 0
    try:
        with watch.running():
            study.run(watch)
    except KeyboardInterrupt:
        status = 130
    except PincelError as error:
        console.print(str(error), soft_wrap=True, markup=False)
        status = 1
    if study.scores:
        study.write()
        print(study.table(), end="")
    return status


if __name__ == "__main__":
    sys.exit(main())
