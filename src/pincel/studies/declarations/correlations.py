"""What ``pincel study correlations`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class CorrelationsOptions:
    """Options of the study correlations."""

    layers: str | None = option("Layers looked at.", metavar="NAME,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    channels: int = option("Channels of a layer in a heat map: the strongest.", 64, metavar="N", minimum=1)


STUDY = StudySpec(
    summary="Which filters go together: Gram matrices, of one picture or of many paintings.",
    help="""Show which filters answer together in IMAGE: the Gram matrix, which style transfer calls style.

Of one picture: Gram and correlation matrices of each layer, sorted into families, the pairs of filters most and least alike with their
maps, and how much such a matrix says. Of two: where their matrices differ, and the deck's J_style layer by layer. Of three or more, or
a folder of paintings: how far every two styles are apart, and a map of them.""",
    inputs=(InputSpec("pictures", "One picture, two, or more.", many=True, metavar="IMAGE"),),
    options=CorrelationsOptions,
    size=224,
    examples=(
        "pincel study correlations sample:impasto -o style --size 96 --layers relu3_1",
        "pincel study correlations sample:impasto sample:woodcut sample:cubist -o styles --size 96 --layers relu2_1",
    ),
)
