"""HOG, HOGb and dense SIFT as differentiable functions of gradients, cells and blocks.

Paper:
    Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them" (CVPR), section 3.1 and figures 3 to 5;
    ``hog_net.m`` and ``dsift_net.m`` of deep-goggle. HOG: Dalal and Triggs 2005, as in Felzenszwalb et al. 2010 (UoCTTI); SIFT: Lowe 2004.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.cells import Binning, hard_bins, image_gradients, pool_cells, soft_bins
from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line

# Upper bound of the entries of a normalized block (Lowe 2004, section 6.1).
CEILING = 0.2

# Least length of a block that is normalized (HOG), and the term added to its squared length (SIFT): constants of the released code.
SHORTEST_BLOCK = 1e-6
ADDED_TO_SQUARE = 1e-6

# Undirected, in HOG; a block is that many cells wide.
ORIENTATIONS = 9
HOG_BLOCK = 2

# SIFT: directed; cells of a descriptor, cells between descriptors, and how wide its window is, in cells.
DIRECTIONS = 8
SIFT_BLOCK = 4
SIFT_STEP = 3
WINDOW = 1.5


@dataclass(frozen=True)
class Descriptor(ABC):
    """A hand-made representation of gray images.

    Attributes:
        name: Of the representation.
        summary: One line.
        cell: Side of a cell, in pixels.
        bins: How gradients are assigned to directions.

    Raises:
        OptionError: For a cell that is too small.
    """

    name: str
    summary: str
    cell: int
    bins: Binning

    def __post_init__(self) -> None:
        if self.cell < 1:
            raise _wrong_cell(self, "1 pixel or more")

    @property
    @abstractmethod
    def channels(self) -> int:
        """Numbers per position."""

    @property
    @abstractmethod
    def smallest(self) -> int:
        """Pixels of the shortest side a picture may have."""

    def code(self, gray: Tensor) -> Tensor:
        """Return the codes of images.

        Args:
            gray: Shape (B, 1, H, W), gray levels minus 128; H and W may be any from :attr:`smallest` on.

        Returns:
            Shape (B, channels, h, w), in the precision of ``gray``, 0 or more. Half precision is added up in float32.

        Raises:
            OptionError: If it is no batch of gray pictures.
            PictureSizeError: If a side is too short for one position.
        """
        if gray.dim() != 4 or gray.shape[1] != 1 or not gray.is_floating_point():
            given = f"{tuple(gray.shape)} of {gray.dtype}"
            raise OptionError(one_line(f"{self.name}: needs gray pictures", given, "(B, 1, H, W), floating point", "the luma of a picture"))
        height, width = gray.shape[2:]
        if min(height, width) < self.smallest:
            accepted = f"{self.smallest} pixels or more on each side"
            raise PictureSizeError(one_line(f"{self.name}: the picture is too small", f"{width}×{height}", accepted, "a larger picture"))
        exact = gray if gray.dtype == torch.float64 else gray.float()
        return self._described(exact).to(gray.dtype)

    @abstractmethod
    def _described(self, gray: Tensor) -> Tensor:
        """Return the code of (B, 1, H, W) in float32 or float64."""


@dataclass(frozen=True)
class HistogramOfGradients(Descriptor):
    r"""HOG of UoCTTI without its four numbers for texture.

    Each cell is a histogram c of 18 directions, and u of 9 orientations, a direction and its opposite added up. For each of the up to four
    blocks b of 2×2 cells it is part of,

    .. math:: h = \sum_b \tfrac12 \min((c, u) / \max(\lVert u_b \rVert, 10^{-6}), 0.2)

    An image has ⌊H/cell⌋ × ⌊W/cell⌋ cells, two or more per side: one alone is in no block, and its code is 0. Of what is left over at the
    right and at the bottom, pixels within half a cell of the last cell contribute to it, and others do not. Beyond the border, gray is 0.

    Differs:
        From VLFeat, which the paper calls the same: there a block is divided by √(‖u‖² + 1e-4) of gradients twice as long, pixels on the
        border do not vote, and border cells are repeated outwards, where here they are in fewer blocks.
    """

    def __post_init__(self) -> None:
        if self.cell < 2 or self.cell % 2:
            raise _wrong_cell(self, "an even number of pixels, 2 or more")

    @property
    def channels(self) -> int:
        """18 directions and 9 orientations."""
        return 3 * ORIENTATIONS

    @property
    def smallest(self) -> int:
        """One block."""
        return HOG_BLOCK * self.cell

    def _described(self, gray: Tensor) -> Tensor:
        votes = self.bins(image_gradients(functional.pad(gray, (1, 1, 1, 1))), 2 * ORIENTATIONS)
        return _of_all_blocks(pool_cells(votes, self.cell, around=self.cell))


@dataclass(frozen=True)
class DenseSIFT(Descriptor):
    r"""A SIFT descriptor of 4×4 cells every three cells.

    Each is a vector c of 16 histograms of 8 directions, row by row, each times exp(-r²/(2·1.5²)), r the distance of the cell from the
    middle, in cells. Then

    .. math:: s = \min(c / \sqrt{10^{-6} + \lVert c \rVert^2}, 0.2)

    A picture has n = ⌊(H - 2)/cell⌋ - 1 rows of cells and ⌊(n - 4)/3⌋ + 1 rows of descriptors, and columns likewise; what is left over at
    the right and at the bottom is not seen.

    Differs:
        From Lowe and from VLFeat: not made as long as 1 again after the ceiling, as in the released network.
    """

    @property
    def channels(self) -> int:
        """16 cells of 8 directions."""
        return SIFT_BLOCK**2 * DIRECTIONS

    @property
    def smallest(self) -> int:
        """One descriptor: five cells, half a cell around its four, and one pixel around them."""
        return (SIFT_BLOCK + 1) * self.cell + 2

    def _described(self, gray: Tensor) -> Tensor:
        cells = pool_cells(self.bins(image_gradients(gray), DIRECTIONS), self.cell)
        blocks = cells.unfold(2, SIFT_BLOCK, SIFT_STEP).unfold(3, SIFT_BLOCK, SIFT_STEP)
        vector = (blocks * _window().to(cells)).permute(0, 4, 5, 1, 2, 3).flatten(1, 3)
        square = vector.square().sum(1, keepdim=True)
        return (vector / (ADDED_TO_SQUARE + square).sqrt()).clamp(max=CEILING)


def _of_all_blocks(cells: Tensor) -> Tensor:
    """Return half the sum of each cell (B, 18, h, w) as it is in each block, (B, 27, h, w)."""
    undirected = cells[:, :ORIENTATIONS] + cells[:, ORIENTATIONS:]
    both = torch.cat([cells, undirected], dim=1)
    height, width = cells.shape[2:]
    square = undirected.square().sum(1, keepdim=True)
    corners = list(product(range(HOG_BLOCK), repeat=2))
    of_block = torch.stack([square[..., i : i + height - 1, j : j + width - 1] for i, j in corners]).sum(0)
    # The root of 0 has an infinite derivative, so the square is bounded before it.
    gain = functional.pad(of_block.clamp(min=SHORTEST_BLOCK**2).rsqrt(), (1, 1, 1, 1))
    # There are no blocks outside the image: their gain is 0.
    return torch.stack([(both * gain[..., i : i + height, j : j + width]).clamp(max=CEILING) for i, j in corners]).sum(0) / 2


def _window() -> Tensor:
    """Return the Gaussian weight of each cell of a SIFT descriptor, (4, 4), float64."""
    distance = torch.arange(SIFT_BLOCK, dtype=torch.float64) - (SIFT_BLOCK - 1) / 2
    weights = (-0.5 * (distance / WINDOW).square()).exp()
    return weights[:, None] * weights


def _wrong_cell(descriptor: Descriptor, accepted: str) -> OptionError:
    return OptionError(one_line(f"{descriptor.name}: the cell cannot be so", f"{descriptor.cell}", accepted, "8"))


HOG = HistogramOfGradients(
    "hog", "histograms of gradients of UoCTTI: 9 orientations, cells of 8 pixels, each gradient in one bin", 8, hard_bins
)
HOGB = HistogramOfGradients("hogb", "HOG with each gradient split between two directions", 8, soft_bins)
DSIFT = DenseSIFT("dsift", "dense SIFT: descriptors of 4×4 cells of 5 pixels and 8 directions", 5, soft_bins)
