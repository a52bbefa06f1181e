"""A recipe read, settled and checked by name, before anything slow happens."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from pincel.backbones import BACKBONES
from pincel.backbones.specs import ModelSpec
from pincel.canvas.init import parse_init
from pincel.errors import OptionError
from pincel.feedforward.file import find_stylizer, load_spec
from pincel.losses import CONTENT_TERMS, STYLE_TERMS
from pincel.optim.base import make_optimizer
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from pincel.run.consistency import idle_values, settle
from pincel.run.sizes import active_layers


def resolve_recipe(recipe: str | PathLike[str] | Recipe, values: Mapping[str, Any]) -> Recipe:
    """Return the recipe named, with some values changed."""
    base = recipe if isinstance(recipe, Recipe) else RECIPES.find(str(recipe)).recipe
    return base.override(**values)


def prepare_recipe(recipe: str | PathLike[str] | Recipe, values: Mapping[str, Any]) -> tuple[Recipe, list[str]]:
    """Return the recipe of a run, checked, and notes on values that were changed or that change nothing.

    Raises:
        PincelError: As :func:`resolve_recipe` and :func:`check_recipe`.
    """
    settled, notes = settle(resolve_recipe(recipe, values), values)
    check_recipe(settled)
    return settled, [*notes, *idle_values(settled, values)]


def check_recipe(recipe: Recipe) -> ModelSpec:
    """Check every name in a recipe, before anything slow happens.

    Returns:
        The spec of its backbone.

    Raises:
        UnknownNameError: For a backbone, layer, optimizer or option that does not exist, with the closest match.
        OptionError: If all weights are zero, or a value is out of its optimizer's range.
    """
    spec = BACKBONES[recipe.backbone]
    for what, layers in (("content layer", recipe.content_layers), ("style layer", recipe.style_layers)):
        for name in layers:
            spec.layer(name, what)
    for name in recipe.content_terms:
        CONTENT_TERMS.check(name)
    for name in (*recipe.style_terms, *recipe.coarse_terms):
        STYLE_TERMS.check(name)
    _check_network(recipe, spec)
    _check_style_terms(recipe)
    make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.optimizer_options)
    start = parse_init(recipe.init)
    if start.kind == "feedforward":
        load_spec(find_stylizer(start.path))
    content, style = active_layers(recipe)
    gamma = recipe.weights[2]
    if recipe.scales and content and recipe.coarse_content_factor == 0 and not (style or gamma > 0):
        raise OptionError(
            "Coarse scales would have nothing to paint towards: with neither style nor total variation, give --coarse-content-factor "
            "a number above 0, or --scales none."
        )
    if not (content or style or gamma > 0):
        raise OptionError(
            "All weights are zero, so there is nothing to paint towards: give --content-weight, --style-weight or --tv-weight "
            "a number above 0, with at least one layer whose weight is above 0."
        )
    return spec


def _check_style_terms(recipe: Recipe) -> None:
    """Raise OptionError for a style term that does not work with the masks or the style layers."""
    layers = active_layers(recipe)[1]
    coarse = recipe.coarse_terms if recipe.scales else {}
    for name in dict.fromkeys(name for name, weight in (*recipe.style_terms.items(), *coarse.items()) if weight > 0):
        term = STYLE_TERMS[name]
        if not term.regions and (recipe.content_mask or recipe.style_mask):
            raise OptionError(f"The style term {name} knows no regions; leave it or the masks out.")
        if 0 < len(layers) < term.min_layers:
            raise OptionError(f"The style term {name} compares layers with each other; give at least {term.min_layers} --style-layers.")


def _check_network(recipe: Recipe, spec: ModelSpec) -> None:
    """Raise OptionError for what a network cannot be asked for."""
    if spec.filters and recipe.activations == "normalized":
        raise OptionError(f"Nobody trained the filters of {spec.name}, so there is nothing to normalize: give --activations raw.")
    if not spec.rescalable and recipe.activations == "normalized":
        raise OptionError(
            f"The network {spec.name} is more than convolutions, ReLUs and poolings, so scaling its filters would make another one of it: "
            "give --activations raw."
        )
    connected = [name for name in active_layers(recipe)[1] if any(layer.kind == "fc" for layer in spec.up_to((name,)))]
    if connected and (recipe.content_mask or recipe.style_mask):
        raise OptionError(f"The layer {connected[0]} sees a picture as a whole and knows no regions; leave it or the masks out.")
