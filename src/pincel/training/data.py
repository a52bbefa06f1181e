"""The images that a feed-forward network is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincel.engine.events import Notice
from pincel.errors import PictureError
from pincel.images.picture import LoadedImage
from pincel.sources import Styles
from pincel.training.inputs import load_styles, style_places
from pincel.training.pictures import LEAVES, CropSampler, GeneratedSource, check_crops, damaged_note, find_sources
from pincel.training.schema import StyleTrainingRecipe


@dataclass(frozen=True)
class StyleData:
    """Contents and styles of a training.

    Attributes:
        crops: Of contents.
        styles: Of a one-style network, with weights.
        style_crops: Of an any-style network.
    """

    crops: CropSampler
    styles: list[tuple[LoadedImage, float]]
    style_crops: CropSampler | None = None

    @classmethod
    def find(cls, recipe: StyleTrainingRecipe, style: Styles, data: str, generated: Mapping[str, GeneratedSource]) -> StyleData:
        """Find contents and styles; raises PincelError for what cannot be used."""
        generated = {**LEAVES, **generated}
        crops = CropSampler(find_sources(data, generated), recipe)
        check_crops(crops)
        if recipe.kind == "any-style":
            return cls(crops, [], CropSampler(find_sources(style_places(style), generated), recipe, stream=1))
        return cls(crops, load_styles(style, recipe))

    @property
    def counts(self) -> dict[str, int]:
        """How many images there are."""
        return {"pictures": self.crops.count, "styles": self.style_crops.count if self.style_crops else len(self.styles)}

    @property
    def hashes(self) -> dict[str, Any]:
        """Hashes of all images, as in a checkpoint."""
        styles = self.style_crops.digest if self.style_crops else [style.sha256 for style, _ in self.styles]
        return {"data": self.crops.digest, "styles": styles}

    def notices(self) -> Iterator[Notice]:
        """Yield a notice for each file that is left out."""
        yield from (Notice(note) for crops in self._samplers for source in crops.sources for note in source.notes)

    @property
    def damaged(self) -> dict[str, PictureError]:
        """Name → error of each image that turned out to be damaged when a crop of it was needed."""
        return {name: error for crops in self._samplers for name, error in crops.damaged.items()}

    def damage_notices(self, known: Mapping[str, PictureError]) -> Iterator[Notice]:
        """Yield a notice for each damaged image that was not known before."""
        yield from (Notice(damaged_note(Path(name).name, error)) for name, error in self.damaged.items() if name not in known)

    @property
    def _samplers(self) -> list[CropSampler]:
        return [self.crops, *([self.style_crops] if self.style_crops else [])]
