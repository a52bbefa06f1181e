"""A run refused at once if it could not begin: values by the recipe schema, names by their tables. Loads no torch.

What can only be known with the pictures at hand, the run's own process says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from pincel.backbones import CARDS
from pincel.errors import OptionError, PincelError, closest, unknown_name
from pincel.losses import CONTENT_TERMS, STYLE_TERMS
from pincel.optim import OPTIMIZERS
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.studio.troubles import ApiError

STARTS = ("content", "noise", "style", "blend")
# Values that are pairs, and may be given as text, too.
PAIRS = ("content_layers", "style_layers", "content_terms", "style_terms", "scales", "optimizer_options")
MASKS = {"content_mask": "content_mask", "style_mask": "style_masks"}
# More are a mistake: a day and a night of painting, a picture no memory holds.
MOST = {"steps": 1_000_000, "size": 65_536}


def check_settings(name: str, settings: Mapping[str, JsonValue]) -> tuple[Recipe, dict[str, JsonValue]]:
    """Put a recipe and what shall differ together.

    Args:
        name: Of the recipe; a file is not asked for.
        settings: Value of the recipe → what it shall be; none for the recipe's own.

    Returns:
        The recipe that comes out, and the settings that count.

    Raises:
        ApiError: For a name or value that is not accepted, with the message of the command line and the setting it is about.
    """
    if name not in RECIPES:
        raise ApiError(422, str(unknown_name("recipe", name, RECIPES)), "recipe")
    base = RECIPES[name].recipe
    given = {key: value for key, value in settings.items() if value is not None and value != ""}
    values = {key: _shaped(key, value) for key, value in given.items()}
    # A value can be wrong by itself: then it is known which.
    network = {key: values[key] for key in ("backbone",) if key in values}
    for key, value in values.items():
        try:
            _names(base.override(**{**network, key: value}), key)
        except PincelError as error:
            raise ApiError(422, str(error), key) from None
    try:
        recipe = base.override(**values)
        _names(recipe, None)
    except PincelError as error:
        raise ApiError(422, str(error)) from None
    return recipe, values


def _shaped(key: str, value: JsonValue) -> JsonValue:
    """Make sure that a value is of a kind that can be looked at; raises ApiError."""
    if key in NAMES or key not in Recipe.model_fields:
        fields = [field for field in Recipe.model_fields if field not in NAMES]
        raise ApiError(422, f"Unknown recipe value '{key}'.{closest(key, fields)}", key)
    if key in MASKS:
        raise ApiError(422, f"'{key}' is not given by name here: upload the mask as a picture and give its id as {MASKS[key]}.", key)
    if key in ("calibration", "backbone", "init"):
        _own(key, value)
    if Recipe.model_fields[key].annotation is bool:
        return _switch(key, value)
    if key == "optimizer_options" and isinstance(value, str):
        value = _options(value)
    if key != "scales" and any(names_file(text) for text in _texts(value)):
        raise ApiError(422, f"'{key}' cannot be {_short(value)}: no file is named here, and nothing else has such signs in it.", key)
    simple = isinstance(value, str | int | float) and not isinstance(value, bool)
    listed = isinstance(value, list) and all(isinstance(each, str | int | float) for each in value) and key in (*PAIRS, "style_scale")
    paired = isinstance(value, dict) and all(isinstance(each, str | int | float) for each in value.values()) and key in PAIRS
    if not (simple or listed or paired) or (simple and key in PAIRS and not isinstance(value, str)):
        raise ApiError(422, f"'{key}' cannot be {_short(value)}: it should be a number, a text{_or_more(key)}.", key)
    if isinstance(value, list) and key in PAIRS and not all(isinstance(each, str) for each in value):
        raise ApiError(422, f"'{key}' cannot be {_short(value)}: it should be a list of names.", key)
    if key in MOST and isinstance(value, int | float) and not value <= MOST[key]:
        raise ApiError(422, f"'{key}' cannot be {_short(value)}: it should be less than or equal to {MOST[key]} here.", key)
    return value


def _switch(key: str, value: JsonValue) -> bool:
    """Read ``true`` or ``false``, as text too; raises ApiError."""
    words = {"true": True, "false": False}
    found = words.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ApiError(422, f"'{key}' cannot be {_short(value)}: it should be true or false.", key)
    return found


def names_file(text: str) -> bool:
    """Tell whether a text could lead to a file of this machine, or to another machine."""
    return not text.isprintable() or bool(set(text) & set("/\\~")) or ".." in text


def _texts(value: JsonValue) -> Iterator[str]:
    """Yield every text in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield from value
        yield from _texts(list(value.values()))


def _own(key: str, value: JsonValue) -> None:
    """Refuse what would name a file of this machine; raises ApiError."""
    if key == "calibration" and value != "samples":
        raise ApiError(422, "'calibration' can only be 'samples' here: a folder is named on the command line.", key)
    if key == "backbone" and value not in list(CARDS):
        raise ApiError(422, str(unknown_name("backbone", str(value), CARDS)), key)
    if key == "init":
        kind, _, share = str(value).partition("=")
        if kind not in STARTS or (share and kind != "blend"):
            known = "content, noise, style, blend[=0.6]"
            raise ApiError(422, f"Unknown init '{value}' (known here: {known}).{closest(str(value), STARTS)}", key)
        if kind == "blend" and share and not _is_share(share):
            raise ApiError(422, f"The share of noise in init '{value}' must be a number from 0 to 1, such as blend=0.6.", key)


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _options(text: str) -> dict[str, JsonValue]:
    """Read ``history=20,max_step=1``; raises ApiError."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(sign for _, sign, _ in pairs):
        raise ApiError(422, f"optimizer_options take KEY=VALUE, such as history=20, not '{text}'.", "optimizer_options")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _names(recipe: Recipe, only: str | None) -> None:
    """Check names against their tables; ``only`` those of one value, or all. Raises PincelError."""
    card = CARDS[recipe.backbone]
    for key, what in (("content_layers", "content layer"), ("style_layers", "style layer")):
        for name in getattr(recipe, key) if only in (key, None) else ():
            card.layer(name, what)
    for key, known in (("content_terms", CONTENT_TERMS.check), ("style_terms", STYLE_TERMS.check)):
        for name in getattr(recipe, key) if only in (key, None) else ():
            known(name)
    if only in ("optimizer", None):
        OPTIMIZERS.check(recipe.optimizer)
    if only is None and not any(recipe.weights):
        raise OptionError("All weights are zero, so there is nothing to paint towards: give one of them a number above 0.")


def _short(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _or_more(key: str) -> str:
    if key in PAIRS:
        return ", or names with numbers"
    return ", or a list of numbers" if key == "style_scale" else ""
