"""What a network is, as plain data in the header of its file: its operations, what it was trained to do, where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pincel.backbones.specs import ModelSpec
from pincel.errors import OptionError
from pincel.feedforward.stages import NORMS, OUTPUTS, PADDINGS, Op, build_ops
from pincel.files import one_line, quoted

NetworkKind: TypeAlias = Literal["one-style", "any-style"]


@dataclass(frozen=True)
class NetworkSpec:
    """A network that stylizes.

    Attributes:
        kind: ``one-style`` has the style it was trained for, ``any-style`` that of an image given with the content.
        name: What it is called.
        stages: Its layers, from pixels to pixels; of an any-style network, from features to pixels. See :mod:`pincel.feedforward.stages`.
        padding: ``reflect`` or ``reflect-start``.
        norm: ``instance`` or ``none``.
        output: ``tanh`` or ``linear``.
        encoder: Of an any-style network, the backbone whose features it works on, normalized.
        encoder_hash: Fingerprint of that backbone's weights.
        layer: The layer whose statistics are the style.
        transform: How features are given them: a name of :data:`pincel.feedforward.transforms.TRANSFORMS`.
        styles: What it was trained after: name, sha256, width and height of each picture.
        recipe: How it was trained, as plain data.
        trained: The outcome: steps, seconds, J and its terms, on which pictures.
        pincel: Version that trained it.
    """

    kind: NetworkKind
    name: str
    stages: str
    padding: Literal["reflect", "reflect-start"] = "reflect"
    norm: Literal["instance", "none"] = "instance"
    output: Literal["tanh", "linear"] = "tanh"
    encoder: str = ""
    encoder_hash: str = ""
    layer: str = ""
    transform: Literal["adain", "wct"] = "adain"
    styles: tuple[Mapping[str, Any], ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    trained: Mapping[str, Any] = field(default_factory=dict)
    pincel: str = ""

    def decoder_ops(self, channels: int = 3) -> tuple[Op, ...]:
        """Return the operations of the trained weights, for so many input channels."""
        for value, known in ((self.padding, PADDINGS), (self.norm, NORMS), (self.output, OUTPUTS)):
            if value not in known:
                raise OptionError(one_line("network: has no such part", quoted(value), " or ".join(known), "another file"))
        ops = build_ops(self.stages, padding=self.padding, norm=self.norm, output=self.output, channels=channels)
        # A linear output is trained to be near 1 for white, so that its filters have usual magnitudes.
        return (*ops, Op("scale", before=3, after=3)) if self.output == "linear" else ops


def encoder_ops(spec: ModelSpec, layer: str) -> tuple[Op, ...]:
    """Return the operations of a backbone up to a layer, with reflection padding and odd sizes rounded up.

    Args:
        spec: Of the backbone: convolutions of 3×3, ReLUs and poolings of 2×2.
        layer: The last.

    Raises:
        OptionError: For a backbone of other parts.
    """
    ops: list[Op] = []
    channels = 3
    for each in spec.up_to((spec.layer(layer, "layer").name,)):
        if each.kind == "conv" and each.kernel == 3:
            ops += [Op("pad", before=channels, after=channels, amount=1), Op("conv", each.name, channels, each.channels, 3)]
            channels = each.channels
        elif each.kind == "relu":
            ops.append(Op("relu", before=channels, after=channels))
        elif each.kind == "pool":
            ops.append(Op("pool", before=channels, after=channels, kernel=2, stride=2))
        else:
            raise OptionError(
                one_line("network: its encoder has other parts than a VGG", quoted(spec.name), "vgg19, vgg16", "--encoder vgg19")
            )
    return tuple(ops)
