"""Arguments of public functions compared with their annotations, so that a wrong type is reported in one line, before any work."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache, wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from pincel.errors import OptionError
from pincel.files import a_type_of, one_line
from pincel.images.picture import LoadedImage

P = ParamSpec("P")
R = TypeVar("R")

# As numpy has them too; a whole number is also a number, as for type checkers.
_NUMBERS: dict[type, type] = {int: Integral, float: Real}
_WORDS: dict[type, str] = {str: "text", int: "a whole number", float: "a number", bool: "True or False", NoneType: "None"}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function refuse arguments of other types than it declares; those of a recipe are checked by the recipe.

    What is inside lists and dictionaries is left to the function.

    Raises:
        OptionError: By the function that is returned.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def check_and_call(*args: P.args, **kwargs: P.kwargs) -> R:
        accepted = _accepted(function)
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            given = {}  # The call below says what is wrong, with the name of the function.
        for name, value in given.items():
            if name in accepted and not _fits(value, accepted[name]):
                raise OptionError(_refusal(function.__qualname__.removesuffix(".__init__"), name, value, accepted[name]))
        return function(*args, **kwargs)

    return check_and_call


@cache
def _accepted(function: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """Return argument → the types and values of which it may be one."""
    hints = get_type_hints(function)
    kinds = {each.name: each.kind for each in inspect.signature(function).parameters.values()}
    names = [name for name, kind in kinds.items() if name in hints and kind is not inspect.Parameter.VAR_KEYWORD]
    members = {name: tuple(_members(hints[name])) for name in names}
    # Pictures are checked where they are opened, which says more.
    return {name: each for name, each in members.items() if LoadedImage not in each}


def _members(hint: Any) -> Iterator[Any]:
    """Yield the classes of a type, and the values of a literal one."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        for each in get_args(hint):
            yield from _members(each)
    elif origin is Literal:
        yield from get_args(hint)
    else:
        yield origin or hint


def _fits(value: object, accepted: tuple[Any, ...]) -> bool:
    types = tuple(_NUMBERS.get(each, each) for each in accepted if isinstance(each, type))
    # An array compared with a text is neither equal nor not.
    return isinstance(value, types) or (isinstance(value, str) and value in accepted)


def _refusal(function: str, name: str, value: object, accepted: tuple[Any, ...]) -> str:
    given = repr(value)
    shown = given if len(given) <= 40 else a_type_of(value)
    words = [_WORDS.get(each, each.__name__) if isinstance(each, type) else repr(each) for each in accepted]
    return one_line(f"{function}: {name} cannot be that", shown, ", ".join(words), f"help(pincel.{function})")
