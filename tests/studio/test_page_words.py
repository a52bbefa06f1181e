"""Words in both languages: none missing, none left over, none with other gaps to fill."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import pincel.studio
from pincel.recipes.schema import NAMES, Recipe
from pincel.samples import sample_names
from pincel.studio.models import State

STATIC = Path(pincel.studio.__file__).parent / "static"
PARTS = ["", ".viewers"]
# Keys that are put together: what stands before, and what may come after.
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in (STATIC / "js").glob("*.js"))


def flattened(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and "other" not in value:
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def words(language: str, part: str = "") -> dict[str, Any]:
    return dict(flattened(json.loads((STATIC / "words" / f"{language}{part}.json").read_text(encoding="utf-8"))))


def gaps(text: str | dict[str, str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text if isinstance(text, str) else text["other"]))


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_have_the_same_words_with_the_same_gaps(part: str) -> None:
    english, spanish = words("en", part), words("es", part)
    assert list(english) == list(spanish)
    assert {key: gaps(text) for key, text in english.items()} == {key: gaps(text) for key, text in spanish.items()}
    assert not [key for key, text in spanish.items() if not text]


def test_parts_share_no_key() -> None:
    one, other = (words("en", part) for part in PARTS)
    assert set(one).isdisjoint(other)


@pytest.mark.parametrize("part", PARTS)
def test_every_word_is_used(part: str) -> None:
    # t("a.b"), "a.b" handed on, or `a.${…}` put together.
    begun = set(re.findall(r"`([\w.]+\.)\$\{", SCRIPTS))
    unused = [key for key in words("en", part) if f'"{key}"' not in SCRIPTS and not any(key.startswith(stem) for stem in begun)]
    assert unused == []


def test_every_key_has_words() -> None:
    known = {key for part in PARTS for key in words("en", part)}
    asked = set(re.findall(r'\bt\(\s*"([\w.-]+)"', SCRIPTS))
    assert asked - known == set()


def test_every_setting_sample_and_state_has_a_name() -> None:
    known = words("en")
    fields = [name for name in Recipe.model_fields if name not in (*NAMES, "content_mask", "style_mask")]
    assert {f"setting.{name}" for name in fields} == {key for key in known if key.startswith("setting.")}
    assert {f"sample.{name}" for name in sample_names()} == {key for key in known if key.startswith("sample.")}
    assert {f"state.{name}" for name in (*get_args(State), "stopping")} == {key for key in known if key.startswith("state.")}
