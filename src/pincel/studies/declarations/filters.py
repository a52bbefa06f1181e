"""What ``pincel study filters`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class FiltersOptions:
    """Options of the study filters."""

    layer: str | None = option("A convolution.", metavar="NAME", shown="the first")
    channels: int | None = option("Filters shown.", metavar="N", shown="64; of a deeper layer 6", minimum=1)


STUDY = StudySpec(
    summary="The filters of the first layer in color, and what they answer to.",
    help="""Show the filters of the first layer in color, what each is in numbers, and what it answers to IMAGE.

Edges of brightness, edges of color, flat colors: how many of each has the network learned? Try also --backbone random-cnn, which has
learned nothing. Deeper filters see maps, not colors, and are shown as one small tile for each map.""",
    inputs=(InputSpec("photograph", "The picture that is looked at.", default="sample:harbour", metavar="[IMAGE]"),),
    options=FiltersOptions,
    size=224,
    examples=(
        "pincel study filters -o filters",
        "pincel study filters sample:lake -o conv2_1 --layer conv2_1 --channels 2 --size 96",
    ),
)
