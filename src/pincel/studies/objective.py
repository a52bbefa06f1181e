"""J(G) = α·J_content + β·J_style + γ·J_tv: a picture for every choice of the three weights, each with its terms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.images.io import Source
from pincel.studies.declarations import ObjectiveOptions
from pincel.studies.objective_page import Painted, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.studies.transfers import PicturePair, open_pair
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# α, β and γ under which pictures of some hundred pixels differ visibly; those of each are ten times apart, so that many ratios recur.
ALPHAS, BETAS, GAMMAS = (0.0, 100.0, 1000.0), (0.0, 100.0, 1000.0), (0.0, 2.0, 20.0)
# More values of a weight would be too many pictures.
MOST = 6
# From gray with little noise, and by the spectrum, few steps are enough for either term.
VALUES: Mapping[str, Any] = {"noise_level": 5.0, "canvas": "fourier", "bounds": "clip", "tv": "absolute"}
CONTENT, STYLE = ("relu3_1",), ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
# Ratios that differ by less are the same but for rounding.
DIGITS = 9

Weights = tuple[float, float, float]


def study(content: Source, style: Source, options: ObjectiveOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint once for each ratio of the three weights, and measure every picture by all three terms.

    Raises:
        OptionError: For weights that are no numbers, or below 0.
        PincelError: For pictures or networks that cannot be used.
    """
    axes = [
        parse_weights(name, text, default)
        for name, text, default in (("alphas", options.alphas, ALPHAS), ("betas", options.betas, BETAS), ("gammas", options.gammas, GAMMAS))
    ]
    choices = [(alpha, beta, gamma) for alpha, beta, gamma in product(*axes)]
    layers, styles = select_layers(settings.spec, options.layer, CONTENT), select_layers(settings.spec, None, STYLE)
    pair = PicturePair(*open_pair(content, style), options.recipe, settings)
    painter = _WeightPainter(pair, settings, layers, styles)
    painted: dict[Weights, Painted] = {}
    asked = painted_for(choices)
    for weights in progress.track(Note(_("painting {count} pictures"), count=len(asked)), asked):
        painted[weights] = painter.paint(weights, progress)
    if progress.stopped and painted:
        painted.popitem()
    own = {"recipe": options.recipe, "layer": layers, "style_layers": styles, "alphas": axes[0], "betas": axes[1], "gammas": axes[2]}
    given = {**settings.as_json(), **own, "content": pair.content.name, "style": pair.style.name}
    shared = {weights: representative(weights, choices) for weights in choices}
    return page(axes, shared, painted, pair.cells(), given, pair.command(painter.values(max(choices))))


def parse_weights(name: str, text: str | None, default: Sequence[float]) -> list[float]:
    """Return the weights in a text such as ``0,1,10``, from small to large.

    Raises:
        OptionError: For anything but two to six different numbers, 0 or more.
    """
    try:
        values = sorted(float(part) for part in text.split(",")) if text is not None else list(default)
    except ValueError:
        values = []
    if not 2 <= len(set(values)) == len(values) <= MOST or not all(0 <= value < math.inf for value in values):
        raise OptionError(one_line(f"{name}: no such weights", f"'{text}'", f"2 to {MOST} different numbers, 0 or more", "0,100,1000"))
    return values


def representative(weights: Weights, choices: Sequence[Weights]) -> Weights:
    """Return the first of some choices with the same ratios as ``weights``: they ask for the same picture."""
    return next(each for each in choices if _ratios(each) == _ratios(weights))


def painted_for(choices: Sequence[Weights]) -> list[Weights]:
    """Return one of all choices with the same ratios, in order."""
    return list(dict.fromkeys(representative(weights, choices) for weights in choices))


def _ratios(weights: Weights) -> tuple[str, ...]:
    most = max(weights) or 1.0
    return tuple(f"{weight / most:.{DIGITS}e}" for weight in weights)


@dataclass
class _WeightPainter:
    """Paints one pair of pictures under any weights, always from the same start."""

    pair: PicturePair
    settings: StudySettings
    layers: Sequence[str]
    styles: Sequence[str]

    def __post_init__(self) -> None:
        # Filters that were never trained have nothing to normalize.
        raw = {"activations": "raw"} if self.settings.spec.filters else {}
        layers = {"content_layers": ",".join(self.layers), "style_layers": ",".join(self.styles)}
        self._values: dict[str, Any] = {**VALUES, **raw, **layers, **self.pair.values}
        self._judge = self.pair.judge(self.values((1.0, 1.0, 1.0)))

    def values(self, weights: Weights) -> dict[str, Any]:
        """Return the recipe values of some weights; with all of them 0 nothing is asked for, and the start stays."""
        alpha, beta, gamma = weights if any(weights) else (1.0, 1.0, 1.0)
        steps = {} if any(weights) else {"steps": 0}
        return {**self._values, "content_weight": alpha, "style_weight": beta, "tv_weight": gamma, **steps}

    def paint(self, weights: Weights, progress: ProgressReporter) -> Painted:
        """Paint, and measure what came out by all three terms, as ``pincel evaluate`` does."""
        run = self.pair.run(self.values(weights))
        for _event in progress.follow(run):
            pass
        terms = self._judge(run.result.image)["terms"]
        return Painted(run.result.image, (terms["content"], terms["style"], terms["tv"]))
