"""Absolute paths, which can be sent to another process or machine."""

from __future__ import annotations

import os
from typing import Any

from pincel.cluster import store
from pincel.recipes import RECIPES
from pincel.samples import PREFIX
from pincel.sources import BLANK


def absolute_path(place: str) -> str:
    """Return an absolute path; addresses and samples stay as they are."""
    known = place.startswith((PREFIX, BLANK)) or store.is_address(place)
    return place if known else os.path.abspath(place)


def absolute_setting(name: str, value: Any) -> Any:
    """Return a value of a recipe; one that names a file, with an absolute path."""
    if name == "style_mask":
        return [absolute_path(each) for each in ([value] if isinstance(value, str) else value)]
    if not isinstance(value, str) or store.is_address(value):
        return value
    names_a_file = {
        "recipe": value not in RECIPES,
        "content_mask": bool(value),
        "calibration": value != "samples",
        "init": any(sign in value for sign in "./\\") and not value.startswith("blend="),
    }
    return absolute_path(value) if names_a_file.get(name, False) else value
