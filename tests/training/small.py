"""Recipes so small that training takes a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pincel.training.events import TrainingEvent
from pincel.training.recipes import RECIPES
from pincel.training.schema import StyleTrainingRecipe
from pincel.training.style_training import StyleTraining, StyleTrainingConfig
from pincel.training.trainer import Trainer

# A network of 2,000 numbers, and a look that ends at relu2_1.
ONE: Mapping[str, Any] = {
    "stages": "c5s1-4,d6,R6,U2,c5s1-3",
    "objective": {"content_layers": {"relu1_2": 1.0}, "style_layers": {"relu1_1": 1e-3, "relu2_1": 1e-3}},
    "crop": 24,
    "side": 48,
    "style_side": 48,
    "steps": 4,
    "batch": 2,
    "warming": 2,
    "learning_rate": 3e-3,
}
CPU = StyleTrainingConfig(device="cpu")


def one(**changes: Any) -> StyleTrainingRecipe:
    """Return a recipe for one style."""
    return RECIPES["johnson-small"].recipe.override(**{**ONE, **changes})


def any_style(calibration: Path, **changes: Any) -> StyleTrainingRecipe:
    """Return a recipe for any style, from relu2_1; its network is normalized on a folder of small pictures."""
    usual = RECIPES["adain-small"].recipe
    objective = {
        **usual.objective,
        "calibration": str(calibration),
        "content_layers": {"relu2_1": 1.0},
        "style_layers": {"relu1_1": 1.0, "relu2_1": 1.0},
    }
    values = {**ONE, "copies": 0.0, "lead": 0.0, "stages": "c3s1-6,U2,c3s1-3", "objective": objective, "layer": "relu2_1"}
    return usual.override(**{**values, **changes})


def events(run: Trainer[StyleTraining], kind: type[Any] | None = None) -> list[Any]:
    """Run to the end, and return what was told, or what is of one kind."""
    told: list[TrainingEvent] = list(run)
    return [event for event in told if kind is None or isinstance(event, kind)]
