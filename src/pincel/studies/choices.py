"""What is left to choose in style transfer, each choice with two pictures: one thing changed, everything else the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pincel.errors import unknown_name
from pincel.images.io import Source
from pincel.studies.choices_page import CHOICES, USUAL, Choice, Variant, left_name, page
from pincel.studies.declarations import ChoicesOptions
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import PicturePair, open_pair
from pincel.translation import Note, Translated
from pincel.translation import gettext_lazy as _

# What every picture is made with, but for the one thing that its choice changes. From gray with little noise, and by the spectrum, few
# steps are enough for either term.
VALUES: Mapping[str, Any] = {
    "content_layers": "relu3_1",
    "style_layers": "relu1_1,relu2_1,relu3_1,relu4_1",
    "content_weight": 200.0,
    "style_weight": 1000.0,
    "tv_weight": 2.0,
    "noise_level": 5.0,
    "canvas": "fourier",
    "bounds": "clip",
}


def study(content: Source, style: Source, options: ChoicesOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Paint once as a rule, and once more for each choice.

    Raises:
        UnknownNameError: For a choice there is not, with the closest match.
        PincelError: For pictures or networks that cannot be used.
    """
    chosen = select_choices(options.only)
    pair = PicturePair(*open_pair(content, style), options.recipe, settings)
    painter = _VariantPainter(pair, {**VALUES, **pair.values})
    asked: list[tuple[str, Translated, Mapping[str, Any]]] = [("usual", USUAL, {})]
    for choice in chosen:
        asked += [(left_name(choice), choice.title, choice.usual_values)] if choice.usual_values else []
        asked.append((choice.name, choice.title, choice.changed(settings)))
    variants: list[Variant] = []
    for name, title, changed in progress.track(Note(_("painting {count} pictures"), count=len(asked)), asked):
        variants.append(painter.paint(name, title, changed, variants[0].image if variants else None, progress))
    if progress.stopped and variants:
        variants.pop()
    given = {**settings.as_json(), "recipe": options.recipe, "choices": [each.name for each in chosen]}
    pictures = {"content": pair.content.name, "style": pair.style.name}
    return page(chosen, variants, pair, painter.base, {**given, **pictures})


@dataclass
class _VariantPainter:
    """Paints one pair of pictures in several ways, and measures each by the objective of the usual one."""

    pair: PicturePair
    base: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._judge = self.pair.judge(self.base)

    def paint(
        self, name: str, title: Translated, changed: Mapping[str, Any], usual: Image.Image | None, progress: ProgressReporter
    ) -> Variant:
        """Paint with some values changed; ``usual`` is the picture without, None while it is not there."""
        run = self.pair.run({**self.base, **changed})
        for _event in progress.follow(run):
            pass
        image = run.result.image
        # What has another size cannot be measured against these targets.
        same = usual is None or image.size == usual.size
        apart = distance(usual, image) if usual is not None and same else None
        return Variant(name, title, changed, image, self._judge(image)["terms"] if same else None, apart)


def select_choices(text: str | None) -> list[Choice]:
    """Return the choices named in a comma-separated text, in the order of the page; all for None.

    Raises:
        UnknownNameError: For one there is not, with the closest match.
    """
    known = [each.name for each in CHOICES]
    names = known if text is None else [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in known:
            raise unknown_name("choice", name, known)
    return [each for each in CHOICES if each.name in names]


def distance(first: Image.Image, second: Image.Image) -> float:
    """Return how far two pictures of one size are apart, in gray levels, root mean square."""
    one, other = (np.asarray(image.convert("RGB"), dtype=float) for image in (first, second))
    return float(np.sqrt(((one - other) ** 2).mean()))
