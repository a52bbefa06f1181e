"""The page of the study of a convolution: every number of it, in words that follow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from pincel.images.io import LoadedImage as Opened
from pincel.studies.convolution_figures import crop_image, input_figure, outline_crop, output_figure, products_text, step_figure
from pincel.studies.convolution_sizes import size_rows, size_section
from pincel.studies.convolution_volume import FilterStack, slide_figure, stack_figure, volume_figure
from pincel.studies.features import WHITE
from pincel.studies.kernels import KERNEL_NAMES, KERNELS, brightness, filter_image, kernels_figure
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.worked_example import WorkedConvolution
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Products are written out one by one for kernels up to this side.
WRITTEN = 5
TITLE = _("A convolution, step by step")


@dataclass(frozen=True)
class ConvolutionContent:
    """What the page shows, of a network's filter or of a kernel made by hand.

    Attributes:
        work: The arithmetic.
        names: Of its channels.
        picture: The input.
        shown: It, as an image.
        whole: (caption, picture) of the output for the whole input.
        checked: (who computed it, value) of the output at the place.
        stack: Several filters, and their maps.
        layer: Name of the layer; empty for a kernel made by hand.
        mean: What was taken off each channel.
    """

    work: WorkedConvolution
    names: tuple[str, ...]
    picture: Opened
    shown: Image.Image
    whole: Sequence[tuple[Translated, Image.Image]]
    checked: Sequence[tuple[Translated, float]]
    stack: FilterStack
    layer: str = ""
    mean: tuple[float, ...] = ()


def page(story: ConvolutionContent, subject: Translated, chosen: dict[str, Any], settings: StudySettings) -> Report:
    """Put together the report; ``subject`` names the kernel and its input, ``chosen`` are the options of this study."""
    work = story.work
    row, column = work.place
    cases = size_rows(work, story.stack.layer_weights, story.layer, settings.spec)
    lead = LEAD.fill(subject=subject, x=column, y=row)
    step = [*_input(story), *_step(story), *_check_blocks(story), *_volume(story), *_output(story)]
    blocks = [*step, *_stack(story), *_hand_made(story.picture), *size_section(cases)]
    given = {**settings.as_json(), "picture": story.picture.name, **chosen, "at": f"{column},{row}", "crop": work.crop}
    return Report("convolution", TITLE, lead, blocks, _numbers(story, cases), given)


LEAD = _(
    "All a convolution does is to multiply and add. Here is every number of it: {subject}, at x = {x}, y = {y}, 0 being the first "
    "column and the first row."
)


def _numbers(story: ConvolutionContent, cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    work = story.work
    row, column = work.place
    differences = [{"value": value, "difference": abs(value - work.answer)} for _, value in story.checked]
    return {
        "place": {"x": column, "y": row},
        "input": work.cut.tolist(),
        "kernel": work.weight.tolist(),
        "products": work.products.tolist(),
        "sums": work.sums.tolist(),
        "bias": work.bias,
        "z": work.answer,
        "relu": max(0.0, work.answer),
        "output": work.answers.tolist(),
        "checks": differences,
        "sizes": [{**size, "case": size["case"].text("en")} for size in cases],
    }


def _input(story: ConvolutionContent) -> list[Block]:
    work, names = story.work, story.names
    size = work.crop
    # A kernel made by hand has a border of one row and column, and a gray input.
    planes = work.planes[:, 1:-1, 1:-1] / WHITE if len(names) == 1 else story.picture.pixels[0].double()
    cells = [
        (_("the crop in its frame"), outline_crop(story.shown, work)),
        (_("the crop, {size}×{size}").fill(size=size), crop_image(planes, work)),
    ]
    if len(names) == 1:
        text = _("The numbers are brightness, from 0 to 255.")
        formula = Formula("Y = 0.299 R + 0.587 G + 0.114 B", "ITU-R BT.601")
    else:
        text = _(
            "The numbers are red, green and blue from 0 to 255, less the mean pixel {mean}: this is what the network is fed. Below 0 is "
            "darker than that mean."
        )
        text = text.fill(mean=", ".join(f"{mean:g}" for mean in story.mean))
        formula = Formula(
            _("x = (pixel − mean) / std"), _("Simonyan, Zisserman 2014, section 2.1; std = 1 unless the network says otherwise")
        )
    border = _(" Beyond the edge of the picture there are zeros (padding), and the crop holds some of them.")
    reaches = _reaches_border(work)
    return [
        Heading(_("The input")),
        Sheet("crop", cells, 2, _("Where we look."), height=288, pixelated=True),
        Paragraph(untranslated("{text}{border}").fill(text=text, border=border if reaches else untranslated(""))),
        formula,
        Plot("input", lambda translate: input_figure(work, _channel_names(names, translate)), INPUT),
    ]


INPUT = _("The crop in numbers, a grid for each channel. The frame is where the kernel lies.")


def _channel_names(names: Sequence[str], translate: Translate) -> list[str]:
    return [name or translate(_("gray")) for name in names]


def _reaches_border(work: WorkedConvolution) -> bool:
    border = work.side // 2
    ends = zip(work.corner, work.planes.shape[-2:], strict=True)
    return any(at < border or at + work.crop > length - border for at, length in ends)


def _step(story: ConvolutionContent) -> list[Block]:
    work, names = story.work, story.names
    blocks: list[Block] = [
        Heading(_("One step")),
        Paragraph(
            _(
                "Lay the kernel on the frame, multiply each number by the one under it, add up each channel, add the channels and the "
                "bias. What is below 0 becomes 0: ReLU. The kernel is not flipped: mathematics calls that a cross-correlation, networks a "
                "convolution."
            )
        ),
        Formula("z = Σ_c Σ_ij w_cij · x_c,y+i,x+j + b,   a = max(0, z)", "LeCun et al. 1998; Nair, Hinton 2010"),
        Plot("step", lambda translate: step_figure(work, _channel_names(names, translate), translate), STEP),
    ]
    if work.side <= WRITTEN:
        blocks += [Formula(products_text(work, place), name or "z") for place, name in enumerate(names)]
    return [*blocks, Paragraph(_told(story))]


STEP = _(
    "Window, kernel, products and their sum, channel by channel. Numbers are rounded for reading; nothing was rounded in between. Red is "
    "above 0, blue below."
)


def _told(story: ConvolutionContent) -> Translated:
    """Return a text that says in words what came out."""
    work = story.work
    passes = _("z is above 0, and ReLU lets it pass.")
    cut = _("z is not above 0, and ReLU makes it 0.")
    result = passes if work.answer > 0 else cut
    if len(story.names) == 1:
        return result
    most = int(work.sums.abs().argmax())
    sums = work.sums.tolist()
    together = all(term >= 0 for term in sums) or all(term <= 0 for term in sums)
    agree = _("All channels pull the same way")
    oppose = _("The channels pull against each other")
    return _("{how}; the largest share comes from {name}. {result}").fill(
        how=agree if together else oppose, name=story.names[most], result=result
    )


def _check_blocks(story: ConvolutionContent) -> list[Block]:
    work = story.work
    columns = {"who": _("computed by"), "z": untranslated("z"), "difference": _("difference")}
    # Seen side by side, four digits would all be alike.
    rows: list[dict[str, Any]] = [{"who": _("hand, 64 bits"), "z": f"{work.answer:.10f}"}]
    rows += [{"who": who, "z": f"{value:.10f}", "difference": abs(value - work.answer)} for who, value in story.checked]
    # Of a sum, what is added up says how much rounding may do: 2⁻⁵² or 2⁻²³ of it for each of some hundred terms.
    whole = float(work.products.abs().sum()) + abs(work.bias)
    exact = abs(story.checked[0][1] - work.answer)
    equal = _("Hand and machine agree to the last digit.")
    agrees = _("Hand and machine agree: they differ by {exact:.1e}, which is rounding.")
    differs = _("Hand and machine differ by {exact:.1e}, more than rounding explains.")
    return [
        Table("check", columns, rows, _("z by hand, and by the machine at the same place.")),
        Paragraph((equal if exact == 0 else agrees if exact <= 1e-12 * whole else differs).fill(exact=exact)),
    ]


def _volume(story: ConvolutionContent) -> list[Block]:
    work, depth = story.work, len(story.work.cut)
    text = _(
        "The input is a volume, n_C channels deep, and so is the filter: {side}×{side}×{depth}, {count} numbers. It slides over rows and "
        "columns, but not into the depth, for it is as deep as the input: all {count} products become one number, and the output has one "
        "channel."
    )
    return [
        Heading(_("The filter is a volume")),
        Paragraph(text.fill(side=work.side, depth=depth, count=work.weight.numel())),
        Plot("volume", lambda translate: volume_figure(work, _channel_names(story.names, translate), translate), VOLUME),
        Plot("slide", lambda _translate: slide_figure(work), SLIDE),
    ]


VOLUME = _(
    "The filter in the crop, and its weights: red above 0, blue below. The products of each channel are summed, these sums and the bias "
    "are added up: one number of the output."
)
SLIDE = _("The filter slides from left to right and from top to bottom; below, what has come out by then.")


def _stack(story: ConvolutionContent) -> list[Block]:
    stack = story.stack
    text = _(
        "Each filter gives one map. The maps of all filters are stacked, and that is the output: as many channels as filters, n_C. Here "
        "{count} filters are drawn; {layer} has {all}, so that n_C = {all}, and each filter of the next convolution must be {all} deep."
    )
    by_hand = _(
        "Each filter gives one map. The maps of all filters are stacked, and that is the output: n_C = {count} for {count} filters."
    )
    filled = (
        text.fill(count=len(stack.maps), layer=story.layer, all=len(stack.layer_weights))
        if story.layer
        else by_hand.fill(count=len(stack.maps))
    )
    return [
        Heading(_("Several filters, several maps")),
        Paragraph(filled),
        Plot("stack", lambda translate: stack_figure(stack, translate), STACK),
    ]


STACK = _("Filters with their numbers, and the map of each after ReLU: dark is its smallest value, yellow its largest.")


def _output(story: ConvolutionContent) -> list[Block]:
    work = story.work
    count = work.answers.numel()
    positive = int((work.answers > 0).sum())
    return [
        Heading(_("The kernel moves on")),
        Paragraph(
            _("The kernel fits into the crop at {count} places. z is above 0 at {positive} of them; ReLU keeps those.").fill(
                count=count, positive=positive
            )
        ),
        Plot(
            "output",
            lambda translate: output_figure(work, translate),
            _("The answer over the crop, before and after ReLU. Framed: the place worked out above."),
        ),
        Sheet("whole", [(_("the picture"), story.shown), *story.whole], 3, WHOLE),
    ]


WHOLE = _("The same at every place of the picture.")


def _hand_made(picture: Opened) -> list[Block]:
    gray = brightness(picture)
    cells = [(KERNEL_NAMES[kernel], filter_image(gray, kernel)) for kernel in KERNELS]
    return [
        Heading(_("Kernels made by hand")),
        Paragraph(
            _(
                "Before kernels were learned, they were thought up. Those whose weights add up to 0 are silent on even surfaces and find "
                "edges (middle gray is 0); those that add up to 1 keep the brightness."
            )
        ),
        Formula("G = [1 2 1]ᵀ·[1 0 −1]", "Sobel, Feldman 1968"),
        Plot("kernels", kernels_figure, _("Their numbers.")),
        Sheet("filtered", cells, 3, _("The picture in gray after each kernel.")),
    ]
