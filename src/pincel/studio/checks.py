"""Settings checked before a run is queued: values by the recipe schema, names by their tables. Loads no torch.

What depends on the pictures is checked by the run's own process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from pincel.backbones import BACKBONES
from pincel.errors import OptionError, PincelError, closest, unknown_name
from pincel.losses import CONTENT_TERMS, STYLE_TERMS
from pincel.optim import OPTIMIZERS
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.studio.errors import ApiError

STARTS = ("content", "noise", "style", "blend")
# Values that are pairs, or text.
PAIRS = ("content_layers", "style_layers", "content_terms", "style_terms", "coarse_terms", "scales", "optimizer_options")
MASKS = {"content_mask": "content_mask", "style_mask": "style_masks"}
# More is a mistake: a run of a day and a night, a picture that fits into no memory.
MOST = {"steps": 1_000_000, "size": 65_536}


def check_settings(name: str, settings: Mapping[str, JsonValue]) -> tuple[Recipe, dict[str, JsonValue]]:
    """Combine a recipe with settings.

    Args:
        name: Name of a recipe, not a file.
        settings: Field of the recipe → value; None or empty text for the recipe's own.

    Returns:
        The recipe with these values, and the settings without empty ones.

    Raises:
        ApiError: For a name or value that is not accepted, with the message of the command line and the setting that is wrong.
    """
    if name not in RECIPES:
        raise ApiError(422, str(unknown_name("recipe", name, RECIPES)), "recipe")
    base = RECIPES[name].recipe
    values = {key: _check_type(key, value) for key, value in settings.items() if value is not None and value != ""}
    # Each value by itself first, which tells the setting that is wrong.
    network = {key: values[key] for key in ("backbone",) if key in values}
    for key, value in values.items():
        try:
            _check_names(base.override(**{**network, key: value}), key)
        except PincelError as error:
            raise ApiError(422, str(error), key) from None
    try:
        recipe = base.override(**values)
        _check_names(recipe, None)
    except PincelError as error:
        raise ApiError(422, str(error)) from None
    return recipe, values


def _check_type(key: str, value: JsonValue) -> JsonValue:
    """Return a value of an accepted type; raises ApiError."""
    if key in NAMES or key not in Recipe.model_fields:
        fields = [field for field in Recipe.model_fields if field not in NAMES]
        raise ApiError(422, f"Unknown recipe value '{key}'.{closest(key, fields)}", key)
    if key in MASKS:
        raise ApiError(422, f"'{key}' is not given by name here: upload the mask as a picture and give its id as {MASKS[key]}.", key)
    if key in ("calibration", "backbone", "init"):
        _check_local(key, value)
    if Recipe.model_fields[key].annotation is bool:
        return _parse_bool(key, value)
    if key == "optimizer_options" and isinstance(value, str):
        value = _parse_options(value)
    if key != "scales" and any(names_file(text) for text in _texts(value)):
        raise _wrong(key, value, "no file is named here, and nothing else has such signs in it")
    simple = isinstance(value, str | int | float) and not isinstance(value, bool)
    listed = isinstance(value, list) and all(isinstance(each, str | int | float) for each in value) and key in (*PAIRS, "strokes")
    paired = isinstance(value, dict) and all(isinstance(each, str | int | float) for each in value.values()) and key in PAIRS
    if not (simple or listed or paired) or (simple and key in PAIRS and not isinstance(value, str)):
        more = ", or names with numbers" if key in PAIRS else ", or a list of numbers" if key == "strokes" else ""
        raise _wrong(key, value, f"it should be a number, a text{more}")
    if isinstance(value, list) and key in PAIRS and not all(isinstance(each, str) for each in value):
        raise _wrong(key, value, "it should be a list of names")
    if key in MOST and isinstance(value, int | float) and not value <= MOST[key]:
        raise _wrong(key, value, f"it should be less than or equal to {MOST[key]} here")
    return value


def _parse_bool(key: str, value: JsonValue) -> bool:
    """Read true or false, as text too; raises ApiError."""
    parsed = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
    if not isinstance(parsed, bool):
        raise _wrong(key, value, "it should be true or false")
    return parsed


def _wrong(key: str, value: JsonValue, why: str) -> ApiError:
    text = repr(value)
    return ApiError(422, f"'{key}' cannot be {text if len(text) <= 60 else f'{text[:57]}…'}: {why}.", key)


def names_file(text: str) -> bool:
    """Return whether a text could name a file of this machine, or another machine."""
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


def _check_local(key: str, value: JsonValue) -> None:
    """Refuse values that name a file of this machine; raises ApiError."""
    if key == "calibration" and value != "samples":
        raise ApiError(422, "'calibration' can only be 'samples' here: a folder is named on the command line.", key)
    if key == "backbone" and value not in list(BACKBONES):
        raise ApiError(422, str(unknown_name("backbone", str(value), BACKBONES)), key)
    if key == "init":
        kind, _, noise = str(value).partition("=")
        if kind not in STARTS or (noise and kind != "blend"):
            known = "content, noise, style, blend[=0.6]"
            raise ApiError(422, f"Unknown init '{value}' (known here: {known}).{closest(str(value), STARTS)}", key)
        if noise and not _is_fraction(noise):
            raise ApiError(422, f"The fraction of noise in init '{value}' must be a number from 0 to 1, such as blend=0.6.", key)


def _is_fraction(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _parse_options(text: str) -> dict[str, JsonValue]:
    """Read ``history=20,max_step=1``; raises ApiError."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(sign for _, sign, _ in pairs):
        raise ApiError(422, f"optimizer_options take KEY=VALUE, such as history=20, not '{text}'.", "optimizer_options")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _check_names(recipe: Recipe, only: str | None) -> None:
    """Check layers, terms and the optimizer by their tables; ``only`` those of one setting. Raises PincelError."""
    spec = BACKBONES[recipe.backbone]
    for key, what in (("content_layers", "content layer"), ("style_layers", "style layer")):
        for name in getattr(recipe, key) if only in (key, None) else ():
            spec.layer(name, what)
    for key, known in (("content_terms", CONTENT_TERMS.check), ("style_terms", STYLE_TERMS.check), ("coarse_terms", STYLE_TERMS.check)):
        for name in getattr(recipe, key) if only in (key, None) else ():
            known(name)
    if only in ("optimizer", None):
        OPTIMIZERS.check(recipe.optimizer)
    if only is None and not any(recipe.weights):
        raise OptionError("All weights are zero, so there is nothing to paint towards: give one of them a number above 0.")
