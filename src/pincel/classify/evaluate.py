"""How often a network is wrong: top-1 and top-5, in all and by class, and what is taken for what."""

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

# Of a top-5 error; of all classes where there are fewer.
SEVERAL = 5
# (B, 3, crop, crop) → logits (B, classes).
Look = Callable[[Tensor], Tensor]


@dataclass
class ConfusionMetrics:
    """Counts over pictures.

    Attributes:
        confusion: Pictures of class (row) that were taken for class (column), (C, C) int64.
        missed: Pictures of each class that was not among the five likeliest, (C,) int64.
        loss: Sum of the cross-entropy, (1,) float64.
    """

    confusion: Tensor
    missed: Tensor
    loss: Tensor

    @classmethod
    def none(cls, classes: int) -> ConfusionMetrics:
        """Return the counts over nothing."""
        zero = torch.zeros(classes, classes, dtype=torch.int64)
        return cls(zero, torch.zeros(classes, dtype=torch.int64), torch.zeros(1, dtype=torch.float64))

    def add(self, probabilities: Tensor, labels: Tensor) -> None:
        """Count some pictures.

        Args:
            probabilities: (B, C).
            labels: (B,).
        """
        classes = len(self.missed)
        ranked = probabilities.topk(min(SEVERAL, classes), dim=1).indices
        pairs = labels * classes + ranked[:, 0]
        self.confusion += torch.bincount(pairs, minlength=classes * classes).view(classes, classes)
        outside = (ranked != labels[:, None]).all(1)
        self.missed += torch.bincount(labels[outside], minlength=classes)
        likely = probabilities.double().gather(1, labels[:, None]).clamp(min=torch.finfo(torch.float32).tiny)
        self.loss -= likely.log().sum()

    def together(self, group: ReplicaGroup) -> ConfusionMetrics:
        """Return the counts of everybody."""
        return ConfusionMetrics(group.all_reduce(self.confusion), group.all_reduce(self.missed), group.all_reduce(self.loss))

    @property
    def pictures(self) -> int:
        """How many were counted."""
        return int(self.confusion.sum())

    @property
    def top1(self) -> float:
        """Share of pictures that were taken for another class."""
        return 1 - int(self.confusion.diagonal().sum()) / max(self.pictures, 1)

    @property
    def top5(self) -> float:
        """Share of pictures whose class was not among the five likeliest."""
        return int(self.missed.sum()) / max(self.pictures, 1)

    @property
    def mean_loss(self) -> float:
        """Mean cross-entropy."""
        return float(self.loss) / max(self.pictures, 1)

    def by_class(self, classes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return class → pictures, errors, and what it is taken for most."""
        rows = {}
        for label, name in enumerate(classes):
            counts = self.confusion[label].clone()
            pictures, right = int(counts.sum()), int(counts[label])
            counts[label] = 0
            rows[name] = {
                "pictures": pictures,
                "top1_error": 1 - right / pictures if pictures else None,
                "top5_error": int(self.missed[label]) / pictures if pictures else None,
                "taken_for": classes[int(counts.argmax())] if int(counts.max()) else None,
            }
        return rows

    def as_record(self) -> dict[str, float]:
        """Return the errors in all."""
        return {"top1_error": self.top1, "top5_error": self.top5, "loss": self.mean_loss}


def judged(
    look: Look, stream: Iterator[Batch], sizes: Sequence[int], ways: Mapping[str, slice], group: ReplicaGroup, *, classes: int, what: str
) -> Generator[EvalProgress, None, dict[str, ConfusionMetrics]]:
    """Count the mistakes over some pictures, each looked at in several views whose probabilities are averaged.

    Args:
        look: Views → logits.
        stream: Begins with the batches to be judged, this process's share of each.
        sizes: Pictures of each of these batches, of everybody.
        ways: name → which views are averaged.
        group: The processes that train together.
        classes: How many.
        what: What to say that is done.

    Yields:
        How far it is.

    Returns:
        name → counts over everybody's pictures.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1: five crops and their reflections, the softmax's predictions averaged.
    """
    metrics = {name: ConfusionMetrics.none(classes) for name in ways}
    done, total = 0, sum(sizes)
    for size in sizes:
        yield EvalProgress(what, done, total)
        views, labels = next(stream)
        done += size
        if not len(labels):
            continue
        with torch.no_grad():
            logits = look(views.flatten(0, 1))
        likely = functional.softmax(logits.double(), 1).view(*views.shape[:2], classes).cpu()
        for name, chosen in ways.items():
            metrics[name].add(likely[:, chosen].mean(1), labels)
    yield EvalProgress(what, done, total)
    return {name: metric.together(group) for name, metric in metrics.items()}


# Of :func:`pincel.classify.augment.ten_views`: the first is the center.
WAYS: Mapping[str, slice] = {"center": slice(0, 1), "ten_crops": slice(0, 10)}
