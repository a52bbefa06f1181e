"""What ``pincel study separability`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class SeparabilityOptions:
    """Options of the study separability."""

    other_content: str = option("The second photograph.", "sample:lake", metavar="PICTURE", local=True)
    other_style: str = option("The second painting.", "sample:glass", metavar="PICTURE", local=True)
    recipe: str = option("How each is painted.", "gatys2015-fast", metavar="NAME|FILE.toml")


STUDY = StudySpec(
    summary="Is content independent of style? One exchanged, the other held.",
    help="""Exchange the content while the style is held, and the style while the content is held: CONTENT, STYLE, and another of each.

The claim of Gatys, Ecker, Bethge 2015 is that the two are separable. Four pictures are painted and measured against all four sources,
and their differences parted: what follows the photograph, what the painting, what both. A fifth to eighth show how α/β trades one for
the other.""",
    inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
    options=SeparabilityOptions,
    size=160,
    steps=40,
    examples=(
        "pincel study separability sample:harbour sample:impasto -o separability --size 64 --steps 5",
        "pincel study separability sample:harbour sample:impasto -o separability --other-content sample:still-life "
        "--other-style sample:woodcut --lang es --size 64 --steps 5",
    ),
)
