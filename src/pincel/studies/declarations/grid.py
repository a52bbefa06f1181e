"""What ``pincel study grid`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class GridOptions:
    """Options of the study grid."""

    ratios: str | None = option("Columns.", metavar="α/β,…", shown="1e-5,1e-4,1e-3,1e-2, as in the paper, 0.1,1")
    recipe: str = option("How each is painted.", "gatys2015-fast", metavar="NAME|FILE.toml")


STUDY = StudySpec(
    summary="Style layers against α/β (figure 3 of Gatys et al.).",
    help="""Paint CONTENT after STYLE with more and more style layers (rows) and more and more weight on the content (columns).

Figure 3 of Gatys, Ecker, Bethge 2015: normalized network, average pooling, from white noise; thirty pictures, each measured at every
layer. 'pincel grid' varies any other option. Ctrl-C ends with the pictures there are.""",
    inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
    options=GridOptions,
    size=112,
    steps=50,
    examples=(
        "pincel study grid sample:harbour sample:impasto -o figure3 --ratios 1e-4,1e-2 --size 64 --steps 5",
        "pincel study grid sample:lake sample:cubist -o figura3 --ratios 1e-3 --lang es --size 64 --steps 5",
    ),
)
