"""pincel: neural style transfer, and seeing what a vision network sees.

Paint a photograph in the style of a painting, and save it with a record of how it was made::

    import pincel

    result = pincel.transfer("photo.jpg", "painting.jpg", size=512, progress=True)
    result.save("painted.png")

A picture is a path, ``sample:harbour`` (``pincel samples`` lists the samples), a PIL image, an array or a tensor. Pictures come first,
everything else by keyword: ``strength=1.5`` (more painting), ``strokes=0.5`` (finer), ``color="luminance"``, ``seed=1``, ``steps``,
``recipe="bold"`` … ``help(pincel.transfer)`` says what a function takes, ``help(pincel.Recipe)`` every value of a recipe.

- Paint: ``transfer``, ``stylize`` (in a second), ``texture``, ``batch`` (a folder of photographs), ``video`` (a film), ``resume``;
  ``match_colors`` brings colors only.
- Compare: ``grid`` (values of options, side by side), ``blend`` (one style to another), ``evaluate`` (every term of the objective of a
  picture), ``plan`` (memory and time, before painting).
- Look inside: ``features`` (the maps of a layer, as tensors), ``invert`` (a picture from its features alone), ``study`` (a report:
  ``study("activations", "photo.jpg")``), ``course`` (the whole lecture, from one's own picture), ``predict`` (what a picture shows).
- Train: ``train`` (a network that classifies), ``train_style`` (one that paints in a second), ``export`` (that one as ONNX).

Step by step: iterate a ``Run`` for its ``Step`` events, ``stop`` it, read its ``result`` at any time. Whatever cannot be used raises a
``PincelError`` with a message of one line. Names are loaded when first used, so that importing pincel costs nothing.
"""

from __future__ import annotations

from pincel.version import __version__

# As typing's, whose import takes longer than all of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from pincel.api.codes import invert
    from pincel.api.colors import match_colors
    from pincel.api.movies import video
    from pincel.api.painting import evaluate, plan, resume, texture, transfer
    from pincel.api.quick import export, stylize
    from pincel.api.sheets import blend, grid
    from pincel.batches.run import Summary, batch
    from pincel.classify.predict import Prediction, predict
    from pincel.classify.public import train, train_style
    from pincel.classify.record import TrainingResult
    from pincel.courses.make import Course
    from pincel.courses.public import course
    from pincel.engine.events import Event, Notice, SetupProgress, Step, Stopped
    from pincel.engine.result import Result
    from pincel.errors import PincelError
    from pincel.films.result import FilmResult
    from pincel.inversion.report import InversionResult
    from pincel.inversion.run import InversionRun
    from pincel.recipes.inversion import Inversion
    from pincel.recipes.schema import Recipe
    from pincel.recipes.values import InversionValues, RecipeValues
    from pincel.run.forecast import Forecast
    from pincel.run.machine import Machine
    from pincel.run.run import Run
    from pincel.studies.public import features, study
    from pincel.studies.report import Report
    from pincel.sweep import SheetResult

_PLACES = {
    "transfer": "pincel.api.painting",
    "texture": "pincel.api.painting",
    "resume": "pincel.api.painting",
    "plan": "pincel.api.painting",
    "evaluate": "pincel.api.painting",
    "stylize": "pincel.api.quick",
    "match_colors": "pincel.api.colors",
    "export": "pincel.api.quick",
    "predict": "pincel.classify.predict",
    "train": "pincel.classify.public",
    "train_style": "pincel.classify.public",
    "Prediction": "pincel.classify.predict",
    "TrainingResult": "pincel.classify.record",
    "grid": "pincel.api.sheets",
    "blend": "pincel.api.sheets",
    "batch": "pincel.batches.run",
    "video": "pincel.api.movies",
    "invert": "pincel.api.codes",
    "features": "pincel.studies.public",
    "study": "pincel.studies.public",
    "course": "pincel.courses.public",
    "Run": "pincel.run.run",
    "Machine": "pincel.run.machine",
    "InversionRun": "pincel.inversion.run",
    "Result": "pincel.engine.result",
    "SheetResult": "pincel.sweep",
    "InversionResult": "pincel.inversion.report",
    "FilmResult": "pincel.films.result",
    "Summary": "pincel.batches.run",
    "Forecast": "pincel.run.forecast",
    "Report": "pincel.studies.report",
    "Course": "pincel.courses.make",
    "Recipe": "pincel.recipes.schema",
    "RecipeValues": "pincel.recipes.values",
    "Inversion": "pincel.recipes.inversion",
    "InversionValues": "pincel.recipes.values",
    "Event": "pincel.engine.events",
    "Notice": "pincel.engine.events",
    "SetupProgress": "pincel.engine.events",
    "Step": "pincel.engine.events",
    "Stopped": "pincel.engine.events",
    "PincelError": "pincel.errors",
}

__all__ = [
    "Course",
    "Event",
    "FilmResult",
    "Forecast",
    "Inversion",
    "InversionResult",
    "InversionRun",
    "InversionValues",
    "Machine",
    "Notice",
    "PincelError",
    "Prediction",
    "Recipe",
    "RecipeValues",
    "Report",
    "Result",
    "Run",
    "SetupProgress",
    "SheetResult",
    "Step",
    "Stopped",
    "Summary",
    "TrainingResult",
    "__version__",
    "batch",
    "blend",
    "course",
    "evaluate",
    "export",
    "features",
    "grid",
    "invert",
    "match_colors",
    "plan",
    "predict",
    "resume",
    "study",
    "stylize",
    "texture",
    "train",
    "train_style",
    "transfer",
    "video",
]


# Type checkers, which would take any name for one of this function's, know all names from above.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module  # noqa: PLC0415 - none but what is asked for

        if name not in _PLACES:
            raise AttributeError(f"module 'pincel' has no attribute '{name}'")
        return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
