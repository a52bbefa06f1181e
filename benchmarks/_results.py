"""What a comparison has found so far, kept in one file of its folder, and the tables that are made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from _judge import MEASURES, network_legend
from _pairs import Pair
from _steps import off
from _tables import grid
from pincel.errors import OptionError
from pincel.files import one_line, quoted, write_text
from pincel.version import __version__

FILE = "results.json"
COPIES = ("copy of content", "copy of style")


@dataclass(frozen=True)
class Row:
    """A finished picture.

    Attributes:
        pair: Name of the pair.
        system: Name of the system.
        identity: Digest of the system's identity.
        sources: Digest of the bytes of photograph and painting; see :func:`sources_of`.
        steps: Asked for; None for as many as the system likes.
        seconds: It took.
        picture: Name of the file in the folder ``pictures``.
        values: Measure → number.
    """

    pair: str
    system: str
    identity: str
    sources: str
    steps: int | None
    seconds: float
    picture: str
    values: dict[str, float]


@dataclass
class Results:
    """A comparison: everything in its folder counts, whichever calls have painted it.

    Attributes:
        folder: Of the comparison.
        size: Long side of the pictures.
        seconds: Each had; None for as long as the system likes.
        network: Sees for the distances of features.
        device: Where recipes paint.
        pairs: name → pair.
        copies: pair → one of ``COPIES`` → measure → number.
        rows: Finished pictures, in the order they were finished.
    """

    folder: Path
    size: int
    seconds: float | None
    network: str
    device: str
    pairs: dict[str, Pair] = field(default_factory=dict)
    copies: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    @property
    def systems(self) -> list[str]:
        """Names of the systems, as they came."""
        return list(dict.fromkeys(row.system for row in self.rows))

    @property
    def complete(self) -> list[str]:
        """Names of the pairs that all systems have painted."""
        return [pair for pair in self.pairs if len(self.of_pair(pair)) == len(self.systems) > 0]

    def of_pair(self, pair: str) -> dict[str, Row]:
        """Return system → row of a pair."""
        return {row.system: row for row in self.rows if row.pair == pair}

    def has(self, pair: Pair, system: str) -> bool:
        """Return whether a picture is there that was made from the same photograph and painting."""
        row = self.of_pair(pair.name).get(system)
        return row is not None and row.sources == sources_of(pair) and self.picture(row).is_file()

    def forget_others(self, system: str, identity: str) -> None:
        """Leave out what a system of this name has painted that had another identity: it is not who is asked now."""
        self.rows = [row for row in self.rows if row.system != system or row.identity == identity]

    def picture(self, row: Row) -> Path:
        """Return the file of a row."""
        return self.folder / "pictures" / row.picture

    def add(self, row: Row) -> None:
        """Add a row, in place of the one of the same pair and system, and write the file."""
        places = [place for place, each in enumerate(self.rows) if (each.pair, each.system) == (row.pair, row.system)]
        place = places[0] if places else len(self.rows)
        self.rows[place : place + 1] = [row]
        self.save()

    def save(self) -> None:
        """Write the file."""
        environment = {"pincel": __version__, "torch": torch.__version__, "threads": torch.get_num_threads()}
        settings = {"size": self.size, "seconds": self.seconds, "network": self.network, "device": self.device}
        pairs = {name: {"content": str(pair.content), "style": str(pair.style)} for name, pair in self.pairs.items()}
        written = {**environment, **settings, "pairs": pairs, "copies": self.copies, "rows": [asdict(row) for row in self.rows]}
        write_text(self.folder / FILE, json.dumps(written, indent=1, ensure_ascii=False) + "\n", what="results")


def load_results(folder: Path) -> Results:
    """Read what is in a folder.

    Raises:
        OptionError: If there is nothing, or nothing that this program has written.
    """
    path = folder / FILE
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        pairs = {name: Pair(name, Path(each["content"]), Path(each["style"])) for name, each in read["pairs"].items()}
        rows = [Row(**row) for row in read["rows"]]
        settings = {key: read[key] for key in ("size", "seconds", "network", "device", "copies")}
        return Results(folder, pairs=pairs, rows=rows, **settings)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        failed = "results: there are none here" if isinstance(error, OSError) else "results: the file is damaged"
        raise OptionError(
            one_line(failed, quoted(path), "the folder of a comparison", "python benchmarks/pictures.py paint -o DIR")
        ) from error


def begin(wanted: Results) -> Results:
    """Return the results of a folder, to go on with; ``wanted`` if it has none.

    Raises:
        OptionError: If those that are there are of another size, time or network.
    """
    if not (wanted.folder / FILE).exists():
        return wanted
    found = load_results(wanted.folder)
    for key in ("size", "seconds", "network"):
        was, now = getattr(found, key), getattr(wanted, key)
        if was != now:
            raise OptionError(one_line(f"results: those of {quoted(wanted.folder)} have another {key}", str(now), str(was), "another -o"))
    return found


def digest_of(identity: str) -> str:
    """Return a digest of a system's identity."""
    return sha256(identity.encode()).hexdigest()[:16]


def sources_of(pair: Pair) -> str:
    """Return a digest of the bytes of photograph and painting."""
    return sha256(pair.content.read_bytes() + pair.style.read_bytes()).hexdigest()[:16]


def picture_id(row: Row) -> str:
    """Return a name for a picture that does not say who painted it; another once it is painted again from something else."""
    return sha256(f"{row.pair}/{row.system}/{row.identity}/{row.sources}".encode()).hexdigest()[:12]


def file_name(pair: str, system: str) -> str:
    """Return a name for a picture: letters, digits and a few signs, and a digest that tells names apart that are alike then."""
    plain = re.sub(r"[^\w.=-]+", "-", f"{pair}--{system}").strip("-")
    return f"{plain[:100]}-{sha256(f'{pair}/{system}'.encode()).hexdigest()[:6]}.png"


def table(results: Results) -> str:
    """Return all as Markdown: the means, then a table a pair, with what the columns mean underneath."""
    blocks = [_means(results)] if results.complete else []
    blocks += [_one_pair(results, pair) for pair in results.pairs if results.of_pair(pair)]
    return "\n\n".join([*blocks, _legend(results)]) + "\n"


HEADS = ("system", "steps", "seconds", *(measure.head for measure in MEASURES))


def _one_pair(results: Results, pair: str) -> str:
    found = results.of_pair(pair)
    rows = [
        [name, str(row.steps or "own"), _seconds(row.seconds, results.seconds), *_numbers(row.values)]
        for name, row in ((name, found[name]) for name in results.systems if name in found)
    ]
    copies = [[name, "", "", *_numbers(results.copies[pair][name])] for name in COPIES]
    return f"### {pair}\n\n{grid(HEADS, rows + copies)}"


def _means(results: Results) -> str:
    pairs = results.complete
    rows = []
    for system in results.systems:
        of_system = [results.of_pair(pair)[system] for pair in pairs]
        seconds = _seconds(mean(row.seconds for row in of_system), results.seconds)
        rows.append([system, "", seconds, *_numbers(_averages([row.values for row in of_system]))])
    rows += [[name, "", "", *_numbers(_averages([results.copies[pair][name] for pair in pairs]))] for name in COPIES]
    return f"### Means of {len(pairs)} pairs that all have painted\n\n{grid(HEADS, rows)}"


def _averages(values: Sequence[dict[str, float]]) -> dict[str, float]:
    return {measure.name: measure.average([each[measure.name] for each in values]) for measure in MEASURES}


def _numbers(values: dict[str, float]) -> Iterable[str]:
    return (f"{round(values[measure.name], 4) + 0.0:.3g}" for measure in MEASURES)


def _seconds(seconds: float, asked: float | None) -> str:
    return f"{seconds:.1f}" + (" !" if asked is not None and off(seconds, asked) else "")


def _legend(results: Results) -> str:
    lines = [f"- {measure.head}: {measure.meaning}" for measure in MEASURES]
    seconds = "Seconds of a recipe are those of pincel.transfer, of another program those of its whole process; one painted at a time."
    asked = f" Each had {results.seconds:g} seconds; ! marks more than a tenth off." if results.seconds is not None else ""
    where = f" {results.size} pixels, threads: {torch.get_num_threads()}, device: {results.device}."
    return "\n".join([f"{network_legend(results.network)} {seconds}{asked}{where}", "", *lines])
