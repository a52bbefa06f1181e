"""The two READMEs say the same, and what they say is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from pincel.cli.app import VERBS
from pincel.recipes import PRESETS, RECIPES

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.es.md")
Capture = pytest.CaptureFixture[str]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(name: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose first row begins with ``first``."""
    lines = text(name).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(f"| `{first}`"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def blocks(name: str) -> list[str]:
    """Return the code blocks without their comments, which are translated."""
    found = re.findall(r"```\w*\n(.*?)```", text(name), re.DOTALL)
    return [re.sub(r" *#.*", "", block) for block in found]


@pytest.mark.parametrize("name", READMES)
def test_it_is_short_and_lists_all_verbs(name: str) -> None:
    assert text(name).count("\n") <= 130
    assert [row[0].strip("`") for row in rows(name, "transfer")] == list(VERBS)


def test_the_page_of_recipes_lists_them_all() -> None:
    page = "docs/howto/recipes.md"
    assert [row[0].strip("`") for row in rows(page, "pincel")] == list(PRESETS)
    others = [recipe for recipe in RECIPES if recipe not in PRESETS and not recipe.endswith("-fast")]
    assert [row[0].strip("`") for row in rows(page, "gram")] == others


def test_both_languages_show_the_same_code_tables_and_headings() -> None:
    english, spanish = READMES
    assert blocks(english) == blocks(spanish)
    assert text(english).count("\n## ") == text(spanish).count("\n## ")
    assert text(english).count("\n- **") == text(spanish).count("\n- **")
    assert text(english).count("\n|") == text(spanish).count("\n|")
    assert re.findall(r"\]\(((?!README)[^)]+)\)", text(english)) == re.findall(r"\]\(((?!README)[^)]+)\)", text(spanish))


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(name)):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_python_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path], capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Image.Image, "show", lambda self: print("shown", self.size))
    for file, source in zip(("photo", "painting", "starry", "scream"), [*photographs, photographs[0]], strict=True):
        Image.open(source).convert("RGB").save(f"{file}.jpg")
    code = (
        blocks("README.md")[2].replace("size=256, steps=40", "size=32, steps=1").replace('"gatys2016")', '"gatys2016", size=32, steps=2)')
    )
    exec(compile(code, "README.md", "exec"), {})
    out = capsys.readouterr().out
    assert "shown" in out
    assert (tmp_path / "painted.json").exists()
