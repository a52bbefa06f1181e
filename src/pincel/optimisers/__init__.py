"""Hands: explicit state in, explicit state out, one evaluation a step, no printing.

====================  =====================================================
``base``              what an optimiser is, its options as data
``lbfgs``             limited-memory BFGS
``adam``              Adam
``gradient_descent``  G := G - lr·dJ/dG
``adagrad``           AdaGrad that forgets, with momentum
``clamp``             any of them, kept inside the range of colours
``fresh``             any of them, beginning anew in every phase
====================  =====================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.optimisers.base import Optimiser

OPTIMISERS: Registry[type[Optimiser[Any]]] = Registry(
    "optimizer",
    {
        "lbfgs": "pincel.optimisers.lbfgs:LBFGS",
        "adam": "pincel.optimisers.adam:Adam",
        "gradient-descent": "pincel.optimisers.gradient_descent:GradientDescent",
        "adagrad": "pincel.optimisers.adagrad:Adagrad",
    },
)
