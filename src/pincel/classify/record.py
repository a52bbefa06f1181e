"""What is left of training on the disk, beside the network: the record, the history as a table."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pincel.backbones.specs import ModelSpec
from pincel.classify.evaluate import ConfusionMetrics
from pincel.classify.prepare import Prepared
from pincel.classify.schema import TrainingRecipe
from pincel.classify.state import ClassifierState
from pincel.files import csv_text, write_text
from pincel.training.events import TrainEnd
from pincel.version import __version__

RECORD, HISTORY = "record.json", "history.csv"
COLUMNS = (
    "epoch",
    "steps",
    "rate",
    "train_loss",
    "train_top1_error",
    "train_top5_error",
    "val_loss",
    "val_top1_error",
    "val_top5_error",
    "seconds",
    "best",
)


@dataclass(frozen=True)
class Trained:
    """What training has come to.

    Attributes:
        spec: The network, which is in the folder.
        record: As written.
        stopped: Why it ended; see :class:`pincel.training.events.TrainEnd`.
    """

    spec: ModelSpec
    record: Mapping[str, Any]
    stopped: str


def recorded(
    spec: ModelSpec,
    recipe: TrainingRecipe,
    ready: Prepared,
    state: ClassifierState,
    ended: TrainEnd,
    metrics: Mapping[str, ConfusionMetrics],
) -> dict[str, Any]:
    """Return what is written down of a training.

    Args:
        spec: The network.
        recipe: How it was trained.
        ready: On what.
        state: Where it stands.
        ended: Why it ended.
        metrics: ``center`` and ``ten_crops`` → what the best network got wrong; empty if it was not looked at any more.

    Returns:
        Plain data. ``top1_error`` and ``top5_error`` are those of ten crops, or, without these, of the central crop in the best epoch.
    """
    found, judged = ready.found, state.best["epoch"]
    best = state.history[judged - 1] if judged else None
    held = (
        {"top1_error": best["val_top1_error"], "top5_error": best["val_top5_error"]} if best else {"top1_error": None, "top5_error": None}
    )
    ten = metrics.get("ten_crops")
    errors = {name: metric.as_record() for name, metric in metrics.items()}
    return {
        "pincel": __version__,
        "verb": "train",
        **{name: errors["ten_crops"][name] if ten else held[name] for name in held},
        **errors,
        "judged_on": found.judged if ten else "val",
        "best_epoch": judged,
        "stopped": ended.reason,
        "epochs": ended.epochs,
        "steps": ended.steps,
        "seconds": round(state.seconds, 3),
        "train_error_at_the_end": state.recent_error,
        "by_class": ten.by_class(found.classes) if ten else {},
        "confusion": ten.confusion.tolist() if ten else [],
        "network": {"parameters": spec.parameters, "crop": spec.crop, "layers": list(spec.names)},
        "recipe": recipe.model_dump(mode="json"),
        "data": {
            "name": found.data,
            "kind": found.kind,
            "sha256": found.sha256,
            "classes": list(found.classes),
            "pictures": {part: len(pictures) for part, pictures in found.parts.items()},
            "left_out": dict(ready.left_out),
            "mean_color": list(ready.statistics.color),
            "color_variances": ready.statistics.variances.tolist(),
        },
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        "history": state.history,
    }


def write_history(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Write a row for each epoch as CSV; raises OutputError."""
    write_text(folder / HISTORY, csv_text(history, COLUMNS), what="history")


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the record as JSON; raises OutputError."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / RECORD, text + "\n", what="record")


def read_record(folder: Path) -> dict[str, Any]:
    """Read the record of a folder of ``pincel train``."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record
