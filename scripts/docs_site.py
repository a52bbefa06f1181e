"""The documentation as a site: make docs.

    python scripts/docs_site.py build      # docs/_build: en, es, course and try, offline; warnings and broken links are errors
    python scripts/docs_site.py catalogs   # new texts of the pages into docs/locale/es, to be translated there
    python scripts/docs_site.py share      # how much of the Spanish pages is translated

A page says where a part that follows from the code belongs: ``<!-- generated: NAME -->``, NAME of :data:`GENERATED`. The pages of the
commands, and the notebook of the language, are written into ``docs`` while the site is built; they and ``docs/_build`` are not committed.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import UnionType
from typing import Any, cast, is_typeddict
from urllib.parse import unquote, urlsplit

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import pincel
from docs_course import make_courses
from docs_try import make_try
from pincel.cli.app import VERBS
from pincel.courses.declaration import CoursePage
from pincel.courses.pages import PAGES
from pincel.courses.render import PARTS
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.cited import CONTROL
from pincel.recipes.schema import GROUPS, NAMES, Recipe, RecipeModel, help_of
from pincel.translation import Language, Translated

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BUILT = DOCS / "_build"
CATALOGS = DOCS / "locale"
COMMANDS = DOCS / "reference" / "commands"
# The notebook of each language is one page of the site.
NOTEBOOKS = {"en": "first-picture", "es": "primera-imagen"}
LANGUAGES = {"en": "English", "es": "Español"}
# Pages, and folders of pages, that are in English only: what follows from the code, and what is about it.
ENGLISH = (
    "reference/commands",
    "tutorials/notebook",
    "development/contributing",
    "development/security",
    "architecture",
    "features",
    "internals",
    "scale",
    "studio",
    "weights",
)
# What there is to translate: cells of numbers and of code are the same in all languages.
_WORDS = re.compile(r"[^\W\d_]{3}")
_MARK = re.compile(r"<!-- generated: ([\w-]+) -->")


def cell(text: object) -> str:
    """Return a text as a cell of a table: in one line, with nothing in it that Markdown would take for markup."""
    return re.sub(r"([|*<>\[\]_\\$])", r"\\\1", " ".join(str(text).split()))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(each)} |" for each in (header, ["---"] * len(header), *rows))


def shown(value: Any) -> str:
    """Return a value of a recipe as it is given on the command line."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={shown(number)}" for key, number in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def options(language: str) -> str:
    """Return the values of recipes, which are the options of ``pincel transfer`` about the picture: what each is, and its default."""
    tongue = cast("Language", language)
    header = ["option", "what it sets", "default"] if language == "en" else ["opción", "qué fija", "por defecto"]
    recipe = RECIPES["pincel"].recipe
    names = [name for name in Recipe.model_fields if name not in NAMES]
    titles = {name: title for title, members in GROUPS.items() for name in members}
    parts = []
    for title in GROUPS:
        members = [name for name in names if title in (titles.get(name), titles.get(name.removesuffix("s")))]
        rows = [[f"`{_option(name)}`", cell(help_of(name, tongue)), f"`{shown(getattr(recipe, name))}`"] for name in members]
        if rows:
            parts += [f"## {Translated(title).text(tongue)}", table(header, rows)]
    return "\n\n".join(parts)


def _option(name: str) -> str:
    """Return the option that a value of a recipe is given by."""
    return "--" + ("optimizer_option" if name == "optimizer_options" else name).replace("_", "-")


def recipes(language: str) -> str:  # noqa: ARG001 - in English only
    """Return every recipe with its values and their sources."""
    parts = []
    for name in RECIPES:
        if not name.endswith("-fast"):
            parts += _recipe(name, RECIPES[name], f"{RECIPES[name].recipe.summary}\n\n{cell(RECIPES[name].recipe.good_for)}")
    parts.append("## Recipes of `pincel invert`")
    for name in INVERSIONS:
        parts += _recipe(name, INVERSIONS[name], cell(INVERSIONS[name].recipe.summary), heading="###")
    return "\n\n".join(parts)


def _recipe(name: str, cited: Any, about: str, heading: str = "##") -> list[str]:
    rows = [
        [f"`{key}`", f"`{shown(getattr(cited.recipe, key))}`", cell(source)]
        for key, source in cited.sources.items()
        if source and source != CONTROL
    ]
    return [f"{heading} `{name}`", about, table(["value", "is", "source"], rows)]


def python(language: str) -> str:  # noqa: ARG001 - in English only
    """Return directives for what ``import pincel`` offers: functions, then classes, then what only names types."""
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Types": []}
    for name in pincel.__all__:
        thing = getattr(pincel, name)
        if inspect.isclass(thing):
            kinds["Classes"].append(f"### {name}\n\n```{{eval-rst}}\n{_class(name, thing)}\n```")
        elif isinstance(thing, UnionType):
            members = ", ".join(f"`{each.__name__}`" for each in thing.__args__)
            kinds["Types"].append(f"### {name}\n\nOne of {members}.")
        elif callable(thing):
            kinds["Functions"].append(f"### {name}\n\n```{{eval-rst}}\n.. autofunction:: pincel.{name}\n```")
    parts = ["```{eval-rst}\n.. automodule:: pincel\n   :no-members:\n```"]
    return "\n\n".join(parts + [part for title, each in kinds.items() if each for part in (f"## {title}", *each)])


def _class(name: str, kind: type) -> str:
    """Return the directive for a class. The values of recipes, and their names for type checkers, have pages of their own."""
    if issubclass(kind, Exception):
        return f".. autoexception:: pincel.{name}\n   :members:"
    if issubclass(kind, RecipeModel) or is_typeddict(kind):
        return f".. autoclass:: pincel.{name}()"
    return f".. autoclass:: pincel.{name}\n   :members:"


def verbs(language: str) -> str:  # noqa: ARG001 - in English only
    """Return the verbs of the command line, each with one line."""
    rows = [[f"[`{name}`](commands/{name}.md)", cell(text)] for name, text in VERBS.items()]
    pages = "\n".join(f"commands/{name}" for name in VERBS)
    return f"{table(['verb', 'what it does'], rows)}\n\n```{{toctree}}\n:hidden:\n\n{pages}\n```"


def course(language: str) -> str:
    """Return the pages of the course, part by part: what each is about, its file, its minutes, and what makes its figures."""
    tongue = cast("Language", language)
    header = ["topic", "page", "minutes", "figures"] if language == "en" else ["tema", "página", "minutos", "figuras"]
    parts = []
    for part, (title, _text) in PARTS.items():
        pages = [page for page in PAGES if page.part == part]
        rows = [[_course_link(each, tongue), f"`{each.slug}.html`", str(each.minutes), _studies(each)] for each in pages]
        parts += [f"### {title.text(tongue)}", table(header, rows)]
    return "\n\n".join(parts)


def _course_link(page: CoursePage, language: Language) -> str:
    """Return the title of a page of the course, which leads to it as it is made for the site."""
    return f'<a href="../../course/{language}/{page.slug}.html">{cell(page.title.text(language))}</a>'


def _studies(page: CoursePage) -> str:
    """Return the studies of a page of the course."""
    return ", ".join(dict.fromkeys(f"`{each.study}`" for each in page.figures))


def try_it(language: str) -> str:
    """Return the link to the page that paints in the browser, where it could be made."""
    english = language == "en"
    if not (BUILT / "try" / f"{language}.html").is_file():
        return "*This copy of the documentation was built without the page.*" if english else "*Esta copia se construyó sin la página.*"
    return f'<p><a href="../../try/{language}.html"><strong>{"Open the page" if english else "Abrir la página"} →</strong></a></p>'


def contributing(language: str) -> str:  # noqa: ARG001 - in English only
    """Return CONTRIBUTING.md as a page of the site."""
    return _moved("CONTRIBUTING.md")


def security(language: str) -> str:  # noqa: ARG001 - in English only
    """Return SECURITY.md as a page of the site."""
    return _moved("SECURITY.md")


def _moved(name: str) -> str:
    """Return a page of the project's root, with its links as they are seen from ``docs/development``."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\((?!https?:|#)(docs/)?", lambda link: "](../" if link[1] else "](../../", text)


GENERATED: dict[str, Callable[[str], str]] = {
    "options": options,
    "recipes": recipes,
    "python": python,
    "verbs": verbs,
    "course": course,
    "try": try_it,
    "contributing": contributing,
    "security": security,
}
# Pages outside of docs, which others link to → where they are in the site.
_OUTSIDE = re.compile(r"\]\((?:\.\./)+(CONTRIBUTING|SECURITY)\.md")


def fill(text: str, language: str) -> str:
    """Return a page with its generated parts."""
    filled = _MARK.sub(lambda mark: GENERATED[mark[1]](language), text)
    return _OUTSIDE.sub(lambda link: f"](/development/{link[1].lower()}.md", filled)


def write_command_pages() -> None:
    """Write a page for each verb, which sphinx-click fills from the code."""
    COMMANDS.mkdir(parents=True, exist_ok=True)
    for page in COMMANDS.glob("*.md"):
        if page.stem not in VERBS:
            page.unlink()
    for name in VERBS:
        directive = f".. click:: pincel.cli.{name.replace('-', '_')}:command\n   :prog: pincel {name}\n   :nested: full"
        page, text = COMMANDS / f"{name}.md", f"```{{eval-rst}}\n{directive}\n```\n"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def copy_notebook(language: str) -> None:
    """Put the notebook of a language among the tutorials."""
    shutil.copyfile(ROOT / "notebooks" / f"{NOTEBOOKS[language]}.ipynb", DOCS / "tutorials" / "notebook.ipynb")


def setup_site(app: Any) -> None:
    """Connect this module to Sphinx."""

    def read(app: Any, name: str, source: list[str]) -> None:  # noqa: ARG001 - what Sphinx passes
        # The catalogs have what people translate, which generated parts are not.
        source[0] = fill(_MARK.sub("", source[0]) if app.builder.name == "gettext" else source[0], app.config.language)

    def link_language(app: Any, name: str, template: str, context: dict[str, Any], document: Any) -> None:  # noqa: ARG001
        other = next(language for language in LANGUAGES if language != app.config.language)
        url = "../" * (name.count("/") + 1) + f"{other}/{name}.html"
        context.update(other_language=other, other_language_name=LANGUAGES[other], other_language_url=url)

    app.connect("builder-inited", lambda _app: write_command_pages())
    app.connect("builder-inited", lambda app: copy_notebook(app.config.language))
    app.connect("source-read", read)
    app.connect("html-page-context", link_language)
    app.connect("sphinx-click-process-description", _describe)
    app.connect("sphinx-click-process-options", _arrange)


def _describe(app: Any, context: Any, lines: list[str]) -> None:  # noqa: ARG001 - what sphinx-click passes
    """Make reStructuredText of the help of a command: all its paragraphs, then its examples."""
    command = context.command
    texts = [command.help or "", getattr(command, "details", "")]
    examples = [f"   {line}" for line in getattr(command, "examples", ())]
    lines[:] = [_plain(line) for text in texts for line in [*inspect.cleandoc(text.replace("\b", "")).splitlines(), ""]]
    lines += [".. code-block:: sh", "", *examples, ""] if examples else []


def _arrange(app: Any, context: Any, lines: list[str]) -> None:  # noqa: ARG001 - what sphinx-click passes
    """Put the options under the titles that ``--help-all`` has, and escape their help, which is no reStructuredText."""
    command, blocks = context.command, _blocks(lines)
    names = [each.name for each in command.params if isinstance(each, click.Option) and not each.hidden]
    found = dict(zip(names, blocks, strict=True))
    titles: dict[str, list[str]] = {}
    for group in (getattr(command, "groups", {}), getattr(command, "more", {})):
        for title, members in group.items():
            titles.setdefault(title, []).extend(name for name in members if name in found)
    lines.clear()
    for title, members in titles.items():
        blocks_here = [found.pop(name) for name in members if name in found]
        lines += [f".. rubric:: {_plain(title)}", "", *(line for block in blocks_here for line in block)] if blocks_here else []
    lines += [".. rubric:: Others", ""] if found and titles else []
    lines += [line for block in found.values() for line in block]


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines of each option, escaped."""
    blocks: list[list[str]] = []
    for line in lines:
        if line.startswith(".. option::"):
            blocks.append([])
        markup = line.lstrip().startswith((".. ", ":default:", "**Required**"))
        blocks[-1].append(line if markup else _plain(line))
    return blocks


def _plain(line: str) -> str:
    return re.sub(r"([*|`\\]|_\b)", r"\\\1", line)


def sphinx(builder: str, language: str, out: Path, *flags: str) -> None:
    """Run Sphinx; exits if it fails."""
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-b", builder, "-D", f"language={language}", *flags, str(DOCS), str(out)]
    if (code := subprocess.run(command, check=False).returncode) != 0:
        raise SystemExit(code)


def build() -> None:
    """Make the page that paints and the course, build the site in every language and check its links; print what was made."""
    started = time.perf_counter()
    make_courses(painter="../../try/{language}.html" if make_try() else "")
    for language in LANGUAGES:
        shutil.rmtree(BUILT / language, ignore_errors=True)
        sphinx("html", language, BUILT / language, "-W", "--keep-going", "-d", str(BUILT / "doctrees" / language))
    pages = [page for language in LANGUAGES for page in (BUILT / language).rglob("*.html")]
    broken = list(broken_links(BUILT))
    for line in broken:
        print(line, file=sys.stderr)
    seconds = time.perf_counter() - started
    print(f"docs/_build: {len(pages)} pages in {len(LANGUAGES)} languages, {seconds:.0f} s; broken links: {len(broken)}")
    translated, everything = share()
    print(f"Spanish: {translated} of {everything} texts of the pages that are translated ({translated / max(everything, 1):.0%})")
    raise SystemExit(bool(broken))


class _Links(HTMLParser):
    """Collects where a page leads, and the anchors it has."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        values = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := values.get(key))}
        self.targets += [value for key in ("href", "src") if (value := values.get(key)) and tag != "link"]


def broken_links(folder: Path) -> Iterator[str]:
    """Yield a line for each link inside a folder of pages that leads nowhere: no such file, or no such anchor in it."""
    found: dict[Path, _Links] = {}
    for page in folder.rglob("*.html"):
        found[page.resolve()] = links = _Links()
        links.feed(page.read_text(encoding="utf-8"))
    for page, links in found.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = found.get(file)
            if not file.exists() or (there and parts.fragment and unquote(parts.fragment) not in there.anchors):
                yield f"{page.relative_to(folder.resolve())}: nothing at {target}"


def catalogs() -> None:
    """Bring the Spanish catalogs up to date with the pages; new texts have an empty translation."""
    pots = BUILT / "gettext"
    shutil.rmtree(pots, ignore_errors=True)
    sphinx("gettext", "en", pots, "-d", str(BUILT / "doctrees" / "gettext"))
    for pot in pots.rglob("*.pot"):
        if pot.relative_to(pots).with_suffix("").as_posix().startswith((*ENGLISH, "sphinx")):
            pot.unlink()
    command = [Path(sys.executable).with_name("sphinx-intl"), "update", "-p", pots, "-l", "es", "-d", CATALOGS, "-w", "140"]
    subprocess.run(list(map(str, command)), check=True)
    for path in CATALOGS.rglob("*.po"):
        catalog = read(path)
        catalog.header_comment, catalog.fuzzy = (
            f"# Spanish of docs/{page_of(path)}.md; 'docs_site.py catalogs' adds new texts.",
            False,
        )
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=140, include_lineno=False)


def page_of(path: Path) -> str:
    """Return the page that a catalog is of."""
    return path.relative_to(CATALOGS / "es" / "LC_MESSAGES").with_suffix("").as_posix()


def read(path: Path) -> Catalog:
    """Return a catalog of translations."""
    with path.open("rb") as file:
        return read_po(file, locale="es")


def share() -> tuple[int, int]:
    """Return how many texts of the catalogs are translated, and how many there are."""
    translated = everything = 0
    for path in CATALOGS.rglob("*.po"):
        messages = [message for message in read(path) if _WORDS.search(re.sub(r"`[^`]*`", "", str(message.id)))]
        everything += len(messages)
        translated += sum(bool(message.string) and not message.fuzzy for message in messages)
    return translated, everything


def main(arguments: Sequence[str]) -> None:
    """Do what the command line asks for."""
    match arguments:
        case ["build"]:
            build()
        case ["catalogs"]:
            catalogs()
        case ["share"]:
            print("{} of {} texts are translated".format(*share()))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
