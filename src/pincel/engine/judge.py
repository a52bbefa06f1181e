"""What an objective says of a picture that exists."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from pincel.engine.evaluator import Evaluator
from pincel.engine.memory import try_alloc
from pincel.errors import MemoryLimitError
from pincel.losses.objective import Evaluation


def measure(evaluator: Evaluator, pixels: Tensor) -> dict[str, Any]:
    """Evaluate an objective at a picture in the network's pixel units: total, unweighted terms, and what each adds.

    Where there is no memory for that, it is looked at in smaller tiles, as in a run.

    Raises:
        MemoryLimitError: If there are none.
    """
    while (evaluation := try_alloc(partial(_evaluated, evaluator, pixels))) is None:
        lighter = evaluator.reduce_memory()
        if lighter is None:
            raise MemoryLimitError(f"Out of memory while the picture was judged, even with tiles {evaluator.layout}. Try a smaller --size.")
        evaluator = lighter
    return {
        "total": float(evaluation.total),
        "terms": evaluation.numbers(),
        "weighted": {term.name: float(term.weighted) for term in evaluation.terms},
    }


def _evaluated(evaluator: Evaluator, pixels: Tensor) -> Evaluation:
    with torch.no_grad():
        return evaluator.evaluate(pixels)
