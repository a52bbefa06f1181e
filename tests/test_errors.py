"""Errors say what to do, and the tree drawn in their module is the real one."""

from __future__ import annotations

import re

import pytest

from pincel import errors
from pincel.errors import OptionError, PictureMissingError, PincelError, UnknownNameError, closest, unknown_name
from pincel.recipes.schema import Recipe

LAYERS = [f"{kind}{block}_{index}" for block in range(1, 6) for index in range(1, 4) for kind in ("conv", "relu")]


def drawn_tree() -> dict[str, str]:
    """Return class → class above it, as drawn in the docstring."""
    above: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│├└─ ]*)([A-Z]\w+Error)\b", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            if depth:
                above[found[2]] = path[depth - 1]
    return above


def test_the_tree_drawn_is_the_tree() -> None:
    classes = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, PincelError)]
    real = {cls.__name__: cls.__bases__[0].__name__ for cls in classes if cls is not PincelError}
    assert drawn_tree() == real
    assert len(real) >= 11


def test_errors_are_also_what_a_programmer_expects() -> None:
    assert issubclass(OptionError, ValueError)
    assert issubclass(PictureMissingError, FileNotFoundError)
    assert not issubclass(PincelError, ValueError | OSError)


def test_a_missing_picture_keeps_its_message() -> None:
    # An OSError with one argument must not turn into "[Errno …]".
    assert str(PictureMissingError("there is no 'x.png'")) == "there is no 'x.png'"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("relu4-2", "relu4_2"),
        ("RELU4_2", "relu4_2"),
        ("relu42", "relu4_2"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_closest(name: str, found: str) -> None:
    assert closest(name, LAYERS) == (f" Did you mean '{found}'?" if found else "")


def test_closest_is_spelled_as_it_is_known() -> None:
    assert closest("LBFGS", ["lbfgs", "Adam"]) == " Did you mean 'lbfgs'?"
    assert closest("adma", ["lbfgs", "Adam"]) == " Did you mean 'Adam'?"


def test_closest_reads_any_iterable_once() -> None:
    assert closest("adma", iter(["lbfgs", "adam"])) == " Did you mean 'adam'?"


def test_a_short_table_is_listed_whole() -> None:
    error = unknown_name("optimizer", "adma", ["lbfgs", "adam"])
    assert isinstance(error, UnknownNameError)
    assert str(error) == "Unknown optimizer 'adma' (known: lbfgs, adam). Did you mean 'adam'?"


def test_a_long_table_is_shortened() -> None:
    text = str(unknown_name("layer", "xyz", LAYERS))
    assert text == "Unknown layer 'xyz' (known: conv1_1, relu1_1, conv1_2, relu1_2, conv1_3 … relu5_3, 30 in all)."


@pytest.mark.parametrize("name", ["xyz", "relu4-2"])
def test_a_message_is_one_line(name: str) -> None:
    assert "\n" not in str(unknown_name("layer", name, LAYERS))


@pytest.mark.parametrize(
    ("given", "meant"),
    [("ladder", "scales"), ("detail", "detail_transfer"), ("coarse_content", "coarse_content_factor"), ("colour", "color")],
)
def test_the_former_name_of_a_value_finds_the_present_one(given: str, meant: str) -> None:
    names = list(Recipe.model_fields)
    options = [f"--{name.replace('_', '-')}" for name in names]
    assert closest(given, names) == f" Did you mean '{meant}'?"
    assert closest(f"--{given.replace('_', '-')}", options) == f" Did you mean '--{meant.replace('_', '-')}'?"
