"""A matrix of channels as a page shows it: colors of its cells, the pictures of its first one, and what a script needs for the others."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import Image

from pincel.studies.report import ChannelMatrix
from pincel.translation import Translated
from pincel.translation import gettext_lazy as _

# The color maps of channels, and of where two of them answer.
CHANNEL_COLORS, BOTH_COLORS = "viridis", "inferno"
# Opacity of the color over the picture where both answer most.
COVER = 0.85
BOTH = _("where both answer")
HINT = _("Point at a cell, tap it, or move with the arrow keys: its two maps are shown, and where both answer.")

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MatrixView:
    """How a matrix of channels is shown."""

    block: ChannelMatrix
    both: Translated = BOTH
    hint: Translated = HINT
    cover: float = COVER

    @cached_property
    def start(self) -> tuple[int, int]:
        """Row and column of the largest cell above the diagonal, where every channel meets itself."""
        pairs = np.triu(self.block.gram, 1)
        row, column = np.unravel_index(int(pairs.argmax()), pairs.shape)
        return int(row), int(column)

    @property
    def text(self) -> Translated:
        """What the cell at the start says."""
        row, column = self.start
        return self.block.texts[row][column]

    @property
    def colors(self) -> list[list[str]]:
        """Colors of the cells, ``#rrggbb``, by the root of their size: a few are far larger than all others."""
        roots = np.sqrt(np.abs(self.block.gram))
        shades = palette(CHANNEL_COLORS)[_levels(roots, 0.0)]
        return [[f"#{bytes(cell.tolist()).hex()}" for cell in row] for row in shades]

    @property
    def pictures(self) -> tuple[Image.Image, Image.Image, Image.Image]:
        """The maps of the two channels at the start, and the picture with the places lit where both answer."""
        one, other = (self.block.maps[place].astype(float) for place in self.start)
        return map_picture(one), map_picture(other), self._lit(one * other)

    @property
    def labels(self) -> tuple[Translated, Translated, Translated]:
        """What the three pictures are."""
        names = list(self.block.channels.values())
        row, column = self.start
        return names[row], names[column], self.both

    @property
    def dim(self) -> Image.Image:
        """The picture in gray, darker."""
        return self.block.image.convert("L").point([round(64 + 0.6 * level) for level in range(256)])

    @property
    def data(self) -> dict[str, str]:
        """What a script needs: the maps as signed bytes one after the other, and the two color maps, all in base64."""
        arrays = {"maps": self.block.maps, "channel-colors": palette(CHANNEL_COLORS), "both-colors": palette(BOTH_COLORS)}
        return {name: base64.b64encode(array.tobytes()).decode("ascii") for name, array in arrays.items()}

    def _lit(self, product: Values) -> Image.Image:
        levels = _levels(product, 0.0)
        opacity = (COVER * levels).round().astype(np.uint8)
        lights = Image.fromarray(np.dstack([palette(BOTH_COLORS)[levels], opacity])).resize(
            self.block.image.size, Image.Resampling.BILINEAR
        )
        return Image.alpha_composite(self.dim.convert("RGBA"), lights).convert("RGB")


def palette(name: str) -> npt.NDArray[np.uint8]:
    """Return a color map of matplotlib as 256 colors, (256, 3)."""
    return (255 * mpl.colormaps[name](np.arange(256))[:, :3]).round().astype(np.uint8)


def map_picture(values: Values) -> Image.Image:
    """Return a map, (H, W), in colors, a pixel for each value: dark is its least, yellow its largest."""
    return Image.fromarray(palette(CHANNEL_COLORS)[_levels(values, float(values.min()))])


def _levels(values: Values, low: float) -> npt.NDArray[np.int64]:
    """Return whole numbers from 0, for what is not above ``low``, to 255 for the largest value."""
    high = float(values.max())
    shares = ((values - low) / (high - low if high > low else 1.0)).clip(0, 1)
    return (255 * shares).round().astype(np.int64)


def signed_bytes(maps: Sequence[Values]) -> npt.NDArray[np.int8]:
    """Return maps as whole numbers from -127 to 127, each in units of its own: products of two keep their proportions."""
    most = [float(np.abs(values).max()) or 1.0 for values in maps]
    return np.stack([(127 * values / size).round() for values, size in zip(maps, most, strict=True)]).astype(np.int8)
