"""What a recipe of inversion is: everything a run depends on but the picture, the representation and the machine. Loads no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from numbers import Integral
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.recipes.schema import MOST_PIXELS, MOST_STEPS, RecipeModel, Weight, with_own_settings

# Representations, as relu layers of a network vgg*:relu[12]_?, → a number; the first that fits holds.
Table = dict[str, Weight]


class Phase(BaseModel):
    """Part of a schedule.

    Attributes:
        steps: Of the optimizer, which begins anew.
        rate: Factor of the learning rate.
        jitter: Factor of the recipe's jitter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(ge=1, le=MOST_STEPS)
    rate: float = Field(gt=0, allow_inf_nan=False)
    jitter: float = Field(default=0.0, ge=0, le=1)


class Inversion(RecipeModel):
    """How a picture is rebuilt from its code. The descriptions are the help texts of the command line."""

    size: int = Field(ge=1, le=MOST_PIXELS, description="Long side of the picture in pixels; both sides with --fit crop or stretch.")
    fit: Literal["keep", "crop", "stretch"] = Field(
        description="Keep the shape of the photograph, crop its middle to a square, or stretch it to one, as the papers do."
    )
    pooling: Literal["avg", "max"] = Field(description="Pooling layers of the network: maximum (as trained) or average.")
    code_weight: Annotated[Table, Field(min_length=1)] = Field(
        description="C, weight of the code: one number, or one for each representation, as vgg*:pool5=1,*=300."
    )
    norm: Literal["alpha", "range"] = Field(
        description="What keeps colors in range: the α-norm of all values (2015), or of the length of each color (2016)."
    )
    alpha: float = Field(ge=1, le=100, description="α, power of the norm: the higher, the more the norm is a bound.")
    norm_weight: Weight = Field(description="λ_α, weight of the norm in the objective.")
    tv: Literal["sigma", "area"] = Field(
        description="What TV^β is divided by: entries of the picture and σ² of natural ones (2015), or its area (2016)."
    )
    beta: float = Field(gt=0, le=10, description="β, power of the total variation: 1 leaves spikes, 2 blurs.")
    tv_weight: Annotated[Table, Field(min_length=1)] = Field(
        description="λ_V, weight of the total variation: one number, or one for each representation, as relu[12]_*=0.5,*=5."
    )
    bound: float = Field(
        ge=0,
        allow_inf_nan=False,
        description="B₊, longest color vector that is kept after each step, in gray levels from the mean; 0 = no bound.",
    )
    jitter: float = Field(ge=0, le=1, description="Random shift of the picture before each step, as a share of the layer's stride.")
    noise: Literal["normal", "uniform"] = Field(description="Distribution of the noise that the picture starts from.")
    noise_level: float = Field(
        gt=0,
        allow_inf_nan=False,
        description="Standard deviation (--noise normal) or half-width (uniform) of the noise, in gray levels around the mean.",
    )
    seed: int = Field(ge=0, lt=2**63, description="Number of the random noise; the same one, on the same machine, gives the same picture.")
    optimizer: str = Field(description="Optimizer: gradient-descent, adagrad, adam or lbfgs.")
    learning_rate: float | None = Field(
        gt=0,
        allow_inf_nan=False,
        description="Learning rate; of gradient-descent and adagrad for one value of the picture, multiplied by their number.",
    )
    optimizer_options: dict[str, float | int | str] = Field(description="Further settings of the optimizer.")
    schedule: Annotated[list[Phase], Field(min_length=1)] = Field(
        description="Phases of the optimization, as 300x1~1,50x0.1: steps x factor of the learning rate ~ factor of --jitter."
    )

    tone: Literal["auto", "clip", "stretch"] = Field(
        description="Clip the result to black and white, or stretch it from its darkest to its lightest value; auto stretches what was "
        "rebuilt from descriptors, which know no contrast."
    )

    def override(self, **changes: Any) -> Inversion:
        """Return a copy with some values changed, checked; those that are None are left as they are.

        Tables may be a number or text (``"vgg*:pool5=1,*=300"``), the schedule text (``"300x1~1,50x0.1"``). ``steps`` spreads so many
        over the phases. A new ``optimizer`` brings its own ``learning_rate`` and options.

        Raises:
            OptionError: For a key that is no value of such a recipe (with the closest match) or a value that is not accepted.
        """
        values = {key: value for key, value in changes.items() if value is not None}
        steps = values.pop("steps", None)
        values = with_own_settings(values, self.optimizer)
        for key in ("code_weight", "tv_weight"):
            if key in values:
                values[key] = parse_table(values[key], key)
        if isinstance(values.get("schedule"), str):
            values["schedule"] = parse_schedule(values["schedule"])
        made = self.make({**self.model_dump(), **values})
        return made if steps is None else self.make({**made.model_dump(), "schedule": spread(made.schedule, steps)})

    @classmethod
    def inherit(cls, values: Mapping[str, Any], base: Inversion | None) -> Inversion:
        """Return the recipe of a file; raises OptionError."""
        return super().inherit(with_own_settings(values, base.optimizer if base else None), base)

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.schedule)


def looked_up(table: Mapping[str, float], representation: str, what: str) -> float:
    """Return the number of a table for a representation: that of the first pattern that fits.

    Args:
        table: Pattern → number. Patterns are of a shell: ``*`` for anything, ``?`` for one sign, ``[12]`` for one of these. One without
            ``:`` is of the layer alone.
        representation: Such as ``vgg19:relu3_1`` or ``hog``.
        what: Which table, for the message.

    Raises:
        OptionError: If none fits.
    """
    layer = representation.rpartition(":")[2]
    for pattern, number in table.items():
        if fnmatchcase(representation if ":" in pattern else layer, pattern) or pattern == representation:
            return number
    listed = ", ".join(table)
    raise OptionError(f"No {what} for {representation}: the table has {listed}. Add '*=NUMBER' for all others.")


def parse_table(given: float | str | Mapping[str, float], what: str) -> dict[str, Any]:
    """Read ``5``, or ``vgg*:pool5=1,*=300``.

    Raises:
        OptionError: For anything that is no number.
    """
    if isinstance(given, Mapping):
        return dict(given)
    option = f"--{what.replace('_', '-')}"
    table = {}
    for part in str(given).split(","):
        pattern, sign, text = part.strip().rpartition("=")
        try:
            table[pattern if sign else "*"] = float(text)
        except ValueError:
            raise OptionError(f"{option} takes a number, or one for each representation, as vgg*:pool5=1,*=300, not '{given}'.") from None
    if bad := next((number for number in table.values() if not (math.isfinite(number) and number >= 0)), None):
        raise OptionError(f"{option} must be a number of 0 or more, not {bad:g}.")
    return table


def parse_schedule(text: str) -> list[dict[str, float]]:
    """Read ``300x1~1,50x0.1``.

    Raises:
        OptionError: For anything else.
    """
    phases = []
    for part in text.split(","):
        steps, sign, rest = part.strip().partition("x")
        rate, wanders, jitter = rest.partition("~")
        try:
            phases.append({"steps": int(steps), "rate": float(rate if sign else "1"), "jitter": float(jitter) if wanders else 0.0})
        except ValueError:
            raise OptionError(f"--schedule takes steps x factor of the rate, as 300x1,50x0.1 or 300x1~1,50x0.1, not '{text}'.") from None
    return phases


def spread(schedule: list[Phase], steps: int) -> list[Phase]:
    """Spread a number of steps over phases in the proportion they have; each keeps one, if there are as many.

    Raises:
        OptionError: For less than one.
    """
    if not isinstance(steps, Integral) or not 1 <= steps <= MOST_STEPS:
        accepted = f"a whole number, 1 to {MOST_STEPS}"
        raise OptionError(one_line("cannot be that", f"{steps}", accepted, "100"), about="steps")
    whole = sum(phase.steps for phase in schedule)
    ends, done = [], 0
    for phase in schedule:
        done += phase.steps
        ends.append(round(steps * done / whole))
    counts = [end - before for before, end in zip([0, *ends], ends, strict=False)]
    return [phase.model_copy(update={"steps": count}) for phase, count in zip(schedule, counts, strict=True) if count > 0]
