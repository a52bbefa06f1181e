"""A trained network that another begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from pincel.errors import OptionError
from pincel.feedforward.file import load_stylizer
from pincel.files import one_line, sha256_of
from pincel.training.schema import StyleTrainingRecipe

# Values of the spec that both must share.
SHARED = ("kind", "stages", "padding", "norm", "output", "layer")


@dataclass(frozen=True)
class Pretrained:
    """A trained network that another begins with.

    Attributes:
        origin: ``file`` and its ``sha256``, for the record.
        weights: Its trained weights.
    """

    origin: Mapping[str, str]
    weights: Mapping[str, Tensor]

    @classmethod
    def read(cls, file: Path, recipe: StyleTrainingRecipe) -> Pretrained:
        """Read a network.

        Raises:
            WeightsError: If it cannot be read.
            OptionError: If it is of another kind or has other stages.
        """
        network = load_stylizer(file)
        for name in SHARED:
            if (has := getattr(network.spec, name)) != (needs := getattr(recipe, name)):
                failed = (
                    f"network to begin with: its {name} are others" if name == "stages" else f"network to begin with: its {name} is another"
                )
                hint = "a network trained by the same recipe, or the --recipe and --stages of that one"
                raise OptionError(one_line(failed, has, needs, hint))
        return cls({"file": str(file), "sha256": sha256_of(file)}, network.own)
