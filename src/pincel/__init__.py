"""pincel: neural style transfer, and seeing what a vision network sees.

Example:
    >>> import pincel
    >>> result = pincel.transfer("photo.jpg", "painting.jpg", size=256, steps=50)  # doctest: +SKIP
    >>> result.save("painted.png")  # doctest: +SKIP

Names are loaded when first used, so that importing pincel costs nothing.
"""

from __future__ import annotations

from pincel.version import __version__

# As typing's, whose import takes longer than all of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from pincel.api import evaluate, invert, resume, transfer
    from pincel.engine.events import Notice, SetupProgress, Step, Stopped
    from pincel.engine.result import Result
    from pincel.errors import PincelError
    from pincel.inversion.run import InversionRun
    from pincel.recipes.schema import Recipe
    from pincel.run.machine import Machine
    from pincel.run.run import Run

_PLACES = {
    "transfer": "pincel.api",
    "evaluate": "pincel.api",
    "resume": "pincel.api",
    "invert": "pincel.api",
    "Run": "pincel.run.run",
    "Machine": "pincel.run.machine",
    "InversionRun": "pincel.inversion.run",
    "Result": "pincel.engine.result",
    "Recipe": "pincel.recipes.schema",
    "Notice": "pincel.engine.events",
    "SetupProgress": "pincel.engine.events",
    "Step": "pincel.engine.events",
    "Stopped": "pincel.engine.events",
    "PincelError": "pincel.errors",
}

__all__ = [
    "InversionRun",
    "Machine",
    "Notice",
    "PincelError",
    "Recipe",
    "Result",
    "Run",
    "SetupProgress",
    "Step",
    "Stopped",
    "__version__",
    "evaluate",
    "invert",
    "resume",
    "transfer",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - none but what is asked for

    if name not in _PLACES:
        raise AttributeError(f"module 'pincel' has no attribute '{name}'")
    return getattr(import_module(_PLACES[name]), name)
