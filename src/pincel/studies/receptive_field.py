"""The receptive field of a position of a layer, from the geometry of a network."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.backbones.specs import ModelSpec


@dataclass(frozen=True)
class PixelBox:
    """A rectangle of pixels; rows ``top`` to ``bottom`` and columns ``left`` to ``right``, the last of each not included.

    It may reach beyond the picture, and then has negative coordinates or too large ones.
    """

    top: int
    left: int
    bottom: int
    right: int

    def clipped(self, height: int, width: int) -> PixelBox:
        """Return the part inside a picture."""
        return PixelBox(max(self.top, 0), max(self.left, 0), min(self.bottom, height), min(self.right, width))

    def aligned(self, multiple: int) -> PixelBox:
        """Return the smallest box around it whose first row and column are multiples of a number."""
        return PixelBox(self.top - self.top % multiple, self.left - self.left % multiple, self.bottom, self.right)


@dataclass(frozen=True)
class ReceptiveField:
    r"""The receptive fields of the positions of a layer.

    .. math:: \text{rows } start + i \cdot jump \;\dots\; start + i \cdot jump + size - 1

    Attributes:
        start: First row, and column, of position 0; negative beyond the border.
        jump: Pixels between neighbors.
        size: Side of the square.

    Paper:
        Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019, eq. 2 and 4.
    """

    start: int
    jump: int
    size: int

    def box(self, row: int, column: int) -> PixelBox:
        """Return the receptive field of a position, the part beyond the border included.

        Example:
            >>> ReceptiveField(start=-1, jump=1, size=3).box(0, 5)
            PixelBox(top=-1, left=4, bottom=2, right=7)
        """
        top, left = (self.start + index * self.jump for index in (row, column))
        return PixelBox(top, left, top + self.size, left + self.size)


def receptive_field(spec: ModelSpec, name: str) -> ReceptiveField:
    """Return the receptive fields of a layer.

    Raises:
        UnknownNameError: For a layer the network does not have, with the closest match.
    """
    layer = spec.layer(name)
    return ReceptiveField(spec.start(name), layer.stride, layer.receptive_field)
