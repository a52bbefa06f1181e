"""What ``pincel study activations`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class ActivationsOptions:
    """Options of the study activations."""

    layers: str | None = option("Layers whose maps are shown.", metavar="NAMES", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    channels: int = option("Maps shown of each, the most active first.", 64, metavar="N", minimum=1)


STUDY = StudySpec(
    summary="Feature maps of layers: ever smaller, ever more of them.",
    help="""Show what every layer of a network answers to IMAGE: feature maps, ever smaller, ever more of them.

The page has the shape of every layer (n_H and n_W shrink, n_C grows), its memory, how many of its numbers are 0, which channels are
dead, the most active maps of the layers chosen, and three channels of each laid over the picture: what do layers 1, 3 and 5 look for?""",
    inputs=(InputSpec("photograph", "The picture that is looked at.", metavar="IMAGE"),),
    options=ActivationsOptions,
    size=224,
    examples=(
        "pincel study activations sample:harbour -o activations",
        "pincel study activations sample:lighthouse -o mapas --layers relu1_2,relu3_4 --channels 16 --size 128 --lang es",
    ),
)
