"""Eyes: image → named features.

=================  ======================================================================
``cards``          what each network is: layers, receptive fields, preprocessing, weights (no torch)
``alexnet_cards``  likewise, of AlexNet and its relatives
``base``           what a backbone is
``vgg``            VGG-19 of Simonyan and Zisserman
``alexnet``        AlexNet of Krizhevsky, Sutskever and Hinton, and its relatives
``bank``           random filters that were never trained
``normalise``      the rescaled network whose filters have mean activation 1
``cells``          slopes of a picture, voted into directions and gathered in cells
``gradients``      HOG, HOGb and dense SIFT, made of these
``formats``        readers of foreign weight files
``native``         a network in one file of our own, its card inside
``shelf``          a backbone by name, wherever it is
=================  ======================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pincel.backbones.shelf import Shelf
from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.gradients import Descriptor
    from pincel.backbones.vgg import VGG

CARDS = Shelf(
    "backbone",
    {
        "vgg19": "pincel.backbones.cards:VGG19",
        "vgg19-torchvision": "pincel.backbones.cards:VGG19_TORCHVISION",
        "vgg19-torchvision-255": "pincel.backbones.cards:VGG19_TORCHVISION_255",
        "vgg19-torchvision-fc": "pincel.backbones.cards:VGG19_TORCHVISION_FC",
        "alexnet": "pincel.backbones.alexnet_cards:ALEXNET",
        "caffenet": "pincel.backbones.alexnet_cards:CAFFENET",
        "alexnet-torchvision": "pincel.backbones.alexnet_cards:ALEXNET_TORCHVISION",
        "random-cnn": "pincel.backbones.cards:RANDOM_CNN",
        "random-cnn-11": "pincel.backbones.cards:RANDOM_CNN_11",
    },
)

# Each makes the network of a card: (card, pooling, pool_rounding, padding) → it.
NETWORKS: Registry[Callable[..., VGG]] = Registry(
    "network",
    {
        "vgg": "pincel.backbones.vgg:load_vgg",
        "alexnet": "pincel.backbones.alexnet:load_alexnet",
        "bank": "pincel.backbones.bank:load_bank",
    },
)

# Hand-made representations of grey pictures.
DESCRIPTORS: Registry[Descriptor] = Registry(
    "representation",
    {
        "hog": "pincel.backbones.gradients:HOG",
        "hogb": "pincel.backbones.gradients:HOGB",
        "dsift": "pincel.backbones.gradients:DSIFT",
    },
)
