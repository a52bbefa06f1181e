"""What to take when ``pincel`` is not what one wants: the same objective with a few values changed, each for a purpose."""

from __future__ import annotations

from typing import Any

from pincel.recipes.pincel import OURS, RECIPE, STUDY
from pincel.recipes.schema import CitedRecipe, cite


def preset(name: str, summary: str, good_for: str, **cited: tuple[Any, str]) -> CitedRecipe:
    """Return ``pincel`` with some (value, source) changed."""
    values = {key: (value, RECIPE.sources[key]) for key, value in RECIPE.recipe.model_dump().items() if key in RECIPE.sources}
    return cite(name, summary, good_for, **{**values, **cited})


FAITHFUL = preset(
    "faithful",
    "pincel with forms, faces and letters kept: four times the content, more on coarse scales",
    "portraits, architecture, signs, night and thin structures",
    content_weight=(4.0, STUDY),
    coarse_content=(4.0, STUDY),
)
BOLD = preset(
    "bold",
    "pincel with more paint: a fourth of the content, and forms that move",
    "landscapes, still lifes and abstract paintings",
    content_weight=(0.25, STUDY),
    ladder=({"1/8": 2.0, "1/4": 2.0, "1/2": 0.5}, STUDY),
)
DETAILED = preset(
    "detailed",
    "pincel for results of a thousand pixels and more: most of the work is done at coarse scales",
    "prints; give --size as large as memory allows",
    size=(1200, OURS),
    steps=(20, STUDY),
    ladder=({"1/8": 6.0, "1/4": 4.0, "1/2": 2.0}, STUDY),
)
LINE = preset(
    "line",
    "pincel for few colors and hard lines: values as often as in the drawing, hardly any smoothing",
    "drawings, woodcuts, etchings and other work in one color",
    style_terms=({"w2": 1.0, "sliced-wasserstein": 1.0}, STUDY),
    tv_weight=(3.0, STUDY),
)
FAST = preset(
    "fast",
    "pincel in a third of the time: fewer steps, most of them on coarse scales",
    "trying things out, and many pictures",
    steps=(8, STUDY),
    ladder=({"1/4": 8.0, "1/2": 2.0}, STUDY),
)
