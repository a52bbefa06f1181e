"""The two notebooks are one in two languages, without outputs. ``tests/interfaces/test_notebooks.py`` executes them."""

from __future__ import annotations

import io
import json
import tokenize
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ENGLISH, SPANISH = NOTEBOOKS / "first-picture.ipynb", NOTEBOOKS / "primera-imagen.ipynb"
LEFT_OUT = {tokenize.COMMENT, tokenize.NL, tokenize.STRING}


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def code_of(cell: dict[str, Any]) -> list[str]:
    """Return the tokens of a cell but strings and comments, which have a language."""
    tokens = tokenize.generate_tokens(io.StringIO("".join(cell["source"])).readline)
    return ["text" if each.type == tokenize.STRING else each.string for each in tokens if each.type not in LEFT_OUT - {tokenize.STRING}]


def test_both_languages_have_the_same_code() -> None:
    english, spanish = cells(ENGLISH), cells(SPANISH)
    assert [each["cell_type"] for each in english] == [each["cell_type"] for each in spanish]
    for one, other in zip(english, spanish, strict=True):
        if one["cell_type"] == "code":
            assert code_of(one) == code_of(other)
        else:
            assert one["source"] != other["source"]


@pytest.mark.parametrize("path", [ENGLISH, SPANISH])
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    for cell in cells(path):
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
