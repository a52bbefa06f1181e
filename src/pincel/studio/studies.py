"""The studies that can be started here: what each takes, as it declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import JsonValue

from pincel.errors import closest, unknown_name
from pincel.studies.declaration import OptionSpec, StudySpec, options_of
from pincel.studies.declarations import STUDIES as NAMES
from pincel.studies.declarations import find_study
from pincel.studies.settings import common_options
from pincel.studio.checks import names_file
from pincel.studio.models import Role, StudyOption, StudyView, Takes
from pincel.studio.troubles import ApiError


def _view(name: str, spec: StudySpec) -> StudyView:
    roles = [Role(name=each.name, help=each.help, many=each.many, optional=each.default is not None) for each in spec.inputs]
    options = [_option(each) for each in (*options_of(spec.options), *common_options(spec)) if not each.local]
    return StudyView(name=name, summary=spec.summary, takes=Takes(pictures=roles), options=options)


def _option(spec: OptionSpec) -> StudyOption:
    return StudyOption(
        name=spec.name,
        kind="choice" if spec.choices else _KINDS[spec.type],
        help=spec.help,
        default=spec.default,
        choices=list(spec.choices) or None,
        minimum=spec.minimum,
    )


_KINDS: Mapping[type, Literal["number", "integer", "text"]] = {int: "integer", float: "number", str: "text"}
_SPECS = {name: find_study(name) for name in NAMES}
# Folders are not asked for here.
STUDIES: Mapping[str, StudyView] = {
    name: _view(name, spec) for name, spec in _SPECS.items() if not any(each.folders for each in spec.inputs)
}
# Values of these could be files of this machine; only recipes of the package are asked for.
RECIPE_OPTION = "recipe"
_LONGEST = 300


def check_study(name: str, pictures: Sequence[str], options: Mapping[str, JsonValue], recipes: Sequence[str]) -> list[tuple[str, str]]:
    """Make sure that a study can be asked for so.

    Args:
        name: Of the study.
        pictures: As it shall look at them.
        options: Name → value; none for its own.
        recipes: Names of those there are.

    Returns:
        The options as the command line takes them.

    Raises:
        ApiError: For a name, a number of pictures or a value that is not accepted.
    """
    if name not in STUDIES:
        raise ApiError(422, str(unknown_name("study", name, STUDIES)), "study")
    study = STUDIES[name]
    roles = study.takes.pictures
    least = sum(not role.optional for role in roles)
    if not least <= len(pictures) <= len(roles) and not (roles and roles[-1].many and len(pictures) >= least):
        told = ", ".join(role.name + (" …" if role.many else "") for role in roles) or "none"
        raise ApiError(422, f"The study {name} takes {told}, not {len(pictures)} pictures.", "pictures")
    known = {option.name: option for option in study.options}
    for key in options:
        if key not in known:
            raise ApiError(422, f"The study {name} has no option '{key}' (it has {', '.join(known)}).{closest(key, known)}", key)
    given = [(key, _value(known[key], value)) for key, value in options.items() if value not in (None, "")]
    for key, text in given:
        if key == RECIPE_OPTION and text not in recipes:
            raise ApiError(422, str(unknown_name("recipe", text, recipes)), key)
    return given


def _value(option: StudyOption, value: JsonValue) -> str:
    """Return a value as the command line takes it; raises ApiError."""
    accepted: dict[str, Any] = {"integer": int, "number": int | float, "text": str | int | float, "choice": str}
    right = isinstance(value, accepted[option.kind]) and not isinstance(value, bool)
    if right and isinstance(value, int | float):
        low, high = option.minimum, option.maximum
        right = (low is None or value >= low) and (high is None or value <= high) and abs(value) < 1e9
    if right and isinstance(value, str):
        right = len(value) <= _LONGEST and not names_file(value) and (option.choices is None or value in option.choices)
    if not right:
        wanted = f"one of {', '.join(option.choices)}" if option.choices else f"{option.kind}{_bounds(option)}"
        raise ApiError(422, f"'{option.name}' cannot be {repr(value)[:60]}: it should be {wanted}.", option.name)
    return str(value)


def _bounds(option: StudyOption) -> str:
    return f" of {option.minimum:g} or more" if option.minimum is not None else ""
