"""The documentation as a site: what is generated from the code, its Spanish, and the check of its links. `make docs` builds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import docs_site
from docs_site import CATALOGS, DOCS, GENERATED, broken_links, cell, fill, options, page_of, read, recipes
from pincel.recipes import PRESETS
from pincel.recipes.schema import NAMES, Recipe

PAGES = sorted(page for page in DOCS.rglob("*.md") if not {"_build", "commands"} & set(page.parts))
# What a translation must not change: code, and where links lead.
KEPT = (r"`[^`]+`", r"\]\([^)]*\)")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_value_of_a_recipe_is_in_the_table_of_options_once(language: str) -> None:
    listed = re.findall(r"^\| `--([\w-]+)` \| (.+) \| `(.+)` \|$", options(language), re.MULTILINE)
    fields = ["optimizer_option" if name == "optimizer_options" else name for name in Recipe.model_fields if name not in NAMES]
    assert sorted(name.replace("-", "_") for name, _, _ in listed) == sorted(fields)


def test_recipes_have_their_values_with_sources() -> None:
    text = recipes("en")
    assert re.findall(r"^## `([\w-]+)`$", text, re.MULTILINE)[: len(PRESETS)] == list(PRESETS)
    assert "| `style_terms` | `w2=1` | crowsonkb/style-transfer-pytorch" in text


def test_cells_are_no_markup() -> None:
    assert cell("a | b\n *c* <d>") == r"a \| b \*c\* \<d\>"


def test_marks_are_known_and_filled() -> None:
    marks = {mark for page in PAGES for mark in re.findall(r"<!-- generated: ([\w-]+) -->", page.read_text(encoding="utf-8"))}
    assert marks == set(GENERATED)
    assert "generated:" not in fill("<!-- generated: options -->", "en")
    assert fill("[x](../CONTRIBUTING.md)", "en") == "[x](/development/contributing.md)"


def test_the_page_that_paints_is_led_to_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_site, "BUILT", tmp_path)
    assert docs_site.try_it("es") == "*Esta copia se construyó sin la página.*"
    (tmp_path / "try").mkdir()
    (tmp_path / "try" / "es.html").touch()
    # As seen from es/howto/browser.html.
    assert 'href="../../try/es.html"' in docs_site.try_it("es")


@pytest.mark.parametrize("catalog", sorted(CATALOGS.rglob("*.po")), ids=page_of)
def test_the_spanish_of_a_page_has_its_code_and_links(catalog: Path) -> None:
    assert (DOCS / f"{page_of(catalog)}.md").is_file()
    for message in read(catalog):
        if message.id and message.string and not message.fuzzy:
            for kind in KEPT:
                original, translated = (sorted(re.findall(kind, str(text))) for text in (message.id, message.string))
                assert original == translated, message.string


def test_links_of_a_site_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">b</a> <a href="#here">a</a> <a href="https://x.org/y">x</a>')
    (tmp_path / "b.html").write_text('<a href="c.html">c</a> <a href="a.html#nowhere">a</a> <img src="d.png"> <p id="there">')
    assert sorted(broken_links(tmp_path)) == [
        "b.html: nothing at a.html#nowhere",
        "b.html: nothing at c.html",
        "b.html: nothing at d.png",
    ]


def test_a_wrong_use_of_the_script_prints_how() -> None:
    with pytest.raises(SystemExit, match=r"docs_site\.py build"):
        docs_site.main(["biuld"])
