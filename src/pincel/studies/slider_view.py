"""Pictures under weights as a page shows them: for each choice its numbers and the lengths of its bars."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from pincel.studies.report import WeightSliders
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

HINT = _("Move a weight, with the mouse, a finger or the arrow keys: the picture painted under it appears, and its terms.")
COSTS = _("Pale bars: each cost by itself, in powers of ten. Full bars: its share of J, after its weight.")
SHARED = _("Only ratios count: pictures whose three weights have the same ratios are one and the same.")
# A cost of the least size still has a bar, in percent of the longest.
SHORTEST = 4.0
# Significant digits of numbers that a reader adds up.
DIGITS = 4


@dataclass(frozen=True)
class WeightChoice:
    """A choice of weights.

    Attributes:
        picture: Number of its picture.
        weights: Of the terms.
        costs: Terms, unweighted.
    """

    picture: int
    weights: Sequence[float]
    costs: Sequence[float]

    @property
    def adds(self) -> list[float]:
        """What each term adds to the sum."""
        return [weight * cost for weight, cost in zip(self.weights, self.costs, strict=True)]

    @property
    def total(self) -> float:
        """The sum."""
        return sum(self.adds)

    @property
    def shares(self) -> list[float]:
        """The share of each term of the sum, in percent; none of a sum of 0 has any."""
        return [100 * part / self.total if self.total > 0 else 0.0 for part in self.adds]

    @property
    def sum_line(self) -> str:
        """The sum written out: ``J = 46.1 + 23.2 + 47.9 = 117.2``."""
        return f"J = {' + '.join(number(part) for part in self.adds)} = {number(self.total)}"


@dataclass(frozen=True)
class SliderView:
    """How pictures under weights are shown."""

    block: WeightSliders
    hint: Translated = HINT
    costs: Translated = COSTS
    shared: Translated = SHARED

    @cached_property
    def choices(self) -> list[WeightChoice]:
        """All choices, in the order of the block."""
        weights = product(*(term.values for term in self.block.terms))
        return [
            WeightChoice(picture, chosen, self.block.pictures[picture][1])
            for picture, chosen in zip(self.block.choices, weights, strict=True)
        ]

    @property
    def start(self) -> WeightChoice:
        """The choice that is shown first."""
        return self.choices[self.block.start]

    @property
    def places(self) -> list[int]:
        """The place of each slider at the start."""
        return [list(term.values).index(weight) for term, weight in zip(self.block.terms, self.start.weights, strict=True)]

    @property
    def captions(self) -> list[Translated]:
        """What is under each picture where all are shown: the weights of the first choice it belongs to, and its terms."""
        firsts = [next(each for each in self.choices if each.picture == place) for place in range(len(self.block.pictures))]
        return [self._caption(choice) for choice in firsts]

    def _caption(self, choice: WeightChoice) -> Translated:
        weights = " ".join(f"{term.weight}={value:g}" for term, value in zip(self.block.terms, choice.weights, strict=True))
        costs = "\n".join(f"{term.cost} = {number(cost)}" for term, cost in zip(self.block.terms, choice.costs, strict=True))
        return untranslated("{text}").fill(text=f"{weights}\n{costs}\nJ = {number(choice.total)}")

    def bars(self, choice: WeightChoice) -> list[float]:
        """Lengths of the bars of the unweighted terms, in percent: in powers of ten, from the least to the largest of each term."""
        lengths = []
        for place, cost in enumerate(choice.costs):
            logs = [math.log10(costs[place]) for _image, costs in self.block.pictures if costs[place] > 0]
            span = max(logs) - min(logs) if logs else 0.0
            share = (math.log10(cost) - min(logs)) / span if cost > 0 and span else 0.0
            lengths.append(SHORTEST + (100 - SHORTEST) * share)
        return lengths

    @property
    def data(self) -> str:
        """What a script needs, as JSON: of each choice its picture, and texts and lengths for each term."""
        return json.dumps([self.row(choice) for choice in self.choices], ensure_ascii=False, separators=(",", ":"))

    def row(self, choice: WeightChoice) -> dict[str, object]:
        """Return what the page says of a choice."""
        terms = zip(self.block.terms, choice.weights, choice.costs, choice.adds, choice.shares, self.bars(choice), strict=True)
        return {
            "picture": choice.picture,
            "total": choice.sum_line,
            "terms": [
                {
                    "weight": f"{weight:g}",
                    "cost": f"{term.cost} = {number(cost)}",
                    "bar": round(bar, 1),
                    "adds": f"{term.weight}·{term.cost} = {number(part)}",
                    "share": round(share, 1),
                }
                for term, weight, cost, part, share, bar in terms
            ],
        }


def number(value: float) -> str:
    """Write a number with four digits and no power of ten, if it is not very large or small."""
    if value == 0:
        return "0"
    places = DIGITS - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, places)}f}" if -2 <= places <= DIGITS + 3 else f"{value:.{DIGITS}g}"
