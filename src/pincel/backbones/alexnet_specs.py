"""AlexNet and its relatives as data: what each is, layer by layer, and where its weights come from. Loads no torch.

Differs: all of them subtract a mean color, where Caffe subtracts a mean picture of 256×256 of which it cuts 227×227, so that pictures
of any size can be looked at. It is the mean over that picture, ``ilsvrc_2012_mean``, and none of the files of weights is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pincel.backbones.specs import LayerSpec, ModelSpec, Response, build_layers, conv, fully_connected, pool, relu
from pincel.backbones.vgg_specs import VGG19_TORCHVISION

# Channels of the first five convolutions: of the paper, and of the torchvision network.
WIDE, ONE_TOWER = (96, 256, 384, 384, 256), (64, 192, 384, 256, 256)


def norm(name: str) -> LayerSpec:
    """Plan a local response normalization, for :func:`pincel.backbones.specs.build_layers`."""
    return LayerSpec(name, "norm", 0, 0, 0)


def krizhevsky_layers(
    between: Iterable[LayerSpec], channels: tuple[int, ...] = WIDE, top: Iterable[LayerSpec] = fully_connected(6)
) -> tuple[LayerSpec, ...]:
    """Lay out the network of 2012: five convolutions, three of them in two groups, and three fully connected layers.

    Args:
        between: What comes behind the first ReLU; behind the second the same again, with a 2 for the 1 in each name.
        channels: Of the five convolutions.
        top: Planned layers behind the last pooling.
    """
    first = tuple(between)
    second = tuple(replace(layer, name=layer.name.replace("1", "2")) for layer in first)
    one, two, three, four, five = channels
    bottom = (conv("conv1", one, 11, step=4), relu("relu1"), *first, conv("conv2", two, 5, pad=2, groups=2), relu("relu2"), *second)
    middle = (conv("conv3", three, 3, pad=1), relu("relu3"), conv("conv4", four, 3, pad=1, groups=2), relu("relu4"))
    return build_layers((*bottom, *middle, conv("conv5", five, 3, pad=1, groups=2), relu("relu5"), pool("pool5", 3, 2), *top))


def one_tower_layers(channels: tuple[int, ...] = ONE_TOWER, top: Iterable[LayerSpec] = fully_connected(6)) -> tuple[LayerSpec, ...]:
    """Lay out the network of "One weird trick": no groups, no normalization, two positions around the picture.

    Args:
        channels: Of the five convolutions.
        top: Planned layers behind the last pooling.
    """
    one, two, three, four, five = channels
    bottom = (conv("conv1", one, 11, step=4, pad=2), relu("relu1"), pool("pool1", 3, 2), conv("conv2", two, 5, pad=2), relu("relu2"))
    middle = (pool("pool2", 3, 2), conv("conv3", three, 3, pad=1), relu("relu3"), conv("conv4", four, 3, pad=1), relu("relu4"))
    return build_layers((*bottom, *middle, conv("conv5", five, 3, pad=1), relu("relu5"), pool("pool5", 3, 2), *top))


# Krizhevsky, Sutskever and Hinton 2012, section 3.5: normalized, then pooled. Caffe's reference network pools first.
NORM_FIRST, POOL_FIRST = (norm("norm1"), pool("pool1", 3, 2)), (pool("pool1", 3, 2), norm("norm1"))

# The paper has k = 2 and α = 1e-4. Caffe has 1, and 1e-4 divided by n = 5; MatConvNet writes what it then is.
PAPER, CAFFE = Response(k=2.0, alpha=1e-4), Response(k=1.0, alpha=1e-4 / 5)
# Side of the pictures: 55 places of 11 pixels, 4 apart. The paper's text says 224, which they do not fit into.
CROP = 227

ALEXNET2012 = ModelSpec(
    name="alexnet2012",
    summary="AlexNet as its paper has it, in two groups, with its classifier; nobody published its weights: pincel train makes them",
    layers=krizhevsky_layers(NORM_FIRST),
    # Of ilsvrc_2012_mean, there in BGR order.
    mean=(122.679, 116.669, 104.007),
    package="",
    file="",
    sha256="",
    source="Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, 2012: the network, not its weights",
    licence="that of whoever trains it",
    format="safetensors",
    network="alexnet",
    response=PAPER,
    channels="rgb",
    crop=CROP,
)

ALEXNET = replace(
    ALEXNET2012,
    name="alexnet",
    summary="AlexNet of 2012, in two groups, with its classifier, as Caffe trained it again; downloaded once, some 230 MiB",
    response=CAFFE,
    file="imagenet-caffe-alex.mat",
    md5="b5152a54bf61100a8ed61827c76e7d08",
    source="the Berkeley Vision and Learning Center (Caffe), trained on ILSVRC 2012, converted by the authors of MatConvNet",
    licence="unrestricted use, says the model zoo of Caffe",
    url="https://www.vlfeat.org/matconvnet/models/imagenet-caffe-alex.mat",
    format="matconvnet",
)
CAFFENET = replace(
    ALEXNET,
    name="caffenet",
    summary="Caffe's reference network, the CNN-A of Mahendran and Vedaldi: AlexNet pooled before it is normalized; some 230 MiB",
    layers=krizhevsky_layers(POOL_FIRST),
    file="imagenet-caffe-ref.mat",
    md5="675dd47906d34f4d9a70fc44210d3804",
    url="https://www.vlfeat.org/matconvnet/models/imagenet-caffe-ref.mat",
)


def _as_published(spec: ModelSpec, file: str, sha1: str) -> ModelSpec:
    """Return the spec of the file that Caffe's authors published, from which the other was converted."""
    return replace(
        spec,
        name=f"{spec.name}-caffe",
        summary=f"{spec.name}, the file of its makers for Caffe; downloaded once, some 233 MiB",
        file=file,
        md5="",
        sha1=sha1,
        source="the Berkeley Vision and Learning Center (Caffe), trained on ILSVRC 2012",
        # No other protocol is spoken there; the hash says whether the file is the right one.
        url=f"http://dl.caffe.berkeleyvision.org/{file}",
        format="caffe",
        channels="bgr",
    )


ALEXNET_CAFFE = _as_published(ALEXNET, "bvlc_alexnet.caffemodel", "9116a64c0fbe4459d18f4bb6b56d647b63920377")
CAFFENET_CAFFE = _as_published(CAFFENET, "bvlc_reference_caffenet.caffemodel", "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46")

# Its adaptive pooling to 6×6 does nothing to what 224 pixels leave; without it, larger images give a map of outputs.
ALEXNET_TORCHVISION = replace(
    VGG19_TORCHVISION,
    name="alexnet-torchvision",
    summary="AlexNet as torchvision has it, one tower of fewer filters without normalization, with its classifier; 233 MiB",
    layers=one_tower_layers(),
    file="alexnet-owt-7be5be79.pth",
    sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    size=244_408_911,
    network="alexnet",
    classifier=(1, 4, 6),
    crop=224,
)
