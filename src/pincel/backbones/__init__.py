"""Eyes: image → named features.

=================  ======================================================================
``specs``          what a network is: layers, receptive fields, preprocessing, weights (no torch)
``…_specs``        what each is: VGG, AlexNet, SqueezeNet, banks of random filters
``base``           what a backbone is
``vgg``            VGG-19 of Simonyan and Zisserman
``alexnet``        AlexNet of Krizhevsky, Sutskever and Hinton, and its relatives, SqueezeNet among them
``timm``           any network of the library timm; ``borrowed``, looked through
``geometry``       what each part of a network of another library sees, found by following one picture through it
``bank``           random filters that were never trained
``normalize``      the rescaled network whose filters have mean activation 1
``cells``          slopes of a picture, voted into directions and gathered in cells
``gradients``      HOG, HOGb and dense SIFT, made of these
``formats``        readers of foreign weight files; ``weights``, whichever file a spec has
``store``          where files of weights are, and whether they are whole; ``hashes``, how that is told
``download``       what is not there yet; ``part``, what has come of it, and ``fetch``, one request for the rest
``imports``        networks that the user has brought
``native``         a network in one file of our own, its spec inside
``shelf``          a backbone by name, wherever it is
=================  ======================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pincel.backbones.model_registry import ModelRegistry
from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.backbones.descriptors import Descriptor
    from pincel.backbones.vgg import VGG

BACKBONES = ModelRegistry(
    "backbone",
    {
        "vgg19": "pincel.backbones.vgg_specs:VGG19",
        "vgg19-caffe": "pincel.backbones.vgg_specs:VGG19_CAFFE",
        "vgg19-caffe-fc": "pincel.backbones.vgg_specs:VGG19_CAFFE_FC",
        "vgg19-keras": "pincel.backbones.vgg_specs:VGG19_KERAS",
        "vgg19-keras-fc": "pincel.backbones.vgg_specs:VGG19_KERAS_FC",
        "vgg19-matconvnet": "pincel.backbones.vgg_specs:VGG19_MATCONVNET",
        "vgg19-matconvnet-fc": "pincel.backbones.vgg_specs:VGG19_MATCONVNET_FC",
        "vgg19-matconvnet-old": "pincel.backbones.vgg_specs:VGG19_MATCONVNET_OLD",
        "vgg19-jcjohnson": "pincel.backbones.vgg_specs:VGG19_JCJOHNSON",
        "vgg19-jcjohnson-fc": "pincel.backbones.vgg_specs:VGG19_JCJOHNSON_FC",
        "vgg19-gatys": "pincel.backbones.vgg_specs:VGG19_GATYS",
        "vgg19-stylecontrol": "pincel.backbones.vgg_specs:VGG19_STYLECONTROL",
        "vgg19-normalized": "pincel.backbones.vgg_specs:VGG19_NORMALIZED",
        "vgg19-normalized-lasagne": "pincel.backbones.vgg_specs:VGG19_NORMALIZED_LASAGNE",
        "vgg19-normalized-torch7": "pincel.backbones.vgg_specs:VGG19_NORMALIZED_TORCH7",
        "vgg19-normalized-adain": "pincel.backbones.vgg_specs:VGG19_NORMALIZED_ADAIN",
        "vgg19-torchvision": "pincel.backbones.vgg_specs:VGG19_TORCHVISION",
        "vgg19-torchvision-255": "pincel.backbones.vgg_specs:VGG19_TORCHVISION_255",
        "vgg19-torchvision-fc": "pincel.backbones.vgg_specs:VGG19_TORCHVISION_FC",
        "vgg16": "pincel.backbones.vgg_specs:VGG16",
        "vgg16-fc": "pincel.backbones.vgg_specs:VGG16_FC",
        "vgg16-keras": "pincel.backbones.vgg_specs:VGG16_KERAS",
        "vgg16-keras-fc": "pincel.backbones.vgg_specs:VGG16_KERAS_FC",
        "vgg16-matconvnet": "pincel.backbones.vgg_specs:VGG16_MATCONVNET",
        "vgg16-matconvnet-fc": "pincel.backbones.vgg_specs:VGG16_MATCONVNET_FC",
        "vgg16-jcjohnson": "pincel.backbones.vgg_specs:VGG16_JCJOHNSON",
        "vgg16-jcjohnson-fc": "pincel.backbones.vgg_specs:VGG16_JCJOHNSON_FC",
        "vgg16-amdegroot": "pincel.backbones.vgg_specs:VGG16_AMDEGROOT",
        "vgg16-torchvision": "pincel.backbones.vgg_specs:VGG16_TORCHVISION",
        "vgg16-torchvision-fc": "pincel.backbones.vgg_specs:VGG16_TORCHVISION_FC",
        "alexnet2012": "pincel.backbones.alexnet_specs:ALEXNET2012",
        "alexnet": "pincel.backbones.alexnet_specs:ALEXNET",
        "alexnet-caffe": "pincel.backbones.alexnet_specs:ALEXNET_CAFFE",
        "caffenet": "pincel.backbones.alexnet_specs:CAFFENET",
        "caffenet-caffe": "pincel.backbones.alexnet_specs:CAFFENET_CAFFE",
        "alexnet-torchvision": "pincel.backbones.alexnet_specs:ALEXNET_TORCHVISION",
        "squeezenet": "pincel.backbones.squeezenet_specs:SQUEEZENET",
        "random-cnn": "pincel.backbones.random_specs:RANDOM_CNN",
        "random-cnn-11": "pincel.backbones.random_specs:RANDOM_CNN_11",
    },
)

# Each makes the network of a spec: (spec, pooling, pool_rounding, padding) → it.
NETWORKS: Registry[Callable[..., VGG]] = Registry(
    "network",
    {
        "vgg": "pincel.backbones.vgg:load_vgg",
        "alexnet": "pincel.backbones.alexnet:load_alexnet",
        "timm": "pincel.backbones.timm_backbone:load_timm",
        "bank": "pincel.backbones.random_filters:load_random_filters",
    },
)

# Hand-made representations of gray pictures.
DESCRIPTORS: Registry[Descriptor] = Registry(
    "representation",
    {
        "hog": "pincel.backbones.descriptors:HOG",
        "hogb": "pincel.backbones.descriptors:HOGB",
        "dsift": "pincel.backbones.descriptors:DSIFT",
    },
)
