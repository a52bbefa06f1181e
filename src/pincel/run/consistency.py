"""Values of a recipe that undo each other, or that change nothing beside the others: changed where needed, and reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from pincel.backbones import BACKBONES
from pincel.backbones.timm import TimmSpec
from pincel.canvas.init import parse_init
from pincel.recipes.schema import Recipe
from pincel.run.sizes import matching_terms
from pincel.translation import Note, Translated
from pincel.translation import gettext_lazy as _

_STARTS_WITH_NOISE = ("noise", "blend")
_IDLE: Mapping[str, tuple[Callable[[Recipe], bool], Translated]] = {
    "noise": (lambda recipe: parse_init(recipe.init).kind not in _STARTS_WITH_NOISE, _("--init {init} has no noise")),
    "noise_level": (lambda recipe: parse_init(recipe.init).kind not in _STARTS_WITH_NOISE, _("--init {init} has no noise")),
    "coarse_content_factor": (lambda recipe: not recipe.scales, _("there are no coarser scales")),
    "detail_transfer": (lambda recipe: not recipe.scales, _("there are no coarser scales")),
    "tolerance": (lambda recipe: not recipe.scales, _("there are no coarser scales")),
    "coarse_terms": (lambda recipe: not recipe.scales, _("there are no coarser scales")),
    "match_content": (
        lambda recipe: not (recipe.scales or parse_init(recipe.init).kind == "file") or not _matches(recipe),
        _("only hypercolumns after the first of --scales are matched"),
    ),
    "style_rotations": (lambda recipe: recipe.style_weight == 0, _("--style-weight is 0")),
    "color_match": (lambda recipe: recipe.color in {"style", "luminance", "hues"}, _("no colors are matched")),
    "color_when": (lambda recipe: recipe.color in {"style", "hues"}, _("--color is {color}")),
    "propagation": (lambda recipe: not recipe.content_mask and not recipe.style_mask, _("there are no masks")),
    "calibration": (lambda recipe: recipe.activations == "raw", _("--activations is raw")),
    "tv": (lambda recipe: recipe.tv_weight == 0, _("--tv-weight is 0")),
    "smooth": (lambda recipe: recipe.tv_weight == 0, _("--tv-weight is 0")),
    "content_layers": (lambda recipe: recipe.content_weight == 0, _("--content-weight is 0")),
    "style_layers": (lambda recipe: recipe.style_weight == 0, _("--style-weight is 0")),
}
"""Value → when it changes nothing, and why."""


def _matches(recipe: Recipe) -> bool:
    """Return whether there are terms that are matched, at any scale."""
    return bool(matching_terms(recipe) or matching_terms(recipe.override(style_terms=recipe.coarse_terms or recipe.style_terms)))


def settle(recipe: Recipe, given: Collection[str]) -> tuple[Recipe, tuple[str, ...]]:
    """Change values of a recipe that the user did not give, where others leave no choice: :func:`settle_start`, :func:`settle_borders`."""
    recipe, notes = settle_start(recipe, given)
    recipe, more = settle_borders(recipe, given)
    return recipe, (*notes, *more)


def settle_borders(recipe: Recipe, given: Collection[str]) -> tuple[Recipe, tuple[str, ...]]:
    """Leave borders to a network of timm, which has its own; arguments and result as of :func:`settle_start`."""
    if recipe.padding == "zero" or "padding" in given or not isinstance(BACKBONES[recipe.backbone], TimmSpec):
        return recipe, ()
    text = _("Borders are as {backbone} has them, not --padding {padding}.")
    return recipe.override(padding="zero"), (Note(text, backbone=recipe.backbone, padding=recipe.padding),)


def settle_start(recipe: Recipe, given: Collection[str]) -> tuple[Recipe, tuple[str, ...]]:
    """Let a run that goes on from a picture begin at full size, where coarser scales would undo what is painted already.

    Args:
        recipe: What is asked for.
        given: Names of the values that the user gave; coarser scales that were asked for stay.

    Returns:
        The recipe, and notes.
    """
    if parse_init(recipe.init).kind != "file" or not recipe.scales:
        return recipe, ()
    if "scales" in given:
        text = _("The start is painted on coarser scales first, which undoes its detail; --scales none goes on from it as it is.")
        return recipe, (Note(text),)
    return recipe.override(scales={}), (Note(_("Goes on from the start at full size, without the coarser scales of the recipe.")),)


def idle_values(recipe: Recipe, given: Collection[str]) -> tuple[str, ...]:
    """Say which of the values a user gave change nothing beside the others."""
    idle = [(name, _IDLE[name][1].fill(init=recipe.init, color=recipe.color)) for name in given if name in _IDLE and _IDLE[name][0](recipe)]
    text = _("--{option} changes nothing: {reason}.")
    return tuple(Note(text, option=name.replace("_", "-"), reason=reason) for name, reason in idle)
