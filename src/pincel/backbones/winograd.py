r"""3×3 convolutions with a quarter of the multiplications.

A tile of 4×4 results needs a window of 6×6 inputs. Written in another basis, window and kernel are multiplied entry by entry, 36 products
for 16 results instead of 144:

.. math:: Y = A^T \left[ (G g G^T) \odot (B^T d B) \right] A

Summed over input channels, each of the 36 entries is a matrix product (tiles × C)·(C × K), which is what processors do best. The changes of
basis are matrix products too, over a block of tiles small enough to stay in the cache.

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

# Tiles a block and thread: enough rows for the matrix products, few enough for the cache of a core.
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
        there: B^T ⊗ B^T, (36, 36), of a window.
        back: A^T ⊗ A^T, (16, 36), of a result.
    """

    there: Tensor
    back: Tensor


@dataclass(frozen=True)
class Winograd:
    """A 3×3 convolution of stride 1 with a border of zeros, and the ReLU behind it.

    Attributes:
        kernels: (36, C, K), the kernels in the new basis. Read the other way, they are those of the gradient.
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

    def half(self) -> Winograd:
        """Return the same in bf16: each number is rounded as it is written, sums are made in float32.

        Bases are not rounded at all. Undivided, their entries are multiples of powers of two with few bits; what they are divided by goes
        to the kernels.
        """
        divisors = self.kernels.new_tensor(np.kron(_DIVISORS, _DIVISORS))[:, None]
        forward, backward = (Bases((divisors * bases.there).bfloat16(), bases.back.bfloat16()) for bases in (self.forward, self.backward))
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
        y = _each(x, None, layer.kernels, layer.forward, layer.bias, relu=relu)
        ctx.layer = layer
        ctx.save_for_backward(*([y] if relu else []))
        return y

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            # torch's own once_differentiable lets a sum of several paths through, with this one left out.
            raise RuntimeError("A Winograd convolution is once_differentiable: take second derivatives of a network without (VGG.to()).")
        # What the ReLU cut off has no slope; its result tells where that was.
        seen = ctx.saved_tensors[0] if ctx.saved_tensors else None
        layer: Winograd = ctx.layer
        return _each(slope, seen, layer.kernels.transpose(1, 2), layer.backward, None, relu=False), None, None


def _each(x: Tensor, seen: Tensor | None, kernels: Tensor, bases: Bases, bias: Tensor | None, *, relu: bool) -> Tensor:
    batch, _, height, width = x.shape
    out = x.new_empty(batch, height, width, kernels.shape[2])
    for index in range(batch):
        gate = None if seen is None else seen[index].permute(1, 2, 0)
        work = _Work(x[index].permute(1, 2, 0), gate, kernels, bases, bias)
        work.into(out[index], relu=relu)
    return out.permute(0, 3, 1, 2)


class _Work:
    """One convolution, with scratch space for a block of tiles that is used over and over."""

    def __init__(self, x: Tensor, gate: Tensor | None, kernels: Tensor, bases: Bases, bias: Tensor | None) -> None:
        height, width, inputs = x.shape
        outputs = kernels.shape[2]
        self.x, self.gate, self.kernels, self.bases, self.bias = x, gate, kernels, bases, bias
        # Blocks of equal size, so that none of them is mostly empty.
        down, across = -(-height // OUT), -(-width // OUT)
        most = TILES * torch.get_num_threads()
        self.columns = math.ceil(across / math.ceil(across / most))
        self.rows = math.ceil(down / math.ceil(down / (most // self.columns)))
        tiles = self.rows * self.columns
        self.window = x.new_zeros(self.rows * OUT + 2, self.columns * OUT + 2, inputs)
        self.windows = x.new_empty(WINDOW, WINDOW, self.rows, self.columns, inputs)
        self.seen = x.new_empty(WINDOW * WINDOW, tiles, inputs)
        self.products = x.new_empty(WINDOW * WINDOW, tiles, outputs)
        self.results = x.new_empty(OUT * OUT, tiles * outputs)

    def into(self, out: Tensor, *, relu: bool) -> None:
        """Convolve (H, W, C) into ``out`` (H, W, K), block by block."""
        height, width, _ = out.shape
        step_down, step_across = self.rows * OUT, self.columns * OUT
        for top in range(0, height, step_down):
            for left in range(0, width, step_across):
                self._read(top, left)
                self._multiply()
                self._write(out[top : top + step_down, left : left + step_across], relu=relu)

    def _read(self, top: int, left: int) -> None:
        """Take the block whose first result is at (top, left), with one pixel around it and zeros beyond the picture."""
        height, width, _ = self.x.shape
        rows, columns, _ = self.window.shape
        first, last = max(0, top - 1), min(height, top - 1 + rows)
        start, stop = max(0, left - 1), min(width, left - 1 + columns)
        if (last - first, stop - start) != (rows, columns):
            self.window.zero_()
        inside = self.window[first - top + 1 : last - top + 1, start - left + 1 : stop - left + 1]
        given = self.x[first:last, start:stop]
        if self.gate is None:
            inside.copy_(given)
        else:
            torch.ops.aten.threshold_backward.grad_input(given, self.gate[first:last, start:stop], 0, grad_input=inside)
        down, across, each = self.window.stride()
        overlapping = self.window.as_strided(self.windows.shape, (down, across, OUT * down, OUT * across, each))
        self.windows.copy_(overlapping)

    def _multiply(self) -> None:
        """Change the basis, multiply, change it back."""
        entries = WINDOW * WINDOW
        torch.mm(self.bases.there, self.windows.view(entries, -1), out=self.seen.view(entries, -1))
        torch.bmm(self.seen, self.kernels, out=self.products)
        if self.bias is not None:
            self.products[CONSTANT] += self.bias
        torch.mm(self.bases.back, self.products.view(entries, -1), out=self.results)

    def _write(self, out: Tensor, *, relu: bool) -> None:
        """Put the tiles side by side into ``out``, a part of (H, W, K); those that reach beyond it are cut."""
        outputs = out.shape[2]
        tiles = self.results.view(OUT, OUT, self.rows, self.columns, outputs).permute(2, 0, 3, 1, 4)
        whole = (self.rows * OUT, self.columns * OUT)
        if tuple(out.shape[:2]) == whole:
            down, across, each = out.stride()
            target = out.as_strided(tiles.shape, (OUT * down, down, OUT * across, across, each), out.storage_offset())
        else:
            tiles, target = tiles.reshape(*whole, outputs)[: out.shape[0], : out.shape[1]], out
        if relu:
            torch.clamp_min(tiles, 0, out=target)
        else:
            target.copy_(tiles)
