"""What ``pincel study patches`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.studies.declaration import InputSpec, StudySpec, option

# More patches than that are no figure.
MOST = 100


@dataclass(frozen=True)
class PatchesOptions:
    """Options of the study patches."""

    layers: str | None = option("Layers, with commas.", metavar="NAMES", shown="relu1_1,relu3_1,relu5_1")
    channels: str = option("How many, the most selective ones; or which: 0,5,17; or one: 5,", "9", metavar="LIST")
    top: int = option("Patches of each channel, one a photograph.", 9, metavar="N")
    explain: str = option("Which pixels did it: guided, deconvolution, gradient or none.", "guided", metavar="NAME")
    recursive: bool = option("Search folders inside folders too.", False)

    def __post_init__(self) -> None:
        if not 1 <= self.top <= MOST:
            raise OptionError(one_line("top: so many patches cannot be shown", f"{self.top}", f"1 to {MOST}", "9"))


STUDY = StudySpec(
    summary="Of a folder of photographs, the nine patches that excite each channel most.",
    help="""Find the patches that excite each channel most, in a folder of photographs.

Zeiler and Fergus (2013) asked a network what it had learned by showing it many photographs and keeping, for a channel, the nine places
where it answered most. Shallow channels turn out to look for edges and colors, deeper ones for textures, then for parts of things.

DIR is a folder of photographs; several folders, single files and sample:NAME go as well. Each photograph is opened, looked at and
forgotten, so a folder may be larger than the memory; files that cannot be read are left out and named. Beside each patch stands which
of its pixels made the channel answer: guided backpropagation (Springenberg 2015), the deconvolution of Zeiler and Fergus, or the plain
gradient. Ctrl-C keeps what is found.""",
    inputs=(InputSpec("folders", "A folder of photographs, or single ones.", many=True, metavar="DIR...", folders=True),),
    options=PatchesOptions,
    size=224,
    examples=(
        "pincel study patches sample:harbour sample:lake sample:impasto -o patches --size 96 --layers relu1_1,relu2_1",
        "pincel study patches sample:harbour sample:woodcut -o patches --size 96 --layers relu3_1 --channels 0,5,17 --lang es",
    ),
)
