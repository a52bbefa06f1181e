"""Tables of names: cheap to list, checked when asked, and every place in them exists."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import pytest

from pincel.backbones import BACKBONES
from pincel.backbones.formats import FORMATS
from pincel.canvas import CANVASES
from pincel.errors import OptionError, UnknownNameError
from pincel.losses import VARIATIONS
from pincel.optim import OPTIMIZERS
from pincel.recipes import RECIPES
from pincel.registry import Registry


@pytest.fixture
def shapes() -> Registry[Any]:
    """Return a table of two names, one of which leads nowhere."""
    return Registry("number type", {"fraction": "fractions:Fraction", "ghost": "no_such_module:Ghost"})


def test_a_name_gives_the_part(shapes: Registry[Any]) -> None:
    assert shapes["fraction"] is Fraction


def test_listing_and_checking_import_nothing(shapes: Registry[Any]) -> None:
    assert list(shapes) == ["fraction", "ghost"]
    assert "ghost" in shapes
    assert "spirit" not in shapes
    assert shapes.check("ghost") == "ghost"
    assert "no_such_module" not in sys.modules
    with pytest.raises(OptionError, match="no module no_such_module"):
        shapes["ghost"]


def test_an_unknown_name_is_told_with_the_closest_match(shapes: Registry[Any]) -> None:
    message = r"^Unknown number type 'fractoin' \(known: fraction, ghost\)\. Did you mean 'fraction'\?$"
    with pytest.raises(UnknownNameError, match=message):
        shapes["fractoin"]
    with pytest.raises(UnknownNameError, match=message):
        shapes.check("fractoin")


def test_a_part_can_be_added(shapes: Registry[Any]) -> None:
    shapes.add("decimal", "decimal:Decimal")
    assert list(shapes) == ["fraction", "ghost", "decimal"]
    assert shapes["decimal"].__name__ == "Decimal"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere.at_all:Shape", "The number type 'mine' is in nowhere.at_all:Shape, and there is no module nowhere."),
        ("fractions:Shape", "and that module has no Shape."),
        ("fractions", "and that module has no part named."),
    ],
)
def test_a_part_that_is_not_where_a_plug_in_said(place: str, said: str) -> None:
    shapes: Registry[Any] = Registry("number type", {})
    shapes.add("mine", place)
    with pytest.raises(OptionError) as caught:
        shapes["mine"]
    assert said in str(caught.value)


def test_adding_leaves_the_mapping_given_alone() -> None:
    places = {"fraction": "fractions:Fraction"}
    Registry("number type", places).add("decimal", "decimal:Decimal")
    assert list(places) == ["fraction"]


@pytest.mark.parametrize("registry", [CANVASES, BACKBONES, FORMATS, OPTIMIZERS, VARIATIONS, RECIPES], ids=lambda registry: registry.kind)
def test_every_place_in_every_table_exists(registry: Registry[Any]) -> None:
    parts = [registry[name] for name in registry]
    assert parts
    assert len({id(part) for part in parts}) == len(parts)
