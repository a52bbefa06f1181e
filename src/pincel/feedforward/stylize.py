"""Stylize an image in one pass: several styles, strength, colors, tiles where memory is short.

::

    network = load_stylizer("any.safetensors")
    pixels = stylize(network, load_picture("photo.jpg"), [(load_picture("painting.jpg"), 1.0)])
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
from pincel.feedforward.tiles import TileCallback, choose_side, estimate_memory, no_progress, stylize_pixels
from pincel.feedforward.transforms import Covariance, StyleTarget
from pincel.files import one_line
from pincel.functional.color import color_statistics, pca, pool_statistics, with_luminance_of
from pincel.images.picture import LoadedImage

Color: TypeAlias = Literal["style", "content", "luminance"]
COLORS = ("style", "content", "luminance")
# The greatest strength: features are moved twice as far as in the paper.
STRONGEST = 2
Weighted: TypeAlias = Sequence[tuple[LoadedImage, float]]


@dataclass(frozen=True)
class StylizeOptions:
    """How an image is stylized.

    Attributes:
        strength: Of an any-style network, how far statistics of the features are moved to the style's: 0 reconstructs the content, 1 is as
            in the papers, 2 moves them as far again.
        color: ``style``, its colors; ``content``, those of the content, to which the style's are matched before; ``luminance``, those of
            the content with only its brightness changed.
    """

    strength: float = 1.0
    color: Color = "style"

    def checked(self, network: Network, styles: int) -> StylizeOptions:
        """Return the options if a network has them.

        Args:
            network: The network.
            styles: Number of styles.

        Raises:
            OptionError: For a strength outside [0, 2], an unknown color, or what a one-style network does not have.
        """
        if not 0 <= self.strength <= STRONGEST:
            raise OptionError(
                one_line("is out of range", f"{self.strength:g}", f"a number from 0 to {STRONGEST}", "--strength 0.7"), about="strength"
            )
        if self.color not in COLORS:
            raise OptionError(one_line("is none of ours", self.color, ", ".join(COLORS), "--color luminance"), about="color")
        single = network.spec.kind == "one-style"
        if single and styles:
            failed = f"the network {network.spec.name} has learned one and takes no other"
            raise OptionError(
                one_line(failed, f"{styles} style picture(s)", "no style", "leave the style out, or take an any-style network"),
                about="style",
            )
        if not single and not styles:
            failed = f"the network {network.spec.name} paints after a picture"
            raise OptionError(one_line(failed, "none", "one picture or more", "pincel quick PHOTO PAINTING -o OUT"), about="style")
        if single and (self.strength != 1 or self.color == "content"):
            failed, hint = f"{network.spec.name} has learned one style, as it is", "--color luminance, or an any-style network"
            given = f"strength {self.strength:g}, color {self.color}"
            raise OptionError(one_line(failed, given, "strength 1, color style or luminance", hint), about="network")
        return self


def stylize(
    network: Network,
    content: LoadedImage,
    styles: Weighted = (),
    options: StylizeOptions | None = None,
    *,
    budget: int | None = None,
    on_tile: TileCallback = no_progress,
) -> Tensor:
    """Stylize an image in one pass.

    Args:
        network: The network, on the device to compute on.
        content: The image, in the size of the result.
        styles: Styles of an any-style network, with weights of 0 or more; several are mixed.
        options: Strength and colors.
        budget: Bytes of memory; larger images are processed in tiles, to the same result but for rounding. No limit when left out.
        on_tile: Called with how many tiles are done, and of how many.

    Returns:
        (1, 3, H, W) in [0, 1], on the CPU.

    Raises:
        OptionError: For what the network cannot do.
        PictureSizeError: If the image is smaller than the network's padding.
        MemoryLimitError: If the memory is not enough even for small tiles.
    """
    options = (options or StylizeOptions()).checked(network, len(styles))
    check_size(network, content)
    side = 0 if budget is None else choose_side(network, content.height, content.width, budget)
    matched = match_colors(styles, content) if options.color == "content" else styles
    target = style_target(network, matched, budget) if network.encoder else None
    device = next(iter(network.own.values())).device
    result = stylize_pixels(network, content.pixels.to(device), target, options.strength, side, on_tile).cpu()
    return with_luminance_of(content.pixels, result) if options.color == "luminance" else result


def check_size(network: Network, picture: LoadedImage) -> None:
    """Raise PictureSizeError for an image smaller than the network's padding."""
    least = network.min_side
    if min(picture.height, picture.width) < least:
        given = f"{picture.width}×{picture.height} pixels"
        failed = f"picture: too small for the network {network.spec.name}"
        raise PictureSizeError(one_line(failed, given, f"{least} pixels or more on each side", "a larger --size"))


def match_colors(styles: Weighted, content: LoadedImage) -> list[tuple[LoadedImage, float]]:
    """Give style images mean and covariance of the content's colors."""
    wanted = pool_statistics([(color_statistics(content.pixels), 1.0)])
    return [(LoadedImage(pca(style.pixels, wanted).clamp(0, 1), style.alpha, style.name, style.sha256), weight) for style, weight in styles]


def style_target(network: Network, styles: Weighted, budget: int | None = None) -> StyleTarget:
    """Return what several styles give features: the weighted mean of their means, and of their deviations or roots of covariances.

    With AdaIN this is the same as mixing the features of the content after each of them (Huang, Belongie 2017, section 7.3).

    Raises:
        OptionError: If no weight is above 0, or one is no number of 0 or more.
    """
    weights = [weight for _, weight in styles]
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
        given = ", ".join(f"{weight:g}" for weight in weights)
        raise OptionError(one_line("weights that cannot be", given, "numbers of 0 or more, one above 0", "painting.jpg=0.7"), about="style")
    counted = [(style, weight) for style, weight in styles if weight > 0]
    targets = [network.transform.target(measure_style(network, style, budget)) for style, _ in counted]
    return StyleTarget.mix(targets, [weight / sum(weights) for _, weight in counted])


def measure_style(network: Network, style: LoadedImage, budget: int | None = None) -> Covariance:
    """Return the statistics of one image's features at the layer of an any-style network."""
    assert network.encoder is not None
    check_size(network, style)
    if budget is not None and estimate_memory(network, style.height, style.width) > budget:
        failed, given = "too large to be measured in this memory", f"{style.width}×{style.height} pixels"
        raise PictureSizeError(one_line(failed, given, "fewer pixels", "a smaller --style-size, or more --memory"), about="style")
    device = next(iter(network.own.values())).device
    with torch.no_grad():
        vgg, layer = network.encoder.vgg, network.encoder.layer
        return Covariance.of(vgg.features(255 * style.pixels.to(device), (layer,))[layer])
