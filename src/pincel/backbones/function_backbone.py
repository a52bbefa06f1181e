"""Any function of pictures as an eye of one layer: HOG, dense SIFT, or one of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.errors import OptionError
from pincel.functional.color import luma

# Of the gray levels a descriptor is fed, what is in the middle.
MIDDLE = 128.0


@dataclass(frozen=True)
class FunctionBackbone:
    """An eye whose only layer is what a function returns.

    Attributes:
        spec: With that layer.
        function: (B, 3, H, W) in gray levels → (B, C, h, w) or (B, N), differentiable.
    """

    spec: ModelSpec
    function: Callable[[Tensor], Tensor]

    @property
    def tileable(self) -> bool:
        """Nobody knows what a function looks at: it is shown all of a picture."""
        return False

    def features(self, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Look at a picture, and keep what is asked for."""
        return dict(self.iter_features(pixels, layers))

    def iter_features(self, pixels: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the one layer, if it is wanted.

        Raises:
            UnknownNameError: For another layer.
            OptionError: If the function returns no code for each picture.
        """
        wanted = frozenset(layers)
        yield from self.forward_layers(self.spec.up_to(wanted), self.preprocess(pixels), wanted)

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Return the picture."""
        return pixels

    def forward_layers(self, layers: Sequence[LayerSpec], x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
        """Yield the layer."""
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
        """Return 1: there is nothing to cut."""
        return 1

    def output_size(self, length: int, times: int) -> int:
        """Return the length over the stride."""
        return length // times


def gray_levels(pixels: Tensor) -> Tensor:
    """Return the brightness of a picture (B, 3, H, W) in gray levels from the middle, (B, 1, H, W): what descriptors are fed."""
    return luma(pixels) - MIDDLE


def function_spec(name: str, summary: str, *, channels: int = 0, stride: int = 1, field: int = 1) -> ModelSpec:
    """Describe an eye that is a function.

    Args:
        name: Of the eye and of its layer.
        summary: One line.
        channels: Numbers a position, if that is known.
        stride: Pixels between neighboring positions.
        field: Pixels one position sees.
    """
    layer = LayerSpec(name, "code", channels, stride, field)
    mean = (MIDDLE, MIDDLE, MIDDLE)
    return ModelSpec(
        name, summary, (layer,), mean, "", "", "", source="a function", licence="none needed", network="function", filters=(1,)
    )
