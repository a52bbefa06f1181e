"""A convolution at one place, product by product, and the choice of place and filter."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pincel.studies.filter_shape import flat_share


@dataclass(frozen=True)
class WorkedConvolution:
    """A convolution worked out at one place, and over a crop around it.

    Attributes:
        planes: What is convolved, (C, H, W), float64, with p rows and columns of zeros all around.
        weight: (C, f, f), float64.
        bias: Added to each sum.
        place: (row, column) in the picture.
        corner: (row, column) in ``planes`` of the upper left of the crop.
        crop: Side of it.
    """

    planes: Tensor
    weight: Tensor
    bias: float
    place: tuple[int, int]
    corner: tuple[int, int]
    crop: int

    @property
    def side(self) -> int:
        """F."""
        return self.weight.shape[-1]

    @property
    def cut(self) -> Tensor:
        """The crop, (C, N, N)."""
        row, column = self.corner
        return self.planes[:, row : row + self.crop, column : column + self.crop]

    @property
    def window(self) -> Tensor:
        """What the kernel lies on at the place, (C, f, f)."""
        # The border of p = f // 2 shifts the picture by as much as the kernel reaches to the left.
        row, column = self.place
        return self.planes[:, row : row + self.side, column : column + self.side]

    @property
    def products(self) -> Tensor:
        """(C, f, f)."""
        # Adding 0 makes 0 of -0.
        return self.window * self.weight + 0.0

    @property
    def sums(self) -> Tensor:
        """Of the products of each channel, (C,)."""
        return self.products.sum(dim=(1, 2))

    @property
    def answer(self) -> float:
        """The sum over channels, and the bias."""
        return float(self.sums.sum()) + self.bias

    @property
    def answers(self) -> Tensor:
        """The same at every place of the crop where the kernel fits into it, (N - f + 1, N - f + 1)."""
        return cross_correlate(self.cut, self.weight, self.bias)

    @property
    def inside(self) -> tuple[int, int]:
        """(row, column) of the place in :attr:`answers`; the window begins there in the crop, too."""
        return self.place[0] - self.corner[0], self.place[1] - self.corner[1]


def output_size(length: int, side: int, padding: int, stride: int) -> int:
    """How many places a kernel has along a side.

    Args:
        length: n, of the input.
        side: f, of the kernel.
        padding: p, zeros on each side.
        stride: s, from one place to the next.

    Returns:
        ⌊(n + 2p - f)/s⌋ + 1, or 0 where the kernel does not fit.

    Example:
        >>> output_size(6, 3, 0, 1), output_size(7, 3, 1, 2)
        (4, 4)
    """
    return max(0, (length + 2 * padding - side) // stride + 1)


def cross_correlate(planes: Tensor, weight: Tensor, bias: float) -> Tensor:
    """Slide a kernel over planes and add up, place by place and product by product: slow, and easy to read.

    Args:
        planes: (C, H, W).
        weight: (C, f, f).
        bias: Added to each sum.

    Returns:
        (H - f + 1, W - f + 1).

    Example:
        >>> cross_correlate(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([[[1.0, 0.0], [0.0, -1.0]]]), 0.5)
        tensor([[-2.5000]])
    """
    side = weight.shape[-1]
    rows, columns = (output_size(length, side, 0, 1) for length in planes.shape[-2:])
    found = planes.new_empty(rows, columns)
    for row in range(rows):
        for column in range(columns):
            found[row, column] = (planes[:, row : row + side, column : column + side] * weight).sum() + bias
    return found


def work_out(planes: Tensor, weight: Tensor, bias: float, place: tuple[int, int], crop: int) -> WorkedConvolution:
    """Cut the crop around a place.

    Args:
        planes: (C, H, W), without a border.
        weight: (C, f, f), f odd.
        bias: Added to each sum.
        place: (row, column).
        crop: Side; at the edge of the picture it is moved inwards until it lies on the picture and its border of zeros.
    """
    border = weight.shape[-1] // 2
    bordered = functional.pad(planes.double(), (border, border, border, border))
    row, column = (min(max(at + border - (crop - 1) // 2, 0), length - crop) for at, length in zip(place, bordered.shape[-2:], strict=True))
    return WorkedConvolution(bordered, weight.double(), bias, place, (row, column), crop)


def highest_contrast(gray: Tensor, crop: int) -> tuple[int, int]:
    """Return (row, column) of the middle of the square of (H, W) whose values vary most; the first of equal ones."""
    cut = gray.double()[None, None]
    spread = functional.avg_pool2d(cut.square(), crop, 1) - functional.avg_pool2d(cut, crop, 1).square()
    row, column = divmod(int(spread.argmax()), spread.shape[-1])
    return row + (crop - 1) // 2, column + (crop - 1) // 2


def most_telling_filter(answers: Tensor, weights: Tensor, work: WorkedConvolution) -> int:
    """Return the channel to show: well above 0 at the place and well below it elsewhere in the crop, so that ReLU has something to do.

    Args:
        answers: (C, H, W), before ReLU.
        weights: (K, 3, f, f) of the first K ≤ C channels, among which is chosen; those that only average count for little.
        work: At the same place, of any of them.
    """
    (row, column), count = work.corner, work.crop - work.side + 1
    around = answers[: len(weights), row : row + count, column : column + count].cpu()
    here = answers[: len(weights), work.place[0], work.place[1]].cpu()
    patterned = torch.tensor([1 - flat_share(weight) for weight in weights])
    return int((patterned * torch.minimum(here, -around.amin(dim=(1, 2)))).argmax())
