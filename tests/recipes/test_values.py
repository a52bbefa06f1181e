"""The keyword arguments of recipes agree with the schemas."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from pincel.recipes import RECIPES
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import NAMES, Recipe
from pincel.recipes.values import InversionValues, NumberTable, RecipeValues, Weights

# Values that are also accepted in other forms than the schema keeps them in.
FORMS: dict[str, Any] = {
    "content_layers": Weights,
    "style_layers": Weights,
    "content_terms": Weights,
    "style_terms": Weights,
    "code_weight": NumberTable,
}


def choices(kind: Any) -> tuple[Any, ...]:
    return next((get_args(part) for part in (kind, *get_args(kind)) if get_origin(part) is Literal), ())


@pytest.mark.parametrize(("values", "schema", "more"), [(RecipeValues, Recipe, []), (InversionValues, Inversion, ["steps"])])
def test_names_choices_and_plain_types_are_those_of_the_schema(values: Any, schema: Any, more: list[str]) -> None:
    hints = get_type_hints(values)
    fields = {name: field for name, field in schema.model_fields.items() if name not in NAMES}
    assert list(hints) == [*more, *fields]
    for name, field in fields.items():
        assert type(None) in get_args(hints[name]), name
        assert choices(hints[name]) == choices(field.annotation), name
        if field.annotation in (int, float, str, bool):
            assert hints[name] == field.annotation | None, name
        elif name in FORMS:
            assert set(get_args(FORMS[name])) < set(get_args(hints[name])), name


@pytest.mark.parametrize(
    ("given", "name", "kept"),
    [
        ({"style_layers": "relu1_1=0.5,relu2_1=0.5"}, "style_layers", {"relu1_1": 0.5, "relu2_1": 0.5}),
        ({"style_layers": {"relu1_1": 1.0}}, "style_layers", {"relu1_1": 1.0}),
        ({"style_terms": ["gram", "mean-std"]}, "style_terms", {"gram": 1.0, "mean-std": 1.0}),
        ({"strokes": 0.5}, "strokes", [0.5]),
        ({"strokes": (1, 0.5)}, "strokes", [1.0, 0.5]),
        ({"scales": "1/2=2"}, "scales", {"1/2": 2.0}),
        ({"scales": {"1/2": 2}}, "scales", {"1/2": 2.0}),
        ({"style_mask": "mask.png"}, "style_mask", ["mask.png"]),
        ({"size": None}, "size", None),
    ],
)
def test_every_form_is_accepted(given: RecipeValues, name: str, kept: Any) -> None:
    recipe = RECIPES["pincel"].recipe
    assert getattr(recipe.override(**given), name) == (getattr(recipe, name) if kept is None else kept)


def test_naming_the_values_loads_no_torch() -> None:
    code = "import sys, pincel; pincel.RecipeValues; print(sorted({'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
