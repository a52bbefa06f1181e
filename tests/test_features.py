"""The page of features names tests that exist, and one for whatever it says pincel has."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "features.md"
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@dataclass(frozen=True)
class Section:
    """A title, its table and its numbered list."""

    title: str
    header: list[str]
    rows: list[list[str]]
    notes: dict[int, str]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def sections() -> list[Section]:
    """Return the parts of the page under a title of their own; the versions of the programs come before."""
    found = []
    for text in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        header, _, *rows = [cells(line) for line in text.splitlines() if line.startswith("|")]
        notes = re.findall(r"^(\d+)\. (.*(?:\n {3,}.*)*)", text, re.MULTILINE)
        assert len({number for number, _ in notes}) == len(notes), text.splitlines()[0]
        found.append(Section(text.splitlines()[0], header, rows, {int(number): note for number, note in notes}))
    return found


def numbers(cell: str) -> list[int]:
    """Return the numbers of notes in a cell: of ``Y here [1], there [2, 3]`` 1, 2 and 3."""
    return [int(number) for group in re.findall(r"\[([\d, ]+)\]", cell) for number in group.split(",")]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the functions of a file that pytest takes for tests; one with parameters counts once."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


SECTIONS = sections()
NAMED = sorted({(path, name) for path, name in NODE.findall(PAGE.read_text(encoding="utf-8"))})


def test_every_test_named_exists() -> None:
    assert len(NAMED) > 80
    missing = [f"{path}::{name}" for path, name in NAMED if not (ROOT / path).is_file() or name not in functions_of(path)]
    assert missing == []
    # Nothing that looks like a test is written in a way that is not checked.
    assert len(NODE.findall(PAGE.read_text(encoding="utf-8"))) == PAGE.read_text(encoding="utf-8").count("::")


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_whatever_pincel_has_a_test_shows(section: Section) -> None:
    assert section.header[-1] == "pincel"
    assert section.rows
    for row in section.rows:
        answer = row[-1]
        assert re.match(r"(Y|~|-|MIT)( |$)", answer), row
        if answer[0] in "Y~":
            assert numbers(answer), f"no test for {row[0]}"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_notes_are_those_of_the_table(section: Section) -> None:
    named = {number for row in section.rows for number in numbers(row[-1])}
    assert sorted(section.notes) == sorted(named) == list(range(1, len(named) + 1))
    assert [number for number, note in section.notes.items() if not NODE.search(note)] == []


def test_every_row_is_as_wide_as_its_header() -> None:
    width = 0
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        found = len(cells(line)) if line.startswith("|") else 0
        assert found == width or 0 in (found, width), line
        width = found


def test_every_program_in_a_header_is_named_with_its_version() -> None:
    listed = re.findall(r"^\| ([A-Z]{2}) \| [\w./-]+.* \| [^|]*\b[0-9a-f]{7}\b[^|]* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    compared = SECTIONS[0].header[1:-2]
    assert listed[: len(compared)] == compared
    others = {word for section in SECTIONS for row in section.rows for word in re.findall(r"\b[A-Z]{2}\b", row[-2])}
    assert others & {"AN", "AV", "BO", "CC", "FN", "LE", "MA", "ND", "TI"} <= set(listed)
