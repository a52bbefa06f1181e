"""Eyes: image → named features.

=============  ======================================================================
``cards``      what each network is: layers, receptive fields, preprocessing, weights (no torch)
``base``       what a backbone is
``vgg``        VGG-19 of Simonyan and Zisserman
``normalise``  the rescaled network whose filters have mean activation 1
``formats``    readers of foreign weight files
=============  ======================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.cards import Card

CARDS: Registry[Card] = Registry("backbone", {"vgg19": "pincel.backbones.cards:VGG19"})
