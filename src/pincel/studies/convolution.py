"""A convolution step by step: the numbers of a small crop, the kernel, every product, the sums, the bias, ReLU."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError, PictureSizeError, unknown_name
from pincel.files import one_line
from pincel.images.io import LoadedImage as Opened
from pincel.images.io import Source, to_pil
from pincel.studies.convolution_page import ConvolutionContent, page
from pincel.studies.convolution_volume import FilterStack
from pincel.studies.declarations import ConvolutionOptions
from pincel.studies.features import WHITE, features, load_input, load_network
from pincel.studies.heatmaps import apply_colormap, normalize_maps, signed_picture
from pincel.studies.kernels import KERNEL_NAMES, KERNELS, brightness, filter_image
from pincel.studies.layer_stats import most_varied
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.studies.worked_example import highest_contrast, most_telling_filter, work_out
from pincel.translation import Note, untranslated
from pincel.translation import gettext_lazy as _

# More numbers side by side than this cannot be read.
MOST = 14
# Rows and columns of a crop beyond the kernel, by default.
AROUND = 3


def study(source: Source, options: ConvolutionOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Work out a convolution by hand, and compare with the network.

    Raises:
        OptionError: For a filter, place or crop out of range, or too large to be written out.
        UnknownNameError: For a kernel there is not.
        PictureError: If the picture cannot be used, or is smaller than the crop.
    """
    _check(options, settings.spec)
    picture = load_input(source, settings)
    progress.update(Note(_("working out a convolution")), 0, 2)
    report = _by_hand(options, picture, settings) if options.kernel is not None else _by_network(options, picture, settings)
    progress.update(Note(_("working out a convolution")), 2, 2)
    return report


def _check(options: ConvolutionOptions, spec: ModelSpec) -> None:
    """Check the options before anything is loaded."""
    if options.kernel is not None and options.kernel not in KERNELS:
        raise unknown_name("kernel", options.kernel, KERNELS)
    if options.kernel is not None and options.channel is not None:
        given = f"--kernel {options.kernel} --filter {options.channel}"
        raise OptionError(
            one_line("convolution: one kernel at a time", given, "--kernel, or --filter", f"--filter {options.channel} alone")
        )
    first = spec.layers[0]
    if options.kernel is None and first.step > 1:
        failed = f"convolution: {first.name} of {spec.name} leaves out pixels, and is not worked out place by place"
        raise OptionError(
            one_line(failed, f"--backbone {spec.name}", "a network that looks at every pixel", "--backbone vgg19, or --kernel")
        )
    count = first.channels
    if options.channel is not None and not 0 <= options.channel < count:
        failed = f"convolution: {spec.name} has no such filter in {spec.layers[0].name}"
        raise OptionError(one_line(failed, f"--filter {options.channel}", f"0 to {count - 1}", "--filter 0"))


def parse_position(at: str, picture: Opened) -> tuple[int, int]:
    """Return (row, column) of a position written as ``X,Y``.

    Raises:
        OptionError: If it is no place of the picture.
    """
    parts = [part.strip() for part in at.split(",")]
    accepted = f"X,Y with X from 0 to {picture.width - 1} and Y from 0 to {picture.height - 1}"
    hint = f"--at {picture.width // 2},{picture.height // 2}"
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise OptionError(one_line("convolution: that is no place", f"--at {at}", accepted, hint))
    column, row = (int(part) for part in parts)
    if not (row < picture.height and column < picture.width):
        failed = f"convolution: the place is outside the picture, which has {picture.width}×{picture.height} pixels at this size"
        raise OptionError(one_line(failed, f"--at {at}", accepted, hint))
    return row, column


def crop_side(options: ConvolutionOptions, side: int, picture: Opened) -> int:
    """Return the side of the crop for a kernel of so many rows.

    Raises:
        OptionError: If the kernel does not fit into it, or it has more numbers than can be read.
        PictureSizeError: If the picture is smaller.
    """
    if side > MOST:
        failed = f"convolution: this filter has {side}×{side} numbers a channel, too many to be written down"
        accepted = f"filters of up to {MOST}×{MOST}"
        raise OptionError(one_line(failed, f"--filter {options.channel}", accepted, "--filter 0, or --kernel sobel-vertical"))
    crop = min(side + AROUND, MOST) if options.crop is None else options.crop
    if not side <= crop <= MOST:
        failed = f"convolution: the crop must hold the kernel of {side}×{side}, and be small enough to be read"
        raise OptionError(one_line(failed, f"--crop {crop}", f"{side} to {MOST}", f"--crop {min(side + AROUND, MOST)}"))
    if min(picture.height, picture.width) < crop:
        given = f"{picture.width}×{picture.height} pixels"
        raise PictureSizeError(one_line(f"picture: smaller than the crop of {crop}×{crop}", given, f"{crop} or more", "a larger --size"))
    return crop


def filter_of(backbone: VGG, channel: int) -> tuple[str, Tensor, Tensor]:
    """Return of a filter of the first layer what its weights are called, (1, 3, f, f), and its bias (1,), on the CPU in float64."""
    before = 0
    # A bank of filters has several sizes in one layer, one after the other; any other network has it first.
    groups = list(backbone.weights.items())[: len(backbone.spec.filters) or 1]
    for name, (weight, bias) in groups:
        if channel < before + len(weight):
            only = slice(channel - before, channel - before + 1)
            return name, weight[only].detach().cpu().double(), bias[only].detach().cpu().double()
        before += len(weight)
    raise IndexError(channel)


def network_output(backbone: VGG, picture: Opened, channel: int) -> Tensor:
    """Return the network's own output of one filter of its first layer, before ReLU, (H, W), float64, on the CPU."""
    name, weight, bias = filter_of(backbone, channel)
    alone = replace(backbone, weights={name: (weight, bias)}, winograd={})
    first = backbone.spec.layers[0].name
    with torch.no_grad():
        # Features are handed out as they are when they are this precise.
        return alone.features(WHITE * picture.pixels.double(), [first])[first][0, 0]


def _by_hand(options: ConvolutionOptions, picture: Opened, settings: StudySettings) -> Report:
    """Make the report of a kernel made by hand on the gray picture."""
    kernel = options.kernel or ""
    gray = brightness(picture)
    weight = torch.tensor(KERNELS[kernel], dtype=torch.float64)[None]
    crop = crop_side(options, weight.shape[-1], picture)
    place = parse_position(options.at, picture) if options.at is not None else highest_contrast(gray, crop)
    work = work_out(gray[None], weight, 0.0, place, crop)
    theirs = functional.conv2d(gray[None, None], weight[None], padding=1)[0, 0]
    shown = to_pil((gray / WHITE).expand(3, -1, -1)[None].float())
    whole = [(KERNEL_NAMES[kernel], filter_image(gray, kernel))]
    checked = [(_("torch conv2d, 64 bits"), float(theirs[place]))]
    story = ConvolutionContent(work, ("",), picture, shown, whole, checked, _stack_by_hand(kernel, gray, options.stack))
    subject = _("the kernel {kernel} on the picture in gray")
    return page(story, subject.fill(kernel=kernel), {"kernel": kernel, "filter": None, "stack": options.stack}, settings)


def _by_network(options: ConvolutionOptions, picture: Opened, settings: StudySettings) -> Report:
    """Make the report of a filter of the first layer of a network."""
    backbone = load_network(settings)
    first = backbone.spec.layers[0].name
    fed = backbone.preprocess(WHITE * picture.pixels.double())[0].cpu()
    # By default, place and filter depend on each other: the place is chosen for the smallest filters.
    weight, bias = filter_of(backbone, options.channel or 0)[1:]
    crop = crop_side(options, weight.shape[-1], picture)
    place = parse_position(options.at, picture) if options.at is not None else highest_contrast(brightness(picture), crop)
    answers = features(backbone, picture, [first])[first][0]
    channel = options.channel
    if channel is None:
        weights = next(iter(backbone.weights.values()))[0]
        channel = most_telling_filter(answers, weights, work_out(fed, weight[0], float(bias), place, crop))
        weight, bias = filter_of(backbone, channel)[1:]
    work = work_out(fed, weight[0], float(bias), place, crop)
    exact = network_output(backbone, picture, channel)
    theirs = float(answers[channel, place[0], place[1]])
    checked = [(_("the network, 64 bits"), float(exact[place])), (_("the network, 32 bits"), theirs)]
    whole = [
        (_("before ReLU: middle gray is 0"), signed_picture(exact)),
        (_("after ReLU: dark is 0"), apply_colormap(normalize_maps(exact.clamp(min=0)))),
    ]
    stack = _stack_of_layer(backbone, channel, answers, picture, options.stack)
    story = ConvolutionContent(work, ("R", "G", "B"), picture, to_pil(picture.pixels), whole, checked, stack, first, backbone.spec.mean)
    subject = _("filter {channel} of {layer} of {backbone}")
    filled = subject.fill(channel=channel, layer=first, backbone=settings.backbone)
    return page(story, filled, {"kernel": None, "filter": channel, "stack": options.stack}, settings)


def _stack_by_hand(kernel: str, gray: Tensor, count: int) -> FilterStack:
    """Return a kernel made by hand and the next ones, at most ``count``, with what they answer to a gray picture (H, W)."""
    names = [kernel, *(name for name in KERNELS if name != kernel)]
    weights = torch.tensor([KERNELS[name] for name in names], dtype=torch.float64)[:, None]
    maps = functional.conv2d(gray[None, None], weights, padding=1)[0].clamp(min=0)
    return FilterStack([KERNEL_NAMES[name] for name in names[:count]], weights[:count], maps[:count], weights[:count], gray[None] / WHITE)


def _stack_of_layer(backbone: VGG, channel: int, answers: Tensor, picture: Opened, count: int) -> FilterStack:
    """Return a filter of the first layer and others of its size whose maps vary most, at most ``count``; ``answers`` are (C, H, W)."""
    name = filter_of(backbone, channel)[0]
    sizes = {each: len(weight) for each, (weight, _bias) in backbone.weights.items()}
    before = sum(size for each, size in sizes.items() if list(sizes).index(each) < list(sizes).index(name)) if backbone.spec.filters else 0
    weights = backbone.weights[name][0].detach().cpu().double()
    maps = answers[before : before + len(weights)].clamp(min=0).cpu()
    own = channel - before
    chosen = [own, *(each for each in most_varied(maps[None], count) if each != own)][:count]
    return FilterStack([untranslated(str(before + each)) for each in chosen], weights[chosen], maps[chosen], weights, picture.pixels[0])
