"""What is said of a value that a recipe does not accept: which, what was given, what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pincel.errors import OptionError, RecipeError, closest
from pincel.files import a_type_of, one_line

_WORDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "True or False", str: "text"}
_LIMITS = ("gt", "ge", "lt", "le", "min_length", "max_length")
_HINT = "leave it out, for that of the recipe"


def refusal(trouble: ErrorDetails, schema: type[BaseModel], error: type[OptionError | RecipeError]) -> OptionError | RecipeError:
    """Return the error for a value of a recipe that pydantic refuses.

    Args:
        trouble: What pydantic says.
        schema: Of the recipe.
        error: The class of what is returned.
    """
    first, *inner = trouble["loc"]
    name, given = str(first), _shown(trouble["input"])
    if trouble["type"] == "extra_forbidden":
        return error(f"Unknown recipe value '{'.'.join(map(str, trouble['loc']))}'.{closest(name, schema.model_fields)}")
    if trouble["type"] == "missing" and not inner:
        return error(f"The recipe has no '{name}'. Start it with base = \"pincel\" to take what is left out from there.")
    if trouble["type"] == "value_error":
        return error(f"cannot be {given}: {trouble['ctx']['error']}".rstrip(".") + ".", about=name)
    keys = " ".join(key for key in map(str, inner) if key not in _TAGS and not key.isdecimal())
    return error(one_line(f"{keys} cannot be that".strip(), given, _accepted_at(schema, trouble["loc"]), _HINT), about=name)


# How pydantic calls the members of a union in the place of a value.
_TAGS = frozenset({"int", "float", "str", "bool"})


def _shown(given: object) -> str:
    """Return a value as it was typed, or what it is where that is long, such as a picture where the path of one is wanted."""
    shown = f"{given:g}" if isinstance(given, float) else repr(given)
    if isinstance(given, list | tuple) and given and all(isinstance(each, str) for each in given):
        shown = ",".join(given)
    return shown if len(shown) <= 200 else a_type_of(given)


def _accepted_at(schema: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """Return what is accepted for a field, or for one of the models in it."""
    field = schema.model_fields[str(place[0])]
    models = [each for each in get_args(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    if models and len(place) > 2:
        return _accepted_at(models[0], place[2:])
    return accepted(field.annotation, _bounds(field.metadata))


def accepted(hint: Any, bounds: Mapping[str, float] | None = None) -> str:
    """Say in words what a type accepts.

    Args:
        hint: Such as ``Annotated[float, Field(gt=0)]``, ``list[int]``, ``Literal["avg", "max"]``.
        bounds: Of :data:`_LIMITS`, those that hold.

    Example:
        >>> accepted(int, {"ge": 1, "le": 64}), accepted(Literal["avg", "max"])
        ('a whole number, 1 to 64', 'avg or max')
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return accepted(parts[0], _bounds(parts[1:]))
    if origin is Literal:
        return " or ".join(map(str, parts))
    if origin in (Union, UnionType):
        return " or ".join(accepted(part, bounds) for part in parts if part is not NoneType)
    if origin in (list, tuple):
        count = len(parts) if origin is tuple and ... not in parts else _only_length(bounds or {})
        return (
            f"{count} with commas between, each {accepted(parts[0])}" if count else f"{accepted(parts[0])}, or several with commas between"
        )
    if origin is dict:
        return f"pairs, each with {accepted(parts[1])}"
    return _WORDS.get(hint, getattr(hint, "__name__", "a value").lower()) + (_range(hint, bounds or {}) if hint in (int, float) else "")


def _only_length(bounds: Mapping[str, float]) -> float | None:
    """Return how many there must be, if only one number is accepted."""
    return bounds.get("min_length") if bounds.get("min_length") == bounds.get("max_length") else None


def _bounds(metadata: Any) -> dict[str, float]:
    """Return the bounds among the metadata of a type; those of ``Field`` have them inside."""
    inside = [each for part in metadata for each in (part, *getattr(part, "metadata", ()))]
    return {name: getattr(each, name) for each in inside for name in _LIMITS if getattr(each, name, None) is not None}


def _range(kind: type, bounds: Mapping[str, float]) -> str:
    """Write bounds behind a noun."""
    least, most = bounds.get("ge"), bounds.get("le")
    if kind is int and "lt" in bounds:
        most = bounds["lt"] - 1
    if least is not None and most is not None:
        return f", {least} to {most}"
    low = "" if least is None else f", {least:g} or more"
    low = f" above {bounds['gt']:g}" if "gt" in bounds else low
    high = "" if most is None else f", at most {most:g}"
    return low + (f", below {bounds['lt']:g}" if "lt" in bounds and kind is float else high)
