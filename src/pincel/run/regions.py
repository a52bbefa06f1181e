"""Which style goes where: masks of the content and of the styles, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.engine.problem import PreservedRegion
from pincel.errors import OptionError, closest
from pincel.images.masks import Mask, downsample_mask, load_mask
from pincel.images.picture import LoadedImage
from pincel.losses.style import Guides
from pincel.recipes.schema import Recipe
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

WHOLE = "everything"
# In a mask of a style, what is for no region: black, as a gray mask has it or one in colors.
UNUSED_LABELS = ("black", "#000000")


@dataclass(frozen=True)
class Regions:
    """Which regions are painted in which style.

    Attributes:
        labels: Of the regions that have a style.
        content: Mask of the result; None where it is one region.
        styles: Of each style picture, region → mask label there, or None for the whole picture. Regions it has nothing to do with are
            left out.
        masks: Of each style picture, if it has one.
    """

    labels: tuple[str, ...]
    content: Mask | None
    styles: tuple[Mapping[str, str | None], ...]
    masks: tuple[Mask | None, ...]

    @property
    def sources(self) -> dict[str, str]:
        """Path → SHA-256 of the masks."""
        return {mask.path: mask.sha256 for mask in (self.content, *self.masks) if mask}

    def painted(self, size: tuple[int, int]) -> Tensor | None:
        """Return which part of a result of (height, width) is painted, (1, 1, H, W) from 0 to 1; None for all of it."""
        if self.content is None:
            return None
        shares = self.content.resized(size).regions
        painted = torch.stack([shares[label] for label in self.labels]).sum(0).clamp(0, 1)
        return None if bool((painted == 1).all()) else painted

    def preserved(self, picture: LoadedImage, white: float) -> PreservedRegion | None:
        """Return what is kept of a content picture: the regions without style. None if everything is painted."""
        painted = self.painted((picture.height, picture.width))
        return None if painted is None else PreservedRegion(picture.pixels, painted, white)

    def content_guides(self, size: tuple[int, int], geometry: Geometry, device: torch.device) -> Guides:
        """Return where each region is in the layers of a result of (height, width)."""
        shares = None if self.content is None else self.content.resized(size).regions
        return geometry.guides([_ones(size) if shares is None else shares[label] for label in self.labels], size, device)

    def style_guides(self, index: int, size: tuple[int, int], geometry: Geometry, device: torch.device) -> Guides:
        """Return where each region's style is in the layers of a style picture brought to (height, width); nowhere if it is not there."""
        mask, wanted = self.masks[index], self.styles[index]
        shares = {} if mask is None else mask.resized(size).regions
        places = []
        for label in self.labels:
            if label not in wanted:
                places.append(torch.zeros(1, 1, *size))
            else:
                own = wanted[label]
                places.append(_ones(size) if own is None else shares[own])
        return geometry.guides(places, size, device)


@dataclass(frozen=True)
class Geometry:
    """How regions of a picture become regions of layers.

    Attributes:
        backbone: The network.
        layers: Their names.
        how: ``simple``, ``all`` or ``inside``.
    """

    backbone: Backbone
    layers: frozenset[str]
    how: str

    def guides(self, shares: Sequence[Tensor], size: tuple[int, int], device: torch.device) -> Guides:
        """Bring shares of a picture of (height, width) to every layer."""
        squares = {}
        for name in self.layers:
            layer = self.backbone.spec.layer(name)
            height, width = (self.backbone.output_size(length, layer.stride) for length in size)
            placed = [downsample_mask(share, layer.stride, layer.receptive_field, (height, width), self.how) for share in shares]
            squares[name] = torch.cat(placed).square().to(device)
        return Guides(squares, {name: square.double().sum((1, 2, 3)) for name, square in squares.items()})


def _ones(size: tuple[int, int]) -> Tensor:
    return torch.ones(1, 1, *size)


def make_regions(
    recipe: Recipe, content: LoadedImage, styles: Sequence[tuple[LoadedImage, float]], notify: Callable[[str], None]
) -> Regions | None:
    """Read the masks a recipe names, and put them together.

    Without style masks, the first style is for the first region, the second for the second: white before black, colors as they are sorted.
    With them, a region of the content is painted after the regions of the same label, and a style without a mask is used for all of them.

    Returns:
        None if there are no masks.

    Raises:
        OptionError: For more masks than styles, styles without a region, labels that the content does not have, or no region with a style.
    """
    if not recipe.content_mask and not recipe.style_mask:
        return None
    if len(recipe.style_mask) > len(styles):
        raise OptionError(f"There are {len(recipe.style_mask)} style masks for {len(styles)} style pictures; give at most one for each.")
    given = [load_mask(path, "style_mask") for path in recipe.style_mask]
    masks = (*given, *[None] * (len(styles) - len(given)))
    mask = load_mask(recipe.content_mask, "content_mask") if recipe.content_mask else None
    for each, picture in ((mask, content), *zip(masks, (style for style, _weight in styles), strict=True)):
        if each and each.size != (picture.height, picture.width):
            text = _("{mask}: {across}×{down}, resized to {name}, {width}×{height}.")
            sizes = {"across": each.size[1], "down": each.size[0], "width": picture.width, "height": picture.height}
            notify(Note(text, mask=each.name, name=picture.name, **sizes))
    assigned = _assigned(mask, masks)
    weights = [weight for _, weight in styles]
    known = tuple(mask.regions) if mask else (WHOLE,)
    labels = tuple(label for label in known if any(label in own for own, weight in zip(assigned, weights, strict=True) if weight > 0))
    if not labels:
        raise OptionError(f"No region of the content has a style: {mask.name if mask else 'the mask'} has {', '.join(known)} only.")
    return Regions(labels, mask, assigned, masks)


def _assigned(mask: Mask | None, masks: Sequence[Mask | None]) -> tuple[dict[str, str | None], ...]:
    if mask is None:
        return tuple({WHOLE: _only(each)} for each in masks)
    labels = tuple(mask.regions)
    if not any(masks):
        if "white" in labels or "black" in labels:
            # A mask that is all white or all black still has its regions in this order.
            labels = ("white", "black")
        if len(masks) > len(labels):
            raise OptionError(
                f"There are {len(masks)} styles for the {len(labels)} regions of {mask.name} ({', '.join(labels)}); "
                "leave some out, or say with --style-mask where they belong."
            )
        return tuple({label: None} for label, _ in zip(labels, masks, strict=False))
    strange = [(each, label) for each in masks if each for label in each.regions if label not in labels and label not in UNUSED_LABELS]
    for each, label in strange:
        raise OptionError(f"{each.name} has a region {label}, and {mask.name} has none: {', '.join(labels)}.{closest(label, labels)}")
    return tuple(dict.fromkeys(labels) if each is None else {label: label for label in each.regions if label in labels} for each in masks)


def _only(mask: Mask | None) -> str | None:
    if mask is None:
        return None
    if "white" not in mask.regions:
        raise OptionError(
            f"{mask.name} has the regions {', '.join(mask.regions)}; without --content-mask the white one is used, and there is none."
        )
    return "white"
