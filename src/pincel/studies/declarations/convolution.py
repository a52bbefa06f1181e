"""What ``pincel study convolution`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class ConvolutionOptions:
    """Options of the study convolution."""

    channel: int | None = option(
        "Channel of the first layer, from 0.", metavar="K", shown="one with both signs in the crop", name="filter", minimum=0
    )
    at: str | None = option("Center, in pixels of the resized picture.", metavar="X,Y", shown="where contrast is greatest")
    crop: int | None = option("Side of the crop shown in numbers, up to 14.", metavar="N", shown="the kernel's and 3 more", minimum=1)
    kernel: str | None = option("sobel-vertical, sobel-horizontal, blur, sharpen or laplacian, on the picture in gray.", metavar="NAME")


STUDY = StudySpec(
    summary="A convolution step by step on a small crop: input, kernel, sum, bias, ReLU.",
    help="""Work out a convolution on a small crop of IMAGE: input, kernel, every product, sum, bias, ReLU.

The kernel is a filter of the first layer, and the number that comes out is compared with the network's own; or one made by hand, with
--kernel. Then the kernel moves over the crop and over the picture, and the page says how large the output of such a layer is.""",
    inputs=(InputSpec("photograph", "The picture that is looked at.", default="sample:harbour", metavar="[IMAGE]"),),
    options=ConvolutionOptions,
    size=224,
    examples=(
        "pincel study convolution -o convolution",
        "pincel study convolution sample:lighthouse -o sobel --kernel sobel-vertical --at 60,40 --crop 5 --size 128",
    ),
)
