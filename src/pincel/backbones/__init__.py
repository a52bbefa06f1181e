"""Eyes: image → named features.

=============  ======================================================================
``cards``      what each network is: layers, receptive fields, preprocessing, weights (no torch)
``base``       what a backbone is
``vgg``        VGG-19 of Simonyan and Zisserman
``bank``       random filters that were never trained
``normalise``  the rescaled network whose filters have mean activation 1
``formats``    readers of foreign weight files
=============  ======================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.cards import Card
    from pincel.backbones.vgg import VGG

CARDS: Registry[Card] = Registry(
    "backbone",
    {
        "vgg19": "pincel.backbones.cards:VGG19",
        "vgg19-torchvision": "pincel.backbones.cards:VGG19_TORCHVISION",
        "vgg19-torchvision-255": "pincel.backbones.cards:VGG19_TORCHVISION_255",
        "random-cnn": "pincel.backbones.cards:RANDOM_CNN",
        "random-cnn-11": "pincel.backbones.cards:RANDOM_CNN_11",
    },
)

# Each makes the network of a card: (card, pooling, pool_rounding, padding) → it.
NETWORKS: Registry[Callable[..., VGG]] = Registry(
    "network", {"vgg": "pincel.backbones.vgg:load_vgg", "bank": "pincel.backbones.bank:load_bank"}
)
