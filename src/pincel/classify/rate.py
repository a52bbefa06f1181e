"""When the learning rate is divided: when the validation error has stalled.

Paper:
    Krizhevsky, Sutskever, Hinton 2012, section 5: "divide the learning rate by 10 when the validation error rate stopped improving with the
    current learning rate", three times.

Differs:
    Theirs was decided by hand. Here the error has stalled when for a number of epochs it was no better than the best before; the best
    counts across rates, so that a lower rate that does not help ends soon. When it stalls after the last division, training ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PlateauState:
    """Learning rate, and the progress of the validation error.

    Attributes:
        rate: The learning rate.
        drops: How often it was divided.
        best: The best validation error so far.
        stalled: Epochs since then, or since the rate was divided.
        settled: Whether the error has stalled at the lowest rate.
    """

    rate: float
    drops: int = 0
    best: float = float("inf")
    stalled: int = 0
    settled: bool = False

    def after(self, error: float, *, patience: int, drops: int = 3, factor: float = 10.0) -> PlateauState:
        """Return the state after an epoch.

        Args:
            error: Validation error of that epoch.
            patience: Epochs without a better error that make a stall.
            drops: How often the rate is divided.
            factor: What it is divided by.
        """
        if error < self.best:
            return replace(self, best=error, stalled=0)
        stalled = self.stalled + 1
        if stalled < patience:
            return replace(self, stalled=stalled)
        if self.drops == drops:
            return replace(self, stalled=stalled, settled=True)
        return replace(self, rate=self.rate / factor, drops=self.drops + 1, stalled=0)
