"""How many steps fit a time: short runs say how long a step takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import mean

PROBES = (2, 5)
"""Steps of the first two runs."""
TRIES = 3
TOLERANCE = 0.1
"""Of the time asked for, what a run may take more or less and still be compared."""


def fit_line(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Fit seconds = a + b·steps by least squares.

    Args:
        seconds: steps → seconds, two runs or more of different lengths.

    Returns:
        a, 0 or more, and b, above 0: noise that says otherwise gives a line through the origin.
    """
    steps, times = list(seconds), list(seconds.values())
    middle, level = mean(steps), mean(times)
    pace = sum((n - middle) * (t - level) for n, t in seconds.items()) / sum((n - middle) ** 2 for n in steps)
    start = level - pace * middle
    if pace > 0 and start >= 0:
        return start, pace
    return 0.0, sum(n * t for n, t in seconds.items()) / sum(n * n for n in steps)


def steps_for(budget: float, seconds: Mapping[int, float]) -> int:
    """Return how many steps fit a budget of seconds, to the nearest and at least one, from runs that took ``seconds``."""
    start, pace = fit_line(seconds)
    return max(1, round((budget - start) / pace))


def off(seconds: float, budget: float) -> bool:
    """Return whether a run took so much more or less than it should that it must not be compared."""
    return abs(seconds - budget) > TOLERANCE * budget


def paint_in_time(paint: Callable[[int], float], budget: float) -> tuple[int, float]:
    """Paint with as many steps as fit a budget of seconds.

    Two short runs say roughly how many fit; where those are many, a third run of a quarter of them says better. A picture that took too
    long or too short is painted again, with what that has shown, at most twice.

    Args:
        paint: steps → seconds that it took.
        budget: Seconds.

    Returns:
        Steps and seconds of the last run.
    """
    times = {steps: paint(steps) for steps in PROBES}
    probe = steps_for(budget, times) // 4
    if probe > max(PROBES):
        times[probe] = paint(probe)
    for _ in range(TRIES):
        steps = steps_for(budget, times)
        times[steps] = paint(steps)
        if not off(times[steps], budget) or steps_for(budget, times) == steps:
            break
    return steps, times[steps]
