"""Recipes of training: everything a network depends on except images and machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from pincel.errors import OptionError, RecipeError
from pincel.recipes.schema import RecipeModel

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Middle = Literal["conv3", "conv4"]
Biased = Literal["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]


class TrainingRecipe(RecipeModel):
    """How a network is trained. :meth:`override` returns a changed copy. Descriptions are the help texts of the command line."""

    side: int = Field(ge=8, le=4096, description="Short side to which pictures are resized; their central square is kept.")
    crop: int = Field(ge=8, le=4096, description="Side of the crops that are taken from the square of --side.")
    views: Literal["random", "center"] = Field(
        description="Crops in training: at random places and half of them mirrored (random), or always the center (center)."
    )
    color_noise: float = Field(
        ge=0, le=10, allow_inf_nan=False, description="σ of the noise along the principal components of color; 0 = none."
    )
    held_out: float = Field(
        gt=0, le=0.5, allow_inf_nan=False, description="Share of each class that is held out where DATA has no val/ of its own."
    )

    channels: tuple[Annotated[int, Field(ge=2, le=4096)], ...] = Field(
        min_length=5, max_length=5, description="Filters of the five convolutions, as 96,256,384,384,256."
    )
    first: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field(
        min_length=2, max_length=2, description="Width of the first filters, and their stride, as 11,4."
    )
    wide: int = Field(ge=1, le=65536, description="Units of the two hidden fully connected layers.")
    groups: Literal[1, 2] = Field(description="Groups of conv2, conv4 and conv5: 2 as on two GPUs, or 1.")
    activation: Literal["relu", "tanh"] = Field(description="Activation function after each layer but the last.")
    response: Literal["local", "none"] = Field(
        description="Normalization of conv1 and conv2 across channels: local, as in the paper, or none."
    )
    pooling: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(
        min_length=2, max_length=2, description="Width and stride of pooling layers: 3,2 overlaps, 2,2 does not."
    )
    without: tuple[Middle, ...] = Field(description="Convolutions left out: conv3, conv4.")

    divisor: Positive = Field(description="Number by which pixels (0-255, less the mean picture) are divided.")
    init: Literal["normal", "fan-in"] = Field(
        description="Spread of the first weights: --init-std everywhere, or √(gain/inputs), gain 2 before a ReLU and 1 before tanh."
    )
    init_std: Positive = Field(description="Standard deviation of the first weights.")
    ones: tuple[Biased, ...] = Field(description="Layers whose biases begin at 1; biases of the others begin at 0.")

    batch: int = Field(ge=1, le=65536, description="Pictures in each step.")
    epochs: int = Field(ge=1, le=100000, description="Passes over all pictures, at most.")
    learning_rate: Positive = Field(description="ε, the first learning rate.")
    momentum: Share = Field(description="Momentum: share of its velocity that a weight keeps.")
    decay: float = Field(ge=0, le=1, allow_inf_nan=False, description="Weight decay: v ← momentum·v - decay·ε·w - ε·∂L/∂w.")
    dropout: Share = Field(description="Probability of dropout of each unit of fc6 and fc7.")
    patience: int = Field(ge=1, le=100000, description="Epochs without a better validation error before the learning rate is divided.")
    drops: int = Field(ge=0, le=20, description="How often the learning rate is divided; when the error stalls after that, training ends.")
    drop_factor: float = Field(gt=1, le=1e6, allow_inf_nan=False, description="Number by which the learning rate is divided.")
    seed: int = Field(ge=0, lt=2**63, description="Number of everything random; the same one, on the same machine, gives the same network.")

    def override(self, **changes: Any) -> TrainingRecipe:
        """Return a copy with some values changed, checked; those that are None are left as they are. Lists may be text, ``"3,2"``.

        Raises:
            OptionError: For a key that is no value of such a recipe (with the closest match) or a value that is not accepted.
        """
        values = {key: _read(key, value) for key, value in changes.items() if value is not None}
        return self.make({**self.model_dump(), **values})

    @classmethod
    def make(cls, values: Mapping[str, Any], *, error: type[OptionError | RecipeError] = OptionError) -> Self:
        """Return the recipe of these values; raises the error given, in one line, also for values that do not go together."""
        recipe = super().make(values, error=error)
        if recipe.crop > recipe.side:
            raise error(f"{recipe.crop} is more than --side {recipe.side}: crops are cut out of squares of that side.", about="crop")
        if recipe.groups == 2 and (odd := [each for each in recipe.channels if each % 2]):
            raise error(f"{odd[0]} cannot be divided into two groups: give even numbers, or --groups 1.", about="channels")
        return recipe


def _read(key: str, value: Any) -> Any:
    """Read a list or a choice of numbers that is given as text; ``none`` is an empty list."""
    if not isinstance(value, str):
        return value
    if key == "groups" and value.isdecimal():
        return int(value)
    if key not in ("channels", "first", "pooling", "without", "ones"):
        return value
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    return () if parts == ("none",) else parts
