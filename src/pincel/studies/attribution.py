"""Which pixels made a unit answer: gradients and their two variants for ReLUs, computed by Captum on our own network."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from captum.attr import Deconvolution, GuidedBackprop, Saliency
from torch import Tensor, nn

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.errors import unknown_name
from pincel.studies.receptive import Box, field_of


class Eye(nn.Module):
    """The network up to a layer, as the modules Captum needs: it changes the way back through each :class:`torch.nn.ReLU`.

    Attributes:
        backbone: Whose weights are looked through; they stay frozen.
        layer: The last one.
        parts: One module a layer, after one that subtracts the mean pixel.
    """

    def __init__(self, backbone: VGG, layer: str) -> None:
        super().__init__()
        self.backbone, self.layer = backbone, layer
        layers = backbone.spec.up_to((backbone.spec.layer(layer).name,))
        self.parts = nn.Sequential(_Fed(backbone), *(nn.ReLU() if each.kind == "relu" else _Part(backbone, each) for each in layers))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (B, C, H_l, W_l) for pixels (B, 3, H, W), RGB, 0-255: what ``backbone.features`` returns."""
        answer: Tensor = self.parts(pixels)
        return answer


class _Fed(nn.Module):
    def __init__(self, backbone: VGG) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Tensor:
        return self.backbone.preprocess(pixels)


class _Part(nn.Module):
    """A convolution or a pooling by itself, without the ReLU behind it."""

    def __init__(self, backbone: VGG, layer: LayerSpec) -> None:
        super().__init__()
        self.backbone, self.layer = backbone, layer

    def forward(self, x: Tensor) -> Tensor:
        ((_, answer),) = self.backbone.forward_layers([self.layer], x, frozenset({self.layer.name}))
        return answer


def _gradient(eye: Eye, pixels: Tensor, unit: tuple[int, int, int]) -> Tensor:
    slope: Tensor = Saliency(eye).attribute(pixels, target=unit, abs=False)
    return slope


def _guided(eye: Eye, pixels: Tensor, unit: tuple[int, int, int]) -> Tensor:
    return _hooked(GuidedBackprop(eye), pixels, unit)


def _deconvolution(eye: Eye, pixels: Tensor, unit: tuple[int, int, int]) -> Tensor:
    return _hooked(Deconvolution(eye), pixels, unit)


def _hooked(method: GuidedBackprop | Deconvolution, pixels: Tensor, unit: tuple[int, int, int]) -> Tensor:
    with warnings.catch_warnings():
        # Captum says each time that it changes ReLUs for as long as it works, which is what it is asked to do.
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU", category=UserWarning)
        slope: Tensor = method.attribute(pixels, target=unit)
    return slope


# name → (eye, pixels, (channel, row, column)) → (1, 3, H, W). What becomes of a slope R on its way back through a ReLU with input f:
# gradient, 1[f > 0]·R; deconvolution, 1[R > 0]·R (Zeiler, Fergus 2013); guided, both (Springenberg et al. 2015).
METHODS: dict[str, Callable[[Eye, Tensor, tuple[int, int, int]], Tensor]] = {
    "guided": _guided,
    "deconvolution": _deconvolution,
    "gradient": _gradient,
}


def explained(eye: Eye, pixels: Tensor, unit: tuple[int, int, int], method: str) -> Tensor:
    """Return how much each pixel counts for the answer of one unit.

    Args:
        eye: The network up to its layer.
        pixels: (1, 3, H, W), RGB, 0-255.
        unit: Channel, row and column in the layer.
        method: One of :data:`METHODS`.

    Returns:
        (1, 3, H, W), answer per gray level; 0 outside what the unit sees.

    Raises:
        UnknownNameError: For a method there is not.

    Paper:
        ``deconvolution``: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2013, section 2.1; ``guided``:
        Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for Simplicity: The All Convolutional Net", 2015, figure 1;
        ``gradient``: Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", 2013.
    """
    if method not in METHODS:
        raise unknown_name("explanation", method, METHODS)
    # A leaf of its own: Captum turns gradients on and off on the tensor it is given.
    return METHODS[method](eye, pixels.detach().clone().requires_grad_(), unit).detach()


def explained_box(eye: Eye, pixels: Tensor, unit: tuple[int, int, int], method: str) -> tuple[Box, Tensor]:
    """Return the same, looked at no farther than the unit sees, which costs less in a large picture and changes nothing.

    The part of the picture begins where a pooling window does, and holds all the unit sees; what a border adds to other units does not
    reach this one.

    Args:
        eye: The network up to its layer.
        pixels: (1, 3, H, W), RGB, 0-255, the whole picture.
        unit: Channel, row and column in the layer.
        method: One of :data:`METHODS`.

    Returns:
        What the unit sees, clipped to the picture, and (1, 3, height, width) of that box.

    Raises:
        UnknownNameError: For a method there is not.
    """
    field = field_of(eye.backbone.spec, eye.layer)
    channel, row, column = unit
    box = field.box(row, column).clipped(*pixels.shape[-2:])
    around = box.begun_at(field.jump)
    part = pixels[..., around.top : around.bottom, around.left : around.right]
    slope = explained(eye, part, (channel, row - around.top // field.jump, column - around.left // field.jump), method)
    return box, slope[..., box.top - around.top :, box.left - around.left :]
