"""How each publication scales the same two means.

With d = mean (F-P)² over all entries of a layer (:mod:`pincel.functional.content`) and g = mean ((G-A)/(H·W))² over the C² entries
of a Gram matrix (:mod:`pincel.functional.gram`), every published loss is a factor:

==========  ==============================================  ==========  =====================================
convention  content term                                    style term  who
==========  ==============================================  ==========  =====================================
slides      d/4    = 1/(4·n_H·n_W·n_C) Σ(a_C-a_G)²           g/4         the deck; Coursera
paper       C·H·W/2·d = ½ Σ(F-P)²                            g/4         Gatys, Ecker, Bethge 2015 and 2016
mean        d                                               g           Gatys' released code, most ports
channels    d                                               g/C²        Gram matrices divided by C·H·W: Johnson, PyTorch
rooted      √(C·H·W)/2·d = 1/(2·√(C·H·W)) Σ(F-P)²            g/4         cysmith/neural-style-tf
==========  ==============================================  ==========  =====================================

Under ``slides``, ``mean`` and ``channels`` the weights do not depend on the size of the picture; under ``paper`` the content term grows
with its area, under ``rooted`` with its side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Convention:
    """Factors of one publication.

    Attributes:
        content: Entries of the feature map (C·H·W) → factor of d.
        style: Channels of the layer (C) → factor of g.
    """

    content: Callable[[int], float]
    style: Callable[[int], float]


CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        "slides": Convention(content=lambda _: 0.25, style=lambda _: 0.25),
        "paper": Convention(content=lambda entries: entries / 2, style=lambda _: 0.25),
        "mean": Convention(content=lambda _: 1.0, style=lambda _: 1.0),
        "channels": Convention(content=lambda _: 1.0, style=lambda channels: 1 / channels**2),
        "rooted": Convention(content=lambda entries: math.sqrt(entries) / 2, style=lambda _: 0.25),
    }
)
