"""Options of every study."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pincel.backbones import BACKBONES
from pincel.backbones.specs import ModelSpec
from pincel.errors import OptionError
from pincel.studies.study_spec import OptionSpec, StudySpec, option, options_of
from pincel.translation import Language

# In larger pictures a study takes too long, and all layers at once do not fit into memory.
MAX_SIZE = 4096
# The first layer of each block of VGG: the style layers of Gatys et al. 2015.
BLOCK_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# The content layer of their figures 2 and 3.
CONTENT_LAYERS = ("relu4_2",)


@dataclass(frozen=True)
class PageOptions:
    """Options of how a report is written."""

    lang: Language = option("Language of page and figures.", "en")  # noqa: RUF009 -- it returns a field


@dataclass(frozen=True)
class StudySettings:
    """Options of every study; ``steps`` only of those with an optimizer.

    Raises:
        OptionError: For a size or a number of steps out of range.
        UnknownNameError: For an unknown backbone.
    """

    size: int = option("Long side of the pictures in pixels.", ..., metavar="N", minimum=1)
    backbone: str = option("The network; 'pincel backbones' lists them.", "vgg19", metavar="NAME")
    seed: int = option("Number of everything random.", 0, metavar="N", minimum=0)
    steps: int = option("Steps of the optimizer.", 0, metavar="N", minimum=1)
    device: str = option("Device to compute on: auto, cpu, cuda, cuda:N or mps.", "auto", metavar="NAME", local=True)

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise OptionError(f"--size {self.size}: a study takes pictures of 1 to {MAX_SIZE} pixels.")
        if self.steps < 0:
            raise OptionError(f"--steps {self.steps}: give 1 or more.")
        BACKBONES.check(self.backbone)

    @property
    def spec(self) -> ModelSpec:
        """Of the network."""
        return BACKBONES[self.backbone]

    def as_json(self) -> dict[str, Any]:
        """Return them as plain data."""
        return asdict(self)


def select_layers(spec: ModelSpec, given: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers named in a comma-separated text, shallow to deep, or those of ``default`` that the network has.

    Raises:
        UnknownNameError: For a layer the network does not have, with the closest match.
        OptionError: If none is named.
    """
    if given is None:
        # A network that is not a VGG has layers of its own.
        return tuple(name for name in default if name in spec.names) or tuple(layer.name for layer in spec.layers if layer.kind == "relu")
    names = [part.strip() for part in given.split(",") if part.strip()]
    if not names:
        raise OptionError(f"Layers are given as relu1_1,relu2_1, not '{given}'.")
    return tuple(sorted({spec.layer(name).name for name in names}, key=spec.names.index))


def common_options(spec: StudySpec) -> list[OptionSpec]:
    """Return the options that a study shares with all others, in order."""
    settings = {each.field: each for each in options_of(StudySettings, size=spec.size, steps=spec.steps)}
    absent = {"backbone": not spec.network, "steps": spec.steps is None}
    names = [name for name in ("backbone", "size", "steps", "seed", "device") if not absent.get(name)]
    return [*options_of(PageOptions), *(settings[name] for name in names)]
