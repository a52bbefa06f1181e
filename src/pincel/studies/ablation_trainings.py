"""The trainings of one network of the study of ablations, and whether two networks differ by more than their trainings do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Any, Literal

# The paper says: worse without the part. Worse beyond doubt, better beyond doubt, or neither.
Verdict = Literal["holds", "opposite", "open"]
# Standard errors of a difference that leave no doubt.
BEYOND = 2.0


@dataclass(frozen=True)
class Training:
    """One training: errors are shares, ``train_errors`` and ``val_errors`` those of each epoch."""

    top1_error: float
    center_error: float
    top5_error: float
    steps_to_target: int | None
    steps: int
    seconds: float
    parameters: int
    classes: int
    pictures: Mapping[str, int]
    train_errors: tuple[float, ...]
    val_errors: tuple[float, ...]
    stopped: str


@dataclass(frozen=True)
class Ablation:
    """A network without one part and its trainings, which differ in their seeds alone.

    Attributes:
        part: What it is without; empty for the whole network.
        rate: Its learning rate.
        runs: The trainings, one or more.
    """

    part: str
    rate: float
    runs: tuple[Training, ...]

    def mean_of(self, name: str) -> float:
        """Return the mean of a figure over all trainings."""
        return float(mean(getattr(run, name) for run in self.runs))

    def spread_of(self, name: str) -> float | None:
        """Return the standard deviation of a figure over all trainings; None of a single one."""
        return stdev(getattr(run, name) for run in self.runs) if len(self.runs) > 1 else None

    @property
    def steps_to_target(self) -> float | None:
        """Mean steps to the target; None unless all trainings came there."""
        steps = [run.steps_to_target for run in self.runs if run.steps_to_target is not None]
        return mean(steps) if len(steps) == len(self.runs) else None

    @property
    def train_error(self) -> float:
        """Mean training error of the last epoch."""
        return mean(run.train_errors[-1] for run in self.runs)

    def curve(self, name: str) -> list[tuple[float, float, float]]:
        """Return least, mean and largest error of each epoch that all trainings had."""
        epochs = zip(*(getattr(run, name) for run in self.runs), strict=False)
        return [(min(errors), mean(errors), max(errors)) for errors in epochs]

    def as_numbers(self) -> dict[str, Any]:
        """Return everything for a report: means, and each training."""
        first = self.runs[0]
        return {
            "part": self.part,
            "rate": self.rate,
            **{name: self.mean_of(name) for name in ("top1_error", "center_error", "top5_error", "seconds")},
            "top1_spread": self.spread_of("top1_error"),
            "train_error": self.train_error,
            "steps_to_target": self.steps_to_target,
            "parameters": first.parameters,
            "classes": first.classes,
            "pictures": dict(first.pictures),
            "runs": [asdict(run) for run in self.runs],
        }


def judge(less: Ablation, whole: Ablation) -> Verdict | None:
    """Say whether a network is worse without a part, as the paper says of it.

    Worse is a larger error on pictures held out; for tanh in place of ReLU, more steps to the target.

    Returns:
        ``open`` if the difference is smaller than two standard errors of it; None of single trainings, and of what the paper does not say.
    """
    if less.part in ("", "one-gpu") or min(len(less.runs), len(whole.runs)) < 2:
        return None
    if less.part != "tanh":
        return _compare([run.top1_error for run in less.runs], [run.top1_error for run in whole.runs])
    return _compare(*([_steps(run) for run in network.runs] for network in (less, whole)))


def _steps(run: Training) -> float:
    """Return the steps to the target; all there were, where it was not reached: it would have taken more."""
    return float(run.steps if run.steps_to_target is None else run.steps_to_target)


def _compare(less: Sequence[float], whole: Sequence[float]) -> Verdict:
    apart = mean(less) - mean(whole)
    if abs(apart) <= BEYOND * sqrt(stdev(less) ** 2 / len(less) + stdev(whole) ** 2 / len(whole)):
        return "open"
    return "holds" if apart > 0 else "opposite"
