"""Pictures in, painted pictures out.

::

    network = read_painter("any.safetensors")
    painting = paint(network, load_picture("photo.jpg"), [(load_picture("painting.jpg"), 1.0)])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from pincel.errors import OptionError, PictureSizeError
from pincel.feedforward.network import Network
from pincel.feedforward.run import Spread
from pincel.feedforward.tiles import Tell, appetite, choose_side, painted, untold
from pincel.files import one_line
from pincel.functional.color import color_statistics, pca, pool_statistics, with_luminance_of
from pincel.images.picture import Picture

Color: TypeAlias = Literal["style", "content", "luminance"]
COLORS = ("style", "content", "luminance")
Weighted: TypeAlias = Sequence[tuple[Picture, float]]


@dataclass(frozen=True)
class Manner:
    """How a picture is painted.

    Attributes:
        strength: Of an any-style network, how far features are brought to the style's: 0 paints the photograph as it is, but for what the
            network cannot draw, 1 as the paper does.
        color: Whose colors: as the painting brings them; the photograph's, to which the painting's are matched before; or the
            photograph's with only its brightness repainted.
    """

    strength: float = 1.0
    color: Color = "style"

    def checked(self, network: Network, styles: int) -> Manner:
        """Return it if a network can paint so.

        Args:
            network: It.
            styles: How many it is shown.

        Raises:
            OptionError: For a strength outside [0, 1], an unknown color, or what a one-style network knows nothing of.
        """
        if not 0 <= self.strength <= 1:
            raise OptionError(one_line("strength: is out of range", f"{self.strength:g}", "a number from 0 to 1", "--strength 0.7"))
        if self.color not in COLORS:
            raise OptionError(one_line("color: is none of ours", self.color, ", ".join(COLORS), "--color luminance"))
        single = network.card.kind == "one-style"
        if single and styles:
            failed = f"style: the network {network.card.name} has learned one and takes no other"
            raise OptionError(
                one_line(failed, f"{styles} style picture(s)", "no style", "leave the style out, or take an any-style network")
            )
        if not single and not styles:
            failed = f"style: the network {network.card.name} paints after a picture"
            raise OptionError(one_line(failed, "none", "one style picture or more", "pincel quick PHOTO PAINTING -o OUT"))
        if single and (self.strength != 1 or self.color == "content"):
            failed, hint = f"network: {network.card.name} has learned one style, as it is", "--color luminance, or an any-style network"
            given = f"strength {self.strength:g}, color {self.color}"
            raise OptionError(one_line(failed, given, "strength 1, color style or luminance", hint))
        return self


def paint(
    network: Network,
    content: Picture,
    styles: Weighted = (),
    manner: Manner | None = None,
    *,
    budget: int | None = None,
    tell: Tell = untold,
) -> Tensor:
    """Paint a photograph in one go.

    Args:
        network: It, on the device where the work is to be done.
        content: The photograph, in the size of the result.
        styles: What an any-style network paints after, with weights of 0 or more; several are mixed.
        manner: How.
        budget: Bytes it may take; larger pictures are painted in tiles, to the same picture but for rounding. As many as it needs when left
            out.
        tell: Told how many tiles of how many are done.

    Returns:
        (1, 3, H, W) in [0, 1], on the CPU.

    Raises:
        OptionError: For what the network cannot do.
        PictureSizeError: If the picture is smaller than the network's padding.
        MemoryLimitError: If the memory is not enough even for small tiles.
    """
    chosen = (manner or Manner()).checked(network, len(styles))
    check_size(network, content)
    side = 0 if budget is None else choose_side(network, content.height, content.width, budget)
    shown = matched(styles, content) if chosen.color == "content" else styles
    target = style_of(network, shown, budget) if network.eye else None
    device = next(iter(network.own.values())).device
    result = painted(network, content.pixels.to(device), target, chosen.strength, side, tell).cpu()
    return with_luminance_of(content.pixels, result) if chosen.color == "luminance" else result


def check_size(network: Network, picture: Picture) -> None:
    """Raise PictureSizeError for a picture that is smaller than what is mirrored of it."""
    least = network.smallest
    if min(picture.height, picture.width) < least:
        given = f"{picture.width}×{picture.height} pixels"
        failed = f"picture: too small for the network {network.card.name}"
        raise PictureSizeError(one_line(failed, given, f"{least} pixels or more on each side", "a larger --size"))


def matched(styles: Weighted, content: Picture) -> list[tuple[Picture, float]]:
    """Give style pictures the colors of the content: their mean and covariance."""
    wanted = pool_statistics([(color_statistics(content.pixels), 1.0)])
    return [(Picture(pca(style.pixels, wanted).clamp(0, 1), style.alpha, style.name, style.sha256), weight) for style, weight in styles]


def style_of(network: Network, styles: Weighted, budget: int | None = None) -> Spread:
    """Return what the network takes for the style of some pictures: the weighted mean of their means and deviations.

    It is the same as to mix what becomes of a photograph after each of them, before it is drawn (Huang, Belongie 2017, section 7.3).

    Raises:
        OptionError: If no weight is above 0, or one is no number of 0 or more.
    """
    weights = [weight for _, weight in styles]
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
        given = ", ".join(f"{weight:g}" for weight in weights)
        raise OptionError(one_line("style: weights that cannot be", given, "numbers of 0 or more, one above 0", "painting.jpg=0.7"))
    seen = [(seen_style(network, style, budget), weight / sum(weights)) for style, weight in styles if weight > 0]
    mean = torch.stack([share * each.mean for each, share in seen]).sum(0)
    deviation = torch.stack([share * each.deviation for each, share in seen]).sum(0)
    still = Spread(mean, torch.zeros_like(mean))
    # A variance whose root, with what is added to it, is that deviation.
    return Spread(mean, deviation.square() - still.deviation.square())


def seen_style(network: Network, style: Picture, budget: int | None = None) -> Spread:
    """Return means and deviations of one picture at the layer of an any-style network."""
    assert network.eye is not None
    check_size(network, style)
    if budget is not None and appetite(network, style.height, style.width) > budget:
        failed, given = "style: too large to be looked at in this memory", f"{style.width}×{style.height} pixels"
        raise PictureSizeError(one_line(failed, given, "fewer pixels", "a smaller --style-size, or more --memory"))
    device = next(iter(network.own.values())).device
    with torch.no_grad():
        vgg, layer = network.eye.vgg, network.eye.layer
        return Spread.of(vgg.features(255 * style.pixels.to(device), (layer,))[layer])
