"""Which pixels cause the activation of a unit: gradients and their two variants for ReLUs, computed by Captum."""

from __future__ import annotations

import warnings

from captum.attr import Deconvolution, GuidedBackprop, Saliency
from torch import Tensor, nn

from pincel.backbones.specs import LayerSpec
from pincel.backbones.vgg import VGG
from pincel.errors import unknown_name
from pincel.studies.receptive_field import PixelBox, receptive_field


class CaptumModel(nn.Sequential):
    """The network up to a layer as modules, since Captum changes the backward pass of each :class:`torch.nn.ReLU`.

    It maps pixels (B, 3, H, W), RGB, 0-255, to what ``backbone.features`` returns, (B, C, H_l, W_l).

    Attributes:
        backbone: Whose weights are used; they stay frozen.
        layer: The last one.
    """

    def __init__(self, backbone: VGG, layer: str) -> None:
        layers = backbone.spec.up_to((backbone.spec.layer(layer).name,))
        super().__init__(_Preprocessing(backbone), *(nn.ReLU() if each.kind == "relu" else _SingleLayer(backbone, each) for each in layers))
        self.backbone, self.layer = backbone, layer


class _Preprocessing(nn.Module):
    def __init__(self, backbone: VGG) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Tensor:
        return self.backbone.preprocess(pixels)


class _SingleLayer(nn.Module):
    """A convolution or a pooling by itself, without the ReLU behind it."""

    def __init__(self, backbone: VGG, layer: LayerSpec) -> None:
        super().__init__()
        self.backbone, self.layer = backbone, layer

    def forward(self, x: Tensor) -> Tensor:
        ((_, features),) = self.backbone.forward_layers([self.layer], x, frozenset({self.layer.name}))
        return features


# name → (method of Captum, its options). The gradient R behind a ReLU with input f becomes, before it: gradient, 1[f > 0]·R;
# deconvolution, 1[R > 0]·R (Zeiler, Fergus 2013); guided, both (Springenberg et al. 2015).
METHODS: dict[str, tuple[type[GuidedBackprop | Deconvolution | Saliency], dict[str, bool]]] = {
    "guided": (GuidedBackprop, {}),
    "deconvolution": (Deconvolution, {}),
    "gradient": (Saliency, {"abs": False}),
}


def attribute(model: CaptumModel, pixels: Tensor, unit: tuple[int, int, int], method: str) -> Tensor:
    """Return how much each pixel contributes to the activation of one unit.

    Args:
        model: The network up to its layer.
        pixels: (1, 3, H, W), RGB, 0-255.
        unit: Channel, row and column in the layer.
        method: One of :data:`METHODS`.

    Returns:
        (1, 3, H, W), activation per gray level; 0 outside the unit's receptive field.

    Raises:
        UnknownNameError: For an unknown method.

    Paper:
        ``deconvolution``: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2013, section 2.1; ``guided``:
        Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for Simplicity: The All Convolutional Net", 2015, figure 1;
        ``gradient``: Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", 2013.
    """
    if method not in METHODS:
        raise unknown_name("explanation", method, METHODS)
    make, options = METHODS[method]
    with warnings.catch_warnings():
        # Captum warns whenever it changes the ReLUs for the time of a call.
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU", category=UserWarning)
        # A leaf of its own: Captum turns gradients on and off on the tensor it is given.
        gradient: Tensor = make(model).attribute(pixels.detach().clone().requires_grad_(), target=unit, **options)
    return gradient.detach()


def attribute_in_field(model: CaptumModel, pixels: Tensor, unit: tuple[int, int, int], method: str) -> tuple[PixelBox, Tensor]:
    """Return the same from the unit's receptive field alone, which costs less in a large picture and changes nothing.

    The part of the picture that is used begins where a pooling window does and holds the receptive field; what its border adds to other
    units does not reach this one.

    Returns:
        The receptive field, clipped to the picture, and (1, 3, height, width) of that box.
    """
    field = receptive_field(model.backbone.spec, model.layer)
    channel, row, column = unit
    box = field.box(row, column).clipped(*pixels.shape[-2:])
    around = box.aligned(field.jump)
    part = pixels[..., around.top : around.bottom, around.left : around.right]
    gradient = attribute(model, part, (channel, row - around.top // field.jump, column - around.left // field.jump), method)
    return box, gradient[..., box.top - around.top :, box.left - around.left :]
