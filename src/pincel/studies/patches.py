"""Of many photographs, the patches that excite each channel of a layer most, and which of their pixels did it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.errors import OptionError, PictureError, PictureUnreadableError, unknown_name
from pincel.files import one_line, quoted
from pincel.images.folder import list_pictures
from pincel.images.formats import SUFFIXES
from pincel.images.io import to_pil
from pincel.samples import PREFIX
from pincel.sources import open_picture
from pincel.studies.attribution import METHODS, CaptumModel, attribute_in_field
from pincel.studies.declarations import PatchesOptions
from pincel.studies.features import WHITE, check_size, features, load_input, load_network, network_input
from pincel.studies.mosaic import cut_patch, outline, patch_tile, patch_vector, saliency_image
from pincel.studies.patch_results import MarkedPhotograph, Patch, PatchResults
from pincel.studies.patches_page import DEFAULT, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.receptive_field import PixelBox, receptive_field
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.top_activations import NO_PICTURE, TopActivations, check_channels, read_channels, select_channels

# Instead of an explanation.
NOTHING = "none"


@dataclass
class _Search:
    """What has been found while photographs went by."""

    strongest: dict[str, TopActivations]
    files: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def study(sources: Sequence[str], options: PatchesOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Find the patches that excite channels most, one from each photograph, and explain them.

    Every photograph is opened, looked at and forgotten; only those that hold a patch to be shown are opened again.

    Raises:
        OptionError: For a channel the layer does not have, or if there is no photograph at all.
        UnknownNameError: For a layer the network does not have.
        PictureMissingError: For a file that is not there.
        PictureUnreadableError: If none of the photographs can be looked at.
    """
    if options.explain not in (*METHODS, NOTHING):
        raise unknown_name("explanation", options.explain, (*METHODS, NOTHING))
    layers = select_layers(settings.spec, options.layers, DEFAULT)
    wanted = read_channels(options.channels)
    for name in layers:
        check_channels(wanted, name, settings.spec.layer(name).channels)
    files = photographs(sources, recursive=options.recursive)
    backbone = load_network(settings)
    hall = _gone_by(files, backbone, layers, options.top, settings, progress)
    if not hall.files:
        raise _none_readable(hall, progress)
    shown = {name: select_channels(wanted, hall.strongest[name]) for name in layers}
    patches = _cut_out(hall, shown, backbone, options.explain, settings, progress)
    seen = _one_photograph(hall, shown, patches, backbone, settings)
    found = PatchResults(shown, hall.strongest, patches, hall.files, hall.skipped, hall.duplicates, len(files))
    return page(found, seen, settings, {"layers": list(layers), **_told(options)}, progress.stopped)


def photographs(sources: Sequence[str], *, recursive: bool = False) -> list[str]:
    """Return the photographs that folders, files and samples stand for, each once, in natural order within a folder.

    Raises:
        OptionError: If there is none, or a folder cannot be read.
        PictureMissingError: For a file that is not there, with the closest name that is.
    """
    files = [file for source in sources for file in _inside(source, recursive=recursive)]
    if not files:
        hint = "another folder" if recursive else "--recursive, if they are in folders inside it"
        given = ", ".join(quoted(source) for source in sources) or "nothing"
        raise OptionError(one_line("photographs: there is none", given, f"a folder with {', '.join(sorted(SUFFIXES))}", hint))
    return list(dict.fromkeys(files))


def _inside(source: str, *, recursive: bool) -> Iterator[str]:
    if source.startswith(PREFIX) or not Path(source).is_dir():
        if not source.startswith(PREFIX) and not Path(source).exists():
            # Says what is missing, and which name was perhaps meant.
            open_picture(source, "photograph")
        yield source
        return
    try:
        yield from map(str, list_pictures(Path(source), recursive=recursive).paths)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(
            one_line(f"photographs: a folder cannot be read ({reason})", quoted(source), "a folder", "another one")
        ) from error


def _gone_by(
    files: Sequence[str], backbone: VGG, layers: Sequence[str], top: int, settings: StudySettings, progress: ProgressReporter
) -> _Search:
    """Look at all photographs, one after the other; those that cannot be looked at, and copies, are left out."""
    hall = _Search({name: TopActivations.empty(settings.spec.layer(name).channels, top) for name in layers})
    known: set[str] = set()
    for file in progress.track("looking at photographs", files):
        try:
            picture = load_input(file, settings, "photograph")
            check_size(backbone, picture, layers)
        except PictureError as error:
            hall.skipped.append((file, str(error)))
            progress.note(f"Left out: {error}")
            continue
        if picture.sha256 in known:
            hall.duplicates.append(file)
            continue
        known.add(picture.sha256)
        with torch.no_grad():
            for name, answer in backbone.iter_features(network_input(picture, backbone), layers):
                hall.strongest[name] = hall.strongest[name].updated(answer, len(hall.files))
        hall.files.append(file)
    return hall


def _none_readable(hall: _Search, progress: ProgressReporter) -> PictureError:
    """Return the error for a folder of which nothing can be used, or that was left at once."""
    if not hall.skipped:
        return PictureUnreadableError(one_line("photographs: ended before the first", progress.stopped, "one photograph or more", "again"))
    file, reason = hall.skipped[0]
    given = f"{len(hall.skipped)} files, the first {quoted(file)} ({reason.split(' · ', 1)[0]})"
    return PictureUnreadableError(one_line("photographs: none can be looked at", given, "pictures", "other files, or a larger --size"))


def _cut_out(
    hall: _Search, shown: dict[str, tuple[int, ...]], backbone: VGG, explain: str, settings: StudySettings, progress: ProgressReporter
) -> list[Patch]:
    """Open again the photographs that hold a patch, each once, and cut the patches out; explain them for as long as one may."""
    places: dict[int, list[tuple[str, int, int]]] = {}
    for name, channels in shown.items():
        best = hall.strongest[name]
        for channel in channels:
            for rank, number in enumerate(best.pictures[channel].tolist()):
                # An answer of nothing excites nobody.
                if number != NO_PICTURE and float(best.values[channel, rank]) > 0:
                    places.setdefault(number, []).append((name, channel, rank))
    scissors = _PatchCutter(hall, backbone, explain)
    done, total = 0, sum(len(each) for each in places.values())
    progress.update("cutting out and explaining patches", done, total)
    patches: list[Patch] = []
    for number, entries in sorted(places.items()):
        try:
            pixels = network_input(load_input(hall.files[number], settings, "photograph"), backbone)
        except PictureError as error:
            hall.skipped.append((hall.files[number], str(error)))
            progress.note(f"Gone since it was looked at: {error}")
            continue
        for entry in entries:
            patches.append(scissors.patch(pixels, entry, explaining=not progress.stopped))
            done += 1
            progress.update("cutting out and explaining patches", done, total)
    order = list(shown)
    return sorted(patches, key=lambda patch: (order.index(patch.layer), patch.channel, patch.rank))


class _PatchCutter:
    """Cuts patches out of photographs, and explains them with one module a layer."""

    def __init__(self, hall: _Search, backbone: VGG, explain: str) -> None:
        self._hall, self._backbone, self._explain = hall, backbone, explain
        self._eyes: dict[str, CaptumModel] = {}
        self._mean = torch.tensor(backbone.spec.mean)

    def patch(self, pixels: Tensor, entry: tuple[str, int, int], *, explaining: bool) -> Patch:
        layer, channel, rank = entry
        best = self._hall.strongest[layer]
        number, row, column = (int(each[channel, rank]) for each in (best.pictures, best.rows, best.columns))
        box = receptive_field(self._backbone.spec, layer).box(row, column)
        patch = cut_patch(pixels, box, self._mean)
        return Patch(
            layer=layer,
            channel=channel,
            rank=rank + 1,
            number=number,
            file=self._hall.files[number],
            value=float(best.values[channel, rank]),
            position=(row, column),
            box=box,
            tile=patch_tile(patch / WHITE),
            vector=patch_vector(patch.cpu(), self._mean),
            explanation=self._explained(pixels, (channel, row, column), layer, box) if explaining else None,
        )

    def _explained(self, pixels: Tensor, unit: tuple[int, int, int], layer: str, box: PixelBox) -> Image.Image | None:
        if self._explain == NOTHING:
            return None
        if layer not in self._eyes:
            self._eyes[layer] = CaptumModel(self._backbone, layer)
        inside, slope = attribute_in_field(self._eyes[layer], pixels, unit, self._explain)
        there = PixelBox(box.top - inside.top, box.left - inside.left, box.bottom - inside.top, box.right - inside.left)
        return patch_tile(saliency_image(cut_patch(slope, there, torch.zeros(3))))


def _one_photograph(
    hall: _Search, shown: dict[str, tuple[int, ...]], patches: Sequence[Patch], backbone: VGG, settings: StudySettings
) -> MarkedPhotograph | None:
    """Choose the photograph with patches in most layers, and mark in it what excites one channel shown of each layer most."""
    if not patches:
        return None
    layers_of = {patch.number: {each.layer for each in patches if each.number == patch.number} for patch in patches}
    number = max(sorted(layers_of), key=lambda each: len(layers_of[each]))
    picture = load_input(hall.files[number], settings, "photograph")
    answers = features(backbone, picture, shown)
    boxes = []
    for name, channels in shown.items():
        # Channels differ in how loud they are; each is compared with its own best.
        best = hall.strongest[name].values[list(channels), 0].clamp(min=1e-12)
        peaks = answers[name][0, list(channels)].flatten(1).cpu()
        winner = int((peaks.amax(1) / best).argmax())
        row, column = divmod(int(peaks[winner].argmax()), answers[name].shape[-1])
        boxes.append((name, channels[winner], receptive_field(settings.spec, name).box(row, column)))
    # The large ones first, so that the small ones lie over them.
    drawn = outline(to_pil(picture.pixels), [(f"{name} · {channel}", box) for name, channel, box in reversed(boxes)])
    return MarkedPhotograph(hall.files[number], drawn, [(name, channel) for name, channel, _ in boxes])


def _told(options: PatchesOptions) -> dict[str, object]:
    return {"channels": options.channels, "top": options.top, "explain": options.explain, "recursive": options.recursive}
