"""Update rules with explicit state: one evaluation a step.

====================  =====================================================
``base``              what an optimizer is, its options as data
``lbfgs``             limited-memory BFGS
``adam``              Adam
``gradient_descent``  G := G - lr·dJ/dG
``adagrad``           AdaGrad with decaying sums and momentum
====================  =====================================================

The loop (:mod:`pincel.engine.loop`) owns what is the same for all rules: the step scale after failures, and the projection to bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.optim.base import Optimizer

OPTIMIZERS: Registry[type[Optimizer[Any]]] = Registry(
    "optimizer",
    {
        "lbfgs": "pincel.optim.lbfgs:LBFGS",
        "adam": "pincel.optim.adam:Adam",
        "gradient-descent": "pincel.optim.gradient_descent:GradientDescent",
        "adagrad": "pincel.optim.adagrad:Adagrad",
    },
)
