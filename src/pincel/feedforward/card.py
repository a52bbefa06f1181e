"""What a network is: its parts, what it was trained to do, and where it comes from. Goes with the weights, in the header of their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pincel.backbones.cards import Card
from pincel.errors import OptionError
from pincel.feedforward.stages import NORMS, OUTPUTS, PADDINGS, Op, operations
from pincel.files import one_line, quoted

NetKind: TypeAlias = Literal["one-style", "any-style"]


@dataclass(frozen=True)
class NetCard:
    """A network that paints.

    Attributes:
        kind: ``one-style`` paints what it was trained for, ``any-style`` what it is shown.
        name: What it is called.
        stages: Its parts, from pixels to pixels; of an any-style network, from features to pixels. See :mod:`pincel.feedforward.stages`.
        padding: ``reflect`` or ``reflect-start``.
        norm: ``instance`` or ``none``.
        output: ``tanh`` or ``linear``.
        encoder: Of an any-style network, the backbone that sees for it, normalized.
        encoder_hash: Fingerprint of that backbone's weights.
        layer: The layer whose means and deviations are the style.
        styles: What it was trained after: name, sha256, width and height of each picture.
        recipe: How it was trained, as plain data.
        trained: What came of it: steps, seconds, J and its terms, on which pictures.
        pincel: Version that trained it.
    """

    kind: NetKind
    name: str
    stages: str
    padding: Literal["reflect", "reflect-start"] = "reflect"
    norm: Literal["instance", "none"] = "instance"
    output: Literal["tanh", "linear"] = "tanh"
    encoder: str = ""
    encoder_hash: str = ""
    layer: str = ""
    styles: tuple[Mapping[str, Any], ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    trained: Mapping[str, Any] = field(default_factory=dict)
    pincel: str = ""

    def decoder(self, channels: int = 3) -> tuple[Op, ...]:
        """Return what its own weights do, from so many channels on."""
        for value, known in ((self.padding, PADDINGS), (self.norm, NORMS), (self.output, OUTPUTS)):
            if value not in known:
                raise OptionError(one_line("network: has no such part", quoted(value), " or ".join(known), "another file"))
        ops = operations(self.stages, padding=self.padding, norm=self.norm, output=self.output, channels=channels)
        # What comes out linear is trained to be near 1 for white: filters of a usual size, whatever gray levels are.
        return (*ops, Op("scale", before=3, after=3)) if self.output == "linear" else ops


def encoder(card: Card, layer: str) -> tuple[Op, ...]:
    """Return what a backbone does up to a layer, the picture mirrored at the border and odd sizes rounded up.

    Args:
        card: Of the backbone: convolutions of 3×3, ReLUs and poolings of 2×2.
        layer: The last.

    Raises:
        OptionError: For a backbone of other parts.
    """
    ops: list[Op] = []
    channels = 3
    for each in card.up_to((card.layer(layer, "layer").name,)):
        if each.kind == "conv" and each.kernel == 3:
            ops += [Op("pad", before=channels, after=channels, amount=1), Op("conv", each.name, channels, each.channels, 3)]
            channels = each.channels
        elif each.kind == "relu":
            ops.append(Op("relu", before=channels, after=channels))
        elif each.kind == "pool":
            ops.append(Op("pool", before=channels, after=channels, kernel=2, stride=2))
        else:
            raise OptionError(
                one_line("network: its encoder has other parts than a VGG", quoted(card.name), "vgg19, vgg16", "--encoder vgg19")
            )
    return tuple(ops)
