"""The patches that a search has found, cut out of their photographs and explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.errors import PictureError
from pincel.images.io import to_pil
from pincel.studies.attribution import CaptumModel, attribute_in_field
from pincel.studies.features import WHITE, features, network_input
from pincel.studies.mosaic import cut_patch, outline, patch_tile, patch_vector, saliency_image
from pincel.studies.patch_search import PatchSearch, reduce_picture
from pincel.studies.photographs import LEAF, load_photograph
from pincel.studies.progress import ProgressReporter
from pincel.studies.receptive_field import PixelBox, receptive_field
from pincel.studies.settings import StudySettings
from pincel.studies.top_activations import NO_PICTURE
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Instead of an explanation.
NOTHING = "none"
_CUTTING = _("cutting out and explaining patches")


@dataclass(frozen=True)
class Patch:
    """A patch that activates a channel strongly.

    Attributes:
        layer: Of the channel.
        channel: From 0.
        rank: 1 for the strongest.
        number: Of the photograph.
        file: Of the photograph.
        value: The activation.
        reduction: At which size of the photograph: 1 as it is, 2 at half its sides, and so on.
        position: (row, column) in the layer, at that size.
        box: The receptive field of that position, in pixels at that size, the part beyond the border included.
        tile: The patch as a picture.
        vector: The patch as it is compared with others.
        explanation: Which pixels caused the activation, as a picture.
    """

    layer: str
    channel: int
    rank: int
    number: int
    file: str
    value: float
    reduction: int
    position: tuple[int, int]
    box: PixelBox
    tile: Image.Image
    vector: Tensor
    explanation: Image.Image | None


@dataclass(frozen=True)
class PatchResults:
    """A search, the channels shown of each layer (shallow to deep), and their patches in order of layer, channel and rank."""

    search: PatchSearch
    shown: Mapping[str, tuple[int, ...]]
    patches: Sequence[Patch]

    def of(self, layer: str, channel: int) -> list[Patch]:
        """Return the patches of a channel, strongest first."""
        return [patch for patch in self.patches if (patch.layer, patch.channel) == (layer, channel)]


class PatchCutter:
    """Cuts patches out of photographs and explains them, with one :class:`CaptumModel` a layer."""

    def __init__(self, search: PatchSearch, backbone: VGG, method: str) -> None:
        self._search, self._backbone, self._method = search, backbone, method
        self._models: dict[str, CaptumModel] = {}
        self._mean = torch.tensor(backbone.spec.mean)

    def cut_all(self, shown: Mapping[str, Sequence[int]], settings: StudySettings, progress: ProgressReporter) -> list[Patch]:
        """Return the patches of channels in order of layer, channel and rank.

        Each photograph is opened once; one that is gone by now is left out. After a request to end, patches are no longer explained.
        """
        places = self._places(shown)
        done, total = 0, sum(len(each) for each in places.values())
        progress.update(Note(_CUTTING), done, total)
        patches: list[Patch] = []
        for number, entries in sorted(places.items()):
            file = self._search.files[number]
            try:
                picture = load_photograph(file, settings)
            except PictureError as error:
                self._search.skip(file, error, progress, _("Gone since the folder was searched"))
                continue
            sizes = {reduction: network_input(reduce_picture(picture, reduction), self._backbone) for reduction in self._search.reductions}
            for entry in entries:
                patches.append(self._patch(sizes, entry, explaining=not progress.stopped))
                done += 1
                progress.update(Note(_CUTTING), done, total)
        order = list(shown)
        return sorted(patches, key=lambda patch: (order.index(patch.layer), patch.channel, patch.rank))

    def _places(self, shown: Mapping[str, Sequence[int]]) -> dict[int, list[tuple[str, int, int]]]:
        """Return photograph → (layer, channel, rank) of each patch in it; activations of 0 are left out."""
        places: dict[int, list[tuple[str, int, int]]] = {}
        for name, channels in shown.items():
            best = self._search.strongest[name]
            for channel in channels:
                for rank, number in enumerate(best.pictures[channel].tolist()):
                    if number != NO_PICTURE and float(best.values[channel, rank]) > 0:
                        places.setdefault(number, []).append((name, channel, rank))
        return places

    def _patch(self, sizes: Mapping[int, Tensor], entry: tuple[str, int, int], *, explaining: bool) -> Patch:
        layer, channel, rank = entry
        best = self._search.strongest[layer]
        number, reduction, row, column = (int(each[channel, rank]) for each in (best.pictures, best.reductions, best.rows, best.columns))
        pixels = sizes[reduction]
        box = receptive_field(self._backbone.spec, layer).box(row, column)
        patch = cut_patch(pixels, box, self._mean)
        explained = explaining and self._method != NOTHING
        return Patch(
            layer=layer,
            channel=channel,
            rank=rank + 1,
            number=number,
            file=self._search.files[number],
            value=float(best.values[channel, rank]),
            reduction=reduction,
            position=(row, column),
            box=box,
            tile=patch_tile(patch / WHITE),
            vector=patch_vector(patch.cpu(), self._mean),
            explanation=self._explanation(pixels, (channel, row, column), layer, box) if explained else None,
        )

    def _explanation(self, pixels: Tensor, unit: tuple[int, int, int], layer: str, box: PixelBox) -> Image.Image:
        if layer not in self._models:
            self._models[layer] = CaptumModel(self._backbone, layer)
        inside, gradient = attribute_in_field(self._models[layer], pixels, unit, self._method)
        there = PixelBox(box.top - inside.top, box.left - inside.left, box.bottom - inside.top, box.right - inside.left)
        return patch_tile(saliency_image(cut_patch(gradient, there, torch.zeros(3))))


def outline_fields(
    search: PatchSearch, shown: Mapping[str, Sequence[int]], patches: Sequence[Patch], backbone: VGG, settings: StudySettings
) -> tuple[str, Image.Image] | None:
    """Outline, in the photograph with patches in most layers, the receptive field of one strong unit of each layer.

    Returns:
        Its file, and the picture with boxes; None without patches.
    """
    if not patches:
        return None
    layers_of = {patch.number: {each.layer for each in patches if each.number == patch.number} for patch in patches}
    # A photograph rather than a drawn picture.
    number = max(sorted(layers_of), key=lambda each: (not search.files[each].startswith(LEAF), len(layers_of[each])))
    picture = load_photograph(search.files[number], settings)
    maps = features(backbone, picture, shown)
    boxes = []
    for name, channels in shown.items():
        # The magnitudes of channels differ; each is compared with its own largest activation.
        best = search.strongest[name].values[list(channels), 0].clamp(min=1e-12)
        peaks = maps[name][0, list(channels)].flatten(1).cpu()
        winner = int((peaks.amax(1) / best).argmax())
        row, column = divmod(int(peaks[winner].argmax()), maps[name].shape[-1])
        boxes.append((f"{name} · {channels[winner]}", receptive_field(settings.spec, name).box(row, column)))
    # The large ones first, so that the small ones lie over them.
    return search.files[number], outline(to_pil(picture.pixels), boxes[::-1])
