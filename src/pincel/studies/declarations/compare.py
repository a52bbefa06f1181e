"""What ``pincel study compare`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class CompareOptions:
    """Options of the study compare."""

    content: str | None = option("Judge both by J: the photograph. With --record: where it is now.", metavar="FILE", local=True)
    style: tuple[str, ...] = option(
        "Judge both by J: the painting, repeatable. With --record: where it is now.", (), metavar="FILE[=w]", local=True
    )
    recipe: str | None = option("Whose J that is.", metavar="NAME|FILE.toml", shown="pincel", local=True)
    record: str | None = option("The record of A, which pincel transfer wrote beside it.", metavar="FILE.json", local=True)
    layers: str | None = option("Layers looked at.", metavar="NAME,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu4_2,relu5_1")


STUDY = StudySpec(
    summary="Two pictures, every term layer by layer, one over the other.",
    help="""Compare A and B: one over the other, pixel by pixel and layer by layer, in content and in style.

With --content and --style both are judged by every term of J, as 'pincel evaluate' does, side by side. With --record, A is the result
of a run: it is compared with its photograph, and the page shows how the run went, what it was asked for, and whether the picture is as
good as its record says.""",
    inputs=(InputSpec("first", "One picture."), InputSpec("second", "The other.")),
    options=CompareOptions,
    size=384,
    together="A [B]",
    examples=(
        "pincel study compare sample:impasto sample:watercolor -o compared --size 96",
        "pincel study compare sample:harbour sample:lake -o judged --content sample:harbour --style sample:impasto --size 96",
    ),
)
