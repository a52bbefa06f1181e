"""Every text of the code has its Spanish, with the same placeholders, and the catalogs have no others."""

from __future__ import annotations

import ast
import copy
import io
import json
import pickle
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from hypothesis import given
from hypothesis import strategies as st

import pincel
import translations as catalogs
from pincel.translation import Note, Translated, gettext_lazy, joined, pgettext_lazy, translations, untranslated
from tests.texts import both

CATALOGS = [pytest.param(path, id=path.parts[-3]) for path in catalogs.CATALOGS]
TEXTS = st.text(st.characters(exclude_characters="{}"))


def messages(catalog: Catalog) -> dict[tuple[str | None, str], Message]:
    return {(message.context, str(message.id)): message for message in catalog if message.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_spanish_is_there() -> None:
    assert "es" in [path.parts[-3] for path in catalogs.CATALOGS]
    assert len(messages(catalogs.extracted())) > 600


@pytest.mark.parametrize("path", CATALOGS)
def test_a_catalog_has_the_messages_of_the_code_and_no_others(path: Path) -> None:
    # `make translations` brings it up to date.
    assert set(messages(catalogs.read(path))) == set(messages(catalogs.extracted()))


@pytest.mark.parametrize("path", CATALOGS)
def test_every_message_is_translated_and_no_translation_is_a_guess(path: Path) -> None:
    found = messages(catalogs.read(path)).values()
    assert [message.id for message in found if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGS)
def test_a_translation_has_the_placeholders_of_its_message(path: Path) -> None:
    found = messages(catalogs.read(path)).values()
    assert [message.id for message in found if placeholders(str(message.id)) != placeholders(str(message.string))] == []


@pytest.mark.parametrize("path", CATALOGS)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    compiled = read_mo(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    ours, theirs = messages(catalogs.read(path)), messages(compiled)
    assert {key: message.string for key, message in ours.items()} == {key: message.string for key, message in theirs.items()}


@pytest.mark.parametrize("path", CATALOGS)
def test_a_catalog_is_written_as_the_command_writes_it(path: Path) -> None:
    assert path.read_bytes() == catalogs.as_po(catalogs.updated(path))


def modules() -> list[tuple[Path, ast.Module]]:
    """Return the modules with messages."""
    texts = ((path, path.read_text(encoding="utf-8")) for path in Path(pincel.__file__).parent.rglob("*.py"))
    return [(path, ast.parse(text)) for path, text in texts if "import gettext_lazy as _" in text and path.name != "translation.py"]


def test_messages_are_literals() -> None:
    calls = [(path, node) for path, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    marked = [(path, node) for path, node in calls if isinstance(node.func, ast.Name) and node.func.id in catalogs.KEYWORDS]
    assert len(marked) > 600
    assert [f"{path}:{node.lineno}" for path, node in marked if not all(isinstance(each, ast.Constant) for each in node.args)] == []


def test_formulas_with_words_in_them_are_messages() -> None:
    calls = [node for _, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    formulas = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "Formula"]
    plain = [str(arg.value) for node in formulas for arg in node.args if isinstance(arg, ast.Constant)]
    assert len(plain) > 20
    words = {word for text in plain for word in re.findall(r"(?<![\w/])[a-z]{2,}(?![\w/.])", text)}
    assert words - {"argmin", "cov", "max", "ij", "et", "al", "py"} == set()


def test_a_function_that_marks_messages_calls_nothing_else_underscore() -> None:
    functions = [(path, node) for path, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    assert [f"{path}:{node.lineno}" for path, node in functions if _marks(node) and _binds(node)] == []


def _names(function: ast.AST) -> list[ast.Name]:
    """Return the names ``_`` in a function, but for comprehensions, whose names are their own."""
    scopes = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    children = [child for child in ast.iter_child_nodes(function) if not isinstance(child, scopes)]
    own = [child for child in children if isinstance(child, ast.Name) and child.id == "_"]
    return own + [name for child in children for name in _names(child)]


def _marks(function: ast.AST) -> bool:
    return any(isinstance(name.ctx, ast.Load) for name in _names(function))


def _binds(function: ast.FunctionDef | ast.Lambda) -> bool:
    arguments = [argument.arg for argument in function.args.args]
    return "_" in arguments or any(isinstance(name.ctx, ast.Store) for name in _names(function))


def test_a_message_is_in_the_language_of_the_reader() -> None:
    text = gettext_lazy("layer")
    assert (text.text("en"), text.text("es")) == ("layer", "capa")


def test_messages_that_are_alike_in_english_are_told_apart_by_their_context() -> None:
    assert gettext_lazy("share").text("es") == "proporción"
    assert pgettext_lazy("of the distance", "share").text("es") == "parte"
    assert pgettext_lazy("of the distance", "share").text("en") == "share"


def test_the_name_of_a_layer_is_the_same_even_if_a_message_is_called_so() -> None:
    assert untranslated("layer").text("es") == "layer"
    assert untranslated("{a}: {b:.1f}").fill(a=gettext_lazy("layer"), b=1 / 3).text("es") == "capa: 0.3"


@given(TEXTS, TEXTS, st.integers())
def test_values_are_filled_in_their_own_language(english: str, spanish: str, number: int) -> None:
    text = both("{a} {n}", "{n} {a}").fill(a=both(english, spanish), n=number)
    assert text.text("en") == f"{english} {number}"
    assert text.text("es") == f"{number} {spanish}"


def test_thousands_are_apart_by_spaces_in_spanish() -> None:
    text = untranslated("{count:,} {share:.1f} {word}").fill(count=489108, share=0.5, word="a,b")
    assert text.text("en") == "489,108 0.5 a,b"
    assert text.text("es") == "489\u202f108 0.5 a,b"


@given(st.lists(st.tuples(st.text(), st.text())))
def test_joined_texts_are_joined_in_each_language(texts: list[tuple[str, str]]) -> None:
    whole = joined("; ", [both(*pair) for pair in texts])
    assert whole.text("en") == "; ".join(english for english, _ in texts)
    assert whole.text("es") == "; ".join(spanish for _, spanish in texts)


def test_braces_stay_where_nothing_is_filled() -> None:
    assert Translated("{as it is}").text("en") == "{as it is}"


def test_a_value_left_out_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        untranslated("{a} {b}").fill(a=1).text("en")


MEAN = Note(gettext_lazy("{a} to {b}"), a="relu1_1", b=Note(gettext_lazy("mean")))


def test_a_note_is_its_english_text_and_has_others() -> None:
    assert (MEAN, f"{MEAN}.", translations(MEAN)) == ("relu1_1 to mean", "relu1_1 to mean.", {"es": "relu1_1 a media"})
    assert translations("relu1_1 to mean") == translations(f"{MEAN}") == {}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda note: pickle.loads(pickle.dumps(note))])
def test_a_copied_note_keeps_its_translation(copied: Callable[[Note], Note]) -> None:
    again = copied(MEAN)
    assert (again, translations(again)) == (MEAN, translations(MEAN))


@given(st.text(), st.one_of(st.text(), st.integers(), st.floats(allow_nan=False)), st.text(min_size=1))
def test_a_note_is_read_from_json_as_it_was(text: str, value: object, context: str) -> None:
    inner = Translated("{value}", context=context).fill(value=value)
    note = Note(untranslated("{text}, {inner}, {path}"), text=text, inner=inner, path=Path("a.png"))
    data = json.loads(json.dumps({"event": "notice", "text": note, **note.translated.as_data()}))
    assert Translated.from_data(data).text("es") == data["text"] == f"{text}, {value}, a.png"


def test_a_note_without_values_keeps_its_braces() -> None:
    note = Note(untranslated("{as it is}"))
    assert note == Translated.from_data(note.translated.as_data()).text("es") == "{as it is}"


# Functions whose first argument is shown to the user while something works.
SAYING = re.compile(r"Notice|SetupProgress|notify|\w*notes\.append|progress\.(note|update|track)")


def test_what_runs_say_is_made_of_messages() -> None:
    # A notice of a bare text would be English in a studio that speaks Spanish.
    package = Path(pincel.__file__).parent
    rooms = [path for room in ("engine", "run", "images", "studies", "studio") for path in (package / room).rglob("*.py")]
    trees = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in (*rooms, package / "backbones" / "calibrate.py")]
    calls = [(path, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    saying = [(path, node) for path, node in calls if SAYING.fullmatch(ast.unparse(node.func))]
    assert len(saying) > 60
    assert [f"{path}:{node.lineno}" for path, node in saying if isinstance(node.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)] == []


def test_the_compiled_catalog_is_in_the_package() -> None:
    assert files("pincel").joinpath("locale/es/LC_MESSAGES/pincel.mo").is_file()
