"""What a recipe of training is: everything a network depends on but its pictures and the machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pincel.errors import OptionError
from pincel.recipes.schema import one_line_of

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Middle = Literal["conv3", "conv4"]
Biased = Literal["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]
# What the user cannot set by an option of its own.
NAMES = ("name", "summary")


class TrainingRecipe(BaseModel):
    """How a network is trained. Frozen: :meth:`override` returns a changed copy. Descriptions are the help texts of the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="custom", description="What the recipe is called.")
    summary: str = Field(default="", description="One line about it.")

    side: int = Field(ge=8, le=4096, description="Shorter side that pictures are brought to; their central square is kept.")
    crop: int = Field(ge=8, le=4096, description="Side of what the network sees of that square.")
    views: Literal["random", "centre"] = Field(
        description="What it sees in training: crops anywhere, half of them mirrored; or the centre, always the same."
    )
    colour_noise: float = Field(
        ge=0, le=10, allow_inf_nan=False, description="σ of the noise along the principal components of colour; 0 = none."
    )
    held_out: float = Field(
        gt=0, le=0.5, allow_inf_nan=False, description="Share of each class that is held out where DATA has no val/ of its own."
    )

    channels: tuple[Annotated[int, Field(ge=2, le=4096)], ...] = Field(
        min_length=5, max_length=5, description="Filters of the five convolutions, as 96,256,384,384,256."
    )
    first: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field(
        min_length=2, max_length=2, description="Width of the first filters, and pixels between two of their places, as 11,4."
    )
    wide: int = Field(ge=1, le=65536, description="Units of the two hidden fully connected layers.")
    groups: Literal[1, 2] = Field(description="Groups of conv2, conv4 and conv5: 2 as on two GPUs, or 1.")
    activation: Literal["relu", "tanh"] = Field(description="What follows each layer but the last.")
    response: Literal["local", "none"] = Field(description="Whether conv1 and conv2 are normalised across channels.")
    pooling: tuple[Annotated[int, Field(ge=2, le=8)], ...] = Field(
        min_length=2, max_length=2, description="Width of poolings, and positions between two of them: 3,2 overlaps, 2,2 does not."
    )
    without: tuple[Middle, ...] = Field(description="Convolutions left out: conv3, conv4.")

    divisor: Positive = Field(description="What pixels (0-255, less the mean picture) are divided by.")
    init: Literal["normal", "fan-in"] = Field(
        description="Spread of the first weights: --init-std everywhere, or √(gain/inputs), gain 2 before a ReLU and 1 before tanh."
    )
    init_std: Positive = Field(description="Standard deviation of the first weights.")
    ones: tuple[Biased, ...] = Field(description="Layers whose biases begin at 1; those of others at 0.")

    batch: int = Field(ge=1, le=65536, description="Pictures a step.")
    epochs: int = Field(ge=1, le=100000, description="Times that every picture is seen, at most.")
    learning_rate: Positive = Field(description="ε, the first learning rate.")
    momentum: Share = Field(description="Share of its velocity that a weight keeps.")
    decay: float = Field(ge=0, le=1, allow_inf_nan=False, description="Weight decay: v ← momentum·v - decay·ε·w - ε·∂L/∂w.")
    dropout: Share = Field(description="Chance of each unit of fc6 and fc7 to be silent in a step.")
    patience: int = Field(ge=1, le=100000, description="Epochs without a better validation error before the rate is divided.")
    drops: int = Field(ge=0, le=20, description="How often it is; when the error stalls after that, training ends.")
    drop_factor: float = Field(gt=1, le=1e6, allow_inf_nan=False, description="What it is divided by.")
    seed: int = Field(ge=0, lt=2**63, description="Seed of everything random: same seed, same machine, same bytes.")

    def override(self, **changes: Any) -> TrainingRecipe:
        """Return a copy with some values changed, checked; those that are None are left as they are. Lists may be text, ``"3,2"``.

        Raises:
            OptionError: For a key that is no value of such a recipe (with the closest match) or a value that is not accepted.
        """
        values = {key: _read(key, value) for key, value in changes.items() if value is not None}
        return make_training({**self.model_dump(), **values})


@dataclass(frozen=True)
class CitedTraining:
    """A recipe and where each of its values comes from.

    Attributes:
        recipe: The values.
        sources: field → paper, or why.
    """

    recipe: TrainingRecipe
    sources: Mapping[str, str]

    def changed(self, name: str, summary: str, **cited: tuple[Any, str]) -> CitedTraining:
        """Return another recipe that differs in some (value, source) pairs."""
        values = {key: value for key, (value, _) in cited.items()}
        recipe = self.recipe.override(name=name, summary=summary, **values)
        return CitedTraining(recipe, {**self.sources, **{key: source for key, (_, source) in cited.items()}})


def cite_training(name: str, summary: str, **cited: tuple[Any, str]) -> CitedTraining:
    """Build a recipe from (value, source) pairs, so that no value stands without its source."""
    recipe = make_training({"name": name, "summary": summary, **{key: value for key, (value, _) in cited.items()}})
    return CitedTraining(recipe, {key: source for key, (_, source) in cited.items()})


def make_training(values: Mapping[str, Any]) -> TrainingRecipe:
    """Validate values as a recipe of training; raises OptionError in one line."""
    try:
        recipe = TrainingRecipe.model_validate(dict(values))
    except ValidationError as trouble:
        raise OptionError(one_line_of(trouble.errors()[0], TrainingRecipe)) from None
    if recipe.crop > recipe.side:
        raise OptionError(f"--crop {recipe.crop} is more than --side {recipe.side}: crops are cut out of squares of that side.")
    if recipe.groups == 2 and (odd := [each for each in recipe.channels if each % 2]):
        raise OptionError(f"--channels {odd[0]} cannot be dealt to two groups: give even numbers, or --groups 1.")
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
