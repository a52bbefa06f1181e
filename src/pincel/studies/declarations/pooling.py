"""What ``pincel study pooling`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class PoolingOptions:
    """Options of the study pooling."""

    repeats: int = option("Seeds to paint from, with either pooling.", 3, metavar="N", minimum=1)
    recipe: str = option("How each is painted.", "gatys2015", metavar="NAME|FILE.toml")


STUDY = StudySpec(
    summary="Average against maximum pooling: does the gradient flow better?",
    help="""Put average against maximum pooling: paint CONTENT after STYLE with either, from the same noise.

The claim of Gatys, Ecker, Bethge 2015 is that average pooling improves the gradient flow and gives slightly more appealing pictures.
The study follows the gradient of the deepest layer down to the picture, plots the losses of the same runs, lets either network judge
both pictures, and tells what comes out.""",
    inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
    options=PoolingOptions,
    size=160,
    steps=60,
    examples=(
        "pincel study pooling sample:harbour sample:impasto -o pooling --size 64 --steps 10 --repeats 1",
        "pincel study pooling sample:lake sample:glass -o pooling --lang es --size 64 --steps 5 --repeats 2",
    ),
)
