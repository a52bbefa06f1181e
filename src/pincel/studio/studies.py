"""The studies that can be started here, as they are declared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import JsonValue

from pincel.backbones import BACKBONES
from pincel.errors import closest, unknown_name
from pincel.studies.declarations import STUDIES as SPECS
from pincel.studies.settings import common_options
from pincel.studies.study_spec import OptionSpec, StudySpec, options_of
from pincel.studio.checks import names_file
from pincel.studio.errors import ApiError
from pincel.studio.models import PICTURE, SAMPLE, InputSlot, StudyInputs, StudyOption, StudyView
from pincel.translation import Language, Translated


def _view(name: str, spec: StudySpec, language: Language = "en") -> StudyView:
    def text(message: str) -> str:
        return Translated(message).text(language)

    slots = [InputSlot(name=each.name, help=text(each.help), many=each.many, optional=each.default is not None) for each in spec.inputs]
    options = [_option(each, text(each.help)) for each in (*options_of(spec.options), *common_options(spec)) if not each.local]
    return StudyView(name=name, summary=text(spec.summary), takes=StudyInputs(pictures=slots), options=options)


def _option(spec: OptionSpec, text: str) -> StudyOption:
    return StudyOption(
        name=spec.name,
        kind="picture" if spec.picture else "choice" if spec.choices else _KINDS[spec.type],
        help=text,
        default=list(spec.default) if spec.many else spec.default,
        choices=list(spec.choices) or None,
        minimum=spec.minimum,
        many=spec.many,
    )


_KINDS: Mapping[type, Literal["number", "integer", "text"]] = {int: "integer", float: "number", str: "text"}
STUDIES: Mapping[str, StudyView] = {name: _view(name, spec) for name, spec in SPECS.items()}


def study_views(language: Language) -> list[StudyView]:
    """Describe every study that can be started here."""
    return [_view(name, SPECS[name], language) for name in STUDIES]


# Options that are names. On the command line a recipe may be a file; here only one of the package.
RECIPE_OPTION = "recipe"
NETWORK_OPTIONS = ("backbone", "beside")
_LONGEST = 300
# Values of one option.
_MOST = 24
REFERENCE = re.compile(f"{PICTURE}|{SAMPLE}")


def check_study(name: str, pictures: Sequence[str], options: Mapping[str, JsonValue], recipes: Sequence[str]) -> list[tuple[str, str]]:
    """Check a request for a study.

    Args:
        name: Name of the study.
        pictures: References to its pictures, in order.
        options: Name → value; None or empty text for the default.
        recipes: Names of all recipes.

    Returns:
        The options as the command line takes them, pictures by their references; one with several values comes several times.

    Raises:
        ApiError: For a name, a number of pictures or a value that is not accepted.
    """
    if name not in STUDIES:
        raise ApiError(422, str(unknown_name("study", name, STUDIES)), "study")
    study = STUDIES[name]
    slots = study.takes.pictures
    fewest = sum(not slot.optional for slot in slots)
    if not fewest <= len(pictures) <= len(slots) and not (slots and slots[-1].many and len(pictures) >= fewest):
        inputs = ", ".join(slot.name + (" …" if slot.many else "") for slot in slots) or "none"
        raise ApiError(422, f"The study {name} takes {inputs}, not {len(pictures)} pictures.", "pictures")
    known = {option.name: option for option in study.options}
    for key in options:
        if key not in known:
            raise ApiError(422, f"The study {name} has no option '{key}' (it has {', '.join(known)}).{closest(key, known)}", key)
    given = [(key, text) for key, value in options.items() if value not in (None, "") for text in _values(known[key], value)]
    for key, text in given:
        if key == RECIPE_OPTION and text not in recipes:
            raise ApiError(422, str(unknown_name("recipe", text, recipes)), key)
        if key in NETWORK_OPTIONS and text not in list(BACKBONES):
            raise ApiError(422, str(unknown_name("backbone", text, BACKBONES)), key)
    return given


def _values(option: StudyOption, value: JsonValue) -> list[str]:
    """Return the value of an option, or its values, as the command line takes them; raises ApiError."""
    many = value if option.many and isinstance(value, list) and len(value) <= _MOST else [value]
    if option.kind != "picture":
        return [_value(option, each) for each in many]
    if not all(isinstance(each, str) and REFERENCE.fullmatch(each) for each in many):
        raise ApiError(422, f"'{option.name}' cannot be {repr(value)[:60]}: it should be the id of a picture, or sample:NAME.", option.name)
    return [str(each) for each in many]


def _value(option: StudyOption, value: JsonValue) -> str:
    """Return a value as the command line takes it; raises ApiError."""
    accepted: dict[str, Any] = {"integer": int, "number": int | float, "text": str | int | float, "choice": str}
    valid = isinstance(value, accepted[option.kind]) and not isinstance(value, bool)
    if valid and isinstance(value, int | float):
        low, high = option.minimum, option.maximum
        valid = (low is None or value >= low) and (high is None or value <= high) and abs(value) < 1e9
    if valid and isinstance(value, str):
        valid = len(value) <= _LONGEST and not names_file(value) and (option.choices is None or value in option.choices)
    if not valid:
        wanted = f"one of {', '.join(option.choices)}" if option.choices else f"{option.kind}{_bounds(option)}"
        raise ApiError(422, f"'{option.name}' cannot be {repr(value)[:60]}: it should be {wanted}.", option.name)
    return str(value)


def _bounds(option: StudyOption) -> str:
    return f" of {option.minimum:g} or more" if option.minimum is not None else ""
