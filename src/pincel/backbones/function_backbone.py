"""Any function of images as a backbone of one layer: HOG, dense SIFT, or one of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from pincel.backbones.base import FeatureMethods
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.errors import OptionError
from pincel.functional.color import luma

# Middle of the gray levels that descriptors are fed.
MIDDLE = 128.0


@dataclass(frozen=True)
class FunctionBackbone(FeatureMethods):
    """A backbone whose only layer is the value of a function.

    Attributes:
        spec: With that layer.
        function: (B, 3, H, W) in gray levels → (B, C, h, w) or (B, N), differentiable.
    """

    spec: ModelSpec
    function: Callable[[Tensor], Tensor]

    @property
    def tileable(self) -> bool:
        """False: receptive fields of a function are unknown, so it is given the whole image."""
        return False

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Return the image."""
        return pixels

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the layer; raises OptionError if the function does not return a code for each image."""
        for layer in layers:
            code = self.function(x)
            if not isinstance(code, Tensor) or code.dim() < 2 or code.shape[0] != x.shape[0] or not code.is_floating_point():
                got = f"{tuple(code.shape)} of {code.dtype}" if isinstance(code, Tensor) else type(code).__name__
                raise OptionError(
                    f"The representation {self.spec.name} returned {got} for {x.shape[0]} pictures; it must return a floating-point "
                    "tensor (B, …), a code for each."
                )
            yield layer.name, code

    def block_size(self, layer: str) -> int:
        """Return 1: there are no tiles."""
        return 1

    def output_size(self, length: int, downscale: int) -> int:
        """Return the length over ``downscale``."""
        return length // downscale


def gray_levels(pixels: Tensor) -> Tensor:
    """Return the luma of an image (B, 3, H, W) in gray levels minus 128, (B, 1, H, W): the input of descriptors."""
    return luma(pixels) - MIDDLE


def function_spec(name: str, summary: str, *, channels: int = 0, stride: int = 1, field: int = 1) -> ModelSpec:
    """Return the spec of a function.

    Args:
        name: Of the backbone and of its layer.
        summary: One line.
        channels: Numbers per position, if known.
        stride: Pixels between neighboring positions.
        field: Receptive field of a position in pixels.
    """
    layer = LayerSpec(name, "code", channels, stride, field)
    mean = (MIDDLE, MIDDLE, MIDDLE)
    return ModelSpec(
        name, summary, (layer,), mean, "", "", "", source="a function", licence="none needed", network="function", filters=(1,)
    )
