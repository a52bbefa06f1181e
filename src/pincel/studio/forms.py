"""Form of all settings, made from the recipe schema."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import JsonValue

from pincel.recipes import RECIPES
from pincel.recipes.schema import GROUPS, NAMES, Recipe, help_of
from pincel.studio.checks import MASKS, STARTS
from pincel.studio.commands import format_value
from pincel.studio.models import Form, Group, RecipeView, Setting
from pincel.translation import Language, Translated

DEFAULT = "pincel"
LAYERS = ("content_layers", "style_layers", "content_terms", "style_terms", "coarse_terms")
# Name on the command line, where it is given once for each.
_RENAMED = {"optimizer_option": "optimizer_options"}
# Other parts of a request, or values that would name a file of this machine.
_ELSEWHERE = ("recipe", "calibration")


def form(language: Language) -> Form:
    """Describe everything that can be chosen for a run."""

    def text(message: str) -> str:
        return Translated(message).text(language)

    groups = [Group(title=text(title), settings=[_setting(name, language) for name in _shown(names)]) for title, names in GROUPS.items()]
    recipes = (RECIPES[name].recipe for name in RECIPES)
    views = [RecipeView(name=r.name, summary=text(r.summary), good_for=text(r.good_for), values=values_of(r)) for r in recipes]
    return Form(groups=groups, recipes=views, default_recipe=DEFAULT)


def values_of(recipe: Recipe) -> dict[str, JsonValue]:
    """Return the values of a recipe, lists and pairs as the command line takes them."""
    values = recipe.model_dump(mode="json", exclude=set(NAMES))
    return {key: format_value(value) if isinstance(value, dict | list) else value for key, value in values.items()}


def _shown(names: list[str]) -> list[str]:
    return [_RENAMED.get(name, name) for name in names if name not in _ELSEWHERE]


def _setting(name: str, language: Language) -> Setting:
    field = Recipe.model_fields[name]
    bounds: dict[str, Any] = {}
    for part in _metadata(field.annotation, list(field.metadata)):
        for key, where in (("ge", "minimum"), ("gt", "minimum"), ("le", "maximum"), ("lt", "maximum")):
            if (bound := getattr(part, key, None)) is not None:
                bounds[where] = float(bound)
                bounds |= {"above": True} if key == "gt" else {}
    kind = _kind(name, field.annotation)
    return Setting(
        name=name,
        kind=kind,
        help=help_of(name, language),
        default=values_of(RECIPES[DEFAULT].recipe)[name],
        choices=_choices(field.annotation) if kind == "choice" else None,
        suggestions=list(STARTS) if name == "init" else None,
        **(bounds if kind in ("number", "integer") else {}),
    )


def _choices(annotation: Any) -> list[str]:
    """Return the words a value can be; empty if it can be others."""
    if annotation is bool:
        return ["false", "true"]
    return [str(choice) for choice in get_args(annotation)] if get_origin(annotation) is Literal else []


def _metadata(annotation: Any, found: list[Any]) -> list[Any]:
    """Collect the bounds of a value, also of an ``Annotated`` or optional type."""
    for inner in get_args(annotation):
        found += [*getattr(inner, "metadata", []), *getattr(inner, "__metadata__", [])]
    return [inner for part in found for inner in (part, *getattr(part, "metadata", []))]


def _kind(name: str, annotation: Any) -> Literal["number", "integer", "choice", "text", "layers", "file"]:
    if name in MASKS:
        return "file"
    if name in LAYERS:
        return "layers"
    if _choices(annotation):
        return "choice"
    types = (annotation, *get_args(annotation))
    if name in ("scales", "strokes", "optimizer_options"):
        return "text"
    return "integer" if int in types else "number" if float in types else "text"
