"""What ``pincel study depth`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class DepthOptions:
    """Options of the study depth."""

    layers: str | None = option("Content layers, a picture each.", metavar="LAYER,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    ratio: float = option("Weight of the content against that of the style.", 0.3, metavar="α/β", minimum=0)
    recipe: str = option("How each is painted.", "gatys2015-fast", metavar="NAME|FILE.toml")


STUDY = StudySpec(
    summary="Are the finest pictures those with content from high layers?",
    help="""Paint CONTENT after STYLE once for each content layer, shallow to deep, with everything else the same.

Gatys, Ecker, Bethge 2015 say that the finest pictures come from high layers (2016, figure 5: relu2_2 against relu4_2). The study shows
the pictures, measures what each keeps of the photograph and takes of the painting, layer by layer, and tells what comes out.""",
    inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
    options=DepthOptions,
    size=192,
    steps=40,
    examples=(
        "pincel study depth sample:harbour sample:impasto -o depth --size 64 --steps 10",
        "pincel study depth sample:lighthouse sample:glass -o depth --layers relu2_2,relu4_2 --lang es --size 64 --steps 5",
    ),
)
