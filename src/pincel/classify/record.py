"""The record of a training, as plain data."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pincel.backbones.specs import ModelSpec
from pincel.classify.evaluate import ConfusionMetrics
from pincel.classify.prepare import PreparedData
from pincel.classify.schema import TrainingRecipe
from pincel.classify.state import ClassifierState
from pincel.training.events import TrainEnd
from pincel.version import __version__

RECORD = "record.json"


@dataclass(frozen=True)
class TrainingResult:
    """The outcome of a training.

    Attributes:
        spec: The network, which is in the folder.
        record: As written.
        stopped: Why it ended; see :class:`pincel.training.events.TrainEnd`.
    """

    spec: ModelSpec
    record: Mapping[str, Any]
    stopped: str


def make_record(
    spec: ModelSpec,
    recipe: TrainingRecipe,
    prepared: PreparedData,
    state: ClassifierState,
    end: TrainEnd,
    metrics: Mapping[str, ConfusionMetrics],
) -> dict[str, Any]:
    """Return the record of a training.

    Args:
        spec: The network.
        recipe: How it was trained.
        prepared: The data set.
        state: Its state.
        end: Why it ended.
        metrics: ``center`` and ``ten_crops`` → errors of the best network; empty if it was not evaluated again.

    Returns:
        Plain data. ``top1_error`` and ``top5_error`` are those of ten crops, or, without these, of the central crop in the best epoch.
    """
    ten = metrics.get("ten_crops")
    errors = {name: metric.as_record() for name, metric in metrics.items()}
    return {
        "pincel": __version__,
        "verb": "train",
        **_best_errors(state, ten),
        **errors,
        "judged_on": prepared.splits.test_split if ten else "val",
        "best_epoch": state.best["epoch"],
        "stopped": end.reason,
        "epochs": end.epochs,
        "steps": end.steps,
        "seconds": round(state.seconds, 3),
        "train_error_at_the_end": state.recent_error,
        "by_class": ten.by_class(prepared.splits.classes) if ten else {},
        "confusion": ten.confusion.tolist() if ten else [],
        "network": {"parameters": spec.parameters, "crop": spec.crop, "layers": list(spec.names)},
        "recipe": recipe.model_dump(mode="json"),
        "data": _data_record(prepared),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        "history": state.history,
    }


def _best_errors(state: ClassifierState, ten: ConfusionMetrics | None) -> dict[str, float | None]:
    if ten:
        return {"top1_error": ten.top1, "top5_error": ten.top5}
    best = state.history[state.best["epoch"] - 1] if state.best["epoch"] else {}
    return {"top1_error": best.get("val_top1_error"), "top5_error": best.get("val_top5_error")}


def _data_record(prepared: PreparedData) -> dict[str, Any]:
    splits, statistics = prepared.splits, prepared.statistics
    return {
        "name": splits.data,
        "kind": splits.kind,
        "sha256": splits.sha256,
        "classes": list(splits.classes),
        "pictures": {part: len(images) for part, images in splits.parts.items()},
        "left_out": dict(prepared.left_out),
        "mean_color": list(statistics.color),
        "color_variances": statistics.variances.tolist(),
    }


def read_record(folder: Path) -> dict[str, Any]:
    """Read the record of a folder of ``pincel train``."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record
