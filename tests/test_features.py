"""The page of features names tests that exist, and one for whatever it says pincel has."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "features.md"
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the functions of a file that pytest takes for tests; one with parameters counts once."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


TEXT = PAGE.read_text(encoding="utf-8")
HEADER, _, *LINES = [cells(line) for line in TEXT.partition("## The programs")[0].splitlines() if line.startswith("|")]
# Titles within the table have nothing beside them.
ROWS = [row for row in LINES if any(row[1:])]
NOTES = dict(re.findall(r"^\[\^(\d+)\]: (.*)$", TEXT, re.MULTILINE))
NAMED = sorted(set(NODE.findall(TEXT)))


def test_every_test_named_exists() -> None:
    assert len(NAMED) > 80
    missing = [f"{path}::{name}" for path, name in NAMED if not (ROOT / path).is_file() or name not in functions_of(path)]
    assert missing == []
    # Nothing that looks like a test is written in a way that is not checked.
    assert len(NODE.findall(TEXT)) == TEXT.count("::")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_whatever_pincel_has_a_test_shows(row: list[str]) -> None:
    assert len(row) == len(HEADER)
    answer = re.fullmatch(r"(●|◐|–|MIT) \[\^(\d+)\]", row[1])
    assert answer
    name, note = re.findall(r"^\*\*(.+?)\.\*\* (.*)$", NOTES[answer[2]])[0]
    assert name.lower() == row[0].lower()
    if answer[1] in "●◐":
        assert NODE.search(note.partition("Others:")[0]), f"no test for {row[0]}"


def test_each_row_has_a_note_in_their_order() -> None:
    assert HEADER[:2] == ["feature", "pincel"]
    numbers = [re.findall(r"\d+", row[1])[0] for row in ROWS]
    assert numbers == list(NOTES) == [str(number) for number in range(1, len(ROWS) + 1)]
    assert {cell for row in ROWS for cell in row[2:] if row[0] != "licence"} <= {"●", "◐", "–", ""}


def test_every_program_is_named_with_its_version() -> None:
    listed = re.findall(r"^\| ([A-Z]{2}) \| [\w./-]+.* \| [^|]*\b[0-9a-f]{7}\b[^|]* \|$", TEXT, re.MULTILINE)
    assert listed[: len(HEADER) - 2] == HEADER[2:]
    others = {word for note in NOTES.values() for word in re.findall(r"(?:^|; )([A-Z]{2})\b", note.partition("Others: ")[2])}
    assert {"AN", "AV", "BO", "CC", "FN", "MA", "ND", "TI"} <= others <= set(listed)
