"""Bring the catalogs of translations up to date with the code: make translations.

Collects the messages of ``src`` and the texts of recipes and studies, which are data, adds new ones to
``src/pincel/locale/LANGUAGE/LC_MESSAGES/pincel.po`` with an empty translation, removes those that are gone, and compiles ``pincel.mo``,
which the package reads. Both files are committed. A message that was changed in the code is a new one: copy its translation from the old
entry before running this.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pincel.recipes import RECIPES
from pincel.recipes.schema import GROUPS, NAMES, WITH_NAMES, Recipe
from pincel.studio.studies import STUDIES

SOURCE = Path(__file__).parents[1] / "src" / "pincel"
CATALOGS = sorted((SOURCE / "locale").glob("*/LC_MESSAGES/pincel.po"))
METHODS = [("**.py", "python"), ("batches/page.html.j2", "jinja2")]
KEYWORDS = {"_": None, "pgettext_lazy": ((1, "c"), 2)}


def extracted() -> Catalog:
    """Return the messages of the code, without translations."""
    catalog = Catalog(domain="pincel")
    found = extract_from_dir(SOURCE, method_map=METHODS, keywords=KEYWORDS, strip_comment_tags=True)
    for file, line, message, comments, context in sorted(found, key=lambda each: each[:2]):
        catalog.add(message, locations=[(f"src/pincel/{file}", line)], auto_comments=comments, context=context)
    for place, texts in (("recipes", recipe_texts()), ("studies/declarations.py", study_texts())):
        for message in texts:
            catalog.add(message, locations=[(f"src/pincel/{place}", 0)])
    return catalog


def recipe_texts() -> Iterator[str]:
    """Yield what the studio shows of recipes: titles and descriptions of their values, and what each recipe is."""
    yield from GROUPS
    yield from (str(field.description) for name, field in Recipe.model_fields.items() if name not in (*NAMES, *WITH_NAMES))
    for name in RECIPES:
        yield from (RECIPES[name].recipe.summary, RECIPES[name].recipe.good_for)


def study_texts() -> Iterator[str]:
    """Yield what the studio shows of studies: what each is about, and the help of its pictures and options."""
    for study in STUDIES.values():
        yield study.summary
        yield from (each.help for each in study.takes.pictures)
        yield from (each.help for each in study.options)


def read(path: Path) -> Catalog:
    """Return a catalog with its translations."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain="pincel")


def updated(path: Path) -> Catalog:
    """Return a catalog with the messages of the code, and the translations it has of them."""
    catalog, template = read(path), extracted()
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for message in catalog:
        # A percent sign followed by a letter is no placeholder here.
        message.flags.discard("python-format")
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """Return a catalog as it is edited."""
    file = io.BytesIO()
    # Without line numbers, the file changes only when a message does.
    write_po(file, catalog, width=120, include_lineno=False)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """Return a catalog as it is read by gettext."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main() -> int:
    """Update and compile every catalog; exit with 1 if a translation is missing."""
    missing = 0
    for path in CATALOGS:
        catalog = updated(path)
        path.write_bytes(as_po(catalog))
        path.with_suffix(".mo").write_bytes(as_mo(catalog))
        for message in catalog:
            if message.id and not message.string:
                missing += 1
                print(f"{path}: no translation of '{message.id}'", file=sys.stderr)
    return int(missing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
