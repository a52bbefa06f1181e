"""Top-1 and top-5 errors of a network, in all and by class, with a confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pincel.classify.loader import Batch
from pincel.training.events import EvalProgress
from pincel.training.trainer import ReplicaGroup

# Of a top-5 error; all classes where there are fewer.
SEVERAL = 5
# (B, 3, crop, crop) → logits (B, classes).
Predict = Callable[[Tensor], Tensor]
# Which of the crops of :func:`pincel.classify.augment.ten_crops` are averaged; the first is the center.
CROP_SETS: Mapping[str, slice] = {"center": slice(0, 1), "ten_crops": slice(0, 10)}


@dataclass
class ConfusionMetrics:
    """Counts over images.

    Attributes:
        confusion: Images of class (row) that were taken for class (column), (C, C) int64.
        top5_errors: Images of each class that was not among the five likeliest, (C,) int64.
        loss: Sum of the cross-entropy, (1,) float64.
    """

    confusion: Tensor
    top5_errors: Tensor
    loss: Tensor

    @classmethod
    def empty(cls, classes: int) -> ConfusionMetrics:
        """Return the counts over no images."""
        zero = torch.zeros(classes, classes, dtype=torch.int64)
        return cls(zero, torch.zeros(classes, dtype=torch.int64), torch.zeros(1, dtype=torch.float64))

    def add(self, probabilities: Tensor, labels: Tensor) -> None:
        """Count some images.

        Args:
            probabilities: (B, C).
            labels: (B,).
        """
        classes = len(self.top5_errors)
        ranked = probabilities.topk(min(SEVERAL, classes), dim=1).indices
        pairs = labels * classes + ranked[:, 0]
        self.confusion += torch.bincount(pairs, minlength=classes * classes).view(classes, classes)
        outside = (ranked != labels[:, None]).all(1)
        self.top5_errors += torch.bincount(labels[outside], minlength=classes)
        likely = probabilities.double().gather(1, labels[:, None]).clamp(min=torch.finfo(torch.float32).tiny)
        self.loss -= likely.log().sum()

    def all_reduce(self, group: ReplicaGroup) -> ConfusionMetrics:
        """Return the counts of all processes."""
        return ConfusionMetrics(group.all_reduce(self.confusion), group.all_reduce(self.top5_errors), group.all_reduce(self.loss))

    @property
    def pictures(self) -> int:
        """Images counted."""
        return int(self.confusion.sum())

    @property
    def top1(self) -> float:
        """Fraction of the images that were taken for another class."""
        return 1 - int(self.confusion.diagonal().sum()) / max(self.pictures, 1)

    @property
    def top5(self) -> float:
        """Fraction of the images whose class was not among the five likeliest."""
        return int(self.top5_errors.sum()) / max(self.pictures, 1)

    @property
    def mean_loss(self) -> float:
        """Mean cross-entropy."""
        return float(self.loss) / max(self.pictures, 1)

    def by_class(self, classes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return class → number of images, errors, and the class it is taken for most often."""
        rows = {}
        for label, name in enumerate(classes):
            counts = self.confusion[label].clone()
            pictures, right = int(counts.sum()), int(counts[label])
            counts[label] = 0
            rows[name] = {
                "pictures": pictures,
                "top1_error": 1 - right / pictures if pictures else None,
                "top5_error": int(self.top5_errors[label]) / pictures if pictures else None,
                "taken_for": classes[int(counts.argmax())] if int(counts.max()) else None,
            }
        return rows

    def as_record(self) -> dict[str, float]:
        """Return the errors in all."""
        return {"top1_error": self.top1, "top5_error": self.top5, "loss": self.mean_loss}


def evaluate(
    predict: Predict,
    stream: Iterator[Batch],
    sizes: Sequence[int],
    crop_sets: Mapping[str, slice],
    group: ReplicaGroup,
    *,
    classes: int,
    what: str,
) -> Generator[EvalProgress, None, dict[str, ConfusionMetrics]]:
    """Count the errors over some images, with probabilities averaged over crops.

    Args:
        predict: Crops → logits.
        stream: Begins with the batches to evaluate, the part of this process of each.
        sizes: Images of each of these batches, of all processes.
        crop_sets: name → which crops are averaged.
        group: The processes that train together.
        classes: How many.
        what: Name of the evaluation, for its events.

    Yields:
        Progress.

    Returns:
        name → counts over the images of all processes.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1: five crops and their reflections, the softmax's predictions averaged.
    """
    metrics = {name: ConfusionMetrics.empty(classes) for name in crop_sets}
    done, total = 0, sum(sizes)
    for size in sizes:
        yield EvalProgress(what, done, total)
        crops, labels = next(stream)
        done += size
        if not len(labels):
            continue
        with torch.no_grad():
            logits = predict(crops.flatten(0, 1))
        probabilities = functional.softmax(logits.double(), 1).view(*crops.shape[:2], classes).cpu()
        for name, chosen in crop_sets.items():
            metrics[name].add(probabilities[:, chosen].mean(1), labels)
    yield EvalProgress(what, done, total)
    return {name: metric.all_reduce(group) for name, metric in metrics.items()}
