"""What each study takes, in the order of a lecture; a module for each, which loads no torch."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pincel.studies.declaration import StudySpec

STUDIES = (
    "convolution",
    "filters",
    "activations",
    "patches",
    "maximize",
    "correlations",
    "reconstruct",
    "grid",
    "pooling",
    "separability",
    "depth",
    "inversion",
    "natural",
    "compare",
)


def find_study(name: str) -> StudySpec:
    """Return what a study of :data:`STUDIES` declares."""
    return cast("StudySpec", import_module(f"{__name__}.{name}").STUDY)
