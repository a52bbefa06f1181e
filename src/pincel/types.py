"""What an image is in pincel, said once.

An **image** is a float32 tensor of shape (B, C, H, W), RGB, sRGB-encoded, in [0, 1].
A **canvas** is what the optimiser moves; its **pixels** are the same picture in the units the network is fed (white = 255 unless a
recipe says otherwise), unbounded while it is being painted.
**Features** are what a backbone answers: layer name → (B, N, H_l, W_l).

Words for annotations only: importing them loads no torch, so that events can be told where none is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Image: TypeAlias = "Tensor"
Features: TypeAlias = "Mapping[str, Tensor]"
LayerWeights: TypeAlias = Mapping[str, float]
