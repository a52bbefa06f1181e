"""The two READMEs say the same, and what they say is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pincel.cli.app import VERBS
from pincel.cli.transfer import command as transfer_command
from pincel.recipes import PRESETS, RECIPES
from pincel.recipes.schema import Recipe

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.es.md")
# Defaults that are words, not values.
TRANSLATED = {
    "junto a la imagen": "beside the picture",
    "ninguna": "none",
    "lo que esté libre": "what is free",
    "auto: según `--memory`": "auto: as `--memory` asks",
    "OUT.checkpoint, en ejecuciones de más de dos minutos": "OUT.checkpoint, in runs over two minutes",
}
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
def test_the_table_of_options_is_that_of_the_command(name: str) -> None:
    listed = [row[0].strip("`") for row in rows(name, "--recipe")]
    # An option may have another name beside its own: --start for --init.
    real = [
        option.opts[0] if option.opts[0].startswith("--") else max(option.opts, key=len)
        for option in transfer_command.params
        if option.opts[0].startswith("-")
    ]
    assert sorted(listed) == sorted(real)


def written(value: Any) -> str:
    """Write a default as the tables do."""
    if isinstance(value, list):
        return ",".join(map(written, value)) or "none"
    if value is False:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


@pytest.mark.parametrize("name", READMES)
def test_defaults_are_those_of_the_recipe(name: str) -> None:
    recipe = RECIPES["pincel"].recipe
    for option, _, default in rows(name, "--recipe"):
        field = option.strip("`-").replace("-", "_")
        if field in Recipe.model_fields and not isinstance(value := getattr(recipe, field), dict):
            assert TRANSLATED.get(default, default) == written(value), option
    layers = {row[0]: row[2] for row in rows(name, "--recipe")}
    assert layers["`--content-layers`"] == ", ".join(recipe.content_layers)
    assert layers["`--style-layers`"] == f"{next(iter(recipe.style_layers))} … {list(recipe.style_layers)[-1]}"
    assert layers["`--optimizer-option`"] == ", ".join(f"{k}={v}" for k, v in recipe.optimizer_options.items())


@pytest.mark.parametrize("name", READMES)
def test_verbs_and_recipes_are_all_listed(name: str) -> None:
    assert [row[0].strip("`") for row in rows(name, "transfer")] == list(VERBS)
    assert [row[0].strip("`") for row in rows(name, "pincel")] == list(PRESETS)
    others = [recipe for recipe in RECIPES if recipe not in PRESETS and not recipe.endswith("-fast")]
    assert [row[0].strip("`") for row in rows(name, "gram")] == others


def test_both_languages_show_the_same_code_tables_and_headings() -> None:
    english, spanish = READMES
    assert blocks(english) == blocks(spanish)
    assert [row[::2] for row in rows(english, "--recipe")] == [
        [row[0], TRANSLATED.get(row[2], row[2])] for row in rows(spanish, "--recipe")
    ]
    assert text(english).count("\n## ") == text(spanish).count("\n## ")
    assert text(english).count("\n- **") == text(spanish).count("\n- **")
    assert re.findall(r"\]\(((?!README)[^)]+)\)", text(english)) == re.findall(r"\]\(((?!README)[^)]+)\)", text(spanish))


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(name)):
        assert (ROOT / target).exists(), target


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
    assert out.startswith("steps ")
    assert "shown" in out
    assert (tmp_path / "painted.json").exists()
