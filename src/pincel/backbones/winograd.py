r"""3×3 convolutions with a quarter of the multiplications.

A tile of 4×4 results needs a window of 6×6 inputs. Written in another basis, window and kernel are multiplied entry by entry, 36 products
for 16 results instead of 144:

.. math:: Y = A^T \left[ (G g G^T) \odot (B^T d B) \right] A

Summed over input channels, each of the 36 entries is a matrix product (tiles × C)·(C × K). The changes of basis are matrix products too,
over a block of tiles small enough to stay in the cache.

Paper: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, F(4×4, 3×3). In single precision the result differs from the
direct sum by about 2e-6 of its norm, in bf16 by 2 %, where a direct sum differs by 0.3 % (``tests/backbones/test_winograd.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

# Tiles per block and thread: enough rows for the matrix products, few enough for the cache of a core.
TILES = 128
OUT, WINDOW = 4, 6
# Polynomials are multiplied by their values at these points (and their leading coefficients, the point at infinity). Of the small sets,
# this one loses least to rounding.
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, math.inf)
# The entry of the point (1, 1), whose basis picture is constant: adding the bias there adds it to all 16 results.
CONSTANT = 1 * WINDOW + 1


@dataclass(frozen=True)
class Bases:
    """The changes of basis of a whole tile, kron products of those of its side.

    Attributes:
        input: B^T ⊗ B^T, (36, 36), of a window.
        output: A^T ⊗ A^T, (16, 36), of a result.
    """

    input: Tensor
    output: Tensor


@dataclass(frozen=True)
class Winograd:
    """A 3×3 convolution of stride 1 with a border of zeros, and the ReLU after it.

    Attributes:
        kernels: (36, C, K), the kernels in the new basis; transposed, they are those of the gradient.
        bias: (K,), float32.
        forward: Bases of the convolution.
        backward: Bases of its gradient with respect to the input.
    """

    kernels: Tensor
    bias: Tensor
    forward: Bases
    backward: Bases

    def __call__(self, x: Tensor, *, relu: bool) -> Tensor:
        """Convolve (B, C, H, W), in the precision of the kernels, channels-last; differentiable once with respect to ``x``."""
        result: Tensor = _Convolution.apply(x, self, relu)  # type: ignore[no-untyped-call]
        return result

    def to_bfloat16(self) -> Winograd:
        """Return the same in bf16: each number is rounded as it is written, sums are made in float32.

        Bases are not rounded at all: their entries are multiples of powers of two with few bits, and their divisors go to the kernels.
        """
        divisors = self.kernels.new_tensor(np.kron(_DIVISORS, _DIVISORS))[:, None]
        forward, backward = (Bases((divisors * bases.input).bfloat16(), bases.output.bfloat16()) for bases in (self.forward, self.backward))
        return Winograd((self.kernels / divisors[:, :, None]).bfloat16(), self.bias, forward, backward)


def make_winograd(weight: Tensor, bias: Tensor) -> Winograd:
    """Change the basis of a kernel (K, C, 3, 3), float32."""
    values = np.array([_powers(point, 3) for point in POINTS])
    flat = weight.permute(2, 3, 1, 0).reshape(9, -1)
    kernels = (weight.new_tensor(np.kron(values, values)) @ flat).view(WINDOW * WINDOW, weight.shape[1], weight.shape[0])
    # The gradient convolves with the kernel turned round. Reversed, the polynomial g has the value b²·g(1/b) at b: so at the inverse points
    # the kernels are the ones we have, and b² is left to the other factor.
    inverse = tuple(0.0 if math.isinf(point) else math.inf if point == 0 else 1 / point for point in POINTS)
    scales = [1.0 if point in (0.0, math.inf) else point**2 for point in inverse]
    return Winograd(kernels, bias, _bases(weight, POINTS, [1.0] * WINDOW), _bases(weight, inverse, scales))


def _divisor(point: float, points: Sequence[float]) -> float:
    """Return what Lagrange's polynomial of a point is divided by: the product of its distances from the others."""
    return 1.0 if math.isinf(point) else math.prod(point - other for other in points if not math.isinf(other) and other != point)


_DIVISORS = [_divisor(point, POINTS) for point in POINTS]


def _bases(like: Tensor, points: Sequence[float], scales: Sequence[float]) -> Bases:
    """Build the Cook-Toom transforms for some points; ``scales`` multiply the entries of the window."""
    finite = [point for point in points if not math.isinf(point)]
    rows = []
    for point, scale in zip(points, scales, strict=True):
        # Lagrange's polynomial of the point, or the one that vanishes at all finite points.
        row = np.poly([other for other in finite if other != point])[::-1] / _divisor(point, points)
        rows.append(scale * np.pad(row, (0, WINDOW - len(row))))
    window, result = np.array(rows), np.array([_powers(point, OUT) for point in points]).T
    return Bases(like.new_tensor(np.kron(window, window)), like.new_tensor(np.kron(result, result)))


def _powers(point: float, count: int) -> list[float]:
    return [0.0] * (count - 1) + [1.0] if math.isinf(point) else [point**power for power in range(count)]


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: Winograd, relu: bool) -> Tensor:
        y = _convolve(x, None, layer.kernels, layer.forward, layer.bias, relu=relu)
        ctx.layer = layer
        ctx.save_for_backward(*([y] if relu else []))
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            # torch's own once_differentiable raises no error for a sum of several paths, and drops this one.
            raise RuntimeError("A Winograd convolution is once_differentiable: take second derivatives of a network without (VGG.to()).")
        # Where the ReLU gave 0, the gradient is 0.
        output = ctx.saved_tensors[0] if ctx.saved_tensors else None
        layer: Winograd = ctx.layer
        return _convolve(grad, output, layer.kernels.transpose(1, 2), layer.backward, None, relu=False), None, None


def _convolve(x: Tensor, gate: Tensor | None, kernels: Tensor, bases: Bases, bias: Tensor | None, *, relu: bool) -> Tensor:
    """Convolve (B, C, H, W), block by block; where ``gate`` is not above 0, the input counts as 0."""
    batch, _, height, width = x.shape
    out = x.new_empty(batch, height, width, kernels.shape[2])
    for index in range(batch):
        image, mask = x[index].permute(1, 2, 0), None if gate is None else gate[index].permute(1, 2, 0)
        block = _new_block(image, kernels.shape[2])
        step_down, step_across = block.rows * OUT, block.columns * OUT
        for top in range(0, height, step_down):
            for left in range(0, width, step_across):
                block.read(image, mask, top, left)
                block.multiply(kernels, bases, bias)
                block.write(out[index, top : top + step_down, left : left + step_across], relu=relu)
    return out.permute(0, 3, 1, 2)


@dataclass(frozen=True)
class _Block:
    """Scratch space for a block of tiles, used for one block after the other.

    Attributes:
        rows: Tiles down.
        columns: Tiles across.
        window: Input with a border of one pixel, (4·rows + 2, 4·columns + 2, C).
        windows: Overlapping windows of the tiles, (6, 6, rows, columns, C).
        transformed: The same in the new basis, (36, tiles, C).
        products: With the kernels, (36, tiles, K).
        results: Back in pixels, (16, tiles · K).
    """

    rows: int
    columns: int
    window: Tensor
    windows: Tensor
    transformed: Tensor
    products: Tensor
    results: Tensor

    def read(self, x: Tensor, gate: Tensor | None, top: int, left: int) -> None:
        """Copy the windows of the block whose first result is at (top, left); beyond the image are zeros."""
        height, width, _ = x.shape
        rows, columns, _ = self.window.shape
        first, last = max(0, top - 1), min(height, top - 1 + rows)
        start, stop = max(0, left - 1), min(width, left - 1 + columns)
        if (last - first, stop - start) != (rows, columns):
            self.window.zero_()
        inside = self.window[first - top + 1 : last - top + 1, start - left + 1 : stop - left + 1]
        source = x[first:last, start:stop]
        if gate is None:
            inside.copy_(source)
        else:
            torch.ops.aten.threshold_backward.grad_input(source, gate[first:last, start:stop], 0, grad_input=inside)
        down, across, each = self.window.stride()
        self.windows.copy_(self.window.as_strided(self.windows.shape, (down, across, OUT * down, OUT * across, each)))

    def multiply(self, kernels: Tensor, bases: Bases, bias: Tensor | None) -> None:
        """Change the basis, multiply, change it back."""
        entries = WINDOW * WINDOW
        torch.mm(bases.input, self.windows.view(entries, -1), out=self.transformed.view(entries, -1))
        torch.bmm(self.transformed, kernels, out=self.products)
        if bias is not None:
            self.products[CONSTANT] += bias
        torch.mm(bases.output, self.products.view(entries, -1), out=self.results)

    def write(self, out: Tensor, *, relu: bool) -> None:
        """Write the tiles side by side into ``out``, a part of (H, W, K); those that reach beyond it are cut."""
        outputs = out.shape[2]
        tiles = self.results.view(OUT, OUT, self.rows, self.columns, outputs).permute(2, 0, 3, 1, 4)
        size = (self.rows * OUT, self.columns * OUT)
        if tuple(out.shape[:2]) == size:
            down, across, each = out.stride()
            target = out.as_strided(tiles.shape, (OUT * down, down, OUT * across, across, each), out.storage_offset())
        else:
            tiles, target = tiles.reshape(*size, outputs)[: out.shape[0], : out.shape[1]], out
        if relu:
            torch.clamp_min(tiles, 0, out=target)
        else:
            target.copy_(tiles)


def _new_block(x: Tensor, outputs: int) -> _Block:
    """Return scratch space for (H, W, C): blocks of equal size, so that none of them is mostly empty."""
    height, width, inputs = x.shape
    down, across = -(-height // OUT), -(-width // OUT)
    most = TILES * torch.get_num_threads()
    columns = math.ceil(across / math.ceil(across / most))
    rows = math.ceil(down / math.ceil(down / (most // columns)))
    return _Block(
        rows,
        columns,
        x.new_zeros(rows * OUT + 2, columns * OUT + 2, inputs),
        x.new_empty(WINDOW, WINDOW, rows, columns, inputs),
        x.new_empty(WINDOW * WINDOW, rows * columns, inputs),
        x.new_empty(WINDOW * WINDOW, rows * columns, outputs),
        x.new_empty(OUT * OUT, rows * columns * outputs),
    )
