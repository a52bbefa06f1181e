"""Backbones: networks that map an image to named features.

=======================  ===================================================================================
``specs``                what a network is: layers, receptive fields, preprocessing, weight file (no torch)
``…_specs``              the networks pincel knows: VGG, AlexNet, SqueezeNet, banks of random filters
``model_registry``       a spec by name: known, imported, in a file, or of timm
``base``                 the interface of a backbone
``vgg``, ``alexnet``     VGG, and AlexNet with its relatives; ``winograd`` and ``lrn``, two of their operations
``random_filters``       one layer of filters that were never trained
``timm``                 specs of any network of the library timm; ``geometry``, receptive fields by tracing
``timm_backbone``        such a network as a backbone
``function_backbone``    a function of images as a backbone
``descriptors``          HOG, HOGb and dense SIFT as functions; ``cells``, their histograms of gradients
``normalize``            the rescaled network of mean activation 1; ``calibrate``, its means for a set of images
``store``                where weight files are, and whether they are intact; ``hashes``, their checksums
``download``             missing files; ``fetch``, one request of one mirror; ``partial_file``, what has arrived
``weights``              the weights of a spec; ``formats``, readers of weight files
``imports``              networks the user imports or exports; ``native``, pincel's own file of a network
=======================  ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pincel.backbones.model_registry import ModelRegistry
from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.descriptors import Descriptor
    from pincel.backbones.vgg import VGG

# Module → names of the specs in it, which are constants there: ``vgg19-caffe`` is VGG19_CAFFE.
_SPECS = {
    "vgg_specs": """
        vgg19 vgg19-caffe vgg19-caffe-fc vgg19-keras vgg19-keras-fc vgg19-matconvnet vgg19-matconvnet-fc vgg19-matconvnet-old
        vgg19-jcjohnson vgg19-jcjohnson-fc vgg19-gatys vgg19-stylecontrol vgg19-normalized vgg19-normalized-lasagne
        vgg19-normalized-torch7 vgg19-normalized-adain vgg19-torchvision vgg19-torchvision-255 vgg19-torchvision-fc
        vgg16 vgg16-fc vgg16-keras vgg16-keras-fc vgg16-matconvnet vgg16-matconvnet-fc vgg16-jcjohnson vgg16-jcjohnson-fc
        vgg16-amdegroot vgg16-torchvision vgg16-torchvision-fc
    """,
    "alexnet_specs": "alexnet2012 alexnet alexnet-caffe caffenet caffenet-caffe alexnet-torchvision",
    "squeezenet_specs": "squeezenet",
    "random_specs": "random-cnn random-cnn-11",
}

BACKBONES = ModelRegistry(
    "backbone",
    {name: f"pincel.backbones.{module}:{name.upper().replace('-', '_')}" for module, names in _SPECS.items() for name in names.split()},
)

# Each loads the network of a spec: (spec, pooling, pool_rounding, padding) → backbone.
NETWORKS: Registry[Callable[..., VGG]] = Registry(
    "network",
    {
        "vgg": "pincel.backbones.vgg:load_vgg",
        "alexnet": "pincel.backbones.alexnet:load_alexnet",
        "timm": "pincel.backbones.timm_backbone:load_timm",
        "bank": "pincel.backbones.random_filters:load_random_filters",
    },
)

# Hand-made representations of gray images.
DESCRIPTORS: Registry[Descriptor] = Registry(
    "representation",
    {
        "hog": "pincel.backbones.descriptors:HOG",
        "hogb": "pincel.backbones.descriptors:HOGB",
        "dsift": "pincel.backbones.descriptors:DSIFT",
    },
)
