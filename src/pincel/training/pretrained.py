"""A network that another begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from pincel.errors import OptionError
from pincel.feedforward.file import read_painter
from pincel.files import one_line, sha256_of
from pincel.training.schema import StyleTrainingRecipe

# What both must have alike.
ALIKE = ("kind", "stages", "padding", "norm", "output", "layer")


@dataclass(frozen=True)
class Pretrained:
    """A network that another begins with.

    Attributes:
        file: Where it was.
        sha256: Of the file.
        weights: Its own.
    """

    file: Path
    sha256: str
    weights: Mapping[str, Tensor]

    @classmethod
    def read(cls, file: Path, recipe: StyleTrainingRecipe) -> Pretrained:
        """Read it.

        Raises:
            WeightsError: If it cannot be read.
            OptionError: If it is of another kind or has other stages.
        """
        network = read_painter(file)
        for name in ALIKE:
            if (has := getattr(network.card, name)) != (needs := getattr(recipe, name)):
                failed = (
                    f"network to begin with: its {name} are others" if name == "stages" else f"network to begin with: its {name} is another"
                )
                hint = "a network taught by the same recipe, or the --recipe and --stages of that one"
                raise OptionError(one_line(failed, has, needs, hint))
        return cls(file, sha256_of(file), network.own)
