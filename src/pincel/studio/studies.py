"""The studies that can be started here: what each takes, in the words of the command line (a test holds them to that)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from pincel.errors import closest, unknown_name
from pincel.studio.checks import names_file
from pincel.studio.models import Role, StudyOption, StudyView, Takes
from pincel.studio.troubles import ApiError

PHOTOGRAPH = Role(name="photograph", help="The picture that is looked at.")
CONTENT = Role(name="content", help="The photograph.")
STYLE = Role(name="style", help="The painting.")


def _text(name: str, text: str, default: JsonValue = None) -> StudyOption:
    return StudyOption(name=name, kind="text", help=text, default=default)


def _integer(name: str, text: str, default: JsonValue = None, minimum: float | None = None) -> StudyOption:
    return StudyOption(name=name, kind="integer", help=text, default=default, minimum=minimum)


def _choice(name: str, text: str, default: str, *choices: str) -> StudyOption:
    return StudyOption(name=name, kind="choice", help=text, default=default, choices=list(choices))


def _common(size: int, steps: int | None) -> list[StudyOption]:
    """Return the options every study has."""
    shown = [] if steps is None else [_integer("steps", "Steps of the optimizer.", steps, 1)]
    return [
        _choice("lang", "Language of page and figures.", "en", "en", "es"),
        _integer("size", "Long side of the pictures in pixels.", size, 1),
        *shown,
        _integer("seed", "Of whatever is drawn at random.", 0, 0),
    ]


def _study(name: str, summary: str, roles: Sequence[Role], own: Sequence[StudyOption], *, size: int, steps: int | None = None) -> StudyView:
    return StudyView(name=name, summary=summary, takes=Takes(pictures=list(roles)), options=[*own, *_common(size, steps)])


def _several(role: Role) -> Role:
    return role.model_copy(update={"many": True})


def _left_out(role: Role) -> Role:
    return role.model_copy(update={"optional": True})


_MANY = Role(name="pictures", help="One picture, two, or more.", many=True)
_RECIPE = "How each is painted."

STUDIES: Mapping[str, StudyView] = {
    study.name: study
    for study in (
        _study(
            "convolution",
            "A convolution step by step on a small crop: input, kernel, sum, bias, ReLU.",
            [_left_out(PHOTOGRAPH)],
            [
                _integer("filter", "Channel of the first layer, from 0.", None, 0),
                _text("at", "Centre, in pixels of the resized picture."),
                _integer("crop", "Side of the crop shown in numbers, up to 14.", None, 1),
                _text("kernel", "sobel-vertical, sobel-horizontal, blur, sharpen or laplacian, on the picture in grey."),
            ],
            size=224,
        ),
        _study(
            "filters",
            "The filters of the first layer in colour, and what they answer to.",
            [_left_out(PHOTOGRAPH)],
            [_text("layer", "A convolution."), _integer("channels", "Filters shown.", None, 1)],
            size=224,
        ),
        _study(
            "activations",
            "Feature maps of layers: ever smaller, ever more of them.",
            [PHOTOGRAPH],
            [_text("layers", "Layers whose maps are shown."), _integer("channels", "Maps shown of each, the most active first.", 64, 1)],
            size=224,
        ),
        _study(
            "maximise",
            "Pictures that a channel likes better than any photograph.",
            [],
            [
                _text("layer", "Of the channels."),
                _text("channels", "How many, the most selective ones; or which: 0,5,17; or one: 5,", "6"),
                _text("objective", "What is to grow: channel (mean), neuron (middle) or direction.", "channel"),
                _text("parameterisation", "How pictures are written: fourier, pixels or both.", "fourier"),
                _text("robust", "What they bear at each step: all, jitter or none.", "all"),
            ],
            size=128,
            steps=64,
        ),
        _study(
            "correlations",
            "Which filters go together: Gram matrices, of one picture or of many paintings.",
            [_MANY],
            [_text("layers", "Layers looked at."), _integer("channels", "Channels of a layer in a heat map: the strongest.", 64, 1)],
            size=224,
        ),
        _study(
            "reconstruct",
            "Content and style rebuilt layer by layer (figure 1 of Gatys et al.).",
            [CONTENT, STYLE],
            [
                _text("set", "Content layers: 2015 (relu1_1 … 5_1) or cvpr2016 (relu1_2 … 5_2).", "2015"),
                _choice("pooling", "As in the paper (avg) or as trained (max).", "avg", "avg", "max"),
            ],
            size=160,
            steps=70,
        ),
        _study(
            "grid",
            "Style layers against α/β (figure 3 of Gatys et al.).",
            [CONTENT, STYLE],
            [_text("ratios", "Columns."), _text("recipe", _RECIPE, "gatys2015-fast")],
            size=112,
            steps=50,
        ),
        _study(
            "pooling",
            "Average against maximum pooling: does the gradient flow better?",
            [CONTENT, STYLE],
            [_integer("repeats", "Seeds to paint from, with either pooling.", 3, 1), _text("recipe", _RECIPE, "gatys2015")],
            size=160,
            steps=60,
        ),
        _study(
            "separability",
            "Is content independent of style? One exchanged, the other held.",
            [CONTENT, STYLE],
            [_text("recipe", _RECIPE, "gatys2015-fast")],
            size=160,
            steps=40,
        ),
        _study(
            "depth",
            "Are the finest pictures those with content from high layers?",
            [CONTENT, STYLE],
            [
                _text("layers", "Content layers, a picture each."),
                StudyOption(name="ratio", kind="number", help="Weight of the content against that of the style.", default=0.3, minimum=0),
                _text("recipe", _RECIPE, "gatys2015-fast"),
            ],
            size=192,
            steps=40,
        ),
        _study(
            "inversion",
            "Photographs rebuilt from layers, HOG and SIFT: what does a code know?",
            [_several(PHOTOGRAPH)],
            [
                _text("representations", "With commas: NETWORK:LAYER, a layer of --backbone, hog, hogb, dsift; * and ? for several."),
                _text("lambdas", "Weights of the total variation: the larger, the smoother."),
                _text("recipe", "mahendran2015, mahendran2016 or plain.", "mahendran2015"),
                _text("experiments", "Which, with commas."),
                _integer("repeats", "Starts of the experiment on invariance.", 3, 1),
            ],
            size=80,
            steps=80,
        ),
        _study(
            "natural",
            "What a layer sees, exaggerated; pictures for a channel, kept natural.",
            [PHOTOGRAPH],
            [
                _text("layers", "Which are looked at."),
                _text("channels", "Of each layer: how many, those PHOTOGRAPH excites most; or which: 3,17; or one: 3,", "4"),
                StudyOption(
                    name="weight",
                    kind="number",
                    help="Of caricatures against what smoothes them; the paper has 1.",
                    default=20.0,
                    minimum=0,
                ),
            ],
            size=96,
            steps=32,
        ),
        _study(
            "compare",
            "Two pictures, every term layer by layer, one over the other.",
            [Role(name="first", help="One picture."), Role(name="second", help="The other.")],
            [_text("layers", "Layers looked at.")],
            size=384,
        ),
    )
}
# Values of these could be files of this machine; only recipes of the package are asked for.
RECIPE_OPTION = "recipe"
_LONGEST = 300


def check_study(name: str, pictures: Sequence[str], options: Mapping[str, JsonValue], recipes: Sequence[str]) -> list[tuple[str, str]]:
    """Make sure that a study can be asked for so.

    Args:
        name: Of the study.
        pictures: As it shall look at them.
        options: Name → value; none for its own.
        recipes: Names of those there are.

    Returns:
        The options as the command line takes them.

    Raises:
        ApiError: For a name, a number of pictures or a value that is not accepted.
    """
    if name not in STUDIES:
        raise ApiError(422, str(unknown_name("study", name, STUDIES)), "study")
    study = STUDIES[name]
    roles = study.takes.pictures
    least = sum(not role.optional for role in roles)
    if not least <= len(pictures) <= len(roles) and not (roles and roles[-1].many and len(pictures) >= least):
        told = ", ".join(role.name + (" …" if role.many else "") for role in roles) or "none"
        raise ApiError(422, f"The study {name} takes {told}, not {len(pictures)} pictures.", "pictures")
    known = {option.name: option for option in study.options}
    for key in options:
        if key not in known:
            raise ApiError(422, f"The study {name} has no option '{key}' (it has {', '.join(known)}).{closest(key, known)}", key)
    given = [(key, _value(known[key], value)) for key, value in options.items() if value not in (None, "")]
    for key, text in given:
        if key == RECIPE_OPTION and text not in recipes:
            raise ApiError(422, str(unknown_name("recipe", text, recipes)), key)
    return given


def _value(option: StudyOption, value: JsonValue) -> str:
    """Return a value as the command line takes it; raises ApiError."""
    accepted: dict[str, Any] = {"integer": int, "number": int | float, "text": str | int | float, "choice": str}
    right = isinstance(value, accepted[option.kind]) and not isinstance(value, bool)
    if right and isinstance(value, int | float):
        low, high = option.minimum, option.maximum
        right = (low is None or value >= low) and (high is None or value <= high) and abs(value) < 1e9
    if right and isinstance(value, str):
        right = len(value) <= _LONGEST and not names_file(value) and (option.choices is None or value in option.choices)
    if not right:
        wanted = f"one of {', '.join(option.choices)}" if option.choices else f"{option.kind}{_bounds(option)}"
        raise ApiError(422, f"'{option.name}' cannot be {repr(value)[:60]}: it should be {wanted}.", option.name)
    return str(value)


def _bounds(option: StudyOption) -> str:
    return f" of {option.minimum:g} or more" if option.minimum is not None else ""
