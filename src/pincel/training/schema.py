"""Recipes of train-style: everything that a trained network depends on except images and machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from pincel.errors import OptionError, RecipeError
from pincel.recipes.schema import MOST_STEPS, RecipeModel


class StyleTrainingRecipe(RecipeModel):
    """Everything that a trained network depends on except images and machine. The descriptions are help texts."""

    kind: Literal["one-style", "any-style"] = Field(description="What the network learns: one style, or to paint after any.")
    stages: str = Field(description="The network, in the notation of Johnson et al.: c9s1-32,d64,R128,u32,U2,c9s1-3.")
    padding: Literal["reflect", "reflect-start"] = Field(
        description="The picture mirrored at the border in every layer, or once at the start."
    )
    norm: Literal["instance", "none"] = Field(description="What follows each stage but the last.")
    output: Literal["tanh", "linear"] = Field(description="What follows the last stage.")
    layer: str = Field(default="", description="Of an any-style network, the layer of --backbone that it paints from.")
    transform: Literal["adain", "wct"] = Field(
        default="adain",
        description="How an any-style network gives features the statistics of a style: means and deviations of channels (adain), or what "
        "channels do together, too (wct).",
    )

    objective: dict[str, Any] = Field(
        description="What J is: values of a recipe of 'pincel transfer' that differ from 'gram': networks, layers, formulas, weights."
    )
    content_weight: float = Field(ge=0, allow_inf_nan=False, description="α, weight of the content.")
    style_weight: float = Field(ge=0, allow_inf_nan=False, description="β, weight of the style.")
    tv_weight: float = Field(ge=0, allow_inf_nan=False, description="γ, weight of the total variation.")

    goal: Literal["J", "log J"] = Field(
        description="What is averaged over crops: J, as in the papers, or its logarithm, so that each counts alike, whatever its contrast."
    )

    copies: float = Field(
        ge=0,
        le=0.9,
        description="For an any-style network: share of the crops that it learns to reproduce unchanged, which teaches it colors.",
    )

    lead: float = Field(
        ge=0,
        le=1,
        description="Of an any-style network, the share of the steps, at the beginning, whose crops are all drawn as they are: a network "
        "that can draw learns styles sooner, and such a step takes half the time.",
    )

    crop: int = Field(ge=16, le=2048, description="Side of the square crops that the network learns from, in pixels.")
    side: int = Field(ge=16, le=8192, description="Long side to which pictures are resized before they are cropped.")
    style_side: int = Field(ge=16, le=8192, description="For a one-style network: long side to which the painting is resized.")
    zoom: tuple[Annotated[float, Field(gt=0, le=8)], Annotated[float, Field(gt=0, le=8)]] = Field(
        description="Range of the size that a crop is taken in, 1 for --side: 0.5,1 takes it from pictures up to half as large."
    )
    contrast: float = Field(
        ge=0, le=0.2, description="Standard deviation that the pixels of a crop must have; a flatter one is drawn again, a few times."
    )
    recolor: float = Field(ge=0, le=1, description="Share of the crops whose channels are exchanged, and lights and darks moved.")

    batch: int = Field(ge=1, le=1024, description="Crops in each step.")
    steps: int = Field(ge=1, le=MOST_STEPS, description="Steps of the whole training.")
    learning_rate: float = Field(gt=0, allow_inf_nan=False, description="Learning rate of Adam.")
    warming: int = Field(ge=0, le=MOST_STEPS, description="Steps at the beginning over which the learning rate rises.")
    decay: float = Field(ge=0, allow_inf_nan=False, description="Decay of the learning rate: at step t it is divided by 1 + decay·t.")
    cooling: float = Field(ge=0, le=1, description="Share of the steps, at the end, over which the learning rate falls to 0.")
    seed: int = Field(ge=0, lt=2**63, description="Number of everything random: first weights and crops.")

    def override(self, **changes: Any) -> StyleTrainingRecipe:
        """Return a copy with some values changed, checked; raises OptionError."""
        values = {name: value for name, value in changes.items() if value is not None}
        if isinstance(values.get("zoom"), str):
            values["zoom"] = tuple(part.strip() for part in values["zoom"].split(","))
        return self.make({**self.model_dump(), **values})

    @classmethod
    def make(cls, values: Mapping[str, Any], *, error: type[OptionError | RecipeError] = OptionError) -> Self:
        """Return the recipe of these values; raises the error given, in one line, also for values that do not go together."""
        recipe = super().make(values, error=error)
        if recipe.zoom[0] > recipe.zoom[1]:
            raise error(f"cannot be {recipe.zoom[0]:g},{recipe.zoom[1]:g}: give the smaller size first.", about="zoom")
        return recipe
